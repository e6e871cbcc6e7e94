/*
 * pool/wait.c - wait for one, any or all of some futures
 *
 * Runs in: the host, on application threads, but due() and done(), which whoever completes a future calls. Owns:
 * nothing that outlives the call.
 *
 * A thread that waits leaves a link at each future, and sleeps on a condition of its own: so the end of a job wakes
 * those who wait for that job, once they have all they wait for, and not each thread that waits for anything. The
 * futures may be of several pools; what the thread counts is therefore under a lock of its own, taken after a future's.
 */
#include "pool/wait.h"

#include "base/error.h"
#include "pool/callback.h"
#include "pool/host.h"

#include <errno.h>
#include <stdlib.h>

#define LINKS_ON_STACK 16

/* A call of mpool_wait() or mpool_future_wait(); on the thread's stack. */
struct mp_wait {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t left; /* so many futures have to be done before it is over */
    bool first_exception;
    struct mp_wait_link *due_first; /* their callbacks may be run by this thread */
    struct mp_wait_link *due_last;
};

/* ---- called under a future's lock -------------------------------------------------------------------------------- */

void mp_wait_due(struct mp_wait_link *link)
{
    struct mp_wait *wait = link->wait;

    (void)pthread_mutex_lock(&wait->lock);
    if (wait->due_last != NULL)
        wait->due_last->next_due = link;
    else
        wait->due_first = link;
    wait->due_last = link;
    (void)pthread_cond_signal(&wait->changed);
    (void)pthread_mutex_unlock(&wait->lock);
}

void mp_wait_done(struct mp_wait_link *link)
{
    struct mp_wait *wait = link->wait;

    (void)pthread_mutex_lock(&wait->lock);
    if (wait->left > 0)
        wait->left--;
    if (wait->first_exception && link->future->result.shown.status != MPOOL_DONE)
        wait->left = 0;
    if (wait->left == 0)
        (void)pthread_cond_signal(&wait->changed);
    (void)pthread_mutex_unlock(&wait->lock);
}

/* With the future's lock held: is there nothing more to wait for? A callback does not wait for its own end. */
static bool is_over(const mpool_future *future)
{
    return future->state == MP_FUTURE_DONE || mp_callback_is_mine(future);
}

/* ---- the waiting thread ------------------------------------------------------------------------------------------ */

static void attach(struct mp_wait_link *link)
{
    mpool_future *future = link->future;

    (void)pthread_mutex_lock(&future->all->lock);
    if (is_over(future)) {
        mp_wait_done(link);
    } else {
        link->next = future->links;
        future->links = link;
        if (future->state == MP_FUTURE_DUE)
            mp_wait_due(link);
    }
    (void)pthread_mutex_unlock(&future->all->lock);
}

/* Is it done? If so, this thread tells. */
static bool detach(struct mp_wait_link *link)
{
    mpool_future *future = link->future;
    struct mp_wait_link **place = &future->links;
    bool over;

    (void)pthread_mutex_lock(&future->all->lock);
    while (*place != NULL && *place != link)
        place = &(*place)->next;
    if (*place != NULL)
        *place = link->next;
    over = is_over(future);
    if (over)
        mp_future_take(future);
    (void)pthread_mutex_unlock(&future->all->lock);
    return over;
}

/* Sleeps until the wait is over, and runs the callbacks of what it waits for. Errors: MPOOL_E_TIMEOUT. */
static mpool_err sleep_until_over(struct mp_wait *wait, const struct timespec *deadline)
{
    int waited = 0;
    bool over;

    (void)pthread_mutex_lock(&wait->lock);
    while (wait->left > 0 && (wait->due_first != NULL || waited != ETIMEDOUT)) {
        struct mp_wait_link *link = wait->due_first;

        if (link == NULL) {
            waited = pthread_cond_timedwait(&wait->changed, &wait->lock, deadline);
            continue;
        }
        wait->due_first = link->next_due;
        if (wait->due_first == NULL)
            wait->due_last = NULL;
        (void)pthread_mutex_unlock(&wait->lock);
        mp_callback_run(link->future);
        (void)pthread_mutex_lock(&wait->lock);
    }
    over = wait->left == 0;
    (void)pthread_mutex_unlock(&wait->lock);
    return over ? MPOOL_OK : MPOOL_E_TIMEOUT;
}

/* Waits until `left` of the links' futures are done; says in `done`, if not NULL, which are. */
static mpool_err wait_for(struct mp_wait_link *links, size_t count, size_t left, bool first_exception,
                          int64_t timeout_ms, bool *done)
{
    struct timespec deadline = mp_pool_deadline(timeout_ms);
    struct mp_wait wait = {.lock = PTHREAD_MUTEX_INITIALIZER, .left = left, .first_exception = first_exception};
    mpool_err err;

    if (!mp_pool_init_cond(&wait.changed))
        return mp_error_nomem();
    for (size_t i = 0; i < count; i++) {
        links[i].wait = &wait;
        if (links[i].future != NULL)
            attach(&links[i]);
    }
    err = sleep_until_over(&wait, &deadline);
    for (size_t i = 0; i < count; i++) {
        bool over = links[i].future != NULL && detach(&links[i]);

        if (done != NULL)
            done[i] = over;
    }
    (void)pthread_cond_destroy(&wait.changed);
    (void)pthread_mutex_destroy(&wait.lock);
    return err;
}

/* ---- the calls --------------------------------------------------------------------------------------------------- */

mpool_err mpool_future_wait(mpool_future *future, int64_t timeout_ms, const mpool_result **result)
{
    struct mp_wait_link link = {.future = future};
    mpool_err err = mp_host_check_process();

    if (err == MPOOL_OK && future == NULL)
        err = mp_error(MPOOL_E_INVAL, "a wait for no future; was its job submitted?");
    if (err == MPOOL_OK)
        err = wait_for(&link, 1, 1, false, timeout_ms, NULL);
    if (err == MPOOL_E_TIMEOUT)
        err = mp_error(err, "the job has not ended within %lld ms", (long long)timeout_ms);
    if (err == MPOOL_OK && result != NULL)
        err = mp_future_take_value(future);
    if (err == MPOOL_OK && result != NULL)
        *result = &future->result.shown;
    return err;
}

bool mpool_future_done(mpool_future *future)
{
    bool over;

    if (mp_host_check_process() != MPOOL_OK)
        return false;
    mp_callback_run(future);
    (void)pthread_mutex_lock(&future->all->lock);
    over = is_over(future);
    if (over)
        mp_future_take(future);
    (void)pthread_mutex_unlock(&future->all->lock);
    return over;
}

mpool_err mpool_wait(mpool_future *const *futures, size_t count, mpool_return_when when, int64_t timeout_ms, bool *done)
{
    struct mp_wait_link some[LINKS_ON_STACK] = {0}, *links = some;
    size_t there = 0;
    mpool_err err = mp_host_check_process();

    if (err != MPOOL_OK)
        return err;
    if (when != MPOOL_ALL_COMPLETED && when != MPOOL_FIRST_COMPLETED && when != MPOOL_FIRST_EXCEPTION)
        return mp_error(MPOOL_E_INVAL, "%d is no mpool_return_when", (int)when);
    if (futures == NULL && count > 0)
        return mp_error(MPOOL_E_INVAL, "a wait for %zu futures that are nowhere", count);
    if (count > LINKS_ON_STACK)
        links = calloc(count, sizeof *links);
    if (links == NULL)
        return mp_error_nomem();
    for (size_t i = 0; i < count; i++) {
        links[i].future = futures[i];
        there += futures[i] != NULL;
    }
    if (there == 0 && when == MPOOL_FIRST_COMPLETED)
        err = mp_error(MPOOL_E_END, "there is no future to wait for");
    else
        err = wait_for(links, count, when == MPOOL_FIRST_COMPLETED ? 1 : there, when == MPOOL_FIRST_EXCEPTION,
                       timeout_ms, done);
    if (err == MPOOL_E_TIMEOUT)
        err = mp_error(err, "of %zu jobs, some have not ended within %lld ms", there, (long long)timeout_ms);
    if (links != some)
        free(links);
    return err;
}
