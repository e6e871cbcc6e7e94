/*
 * cli/work/capture.h - files that have what a program wrote, and how it ended
 */
#ifndef CLI_WORK_CAPTURE_H
#define CLI_WORK_CAPTURE_H

#include "cli/work/order.h"

#include <stdint.h>

/* capture_open - open a file anew, for a program to write to; directories that are not there are made. -1 and errno. */
int capture_open(const char *path);

/* capture_begin - how an earlier attempt has ended is not to be taken for the end of this one */
void capture_begin(const struct order *order);

/*
 * capture_end - write down how an attempt has ended, if the order names a file for that
 *
 * wait_status  in   as of waitpid(2)
 *
 * Returns 0; or an errno.
 */
int capture_end(const struct order *order, int wait_status, int64_t run_ms);

#endif
