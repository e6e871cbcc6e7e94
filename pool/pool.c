/*
 * pool/pool.c - a pool's life: open, close, drain, terminate, join, free; and what can be seen of it
 *
 * Runs in: the host, on application threads. Owns: the pool, its pages and totals in the arena, its supervisor thread.
 *
 * Application threads and the supervisor meet in struct mpool_pool, under its lock, and nowhere else.
 */
#include "pool/pool.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "ipc/page.h"
#include "ipc/room.h"
#include "pool/block.h"
#include "pool/callback.h"
#include "pool/credentials.h"
#include "pool/future.h"
#include "pool/host.h"
#include "pool/log.h"
#include "pool/options.h"
#include "pool/setup.h"
#include "pool/supervisor.h"
#include "serialize/task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

struct timespec mp_pool_deadline(int64_t timeout_ms)
{
    int64_t ns = mp_clock_ns();

    if (timeout_ms < 0 || timeout_ms > (INT64_MAX - ns) / 1000000 - 1)
        ns = INT64_MAX;
    else
        ns += timeout_ms * 1000000;
    return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}

bool mp_pool_init_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    bool made;

    if (pthread_condattr_init(&attributes) != 0)
        return false;
    made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 && pthread_cond_init(cond, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    return made;
}

void mp_pool_wake(mpool_pool *pool)
{
    uint64_t one = 1;

    if (pool->supervisor_awake)
        return;
    pool->supervisor_awake = true;
    if (write(pool->wake_fd, &one, sizeof one) < 0) {
        /* The counter is full: it wakes all the same. */
    }
}

/* ---- submitting lots --------------------------------------------------------------------------------------------- */

static mpool_err check_open(const mpool_pool *pool)
{
    if (pool->broken)
        return mp_error(MPOOL_E_BROKEN, "the pool is broken: %s", pool->broken_reason);
    if (pool->closed)
        return mp_error(MPOOL_E_CLOSED, "the pool was closed or terminated");
    return MPOOL_OK;
}

/* A thread that waits for room; on its stack. */
struct mp_waiter {
    struct mp_waiter *next;
};

static bool has_room(const mpool_pool *pool, uint64_t jobs)
{
    return pool->open_jobs == 0 || pool->open_jobs + jobs <= pool->queue_jobs;
}

/* First come, first served: else who brings many jobs would wait for as long as others bring one after the other. */
mpool_err mp_pool_await_room(mpool_pool *pool, uint64_t jobs, const struct timespec *deadline)
{
    struct mp_waiter self = {0}, **link = &pool->waiters;
    mpool_err err;
    int waited = 0;

    while (*link != NULL)
        link = &(*link)->next;
    *link = &self;
    while ((err = check_open(pool)) == MPOOL_OK && !(pool->waiters == &self && has_room(pool, jobs))) {
        if (waited == ETIMEDOUT) {
            err = mp_error(MPOOL_E_FULL, "the pool has %llu jobs that have not ended; it takes %llu",
                           (unsigned long long)pool->open_jobs, (unsigned long long)pool->queue_jobs);
            break;
        }
        waited = pthread_cond_timedwait(&pool->changed, &pool->lock, deadline);
    }
    for (link = &pool->waiters; *link != &self; link = &(*link)->next)
        continue;
    *link = self.next;
    if (pool->waiters != NULL)
        (void)pthread_cond_broadcast(&pool->changed);
    return err;
}

/* Takes a block for arguments, and waits for the room until the deadline. */
static mpool_err await_block(mpool_pool *pool, size_t size, const struct timespec *deadline, struct mp_block *block)
{
    mpool_err err = mp_block_take(MP_BLOCK_ARGS, size, block);
    int waited = 0;

    if (err != MPOOL_E_FULL)
        return err;
    (void)mp_block_sweep(SIZE_MAX);
    (void)pthread_mutex_lock(&pool->lock);
    while ((err = check_open(pool)) == MPOOL_OK && (err = mp_block_take(MP_BLOCK_ARGS, size, block)) == MPOOL_E_FULL &&
           waited != ETIMEDOUT) {
        pool->waiting++;
        waited = pthread_cond_timedwait(&pool->changed, &pool->lock, deadline);
        pool->waiting--;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return err;
}

/* Without the lock: the arguments are copied. */
mpool_err mp_pool_place_args(mpool_pool *pool, struct mp_lot *lot, const struct timespec *deadline)
{
    mpool_err err;

    if (lot->args.size <= MP_INLINE_MAX || lot->count > 1)
        return MPOOL_OK;
    err = await_block(pool, lot->args.size, deadline, &lot->block);
    if (err != MPOOL_OK)
        return err;
    err = mp_block_fill(&lot->block, lot->args.data);
    if (err == MPOOL_OK)
        mp_buf_free(&lot->args);
    else
        mp_block_give(MP_BLOCK_ARGS, &lot->block);
    return err;
}

void mp_pool_tell_room(mpool_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    if (pool->waiting > 0)
        (void)pthread_cond_broadcast(&pool->changed);
    if (pool->starved) {
        pool->starved = false;
        mp_pool_wake(pool);
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

void mp_pool_put(mpool_pool *pool, struct mp_lot *lot)
{
    if (pool->inbox_last != NULL)
        pool->inbox_last->next = lot;
    else
        pool->inbox_first = lot;
    pool->inbox_last = lot;
    mp_pool_wake(pool);
}

mpool_err mp_pool_submit_lot(mpool_pool *pool, struct mp_lot *lot, const struct timespec *deadline)
{
    mpool_err err = mp_pool_place_args(pool, lot, deadline);

    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&pool->lock);
    err = mp_pool_await_room(pool, lot->count, deadline);
    if (err == MPOOL_OK) {
        lot->first = pool->next_job;
        pool->next_job += lot->count;
        pool->open_jobs += lot->count;
        mp_pool_put(pool, lot);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return err;
}

mpool_err mp_pool_cancel(mpool_pool *pool, struct mp_wish wish)
{
    struct mp_request *request;

    if (wish.grace_ms < 0 || wish.grace_ms > MP_TIME_MOST_MS)
        return mp_error(MPOOL_E_INVAL, "grace_ms is %lld; it takes 0 to %lld", (long long)wish.grace_ms,
                        (long long)MP_TIME_MOST_MS);
    request = malloc(sizeof *request);
    if (request == NULL)
        return mp_error_nomem();
    request->wish = wish;
    (void)pthread_mutex_lock(&pool->lock);
    if (wish.group != 0)
        request->wish.number = pool->next_job;
    if (pool->ended) {
        free(request);
    } else {
        request->next = pool->requests;
        pool->requests = request;
        mp_pool_wake(pool);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return MPOOL_OK;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

void mp_pool_ref(mpool_pool *pool)
{
    atomic_fetch_add_explicit(&pool->refs, 1, memory_order_relaxed);
}

void mp_pool_unref(mpool_pool *pool)
{
    if (atomic_fetch_sub_explicit(&pool->refs, 1, memory_order_acq_rel) != 1)
        return;
    while (pool->requests != NULL) {
        struct mp_request *request = pool->requests;

        pool->requests = request->next;
        free(request);
    }
    (void)pthread_mutex_destroy(&pool->lock);
    (void)pthread_cond_destroy(&pool->changed);
    if (pool->futures != NULL)
        mp_sink_unref(&pool->futures->sink);
    mp_keys_fini(&pool->keys);
    free(pool->pids);
    free(pool);
}

/* All but what iterators need to find the pool closed. */
static void release(mpool_pool *pool)
{
    pool->closed = true;
    mp_log_close(pool->log); /* its hook may look at the pool */
    if (pool->futures != NULL)
        mp_futures_close(pool->futures);
    mp_block_unwatch(pool);
    if (pool->totals != NULL)
        mp_host_give(pool->totals_offset, sizeof *pool->totals);
    if (pool->setup_size != 0)
        mp_host_give(pool->setup_offset, pool->setup_size);
    if (pool->traces_offset != 0)
        mp_host_give(pool->traces_offset, (size_t)pool->workers * MP_TRACE_BYTES);
    if (pool->pages_offset != 0)
        mp_host_give(pool->pages_offset, (size_t)pool->workers * MP_PAGE_BYTES);
    if (pool->server_fd >= 0)
        mp_host_close_pool(pool->server_fd);
    if (pool->wake_fd >= 0)
        (void)close(pool->wake_fd);
    mp_pool_unref(pool);
}

/* The totals come first, so that no pool has its pages at offset 0, which stands for none. */
static mpool_err take_memory(mpool_pool *pool)
{
    mpool_err err = mp_host_take(sizeof *pool->totals, &pool->totals_offset);

    if (err != MPOOL_OK)
        return err;
    pool->totals = mp_host_at(pool->totals_offset, sizeof *pool->totals);
    err = mp_host_take((size_t)pool->workers * MP_TRACE_BYTES, &pool->traces_offset);
    if (err != MPOOL_OK)
        return err;
    return mp_host_take((size_t)pool->workers * MP_PAGE_BYTES, &pool->pages_offset);
}

static mpool_err set_up(mpool_pool *pool, const mpool_pool_options *options)
{
    mpool_err err;

    pool->pids = calloc(pool->workers, sizeof *pool->pids);
    pool->wake_fd = mp_fd_raise(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    pool->futures = mp_futures_new();
    if (pool->pids == NULL || pool->futures == NULL)
        return mp_error_nomem();
    if (pool->wake_fd < 0)
        return mp_error(MPOOL_E_SYSTEM, "eventfd: %m");
    err = take_memory(pool);
    if (err == MPOOL_OK)
        err = mp_pool_write_setup(options, pool);
    if (err == MPOOL_OK)
        err = mp_host_open_pool(&pool->id, &pool->server_fd);
    if (err == MPOOL_OK)
        err = mp_log_open(options->log, options->log_user, &pool->log);
    if (err == MPOOL_OK)
        mp_block_watch(pool);
    if (err == MPOOL_OK)
        err = mp_supervisor_start(pool);
    return err;
}

static mpool_err new_pool(const mpool_pool_options *options, mpool_pool **result)
{
    mpool_pool *pool = calloc(1, sizeof *pool);
    mpool_err err;

    if (pool == NULL)
        return mp_error_nomem();
    err = mp_options_read(options, pool);
    if (err == MPOOL_OK && (pthread_mutex_init(&pool->lock, NULL) != 0 || !mp_pool_init_cond(&pool->changed)))
        err = mp_error_nomem();
    if (err != MPOOL_OK) {
        free(pool);
        return err;
    }
    atomic_init(&pool->refs, 1);
    pool->server_fd = pool->wake_fd = -1;
    mp_keys_init(&pool->keys);
    *result = pool;
    return MPOOL_OK;
}

/*
 * Until a worker is ready, or none can be. It needs no deadline of its own: who is not ready within start_timeout_ms is
 * killed, MP_START_DEATHS of these in a row break the pool, and so does the end of the fork server, at once.
 */
static mpool_err await_worker(mpool_pool *pool)
{
    mpool_err err = MPOOL_OK;

    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->ready && !pool->broken)
        (void)pthread_cond_wait(&pool->changed, &pool->lock);
    if (!pool->ready)
        err = mp_error(MPOOL_E_BROKEN, "no worker could start: %s", pool->broken_reason);
    (void)pthread_mutex_unlock(&pool->lock);
    return err;
}

mpool_err mpool_pool_open(const mpool_pool_options *options, mpool_pool **result)
{
    const mpool_pool_options defaults = {0};
    mpool_pool *pool = NULL;
    mpool_err err = mp_host_check();

    options = options != NULL ? options : &defaults;
    if (err == MPOOL_OK)
        err = mp_credentials_check();
    if (err == MPOOL_OK)
        err = new_pool(options, &pool);
    if (err != MPOOL_OK)
        return err;
    err = mp_room_check_host(pool->workers);
    if (err == MPOOL_OK)
        err = set_up(pool, options);
    if (err != MPOOL_OK) {
        release(pool);
        return err;
    }
    err = await_worker(pool);
    if (err != MPOOL_OK) {
        mpool_pool_free(pool);
        return err;
    }
    *result = pool;
    return MPOOL_OK;
}

static mpool_err shut(mpool_pool *pool, bool drain, bool terminate)
{
    mpool_err err = mp_host_check();

    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&pool->lock);
    pool->closed = true;
    pool->drained = pool->drained || drain;
    pool->terminated = pool->terminated || terminate;
    mp_pool_wake(pool);
    (void)pthread_cond_broadcast(&pool->changed);
    (void)pthread_mutex_unlock(&pool->lock);
    return MPOOL_OK;
}

mpool_err mpool_pool_close(mpool_pool *pool)
{
    return shut(pool, false, false);
}

mpool_err mpool_pool_drain(mpool_pool *pool)
{
    return shut(pool, true, false);
}

mpool_err mpool_pool_terminate(mpool_pool *pool)
{
    return shut(pool, true, true);
}

mpool_err mpool_pool_join(mpool_pool *pool, int64_t timeout_ms)
{
    struct timespec deadline = mp_pool_deadline(timeout_ms);
    mpool_err err = mp_host_check();

    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&pool->lock);
    if (!pool->closed)
        err = mp_error(MPOOL_E_INVAL, "close or terminate the pool before joining it");
    while (err == MPOOL_OK && !pool->ended)
        if (pthread_cond_timedwait(&pool->changed, &pool->lock, &deadline) == ETIMEDOUT && !pool->ended)
            err =
                mp_error(MPOOL_E_TIMEOUT, "%llu jobs of the pool have not ended", (unsigned long long)pool->open_jobs);
    (void)pthread_mutex_unlock(&pool->lock);
    if (err == MPOOL_OK)
        err = mp_callback_finish(pool->futures, &deadline);
    if (err == MPOOL_OK && pool->broken) /* constant by now */
        err = mp_error(MPOOL_E_BROKEN, "the pool is broken: %s", pool->broken_reason);
    return err;
}

void mpool_pool_free(mpool_pool *pool)
{
    struct timespec never = mp_pool_deadline(MPOOL_FOREVER);
    bool ended;

    if (pool == NULL || mp_host_check() != MPOOL_OK)
        return;
    (void)pthread_mutex_lock(&pool->lock);
    ended = pool->ended;
    (void)pthread_mutex_unlock(&pool->lock);
    if (!ended)
        (void)mpool_pool_terminate(pool);
    (void)pthread_join(pool->supervisor, NULL);
    (void)mp_callback_finish(pool->futures, &never);
    release(pool);
}

mpool_err mpool_pool_resize(mpool_pool *pool, unsigned workers)
{
    mpool_err err = mp_host_check();

    if (err != MPOOL_OK)
        return err;
    if (workers == 0 || workers > pool->workers_most)
        return mp_error(MPOOL_E_INVAL, "%u workers; this pool takes 1 to %u, see workers_most", workers,
                        pool->workers_most);
    (void)pthread_mutex_lock(&pool->lock);
    err = check_open(pool);
    if (err == MPOOL_OK) {
        pool->resized = workers;
        mp_pool_wake(pool);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return err;
}

/* ---- looking at it ----------------------------------------------------------------------------------------------- */

mpool_err mpool_pool_stats_read(mpool_pool *pool, mpool_pool_stats *stats)
{
    mpool_err err = mp_host_check();

    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&pool->lock);
    *stats = pool->stats;
    (void)pthread_mutex_unlock(&pool->lock);
    return MPOOL_OK;
}

mpool_err mpool_pool_pids(mpool_pool *pool, pid_t *pids, size_t room, size_t *count)
{
    mpool_err err = mp_host_check();

    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&pool->lock);
    memcpy(pids, pool->pids, (room < pool->workers ? room : pool->workers) * sizeof *pids);
    (void)pthread_mutex_unlock(&pool->lock);
    *count = pool->workers;
    return MPOOL_OK;
}
