/*
 * tests/proc/scenarios/children.c - scenarios: jobs that are submitted by jobs: how often, and where their results go
 */
#include "tests/proc/sums.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- job functions ----------------------------------------------------------------------------------------------- */

/*
 * [depth, width]: counts in "count", and submits so many of itself, one level down; its tag is its depth. It takes its
 * time if the gate is open.
 */
MPOOL_FUNCTION(branch)
{
    mpool_task task = {.function = "branch", .retries = 1000, .crash_limit = 1000};
    int depth, width;

    if (mpool_unpack(args, "[i,i]", &depth, &width) != MPOOL_OK || mpool_job_total_add(job, "count", 1) != MPOOL_OK)
        return give_up(job);
    if (atomic_load(&board->gate) != 0)
        nap();
    task.tag = (uint64_t)depth - 1;
    for (int i = 0; i < width && depth > 0; i++)
        if (mpool_job_submit(job, &task, "[i,i]", depth - 1, width) != MPOOL_OK)
            return give_up(job);
    (void)mpool_pack(result, "i", depth);
    return 0;
}

/* An int: submits an "add" of it, and ends in that way the first time; CRASHES: fails. */
MPOOL_FUNCTION(stumble)
{
    int how;

    if (mpool_unpack(args, "i", &how) != MPOOL_OK ||
        mpool_job_submit(job, &(mpool_task){.function = "add"}, "i", how + 1) != MPOOL_OK)
        return give_up(job);
    if (mpool_job_attempt(job) > 1)
        return 0;
    if (how == CRASH_SEGV)
        (void)raise(SIGSEGV);
    if (how == CRASH_KILL)
        (void)raise(SIGKILL);
    if (how == CRASH_EXIT)
        _exit(0);
    return mpool_job_fail(job, "the first time");
}

/* An int: submits so many "add" of 1. */
MPOOL_FUNCTION(spread)
{
    const mpool_task task = {.function = "add", .discard_value = true};
    int children;

    if (mpool_unpack(args, "i", &children) != MPOOL_OK)
        return give_up(job);
    for (int i = 0; i < children; i++)
        if (mpool_job_submit(job, &task, "i", 1) != MPOOL_OK)
            return give_up(job);
    return 0;
}

/* Goes on for ever. */
MPOOL_FUNCTION(without_end)
{
    return mpool_job_submit(job, &(mpool_task){.function = "without_end"}, "n") == MPOOL_OK ? 0 : give_up(job);
}

/* Comes to the gate, and submits an "add" of 1 when it opens. */
MPOOL_FUNCTION(spread_at_gate)
{
    (void)atomic_fetch_add(&board->held, 1);
    while (atomic_load(&board->gate) == 0)
        nap();
    return mpool_job_submit(job, &(mpool_task){.function = "add"}, "i", 1) == MPOOL_OK ? 0 : give_up(job);
}

/* More arguments than a job may give along; what was taken before stays. */
MPOOL_FUNCTION(submit_too_much)
{
    static char half[500000];
    const mpool_task task = {.function = "count_bytes"};
    int taken = 0;

    while (mpool_job_submit(job, &task, "z", half, sizeof half) == MPOOL_OK)
        taken++;
    (void)mpool_pack(result, "i", taken);
    return 0;
}

/* Bytes: adds their number to "sum". */
MPOOL_FUNCTION(count_bytes)
{
    const void *bytes;
    size_t size;

    if (mpool_unpack(args, "z", &bytes, &size) != MPOOL_OK)
        return give_up(job);
    return mpool_job_total_add(job, "sum", (int64_t)size) == MPOOL_OK ? 0 : give_up(job);
}

/* ---- the host's side --------------------------------------------------------------------------------------------- */

static int nodes_below(int depth, int width)
{
    int nodes = 0;

    for (int level = 0, here = 1; level <= depth; level++, here *= width)
        nodes += here;
    return nodes;
}

struct roots {
    int next, end, depth, width;
};

static mpool_err give_root(void *user, msgpack_packer *args, uint64_t *tag)
{
    struct roots *roots = user;

    if (roots->next++ == roots->end)
        return MPOOL_E_END;
    *tag = (uint64_t)roots->depth;
    return mpool_pack(args, "[i,i]", roots->depth, roots->width);
}

/* Takes all results of trees: each node once, with its root's index and its own tag. */
static void take_trees(mpool_iter *iter, const struct roots *roots, bool ordered)
{
    int *seen = calloc((size_t)roots->end, sizeof *seen);
    const mpool_result *result;
    uint64_t next_root = 0;
    mpool_err err;
    int depth;

    CHECK(seen != NULL);
    while ((err = mpool_iter_next(iter, LONG_MS, &result)) == MPOOL_OK) {
        CHECK_INT(result->status, MPOOL_DONE);
        CHECK(result->index < (uint64_t)roots->end);
        CHECK_OK(mpool_result_unpack(result, "i", &depth));
        CHECK_INT(result->tag, (uint64_t)depth);
        CHECK(result->child == (depth < roots->depth));
        seen[result->index]++;
        if (ordered && !result->child)
            CHECK_INT(result->index, (long long)next_root++);
    }
    CHECK_ERR(err, MPOOL_E_END);
    for (int i = 0; i < roots->end; i++)
        CHECK_INT(seen[i], nodes_below(roots->depth, roots->width));
    free(seen);
}

/* ---- where their results go -------------------------------------------------------------------------------------- */

SCENARIO(children, of_an_iteration_are_results_of_it)
{
    mpool_pool *pool = open_pool(2);
    struct roots roots = {.end = 5, .depth = 4, .width = 4};
    mpool_iter *iter;

    open_sums(pool);
    CHECK_OK(mpool_pool_imap_unordered(pool, &(mpool_task){.function = "branch"}, give_root, &roots, &iter));
    take_trees(iter, &roots, false);
    mpool_iter_free(iter);
    CHECK_INT(count_now(), 5 * nodes_below(4, 4));
    CHECK_INT(stats_of(pool).jobs_submitted, (uint64_t)(5 * nodes_below(4, 4)));
    close_pool(pool);
}

SCENARIO(children, of_an_ordered_iteration_come_between_its_items)
{
    mpool_pool *pool = open_pool(2);
    struct roots roots = {.end = 200, .depth = 1, .width = 3};
    mpool_iter *iter;

    open_sums(pool);
    CHECK_OK(mpool_pool_imap(pool, &(mpool_task){.function = "branch"}, give_root, &roots, &iter));
    take_trees(iter, &roots, true);
    mpool_iter_free(iter);
    close_pool(pool);
}

struct tally {
    atomic_int calls, children, sum;
};

static void tally_up(void *user, const mpool_result *result)
{
    struct tally *tally = user;
    int depth;

    CHECK_INT(result->status, MPOOL_DONE);
    CHECK_OK(mpool_result_unpack(result, "i", &depth));
    atomic_fetch_add(&tally->calls, 1);
    atomic_fetch_add(&tally->children, result->child);
    atomic_fetch_add(&tally->sum, depth);
}

SCENARIO(children, of_a_job_with_a_callback_have_it_too)
{
    mpool_pool *pool = open_pool(2);
    struct tally tally = {0}, other = {0};
    mpool_future *future;

    open_sums(pool);
    CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "branch", .callback = tally_up, .user = &tally}, &future,
                               "[i,i]", 3, 3));
    CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "branch", .callback = tally_up, .user = &other}, NULL,
                               "[i,i]", 1, 2));
    CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "branch"}, NULL, "[i,i]", 2, 2));
    wait_free(future, MPOOL_DONE);
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(tally.calls, nodes_below(3, 3));
    CHECK_INT(tally.children, nodes_below(3, 3) - 1);
    CHECK_INT(tally.sum, 3 + 3 * 2 + 9 * 1);
    CHECK_INT(other.calls, 3);
    CHECK_INT(count_now(), nodes_below(3, 3) + 3 + nodes_below(2, 2));
    close_pool(pool);
}

/* An int: its square; for each submits a job which gives another number, and one that fails if it is 13. */
MPOOL_FUNCTION(square_and_more)
{
    const mpool_task add = {.function = "add"}, refuse = {.function = "refuse"};
    int x;

    if (mpool_unpack(args, "i", &x) != MPOOL_OK || mpool_job_submit(job, &add, "i", -1) != MPOOL_OK ||
        (x == 13 && mpool_job_submit(job, &refuse, "i", 7) != MPOOL_OK))
        return give_up(job);
    return mpool_pack(result, "i", x * x) != MPOOL_OK;
}

SCENARIO(children, of_a_map_are_waited_for_and_take_no_place)
{
    mpool_pool *pool = open_pool(2);
    const mpool_task task = {.function = "square_and_more", .item_format = "i", .result_format = "i"};
    int items[100], squares[100];
    mpool_status statuses[100];

    open_sums(pool);
    for (int i = 0; i < 100; i++)
        items[i] = i % 13;
    CHECK_OK(mpool_pool_map(pool, &task, items, 100, sizeof items[0], squares, sizeof squares[0], statuses));
    CHECK_INT(count_now(), 100);
    for (int i = 0; i < 100; i++) {
        CHECK_INT(squares[i], items[i] * items[i]);
        CHECK_INT(statuses[i], MPOOL_DONE);
    }
    items[5] = 13;
    CHECK_ERR(mpool_pool_map(pool, &task, items, 100, sizeof items[0], squares, sizeof squares[0], statuses),
              MPOOL_E_JOB);
    CHECK_SAYS(mpool_error_detail(), "a child of item 5 failed: no 7 today");
    CHECK_INT(count_now(), 200);
    CHECK_INT(squares[5], 169);
    CHECK_INT(statuses[5], MPOOL_DONE);
    close_pool(pool);
}

/* ---- exactly once ------------------------------------------------------------------------------------------------ */

SCENARIO(children, of_an_attempt_that_comes_to_nothing_are_not_there)
{
    static const int ways[] = {CRASH_SEGV, CRASH_KILL, CRASH_EXIT, CRASHES};
    mpool_pool *pool = open_pool(2);
    int added = 0, adds = 0;

    open_sums(pool);
    for (int i = 0; i < 4; i++) {
        run_one(pool, &(mpool_task){.function = "stumble", .retries = 1}, ways[i], MPOOL_DONE);
        added += ways[i] + 1;
        adds++;
        run_one(pool, &(mpool_task){.function = "stumble"}, ways[i], ways[i] == CRASHES ? MPOOL_FAILED : MPOOL_CRASHED);
    }
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(count_now(), adds);
    CHECK_INT(sum_now(), added);
    close_pool(pool);
}

SCENARIO(children, are_exact_whatever_is_killed)
{
    mpool_pool *pool = open_pool(4);
    struct roots roots = {.end = 20, .depth = 3, .width = 6};
    const mpool_task task = {.function = "branch", .retries = 1000, .crash_limit = 1000};
    const mpool_result *result;
    unsigned seed = 7;
    uint64_t taken = 0;
    mpool_iter *iter;

    open_sums(pool);
    open_gate();
    CHECK_OK(mpool_pool_imap_unordered(pool, &task, give_root, &roots, &iter));
    while (mpool_iter_next(iter, LONG_MS, &result) == MPOOL_OK) {
        uint64_t started = stats_of(pool).workers_started;
        pid_t pids[4], pid;
        size_t slots;

        CHECK_INT(result->status, MPOOL_DONE);
        if (taken++ % 100 != 0)
            continue;
        CHECK_OK(mpool_pool_pids(pool, pids, 4, &slots));
        pid = pids[rand_r(&seed) % 4];
        if (pid > 0 && kill(pid, SIGKILL) == 0)
            AWAIT(stats_of(pool).workers_started > started);
    }
    mpool_iter_free(iter);
    CHECK_INT(taken, (uint64_t)(20 * nodes_below(3, 6)));
    CHECK_INT(count_now(), (int64_t)taken);
    CHECK(stats_of(pool).workers_started > 20);
    close_pool(pool);
}

SCENARIO(children, may_be_as_many_as_a_job_can_have)
{
    mpool_pool *pool = open_pool(2);

    open_sums(pool);
    run_one(pool, &(mpool_task){.function = "spread"}, MPOOL_CHILDREN_MAX, MPOOL_DONE);
    run_one(pool, &(mpool_task){.function = "spread"}, MPOOL_CHILDREN_MAX + 1, MPOOL_FAILED);
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(sum_now(), MPOOL_CHILDREN_MAX);
    close_pool(pool);
}

SCENARIO(children, may_have_megabytes_of_arguments)
{
    mpool_pool *pool = open_pool(2);
    mpool_future *future;
    int taken;

    open_sums(pool);
    CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "submit_too_much"}, &future, NULL));
    CHECK_OK(mpool_result_unpack(result_of(future), "i", &taken));
    mpool_future_free(future);
    CHECK_INT(taken, (int)(MPOOL_CHILDREN_BYTES / 500006));
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(sum_now(), (int64_t)taken * 500000);
    close_pool(pool);
}

/* ---- beside what else there is ----------------------------------------------------------------------------------- */

/* A parent that waited for room would never end, and there would never be any. */
SCENARIO(children, do_not_wait_for_room_in_the_queue)
{
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(&(mpool_pool_options){.workers = 1, .queue_jobs = 1});
    open_sums(pool);
    for (int i = 0; i < 3; i++)
        run_one(pool, &(mpool_task){.function = "spread"}, 1000, MPOOL_DONE);
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(sum_now(), 3000);
    close_pool(pool);
}

SCENARIO(children, are_taken_by_a_pool_that_was_closed)
{
    mpool_pool *pool = open_pool(1);

    open_sums(pool);
    CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "spread_at_gate"}, NULL, NULL));
    AWAIT(atomic_load(&board->held) == 1);
    CHECK_OK(mpool_pool_close(pool));
    CHECK_ERR(mpool_pool_join(pool, 10), MPOOL_E_TIMEOUT);
    open_gate();
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(sum_now(), 1);
    close_pool(pool);
}

/* The parent is done, its child is not. */
static void count_cancelled(void *user, const mpool_result *result)
{
    CHECK_INT(result->status, result->child ? MPOOL_CANCELLED : MPOOL_DONE);
    atomic_fetch_add((atomic_int *)user, result->child);
}

SCENARIO(children, are_not_begun_by_a_pool_that_drains)
{
    mpool_pool *pool = open_pool(1);
    atomic_int cancelled = 0;
    const mpool_task task = {.function = "spread_at_gate", .callback = count_cancelled, .user = &cancelled};

    open_sums(pool);
    CHECK_OK(mpool_pool_submit(pool, &task, NULL, NULL));
    AWAIT(atomic_load(&board->held) == 1);
    CHECK_OK(mpool_pool_drain(pool));
    open_gate();
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(sum_now(), 0);
    CHECK_INT(stats_of(pool).jobs_submitted, 2);
    CHECK_INT(stats_of(pool).jobs_ended, 2);
    CHECK_INT(cancelled, 1);
    close_pool(pool);
}

static mpool_err give_few(void *user, msgpack_packer *args, uint64_t *tag)
{
    int *left = user;

    (void)tag;
    return (*left)-- > 0 ? mpool_pack(args, "n") : MPOOL_E_END;
}

SCENARIO(children, without_end_are_ended_with_their_iteration)
{
    mpool_pool *pool = open_pool(2);
    const mpool_result *result;
    int left = 3, taken = 0;
    mpool_iter *iter;
    mpool_err err;

    CHECK_OK(mpool_pool_imap_unordered(pool, &(mpool_task){.function = "without_end"}, give_few, &left, &iter));
    for (; taken < 1000; taken++)
        CHECK_OK(mpool_iter_next(iter, LONG_MS, &result));
    CHECK_OK(mpool_iter_cancel(iter, 1000));
    while ((err = mpool_iter_next(iter, LONG_MS, &result)) == MPOOL_OK)
        taken++;
    CHECK_ERR(err, MPOOL_E_END);
    CHECK_INT(stats_of(pool).jobs_ended, (uint64_t)taken);
    CHECK_INT(stats_of(pool).jobs_submitted, (uint64_t)taken);
    mpool_iter_free(iter);
    still_works(pool);
    close_pool(pool);
}

SCENARIO(children, without_end_are_ended_with_their_pool)
{
    mpool_pool *pool = open_pool(2);

    CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "without_end"}, NULL, NULL));
    AWAIT(stats_of(pool).jobs_ended > 1000);
    CHECK_OK(mpool_pool_close(pool));
    CHECK_ERR(mpool_pool_join(pool, 10), MPOOL_E_TIMEOUT);
    close_pool(pool);
}
