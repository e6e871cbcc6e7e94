/*
 * cli/journal.h - the durable record of a run: which jobs have ended, and how
 *
 * A run is written down as it goes on, by a thread of the journal's own, so that it can be resumed, looked at
 * (`mpool status`, `mpool log`) and checked (`mpool audit`). What `mpool run` calls, in this order:
 *
 *     open_pool()        journal_open(), after mpool_init(): the fork server must not hold the lock, and mpool_init()
 *                        wants a process with one thread. What it returns, if not 0, is the exit code of the run.
 *                        The file of --output is not emptied when it is opened: with --resume `output_size` is its
 *                        size, and after journal_open() it is cut to journal_output_base() bytes; else to none. A job
 *                        that failed and is run again has a line from each run, of which the last one counts.
 *     run_steps()        resume_open() for --resume or --retry-failed, see cli/resume.h. Without these, if
 *                        journal_earlier()->unfinished, say what was done earlier.
 *     run_step()         journal_jobs(), if the source knows how many there are
 *     plan_next()        key_make(), from the packed arguments; the key goes into the ticket. With --resume,
 *                        resume_take() first: a job that was done earlier is counted, written down and gets no ticket.
 *     settle()           the line is added to --output, and then
 *
 *         text_clear(&scratch);
 *         item_show(&scratch, &ticket->item);
 *         struct journal_job job = {.step = i, .index = ticket->index, .key = ticket->key, .status = result->status,
 *                                   .attempts = result->attempts, .worker = result->worker,
 *                                   .signal = result->signal, .exit_code = result->exit_code, .run_ns = result->run_ns,
 *                                   .item = scratch.data, .item_size = scratch.size, .error = result->error,
 *                                   .value = result->value, .value_size = result->value_size,
 *                                   .output_end = bytes of --output up to and with this line, or -1};
 *         sequence = journal_add(journal, &job);
 *
 *     take_fault()       the same with MPOOL_FAILED, 0 attempts and the key of no parts
 *     output_flush()     of the lines only those whose sequence is at most journal_durable()
 *     drive_revoke()     after a write error journal_revoke(), for each job whose output is not written
 *     look_around()      journal_failure() is not NULL: say it, stop as after a write error, and exit with 3
 *     run_jobs()         journal_flush() before the last lines are written; at the end
 *                        journal_end(journal, exit code, what summary_json() has written)
 */
#ifndef CLI_JOURNAL_H
#define CLI_JOURNAL_H

#include "cli/jobfile.h"
#include "cli/key.h"

#include <mpool/result.h>
#include <stdbool.h>
#include <stdint.h>

/* A larger result is not written down; a resumed run that needs it runs the job again. */
#define JOURNAL_VALUE_MAX ((size_t)64 << 20)

struct journal;

struct journal_options {
    const char *file; /* NULL: the one in the state directory */
    const struct jobfile *jobfile;
    const char *path; /* of the job file, as it was named */
    const struct setting *settings;
    size_t setting_count;
    const char *output;    /* of --output, if that is a file; NULL: none */
    int64_t output_size;   /* its bytes now */
    bool resume;           /* go on with an earlier run ... */
    int64_t resume_number; /* ... of this number; 0: the last one */
};

/* What was there before this run: the run that it resumes, or the last one if it resumes none. */
struct journal_earlier {
    int64_t number;  /* as `mpool status` lists it; 0: there is none */
    uint64_t done;   /* jobs that are, in it and those that it has resumed; 0 if it is not unfinished */
    uint64_t total;  /* all of its jobs; 0: not known */
    bool unfinished; /* it was interrupted, or some job is not done */
};

/* Stands for all jobs of a step that was skipped: however many these are, they have one row. Its `number` is -1. */
#define JOURNAL_STEP UINT64_MAX

/* How a job has ended. Everything is copied. */
struct journal_job {
    size_t step;    /* its place in the job file, from 0 */
    uint64_t index; /* of the item in its step; JOURNAL_STEP */
    struct key key;
    mpool_status status;
    unsigned attempts, worker;
    int signal, exit_code; /* as mpool_result has them */
    int64_t run_ns;        /* -1: not known */
    const char *item;      /* as people may see it */
    size_t item_size;
    const char *error; /* NULL: none */
    const void *value; /* the result, one msgpack value; NULL: not to be stored */
    size_t value_size;
    int64_t output_end; /* where --output is after this job's line; -1: it has none */
    int64_t resumed;    /* the row of a job that was done earlier (cli/resume.h); else 0 */
};

/*
 * journal_open - lock the journal of a run and write its beginning down
 *
 * journal   out  set on 0; release with journal_end()
 *
 * Returns 0 (EXIT_DONE); or what to exit with, and the reason was said: EXIT_USAGE, there can be no journal at that
 * place; EXIT_JOURNAL, it is in use, is none, or is that of another job file; EXIT_BROKEN, it cannot be written.
 * Jobs and steps of the jobfile have to stay as they are until journal_end(). Also removes records that are too old.
 */
int journal_open(struct journal **journal, const struct journal_options *options);

const struct journal_earlier *journal_earlier(const struct journal *journal);

/* journal_path, journal_number - what people and `mpool log` call the journal and this run; journal_run - its rowid */
const char *journal_path(const struct journal *journal);
int64_t journal_number(const struct journal *journal);
int64_t journal_run(const struct journal *journal);

/* journal_output_base - what --output has of the jobs that were done earlier; the rest of it is to be cut off */
int64_t journal_output_base(const struct journal *journal);

/*
 * journal_add - write down how a job has ended
 *
 * Returns its place in the sequence of all calls, from 1. Waits if the disk is far behind; after an error nothing is
 * written any more.
 */
uint64_t journal_add(struct journal *journal, const struct journal_job *job);

/* What the error of a job begins with that was done, and whose output could not be written. */
#define JOURNAL_LOST "its output could not be written"

/* journal_revoke - a job that was written down as done, by the nth call of journal_add(), has failed after all */
void journal_revoke(struct journal *journal, uint64_t nth, const char *why);

/* journal_jobs - write down how many jobs a step has */
void journal_jobs(struct journal *journal, size_t step, uint64_t count);

/*
 * journal_durable - all up to this place of the sequence is on disk: it survives the process, and a loss of power
 *
 * A row is begun to be written at most 20 ms after it was added; how long that takes is the disk's matter.
 */
uint64_t journal_durable(const struct journal *journal);

/* journal_flush - wait until all so far is durable; false: it is not, after `timeout_ms` or an error */
bool journal_flush(struct journal *journal, int64_t timeout_ms);

/* journal_failure - why nothing is written any more; NULL: it is */
const char *journal_failure(const struct journal *journal);

/*
 * journal_end - write down the end of the run, and close the journal
 *
 * summary   in   the object of --json
 *
 * Returns false if not everything is on disk, and that was said, unless journal_failure() has told it before.
 */
bool journal_end(struct journal *journal, int exit_code, const char *summary);

#endif
