/*
 * base/delta.h - what jobs add to a total: the value that is staged, sent, committed and shown
 *
 * Integers are added up in 128 bits, so that no sum of 64-bit values can overflow: there are fewer than 2^63 jobs.
 */
#ifndef MP_BASE_DELTA_H
#define MP_BASE_DELTA_H

#include <mpool/total.h>

#include <stdbool.h>
#include <stdint.h>

/* {0} is nothing added yet. */
struct mp_delta {
    uint64_t count; /* numbers added */
    int64_t high;   /* sum: of the integers, in two's complement; min, max: the value, if it is an integer: */
    uint64_t low;   /* its upper and its lower 64 bits. (A type of 128 bits would want an alignment that msgpack's zones
                       do not have.) */
    double real;    /* sum: of the floats; min, max: the value, if it is a float */
    bool is_float;  /* sum: a float was added; min, max: the value is a float */
};

/* mp_delta_add_integer, mp_delta_add_real - one number of one job. */
void mp_delta_add_integer(struct mp_delta *delta, mpool_total_kind kind, int64_t value);
void mp_delta_add_real(struct mp_delta *delta, mpool_total_kind kind, double value);

/* mp_delta_merge - all that `more` has. In any order and grouping the integers come out the same. */
void mp_delta_merge(struct mp_delta *delta, mpool_total_kind kind, const struct mp_delta *more);

/* mp_delta_value - for people and programs. */
void mp_delta_value(const struct mp_delta *delta, mpool_total_kind kind, mpool_total_value *value);

#endif
