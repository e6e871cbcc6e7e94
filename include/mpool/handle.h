/*
 * mpool/handle.h - shared objects as arguments
 *
 * A shared object (a lock, a queue, a counter ...) is made by the host and lies in memory that all its processes have
 * mapped, at an address that differs from process to process. What travels is its handle: a value of 8 bytes, packed
 * and unpacked by the conversion `h` of mpool/pack.h. Each kind of object has the same three calls:
 *
 *     mpool_lock *lock;                                          the host makes one
 *     mpool_lock_new(&lock);
 *     mpool_pool_submit(pool, &task, &future, "h", mpool_lock_handle(lock));
 *
 *     mpool_handle handle;                                       a job or a process finds it
 *     mpool_lock *lock;
 *     if (mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_lock_open(handle, &lock) != MPOOL_OK)
 *         return mpool_job_fail(job, "%s", mpool_error_detail());
 *
 *     mpool_lock_free(lock);                                     the host releases it
 *
 * What was opened need not be closed, and is valid until the host releases it; to open it again gives the same pointer.
 * An object is released when nobody uses it any more; mpool_fini() releases those that are left. A handle of an object
 * that was released, of another kind, or made up, is MPOOL_E_STALE.
 *
 * Objects are backed by memory when they are made, so that using one raises no SIGBUS; each takes whole pages, of 4
 * KiB. What a wild write of one process does to an object, the others see.
 *
 * Objects that keep books of who has what do so by thread: at most MPOOL_MEMBERS_MAX threads of all processes can have
 * such objects in use at a time, and the next one is MPOOL_E_FULL. A thread is one of them from when it first uses one
 * to its end.
 */
#ifndef MPOOL_HANDLE_H
#define MPOOL_HANDLE_H

#include <mpool/error.h>
#include <stdint.h>

/* See above; fewer if `arena_bytes` (mpool/init.h) is less than 16 MiB: one for every 4 KiB. */
#define MPOOL_MEMBERS_MAX 4096U

/* Which object, and of which kind. To be passed on, and not to be looked into. */
typedef struct mpool_handle {
    uint64_t word;
} mpool_handle;

#endif
