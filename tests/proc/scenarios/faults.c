/*
 * tests/proc/scenarios/faults.c - the scenario of the fault matrix: workers die or stop at some point of their work
 *
 * The tests run it with each fault point and each kind of death, some percent of the times that a worker comes by.
 */
#include "tests/proc/helper.h"

#include <stdlib.h>
#include <string.h>

#define JOBS 200

struct numbers {
    int next;
};

static mpool_err count_up(void *user, msgpack_packer *args, uint64_t *tag)
{
    struct numbers *numbers = user;

    if (numbers->next == JOBS)
        return MPOOL_E_END;
    *tag = (uint64_t)numbers->next;
    return mpool_pack(args, "i", numbers->next++);
}

/* An int: adds it, and has it as its result; writes on the board that it was here. */
MPOOL_FUNCTION(leave_a_trace)
{
    int value;

    if (mpool_unpack(args, "i", &value) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->begun[value], 1);
    if (mpool_job_total_add(job, "sum", value) != MPOOL_OK || mpool_job_total_add(job, "count", 1) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    (void)mpool_pack(result, "i", value);
    atomic_fetch_add(&board->ended[value], 1);
    return 0;
}

/* Every job is done once; returns the attempts that came to nothing. */
static uint64_t take_results(mpool_iter *iter)
{
    bool seen[JOBS] = {false};
    const mpool_result *result;
    uint64_t lost = 0;
    mpool_err err;
    int value;

    while ((err = mpool_iter_next(iter, LONG_MS, &result)) == MPOOL_OK) {
        if (result->status != MPOOL_DONE)
            fail(__FILE__, __LINE__, "job %d: %s", (int)result->tag, result->error);
        CHECK(result->tag < JOBS && !seen[result->tag]);
        seen[result->tag] = true;
        CHECK_OK(mpool_result_unpack(result, "i", &value));
        CHECK_INT(value, result->tag);
        CHECK(atomic_load(&board->ended[value]) >= 1);
        lost += result->attempts - 1;
    }
    CHECK_ERR(err, MPOOL_E_END);
    for (int i = 0; i < JOBS; i++)
        CHECK(seen[i]);
    return lost;
}

static void run_round(mpool_pool *pool, int64_t timeout_ms, uint64_t *lost)
{
    const mpool_task task = {
        .function = "leave_a_trace", .retries = 100000, .crash_limit = 100000, .timeout_ms = timeout_ms};
    struct numbers numbers = {0};
    mpool_iter *iter;

    CHECK_OK(mpool_pool_imap_unordered(pool, &task, count_up, &numbers, &iter));
    *lost += take_results(iter);
    mpool_iter_free(iter);
}

SCENARIO(faults, cost_no_job_and_no_total)
{
    const char *fault = getenv("MPOOL_FAULT");
    bool stops = fault != NULL && strstr(fault, "stop") != NULL;
    mpool_total *sum, *count;
    int64_t value;
    uint64_t lost = 0;
    mpool_pool_stats stats;
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_pool_open(&(mpool_pool_options){.workers = 3, .start_timeout_ms = 1000}, &pool));
    CHECK_OK(mpool_total_open(pool, "sum", MPOOL_SUM, &sum));
    CHECK_OK(mpool_total_open(pool, "count", MPOOL_COUNT, &count));
    for (int round = 1; round <= 2; round++) {
        run_round(pool, stops ? 200 : 0, &lost);
        CHECK_OK(mpool_total_int64(sum, &value));
        CHECK_INT(value, (int64_t)round * (JOBS - 1) * JOBS / 2);
        CHECK_OK(mpool_total_int64(count, &value));
        CHECK_INT(value, round * JOBS);
    }
    stats = stats_of(pool);
    CHECK_INT(stats.attempts_retried, lost);
    if (!stops)
        CHECK_INT(lost, stats.deaths_claimed);
    close_pool(pool); /* which does not wait for a worker that has stopped since */
}
