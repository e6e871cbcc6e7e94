/*
 * tests/proc/scenarios/order.c - scenarios: when a job's turn comes, and whether it comes again
 *
 * With one worker that is held at the gate, the order of what was submitted meanwhile is the pool's own decision.
 */
#include "tests/proc/helper.h"

#include <signal.h>
#include <unistd.h>

/* An int: writes on the board as the how manieth it came. */
MPOOL_FUNCTION(take_number)
{
    int value;

    (void)result;
    if (mpool_unpack(args, "i", &value) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_store(&board->ended[value], atomic_fetch_add(&board->counter, 1));
    return 0;
}

SCENARIO(order, higher_priorities_go_first_and_equals_in_their_order)
{
    static const int priorities[] = {0, -10, 10, 0, 3, 10, -10, 3};
    static const int places[] = {4, 6, 0, 5, 2, 1, 7, 3};
    mpool_pool *pool = open_pool(1);
    const mpool_task ahead = {.function = "square"};
    mpool_future *holder = hold_worker(pool), *next = submit(pool, &ahead, 1), *futures[8];

    AWAIT(stats_of(pool).jobs_in_flight == 2); /* the one behind the running one has its turn already */
    for (int i = 0; i < 8; i++) {
        const mpool_task task = {.function = "take_number", .priority = priorities[i]};

        futures[i] = submit(pool, &task, i);
    }
    open_gate();
    wait_free(holder, MPOOL_DONE);
    wait_free(next, MPOOL_DONE);
    for (int i = 0; i < 8; i++)
        wait_free(futures[i], MPOOL_DONE);
    for (int i = 0; i < 8; i++)
        CHECK_INT(atomic_load(&board->ended[i]), places[i]);
    finish_pool(pool);
}

SCENARIO(order, a_delayed_job_waits_for_its_time_and_others_do_not)
{
    const mpool_task late = {.function = "take_number", .delay_ms = 300}, prompt = {.function = "take_number"};
    mpool_pool *pool = open_pool(1);
    int64_t began_ms = monotonic_ms();
    mpool_future *first = submit(pool, &late, 0), *second = submit(pool, &prompt, 1);

    wait_free(second, MPOOL_DONE);
    wait_free(first, MPOOL_DONE);
    CHECK(monotonic_ms() - began_ms >= 300);
    CHECK_INT(atomic_load(&board->ended[1]), 0);
    CHECK_INT(atomic_load(&board->ended[0]), 1);
    finish_pool(pool);
}

SCENARIO(order, close_waits_for_delayed_jobs_and_drain_cancels_them)
{
    const mpool_task soon = {.function = "take_number", .delay_ms = 100};
    const mpool_task never = {.function = "take_number", .delay_ms = INT64_C(1000) * 3600 * 24 * 365};
    const mpool_pool_options options = {.workers = 1};
    mpool_pool *pool = open_pool(1), *other = open_another(&options);
    mpool_future *done = submit(pool, &soon, 0), *cancelled = submit(other, &never, 1);

    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_OK(mpool_pool_drain(other));
    CHECK_OK(mpool_pool_join(other, LONG_MS));
    CHECK_INT(result_of(cancelled)->attempts, 0);
    wait_free(done, MPOOL_DONE);
    wait_free(cancelled, MPOOL_CANCELLED);
    mpool_pool_free(other);
    close_pool(pool);
}

/* Counts how many are inside at a time; ended[0] is the most there ever were. */
MPOOL_FUNCTION(count_inside)
{
    int inside = atomic_fetch_add(&board->counter, 1) + 1, most = atomic_load(&board->ended[0]);

    (void)job;
    (void)args;
    (void)result;
    while (inside > most && !atomic_compare_exchange_weak(&board->ended[0], &most, inside))
        continue;
    nap();
    atomic_fetch_sub(&board->counter, 1);
    return 0;
}

SCENARIO(order, at_most_so_many_of_a_key_run_at_a_time_and_others_pass_them)
{
    const mpool_task narrow = {.function = "count_inside", .at_most = 2, .at_most_key = "disk"};
    const mpool_task wide = {.function = "doze"};
    mpool_pool *pool = open_pool(4);
    mpool_future *futures[100];

    for (int i = 0; i < 100; i++)
        futures[i] = submit(pool, i % 5 == 4 ? &wide : &narrow, 0);
    for (int i = 0; i < 100; i++)
        wait_free(futures[i], MPOOL_DONE);
    CHECK_INT(atomic_load(&board->ended[0]), 2);
    finish_pool(pool);
}

SCENARIO(order, a_worker_that_dies_leaves_the_gate)
{
    const mpool_task narrow = {.function = "crash", .at_most = 1},
                     after = {.function = "count_inside", .at_most = 1, .at_most_key = "crash"};
    mpool_pool *pool = open_pool(2);

    for (int i = 0; i < 5; i++)
        run_one(pool, &narrow, CRASH_KILL, MPOOL_CRASHED);
    run_one(pool, &after, 0, MPOOL_DONE);
    finish_pool(pool);
}

SCENARIO(order, the_time_between_attempts_doubles_up_to_the_most)
{
    const mpool_task task = {.function = "refuse", .retries = 3, .backoff_ms = 40, .backoff_most_ms = 80};
    mpool_pool *pool = open_pool(1);
    int64_t began_ms = monotonic_ms();
    mpool_future *future = submit(pool, &task, 1);

    CHECK_INT(result_of(future)->attempts, 4);
    CHECK(monotonic_ms() - began_ms >= 40 + 80 + 80);
    wait_free(future, MPOOL_FAILED);
    finish_pool(pool);
}

SCENARIO(order, only_the_ends_that_are_named_are_tried_again)
{
    const mpool_task crashed = {.function = "crash", .retries = 1, .retry_on = "failed"};
    const mpool_task failed = {.function = "refuse", .retries = 1, .retry_on = "crashed"};
    const mpool_task both = {.function = "refuse", .retries = 1, .retry_on = "failed"};
    mpool_pool *pool = open_pool(1);
    mpool_future *futures[] = {submit(pool, &crashed, CRASH_KILL), submit(pool, &failed, 0), submit(pool, &both, 0)};

    for (int i = 0; i < 3; i++) {
        CHECK_INT(result_of(futures[i])->attempts, i == 2 ? 2 : 1);
        wait_free(futures[i], i == 0 ? MPOOL_CRASHED : MPOOL_FAILED);
    }
    finish_pool(pool);
}

SCENARIO(order, what_runs_once_is_not_run_again_when_its_worker_is_killed)
{
    const mpool_task once = {.function = "hold", .once = true}, other = {.function = "square"};
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &once, 0), *behind;

    AWAIT(atomic_load(&board->held) == 1);
    behind = submit(pool, &other, 3); /* it travels alone: this one waits for it */
    let_pass(20);
    CHECK_INT(stats_of(pool).jobs_in_flight, 1);
    (void)kill(atomic_load(&board->pids[0]), SIGKILL);
    wait_free(future, MPOOL_CRASHED);
    wait_free(behind, MPOOL_DONE);
    CHECK_INT(atomic_load(&board->held), 1);
    finish_pool(pool);
}

SCENARIO(order, a_task_that_makes_no_sense_is_refused)
{
    const mpool_task tasks[] = {
        {.function = "square", .priority = 11},
        {.function = "square", .priority = -11},
        {.function = "square", .delay_ms = -1},
        {.function = "square", .backoff_ms = -1},
        {.function = "square", .backoff_most_ms = INT64_MAX},
        {.function = "square", .backoff_jitter = 101},
        {.function = "square", .retry_on = "done"},
        {.function = "square", .once = true, .retries = 1},
        {.function = "square", .at_most_key = "x"},
    };
    mpool_pool *pool = open_pool(1);

    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++) {
        CHECK_ERR(mpool_pool_submit(pool, &tasks[i], NULL, "i", 1), MPOOL_E_INVAL);
        CHECK_SAYS(mpool_error_detail(), "square");
    }
    CHECK_INT(stats_of(pool).jobs_submitted, 0);
    finish_pool(pool);
}
