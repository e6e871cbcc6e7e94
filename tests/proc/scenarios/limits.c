/*
 * tests/proc/scenarios/limits.c - scenarios: how long an attempt may take
 *
 * Limits of jobs that must be done are so long that only a machine that stands still could fail them; limits of jobs
 * that must not be done are short, since those jobs wait for a gate that is closed.
 */
#include "tests/proc/helper.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

SCENARIO(limits, a_hard_one_kills_the_worker_and_ends_the_job_as_timed_out)
{
    const mpool_task task = {.function = "hold", .timeout_ms = 50};
    mpool_pool *pool = open_pool(2);
    mpool_future *future = submit(pool, &task, 0);
    const mpool_result *result = result_of(future);

    CHECK_INT(result->status, MPOOL_TIMED_OUT);
    CHECK_INT(result->attempts, 1);
    CHECK_SAYS(result->error, "50 ms");
    AWAIT(!process_is_there(atomic_load(&board->pids[0])));
    CHECK_INT(stats_of(pool).deaths_ours, 1);
    CHECK_INT(stats_of(pool).deaths_claimed, 0);
    mpool_future_free(future);
    still_works(pool);
    finish_pool(pool);
}

SCENARIO(limits, a_job_that_timed_out_has_its_retries)
{
    const mpool_task task = {.function = "hold", .timeout_ms = 30, .retries = 4};
    mpool_pool *pool = open_pool(2);
    mpool_future *future = submit(pool, &task, 0);

    CHECK_INT(result_of(future)->status, MPOOL_TIMED_OUT);
    CHECK_INT(result_of(future)->attempts, 5); /* they are no crashes: those have another limit */
    CHECK_INT(stats_of(pool).deaths_ours, 5);
    mpool_future_free(future);
    finish_pool(pool);
}

SCENARIO(limits, beyond_what_a_clock_can_count_are_refused)
{
    const mpool_pool_options options = {.start_timeout_ms = INT64_MAX};
    mpool_pool *pool = open_pool(1), *other;

    CHECK_ERR(mpool_pool_submit(pool, &(mpool_task){.function = "square", .timeout_ms = INT64_MAX}, NULL, "i", 1),
              MPOOL_E_INVAL);
    CHECK_ERR(mpool_pool_submit(pool, &(mpool_task){.function = "square", .soft_timeout_ms = -1}, NULL, "i", 1),
              MPOOL_E_INVAL);
    CHECK_ERR(mpool_pool_open(&options, &other), MPOOL_E_INVAL);
    finish_pool(pool);
}

/* Runs until it is asked to stop. */
MPOOL_FUNCTION(run_until_asked)
{
    (void)args;
    while (!mpool_job_cancelled(job))
        nap();
    (void)mpool_pack(result, "s", "asked");
    return 0;
}

/* Must not be asked. */
MPOOL_FUNCTION(expect_no_question)
{
    (void)args;
    (void)result;
    for (int i = 0; i < 20; i++, nap())
        if (mpool_job_cancelled(job))
            return mpool_job_fail(job, "asked to stop");
    return 0;
}

SCENARIO(limits, a_soft_one_asks_the_job_it_is_meant_for_and_no_other)
{
    const mpool_task task = {.function = "run_until_asked", .soft_timeout_ms = 20};
    const mpool_task next = {.function = "expect_no_question"};
    mpool_pool *pool = open_pool(1);
    mpool_future *asked[5], *others[5];
    const char *said;

    for (int i = 0; i < 5; i++) {
        asked[i] = submit(pool, &task, 0);
        others[i] = submit(pool, &next, 0);
    }
    for (int i = 0; i < 5; i++) {
        CHECK_OK(mpool_result_unpack(result_of(asked[i]), "s", &said));
        CHECK_TEXT(said, "asked");
        wait_free(asked[i], MPOOL_DONE);
        wait_free(others[i], MPOOL_DONE);
    }
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

SCENARIO(limits, a_job_that_does_not_listen_to_the_soft_one_is_killed_by_the_hard_one)
{
    const mpool_task task = {.function = "hold", .soft_timeout_ms = 10, .timeout_ms = 60};
    mpool_pool *pool = open_pool(2);

    run_one(pool, &task, 0, MPOOL_TIMED_OUT);
    still_works(pool);
    finish_pool(pool);
}

/* Stops its worker: the whole process, which then says nothing any more. */
MPOOL_FUNCTION(stop)
{
    (void)job;
    (void)args;
    (void)result;
    atomic_store(&board->pids[0], getpid());
    atomic_fetch_add(&board->held, 1);
    (void)raise(SIGSTOP);
    return 0;
}

/* A18 */
SCENARIO(limits, a_stopped_worker_times_out)
{
    const mpool_task task = {.function = "stop", .timeout_ms = 50}, idle = {.function = "square", .timeout_ms = 50};
    mpool_pool *pool = open_pool(1);
    pid_t pid;
    size_t count;

    run_one(pool, &task, 0, MPOOL_TIMED_OUT);
    /* And so does one that was stopped before it had anything to do: it leaves no mark. */
    AWAIT(stats_of(pool).workers_ready == 1);
    CHECK_OK(mpool_pool_pids(pool, &pid, 1, &count));
    CHECK(pid > 0 && kill(pid, SIGSTOP) == 0);
    run_one(pool, &idle, 3, MPOOL_TIMED_OUT);
    finish_pool(pool);
}

static bool is_stopped(pid_t pid)
{
    char path[64], state = '?';
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    CHECK(file != NULL);
    CHECK(fscanf(file, "%*d (%*[^)]) %c", &state) == 1);
    (void)fclose(file);
    return state == 'T';
}

/* A19 */
SCENARIO(limits, a_stopped_worker_without_one_is_waited_for)
{
    const mpool_task task = {.function = "stop"};
    mpool_pool *pool = open_pool(2);
    mpool_future *future = submit(pool, &task, 0);

    AWAIT(atomic_load(&board->held) == 1 && is_stopped(atomic_load(&board->pids[0])));
    CHECK_ERR(mpool_future_wait(future, 100, NULL), MPOOL_E_TIMEOUT);
    CHECK(kill(atomic_load(&board->pids[0]), SIGCONT) == 0);
    CHECK_INT(result_of(future)->attempts, 1);
    wait_free(future, MPOOL_DONE);
    finish_pool(pool);
}

/* The limit of a job that waits in a worker behind another one has not begun to run; and that one has none. */
SCENARIO(limits, jobs_behind_a_slow_one_have_no_clock)
{
    const mpool_task task = {.function = "square", .timeout_ms = 1000};
    mpool_pool *pool = open_pool(1);
    mpool_future *slow = hold_worker(pool), *behind[20];

    for (int i = 0; i < 20; i++)
        behind[i] = submit(pool, &task, i);
    AWAIT(stats_of(pool).jobs_in_flight >= 2);
    let_pass(1500);
    open_gate();
    wait_free(slow, MPOOL_DONE);
    for (int i = 0; i < 20; i++)
        wait_free(behind[i], MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

/* One item in fifty waits for a gate that stays closed. */
MPOOL_FUNCTION(square_or_hold)
{
    int64_t x;

    if (mpool_unpack(args, "I", &x) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    while (x % 50 == POISON && atomic_load(&board->gate) == 0)
        nap();
    (void)mpool_pack(result, "I", x * x);
    return 0;
}

SCENARIO(limits, only_the_jobs_that_take_too_long_time_out)
{
    const mpool_task task = {
        .function = "square_or_hold", .item_format = "I", .result_format = "I", .timeout_ms = 1000};
    int64_t items[200], results[200];
    mpool_status statuses[200];
    mpool_pool *pool = open_pool(2);

    for (int i = 0; i < 200; i++)
        items[i] = i;
    CHECK_ERR(mpool_pool_map(pool, &task, items, 200, sizeof items[0], results, sizeof results[0], statuses),
              MPOOL_E_JOB);
    for (int i = 0; i < 200; i++)
        CHECK_INT(statuses[i], i % 50 == POISON ? MPOOL_TIMED_OUT : MPOOL_DONE);
    finish_pool(pool);
}
