/*
 * ipc/shared.h - the objects that processes share: which there are, and where
 *
 * They lie in the tail of the arena, which has three parts: a table with an entry for each page of objects, which the
 * host alone writes and workers cannot; the members (ipc/member.h); and the pages of the objects themselves, which
 * every process of the host may write. An object begins at a page, so the table says of each pointer and of each handle
 * whether there is such an object, without a look at what others may have scribbled over.
 */
#ifndef MP_IPC_SHARED_H
#define MP_IPC_SHARED_H

#include "ipc/arena.h"

#include <mpool/error.h>
#include <mpool/handle.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an object is. Numbers are part of handles. */
enum mp_kind {
    MP_KIND_NONE,
    MP_KIND_LOCK,
    MP_KIND_RLOCK,
    MP_KIND_SEMAPHORE,
    MP_KIND_EVENT,
    MP_KIND_CONDITION,
    MP_KIND_BARRIER,
    MP_KIND_VALUE,
    MP_KIND_ARRAY,
    MP_KIND_ATOMIC_BOOL,
    MP_KIND_ATOMIC_I64,
    MP_KIND_ATOMIC_U64,
    MP_KIND_ATOMIC_F64,
    MP_KIND_ADDER,
    MP_KIND_ATOM,
    MP_KIND_QUEUE,
    MP_KIND_PIPE_END,
    MP_KIND_PIPE,
    MP_KIND_COUNT
};

/* ---- this process ------------------------------------------------------------------------------------------------ */

/*
 * mp_shared_begin - the host: objects can be made
 *
 * Errors: MPOOL_E_SYSTEM, MPOOL_E_NOMEM. Calls: mpool_init(), before the fork server is made.
 */
mpool_err mp_shared_begin(const struct mp_arena *arena);

/* mp_shared_end - the host: no more; all objects are released with the arena. */
void mp_shared_end(void);

/*
 * mp_shared_on_end - have a function called by mp_shared_end(), while objects are still there; once for each function
 *
 * For what a process keeps beside its objects: threads and descriptors. Calls: any thread of any process.
 */
void mp_shared_on_end(void (*function)(void));

/* mp_shared_is_host - is this the process that makes and releases objects? */
bool mp_shared_is_host(void);

/*
 * mp_shared_join - a worker or a process: objects can be used, and their pages written
 *
 * Errors: MPOOL_E_SYSTEM. Calls: behind mp_arena_guard().
 */
mpool_err mp_shared_join(const struct mp_arena *arena);

/*
 * mp_shared_check_process - may this process use objects?
 *
 * Errors: MPOOL_E_NOINIT, MPOOL_E_FORKED. Calls: any thread of any process; it costs a read or two.
 */
mpool_err mp_shared_check_process(void);

/* mp_shared_members - the memory of the members, and how many there is room for. */
void *mp_shared_members(size_t member_bytes, size_t *count);

/* ---- objects ----------------------------------------------------------------------------------------------------- */

/*
 * mp_shared_new - make an object
 *
 * bytes     in   rounded up to whole pages
 * object    out  set on MPOOL_OK: page-aligned, zero, and backed by memory. Nobody knows it before it is handed on.
 *
 * Errors: MPOOL_E_NOMEM (no memory, or no room in the address space of objects), MPOOL_E_TOOBIG (it never could have
 *         room), MPOOL_E_NESTED (not the host), MPOOL_E_NOINIT, MPOOL_E_FORKED.
 * Calls:  any thread of the host.
 */
mpool_err mp_shared_new(enum mp_kind kind, size_t bytes, void **object);

/* mp_shared_free - release one; its handle is stale from then on. NULL, and in other processes: nothing happens. */
void mp_shared_free(void *object);

/*
 * mp_shared_check - is this an object, or a part of the first page of one?
 *
 * Errors: MPOOL_E_STALE, MPOOL_E_NOINIT, MPOOL_E_FORKED. Calls: any thread of any process; it costs a few reads.
 */
mpool_err mp_shared_check(const void *object);

/* mp_shared_check_kind - is this an object of that kind, and its beginning? Errors and calls: as mp_shared_check(). */
mpool_err mp_shared_check_kind(const void *object, enum mp_kind kind);

/* mp_shared_bytes - how large an object is, in whole pages; it was checked. No other process can have changed it. */
size_t mp_shared_bytes(const void *object);

/* mp_shared_handle - what stands for it elsewhere; of what is no object a handle that is always stale. */
mpool_handle mp_shared_handle(const void *object);

/*
 * mp_shared_open - the object of a handle
 *
 * Errors: MPOOL_E_STALE (another kind, released, or made up), MPOOL_E_NOINIT, MPOOL_E_FORKED.
 */
mpool_err mp_shared_open(mpool_handle handle, enum mp_kind kind, void **object);

/* The three calls that every kind of object has, of the public type `type`; and the two without the release. */
/* NOLINTBEGIN(bugprone-macro-parentheses) because a type cannot stand in parentheses */
#define MP_SHARED_CALLS(type, kind)                                                                                    \
    void type##_free(type *object)                                                                                     \
    {                                                                                                                  \
        mp_shared_free(object);                                                                                        \
    }                                                                                                                  \
    MP_SHARED_HANDLES(type, kind)

#define MP_SHARED_HANDLES(type, kind)                                                                                  \
    mpool_handle type##_handle(const type *object)                                                                     \
    {                                                                                                                  \
        return mp_shared_handle(object);                                                                               \
    }                                                                                                                  \
    mpool_err type##_open(mpool_handle handle, type **object)                                                          \
    {                                                                                                                  \
        void *found;                                                                                                   \
        mpool_err err = mp_shared_open(handle, kind, &found);                                                          \
                                                                                                                       \
        if (err == MPOOL_OK)                                                                                           \
            *object = found;                                                                                           \
        return err;                                                                                                    \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
