/*
 * pool/future.c - jobs submitted one by one, and their futures
 *
 * Runs in: the host; submit and free on application threads, complete() in the supervisor. Owns: futures, by
 * reference count: one for the application, one until the job has ended and its callback has returned.
 *
 * Jobs that are submitted in a row with the same task share a lot while the supervisor has not taken it, so that a
 * loop of submits makes frames as a map does. Arguments that are not short are packed without the pool's lock, into a
 * lot of their own: the supervisor takes that lock many times a second.
 *
 * A future is OPEN until its job has ended. Without a callback it is DONE then; with one it is DUE, then CALLING on the
 * thread that was the first to take it (callback.c), and DONE when that has returned. Who waits for it (wait.c) hears
 * of DUE and of DONE, and nobody else does. A result in the arena stays there until somebody waits for it, or its
 * callback is called, and is then copied by that thread, in its own time.
 */
#include "pool/future.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/wait.h"
#include "pool/block.h"
#include "pool/callback.h"
#include "pool/host.h"
#include "pool/wait.h"

#include <mpool/pack.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SHORT_BYTES ((size_t)64 << 10) /* arguments that are packed under the lock */

void mp_future_unref(mpool_future *future)
{
    if (atomic_fetch_sub_explicit(&future->refs, 1, memory_order_acq_rel) != 1)
        return;
    mp_block_give(MP_BLOCK_KEPT, &future->block);
    free((char *)(uintptr_t)future->result.shown.error);
    free((char *)(uintptr_t)future->result.shown.value);
    mp_buf_free(&future->captured);
    mp_result_fini(&future->result);
    mp_dossier_unref(future->dossier);
    mp_sink_unref(&future->all->sink);
    mp_pool_unref(future->pool);
    free(future);
}

/* NULL: out of memory. */
static mpool_future *make_future(mpool_pool *pool, mpool_callback *callback, void *user, bool kept)
{
    mpool_future *future = calloc(1, sizeof *future);

    if (future == NULL)
        return NULL;
    atomic_init(&future->refs, kept ? 2 : 1);
    future->freed = !kept;
    future->callback = callback;
    future->user = user;
    future->all = pool->futures;
    mp_sink_ref(&pool->futures->sink);
    future->pool = pool;
    mp_pool_ref(pool);
    mp_callback_expect(future);
    return future;
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
static void end_job(mpool_future *future, const mpool_result *result, struct mp_part *part, struct mp_block block)
{
    struct mp_futures *all = future->all;
    bool calls = future->callback != NULL;

    (void)pthread_mutex_lock(&all->lock);
    future->result.shown = *result;
    future->dossier = part->dossier;
    mp_dossier_ref(part->dossier);
    future->captured = part->captured; /* if there is something, it is the part of one job */
    part->captured = (struct mp_buf){0};
    future->block = block;
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
        struct mp_block block;
        mpool_result result;

        mp_part_result(part, i, &values_at, &result);
        if (future == NULL)
            continue;
        block = mp_part_take_block(part);
        mp_block_keep(&block);
        result.error = keep(result.error, result.error != NULL ? strlen(result.error) + 1 : 0);
        result.value = keep(result.value, result.value_size);
        end_job(future, &result, part, block);
    }
    mp_part_free(part);
}

/* A job that has a callback has it for its children, too. */
static void adopt(struct mp_sink *sink, struct mp_lot *lot, const struct mp_lot *parent, uint32_t parent_at,
                  const struct mp_birth *births)
{
    mpool_future *const *futures = (mpool_future *const *)(const void *)parent->futures.data;

    (void)sink;
    while (!mp_buf_reserve(&lot->futures, lot->count * sizeof(mpool_future *)))
        mp_wait_for_memory();
    for (uint32_t i = 0; i < lot->count; i++) {
        const mpool_future *of = futures[parent_at + births[i].at];
        mpool_future *future = NULL;

        while (of != NULL && of->callback != NULL &&
               (future = make_future(of->pool, of->callback, of->user, false)) == NULL)
            mp_wait_for_memory();
        if (future != NULL)
            future->number = lot->first + i;
        (void)mp_buf_add(&lot->futures, &future, sizeof(mpool_future *));
    }
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
    all->sink.adopt = adopt;
    all->sink.destroy = destroy;
    return all;
}

/* ---- values in the arena ----------------------------------------------------------------------------------------- */

mpool_err mp_future_take_value(mpool_future *future)
{
    struct mp_futures *all = future->all;
    void *copy = NULL;
    mpool_err err = MPOOL_OK;

    (void)pthread_mutex_lock(&all->lock);
    while (future->copying)
        (void)pthread_cond_wait(&all->changed, &all->lock);
    if (future->block.size > 0) {
        future->copying = true;
        (void)pthread_mutex_unlock(&all->lock);
        err = mp_block_copy(&future->block, &copy);
        if (err == MPOOL_OK)
            mp_block_give(MP_BLOCK_KEPT, &future->block);
        (void)pthread_mutex_lock(&all->lock);
        if (err == MPOOL_OK)
            future->result.shown.value = copy;
        future->copying = false;
        (void)pthread_cond_broadcast(&all->changed);
    }
    (void)pthread_mutex_unlock(&all->lock);
    return err;
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

/* What mpool_pool_submit() was called with. */
struct call {
    const mpool_task *task;
    mpool_future *future; /* NULL: neither the result nor the end is wanted */
    mpool_future **kept;  /* where the caller wants it; NULL: nowhere */
    const char *format;
    va_list *args;
};

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
    mpool_err err = mp_plan_new(task, pool, &plan);

    if (err != MPOOL_OK)
        return err;
    *lot = mp_lot_new(plan, &pool->futures->sink);
    mp_plan_unref(plan);
    return *lot != NULL ? MPOOL_OK : mp_error_nomem();
}

/* Adds the job to the lot, whole or not at all: MPOOL_E_TOOBIG, if its arguments are larger than `most`. */
static mpool_err add_job(struct mp_lot *lot, size_t most, const struct call *call)
{
    struct mp_buf_writer writer;
    msgpack_packer packer;
    mpool_err err;

    mp_lot_open_job(lot, most, &writer);
    msgpack_packer_init(&packer, &writer, mp_buf_write_bounded);
    err = mpool_vpack(&packer, call->format != NULL ? call->format : "n", *call->args);
    if (err != MPOOL_OK && writer.refused == 0) {
        mp_lot_drop_job(lot);
        return err;
    }
    if (!mp_buf_add(&lot->futures, &call->future, sizeof(mpool_future *))) {
        mp_lot_drop_job(lot);
        return mp_error_nomem();
    }
    err = mp_lot_close_job(lot, &writer, call->task->tag);
    if (err != MPOOL_OK)
        lot->futures.size -= sizeof(mpool_future *);
    return err;
}

/* With the pool's lock held, so that the job's callback finds its future set, and it can be cancelled. */
static void note_job(const struct call *call, uint64_t number)
{
    if (call->future != NULL)
        call->future->number = number;
    if (call->kept != NULL)
        *call->kept = call->future;
}

/* With the pool's lock held: a job with short arguments; MPOOL_E_TOOBIG if they are not. */
static mpool_err submit_short(mpool_pool *pool, const struct call *call)
{
    struct mp_lot *lot = joinable(pool, call->task);
    bool joined = lot != NULL;
    mpool_err err = joined ? MPOOL_OK : new_lot(pool, call->task, &lot);

    if (err != MPOOL_OK)
        return err;
    err = add_job(lot, SHORT_BYTES, call);
    if (err == MPOOL_OK && !joined) {
        lot->first = lot->first_index = pool->next_job;
        mp_pool_put(pool, lot);
    }
    if (err == MPOOL_OK) {
        note_job(call, pool->next_job++);
        pool->open_jobs++;
    } else if (!joined) {
        mp_lot_unref(lot);
    }
    return err;
}

/* Without the lock: a job whose arguments take their time. */
static mpool_err submit_long(mpool_pool *pool, const struct call *call, const struct timespec *deadline)
{
    struct mp_lot *lot;
    mpool_err err = new_lot(pool, call->task, &lot);

    if (err != MPOOL_OK)
        return err;
    err = add_job(lot, MPOOL_ARGS_MAX, call);
    if (err == MPOOL_OK)
        err = mp_pool_place_args(pool, lot, deadline);
    if (err == MPOOL_OK) {
        (void)pthread_mutex_lock(&pool->lock);
        err = mp_pool_await_room(pool, 1, deadline);
        if (err == MPOOL_OK) {
            lot->first = lot->first_index = pool->next_job;
            note_job(call, pool->next_job++);
            pool->open_jobs++;
            mp_pool_put(pool, lot);
        }
        (void)pthread_mutex_unlock(&pool->lock);
    }
    if (err != MPOOL_OK)
        mp_lot_unref(lot);
    return err;
}

static mpool_err submit(mpool_pool *pool, const struct call *call)
{
    struct timespec deadline = mp_pool_deadline(call->task->nowait ? 0 : MPOOL_FOREVER);
    mpool_err err;

    (void)pthread_mutex_lock(&pool->lock);
    err = mp_pool_await_room(pool, 1, &deadline);
    if (err == MPOOL_OK)
        err = submit_short(pool, call);
    (void)pthread_mutex_unlock(&pool->lock);
    return err == MPOOL_E_TOOBIG ? submit_long(pool, call, &deadline) : err;
}

/* A future for the job, if its result or its end are wanted; else NULL. */
static mpool_err new_future(mpool_pool *pool, const mpool_task *task, bool kept, mpool_future **result)
{
    *result = NULL;
    if (!kept && task->callback == NULL)
        return MPOOL_OK;
    *result = make_future(pool, task->callback, task->user, kept);
    return *result != NULL ? MPOOL_OK : mp_error_nomem();
}

/* A future whose job was not submitted. */
static void drop_future(mpool_future *future)
{
    mp_callback_forget(future);
    atomic_store(&future->refs, 1);
    mp_future_unref(future);
}

static mpool_err submit_kept(mpool_pool *pool, const mpool_task *task, mpool_future **result, const char *format,
                             va_list *args)
{
    struct call call = {.task = task, .kept = result, .format = format, .args = args};
    mpool_future *future;
    mpool_err err = mp_host_check();

    if (err == MPOOL_OK && (task == NULL || task->function == NULL))
        err = mp_error(MPOOL_E_INVAL, "a task without a function");
    if (err == MPOOL_OK)
        err = new_future(pool, task, result != NULL, &future);
    if (err != MPOOL_OK)
        return err;
    call.future = future;
    err = submit(pool, &call);
    if (err != MPOOL_OK && future != NULL)
        drop_future(future);
    return err;
}

mpool_err mpool_pool_submit(mpool_pool *pool, const mpool_task *task, mpool_future **future, const char *format, ...)
{
    mpool_err err;
    va_list args;

    va_start(args, format);
    err = submit_kept(pool, task, future, format, &args);
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
    *future = NULL;
    va_start(args, format);
    err = submit_kept(pool, task, &submitted, format, &args);
    va_end(args);
    if (err != MPOOL_OK)
        return err;
    err = mpool_future_wait(submitted, MPOOL_FOREVER, result);
    *future = submitted; /* also if there was no memory for the value: it can be taken again */
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
