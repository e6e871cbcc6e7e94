/*
 * tests/proc/scenarios/local.c - scenarios: values that each process has of its own
 */
#include "tests/proc/helper.h"

#include <signal.h>
#include <stdint.h>

/* Where destructors count: by the value's number, and in which order. */
static void destroy(void *value)
{
    int number = (int)(intptr_t)value;

    atomic_store(&board->ended[number], atomic_fetch_add(&board->counter, 1) + 1);
}

static mpool_local first = MPOOL_LOCAL(destroy);
static mpool_local second = MPOOL_LOCAL(destroy);
static mpool_local plain = MPOOL_LOCAL(NULL);

static void *number(int n)
{
    return (void *)(intptr_t)n;
}

/* An int, the number of the value: finds nothing the first time, and what it has left the next time. */
MPOOL_FUNCTION(keep_local)
{
    int n;

    if (mpool_unpack(args, "i", &n) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    (void)mpool_pack(result, "i", (int)(intptr_t)mpool_local_get(&first));
    if (mpool_local_get(&second) == NULL && mpool_local_get(&first) != NULL)
        return mpool_job_fail(job, "one is there, and the other is not");
    mpool_local_set(&first, number(n));
    mpool_local_set(&second, number(n + 1));
    mpool_local_set(&plain, number(n));
    return 0;
}

static int run_keep(mpool_pool *pool, int n)
{
    mpool_future *future = submit(pool, &(mpool_task){.function = "keep_local"}, n);
    int found;

    CHECK_INT(result_of(future)->status, MPOOL_DONE);
    CHECK_OK(mpool_result_unpack(result_of(future), "i", &found));
    mpool_future_free(future);
    return found;
}

SCENARIO(local, begins_empty_in_each_process_and_is_destroyed_at_its_end)
{
    mpool_process *process;
    mpool_pool *pool;

    CHECK(mpool_local_get(&first) == NULL);
    mpool_local_set(&first, number(10));
    mpool_local_set(&second, number(11));
    pool = open_pool(1);
    CHECK_INT(run_keep(pool, 20), 0);
    CHECK_INT(run_keep(pool, 30), 20);
    CHECK_OK(mpool_process_start(&(mpool_process_options){.function = "keep_local"}, &process, "i", 40));
    CHECK_OK(mpool_process_join(process, LONG_MS));
    mpool_process_free(process);
    CHECK_INT(atomic_load(&board->counter), 2);
    CHECK_INT(atomic_load(&board->ended[41]), 1);
    CHECK_INT(atomic_load(&board->ended[40]), 2);
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    mpool_pool_free(pool);
    CHECK_INT(atomic_load(&board->counter), 4);
    CHECK_INT(atomic_load(&board->ended[31]), 3);
    CHECK_INT(atomic_load(&board->ended[30]), 4);
    CHECK_INT(atomic_load(&board->ended[20]), 0); /* what was replaced is the function's to destroy */
    CHECK(mpool_local_get(&first) == number(10));
    mpool_fini();
    CHECK_INT(atomic_load(&board->counter), 6);
    CHECK_INT(atomic_load(&board->ended[11]), 5);
    CHECK_INT(atomic_load(&board->ended[10]), 6);
    CHECK(mpool_local_get(&first) == NULL);
}

SCENARIO(local, of_a_process_that_is_killed_is_not_destroyed)
{
    mpool_pool *pool = open_pool(1);

    CHECK_INT(run_keep(pool, 20), 0);
    run_one(pool, &(mpool_task){.function = "crash"}, CRASH_KILL, MPOOL_CRASHED);
    CHECK_INT(run_keep(pool, 30), 0);
    CHECK_OK(mpool_pool_terminate(pool));
    close_pool(pool);
    CHECK_INT(atomic_load(&board->counter), 0);
}
