/*
 * pool/pause.c - a pool that stands still for a while
 *
 * Runs in: the host; mpool_pool_pause() and mpool_pool_resume() on application threads, the rest on the supervisor.
 * Owns: nothing.
 *
 * The supervisor itself stands still: it hears nothing, and its clock, by which all limits go, is put back by the time
 * that went by. So it does not matter what else is stopped meanwhile, the host with it. Workers are stopped by the fork
 * server, to which their process ids belong. One that is born meanwhile has nothing to do, and stops as well.
 *
 * If the host dies the fork server kills the workers, stopped or not. If the fork server dies, its workers do; the
 * supervisor hears of it afterwards.
 */
#include "pool/pause.h"

#include "base/error.h"
#include "pool/feed.h"
#include "pool/host.h"

#include <signal.h>

static void signal_workers(struct mp_supervisor *sup, int number)
{
    for (unsigned slot = 0; slot < sup->pool->workers; slot++)
        if (sup->seats[slot].channel != NULL && !sup->seats[slot].dead)
            mp_feed_signal(sup, slot, number);
}

void mp_pause_stand(struct mp_supervisor *sup)
{
    mpool_pool *pool = sup->pool;
    int64_t since_ms;
    bool paused;

    (void)pthread_mutex_lock(&pool->lock);
    paused = pool->paused && !pool->terminated;
    (void)pthread_mutex_unlock(&pool->lock);
    if (!paused)
        return;
    since_ms = mp_clock_ms();
    signal_workers(sup, SIGTSTP);
    (void)pthread_mutex_lock(&pool->lock);
    pool->stands = true;
    (void)pthread_cond_broadcast(&pool->changed);
    while (pool->paused && !pool->terminated)
        (void)pthread_cond_wait(&pool->changed, &pool->lock);
    pool->stands = false;
    (void)pthread_mutex_unlock(&pool->lock);
    sup->stall_ms += mp_clock_ms() - since_ms;
    signal_workers(sup, SIGCONT);
}

mpool_err mpool_pool_pause(mpool_pool *pool)
{
    mpool_err err = mp_host_check();

    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&pool->lock);
    pool->paused = true;
    mp_pool_wake(pool);
    while (pool->paused && !pool->stands && !pool->terminated && !pool->ended)
        (void)pthread_cond_wait(&pool->changed, &pool->lock);
    (void)pthread_mutex_unlock(&pool->lock);
    return MPOOL_OK;
}

mpool_err mpool_pool_resume(mpool_pool *pool)
{
    mpool_err err = mp_host_check();

    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&pool->lock);
    pool->paused = false;
    (void)pthread_cond_broadcast(&pool->changed);
    (void)pthread_mutex_unlock(&pool->lock);
    return MPOOL_OK;
}
