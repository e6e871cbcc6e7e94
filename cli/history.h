/*
 * cli/history.h - what a run writes down of its jobs, and what it knows of those that were done earlier
 *
 * The part of the journal's user: whether there is one, what is a job's key in it, and when what was written down may
 * be shown. Without a journal all calls do nothing, and everything may be shown at once.
 */
#ifndef CLI_HISTORY_H
#define CLI_HISTORY_H

#include "cli/item.h"
#include "cli/journal.h"
#include "cli/options.h"
#include "cli/resume.h"

struct history {
    struct journal *journal; /* NULL: nothing is written down */
    struct resume *resume;   /* NULL: nothing was done earlier */
    bool failed_only;        /* of the rest, only what has failed is run */
    uint64_t last;           /* the place of what was added last, see journal_add() */
    uint64_t rows;           /* of jobs, so far */
    struct text scratch;
};

/*
 * history_open - begin to write a run down, if the options or its steps ask for that
 *
 * output    in   path of --output, if that is a file; NULL: none
 * size      in   its bytes now
 *
 * Returns 0, or what to exit with; the reason was said then.
 */
int history_open(struct history *history, const struct options *options, const struct jobfile *jobfile,
                 const char *output, int64_t size);

/* history_output_base - how much of the file of --output is of earlier runs, and stays */
int64_t history_output_base(const struct history *history);

/* history_key - what makes this job the same as one of an earlier run */
void history_key(struct history *history, const struct step *step, const struct item *item, const char *args,
                 size_t args_size, struct key *key);

/* history_take - has the job been done earlier, or is it not wanted now? See cli/resume.h. */
enum resume_answer history_take(struct history *history, size_t step, const struct key *key, int64_t *row);

/* history_add - write down how a job has ended; its `step` is the place in the file, its item is added here */
void history_add(struct history *history, struct journal_job *job, const struct item *item);

/* history_revoke - a job that is done has failed after all; `row` is what history->rows was when it was added */
void history_revoke(struct history *history, uint64_t row, const char *why);

/*
 * history_sign - say on the board (cli/board.h) which run it is of, and write down how many jobs the steps have that
 * tell it before they begin
 */
void history_sign(struct history *history, const struct jobfile *jobfile);

/* history_jobs - write down how many jobs a step has; `step` is its place */
void history_jobs(struct history *history, size_t step, uint64_t count);

/* history_shows - is all that was added on disk, so that it may be shown? */
bool history_shows(const struct history *history);

/* history_flush - wait until it is; false: it is not, for history_failure() */
bool history_flush(struct history *history);
const char *history_failure(const struct history *history);

/* history_end - the run has come to its end; `summary` is the object of --json. False: not all is on disk. */
bool history_end(struct history *history, int code, const char *summary);

#endif
