/*
 * tests/proc/scenarios/crash.c - scenarios: a worker dies, and what that costs
 */
#include "tests/proc/helper.h"

#include <signal.h>
#include <unistd.h>

/* A crash among jobs that are nobody's fault: how it is told, and that the others know nothing of it. */
static void crash_among_others(mpool_pool *pool, int kind, int signal, int exit_code, const char *says)
{
    const mpool_task task = {.function = "square"}, bad = {.function = "crash"};
    mpool_future *others[20], *future = NULL;
    const mpool_result *result;

    for (int i = 0; i < 20; i++) {
        if (i == 10)
            future = submit(pool, &bad, kind);
        others[i] = submit(pool, &task, i);
    }
    result = result_of(future);
    CHECK_INT(result->status, MPOOL_CRASHED);
    CHECK_INT(result->signal, signal);
    CHECK_INT(result->exit_code, exit_code);
    CHECK_INT(result->attempts, 1);
    CHECK_SAYS(result->error, says);
    CHECK(result->value == NULL);
    mpool_future_free(future);
    for (int i = 0; i < 20; i++) {
        CHECK_INT(result_of(others[i])->attempts, 1);
        wait_free(others[i], MPOOL_DONE);
    }
}

/* A6, A15; P2, P9 */
SCENARIO(crash, one_costs_only_its_job_and_says_what_happened)
{
    mpool_pool *pool = open_pool(2);

    crash_among_others(pool, CRASH_SEGV, SIGSEGV, 0, "killed by SIGSEGV");
    crash_among_others(pool, CRASH_ABORT, SIGABRT, 0, "killed by SIGABRT");
    crash_among_others(pool, CRASH_KILL, SIGKILL, 0, "killed by SIGKILL");
    crash_among_others(pool, CRASH_EXIT, 0, 0, "exited with code 0");
    crash_among_others(pool, CRASH_EXIT_3, 0, 3, "exited with code 3");
    CHECK_INT(stats_of(pool).deaths_claimed, CRASHES);
    finish_pool(pool);
}

static void use_up(mpool_pool *pool, unsigned retries, unsigned crash_limit, unsigned attempts)
{
    const mpool_task task = {.function = "crash", .retries = retries, .crash_limit = crash_limit};
    mpool_future *future = submit(pool, &task, CRASH_SEGV);
    const mpool_result *result = result_of(future);

    CHECK_INT(result->status, MPOOL_CRASHED);
    CHECK_INT(result->attempts, attempts);
    CHECK_INT(atomic_load(&board->begun[result->index]), attempts);
    mpool_future_free(future);
}

/* A20 */
SCENARIO(crash, a_poison_job_uses_up_its_crash_limit_or_its_retries)
{
    mpool_pool *pool = open_pool(2);

    use_up(pool, 100, 0, 3);
    use_up(pool, 100, 5, 5);
    use_up(pool, 1, 5, 2);
    use_up(pool, 0, 0, 1);
    CHECK_INT(stats_of(pool).attempts_retried, 2 + 4 + 1);
    still_works(pool);
    finish_pool(pool);
}

/* A20, A21 */
SCENARIO(crash, a_poison_item_among_short_ones_fails_alone)
{
    const mpool_task task = {.function = "square_or_die", .item_format = "I", .result_format = "I", .retries = 5};
    int64_t items[200], results[200];
    mpool_status statuses[200];
    mpool_pool *pool = open_pool(2);

    for (size_t count = 50; count <= 200; count += 150) {
        for (int i = 0; i < 200; i++) {
            items[i] = i;
            results[i] = -1;
        }
        CHECK_ERR(mpool_pool_map(pool, &task, items, count, sizeof items[0], results, sizeof results[0], statuses),
                  MPOOL_E_JOB);
        CHECK_SAYS(mpool_error_detail(), "item 17 crashed");
        for (int i = 0; i < (int)count; i++) {
            CHECK_INT(statuses[i], i == POISON ? MPOOL_CRASHED : MPOOL_DONE);
            CHECK_INT(results[i], i == POISON ? -1 : (int64_t)i * i);
        }
    }
    CHECK_INT(stats_of(pool).deaths_claimed, 2 * 3);
    finish_pool(pool);
}

/* An int: so many attempts end by a crash, the one after by its number. */
MPOOL_FUNCTION(crash_at_first)
{
    int crashes;

    if (mpool_unpack(args, "i", &crashes) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (mpool_job_attempt(job) <= (unsigned)crashes)
        (void)raise(SIGKILL);
    (void)mpool_pack(result, "i", (int)mpool_job_attempt(job));
    return 0;
}

SCENARIO(crash, a_job_that_crashed_twice_can_be_done_in_the_end)
{
    const mpool_task task = {.function = "crash_at_first", .retries = 2};
    mpool_pool *pool = open_pool(2);
    mpool_future *future = submit(pool, &task, 2);
    int attempt;

    CHECK_INT(result_of(future)->status, MPOOL_DONE);
    CHECK_INT(result_of(future)->attempts, 3);
    CHECK_OK(mpool_result_unpack(result_of(future), "i", &attempt));
    CHECK_INT(attempt, 3);
    mpool_future_free(future);
    finish_pool(pool);
}

/* A25 */
SCENARIO(crash, of_all_workers_at_once_costs_each_running_job_an_attempt)
{
    const mpool_task task = {.function = "hold", .retries = 1}, other = {.function = "square"};
    mpool_pool *pool = open_pool(4);
    mpool_future *held[4], *others[40];

    for (int i = 0; i < 4; i++)
        held[i] = submit(pool, &task, i);
    AWAIT(atomic_load(&board->held) == 4);
    for (int i = 0; i < 40; i++)
        others[i] = submit(pool, &other, i);
    for (int i = 0; i < 4; i++)
        CHECK(kill(atomic_load(&board->pids[i]), SIGKILL) == 0);
    AWAIT(stats_of(pool).deaths_claimed == 4);
    open_gate();
    for (int i = 0; i < 40; i++) {
        CHECK_INT(result_of(others[i])->attempts, 1);
        wait_free(others[i], MPOOL_DONE);
    }
    for (int i = 0; i < 4; i++) {
        CHECK_INT(result_of(held[i])->attempts, 2);
        wait_free(held[i], MPOOL_DONE);
    }
    finish_pool(pool);
}

/* The workers' process ids, once all of them are there and none is this one. */
static void wait_for_pids(mpool_pool *pool, pid_t pids[2], pid_t but)
{
    size_t count;

    AWAIT((mpool_pool_pids(pool, pids, 2, &count), pids[0] > 0 && pids[1] > 0 && pids[0] != but && pids[1] != but));
    CHECK_INT(count, 2);
    AWAIT(stats_of(pool).workers_ready == 2);
}

/* A4 */
SCENARIO(crash, an_idle_worker_that_is_killed_is_replaced_at_once)
{
    mpool_pool *pool = open_pool(2);
    pid_t pids[2], killed = 0;

    for (unsigned round = 1; round <= 10; round++) {
        wait_for_pids(pool, pids, killed);
        killed = pids[round % 2];
        CHECK(kill(killed, SIGKILL) == 0);
        AWAIT(stats_of(pool).deaths_idle == round && stats_of(pool).workers_started == 2 + round);
    }
    wait_for_pids(pool, pids, killed);
    still_works(pool);
    finish_pool(pool);
}

/* The other worker, and its job, see nothing of it; what was queued behind the dead one's job goes there. */
SCENARIO(crash, jobs_behind_a_killed_one_run_elsewhere_uncharged)
{
    const mpool_task task = {.function = "square"};
    mpool_pool *pool = open_pool(1);
    mpool_future *held = hold_worker(pool), *behind[10];

    for (int i = 0; i < 10; i++)
        behind[i] = submit(pool, &task, i);
    AWAIT(stats_of(pool).jobs_in_flight >= 2); /* one of them waits in the worker */
    CHECK(kill(atomic_load(&board->pids[0]), SIGKILL) == 0);
    wait_free(held, MPOOL_CRASHED);
    for (int i = 0; i < 10; i++) {
        CHECK_INT(result_of(behind[i])->attempts, 1);
        wait_free(behind[i], MPOOL_DONE);
    }
    finish_pool(pool);
}
