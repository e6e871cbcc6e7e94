/*
 * base/bound.h - fields of a struct that a program has filled in, and what they may be
 */
#ifndef MP_BASE_BOUND_H
#define MP_BASE_BOUND_H

#include <mpool/error.h>

#include <stddef.h>
#include <stdint.h>

struct mp_bound {
    const char *field;
    int64_t value;
    int64_t least;
    int64_t most;
    const char *unit; /* what is said behind the numbers: " milliseconds" */
};

/*
 * mp_bound_check - is each of `count` fields within its bounds?
 *
 * function  in   of the task whose fields they are; NULL: they are the options of a pool
 *
 * Errors: MPOOL_E_INVAL; its detail has the first that is not, with its value and its bounds.
 */
mpool_err mp_bound_check(const char *function, const struct mp_bound *bounds, size_t count);

#endif
