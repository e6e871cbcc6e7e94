/*
 * mpool/adder.h - a sum, a maximum or a minimum that many threads of many processes contribute to
 *
 * Made by the host and passed on as handles: mpool/handle.h. Each thread has a cell of its own, so that adding costs
 * what it costs without sharing; to read it is to look at all cells. What a process has added before it was killed
 * stays added: for results that jobs are retried for there are totals (mpool/total.h), which are exact then, too.
 */
#ifndef MPOOL_ADDER_H
#define MPOOL_ADDER_H

#include <mpool/error.h>
#include <mpool/handle.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mpool_adder mpool_adder;

/* What becomes of two contributions. Numbers never change. */
typedef enum mpool_adder_kind {
    MPOOL_ADDER_SUM = 0, /* wraps around, see mpool/atomic.h */
    MPOOL_ADDER_MAX = 1,
    MPOOL_ADDER_MIN = 2,
} mpool_adder_kind;

/*
 * mpool_adder_new - make one, without any contribution
 *
 * adder     out  set on MPOOL_OK; release with mpool_adder_free(), or leave that to mpool_fini(). It takes 16 KiB.
 *
 * Errors: MPOOL_E_INVAL (kind), MPOOL_E_NOMEM, MPOOL_E_TOOBIG (see mpool/handle.h), MPOOL_E_NESTED (not the host),
 *         MPOOL_E_NOINIT, MPOOL_E_FORKED, MPOOL_E_SYSTEM.
 * Calls:  any thread of the host.
 */
MPOOL_API mpool_err mpool_adder_new(mpool_adder_kind kind, mpool_adder **adder);
MPOOL_API void mpool_adder_free(mpool_adder *adder);
MPOOL_API mpool_handle mpool_adder_handle(const mpool_adder *adder);
MPOOL_API mpool_err mpool_adder_open(mpool_handle handle, mpool_adder **adder);

/*
 * mpool_adder_add - contribute a number
 *
 * To a sum that a thread has added to before it adds inline, by a load and a store: so the pointer must be one that was
 * made or opened, and not released. The first 125 threads that use shared objects have cells of their own; others share
 * one, and take turns.
 * Errors: MPOOL_E_FULL (4,096 threads use shared objects), MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT,
 *         MPOOL_E_SYSTEM.
 * Calls:  any thread of any process.
 */
static inline mpool_err mpool_adder_add(mpool_adder *adder, int64_t number);

/*
 * mpool_adder_get - what has come together since it was made or reset
 *
 * number    out  set on MPOOL_OK; of nothing it is 0 for a sum, INT64_MIN for a maximum, INT64_MAX for a minimum
 *
 * Contributions that are made meanwhile may be in it or not.
 * Errors: MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT. Calls: any thread of any process.
 */
MPOOL_API mpool_err mpool_adder_get(const mpool_adder *adder, int64_t *number);

/*
 * mpool_adder_reset - begin anew
 *
 * At one moment, for all cells. Contributions that are made meanwhile may count as made before it, and be lost with
 * those. Errors and calls: as mpool_adder_get().
 */
MPOOL_API mpool_err mpool_adder_reset(mpool_adder *adder);

/* ---- of mpool_adder_add(), and nobody else's --------------------------------------------------------------------- */

/*
 * Where the calling thread's cell is in an adder, in bytes; 0: it has none, or has not added to any adder so far. The
 * adder begins with the number of its round, and a cell with its number and the complement of its round: if it is that
 * of the adder, this is a sum, and a number of it is in the cell. No other thread writes there.
 */
#if defined(__cplusplus)
extern "C" __attribute__((visibility("default"))) __thread size_t mpool_adder_own_;
#else
extern __attribute__((visibility("default"))) __thread size_t mpool_adder_own_;
#endif

MPOOL_API mpool_err mpool_adder_add_(mpool_adder *adder, int64_t number);

static inline mpool_err mpool_adder_add(mpool_adder *adder, int64_t number)
{
    uint64_t *begin = (uint64_t *)(void *)adder;
    uint64_t *cell = (uint64_t *)(void *)((char *)adder + mpool_adder_own_);

    if (__atomic_load_n(&cell[1], __ATOMIC_RELAXED) != ~__atomic_load_n(begin, __ATOMIC_RELAXED))
        return mpool_adder_add_(adder, number);
    __atomic_store_n(&cell[0], __atomic_load_n(&cell[0], __ATOMIC_RELAXED) + (uint64_t)number, __ATOMIC_RELAXED);
    return MPOOL_OK;
}

#endif
