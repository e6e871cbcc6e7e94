/*
 * cli/live.h - what a run of another process is at this moment, for `mpool status`
 */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include "cli/board.h"
#include "cli/record.h"

/* A run that is being looked at. */
struct live {
    struct board *board; /* NULL: it does not run, or cannot be looked at */
    const struct board_run *run;
    struct board_work *works; /* what workers do that do something */
    size_t count;
    int64_t now_ns; /* board_clock_ns() when that was read */
};

/* live_look - look at a run; release with live_end() in any case */
void live_look(struct live *live, const struct record *record, const struct record_run *run);
void live_end(struct live *live);

/* live_print - print for people how far the run is, and a line for each worker; live_json - append a JSON value */
void live_print(const struct live *live, struct record *record, const struct record_run *run,
                const struct record_counts *counts);
void live_json(const struct live *live, struct record *record, const struct record_run *run, struct text *to);

/* live_age_ns - for how long the run has run */
int64_t live_age_ns(const struct record_run *run);

/* live_step - append the name of a step, by its place in the job file */
void live_step(struct record *record, const struct record_run *run, int64_t place, struct text *to);

#endif
