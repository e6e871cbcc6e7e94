/*
 * tests/proc/scenarios/ends.c - scenarios: the ways in which a pool ends
 */
#include "tests/proc/helper.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static const mpool_task square = {.function = "square"};

SCENARIO(ends, close_runs_what_was_submitted_to_its_end)
{
    const mpool_task task = {.function = "count"};
    mpool_pool *pool = open_pool(2);
    mpool_future *held = hold_worker(pool);

    for (int i = 0; i < 200; i++)
        CHECK_OK(mpool_pool_submit(pool, &task, NULL, NULL));
    CHECK_ERR(mpool_pool_join(pool, 0), MPOOL_E_INVAL);
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_close(pool));
    CHECK_ERR(mpool_pool_submit(pool, &task, NULL, NULL), MPOOL_E_CLOSED);
    CHECK_ERR(mpool_pool_join(pool, 0), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_pool_join(pool, 20), MPOOL_E_TIMEOUT);
    open_gate();
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_OK(mpool_pool_join(pool, 0));
    wait_free(held, MPOOL_DONE);
    CHECK_INT(atomic_load(&board->counter), 200);
    CHECK_INT(stats_of(pool).workers_ready, 0);
    close_pool(pool);
}

/* Waits at the gate, and fails behind it. */
MPOOL_FUNCTION(hold_and_fail)
{
    (void)args;
    (void)result;
    atomic_fetch_add(&board->held, 1);
    while (atomic_load(&board->gate) == 0)
        nap();
    return mpool_job_fail(job, "nothing to be found behind the gate");
}

/* Running jobs end; those in the queue, and those that a worker has and has not begun, are cancelled. */
SCENARIO(ends, drain_lets_running_jobs_end_and_begins_no_other)
{
    const mpool_task fails = {.function = "hold_and_fail", .retries = 5}, task = {.function = "count"};
    mpool_future *failing, *held, *others[50];
    mpool_pool *pool = open_pool(2);

    failing = submit(pool, &fails, 0);
    held = hold_worker(pool);
    AWAIT(atomic_load(&board->held) == 2);
    for (int i = 0; i < 50; i++)
        others[i] = submit(pool, &task, i);
    AWAIT(stats_of(pool).jobs_in_flight > 2); /* some of them are in workers */
    CHECK_OK(mpool_pool_drain(pool));
    for (int i = 0; i < 50; i++) { /* before the running jobs have ended */
        CHECK_INT(result_of(others[i])->attempts, 0);
        wait_free(others[i], MPOOL_CANCELLED);
    }
    CHECK_ERR(mpool_pool_submit(pool, &task, NULL, NULL), MPOOL_E_CLOSED);
    CHECK_ERR(mpool_pool_join(pool, 0), MPOOL_E_TIMEOUT);
    open_gate();
    CHECK_INT(result_of(failing)->attempts, 1); /* not tried again */
    wait_free(failing, MPOOL_FAILED);
    wait_free(held, MPOOL_DONE);
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(atomic_load(&board->counter), 0);
    close_pool(pool);
}

/* A14 */
SCENARIO(ends, a_worker_that_dies_while_the_pool_drains_ends_its_job_and_the_pool)
{
    const mpool_task task = {.function = "hold", .retries = 5};
    mpool_pool *pool = open_pool(2);
    mpool_future *held = submit(pool, &task, 0);

    AWAIT(atomic_load(&board->held) == 1);
    CHECK_OK(mpool_pool_drain(pool));
    CHECK(kill(atomic_load(&board->pids[0]), SIGKILL) == 0);
    wait_free(held, MPOOL_CRASHED);
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    close_pool(pool);
}

SCENARIO(ends, terminate_kills_workers_and_cancels_their_jobs)
{
    mpool_pool *pool = open_pool(2);
    mpool_future *held = hold_worker(pool), *queued[20];

    mpool_future_free(hold_worker(pool));
    for (int i = 0; i < 20; i++)
        queued[i] = submit(pool, &square, i);
    CHECK_OK(mpool_pool_terminate(pool));
    CHECK_OK(mpool_pool_terminate(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK(!process_is_there(atomic_load(&board->pids[0])) && !process_is_there(atomic_load(&board->pids[1])));
    wait_free(held, MPOOL_CANCELLED);
    for (int i = 0; i < 20; i++)
        wait_free(queued[i], MPOOL_CANCELLED);
    CHECK_ERR(mpool_pool_submit(pool, &square, NULL, "i", 1), MPOOL_E_CLOSED);
    close_pool(pool);
}

SCENARIO(ends, harder_ends_follow_softer_ones)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *held = hold_worker(pool), *queued = submit(pool, &square, 1);

    CHECK_OK(mpool_pool_close(pool));
    CHECK_ERR(mpool_future_wait(queued, 10, NULL), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_pool_drain(pool));
    wait_free(queued, MPOOL_CANCELLED);
    CHECK_ERR(mpool_future_wait(held, 10, NULL), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_pool_terminate(pool));
    CHECK_OK(mpool_pool_drain(pool));
    CHECK_OK(mpool_pool_close(pool));
    wait_free(held, MPOOL_CANCELLED);
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    close_pool(pool);
}

SCENARIO(ends, free_ends_a_pool_that_nobody_closed)
{
    mpool_pool *pool = open_pool(2);
    mpool_future *held = hold_worker(pool);

    close_pool(pool);
    wait_free(held, MPOOL_CANCELLED);
}

/* A worker that has stopped does not hear the good-bye. */
SCENARIO(ends, a_stopped_worker_is_killed_in_the_end)
{
    mpool_pool *pool = open_pool(2);
    pid_t pids[2];
    size_t count;

    CHECK_OK(mpool_pool_pids(pool, pids, 2, &count));
    CHECK(kill(pids[0], SIGSTOP) == 0);
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS)); /* five seconds, by DESIGN.md */
    CHECK(!process_is_there(pids[0]));
    close_pool(pool);
}

/* fini without free: the pool breaks, nothing hangs, and free is still allowed. */
SCENARIO(ends, fini_ends_pools_that_are_open)
{
    mpool_pool *pool = open_pool(2);
    mpool_future *held = hold_worker(pool);

    mpool_fini();
    CHECK_INT(result_of(held)->status, MPOOL_CANCELLED);
    mpool_future_free(held);
    _exit(0); /* the pool cannot be freed any more: its file descriptors are those of the process until its end */
}

static void *wait_for_room(void *pool)
{
    mpool_err err;

    do {
        err = mpool_pool_submit(pool, &square, NULL, "i", 1);
    } while (err == MPOOL_OK);
    CHECK_ERR(err, MPOOL_E_CLOSED);
    return NULL;
}

/* P4 */
SCENARIO(ends, threads_that_wait_for_room_hear_of_the_end)
{
    const mpool_pool_options options = {.workers = 1, .queue_jobs = 5};
    mpool_pool *pool;
    pthread_t threads[3];

    CHECK_OK(mpool_init(NULL));
    pool = open_another(&options);
    mpool_future_free(hold_worker(pool));
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, wait_for_room, pool) == 0);
    AWAIT(stats_of(pool).jobs_submitted == 5);
    CHECK_OK(mpool_pool_drain(pool));
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    open_gate();
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    close_pool(pool);
}
