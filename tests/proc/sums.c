/*
 * tests/proc/sums.c - the totals "sum" and "count", to which job "add" adds
 *
 * Runs in: proc-helper; give_up() in its workers.
 */
#include "tests/proc/sums.h"

static mpool_total *sum, *count;

void open_sums(mpool_pool *pool)
{
    CHECK_OK(mpool_total_open(pool, "sum", MPOOL_SUM, &sum));
    CHECK_OK(mpool_total_open(pool, "count", MPOOL_COUNT, &count));
}

static int64_t value_of(const mpool_total *total)
{
    int64_t value;

    CHECK_OK(mpool_total_int64(total, &value));
    return value;
}

int64_t sum_now(void)
{
    return value_of(sum);
}

int64_t count_now(void)
{
    return value_of(count);
}

int give_up(mpool_job *job)
{
    return mpool_job_fail(job, "%s", mpool_error_detail());
}
