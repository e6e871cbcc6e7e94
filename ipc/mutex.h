/*
 * ipc/mutex.h - a mutex in shared memory that is not lost with its holder
 */
#ifndef MP_IPC_MUTEX_H
#define MP_IPC_MUTEX_H

#include <mpool/error.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct mp_mutex {
    pthread_mutex_t mutex; /* robust, shared, and checked for errors or recursive */
};

/* mp_mutex_init - in memory that nobody knows yet. Errors: MPOOL_E_SYSTEM. */
mpool_err mp_mutex_init(struct mp_mutex *mutex, bool recursive);

/*
 * mp_mutex_lock - wait until it is free, and hold it
 *
 * until_ns  in   CLOCK_MONOTONIC; INT64_MAX: for ever; 0: do not wait
 *
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_INVAL (held by this thread, and not recursive), MPOOL_E_FULL (held too often),
 *         MPOOL_E_STALE (what is there is no mutex any more). MPOOL_E_OWNER_DIED: it is held, and its last holder died.
 */
mpool_err mp_mutex_lock(struct mp_mutex *mutex, int64_t until_ns);

/*
 * mp_mutex_enter - the same for one that nobody holds for longer than a moment, and that guards what no death spoils
 *
 * The holder may have lost its processor for that moment: so there is at least a slice of time for it, also for those
 * who have come to poll.
 *
 * died      out  has its last holder died with it?
 *
 * Errors: MPOOL_E_TIMEOUT (the holder was stopped), MPOOL_E_STALE.
 */
mpool_err mp_mutex_enter(struct mp_mutex *mutex, int64_t until_ns, bool *died);

/* mp_mutex_unlock - Errors: MPOOL_E_NOT_OWNER. */
mpool_err mp_mutex_unlock(struct mp_mutex *mutex);

/*
 * mp_mutex_held - does this thread hold it? Not for recursive ones.
 *
 * If not, and its last holder died with it, nobody is told any more: not to be called in doubt, but to refuse it.
 */
bool mp_mutex_held(struct mp_mutex *mutex);

#endif
