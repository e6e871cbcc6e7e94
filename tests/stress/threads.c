/*
 * tests/stress/threads.c - every call of the library from several threads at once, while workers crash
 *
 *     threads [ROUNDS]     default 15
 *
 * Each thread does one thing over and over: submits and waits, applies, waits for any of some, has callbacks, submits
 * and forgets, maps, streams in and out of order, carries large values, dispatches, reads totals and statistics. At the
 * end of a round the pool is closed, drained or terminated under their hands, and freed when they are gone.
 * ThreadSanitizer watches; the program itself checks that each result that is done is right, and that the total is the
 * sum over them.
 */
#include "tests/stress/must.h"

#include <mpool/mpool.h>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAPPED 300
#define STREAMED 500
#define CARRIED 20
#define LARGE ((size_t)3 << 19)
#define WINDOW 6

/* Doubles a number; every 97th kills its worker in its first attempt, every 31st fails. */
MPOOL_FUNCTION(twice)
{
    int64_t x;

    if (mpool_unpack(args, "I", &x) != MPOOL_OK || mpool_job_total_add(job, "sum", x) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (x % 97 == 0 && mpool_job_attempt(job) == 1)
        (void)raise(SIGKILL);
    if (x % 31 == 0)
        return mpool_job_fail(job, "%lld is no good", (long long)x);
    return mpool_pack(result, "I", 2 * x) != MPOOL_OK;
}

/* Bytes; the same. */
MPOOL_FUNCTION(same)
{
    const void *bytes;
    size_t size;

    if (mpool_unpack(args, "z", &bytes, &size) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return mpool_pack(result, "z", bytes, size) != MPOOL_OK;
}

static mpool_pool *pool;
static mpool_total *total;
static atomic_llong done_sum;   /* over the results that are done */
static atomic_bool all_counted; /* nobody has dropped a result */

static atomic_llong uncalled; /* callbacks that have not run */

static const mpool_task task = {.function = "twice", .retries = 2};

/* Is the pool taken away? Then the thread goes home. */
static bool over(mpool_err err)
{
    MUST(err == MPOOL_OK || err == MPOOL_E_JOB || err == MPOOL_E_CLOSED || err == MPOOL_E_END);
    return err == MPOOL_E_CLOSED;
}

static void count(const mpool_result *result, int64_t x)
{
    int64_t y;

    if (result->status != MPOOL_DONE)
        return;
    MUST(mpool_result_unpack(result, "I", &y) == MPOOL_OK && y == 2 * x);
    atomic_fetch_add(&done_sum, x);
}

static void *submit_and_wait(void *data)
{
    (void)data;
    for (int64_t x = 1;; x++) {
        const mpool_result *result;
        mpool_future *future;

        if (over(mpool_pool_submit(pool, &task, &future, "I", x)))
            return NULL;
        MUST(mpool_future_wait(future, MPOOL_FOREVER, &result) == MPOOL_OK);
        count(result, x);
        mpool_future_free(future);
    }
}

/* Values that go through the arena; of every third the result is left there. */
static void *carry(void *data)
{
    static char bytes[LARGE];

    (void)data;
    for (int i = 0; i < CARRIED; i++) {
        const mpool_result *result;
        mpool_future *future;
        const void *back;
        size_t size;

        if (over(mpool_pool_submit(pool, &(mpool_task){.function = "same"}, &future, "z", bytes, sizeof bytes)))
            break;
        if (i % 3 != 0) {
            MUST(mpool_future_wait(future, MPOOL_FOREVER, &result) == MPOOL_OK);
            MUST(result->status != MPOOL_DONE || (mpool_result_unpack(result, "z", &back, &size) == MPOOL_OK &&
                                                  size == LARGE && memcmp(back, bytes, LARGE) == 0));
        }
        mpool_future_free(future);
    }
    return NULL;
}

static void *apply(void *data)
{
    (void)data;
    for (int64_t x = 30000;; x++) {
        const mpool_result *result;
        mpool_future *future;

        if (over(mpool_pool_apply(pool, &task, &future, &result, "I", x)))
            return NULL;
        MUST(mpool_future_done(future));
        count(result, x);
        mpool_future_free(future);
    }
}

/* Takes those that are done out of the futures. */
static void take_done(mpool_future **futures, const int64_t *xs, const bool *done)
{
    for (int i = 0; i < WINDOW; i++) {
        const mpool_result *result;

        if (!done[i])
            continue;
        MUST(mpool_future_wait(futures[i], 0, &result) == MPOOL_OK);
        count(result, xs[i]);
        mpool_future_free(futures[i]);
        futures[i] = NULL;
    }
}

static void *wait_for_any(void *data)
{
    mpool_future *futures[WINDOW] = {NULL};
    int64_t xs[WINDOW], x = 40000;
    bool done[WINDOW], closed = false;

    (void)data;
    while (!closed) {
        for (int i = 0; i < WINDOW && !closed; i++) {
            if (futures[i] != NULL)
                continue;
            xs[i] = x++;
            closed = over(mpool_pool_submit(pool, &task, &futures[i], "I", xs[i]));
        }
        if (mpool_wait(futures, WINDOW, x % 2 != 0 ? MPOOL_FIRST_COMPLETED : MPOOL_FIRST_EXCEPTION, 50, done) !=
            MPOOL_E_END)
            take_done(futures, xs, done);
    }
    MUST(mpool_wait(futures, WINDOW, MPOOL_ALL_COMPLETED, MPOOL_FOREVER, done) == MPOOL_OK);
    take_done(futures, xs, done);
    return NULL;
}

static void count_called(void *user, const mpool_result *result)
{
    count(result, (int64_t)(intptr_t)user);
    atomic_fetch_sub(&uncalled, 1);
}

/* Waits for some of its jobs, and leaves the others to whoever dispatches; in the end to mpool_pool_join(). */
static void *have_callbacks(void *data)
{
    (void)data;
    for (int64_t x = 50000;; x++) {
        mpool_task calling = task;
        mpool_future *future = NULL;

        calling.callback = count_called;
        calling.user = (void *)(intptr_t)x;
        atomic_fetch_add(&uncalled, 1);
        if (over(mpool_pool_submit(pool, &calling, x % 3 != 0 ? &future : NULL, "I", x))) {
            atomic_fetch_sub(&uncalled, 1);
            return NULL;
        }
        if (x % 3 == 1)
            MUST(mpool_future_wait(future, MPOOL_FOREVER, NULL) == MPOOL_OK);
        mpool_future_free(future);
    }
}

static void *map_over(void *data)
{
    mpool_task mapped = {.function = "twice", .retries = 2, .item_format = "I", .result_format = "I"};
    int64_t items[MAPPED], results[MAPPED];
    mpool_status statuses[MAPPED];
    mpool_err err;

    (void)data;
    for (int i = 0; i < MAPPED; i++)
        items[i] = 5000 + i;
    do {
        err = mpool_pool_map(pool, &mapped, items, MAPPED, sizeof items[0], results, sizeof results[0], statuses);
        for (int i = 0; i < MAPPED; i++) {
            if (statuses[i] != MPOOL_DONE)
                continue;
            MUST(results[i] == 2 * items[i]);
            atomic_fetch_add(&done_sum, items[i]);
        }
    } while (!over(err));
    return NULL;
}

static mpool_err count_up(void *user, msgpack_packer *args, uint64_t *tag)
{
    uint64_t *next = user;

    if (*next == STREAMED)
        return MPOOL_E_END;
    *tag = 10000 + (*next)++;
    return mpool_pack(args, "U", *tag);
}

static void *stream(void *data)
{
    bool ordered = false;
    uint64_t taken;
    mpool_err err;

    (void)data;
    do {
        const mpool_result *result;
        uint64_t next = 0;
        mpool_iter *iter;

        ordered = !ordered;
        MUST((ordered ? mpool_pool_imap : mpool_pool_imap_unordered)(pool, &task, count_up, &next, &iter) == MPOOL_OK);
        for (taken = 0; (err = mpool_iter_next(iter, MPOOL_FOREVER, &result)) == MPOOL_OK; taken++) {
            MUST(!ordered || result->index == taken);
            count(result, (int64_t)result->tag);
        }
        mpool_iter_free(iter);
    } while (!over(err));
    return NULL;
}

/* Drops its futures and iterators half way: their jobs go on. */
static void *drop(void *data)
{
    (void)data;
    for (int64_t x = 20000;; x++) {
        const mpool_result *result;
        mpool_future *future;
        mpool_iter *iter;
        uint64_t next = 0;
        mpool_err err;

        atomic_store(&all_counted, false);
        if (over(mpool_pool_submit(pool, &task, x % 2 != 0 ? &future : NULL, "I", x)))
            return NULL;
        if (x % 2 != 0)
            mpool_future_free(future);
        MUST(mpool_pool_imap_unordered(pool, &task, count_up, &next, &iter) == MPOOL_OK);
        err = mpool_iter_next(iter, MPOOL_FOREVER, &result);
        mpool_iter_free(iter);
        if (over(err))
            return NULL;
    }
}

static void *watch(void *data)
{
    atomic_bool *stop = data;

    while (!atomic_load(stop)) {
        mpool_pool_stats stats;
        mpool_total_value value;
        pid_t pids[8];
        size_t workers;
        mpool_err err;
        int fd;

        MUST(mpool_pool_fd(pool, &fd) == MPOOL_OK);
        (void)poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 1);
        err = mpool_pool_dispatch(pool, 0);
        MUST(err == MPOOL_OK || err == MPOOL_E_TIMEOUT || err == MPOOL_E_END);
        MUST(mpool_pool_stats_read(pool, &stats) == MPOOL_OK && stats.jobs_ended <= stats.jobs_submitted);
        MUST(mpool_total_read(total, &value) == MPOOL_OK && value.fits);
        MUST(mpool_pool_pids(pool, pids, 8, &workers) == MPOOL_OK && workers == 3);
    }
    return NULL;
}

/* Takes the pool away once some jobs are through: close, drain and terminate in turn. */
static void take_away(int round)
{
    mpool_pool_stats stats;

    do
        MUST(mpool_pool_stats_read(pool, &stats) == MPOOL_OK);
    while (stats.jobs_ended < 2000);
    MUST((round % 3 == 0   ? mpool_pool_close(pool)
          : round % 3 == 1 ? mpool_pool_drain(pool)
                           : mpool_pool_terminate(pool)) == MPOOL_OK);
}

static void play(int round)
{
    void *(*const roles[])(void *) = {submit_and_wait,
                                      apply,
                                      wait_for_any,
                                      have_callbacks,
                                      have_callbacks,
                                      map_over,
                                      stream,
                                      round % 2 != 0 ? drop : stream,
                                      carry};
    enum { ROLES = sizeof roles / sizeof roles[0] };
    pthread_t threads[ROLES], watcher;
    atomic_bool stop = false;
    int64_t sum;

    atomic_store(&done_sum, 0);
    atomic_store(&all_counted, true);
    MUST(mpool_pool_open(&(mpool_pool_options){.workers = 3, .queue_jobs = round % 4 == 0 ? 64 : 0}, &pool) ==
         MPOOL_OK);
    MUST(mpool_total_open(pool, "sum", MPOOL_SUM, &total) == MPOOL_OK);
    MUST(pthread_create(&watcher, NULL, watch, &stop) == 0);
    for (int i = 0; i < ROLES; i++)
        MUST(pthread_create(&threads[i], NULL, roles[i], NULL) == 0);
    take_away(round);
    for (int i = 0; i < ROLES; i++)
        MUST(pthread_join(threads[i], NULL) == 0);
    MUST(mpool_pool_join(pool, MPOOL_FOREVER) == MPOOL_OK);
    MUST(atomic_load(&uncalled) == 0);
    atomic_store(&stop, true);
    MUST(pthread_join(watcher, NULL) == 0);
    MUST(mpool_total_int64(total, &sum) == MPOOL_OK);
    MUST(!atomic_load(&all_counted) || sum == atomic_load(&done_sum));
    mpool_pool_free(pool);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 15;

    MUST(mpool_init(NULL) == MPOOL_OK);
    for (int round = 0; round < rounds; round++)
        play(round);
    mpool_fini();
    (void)printf("%d rounds\n", rounds);
    return 0;
}
