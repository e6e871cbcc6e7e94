/*
 * bench/bench.h - what the benchmarks share: a clock, medians, goals, and a pool with all of its workers
 *
 * All contestants of a benchmark are measured in turn, in one run, so that whatever else the machine does falls on all.
 * A goal that is missed is a figure, and no error.
 */
#ifndef MPOOL_BENCH_BENCH_H
#define MPOOL_BENCH_BENCH_H

#include <mpool/mpool.h>

#include <stdbool.h>
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

static inline void bench_sleep(double seconds)
{
    struct timespec rest = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};

    (void)nanosleep(&rest, NULL);
}

static inline double bench_cpu(void)
{
    struct timespec used;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

/* Computes for so long, by its thread's CPU time: as work does, it takes longer where the processors are shared. */
static inline void bench_burn(double seconds)
{
    double end = bench_cpu() + seconds;

    while (bench_cpu() < end)
        for (int i = 0; i < 10000; i++)
            __asm__ volatile(""); /* or the compiler would see that it comes to nothing */
}

static inline int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts, and gives the one with so large a part of the others below it: 0.5 is the median, 1 the greatest. */
static inline double bench_quantile(double *values, size_t count, double part)
{
    qsort(values, count, sizeof values[0], bench_compare);
    return values[(size_t)(part * (double)(count - 1) + 0.5)];
}

/* Sorts the times of BENCH_RUNS runs, and gives the middle one. */
static inline double bench_median(double times[BENCH_RUNS])
{
    return bench_quantile(times, BENCH_RUNS, 0.5);
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

/* Opens a pool, and waits until all of its workers are ready. */
static inline mpool_pool *bench_open(const mpool_pool_options *options)
{
    mpool_pool_stats stats;
    mpool_pool *pool;

    BENCH_MUST(mpool_pool_open(options, &pool));
    for (;;) {
        BENCH_MUST(mpool_pool_stats_read(pool, &stats));
        if (stats.workers_ready >= stats.workers)
            return pool;
        bench_sleep(100e-6);
    }
}

static inline void bench_goal(const char *what, double figure, bool reached, const char *bound, double goal)
{
    printf("  %-52s %7.3f   goal: %s %g: %s\n", what, figure, bound, goal, reached ? "reached" : "missed");
}

/* Prints a figure, its goal, and whether that was reached. */
static inline void bench_at_most(const char *what, double figure, double goal)
{
    bench_goal(what, figure, figure <= goal, "at most", goal);
}

static inline void bench_at_least(const char *what, double figure, double goal)
{
    bench_goal(what, figure, figure >= goal, "at least", goal);
}

#endif
