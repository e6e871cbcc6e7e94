/*
 * pool/pool.h - a pool, as the application's threads and the supervisor share it
 */
#ifndef MP_POOL_POOL_H
#define MP_POOL_POOL_H

#include "ipc/totals.h"
#include "pool/lot.h"

#include <mpool/pool.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct mpool_total {
    mpool_pool *pool;
    const struct mp_total_cell *cell;
};

struct mpool_pool {
    atomic_uint refs; /* the application's, and one for each iterator */

    /* Constant after mpool_pool_open(). */
    uint32_t id;
    unsigned workers;
    uint64_t queue_jobs;
    int64_t start_timeout_ms;
    int64_t room_timeout_ms;
    int server_fd; /* to the fork server */
    int wake_fd;   /* an eventfd: there is something for the supervisor to do */
    size_t pages_offset;
    size_t totals_offset;
    struct mp_totals *totals;
    pthread_t supervisor;
    struct mp_sink *futures; /* where the results of single jobs go */

    mpool_pool *next_watching; /* pool/block.c's */

    /* Under the lock. The supervisor never waits while it holds it. */
    pthread_mutex_t lock;
    pthread_cond_t changed;     /* of anything below that somebody waits for */
    struct mp_lot *inbox_first; /* submitted, and not yet taken by the supervisor */
    struct mp_lot *inbox_last;
    bool supervisor_awake; /* it will look at all this again before it sleeps */
    uint64_t next_job;     /* the number of the next job */
    uint64_t open_jobs;    /* submitted and not ended */
    unsigned waiting;      /* threads that wait for room */
    bool starved;          /* a worker waits for room in the arena; cleared when there is more */
    bool ready;            /* a worker was up */
    bool closed;
    bool drained;
    bool terminated;
    bool broken;
    bool ended; /* the supervisor has ended */
    char broken_reason[512];
    mpool_pool_stats stats;
    pid_t *pids;
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
 * mp_pool_place_args - put arguments that are too large for a message into the arena; waits for room until the deadline
 *
 * Errors: MPOOL_E_TOOBIG, MPOOL_E_FULL, MPOOL_E_CLOSED, MPOOL_E_BROKEN, MPOOL_E_NOMEM; the lot is as it was.
 */
mpool_err mp_pool_place_args(mpool_pool *pool, struct mp_lot *lot, const struct timespec *deadline);

/* mp_pool_tell_room - there is more room in the arena: who waits for it looks again. Any thread, without locks. */
void mp_pool_tell_room(mpool_pool *pool);

void mp_pool_ref(mpool_pool *pool);
void mp_pool_unref(mpool_pool *pool);

/* mp_futures_new - what all futures of a pool share; one reference; NULL: out of memory. In future.c. */
struct mp_sink *mp_futures_new(void);

/* mp_pool_deadline - when a wait of timeout_ms ends, for pthread_cond_timedwait() on a monotonic clock. */
struct timespec mp_pool_deadline(int64_t timeout_ms);

/* mp_pool_init_cond - a condition variable that waits by the monotonic clock. False: it could not be made. */
bool mp_pool_init_cond(pthread_cond_t *cond);

#endif
