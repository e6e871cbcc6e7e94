/*
 * pool/future.c - jobs submitted one by one, and their futures
 *
 * Runs in: the host; submit and free on application threads, complete() in the supervisor. Owns: futures, by
 * reference count: one for the application, one until the job has ended and its callback has returned.
 *
 * Jobs that are submitted in a row with the same task share a lot while the supervisor has not taken it, so that a
 * loop of submits makes frames as a map does.
 *
 * A future is OPEN until its job has ended. Without a callback it is DONE then; with one it is DUE, then CALLING on the
 * thread that was the first to take it (callback.c), and DONE when that has returned. Who waits for it (wait.c) hears
 * of DUE and of DONE, and nobody else does.
 */
#include "pool/future.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/wait.h"
#include "pool/callback.h"
#include "pool/host.h"
#include "pool/wait.h"

#include <mpool/pack.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

void mp_future_unref(mpool_future *future)
{
    if (atomic_fetch_sub_explicit(&future->refs, 1, memory_order_acq_rel) != 1)
        return;
    free((char *)(uintptr_t)future->result.shown.error);
    free((char *)(uintptr_t)future->result.shown.value);
    mp_result_fini(&future->result);
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

/* The job has ended; takes its reference. */
static void end_job(mpool_future *future, const mpool_result *result)
{
    struct mp_futures *all = future->all;
    bool calls = future->callback != NULL;

    (void)pthread_mutex_lock(&all->lock);
    future->result.shown = *result;
    if (calls)
        mp_callback_due(future);
    else
        mp_future_finish(future);
    (void)pthread_mutex_unlock(&all->lock);
    if (!calls)
        mp_future_unref(future);
}

static void complete(struct mp_sink *sink, struct mp_part *part)
{
    mpool_future **futures = (mpool_future **)(void *)part->lot->futures.data;
    size_t values_at = part->values_at;

    (void)sink;
    for (uint32_t i = 0; i < part->count; i++) {
        mpool_future *future = futures[part->at + i];
        mpool_result result;

        mp_part_result(part, i, &values_at, &result);
        if (future == NULL)
            continue;
        result.error = keep(result.error, result.error != NULL ? strlen(result.error) + 1 : 0);
        result.value = keep(result.value, result.value_size);
        end_job(future, &result);
    }
    mp_part_free(part);
}

static void destroy(struct mp_sink *sink)
{
    struct mp_futures *all = (struct mp_futures *)(void *)sink;

    (void)pthread_mutex_destroy(&all->lock);
    (void)pthread_cond_destroy(&all->changed);
    free(all);
}

struct mp_futures *mp_futures_new(void)
{
    struct mp_futures *all = calloc(1, sizeof *all);

    if (all == NULL)
        return NULL;
    if (pthread_mutex_init(&all->lock, NULL) != 0 || !mp_pool_init_cond(&all->changed)) {
        free(all);
        return NULL;
    }
    all->fd = -1;
    atomic_init(&all->sink.refs, 1);
    all->sink.deliver = complete;
    all->sink.destroy = destroy;
    return all;
}

/* ---- what is there ----------------------------------------------------------------------------------------------- */

void mp_future_show(mpool_future *future)
{
    struct mp_futures *all = future->all;

    future->there = true;
    all->there++;
    if (all->there == 1 && all->fd >= 0)
        (void)eventfd_write(all->fd, 1);
}

void mp_future_take(mpool_future *future)
{
    struct mp_futures *all = future->all;
    eventfd_t was;

    if (!future->there)
        return;
    future->there = false;
    all->there--;
    if (all->there == 0 && all->fd >= 0)
        (void)eventfd_read(all->fd, &was);
}

mpool_err mpool_pool_fd(mpool_pool *pool, int *fd)
{
    struct mp_futures *all;
    mpool_err err = mp_host_check();

    if (err != MPOOL_OK)
        return err;
    all = pool->futures;
    (void)pthread_mutex_lock(&all->lock);
    if (all->fd < 0)
        all->fd = mp_fd_raise(eventfd(all->there > 0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (all->fd >= 0)
        *fd = all->fd;
    else
        err = mp_error(MPOOL_E_SYSTEM, "eventfd: %m");
    (void)pthread_mutex_unlock(&all->lock);
    return err;
}

void mp_futures_close(struct mp_futures *all)
{
    (void)pthread_mutex_lock(&all->lock);
    if (all->fd >= 0)
        (void)close(all->fd);
    all->fd = -1;
    (void)pthread_mutex_unlock(&all->lock);
}

void mp_future_finish(mpool_future *future)
{
    bool calls = future->state == MP_FUTURE_CALLING;
    struct mp_wait_link *link = future->links;

    future->state = MP_FUTURE_DONE;
    future->links = NULL;
    if (!calls && !future->freed && link == NULL)
        mp_future_show(future);
    while (link != NULL) {
        struct mp_wait_link *next = link->next;

        mp_wait_done(link);
        link = next;
    }
}

/* ---- submit ------------------------------------------------------------------------------------------------------ */

/* The lot that the job can join: the last one in the inbox, if it has the same task. NULL: there is none. */
static struct mp_lot *joinable(const mpool_pool *pool, const mpool_task *task)
{
    struct mp_lot *lot = pool->inbox_last;

    if (lot == NULL || lot->sink != &pool->futures->sink || mp_lot_full(lot) || !mp_plan_is(lot->plan, task))
        return NULL;
    return lot;
}

static mpool_err new_lot(mpool_pool *pool, const mpool_task *task, struct mp_lot **lot)
{
    struct mp_plan *plan;
    mpool_err err = mp_plan_new(task, pool->totals, &pool->keys, &plan);

    if (err != MPOOL_OK)
        return err;
    *lot = mp_lot_new(plan, &pool->futures->sink);
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

/* A future for the job, if its result or its end are wanted; else NULL. */
static mpool_err new_future(mpool_pool *pool, const mpool_task *task, bool kept, mpool_future **result)
{
    mpool_future *future;

    *result = NULL;
    if (!kept && task->callback == NULL)
        return MPOOL_OK;
    future = calloc(1, sizeof *future);
    if (future == NULL)
        return mp_error_nomem();
    atomic_init(&future->refs, kept ? 2 : 1);
    future->freed = !kept;
    future->callback = task->callback;
    future->user = task->user;
    future->all = pool->futures;
    mp_sink_ref(&pool->futures->sink);
    future->pool = pool;
    mp_pool_ref(pool);
    mp_callback_expect(future);
    *result = future;
    return MPOOL_OK;
}

/* A future whose job was not submitted. */
static void drop_future(mpool_future *future)
{
    mp_callback_forget(future);
    atomic_store(&future->refs, 1);
    mp_future_unref(future);
}

static mpool_err submit_kept(mpool_pool *pool, const mpool_task *task, mpool_future **result, const char *format,
                             va_list args)
{
    mpool_future *future;
    struct timespec deadline;
    mpool_err err = mp_host_check();

    if (err == MPOOL_OK && (task == NULL || task->function == NULL))
        err = mp_error(MPOOL_E_INVAL, "a task without a function");
    if (err == MPOOL_OK)
        err = new_future(pool, task, result != NULL, &future);
    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&pool->lock);
    deadline = mp_pool_deadline(task->nowait ? 0 : MPOOL_FOREVER);
    err = mp_pool_await_room(pool, 1, &deadline);
    if (err == MPOOL_OK)
        err = submit(pool, task, future, format, args);
    if (err == MPOOL_OK && result != NULL)
        *result = future; /* with the lock held, so that its callback finds it set */
    (void)pthread_mutex_unlock(&pool->lock);
    if (err != MPOOL_OK && future != NULL)
        drop_future(future);
    return err;
}

mpool_err mpool_pool_submit(mpool_pool *pool, const mpool_task *task, mpool_future **future, const char *format, ...)
{
    mpool_err err;
    va_list args;

    va_start(args, format);
    err = submit_kept(pool, task, future, format, args);
    va_end(args);
    return err;
}

mpool_err mpool_pool_apply(mpool_pool *pool, const mpool_task *task, mpool_future **future, const mpool_result **result,
                           const char *format, ...)
{
    mpool_future *submitted;
    mpool_err err;
    va_list args;

    if (future == NULL)
        return mp_error(MPOOL_E_INVAL, "an application without a place for its future, which holds the result");
    va_start(args, format);
    err = submit_kept(pool, task, &submitted, format, args);
    va_end(args);
    if (err != MPOOL_OK)
        return err;
    err = mpool_future_wait(submitted, MPOOL_FOREVER, result);
    if (err == MPOOL_OK)
        *future = submitted;
    else
        mpool_future_free(submitted);
    return err;
}

/* ---- not wanted any more ----------------------------------------------------------------------------------------- */

mpool_err mpool_future_cancel(mpool_future *future, int64_t grace_ms)
{
    mpool_err err = mp_host_check_process();

    if (err != MPOOL_OK)
        return err;
    return mp_pool_cancel(future->pool, (struct mp_wish){.number = future->number, .grace_ms = grace_ms});
}

void mpool_future_free(mpool_future *future)
{
    struct mp_futures *all;

    if (future == NULL || mp_host_check_process() != MPOOL_OK)
        return;
    all = future->all;
    (void)pthread_mutex_lock(&all->lock);
    future->freed = true;
    if (future->state == MP_FUTURE_DONE)
        mp_future_take(future);
    (void)pthread_mutex_unlock(&all->lock);
    mp_future_unref(future);
}
