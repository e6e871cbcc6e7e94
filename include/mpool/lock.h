/*
 * mpool/lock.h - locks that several processes share
 *
 * Made by the host and passed on as handles: mpool/handle.h. A lock whose holder dies, however it dies, is not lost:
 * the next one to acquire it gets it, and is told by MPOOL_E_OWNER_DIED, once, that what it guards may be half changed.
 */
#ifndef MPOOL_LOCK_H
#define MPOOL_LOCK_H

#include <mpool/error.h>
#include <mpool/handle.h>
#include <stdint.h>

typedef struct mpool_lock mpool_lock;   /* held by one thread at a time */
typedef struct mpool_rlock mpool_rlock; /* the same, and that thread may acquire it again */

/*
 * mpool_lock_new - make a lock
 *
 * lock      out  set on MPOOL_OK; release with mpool_lock_free(), or leave that to mpool_fini()
 *
 * Errors: MPOOL_E_NOMEM, MPOOL_E_TOOBIG (see mpool/handle.h), MPOOL_E_NESTED (not the host), MPOOL_E_NOINIT,
 *         MPOOL_E_FORKED, MPOOL_E_SYSTEM.
 * Calls:  any thread of the host.
 */
MPOOL_API mpool_err mpool_lock_new(mpool_lock **lock);

/* mpool_lock_free - release it; nobody uses it any more. NULL is allowed. Calls: any thread of the host. */
MPOOL_API void mpool_lock_free(mpool_lock *lock);

/* mpool_lock_handle - what stands for it elsewhere, for the conversion `h`. Calls: any thread of any process. */
MPOOL_API mpool_handle mpool_lock_handle(const mpool_lock *lock);

/*
 * mpool_lock_open - the lock of a handle
 *
 * lock      out  set on MPOOL_OK; not to be released
 *
 * Errors: MPOOL_E_STALE, MPOOL_E_NOINIT, MPOOL_E_FORKED. Calls: any thread of any process.
 */
MPOOL_API mpool_err mpool_lock_open(mpool_handle handle, mpool_lock **lock);

/*
 * mpool_lock_acquire - wait until the lock is free, and hold it
 *
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT, MPOOL_E_INVAL (this thread holds it already:
 *         that is for an mpool_rlock). MPOOL_E_OWNER_DIED is none: the lock is held, and its last holder died with it.
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_lock_acquire(mpool_lock *lock, int64_t timeout_ms);

/*
 * mpool_lock_release - let the next one have it
 *
 * Errors: MPOOL_E_NOT_OWNER (another thread holds it, or none), MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT.
 * Calls:  the thread that holds it.
 */
MPOOL_API mpool_err mpool_lock_release(mpool_lock *lock);

/*
 * MPOOL_WITH_LOCK - hold a lock for a block
 *
 *     MPOOL_WITH_LOCK(lock) {
 *         if (balance < price)
 *             return -1;
 *         balance -= price;
 *     }
 *
 * The lock is released at whatever exit from the block: its end, return, break, goto. (break leaves this block, not a
 * loop around it.) The block is also entered if the last holder died: who has something to repair then acquires the
 * lock by hand. If the lock cannot be had, since it is stale or held by this very thread, the block is passed over.
 */
#define MPOOL_WITH_LOCK(lock) MPOOL_WITH_(mpool_lock, lock, MPOOL_HELD_(__LINE__))

/* The same for a lock that may be acquired again by the thread that holds it, and is released as often. */
MPOOL_API mpool_err mpool_rlock_new(mpool_rlock **lock);
MPOOL_API void mpool_rlock_free(mpool_rlock *lock);
MPOOL_API mpool_handle mpool_rlock_handle(const mpool_rlock *lock);
MPOOL_API mpool_err mpool_rlock_open(mpool_handle handle, mpool_rlock **lock);
MPOOL_API mpool_err mpool_rlock_acquire(mpool_rlock *lock, int64_t timeout_ms);
MPOOL_API mpool_err mpool_rlock_release(mpool_rlock *lock);
#define MPOOL_WITH_RLOCK(lock) MPOOL_WITH_(mpool_rlock, lock, MPOOL_HELD_(__LINE__))

/* ---- of the macros above, and nobody else's ---------------------------------------------------------------------- */

#define MPOOL_HELD_(line) MPOOL_HELD_LINE_(line)
#define MPOOL_HELD_LINE_(line) mpool_held_##line
/* NOLINTBEGIN(bugprone-macro-parentheses) because a type and a new name cannot stand in parentheses */
#define MPOOL_WITH_(type, lock, held)                                                                                  \
    for (type * held __attribute__((cleanup(type##_leave))) = type##_enter(lock); held; type##_leave(&held))
/* NOLINTEND(bugprone-macro-parentheses) */

MPOOL_API mpool_lock *mpool_lock_enter(mpool_lock *lock);
MPOOL_API void mpool_lock_leave(mpool_lock **held);
MPOOL_API mpool_rlock *mpool_rlock_enter(mpool_rlock *lock);
MPOOL_API void mpool_rlock_leave(mpool_rlock **held);

#endif
