/*
 * pool/callback.c - callbacks of jobs that have ended, and the threads that run them
 *
 * Runs in: the host; due() in the supervisor, all else on application threads. Owns: the list of what is due, and the
 * jobs' references of the futures in it.
 *
 * A callback runs where the program has asked for it: on a thread that dispatches, or that waits for the callback's own
 * job. It does not run on a thread that waits for something else, since that one may hold a lock of the program's which
 * the callback wants. No lock of ours is held meanwhile, so a callback may call whatever it likes, and a thread can be
 * inside of several: each knows those that are its own, so as not to wait for itself.
 */
#include "pool/callback.h"

#include "base/error.h"
#include "base/wait.h"
#include "pool/host.h"
#include "pool/wait.h"

#include <errno.h>

/* A callback that this thread is inside of; on its stack. */
struct frame {
    struct frame *outer;
    const mpool_future *future;
};

static _Thread_local struct frame *innermost;

/* How many callbacks of the pool this thread is inside of. */
static size_t count_mine(const struct mp_futures *all)
{
    size_t count = 0;

    for (const struct frame *frame = innermost; frame != NULL; frame = frame->outer)
        count += frame->future->all == all;
    return count;
}

bool mp_callback_is_mine(const mpool_future *future)
{
    return future->state == MP_FUTURE_CALLING && pthread_equal(future->caller, pthread_self());
}

/* ---- what is due ------------------------------------------------------------------------------------------------- */

void mp_callback_expect(const mpool_future *future)
{
    struct mp_futures *all = future->all;

    if (future->callback == NULL)
        return;
    (void)pthread_mutex_lock(&all->lock);
    all->callbacks++;
    (void)pthread_mutex_unlock(&all->lock);
}

/* With the lock held: there is one callback less to wait for. */
static void discount(struct mp_futures *all)
{
    all->callbacks--;
    (void)pthread_cond_broadcast(&all->changed);
}

void mp_callback_forget(const mpool_future *future)
{
    struct mp_futures *all = future->all;

    if (future->callback == NULL)
        return;
    (void)pthread_mutex_lock(&all->lock);
    discount(all);
    (void)pthread_mutex_unlock(&all->lock);
}

void mp_callback_due(mpool_future *future)
{
    struct mp_futures *all = future->all;

    future->state = MP_FUTURE_DUE;
    future->due_previous = all->due_last;
    if (all->due_last != NULL)
        all->due_last->due_next = future;
    else
        all->due_first = future;
    all->due_last = future;
    all->due_count++;
    mp_future_show(future);
    for (struct mp_wait_link *link = future->links; link != NULL; link = link->next)
        mp_wait_due(link);
    (void)pthread_cond_broadcast(&all->changed);
}

/* With the lock held: this thread, and no other, runs the callback. */
static void claim(mpool_future *future)
{
    struct mp_futures *all = future->all;

    if (future->due_previous != NULL)
        future->due_previous->due_next = future->due_next;
    else
        all->due_first = future->due_next;
    if (future->due_next != NULL)
        future->due_next->due_previous = future->due_previous;
    else
        all->due_last = future->due_previous;
    future->due_next = future->due_previous = NULL;
    all->due_count--;
    mp_future_take(future);
    future->state = MP_FUTURE_CALLING;
    future->caller = pthread_self();
}

/* Without the lock: runs what was claimed, and gives back the job's reference. */
static void call(mpool_future *future)
{
    struct mp_futures *all = future->all;
    struct frame frame = {.outer = innermost, .future = future};

    while (mp_future_take_value(future) != MPOOL_OK)
        mp_wait_for_memory();
    innermost = &frame;
    future->callback(future->user, &future->result.shown);
    innermost = frame.outer;
    (void)pthread_mutex_lock(&all->lock);
    mp_future_finish(future);
    discount(all);
    (void)pthread_mutex_unlock(&all->lock);
    mp_future_unref(future);
}

void mp_callback_run(mpool_future *future)
{
    struct mp_futures *all = future->all;
    bool due;

    (void)pthread_mutex_lock(&all->lock);
    due = future->state == MP_FUTURE_DUE;
    if (due)
        claim(future);
    (void)pthread_mutex_unlock(&all->lock);
    if (due)
        call(future);
}

/* ---- dispatch ---------------------------------------------------------------------------------------------------- */

/* With the lock held: waits until a callback is due. Errors: MPOOL_E_END (none will be), MPOOL_E_TIMEOUT. */
static mpool_err await_due(struct mp_futures *all, const struct timespec *deadline)
{
    size_t mine = count_mine(all);
    int waited = 0;

    while (all->due_first == NULL && all->callbacks > mine && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&all->changed, &all->lock, deadline);
    if (all->due_first != NULL)
        return MPOOL_OK;
    return all->callbacks > mine ? MPOOL_E_TIMEOUT : MPOOL_E_END;
}

/* Runs as many callbacks as are due now: what falls due meanwhile is for the next time, else it might never end. */
static mpool_err dispatch(struct mp_futures *all, const struct timespec *deadline)
{
    mpool_err err;
    size_t count;

    (void)pthread_mutex_lock(&all->lock);
    err = await_due(all, deadline);
    count = all->due_count;
    while (count-- > 0 && all->due_first != NULL) {
        mpool_future *future = all->due_first;

        claim(future);
        (void)pthread_mutex_unlock(&all->lock);
        call(future);
        (void)pthread_mutex_lock(&all->lock);
    }
    (void)pthread_mutex_unlock(&all->lock);
    return err;
}

mpool_err mpool_pool_dispatch(mpool_pool *pool, int64_t timeout_ms)
{
    struct timespec deadline = mp_pool_deadline(timeout_ms);
    struct mp_futures *all;
    mpool_err err = mp_host_check();

    if (err != MPOOL_OK)
        return err;
    all = pool->futures;
    mp_sink_ref(&all->sink); /* a callback may free the pool */
    err = dispatch(all, &deadline);
    mp_sink_unref(&all->sink);
    if (err == MPOOL_E_TIMEOUT)
        return mp_error(err, "no job with a callback has ended within %lld ms", (long long)timeout_ms);
    if (err == MPOOL_E_END)
        return mp_error(err, "the pool has no job with a callback");
    return err;
}

mpool_err mp_callback_finish(struct mp_futures *all, const struct timespec *deadline)
{
    mpool_err err;

    while ((err = dispatch(all, deadline)) == MPOOL_OK)
        continue;
    return err == MPOOL_E_END ? MPOOL_OK : mp_error(err, "a callback has not returned");
}
