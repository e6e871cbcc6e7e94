/*
 * cli/record.h - the record of runs, for those who read it: `mpool status`, `mpool log`, `mpool audit`
 *
 * A journal can be read while a run writes to it, from another process: what is seen is the state of the moment when it
 * was opened. (The process that writes it would lose SQLite's locks when the file is closed here.)
 */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include "cli/sql.h"

#include <mpool/result.h>
#include <stdbool.h>
#include <stdint.h>

#define RECORD_STATUSES 6

/* An SQL expression: of how many jobs a row of `jobs j` is the end. A step that was skipped has one for all. */
#define RECORD_ENDS                                                                                                    \
    "CASE WHEN j.number < 0 THEN coalesce((SELECT x.jobs FROM steps x WHERE x.id = j.step), 0) ELSE 1 END"

enum record_state {
    RECORD_RUNNING = 0,
    RECORD_DONE,        /* all jobs are */
    RECORD_FAILED,      /* some job is not, or the run could not go on */
    RECORD_INTERRUPTED, /* stopped by a signal, or killed */
};

/* One journal. Its texts are what the file says, and may be anything. */
struct record {
    struct sql sql;
    char *path;
    bool busy; /* a run is writing to it */
};

struct record_run {
    int64_t id, number, chain;
    enum record_state state;
    struct text name, summary;
    struct text directory, journal;    /* where it was started, and the path of the file */
    struct text output;                /* its data is NULL without --output */
    int64_t pid, started_ns, ended_ns; /* ended_ns 0: not ended */
    int exit_code;                     /* -1: not ended */
    int64_t row_base, row_end;         /* its jobs are the rows behind row_base, up to row_end */
};

/* How many jobs of a run have ended in each status. */
struct record_counts {
    uint64_t ended[RECORD_STATUSES];
    uint64_t resumed; /* of them done earlier */
    int64_t total;    /* all jobs; -1: not known */
};

/*
 * record_open - open a journal for reading
 *
 * Returns NULL, or why it cannot be read; release with record_close() in any case.
 */
const char *record_open(struct record *record, const char *path);
void record_close(struct record *record);

/* record_next - the next run, from a query of this function that was begun with NULL; false: there is no more */
bool record_next(struct record *record, sqlite3_stmt **query, struct record_run *run);
void record_run_free(struct record_run *run);

void record_count(struct record *record, const struct record_run *run, struct record_counts *counts);

const char *record_state_name(enum record_state state);

/* record_status_name - "done" ...; "?" for what no status is */
const char *record_status_name(int64_t status);

/* record_time - append a time as people read it, to the second, in their time zone */
void record_time(struct text *to, int64_t ns);

#endif
