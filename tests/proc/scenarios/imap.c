/*
 * tests/proc/scenarios/imap.c - scenarios: imap, which gives results in the order of the items
 */
#include "tests/proc/helper.h"

#include <signal.h>

#define MANY 20000

struct counting {
    int next, end;
    mpool_err then; /* what it returns at its end */
};

static mpool_err count_up(void *user, msgpack_packer *args, uint64_t *tag)
{
    struct counting *counting = user;

    if (counting->next == counting->end)
        return counting->then;
    *tag = (uint64_t)counting->next + 1000;
    return mpool_pack(args, "i", counting->next++);
}

static mpool_iter *iterate_in_order(mpool_pool *pool, const mpool_task *task, mpool_generator *generator, void *user)
{
    mpool_iter *iter;

    CHECK_OK(mpool_pool_imap(pool, task, generator, user, &iter));
    return iter;
}

/* An int: the first of all waits at the gate, every 7th fails, every 1,000th kills its worker once. */
MPOOL_FUNCTION(dawdle)
{
    int64_t x;

    if (mpool_unpack(args, "I", &x) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    while (x == 0 && atomic_load(&board->gate) == 0)
        nap();
    if (x % 1000 == 500 && mpool_job_attempt(job) == 1)
        (void)raise(SIGKILL);
    if (x % 7 == 3)
        return mpool_job_fail(job, "%d", (int)x);
    (void)mpool_pack(result, "I", x * x);
    return 0;
}

static const mpool_task dawdling = {.function = "dawdle", .retries = 1, .retry_on = "crashed"};

SCENARIO(imap, gives_failures_in_their_places)
{
    struct counting counting = {.end = MANY, .then = MPOOL_E_END};
    mpool_pool *pool = open_pool(3);
    mpool_iter *iter = iterate_in_order(pool, &dawdling, count_up, &counting);
    const mpool_result *result;
    int64_t value;
    mpool_err err;
    int taken = 0;

    open_gate();
    for (; (err = mpool_iter_next(iter, LONG_MS, &result)) == MPOOL_OK; taken++) {
        CHECK_INT(result->index, taken);
        CHECK_INT(result->tag, taken + 1000);
        CHECK_INT(result->status, taken % 7 == 3 ? MPOOL_FAILED : MPOOL_DONE);
        if (result->status == MPOOL_DONE) {
            CHECK_OK(mpool_result_unpack(result, "I", &value));
            CHECK_INT(value, (int64_t)taken * taken);
        }
    }
    CHECK_ERR(err, MPOOL_E_END);
    CHECK_INT(taken, MANY);
    CHECK(stats_of(pool).deaths_claimed > 0);
    mpool_iter_free(iter);
    finish_pool(pool);
}

/* P7: the first item holds up the results, not the jobs; and a bounded number of those. */
SCENARIO(imap, goes_on_behind_a_slow_item_but_not_without_end)
{
    struct counting counting = {.end = 200000, .then = MPOOL_E_END};
    mpool_pool *pool = open_pool(2);
    mpool_iter *iter = iterate_in_order(pool, &dawdling, count_up, &counting);
    const mpool_result *result;
    int last = -1, steady = 0;

    while (stats_of(pool).jobs_ended < 60000) {
        CHECK_ERR(mpool_iter_next(iter, 1, &result), MPOOL_E_TIMEOUT);
        CHECK(counting.next <= 65536 + 8192);
    }
    while (steady < 20) { /* and then no more is generated */
        CHECK_ERR(mpool_iter_next(iter, 1, &result), MPOOL_E_TIMEOUT);
        steady = counting.next == last ? steady + 1 : 0;
        last = counting.next;
    }
    CHECK(counting.next >= 65536 && counting.next <= 65536 + 8192);
    open_gate();
    for (int i = 0; i < counting.end; i++) {
        CHECK_OK(mpool_iter_next(iter, LONG_MS, &result));
        CHECK_INT(result->index, i);
    }
    CHECK_ERR(mpool_iter_next(iter, LONG_MS, &result), MPOOL_E_END);
    mpool_iter_free(iter);
    finish_pool(pool);
}

SCENARIO(imap, ends_as_the_unordered_one_does)
{
    struct counting failing = {.end = 700, .then = MPOOL_E_NOTFOUND}, counting = {.end = 1000000},
                    freed = {.end = 100000};
    mpool_pool *pool = open_pool(2);
    mpool_iter *iter = iterate_in_order(pool, &(mpool_task){.function = "square"}, count_up, &failing);
    const mpool_result *result;
    mpool_err err;
    int taken;

    for (taken = 0; (err = mpool_iter_next(iter, LONG_MS, &result)) == MPOOL_OK; taken++)
        CHECK_INT(result->index, taken);
    CHECK_ERR(err, MPOOL_E_GENERATOR);
    CHECK_INT(taken, 700);
    mpool_iter_free(iter);
    iter = iterate_in_order(pool, &dawdling, count_up, &counting);
    CHECK_ERR(mpool_iter_next(iter, 20, &result), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_iter_cancel(iter, 0)); /* kills the worker of the first job, which waits at the gate */
    for (taken = 0; (err = mpool_iter_next(iter, LONG_MS, &result)) == MPOOL_OK; taken++)
        CHECK_INT(result->index, taken);
    CHECK_ERR(err, MPOOL_E_END);
    CHECK(taken > 0 && taken <= counting.next);
    mpool_iter_free(iter);
    iter = iterate_in_order(pool, &dawdling, count_up, &freed);
    while (stats_of(pool).jobs_ended < (uint64_t)(700 + taken + 100)) /* some wait for their turn */
        CHECK_ERR(mpool_iter_next(iter, 1, &result), MPOOL_E_TIMEOUT);
    mpool_iter_free(iter);
    open_gate();
    finish_pool(pool);
}

struct window {
    int given, taken, most;
};

/* No more than so many before their results are taken. */
static mpool_err within(void *user, msgpack_packer *args, uint64_t *tag)
{
    struct window *window = user;

    if (window->given == 1000)
        return MPOOL_E_END;
    if (window->given - window->taken >= window->most)
        return MPOOL_E_FULL;
    *tag = 0;
    return mpool_pack(args, "i", ++window->given);
}

SCENARIO(imap, a_generator_that_waits_for_results_when_none_is_to_come_is_an_error)
{
    const mpool_task task = {.function = "square"};
    mpool_pool *pool = open_pool(2);
    const mpool_result *result;

    for (int most = 0; most < 3; most++) {
        struct window window = {.most = most}; /* it is not told of the results */
        mpool_iter *iter = iterate_in_order(pool, &task, within, &window);
        for (int i = 0; i < most; i++)
            CHECK_OK(mpool_iter_next(iter, LONG_MS, &result));
        CHECK_ERR(mpool_iter_next(iter, LONG_MS, &result), MPOOL_E_GENERATOR);
        mpool_iter_free(iter);
    }
    finish_pool(pool);
}

SCENARIO(imap, gets_no_more_from_a_generator_that_waits_for_results)
{
    const mpool_task task = {.function = "square", .alone = true};
    mpool_pool *pool = open_pool(2);
    const mpool_result *result;
    mpool_err err;

    for (int most = 1; most <= 3; most++) {
        struct window window = {.most = most};
        mpool_iter *iter = iterate_in_order(pool, &task, within, &window);
        while ((err = mpool_iter_next(iter, LONG_MS, &result)) == MPOOL_OK) {
            CHECK_INT(result->index, window.taken++);
            CHECK(window.given - window.taken < most);
        }
        CHECK_ERR(err, MPOOL_E_END);
        CHECK_INT(window.taken, 1000);
        mpool_iter_free(iter);
    }
    finish_pool(pool);
}
