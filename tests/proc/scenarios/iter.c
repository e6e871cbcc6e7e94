/*
 * tests/proc/scenarios/iter.c - scenarios: imap_unordered
 */
#include "tests/proc/arena.h"

#include <time.h>
#include <unistd.h>

struct counting {
    int next, end;
};

static mpool_err count_up(void *user, msgpack_packer *args, uint64_t *tag)
{
    struct counting *counting = user;

    if (counting->next == counting->end)
        return MPOOL_E_END;
    *tag = (uint64_t)counting->next + 1000;
    return mpool_pack(args, "i", counting->next++);
}

/* P4: every wait has a deadline, and that of a poll is now; whoever else fills the queue. */
SCENARIO(iter, a_poll_does_not_wait_for_room_in_the_queue)
{
    const mpool_task task = {.function = "square"};
    struct counting counting = {.end = 10};
    const mpool_pool_options options = {.workers = 2, .queue_jobs = 2};
    const mpool_result *result;
    mpool_future *held[2];
    mpool_pool *pool;
    mpool_iter *iter;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(&options);
    held[0] = hold_worker(pool);
    held[1] = hold_worker(pool);
    CHECK_OK(mpool_pool_imap_unordered(pool, &task, count_up, &counting, &iter));
    (void)alarm(30); /* the gate is closed, so a wait for room is for ever */
    CHECK_ERR(mpool_iter_next(iter, 0, &result), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_iter_next(iter, 10, &result), MPOOL_E_TIMEOUT);
    (void)alarm(0);
    open_gate();
    for (int i = 0; i < 10; i++)
        CHECK_OK(mpool_iter_next(iter, LONG_MS, &result));
    CHECK_ERR(mpool_iter_next(iter, LONG_MS, &result), MPOOL_E_END);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(result_of(held[i])->status, MPOOL_DONE);
        mpool_future_free(held[i]);
    }
    mpool_iter_free(iter);
    close_pool(pool);
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

#define MANY 20000

static mpool_iter *iterate(mpool_pool *pool, const char *function, mpool_generator *generator, void *user)
{
    const mpool_task task = {.function = function};
    mpool_iter *iter;

    CHECK_OK(mpool_pool_imap_unordered(pool, &task, generator, user, &iter));
    return iter;
}

/* Takes results until there is an error, which is returned. `taken` counts them. */
static mpool_err take_all(mpool_iter *iter, int *taken)
{
    const mpool_result *result;
    mpool_err err;

    for (*taken = 0; (err = mpool_iter_next(iter, LONG_MS, &result)) == MPOOL_OK; ++*taken)
        CHECK_INT(result->status, MPOOL_DONE);
    return err;
}

SCENARIO(iter, gives_each_job_once_with_its_tag_and_index)
{
    struct counting counting = {.end = MANY};
    mpool_pool *pool = open_pool(2);
    mpool_iter *iter = iterate(pool, "square", count_up, &counting);
    const mpool_result *result;
    int64_t value;
    mpool_err err;
    int taken = 0;

    for (; (err = mpool_iter_next(iter, LONG_MS, &result)) == MPOOL_OK; taken++) {
        CHECK(result->index < MANY);
        CHECK_INT(atomic_fetch_add(&board->ended[result->index], 1), 0);
        CHECK_INT(result->tag, result->index + 1000);
        CHECK_INT(result->attempts, 1);
        CHECK_OK(mpool_result_unpack(result, "I", &value));
        CHECK_INT(value, result->index * result->index);
    }
    CHECK_ERR(err, MPOOL_E_END);
    CHECK_INT(taken, MANY);
    CHECK_ERR(mpool_iter_next(iter, 0, &result), MPOOL_E_END);
    mpool_iter_free(iter);
    finish_pool(pool);
}

SCENARIO(iter, of_nothing_ends_at_once)
{
    struct counting counting = {0};
    mpool_pool *pool = open_pool(1);
    mpool_iter *iter = iterate(pool, "square", count_up, &counting),
               *unused = iterate(pool, "square", count_up, &counting);
    int taken;

    CHECK_ERR(take_all(iter, &taken), MPOOL_E_END);
    CHECK_INT(taken, 0);
    CHECK_INT(stats_of(pool).jobs_submitted, 0);
    mpool_iter_free(iter);
    mpool_iter_free(unused);
    finish_pool(pool);
}

/* P7: however many there are, a bounded number is ahead of what was taken. */
SCENARIO(iter, does_not_run_away_from_its_reader)
{
    struct counting counting = {.end = 300000};
    mpool_pool *pool = open_pool(2);
    mpool_iter *iter = iterate(pool, "square", count_up, &counting);
    const mpool_result *result;
    int taken;

    for (int i = 0; i < 1000; i++) {
        CHECK_OK(mpool_iter_next(iter, LONG_MS, &result));
        CHECK(counting.next <= i + 65536 + 8192);
    }
    CHECK_ERR(take_all(iter, &taken), MPOOL_E_END);
    CHECK_INT(taken, 299000);
    mpool_iter_free(iter);
    finish_pool(pool);
}

/* ---- generators -------------------------------------------------------------------------------------------------- */

/* What a generator does instead of giving its job number `next`. */
struct bad {
    struct counting good;
    int at;
    enum { FAIL, GIVE_NOTHING, GIVE_TWO, GIVE_TOO_MUCH } how;
    void *bytes; /* MPOOL_ARGS_MAX of them */
};

static mpool_err give_badly(void *user, msgpack_packer *args, uint64_t *tag)
{
    struct bad *bad = user;

    if (bad->good.next != bad->at)
        return count_up(&bad->good, args, tag);
    bad->good.next++;
    switch (bad->how) {
    case FAIL:
        return MPOOL_E_NOTFOUND;
    case GIVE_NOTHING:
        return MPOOL_OK;
    case GIVE_TWO:
        CHECK_OK(mpool_pack(args, "i", 1));
        return mpool_pack(args, "i", 2);
    case GIVE_TOO_MUCH:
        return mpool_pack(args, "z", bad->bytes, MPOOL_ARGS_MAX);
    }
    return MPOOL_E_END;
}

static void iterate_badly(mpool_pool *pool, int how, mpool_err wanted)
{
    struct bad bad = {.good = {.end = 1000}, .at = 700, .how = how, .bytes = zeros(MPOOL_ARGS_MAX)};
    mpool_iter *iter = iterate(pool, "square", give_badly, &bad);
    const mpool_result *result;
    int taken;

    CHECK_ERR(take_all(iter, &taken), wanted);
    CHECK_INT(taken, 700);
    CHECK_ERR(mpool_iter_next(iter, 0, &result), wanted); /* and it stays so */
    mpool_iter_free(iter);
}

SCENARIO(iter, a_generator_that_fails_stops_after_the_results_of_the_jobs_before)
{
    mpool_pool *pool = open_pool(2);

    iterate_badly(pool, FAIL, MPOOL_E_GENERATOR);
    CHECK_SAYS(mpool_error_detail(), "after 700 jobs");
    iterate_badly(pool, GIVE_NOTHING, MPOOL_E_FORMAT);
    iterate_badly(pool, GIVE_TWO, MPOOL_E_FORMAT);
    CHECK_SAYS(mpool_error_detail(), "more than one value");
    iterate_badly(pool, GIVE_TOO_MUCH, MPOOL_E_TOOBIG);
    CHECK_INT(stats_of(pool).jobs_submitted, 4 * 700);
    finish_pool(pool);
}

/* Has nothing to give every other time it is asked. */
static mpool_err count_up_slowly(void *user, msgpack_packer *args, uint64_t *tag)
{
    struct counting *counting = user;

    if (atomic_fetch_xor(&board->counter, 1) == 0)
        return MPOOL_E_TIMEOUT;
    return count_up(counting, args, tag);
}

/* A generator that waits for its source does not keep back the results that are there. */
static mpool_err give_one_then_nothing(void *user, msgpack_packer *args, uint64_t *tag)
{
    struct counting *counting = user;

    return counting->next > 0 && atomic_load(&board->gate) == 0 ? MPOOL_E_TIMEOUT : count_up(counting, args, tag);
}

SCENARIO(iter, a_generator_may_have_nothing_yet)
{
    struct counting slow = {.end = 500}, stuck = {.end = 10};
    mpool_pool *pool = open_pool(2);
    mpool_iter *iter = iterate(pool, "square", count_up_slowly, &slow);
    const mpool_result *result;
    int taken;

    CHECK_ERR(take_all(iter, &taken), MPOOL_E_END);
    CHECK_INT(taken, 500);
    mpool_iter_free(iter);
    iter = iterate(pool, "square", give_one_then_nothing, &stuck);
    CHECK_OK(mpool_iter_next(iter, LONG_MS, &result));
    CHECK_INT(result->index, 0);
    CHECK_ERR(mpool_iter_next(iter, 20, &result), MPOOL_E_TIMEOUT);
    open_gate();
    CHECK_ERR(take_all(iter, &taken), MPOOL_E_END);
    CHECK_INT(taken, 9);
    mpool_iter_free(iter);
    finish_pool(pool);
}

/* ---- ends -------------------------------------------------------------------------------------------------------- */

SCENARIO(iter, that_is_stopped_asks_no_more_and_gives_what_was_submitted)
{
    struct counting counting = {.end = 1000000};
    mpool_pool *pool = open_pool(2);
    mpool_iter *iter = iterate(pool, "count", count_up, &counting);
    const mpool_result *result;
    int taken, asked;

    for (int i = 0; i < 100; i++)
        CHECK_OK(mpool_iter_next(iter, LONG_MS, &result));
    mpool_iter_stop(iter);
    asked = counting.next;
    CHECK_ERR(take_all(iter, &taken), MPOOL_E_END);
    CHECK_INT(taken, asked - 100);
    CHECK_INT(counting.next, asked);
    CHECK_INT(atomic_load(&board->counter), asked);
    mpool_iter_free(iter);
    finish_pool(pool);
}

SCENARIO(iter, that_is_freed_early_leaves_its_jobs_to_their_end)
{
    struct counting counting = {.end = 500};
    mpool_pool *pool = open_pool(1);
    mpool_future *held = hold_worker(pool);
    mpool_iter *iter = iterate(pool, "count", count_up, &counting);
    const mpool_result *result;

    while (counting.next < counting.end)
        CHECK_ERR(mpool_iter_next(iter, 0, &result), MPOOL_E_TIMEOUT);
    mpool_iter_free(iter);
    open_gate();
    wait_free(held, MPOOL_DONE);
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(atomic_load(&board->counter), 500);
    close_pool(pool);
}

static int64_t cpu_ms(void)
{
    struct timespec used;

    CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0);
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* A generator with some jobs now, and no more for the time being. */
static mpool_err give_five_then_nothing(void *user, msgpack_packer *args, uint64_t *tag)
{
    int *given = user;

    *tag = 0;
    if (*given == 5)
        return MPOOL_E_TIMEOUT;
    ++*given;
    return mpool_pack(args, "i", 0);
}

SCENARIO(iter, waits_without_work_when_neither_room_nor_jobs_are_there)
{
    const mpool_pool_options options = {.workers = 1, .queue_jobs = 4};
    const mpool_task task = {.function = "hold"};
    const mpool_result *result;
    mpool_iter *iter;
    mpool_pool *pool;
    int given = 0;
    int64_t before_ms;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(&options);
    CHECK_OK(mpool_pool_imap_unordered(pool, &task, give_five_then_nothing, &given, &iter));
    before_ms = cpu_ms();
    CHECK_ERR(mpool_iter_next(iter, 1000, &result), MPOOL_E_TIMEOUT);
    CHECK(cpu_ms() - before_ms < 500);
    open_gate();
    mpool_iter_free(iter);
    finish_pool(pool);
}

struct stopping {
    mpool_iter *iter;
};

static mpool_err stop_yourself(void *user, msgpack_packer *args, uint64_t *tag)
{
    struct stopping *stopping = user;

    (void)args;
    *tag = 0;
    mpool_iter_stop(stopping->iter);
    return MPOOL_E_TIMEOUT;
}

SCENARIO(iter, that_its_generator_stops_comes_to_its_end)
{
    const mpool_task task = {.function = "square"};
    struct stopping stopping;
    const mpool_result *result;
    mpool_pool *pool = open_pool(1);

    CHECK_OK(mpool_pool_imap_unordered(pool, &task, stop_yourself, &stopping, &stopping.iter));
    CHECK_ERR(mpool_iter_next(stopping.iter, LONG_MS, &result), MPOOL_E_END);
    mpool_iter_free(stopping.iter);
    finish_pool(pool);
}

/* A job a millisecond, for ever. */
static mpool_err give_without_end(void *user, msgpack_packer *args, uint64_t *tag)
{
    ++*(int *)user;
    *tag = 0;
    nap();
    return mpool_pack(args, "i", 0);
}

SCENARIO(iter, a_poll_ends_though_there_is_always_more_to_submit)
{
    const mpool_task task = {.function = "hold"};
    const mpool_result *result;
    mpool_iter *iter;
    mpool_pool *pool = open_pool(1);
    int given = 0;

    CHECK_OK(mpool_pool_imap_unordered(pool, &task, give_without_end, &given, &iter));
    CHECK_ERR(mpool_iter_next(iter, 0, &result), MPOOL_E_TIMEOUT);
    CHECK(given < 1000);
    open_gate();
    mpool_iter_free(iter);
    close_pool(pool);
}

/* What was submitted has results, and then the pool is closed. */
SCENARIO(iter, outlives_its_pool)
{
    struct counting counting = {.end = 1000000};
    mpool_pool *pool = open_pool(1);
    mpool_iter *iter = iterate(pool, "square", count_up, &counting);
    int done = 0, cancelled = 0;
    const mpool_result *result;
    mpool_err err;

    for (; done < 10; done++)
        CHECK_OK(mpool_iter_next(iter, LONG_MS, &result));
    mpool_pool_free(pool);
    while ((err = mpool_iter_next(iter, LONG_MS, &result)) == MPOOL_OK) {
        CHECK(result->status == MPOOL_DONE || result->status == MPOOL_CANCELLED);
        done += result->status == MPOOL_DONE;
        cancelled += result->status == MPOOL_CANCELLED;
    }
    CHECK_ERR(err, MPOOL_E_CLOSED);
    CHECK(counting.next >= done + cancelled);
    CHECK(counting.next < 1000000);
    mpool_iter_free(iter);
    mpool_fini();
}
