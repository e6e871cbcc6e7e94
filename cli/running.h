/*
 * cli/running.h - the jobs that a run is at this moment
 */
#ifndef CLI_RUNNING_H
#define CLI_RUNNING_H

#include "cli/run.h"

/* running_describe - say on the board what the jobs at work are of; does nothing until a moment has gone by */
void running_describe(struct run *run);

/* running_longest - since when the job that runs longest has run, in ns; 0: none runs */
int64_t running_longest(const struct run *run);

/* running_tell - append, for people, a line for each step that has begun and each job at work */
void running_tell(struct run *run, struct text *to);

/* running_line - append "worker 0  sizes  a.txt  12.3 s" and a newline; `step` is its name */
struct board_work;
void running_line(struct text *to, const struct board_work *work, const char *step, int64_t now_ns);

/* running_begin_step, running_end_step - the step is the one that runs; it is over */
void running_begin_step(struct run *run, const struct run_step *step);
void running_end_step(struct run *run, const struct run_step *step);

#endif
