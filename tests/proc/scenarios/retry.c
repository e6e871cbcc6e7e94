/*
 * tests/proc/scenarios/retry.c - scenarios: jobs that fail, and are tried again
 */
#include "tests/proc/helper.h"

/* An int: fails before this attempt. Writes on the board which attempts there were. */
MPOOL_FUNCTION(fail_at_first)
{
    uint64_t number = mpool_job_number(job);
    int good;

    if (mpool_unpack(args, "i", &good) != MPOOL_OK || number >= BOARD_JOBS)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (atomic_fetch_add(&board->begun[number], 1) + 1 != (int)mpool_job_attempt(job))
        atomic_fetch_add(&board->counter, 1);
    if (mpool_job_attempt(job) < (unsigned)good)
        return mpool_job_fail(job, "attempt %u of job %llu", mpool_job_attempt(job), (unsigned long long)number);
    (void)mpool_pack(result, "U", number);
    return 0;
}

SCENARIO(retry, a_failing_job_is_tried_again_under_its_own_number)
{
    const mpool_task task = {.function = "fail_at_first", .retries = 4};
    mpool_pool *pool = open_pool(2);
    mpool_future *futures[50];
    uint64_t number;

    for (int i = 0; i < 50; i++)
        futures[i] = submit(pool, &task, 1 + i % 5);
    for (int i = 0; i < 50; i++) {
        const mpool_result *result = result_of(futures[i]);

        CHECK_INT(result->status, MPOOL_DONE);
        CHECK_INT(result->attempts, 1 + i % 5);
        CHECK_INT(result->index, i);
        CHECK_INT(atomic_load(&board->begun[i]), 1 + i % 5);
        CHECK_OK(mpool_result_unpack(result, "U", &number));
        CHECK_INT(number, i);
        mpool_future_free(futures[i]);
    }
    CHECK_INT(atomic_load(&board->counter), 0);
    CHECK_INT(stats_of(pool).attempts_retried, 10 * (0 + 1 + 2 + 3 + 4));
    finish_pool(pool);
}

SCENARIO(retry, a_job_that_fails_to_the_end_says_why_the_last_attempt_did)
{
    const mpool_task task = {.function = "fail_at_first", .retries = 2};
    mpool_pool *pool = open_pool(2);
    mpool_future *future = submit(pool, &task, 100);
    const mpool_result *result = result_of(future);

    CHECK_INT(result->status, MPOOL_FAILED);
    CHECK_INT(result->attempts, 3);
    CHECK_TEXT(result->error, "attempt 3 of job 0");
    CHECK_INT(result->signal, 0);
    CHECK(result->value == NULL);
    CHECK_ERR(mpool_result_unpack(result, "n"), MPOOL_E_JOB);
    mpool_future_free(future);
    finish_pool(pool);
}

/* Fails without a word. */
MPOOL_FUNCTION(fail_silently)
{
    (void)job;
    (void)args;
    (void)result;
    return 1;
}

SCENARIO(retry, without_retries_the_first_failure_is_the_end)
{
    const mpool_task refuse = {.function = "refuse"}, silent = {.function = "fail_silently"};
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &refuse, 7);

    CHECK_INT(result_of(future)->attempts, 1);
    CHECK_TEXT(result_of(future)->error, "no 7 today");
    wait_free(future, MPOOL_FAILED);
    future = submit(pool, &silent, 0);
    CHECK_SAYS(result_of(future)->error, "no reason");
    wait_free(future, MPOOL_FAILED);
    CHECK_INT(stats_of(pool).attempts_retried, 0);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}
