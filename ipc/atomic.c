/*
 * ipc/atomic.c - numbers that processes change at once without a lock: their life
 *
 * Runs in: any process, any thread. Owns: the memory of the atomics, in the arena.
 *
 * All they can do is in the header. A word of one of them is written by every process, by atomic operations of the
 * processor: a death is before one or behind it.
 */
#include <mpool/atomic.h>

#include "ipc/shared.h"

#define DEFINE(type, number, kind)                                                                                     \
    MP_SHARED_CALLS(mpool_atomic_##type, kind)                                                                         \
    mpool_err mpool_atomic_##type##_new(number initial, mpool_atomic_##type **atomic)                                  \
    {                                                                                                                  \
        void *made;                                                                                                    \
        mpool_err err = mp_shared_new(kind, sizeof **atomic, &made);                                                   \
                                                                                                                       \
        if (err != MPOOL_OK)                                                                                           \
            return err;                                                                                                \
        mpool_atomic_##type##_set(made, initial);                                                                      \
        *atomic = made;                                                                                                \
        return MPOOL_OK;                                                                                               \
    }

DEFINE(bool, bool, MP_KIND_ATOMIC_BOOL)
DEFINE(i64, int64_t, MP_KIND_ATOMIC_I64)
DEFINE(u64, uint64_t, MP_KIND_ATOMIC_U64)
DEFINE(f64, double, MP_KIND_ATOMIC_F64)
