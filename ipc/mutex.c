/*
 * ipc/mutex.c - a mutex in shared memory that is not lost with its holder
 *
 * Runs in: any process, any thread. Owns: nothing.
 *
 * glibc's robust mutex: the kernel knows which ones a thread holds, and marks them when it dies. A waiter that is
 * killed after it was woken takes the wake-up with it: so nobody sleeps for longer than a slice without looking again.
 *
 * A mutex is held for a moment as a rule. So a waiter first tries for as long as that, and only then sleeps: falling
 * asleep and being woken costs a hundred times more.
 */
#include "ipc/mutex.h"

#include "base/clock.h"
#include "base/error.h"
#include "ipc/bell.h"
#include "ipc/relax.h"

#include <errno.h>
#include <time.h>

#define TRIES 60 /* about as long as a short critical section of another process */

mpool_err mp_mutex_init(struct mp_mutex *mutex, bool recursive)
{
    pthread_mutexattr_t attributes;
    int code = pthread_mutexattr_init(&attributes);

    if (code == 0)
        code = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (code == 0)
        code = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    if (code == 0)
        code = pthread_mutexattr_settype(&attributes, recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_ERRORCHECK);
    if (code == 0)
        code = pthread_mutex_init(&mutex->mutex, &attributes);
    errno = code;
    return code == 0 ? MPOOL_OK : mp_error(MPOOL_E_SYSTEM, "a robust mutex cannot be made: %m");
}

/* ETIMEDOUT: not by then. ThreadSanitizer does not know pthread_mutex_clocklock(): under it we poll. */
static int lock_by(pthread_mutex_t *mutex, int64_t until_ns)
{
#if defined(__SANITIZE_THREAD__)
    const struct timespec nap = {.tv_nsec = 100000};
    int code;

    while ((code = pthread_mutex_trylock(mutex)) == EBUSY && mp_clock_ns() < until_ns)
        (void)nanosleep(&nap, NULL);
    return code == EBUSY ? ETIMEDOUT : code;
#else
    const struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};

    return pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &until);
#endif
}

/* EBUSY: not within the time. The last look is for who was killed with the wake-up that was ours. */
static int wait_for(pthread_mutex_t *mutex, int64_t until_ns)
{
    int code = ETIMEDOUT;

    for (int64_t now = mp_clock_ns(); code == ETIMEDOUT && now < until_ns; now = mp_clock_ns()) {
        int64_t slice_ns = until_ns - now < MP_BELL_SLICE_NS ? until_ns : now + MP_BELL_SLICE_NS;

        code = lock_by(mutex, slice_ns);
    }
    return code == ETIMEDOUT ? pthread_mutex_trylock(mutex) : code;
}

mpool_err mp_mutex_lock(struct mp_mutex *mutex, int64_t until_ns)
{
    int code = pthread_mutex_trylock(&mutex->mutex);

    for (int i = 0; code == EBUSY && until_ns != 0 && i < TRIES; i++) {
        mp_relax();
        code = pthread_mutex_trylock(&mutex->mutex);
    }
    if (code == EBUSY && until_ns != 0)
        code = wait_for(&mutex->mutex, until_ns);
    switch (code) {
    case 0:
        return MPOOL_OK;
    case EOWNERDEAD:
        (void)pthread_mutex_consistent(&mutex->mutex);
        return mp_error(MPOOL_E_OWNER_DIED, "who held the lock has died; it is held now, and what it guards may be "
                                            "half changed");
    case EBUSY:
        return mp_error(MPOOL_E_TIMEOUT, "another thread or process holds the lock");
    case EDEADLK:
        return mp_error(MPOOL_E_INVAL, "this thread holds the lock already; an mpool_rlock may be acquired again");
    case EAGAIN:
        return mp_error(MPOOL_E_FULL, "this thread has acquired the lock too often");
    default:
        return mp_error(MPOOL_E_STALE, "what should be a lock is none any more; somebody has written over it");
    }
}

mpool_err mp_mutex_enter(struct mp_mutex *mutex, int64_t until_ns, bool *died)
{
    int code = pthread_mutex_trylock(&mutex->mutex);
    int64_t least_ns;
    mpool_err err;

    *died = code == EOWNERDEAD;
    if (*died)
        (void)pthread_mutex_consistent(&mutex->mutex);
    if (*died || code == 0)
        return MPOOL_OK;
    least_ns = mp_clock_ns() + MP_BELL_SLICE_NS;
    err = mp_mutex_lock(mutex, until_ns > least_ns ? until_ns : least_ns);
    if (err == MPOOL_E_TIMEOUT)
        return mp_error(err, "a thread that is stopped or has no processor is in the middle of a change to the object");
    *died = err == MPOOL_E_OWNER_DIED;
    return *died ? MPOOL_OK : err;
}

mpool_err mp_mutex_unlock(struct mp_mutex *mutex)
{
    if (pthread_mutex_unlock(&mutex->mutex) == 0)
        return MPOOL_OK;
    return mp_error(MPOOL_E_NOT_OWNER, "this thread does not hold the lock");
}

bool mp_mutex_held(struct mp_mutex *mutex)
{
    int code = pthread_mutex_trylock(&mutex->mutex);

    if (code == EOWNERDEAD)
        (void)pthread_mutex_consistent(&mutex->mutex);
    if (code == 0 || code == EOWNERDEAD)
        (void)pthread_mutex_unlock(&mutex->mutex);
    return code == EDEADLK;
}
