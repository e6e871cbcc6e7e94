/*
 * mpool/adder.h - a sum, a maximum or a minimum that many threads of many processes contribute to
 *
 * Made by the host and passed on as handles: mpool/handle.h. Each thread has a cell of its own, so that adding costs
 * what it costs without sharing; to read it is to look at all cells. What a process has added before it was killed stays
 * added: for results that jobs are retried for there are totals (mpool/total.h), which are exact then, too.
 */
#ifndef MPOOL_ADDER_H
#define MPOOL_ADDER_H

#include <mpool/error.h>
#include <mpool/handle.h>
#include <stdint.h>

typedef struct mpool_adder mpool_adder;

/* What becomes of two contributions. Numbers never change. */
typedef enum mpool_adder_kind {
    MPOOL_ADDER_SUM = 0, /* wraps around, see mpool/atomic.h */
    MPOOL_ADDER_MAX = 1,
    MPOOL_ADDER_MIN = 2,
} mpool_adder_kind;

/* mpool_adder_new - make one; of a sum 0, of a maximum INT64_MIN, of a minimum INT64_MAX. Errors: MPOOL_E_INVAL, ... */
MPOOL_API mpool_err mpool_adder_new(mpool_adder_kind kind, mpool_adder **adder);
MPOOL_API void mpool_adder_free(mpool_adder *adder);
MPOOL_API mpool_handle mpool_adder_handle(const mpool_adder *adder);
MPOOL_API mpool_err mpool_adder_open(mpool_handle handle, mpool_adder **adder);

/* mpool_adder_add - contribute a number. Calls: any thread of any process. */
MPOOL_API mpool_err mpool_adder_add(mpool_adder *adder, int64_t number);

/* mpool_adder_get - what has come together. Contributions that are made meanwhile may be in it or not. */
MPOOL_API mpool_err mpool_adder_get(const mpool_adder *adder, int64_t *number);

/* mpool_adder_reset - begin anew; contributions that are made meanwhile may be lost. */
MPOOL_API mpool_err mpool_adder_reset(mpool_adder *adder);

#endif
