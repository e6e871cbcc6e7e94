/*
 * mpool/semaphore.h - so many at a time, over all processes
 *
 * Made by the host and passed on as handles: mpool/handle.h. There are two kinds:
 *
 *     bounded       A permit belongs to the thread that has acquired it, and is released by it. The permits of a thread
 *                   that ends or dies, however it dies, come back: within a tenth of a second to whoever waits for one.
 *     transferable  A permit is a number and belongs to nobody: any thread may release one that it never acquired, as a
 *                   signal to another. Those that a dead thread had are lost.
 *
 * Whoever waits may be killed, and the others never notice. Those who wait are not served in the order of their coming.
 */
#ifndef MPOOL_SEMAPHORE_H
#define MPOOL_SEMAPHORE_H

#include <mpool/error.h>
#include <mpool/handle.h>
#include <mpool/lock.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct mpool_semaphore mpool_semaphore;

/* The most permits of a semaphore. */
#define MPOOL_PERMITS_MAX UINT32_C(0x7fffffff)

/* All zero but `permits` means the defaults. */
typedef struct mpool_semaphore_options {
    uint32_t permits;  /* free at first; 1 to MPOOL_PERMITS_MAX, of a transferable one from 0 */
    bool transferable; /* see above; default: bounded */
    uint32_t most;     /* transferable: there may not be more than so many free; default MPOOL_PERMITS_MAX */
} mpool_semaphore_options;

/*
 * mpool_semaphore_new - make a semaphore
 *
 * options   in   copied before return
 * semaphore out  set on MPOOL_OK; release with mpool_semaphore_free(), or leave that to mpool_fini(). A bounded one
 *                takes 36 KiB, a transferable one a page.
 *
 * Errors: MPOOL_E_INVAL (options), MPOOL_E_NOMEM, MPOOL_E_TOOBIG (see mpool/handle.h), MPOOL_E_NESTED (not the host),
 *         MPOOL_E_NOINIT, MPOOL_E_FORKED, MPOOL_E_SYSTEM.
 * Calls:  any thread of the host.
 */
MPOOL_API mpool_err mpool_semaphore_new(const mpool_semaphore_options *options, mpool_semaphore **semaphore);

/* mpool_semaphore_free - release it; nobody uses it any more. NULL is allowed. Calls: any thread of the host. */
MPOOL_API void mpool_semaphore_free(mpool_semaphore *semaphore);

/* mpool_semaphore_handle - what stands for it elsewhere, for the conversion `h`. Calls: any thread of any process. */
MPOOL_API mpool_handle mpool_semaphore_handle(const mpool_semaphore *semaphore);

/*
 * mpool_semaphore_open - the semaphore of a handle
 *
 * semaphore out  set on MPOOL_OK; not to be released
 *
 * Errors: MPOOL_E_STALE, MPOOL_E_NOINIT, MPOOL_E_FORKED. Calls: any thread of any process.
 */
MPOOL_API mpool_err mpool_semaphore_open(mpool_handle handle, mpool_semaphore **semaphore);

/*
 * mpool_semaphore_acquire - wait for a permit, and take it
 *
 * A thread may hold several. With a timeout of 0 it does not wait for a permit; it may wait for a moment, though, while
 * another thread takes one.
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT, MPOOL_E_FULL (bounded: see
 *         MPOOL_MEMBERS_MAX). On error nothing was taken.
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_semaphore_acquire(mpool_semaphore *semaphore, int64_t timeout_ms);

/*
 * mpool_semaphore_release - give a permit back
 *
 * Does not wait.
 * Errors: MPOOL_E_NOT_OWNER (bounded: this thread has none), MPOOL_E_OVERFLOW (transferable: `most` are free already),
 *         MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT.
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_semaphore_release(mpool_semaphore *semaphore);

/*
 * mpool_semaphore_value - how many permits are free at this moment
 *
 * Those of a dead thread are. 0 of what is no semaphore. Calls: any thread of any process; it does not wait.
 */
MPOOL_API uint32_t mpool_semaphore_value(mpool_semaphore *semaphore);

/*
 * MPOOL_WITH_PERMIT - hold a permit for a block, as MPOOL_WITH_LOCK() holds a lock (mpool/lock.h)
 *
 * It waits for ever. If no permit can be had, since there is no such semaphore, the block is passed over.
 */
#define MPOOL_WITH_PERMIT(semaphore) MPOOL_WITH_(mpool_semaphore, semaphore, MPOOL_HELD_(__LINE__))

/* Of the macro above, and nobody else's. */
MPOOL_API mpool_semaphore *mpool_semaphore_enter(mpool_semaphore *semaphore);
MPOOL_API void mpool_semaphore_leave(mpool_semaphore **held);

#endif
