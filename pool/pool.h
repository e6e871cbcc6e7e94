/*
 * pool/pool.h - a pool, as the application's threads and the supervisor share it
 */
#ifndef MP_POOL_POOL_H
#define MP_POOL_POOL_H

#include "base/delta.h"
#include "ipc/totals.h"
#include "pool/core.h"
#include "pool/keys.h"
#include "pool/lot.h"

#include <mpool/pool.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct mpool_total {
    mpool_pool *pool;
    mpool_total_kind kind;
    char name[MPOOL_NAME_MAX + 1];
    struct mp_delta sum; /* what is committed; under the pool's lock */
};

struct mp_futures;
struct mp_log;

/* A wish that the supervisor has not heard of yet. */
struct mp_request {
    struct mp_request *next;
    struct mp_wish wish;
};

struct mpool_pool {
    atomic_uint refs; /* the application's, and one for each iterator and each future */

    /* Constant after mpool_pool_open(). */
    uint32_t id;
    unsigned workers; /* slots */
    unsigned workers_most;
    struct mp_crew crew;
    size_t worker_max_bytes; /* of resident memory; 0: any */
    uint64_t queue_jobs;
    int64_t start_timeout_ms;
    mpool_output output;
    int64_t room_timeout_ms;
    int server_fd; /* to the fork server */
    int wake_fd;   /* an eventfd: there is something for the supervisor to do */
    size_t pages_offset;
    size_t traces_offset;
    size_t totals_offset;
    size_t setup_offset;
    size_t setup_size; /* 0: there is none */
    struct mp_totals *totals;
    pthread_t supervisor;
    struct mp_log *log;         /* NULL: nobody wants to know */
    struct mp_futures *futures; /* where the results of single jobs go */
    struct mp_keys keys;        /* of gates; it has a lock of its own */

    mpool_pool *next_watching; /* pool/block.c's */

    /* Under the lock. The supervisor never waits while it holds it. */
    pthread_mutex_t lock;
    pthread_cond_t changed;     /* of anything below that somebody waits for */
    struct mp_lot *inbox_first; /* submitted, and not yet taken by the supervisor */
    struct mp_lot *inbox_last;
    struct mp_request *requests; /* to cancel jobs; newest first */
    bool supervisor_awake;       /* it will look at all this again before it sleeps */
    uint64_t next_job;           /* the number of the next job */
    uint64_t open_jobs;          /* submitted and not ended */
    struct mp_waiter *waiters;   /* threads that wait for room in the queue, in their order */
    unsigned resized;            /* so many workers are wanted; 0: as many as before */
    unsigned waiting;            /* threads that wait for room in the arena */
    bool starved;                /* a worker waits for room in the arena; cleared when there is more */
    bool ready;                  /* a worker was up */
    bool closed;
    bool drained;
    bool terminated;
    bool broken;
    bool paused; /* it is to stand still; see pool/pause.c */
    bool stands; /* the supervisor does */
    bool ended;  /* the supervisor has ended */
    char broken_reason[512];
    mpool_pool_stats stats;
    pid_t *pids;
    uint32_t total_count;
    mpool_total total_handles[MPOOL_TOTALS_MAX];
};

/*
 * mp_pool_submit_lot - hand a lot to the supervisor; takes the lot on MPOOL_OK
 *
 * Waits for room until the deadline. A lot that would not fit even into an empty queue may go into an empty queue.
 * Errors: MPOOL_E_FULL, MPOOL_E_CLOSED, MPOOL_E_BROKEN, those of mp_pool_place_args().
 */
mpool_err mp_pool_submit_lot(mpool_pool *pool, struct mp_lot *lot, const struct timespec *deadline);

/* mp_pool_put - with the lock held: a lot for the supervisor. Takes the lot. */
void mp_pool_put(mpool_pool *pool, struct mp_lot *lot);

/* mp_pool_wake - with the lock held: the supervisor has something to do. */
void mp_pool_wake(mpool_pool *pool);

/*
 * mp_pool_await_room - with the lock held: wait until jobs may be added, or the deadline is over
 *
 * Errors: MPOOL_E_FULL, MPOOL_E_CLOSED, MPOOL_E_BROKEN.
 */
mpool_err mp_pool_await_room(mpool_pool *pool, uint64_t jobs, const struct timespec *deadline);

/*
 * mp_pool_cancel - jobs are not wanted any more
 *
 * Errors: MPOOL_E_INVAL (grace_ms), MPOOL_E_NOMEM. In a pool that has ended it does nothing.
 */
mpool_err mp_pool_cancel(mpool_pool *pool, struct mp_wish wish);

/*
 * mp_pool_place_args - put arguments that are too large for a message into the arena; waits for room until the deadline
 *
 * Errors: MPOOL_E_TOOBIG, MPOOL_E_FULL, MPOOL_E_CLOSED, MPOOL_E_BROKEN, MPOOL_E_NOMEM; the lot is as it was.
 */
mpool_err mp_pool_place_args(mpool_pool *pool, struct mp_lot *lot, const struct timespec *deadline);

/* mp_pool_tell_room - there is more room in the arena: who waits for it looks again. Any thread, without locks. */
void mp_pool_tell_room(mpool_pool *pool);

void mp_pool_ref(mpool_pool *pool);
void mp_pool_unref(mpool_pool *pool);

/* mp_pool_deadline - when a wait of timeout_ms ends, for pthread_cond_timedwait() on a monotonic clock. */
struct timespec mp_pool_deadline(int64_t timeout_ms);

/* mp_pool_init_cond - a condition variable that waits by the monotonic clock. False: it could not be made. */
bool mp_pool_init_cond(pthread_cond_t *cond);

#endif
