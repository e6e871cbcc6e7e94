/*
 * bench/bench.h - what the benchmarks share: a clock, medians, and other programs to be measured against
 */
#ifndef MPOOL_BENCH_BENCH_H
#define MPOOL_BENCH_BENCH_H

#include <mpool/mpool.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BENCH_RUNS 5

static inline double bench_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static inline int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts the times of BENCH_RUNS runs, and gives the middle one. */
static inline double bench_median(double times[BENCH_RUNS])
{
    qsort(times, BENCH_RUNS, sizeof times[0], bench_compare);
    return times[BENCH_RUNS / 2];
}

/* Ends the program if a call failed. */
static inline void bench_must(mpool_err err, const char *what)
{
    if (err == MPOOL_OK)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, mpool_err_name(err), mpool_error_detail());
    exit(1);
}

#define BENCH_MUST(call) bench_must((call), #call)

#endif
