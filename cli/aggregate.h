/*
 * cli/aggregate.h - what the numbers of several jobs come to
 *
 * The same as a pool computes, and with the same results, where a total needs what only the command knows.
 */
#ifndef CLI_AGGREGATE_H
#define CLI_AGGREGATE_H

#include "cli/figure.h"
#include "cli/number.h"

#include <stdbool.h>

enum aggregate_kind {
    AGGREGATE_SUM = 1,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_COUNT,
    AGGREGATE_MEAN,
    AGGREGATE_PRODUCT,
};

struct product;

/* {0} is that of nothing. */
struct aggregate {
    uint64_t count;          /* numbers added */
    int64_t high;            /* sum, mean: of the integers, in two's complement of 128 bits: no sum of fewer than */
    uint64_t low;            /* 2^63 integers of 63 bits is beyond it */
    double real;             /* sum, mean: of the floats */
    bool is_real;            /* a float was added */
    struct number extreme;   /* min, max */
    struct product *product; /* NULL: of nothing */
};

/* aggregate_add - one number of one job, a small one (cli/number.h) except for a product. A count takes NULL. */
void aggregate_add(struct aggregate *aggregate, enum aggregate_kind kind, const struct number *number);

/* aggregate_mean - of a sum and a count; the same for a pool's totals and for those kept here */
struct figure aggregate_mean(double sum, uint64_t count);

/* aggregate_figure - what they come to; release with figure_free() */
struct figure aggregate_figure(const struct aggregate *aggregate, enum aggregate_kind kind);

/* aggregate_compare - below 0, 0, or above 0, by the values; neither is that of nothing */
int aggregate_compare(const struct aggregate *a, const struct aggregate *b, enum aggregate_kind kind);

void aggregate_free(struct aggregate *aggregate);

#endif
