/*
 * tests/proc/scenarios/retry.c - scenarios: jobs that fail, and are tried again
 */
#include "tests/proc/helper.h"

#include <unistd.h>

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

/* ---- which ends are followed by another attempt ------------------------------------------------------------------ */

static void has_attempts(mpool_pool *pool, const mpool_task *task, int argument, unsigned attempts)
{
    mpool_future *future = submit(pool, task, argument);
    const mpool_result *result = result_of(future);

    if (result->attempts != attempts)
        fail(__FILE__, __LINE__, "%s(%d), retry_on \"%s\": attempts %u, not %u: %s", task->function, argument,
             task->retry_on, result->attempts, attempts, result->error);
    mpool_future_free(future);
}

SCENARIO(retry, a_crash_is_followed_by_another_attempt_if_its_exit_code_or_signal_is_named)
{
    static const struct {
        const char *retry_on;
        int crash;
        unsigned attempts;
    } cases[] = {
        {"exit:3", CRASH_EXIT_3, 2},
        {"exit:75", CRASH_EXIT_3, 1},
        {"exit:0", CRASH_EXIT, 2},
        {"exit:0", CRASH_EXIT_3, 1},
        {"exit:0", CRASH_ABORT, 1},
        {"signal:SEGV", CRASH_SEGV, 2},
        {"signal:SEGV", CRASH_ABORT, 1},
        {"signal:SIGABRT", CRASH_ABORT, 2},
        {"signal:KILL", CRASH_KILL, 2},
        {"exit:9", CRASH_KILL, 1},
        {"oom", CRASH_SEGV, 1},
        {"crashed", CRASH_EXIT_3, 2},
        {"failed, timed_out", CRASH_EXIT_3, 1},
        {"failed, exit:3 signal:KILL", CRASH_KILL, 2},
    };
    mpool_pool *pool = open_pool(1);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        has_attempts(pool, &(mpool_task){.function = "crash", .retries = 1, .retry_on = cases[i].retry_on},
                     cases[i].crash, cases[i].attempts);
    finish_pool(pool);
}

/* mpool kills the workers of jobs that are over their limit, by SIGKILL. */
SCENARIO(retry, a_limit_is_no_crash_by_a_signal)
{
    mpool_pool *pool = open_pool(1);

    has_attempts(pool,
                 &(mpool_task){.function = "hold", .timeout_ms = 20, .retries = 1, .retry_on = "signal:KILL crashed"},
                 0, 1);
    has_attempts(pool, &(mpool_task){.function = "hold", .timeout_ms = 20, .retries = 1, .retry_on = "timed_out"}, 0,
                 2);
    finish_pool(pool);
}

/* Ends its first attempt by exit code 75, "try again later". */
MPOOL_FUNCTION(be_busy_at_first)
{
    (void)args;
    (void)result;
    if (mpool_job_attempt(job) == 1)
        _exit(75);
    return 0;
}

SCENARIO(retry, what_was_named_is_tried_again_and_can_be_done)
{
    const mpool_task task = {.function = "be_busy_at_first", .retries = 1, .retry_on = "exit:75"};
    mpool_pool *pool = open_pool(2);
    mpool_future *futures[8];

    for (int i = 0; i < 8; i++)
        futures[i] = submit(pool, &task, 0);
    for (int i = 0; i < 8; i++) {
        CHECK_INT(result_of(futures[i])->attempts, 2);
        wait_free(futures[i], MPOOL_DONE);
    }
    CHECK_INT(stats_of(pool).attempts_retried, 8);
    finish_pool(pool);
}

SCENARIO(retry, crash_limit_and_once_hold_for_ends_that_are_named)
{
    const mpool_task poison = {.function = "crash", .retries = 9, .crash_limit = 2, .retry_on = "exit:3, signal:SEGV"};
    const mpool_task once = {.function = "crash", .once = true, .retry_on = "exit:3"};
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &poison, CRASH_EXIT_3);

    CHECK_INT(result_of(future)->attempts, 2);
    CHECK_SAYS(result_of(future)->error, "it has crashed 2 times, which is the limit");
    wait_free(future, MPOOL_CRASHED);
    has_attempts(pool, &once, CRASH_EXIT_3, 1);
    finish_pool(pool);
}

SCENARIO(retry, an_end_that_there_is_not_is_refused_and_told)
{
    const mpool_task task = {.function = "crash", .retries = 1, .retry_on = "exit:3, crash"};
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &(mpool_task){.function = "crash", .retries = 1, .retry_on = "exit:3"}, 0);

    CHECK_ERR(mpool_pool_submit(pool, &task, NULL, "i", CRASH_EXIT_3), MPOOL_E_INVAL);
    CHECK_TEXT(mpool_error_detail(), "task of \"crash\": retry_on: there is no end of an attempt called \"crash\"; did "
                                     "you mean \"crashed\"?");
    wait_free(future, MPOOL_CRASHED);
    CHECK_INT(stats_of(pool).jobs_submitted, 1);
    finish_pool(pool);
}
