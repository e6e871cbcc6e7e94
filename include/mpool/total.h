/*
 * mpool/total.h - exact aggregates over the jobs that are done
 *
 * A job adds to a total in its worker (mpool_job_total_add(), or a task's `collect`); the supervisor commits the sum of
 * it together with the result. So at any moment a total equals what the jobs that are done have added, whatever crashed
 * or was tried again. Integers are added up in 128 bits: 2^63 jobs of the largest values fit.
 */
#ifndef MPOOL_TOTAL_H
#define MPOOL_TOTAL_H

#include <mpool/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mpool_pool mpool_pool;
typedef struct mpool_total mpool_total; /* belongs to its pool, and is valid until the pool is freed */

typedef enum mpool_total_kind {
    MPOOL_SUM = 1,
    MPOOL_MIN = 2,
    MPOOL_MAX = 3,
    MPOOL_COUNT = 4,
} mpool_total_kind;

/* The most totals a pool can have. */
#define MPOOL_TOTALS_MAX 64

/* A total at one moment. */
typedef struct mpool_total_value {
    uint64_t count;  /* how many numbers were added; 0: a min or max has no value yet, a sum is 0 */
    bool is_float;   /* a sum with a float in it, or the least or greatest is a float: read `number` */
    double number;   /* the value, rounded if it is an integer beyond 2^53 */
    bool fits;       /* the integer fits `integer` */
    int64_t integer; /* the exact value, if it fits */
    char text[48];   /* the exact value in decimal digits; floats as "%.17g"; "" if there is none */
} mpool_total_value;

/*
 * mpool_total_open - add a total to a pool
 *
 * name      in   1..63 bytes, unique in the pool; copied
 * total     out  set on MPOOL_OK
 *
 * Jobs submitted after the call can add to it.
 * Errors: MPOOL_E_INVAL (name, kind or a second one of that name), MPOOL_E_TOOBIG (64 totals are the most).
 * Calls:  any thread of the host.
 */
MPOOL_API mpool_err mpool_total_open(mpool_pool *pool, const char *name, mpool_total_kind kind, mpool_total **total);

/*
 * mpool_total_read - the total now
 *
 * value     out  what the jobs that are done so far have added; never half of a job
 *
 * Errors: none today. Calls: any thread of the host; also while jobs run.
 */
MPOOL_API mpool_err mpool_total_read(const mpool_total *total, mpool_total_value *value);

/*
 * mpool_total_int64 - the total as an integer
 *
 * Errors: MPOOL_E_OVERFLOW (beyond 64 bits: use mpool_total_read()), MPOOL_E_FORMAT (a float), MPOOL_E_END (a min or
 *         max of nothing). Calls: as mpool_total_read().
 */
MPOOL_API mpool_err mpool_total_int64(const mpool_total *total, int64_t *value);

#endif
