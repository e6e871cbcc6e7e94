/*
 * pool/future.h - jobs submitted one by one, and their futures, as those who complete and those who wait share them
 */
#ifndef MP_POOL_FUTURE_H
#define MP_POOL_FUTURE_H

#include "pool/pool.h"
#include "pool/sink.h"
#include "serialize/result.h"

#include <mpool/pool.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mp_wait_link;

/* One for each pool: what all its futures share. */
struct mp_futures {
    struct mp_sink sink;

    /* Under the lock, which is taken after the pool's if both are needed. No code of the program's runs under it. */
    pthread_mutex_t lock;
    pthread_cond_t changed;  /* a callback is due, or has returned; or a value was copied */
    mpool_future *due_first; /* their callbacks are due, in the order in which their jobs ended */
    mpool_future *due_last;
    size_t due_count;
    size_t callbacks; /* of jobs that were submitted, and have not returned */
    size_t there;     /* futures with .there */
    int fd;           /* an eventfd, readable while `there` is not 0; -1: nobody has asked for it */
};

enum mp_future_state {
    MP_FUTURE_OPEN,    /* the job has not ended */
    MP_FUTURE_DUE,     /* it has; its callback is to be run */
    MP_FUTURE_CALLING, /* its callback runs */
    MP_FUTURE_DONE,    /* all is over */
};

struct mpool_future {
    atomic_uint refs; /* the application's, and one until the callback has returned, or the job has ended */
    struct mp_futures *all;
    mpool_pool *pool;         /* holds a reference */
    uint64_t number;          /* of the job, constant when submit has returned */
    mpool_callback *callback; /* constant; NULL: none */
    void *user;               /* for the callback */

    /* Under the lock. */
    enum mp_future_state state;
    bool freed;                 /* the application will not ask for it */
    bool there;                 /* it has ended, and nobody was told yet */
    pthread_t caller;           /* CALLING: who runs the callback */
    mpool_future *due_next;     /* DUE */
    mpool_future *due_previous; /* DUE */
    struct mp_wait_link *links; /* who waits for it; empty once it is DONE */
    struct mp_result result;    /* constant once the job has ended; its value and error are owned */
    struct mp_block block;      /* likewise; but for a value that is still in the arena */
    bool copying;               /* a thread is copying it */
    struct mp_dossier *dossier; /* of the result; holds a reference */
    struct mp_buf captured;     /* likewise */
};

/* mp_futures_new - what all futures of a pool share; one reference; NULL: out of memory. */
struct mp_futures *mp_futures_new(void);

/* mp_futures_close - the pool is freed, and its eventfd goes with it. */
void mp_futures_close(struct mp_futures *all);

void mp_future_unref(mpool_future *future);

/*
 * mp_future_take_value - of a job that has ended: copy its value out of the arena, if it is there
 *
 * Waits, without a deadline, only while another thread does just this for the same future: that one copies at most
 * MPOOL_VALUE_MAX bytes, and waits for nobody meanwhile.
 * Errors: MPOOL_E_NOMEM; it may be tried again. Calls: application threads, without the lock.
 */
mpool_err mp_future_take_value(mpool_future *future);

/* mp_future_show - with the lock held: it has ended, and somebody should be told. */
void mp_future_show(mpool_future *future);

/* mp_future_take - with the lock held: somebody is told. */
void mp_future_take(mpool_future *future);

/* mp_future_finish - with the lock held: its job has ended, and its callback, if it has one, has returned. */
void mp_future_finish(mpool_future *future);

#endif
