/*
 * tests/proc/scenarios/wait.c - scenarios: waiting for one, any or all of some jobs
 */
#include "tests/proc/helper.h"

#include <pthread.h>
#include <sys/resource.h>

static const mpool_task square = {.function = "square"};
static const mpool_task refuse = {.function = "refuse"};

static void free_all(mpool_future **futures, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mpool_future_free(futures[i]);
}

/* ---- any and all ------------------------------------------------------------------------------------------------- */

SCENARIO(wait, any_is_over_when_the_first_has_ended_and_all_when_the_last_has)
{
    mpool_pool *pool = open_pool(2);
    mpool_future *futures[3] = {hold_worker(pool), submit(pool, &square, 5), submit(pool, &square, 6)};
    bool done[3] = {true, false, false};

    CHECK_OK(mpool_wait(futures, 3, MPOOL_FIRST_COMPLETED, LONG_MS, done));
    CHECK(!done[0] && (done[1] || done[2]));
    CHECK_OK(mpool_wait(&futures[1], 2, MPOOL_ALL_COMPLETED, LONG_MS, done));
    CHECK(done[0] && done[1]);
    CHECK_ERR(mpool_wait(futures, 3, MPOOL_ALL_COMPLETED, 20, done), MPOOL_E_TIMEOUT);
    CHECK(!done[0] && done[1] && done[2]); /* also when the time was up */
    CHECK_ERR(mpool_wait(futures, 3, MPOOL_ALL_COMPLETED, 0, NULL), MPOOL_E_TIMEOUT);
    open_gate();
    CHECK_OK(mpool_wait(futures, 3, MPOOL_ALL_COMPLETED, MPOOL_FOREVER, done));
    CHECK(done[0] && done[1] && done[2]);
    CHECK_OK(mpool_wait(futures, 3, MPOOL_ALL_COMPLETED, 0, NULL));
    free_all(futures, 3);
    finish_pool(pool);
}

SCENARIO(wait, for_the_first_exception_is_over_with_a_job_that_is_not_done)
{
    mpool_pool *pool = open_pool(2);
    mpool_future *futures[3] = {hold_worker(pool), submit(pool, &square, 5), submit(pool, &refuse, 6)};
    bool done[3];

    CHECK_OK(mpool_wait(futures, 3, MPOOL_FIRST_EXCEPTION, LONG_MS, done));
    CHECK(!done[0] && done[2]);
    CHECK_OK(mpool_wait(futures, 3, MPOOL_FIRST_EXCEPTION, 0, NULL)); /* it had ended before */
    CHECK_ERR(mpool_wait(futures, 2, MPOOL_FIRST_EXCEPTION, 20, done), MPOOL_E_TIMEOUT);
    open_gate();
    CHECK_OK(mpool_wait(futures, 2, MPOOL_FIRST_EXCEPTION, LONG_MS, done)); /* without one it is over with the last */
    CHECK(done[0] && done[1]);
    free_all(futures, 3);
    finish_pool(pool);
}

SCENARIO(wait, for_nothing_is_over_at_once)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *futures[3] = {NULL, submit(pool, &square, 5), NULL}, *twice[2] = {futures[1], futures[1]};
    bool done[3] = {true, true, true};

    CHECK_OK(mpool_wait(NULL, 0, MPOOL_ALL_COMPLETED, MPOOL_FOREVER, NULL));
    CHECK_OK(mpool_wait(NULL, 0, MPOOL_FIRST_EXCEPTION, MPOOL_FOREVER, NULL));
    CHECK_ERR(mpool_wait(NULL, 0, MPOOL_FIRST_COMPLETED, MPOOL_FOREVER, NULL), MPOOL_E_END);
    CHECK_ERR(mpool_wait(futures, 1, MPOOL_FIRST_COMPLETED, MPOOL_FOREVER, NULL), MPOOL_E_END);
    CHECK_ERR(mpool_wait(futures, 3, (mpool_return_when)7, MPOOL_FOREVER, done), MPOOL_E_INVAL);
    CHECK(done[0] && done[1] && done[2]);
    CHECK_OK(mpool_wait(futures, 3, MPOOL_ALL_COMPLETED, LONG_MS, done));
    CHECK(!done[0] && done[1] && !done[2]);
    CHECK_OK(mpool_wait(twice, 2, MPOOL_ALL_COMPLETED, LONG_MS, done));
    CHECK(done[0] && done[1]);
    mpool_future_free(futures[1]);
    finish_pool(pool);
}

SCENARIO(wait, may_be_for_jobs_of_several_pools_and_for_many)
{
    enum { MANY = 3000 };
    mpool_pool *one = open_pool(1), *other = open_another(&(mpool_pool_options){.workers = 1});
    static mpool_future *futures[MANY];
    static bool done[MANY];
    int left = MANY;

    for (int i = 0; i < MANY; i++)
        futures[i] = submit(i % 2 == 0 ? one : other, &square, i);
    while (left > MANY - 100) { /* as they end, with NULL for those that have been seen */
        CHECK_OK(mpool_wait(futures, MANY, MPOOL_FIRST_COMPLETED, LONG_MS, done));
        for (int i = 0; i < MANY; i++) {
            CHECK(!done[i] || futures[i] != NULL);
            left -= done[i];
            mpool_future_free(done[i] ? futures[i] : NULL);
            futures[i] = done[i] ? NULL : futures[i];
        }
    }
    CHECK_OK(mpool_wait(futures, MANY, MPOOL_ALL_COMPLETED, LONG_MS, done));
    for (int i = 0; i < MANY; i++)
        if (futures[i] != NULL)
            wait_free(futures[i], MPOOL_DONE);
    mpool_pool_free(other);
    finish_pool(one);
}

SCENARIO(wait, a_future_says_whether_it_is_done)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *held = hold_worker(pool), *queued = submit(pool, &square, 5);

    CHECK(!mpool_future_done(held) && !mpool_future_done(queued));
    open_gate();
    AWAIT(mpool_future_done(queued));
    CHECK(mpool_future_done(held));
    wait_free(held, MPOOL_DONE);
    wait_free(queued, MPOOL_DONE);
    finish_pool(pool);
}

/* ---- several threads --------------------------------------------------------------------------------------------- */

#define WAITERS 20

struct waiter {
    pthread_t thread;
    mpool_future *future;
    atomic_bool waits;
    bool any; /* by mpool_wait(), else by mpool_future_wait() */
    long woken;
    mpool_status status;
};

static long switches(void)
{
    struct rusage used;

    CHECK(getrusage(RUSAGE_THREAD, &used) == 0);
    return used.ru_nvcsw;
}

static void *wait_for_own(void *data)
{
    struct waiter *waiter = data;
    long before = switches();

    atomic_store(&waiter->waits, true);
    if (waiter->any)
        CHECK_OK(mpool_wait(&waiter->future, 1, MPOOL_FIRST_COMPLETED, LONG_MS, NULL));
    waiter->status = result_of(waiter->future)->status;
    waiter->woken = switches() - before;
    return NULL;
}

/* One of them has a worker, the others wait for it. */
static void start_waiters(struct waiter *waiters, mpool_pool *pool)
{
    const mpool_task holding = {.function = "hold", .at_most = 1};

    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = (struct waiter){.future = submit(pool, &holding, 0), .any = i % 2 == 0};
        CHECK(pthread_create(&waiters[i].thread, NULL, wait_for_own, &waiters[i]) == 0);
    }
    for (int i = 0; i < WAITERS; i++)
        AWAIT(atomic_load(&waiters[i].waits));
}

/* Who waits for a job is not woken by the ends of others: 500 rounds would wake each thread some hundred times. */
SCENARIO(wait, a_thread_is_not_woken_by_the_jobs_of_others)
{
    static struct waiter waiters[WAITERS];
    mpool_pool *pool = open_pool(2);

    start_waiters(waiters, pool);
    for (int i = 0; i < 500; i++)
        run_one(pool, &square, i, MPOOL_DONE);
    open_gate();
    for (int i = 0; i < WAITERS; i++) {
        CHECK(pthread_join(waiters[i].thread, NULL) == 0);
        CHECK_INT(waiters[i].status, MPOOL_DONE);
        CHECK(waiters[i].woken < 50);
        mpool_future_free(waiters[i].future);
    }
    finish_pool(pool);
}

/* P4 */
SCENARIO(wait, ends_when_the_pool_is_taken_away)
{
    static struct waiter waiters[WAITERS];
    mpool_pool *pool = open_pool(2);
    mpool_future *futures[WAITERS];

    start_waiters(waiters, pool);
    CHECK_OK(mpool_pool_terminate(pool));
    for (int i = 0; i < WAITERS; i++)
        futures[i] = waiters[i].future;
    CHECK_OK(mpool_wait(futures, WAITERS, MPOOL_ALL_COMPLETED, LONG_MS, NULL));
    for (int i = 0; i < WAITERS; i++) {
        CHECK(pthread_join(waiters[i].thread, NULL) == 0);
        CHECK_INT(waiters[i].status, MPOOL_CANCELLED);
    }
    close_pool(pool);
    CHECK_OK(mpool_wait(futures, WAITERS, MPOOL_ALL_COMPLETED, 0, NULL)); /* futures outlive their pool */
    free_all(futures, WAITERS);
}

/* ---- apply ------------------------------------------------------------------------------------------------------- */

SCENARIO(wait, apply_gives_the_result_of_a_job_however_it_ended)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *future = NULL;
    const mpool_result *result = NULL;
    int64_t value;

    CHECK_OK(mpool_pool_apply(pool, &square, &future, &result, "I", INT64_C(12)));
    CHECK_OK(mpool_result_unpack(result, "I", &value));
    CHECK_INT(value, 144);
    wait_free(future, MPOOL_DONE);
    CHECK_OK(mpool_pool_apply(pool, &refuse, &future, &result, "i", 4));
    CHECK_INT(result->status, MPOOL_FAILED);
    CHECK_TEXT(result->error, "no 4 today");
    CHECK_ERR(mpool_result_unpack(result, "I", &value), MPOOL_E_JOB);
    mpool_future_free(future);
    CHECK_OK(
        mpool_pool_apply(pool, &(mpool_task){.function = "crash", .crash_limit = 1}, &future, NULL, "i", CRASH_KILL));
    wait_free(future, MPOOL_CRASHED);
    finish_pool(pool);
}

SCENARIO(wait, apply_that_is_refused_leaves_nothing)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *future = NULL;
    const mpool_result *result = NULL;

    CHECK_ERR(mpool_pool_apply(pool, &square, NULL, &result, "i", 1), MPOOL_E_INVAL);
    CHECK_ERR(mpool_pool_apply(pool, NULL, &future, &result, "i", 1), MPOOL_E_INVAL);
    CHECK_ERR(mpool_pool_apply(pool, &(mpool_task){.function = "none"}, &future, &result, "i", 1), MPOOL_E_NOFUNC);
    CHECK_ERR(mpool_pool_apply(pool, &square, &future, &result, "q"), MPOOL_E_FORMAT);
    CHECK(future == NULL && result == NULL);
    CHECK_INT(stats_of(pool).jobs_submitted, 0);
    CHECK_OK(mpool_pool_close(pool));
    CHECK_ERR(mpool_pool_apply(pool, &square, &future, &result, "i", 1), MPOOL_E_CLOSED);
    finish_pool(pool);
}
