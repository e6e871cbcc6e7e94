/*
 * tests/proc/sums.h - the totals "sum" and "count", to which job "add" adds
 */
#ifndef TESTS_PROC_SUMS_H
#define TESTS_PROC_SUMS_H

#include "tests/proc/helper.h"

/* open_sums - a pool gets them. The last pool's are those that are read. */
void open_sums(mpool_pool *pool);

int64_t sum_now(void);
int64_t count_now(void);

/* give_up - a job fails with what the call before has said. */
int give_up(mpool_job *job);

#endif
