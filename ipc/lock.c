/*
 * ipc/lock.c - locks that several processes share
 *
 * Runs in: any process, any thread. Owns: the memory of the locks, in the arena.
 *
 * Each is a robust mutex: the kernel tells the next holder of a holder's death.
 */
#include <mpool/lock.h>

#include "base/clock.h"
#include "ipc/mutex.h"
#include "ipc/shared.h"

#include <stddef.h>

/* Both kinds. Its mutex is written by whoever holds or wants it; a death half way is the mutex's matter. */
struct mpool_lock {
    struct mp_mutex mutex;
};

struct mpool_rlock {
    struct mp_mutex mutex;
};

static mpool_err make(enum mp_kind kind, void **object)
{
    void *made;
    mpool_err err = mp_shared_new(kind, sizeof(struct mp_mutex), &made);

    if (err != MPOOL_OK)
        return err;
    err = mp_mutex_init(made, kind == MP_KIND_RLOCK);
    if (err == MPOOL_OK)
        *object = made;
    else
        mp_shared_free(made);
    return err;
}

static mpool_err acquire(void *object, int64_t timeout_ms)
{
    mpool_err err = mp_shared_check(object);

    return err == MPOOL_OK ? mp_mutex_lock(object, mp_clock_until_ns(timeout_ms)) : err;
}

static mpool_err release(void *object)
{
    mpool_err err = mp_shared_check(object);

    return err == MPOOL_OK ? mp_mutex_unlock(object) : err;
}

/* The calls of one kind. */
/* NOLINTBEGIN(bugprone-macro-parentheses) because a type cannot stand in parentheses */
#define DEFINE(type, kind)                                                                                             \
    MP_SHARED_CALLS(type, kind)                                                                                        \
    mpool_err type##_new(type **lock)                                                                                  \
    {                                                                                                                  \
        void *made;                                                                                                    \
        mpool_err err = make(kind, &made);                                                                             \
                                                                                                                       \
        if (err == MPOOL_OK)                                                                                           \
            *lock = made;                                                                                              \
        return err;                                                                                                    \
    }                                                                                                                  \
    mpool_err type##_acquire(type *lock, int64_t timeout_ms)                                                           \
    {                                                                                                                  \
        return acquire(lock, timeout_ms);                                                                              \
    }                                                                                                                  \
    mpool_err type##_release(type *lock)                                                                               \
    {                                                                                                                  \
        return release(lock);                                                                                          \
    }                                                                                                                  \
    type *type##_enter(type *lock)                                                                                     \
    {                                                                                                                  \
        mpool_err err = acquire(lock, MPOOL_FOREVER);                                                                  \
                                                                                                                       \
        return err == MPOOL_OK || err == MPOOL_E_OWNER_DIED ? lock : NULL;                                             \
    }                                                                                                                  \
    void type##_leave(type **held)                                                                                     \
    {                                                                                                                  \
        if (*held != NULL)                                                                                             \
            (void)release(*held);                                                                                      \
        *held = NULL;                                                                                                  \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

DEFINE(mpool_lock, MP_KIND_LOCK)
DEFINE(mpool_rlock, MP_KIND_RLOCK)
