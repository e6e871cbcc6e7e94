/*
 * pool/future.c - jobs submitted one by one, and their futures
 *
 * Runs in: the host; submit, wait and free on application threads, complete() in the supervisor. Owns: futures, by
 * reference count: one for the application, one until the job has ended.
 *
 * Jobs that are submitted in a row with the same task share a lot while the supervisor has not taken it, so that a
 * loop of submits makes frames as a map does.
 */
#include "base/error.h"
#include "base/wait.h"
#include "pool/host.h"
#include "pool/pool.h"
#include "pool/sink.h"
#include "serialize/result.h"

#include <mpool/pack.h>

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* One for each pool: what all its futures share. */
struct futures {
    struct mp_sink sink;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a future has its result */
};

struct mpool_future {
    atomic_uint refs;
    struct futures *all;
    mpool_pool *pool;           /* holds a reference */
    uint64_t number;            /* of the job, constant when submit has returned */
    bool done;                  /* under the lock; the result is constant once it is set */
    struct mp_result result;    /* its value and error are owned */
    struct mp_dossier *dossier; /* of the result; holds a reference */
    struct mp_buf captured;     /* likewise */
};

static void unref(mpool_future *future)
{
    if (atomic_fetch_sub_explicit(&future->refs, 1, memory_order_acq_rel) != 1)
        return;
    free((char *)(uintptr_t)future->result.shown.error);
    free((char *)(uintptr_t)future->result.shown.value);
    mp_buf_free(&future->captured);
    mp_result_fini(&future->result);
    mp_dossier_unref(future->dossier);
    mp_sink_unref(&future->all->sink);
    mp_pool_unref(future->pool);
    free(future);
}

/* ---- the supervisor's side --------------------------------------------------------------------------------------- */

/* A copy that the future owns. Without memory the result would be lost, so it is waited for. */
static void *keep(const void *data, size_t size)
{
    void *copy;

    if (data == NULL)
        return NULL;
    while ((copy = malloc(size > 0 ? size : 1)) == NULL)
        mp_wait_for_memory();
    memcpy(copy, data, size);
    return copy;
}

static void complete(struct mp_sink *sink, struct mp_part *part)
{
    struct futures *all = (struct futures *)(void *)sink;
    mpool_future **futures = (mpool_future **)(void *)part->lot->futures.data;
    size_t values_at = part->values_at;

    for (uint32_t i = 0; i < part->count; i++) {
        mpool_future *future = futures[part->at + i];
        mpool_result result;

        mp_part_result(part, i, &values_at, &result);
        if (future == NULL)
            continue;
        result.error = keep(result.error, result.error != NULL ? strlen(result.error) + 1 : 0);
        result.value = keep(result.value, result.value_size);
        mp_dossier_ref(part->dossier);
        (void)pthread_mutex_lock(&all->lock);
        future->result.shown = result;
        future->dossier = part->dossier;
        future->captured = part->captured; /* if there is something, it is the part of one job */
        part->captured = (struct mp_buf){0};
        future->done = true;
        (void)pthread_mutex_unlock(&all->lock);
        unref(future);
    }
    (void)pthread_mutex_lock(&all->lock);
    (void)pthread_cond_broadcast(&all->changed);
    (void)pthread_mutex_unlock(&all->lock);
    mp_part_free(part);
}

static void destroy(struct mp_sink *sink)
{
    struct futures *all = (struct futures *)(void *)sink;

    (void)pthread_mutex_destroy(&all->lock);
    (void)pthread_cond_destroy(&all->changed);
    free(all);
}

struct mp_sink *mp_futures_new(void)
{
    struct futures *all = calloc(1, sizeof *all);

    if (all == NULL)
        return NULL;
    if (pthread_mutex_init(&all->lock, NULL) != 0 || !mp_pool_init_cond(&all->changed)) {
        free(all);
        return NULL;
    }
    atomic_init(&all->sink.refs, 1);
    all->sink.deliver = complete;
    all->sink.destroy = destroy;
    return &all->sink;
}

/* ---- submit ------------------------------------------------------------------------------------------------------ */

/* The lot that the job can join: the last one in the inbox, if it has the same task. NULL: there is none. */
static struct mp_lot *joinable(const mpool_pool *pool, const mpool_task *task)
{
    struct mp_lot *lot = pool->inbox_last;

    if (lot == NULL || lot->sink != pool->futures || mp_lot_full(lot) || !mp_plan_is(lot->plan, task))
        return NULL;
    return lot;
}

static mpool_err new_lot(mpool_pool *pool, const mpool_task *task, struct mp_lot **lot)
{
    struct mp_plan *plan;
    mpool_err err = mp_plan_new(task, pool, &plan);

    if (err != MPOOL_OK)
        return err;
    *lot = mp_lot_new(plan, pool->futures);
    mp_plan_unref(plan);
    return *lot != NULL ? MPOOL_OK : mp_error_nomem();
}

/* Adds the job to the lot, whole or not at all. */
static mpool_err add_job(struct mp_lot *lot, uint64_t tag, mpool_future *future, const char *format, va_list args)
{
    size_t before = lot->args.size;
    msgpack_packer packer;
    mpool_err err;

    msgpack_packer_init(&packer, &lot->args, mp_buf_write);
    err = mpool_vpack(&packer, format != NULL ? format : "n", args);
    if (err != MPOOL_OK) {
        lot->args.size = before;
        return err;
    }
    if (!mp_buf_add(&lot->futures, &future, sizeof(mpool_future *))) {
        lot->args.size = before;
        return mp_error_nomem();
    }
    err = mp_lot_close_job(lot, tag);
    if (err != MPOOL_OK)
        lot->futures.size -= sizeof(mpool_future *);
    return err;
}

/* With the pool's lock held. */
static mpool_err submit(mpool_pool *pool, const mpool_task *task, mpool_future *future, const char *format,
                        va_list args)
{
    struct mp_lot *lot = joinable(pool, task);
    bool joined = lot != NULL;
    mpool_err err = joined ? MPOOL_OK : new_lot(pool, task, &lot);

    if (err != MPOOL_OK)
        return err;
    err = add_job(lot, task->tag, future, format, args);
    if (err == MPOOL_OK && !joined) {
        lot->first = lot->first_index = pool->next_job;
        mp_pool_put(pool, lot);
    }
    if (err == MPOOL_OK) {
        if (future != NULL)
            future->number = pool->next_job;
        pool->next_job++;
        pool->open_jobs++;
    } else if (!joined) {
        mp_lot_unref(lot);
    }
    return err;
}

mpool_err mpool_pool_submit(mpool_pool *pool, const mpool_task *task, mpool_future **result, const char *format, ...)
{
    mpool_future *future = NULL;
    mpool_err err = mp_host_check();
    struct timespec deadline;
    va_list args;

    if (err != MPOOL_OK)
        return err;
    if (task == NULL || task->function == NULL)
        return mp_error(MPOOL_E_INVAL, "a task without a function");
    if (result != NULL) {
        future = calloc(1, sizeof *future);
        if (future == NULL)
            return mp_error_nomem();
        atomic_init(&future->refs, 2);
        future->all = (struct futures *)(void *)pool->futures;
        mp_sink_ref(pool->futures);
        future->pool = pool;
        mp_pool_ref(pool);
    }
    va_start(args, format);
    (void)pthread_mutex_lock(&pool->lock);
    deadline = mp_pool_deadline(task->nowait ? 0 : MPOOL_FOREVER);
    err = mp_pool_await_room(pool, 1, &deadline);
    if (err == MPOOL_OK)
        err = submit(pool, task, future, format, args);
    (void)pthread_mutex_unlock(&pool->lock);
    va_end(args);
    if (err == MPOOL_OK && result != NULL)
        *result = future;
    if (err != MPOOL_OK && future != NULL) {
        atomic_store(&future->refs, 1);
        unref(future);
    }
    return err;
}

/* ---- wait -------------------------------------------------------------------------------------------------------- */

mpool_err mpool_future_wait(mpool_future *future, int64_t timeout_ms, const mpool_result **result)
{
    struct timespec deadline = mp_pool_deadline(timeout_ms);
    mpool_err err = mp_host_check_process();

    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&future->all->lock);
    while (err == MPOOL_OK && !future->done)
        if (pthread_cond_timedwait(&future->all->changed, &future->all->lock, &deadline) == ETIMEDOUT && !future->done)
            err = mp_error(MPOOL_E_TIMEOUT, "the job has not ended within %lld ms", (long long)timeout_ms);
    (void)pthread_mutex_unlock(&future->all->lock);
    if (err == MPOOL_OK && result != NULL)
        *result = &future->result.shown;
    return err;
}

mpool_err mpool_future_cancel(mpool_future *future, int64_t grace_ms)
{
    mpool_err err = mp_host_check_process();

    if (err != MPOOL_OK)
        return err;
    return mp_pool_cancel(future->pool, (struct mp_wish){.number = future->number, .grace_ms = grace_ms});
}

void mpool_future_free(mpool_future *future)
{
    if (future != NULL && mp_host_check_process() == MPOOL_OK)
        unref(future);
}
