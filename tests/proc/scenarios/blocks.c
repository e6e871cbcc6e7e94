/*
 * tests/proc/scenarios/blocks.c - scenarios: room in the arena for large values, and who gets it back when
 *
 * The arena is small here: of its 32 MiB, arguments may have 16, results on their way 16, and futures what is left.
 */
#include "tests/proc/arena.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SMALL_ARENA (32 * MIB)

static const mpool_task give_task = {.function = "give_pattern"};

/* Comes to the gate with its arguments, and checks them when it is open. */
MPOOL_FUNCTION(hold_arguments)
{
    const void *bytes;
    size_t size;

    (void)result;
    if (mpool_unpack(args, "z", &bytes, &size) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->held, 1);
    while (atomic_load(&board->gate) == 0)
        nap();
    return is_pattern(bytes, size, 0) ? 0 : mpool_job_fail(job, "the arguments have changed");
}

static mpool_err submit_held(mpool_pool *pool, size_t size, bool nowait, mpool_future **future)
{
    const mpool_task task = {.function = "hold_arguments", .nowait = nowait};
    unsigned char *bytes = new_pattern(size, 0);
    mpool_err err = mpool_pool_submit(pool, &task, future, "z", bytes, size);

    free(bytes);
    return err;
}

struct waiting {
    pthread_t thread;
    mpool_pool *pool;
    mpool_err err;
    mpool_future *future;
    atomic_bool over;
};

static void *submit_and_wait(void *data)
{
    struct waiting *waiting = data;

    waiting->err = submit_held(waiting->pool, 6 * MIB, false, &waiting->future);
    atomic_store(&waiting->over, true);
    return NULL;
}

/* P7 */
SCENARIO(blocks, submits_wait_for_room_or_say_that_there_is_none)
{
    mpool_pool *pool = open_small_arena(SMALL_ARENA, &(mpool_pool_options){.workers = 1});
    size_t before = arena_memory();
    struct waiting waiting = {.pool = pool};
    mpool_future *futures[2], *future = NULL;

    for (int i = 0; i < 2; i++)
        CHECK_OK(submit_held(pool, 6 * MIB, true, &futures[i]));
    AWAIT(atomic_load(&board->held) == 1);
    CHECK_ERR(submit_held(pool, 6 * MIB, true, &future), MPOOL_E_FULL);
    CHECK_SAYS(mpool_error_detail(), "no room for 6291461 bytes of arguments: of 16777216 bytes");
    CHECK_ERR(submit_held(pool, 17 * MIB, false, &future), MPOOL_E_TOOBIG);
    CHECK_SAYS(mpool_error_detail(), "arena_bytes");
    CHECK(future == NULL);
    CHECK_INT(stats_of(pool).jobs_submitted, 2);
    CHECK(pthread_create(&waiting.thread, NULL, submit_and_wait, &waiting) == 0);
    let_pass(50);
    CHECK(!atomic_load(&waiting.over));
    open_gate();
    CHECK(pthread_join(waiting.thread, NULL) == 0);
    CHECK_OK(waiting.err);
    for (int i = 0; i < 2; i++)
        wait_free(futures[i], MPOOL_DONE);
    wait_free(waiting.future, MPOOL_DONE);
    await_no_values(before);
    finish_pool(pool);
}

/* P4: a wait for room is over with the pool. */
SCENARIO(blocks, submits_that_wait_for_room_hear_of_the_end)
{
    mpool_pool *pool = open_small_arena(SMALL_ARENA, &(mpool_pool_options){.workers = 1});
    size_t before = arena_memory();
    struct waiting waiting = {.pool = pool};
    mpool_future *futures[2];

    for (int i = 0; i < 2; i++)
        CHECK_OK(submit_held(pool, 6 * MIB, true, &futures[i]));
    CHECK(pthread_create(&waiting.thread, NULL, submit_and_wait, &waiting) == 0);
    let_pass(50);
    CHECK_OK(mpool_pool_terminate(pool));
    CHECK(pthread_join(waiting.thread, NULL) == 0);
    CHECK_INT(waiting.err, MPOOL_E_CLOSED);
    for (int i = 0; i < 2; i++)
        wait_free(futures[i], MPOOL_CANCELLED);
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    await_no_values(before);
    close_pool(pool);
}

/* Fills the arena but for 2 MiB with the results of two futures. */
static void fill_arena(mpool_pool *pool, mpool_future *futures[2])
{
    for (unsigned i = 0; i < 2; i++)
        futures[i] = give(pool, &give_task, 15 * MIB, i);
    for (unsigned i = 0; i < 2; i++)
        CHECK_OK(mpool_future_wait(futures[i], LONG_MS, NULL));
}

/* Room that one pool makes is room for another. */
SCENARIO(blocks, pools_share_the_room)
{
    mpool_pool *pool = open_small_arena(SMALL_ARENA, &(mpool_pool_options){.workers = 1});
    mpool_pool *other = open_another(&(mpool_pool_options){.workers = 1});
    mpool_future *futures[2], *others;

    fill_arena(pool, futures);
    others = give(other, &give_task, 10 * MIB, 2);
    CHECK_ERR(mpool_future_wait(others, 50, NULL), MPOOL_E_TIMEOUT);
    check_given(futures[0], 15 * MIB, 0);
    check_given(others, 10 * MIB, 2);
    check_given(futures[1], 15 * MIB, 1);
    mpool_pool_free(other);
    finish_pool(pool);
}

/* Five megabytes, when the gate is open. */
MPOOL_FUNCTION(hold_five)
{
    unsigned char *bytes = new_pattern(5 * MIB, 5);

    (void)args;
    (void)job;
    while (atomic_load(&board->gate) == 0)
        nap();
    (void)mpool_pack(result, "z", bytes, 5 * MIB);
    free(bytes);
    return 0;
}

static mpool_err give_nil(void *user, msgpack_packer *args, uint64_t *tag)
{
    int *left = user;

    *tag = 0;
    return (*left)-- == 0 ? MPOOL_E_END : mpool_pack(args, "n");
}

/* P7: results that nobody takes keep workers waiting, and take no more memory. */
SCENARIO(blocks, workers_wait_until_results_are_taken)
{
    mpool_pool *pool = open_small_arena(SMALL_ARENA, &(mpool_pool_options){.workers = 2}), *other;
    size_t before = arena_memory();
    const mpool_result *result;
    mpool_iter *iter;
    int left = 40;

    CHECK_OK(mpool_pool_imap_unordered(pool, &(mpool_task){.function = "hold_five"}, give_nil, &left, &iter));
    while (stats_of(pool).jobs_submitted < 40) /* which each call does a part of */
        CHECK_ERR(mpool_iter_next(iter, 0, &result), MPOOL_E_TIMEOUT);
    open_gate();
    AWAIT(stats_of(pool).jobs_ended == 3 && arena_memory() > before + 15 * MIB);
    let_pass(50);
    CHECK(arena_memory() < before + 16 * MIB);
    other = open_another(&(mpool_pool_options){.workers = 1});
    still_works(other); /* small values are not concerned */
    mpool_pool_free(other);
    while (mpool_iter_next(iter, LONG_MS, &result) == MPOOL_OK) {
        CHECK_INT(result->status, MPOOL_DONE);
        CHECK(is_pattern((const char *)result->value + 5, 5 * MIB, 5));
        CHECK(arena_memory() < before + 17 * MIB);
    }
    mpool_iter_free(iter);
    await_no_values(before);
    CHECK_INT(stats_of(pool).jobs_ended, 40);
    CHECK_INT(stats_of(pool).workers_started, 2);
    finish_pool(pool);
}

/* Results that come before they are waited for are not in the way of those that are. */
SCENARIO(blocks, futures_may_be_waited_for_in_any_order)
{
    mpool_pool *pool = open_small_arena(128 * MIB, &(mpool_pool_options){.workers = 2});
    size_t before = arena_memory();
    mpool_future *futures[20];

    for (unsigned i = 0; i < 20; i++)
        futures[i] = give(pool, &give_task, 5 * MIB, i); /* 100 MiB, of which 64 may be on their way */
    for (unsigned i = 20; i-- > 0;)
        check_given(futures[i], 5 * MIB, i);
    await_no_values(before);
    finish_pool(pool);
}

SCENARIO(blocks, a_result_that_waits_too_long_fails_and_says_why)
{
    const mpool_pool_options options = {.workers = 1, .room_timeout_ms = 50};
    const mpool_task again = {.function = "give_pattern", .retries = 1000};
    mpool_pool *pool = open_small_arena(SMALL_ARENA, &options);
    mpool_future *futures[2], *third;

    fill_arena(pool, futures);
    third = give(pool, &give_task, 9 * MIB, 2);
    CHECK_INT(result_of(third)->status, MPOOL_FAILED);
    CHECK_SAYS(result_of(third)->error, "no room for a result of 9437189 bytes: of 33554432 bytes of shared memory");
    mpool_future_free(third);
    third = give(pool, &again, 9 * MIB, 2);
    AWAIT(stats_of(pool).attempts_retried >= 1); /* it may fit the next time */
    check_given(futures[0], 15 * MIB, 0);
    check_given(third, 9 * MIB, 2);
    third = give(pool, &again, 16 * MIB, 3);
    CHECK_SAYS(result_of(third)->error, "has 16777221 bytes, and the shared memory has room for 16777216");
    CHECK_INT(result_of(third)->attempts, 1); /* and it never will */
    wait_free(third, MPOOL_FAILED);
    check_given(futures[1], 15 * MIB, 1);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

/* ---- deaths ------------------------------------------------------------------------------------------------------ */

SCENARIO(blocks, a_worker_that_dies_waiting_for_room_leaves_none_taken)
{
    mpool_pool *pool = open_small_arena(SMALL_ARENA, &(mpool_pool_options){.workers = 1});
    size_t before = arena_memory();
    mpool_future *futures[2], *second, *third;
    size_t count;
    pid_t pid;

    fill_arena(pool, futures);
    second = give(pool, &give_task, 9 * MIB, 2);
    CHECK_ERR(mpool_future_wait(second, 50, NULL), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_pool_pids(pool, &pid, 1, &count));
    CHECK(kill(pid, SIGKILL) == 0);
    wait_free(second, MPOOL_CRASHED);
    third = give(pool, &(mpool_task){.function = "give_pattern", .timeout_ms = 100}, 9 * MIB, 3);
    wait_free(third, MPOOL_TIMED_OUT); /* its time runs while it waits */
    check_given(futures[0], 15 * MIB, 0);
    check_given(give(pool, &give_task, 15 * MIB, 4), 15 * MIB, 4);
    check_given(futures[1], 15 * MIB, 1);
    await_no_values(before);
    finish_pool(pool);
}

SCENARIO(blocks, a_pool_that_is_terminated_while_a_worker_waits_ends)
{
    mpool_pool *pool = open_small_arena(SMALL_ARENA, &(mpool_pool_options){.workers = 1});
    size_t before = arena_memory();
    mpool_future *futures[2], *second;

    fill_arena(pool, futures);
    second = give(pool, &give_task, 10 * MIB, 2);
    CHECK_ERR(mpool_future_wait(second, 50, NULL), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_pool_terminate(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    wait_free(second, MPOOL_CANCELLED);
    for (unsigned i = 0; i < 2; i++)
        check_given(futures[i], 15 * MIB, i);
    await_no_values(before);
    close_pool(pool);
}

/*
 * With the fault points from worker.asked to worker.replied: each job is done in the end, and nothing is left. Results
 * are taken as they come: an early job that dies again and again would be waited for while the others fill the memory.
 */
SCENARIO(blocks, faults_cost_no_job_and_no_room)
{
    const mpool_task task = {.function = "give_pattern", .retries = 100000, .crash_limit = 100000};
    mpool_pool *pool = open_small_arena(SMALL_ARENA, &(mpool_pool_options){.workers = 2});
    size_t before = arena_memory();
    mpool_future *futures[40];
    bool done[40];
    unsigned taken = 0;
    uint64_t lost = 0;

    for (unsigned i = 0; i < 40; i++)
        futures[i] = give(pool, &task, 2 * MIB + i, i);
    while (taken < 40) {
        CHECK_OK(mpool_wait(futures, 40, MPOOL_FIRST_COMPLETED, LONG_MS, done));
        for (unsigned i = 0; i < 40; i++) {
            if (!done[i])
                continue;
            lost += result_of(futures[i])->attempts - 1;
            check_given(futures[i], 2 * MIB + i, i);
            futures[i] = NULL;
            taken++;
        }
    }
    CHECK_INT(lost, stats_of(pool).deaths_claimed);
    await_no_values(before);
    finish_pool(pool);
}
