/*
 * tests/proc/scenarios/cancel.c - scenarios: jobs that are not wanted any more
 */
#include "tests/proc/helper.h"

#include <signal.h>
#include <unistd.h>

SCENARIO(cancel, a_job_that_waits_ends_at_once)
{
    const mpool_task square = {.function = "square"}, late = {.function = "square", .delay_ms = LONG_MS};
    const mpool_task narrow = {.function = "hold", .at_most = 1};
    mpool_pool *pool = open_pool(1);
    mpool_future *holder = submit(pool, &narrow, 0), *futures[] = {submit(pool, &square, 1), submit(pool, &square, 2),
                                                                   submit(pool, &late, 3), submit(pool, &narrow, 4)};

    AWAIT(atomic_load(&board->held) == 1);
    for (int i = 1; i < 4; i++)
        CHECK_OK(mpool_future_cancel(futures[i], LONG_MS));
    for (int i = 1; i < 4; i++) {
        CHECK_INT(result_of(futures[i])->attempts, 0);
        CHECK_TEXT(result_of(futures[i])->error, "it was cancelled");
        wait_free(futures[i], MPOOL_CANCELLED);
    }
    open_gate();
    wait_free(holder, MPOOL_DONE);
    wait_free(futures[0], MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

SCENARIO(cancel, a_job_that_was_handed_out_and_has_not_begun_ends_and_its_neighbours_run)
{
    const mpool_task square = {.function = "square"};
    mpool_pool *pool = open_pool(1);
    mpool_future *holder = hold_worker(pool), *unwanted = submit(pool, &square, 1), *wanted = submit(pool, &square, 2);

    AWAIT(stats_of(pool).jobs_in_flight == 2);
    CHECK_OK(mpool_future_cancel(unwanted, LONG_MS));
    wait_free(unwanted, MPOOL_CANCELLED);
    open_gate();
    wait_free(holder, MPOOL_DONE);
    CHECK_INT(result_of(wanted)->attempts, 1);
    wait_free(wanted, MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

/* Ends when it is asked to. */
MPOOL_FUNCTION(oblige)
{
    (void)args;
    atomic_fetch_add(&board->held, 1);
    while (!mpool_job_cancelled(job))
        nap();
    (void)mpool_pack(result, "s", "obliged");
    return 0;
}

SCENARIO(cancel, a_job_that_runs_is_asked_and_what_it_answers_counts)
{
    const mpool_task task = {.function = "oblige", .retries = 3};
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &task, 0);
    const char *text;

    AWAIT(atomic_load(&board->held) == 1);
    CHECK_OK(mpool_future_cancel(future, LONG_MS));
    CHECK_OK(mpool_result_unpack(result_of(future), "s", &text));
    CHECK_TEXT(text, "obliged");
    wait_free(future, MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

SCENARIO(cancel, a_job_that_does_not_listen_is_killed_when_its_grace_is_over)
{
    const mpool_task hold = {.function = "hold", .retries = 3}, square = {.function = "square"};
    mpool_pool *pool = open_pool(1);

    for (int grace_ms = 0; grace_ms <= 60; grace_ms += 30) {
        mpool_future *future = submit(pool, &hold, 0), *behind;
        int64_t began_ms;

        AWAIT(atomic_load(&board->held) == 1 + grace_ms / 30);
        behind = submit(pool, &square, 1);
        began_ms = monotonic_ms();
        CHECK_OK(mpool_future_cancel(future, grace_ms));
        CHECK_OK(mpool_future_cancel(future, LONG_MS));
        CHECK_INT(result_of(future)->status, MPOOL_CANCELLED);
        CHECK(monotonic_ms() - began_ms >= grace_ms);
        CHECK_INT(result_of(future)->attempts, 1);
        CHECK_INT(result_of(behind)->attempts, 1);
        wait_free(future, MPOOL_CANCELLED);
        wait_free(behind, MPOOL_DONE);
    }
    CHECK_INT(stats_of(pool).deaths_ours, 3);
    CHECK_INT(stats_of(pool).deaths_claimed, 0);
    finish_pool(pool);
}

SCENARIO(cancel, a_stopped_worker_holds_up_no_cancellation)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *future = hold_worker(pool);

    CHECK(kill(atomic_load(&board->pids[0]), SIGSTOP) == 0);
    CHECK_OK(mpool_future_cancel(future, 10));
    wait_free(future, MPOOL_CANCELLED);
    still_works(pool);
    finish_pool(pool);
}

SCENARIO(cancel, a_job_that_has_ended_stays_as_it_is)
{
    const mpool_task square = {.function = "square"};
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &square, 2);

    CHECK_INT(result_of(future)->status, MPOOL_DONE);
    CHECK_OK(mpool_future_cancel(future, 0));
    CHECK_ERR(mpool_future_cancel(future, -1), MPOOL_E_INVAL);
    still_works(pool);
    CHECK_INT(stats_of(pool).workers_started, 1);
    mpool_pool_free(pool);
    CHECK_OK(mpool_future_cancel(future, 0));
    wait_free(future, MPOOL_DONE);
    mpool_fini();
}

static mpool_err without_end(void *user, msgpack_packer *args, uint64_t *tag)
{
    ++*(int *)user;
    *tag = 0;
    return mpool_pack(args, "i", 0);
}

SCENARIO(cancel, an_iteration_ends_and_others_go_on)
{
    const mpool_task hold = {.function = "hold"}, square = {.function = "square"};
    const mpool_result *result;
    mpool_iter *iter, *other;
    mpool_pool *pool = open_pool(2);
    int next = 0, other_next = 0, cancelled = 0;
    mpool_err err;

    CHECK_OK(mpool_pool_imap_unordered(pool, &hold, without_end, &next, &iter));
    CHECK_OK(mpool_pool_imap_unordered(pool, &square, without_end, &other_next, &other));
    /* The other's first results may be there by now: a worker can be ready while the first one has all that is held. */
    while (atomic_load(&board->held) < 2)
        CHECK_ERR(mpool_iter_next(iter, 1, &result), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_iter_cancel(iter, 0));
    while ((err = mpool_iter_next(iter, LONG_MS, &result)) == MPOOL_OK) {
        CHECK_INT(result->status, MPOOL_CANCELLED);
        cancelled++;
    }
    CHECK_ERR(err, MPOOL_E_END);
    CHECK(cancelled >= 2 && cancelled <= next);
    CHECK_INT(stats_of(pool).deaths_ours, 2);
    for (int i = 0; i < 1000; i++) {
        CHECK_OK(mpool_iter_next(other, LONG_MS, &result));
        CHECK_INT(result->status, MPOOL_DONE);
    }
    mpool_iter_free(iter);
    mpool_iter_free(other);
    close_pool(pool);
}

/* P1, with many cancellations at many moments. */
SCENARIO(cancel, every_job_ends_once_whenever_it_was_cancelled)
{
    enum { JOBS = 2000 };
    const mpool_task task = {.function = "add", .retries = 1};
    static mpool_future *futures[JOBS];
    mpool_pool *pool;
    mpool_total *sum, *count;
    int64_t total, wanted = 0;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(NULL);
    CHECK_OK(mpool_total_open(pool, "sum", MPOOL_SUM, &sum));
    CHECK_OK(mpool_total_open(pool, "count", MPOOL_COUNT, &count));
    for (int i = 0; i < JOBS; i++) {
        futures[i] = submit(pool, &task, i);
        if (i % 3 == 0)
            CHECK_OK(mpool_future_cancel(futures[i / 2], i % 2));
    }
    for (int i = 0; i < JOBS; i++) {
        mpool_status status = result_of(futures[i])->status;

        CHECK(status == MPOOL_DONE || status == MPOOL_CANCELLED);
        wanted += status == MPOOL_DONE ? i : 0;
        mpool_future_free(futures[i]);
    }
    CHECK_OK(mpool_total_int64(sum, &total));
    CHECK_INT(total, wanted);
    CHECK_INT(stats_of(pool).jobs_ended, JOBS);
    finish_pool(pool);
}
