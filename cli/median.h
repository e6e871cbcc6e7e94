/*
 * cli/median.h - the median of how long the jobs of a step have run, for a limit of time that depends on it
 *
 *     timeout: 300%
 *
 * The command adds the times of jobs that are done, workers read the median: it is in memory that both have. It is
 * exact to a 16th.
 */
#ifndef CLI_MEDIAN_H
#define CLI_MEDIAN_H

#include <stdbool.h>
#include <stdint.h>

/* Of fewer jobs there is no median. */
#define MEDIAN_LEAST 3

/* median_open - make the memory, before mpool_init(); false, and errno: it cannot be. median_close() releases it. */
bool median_open(void);
void median_close(void);

/* median_begin - another step: forget the times of the last */
void median_begin(void);

/* median_add - a job was done in so many nanoseconds */
void median_add(int64_t ns);

/* median_ms - the median in milliseconds, rounded up, in any process of the run; 0: there is none yet */
int64_t median_ms(void);

#endif
