/*
 * cli/progress.h - the live line on standard error
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/run.h"

/* progress_begin - decide whether there is a live line; not called: there is none */
void progress_begin(enum progress_mode mode);

/* progress_tick - draw the line again, if it is time to; false: it is not */
bool progress_tick(const struct run *run, int64_t now_ns);

/* progress_clear - take the line away, before something else is written to standard error */
void progress_clear(void);

#endif
