/*
 * cli/median.c - the median of how long the jobs of a step have run
 *
 * Runs in: the mpool command, on its main thread, which adds; its workers, which read. Owns: a page of memory that both
 * share.
 *
 * Times are counted in a histogram whose buckets are a 16th of a power of two wide, as in HdrHistogram: the memory is
 * the same for any number of jobs.
 */
#include "cli/median.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#define PARTS_BITS 4
#define PARTS (1 << PARTS_BITS)
#define BUCKETS (64 * PARTS)

static struct {
    uint64_t counts[BUCKETS];
    uint64_t count;
    _Atomic int64_t *shared_ms;
} median;

bool median_open(void)
{
    void *page = mmap(NULL, sizeof *median.shared_ms, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return false;
    median.shared_ms = page;
    return true;
}

void median_close(void)
{
    if (median.shared_ms != NULL)
        (void)munmap(median.shared_ms, sizeof *median.shared_ms);
    median.shared_ms = NULL;
}

void median_begin(void)
{
    memset(median.counts, 0, sizeof median.counts);
    median.count = 0;
    if (median.shared_ms != NULL)
        atomic_store(median.shared_ms, 0);
}

/* Numbers below PARTS have a bucket each. */
static int bucket_of(uint64_t ns)
{
    int power = ns < PARTS ? 0 : 63 - __builtin_clzll(ns) - PARTS_BITS;

    return power == 0 ? (int)ns : (power << PARTS_BITS) + (int)(ns >> power);
}

/* The first number that is beyond the bucket. */
static uint64_t end_of(int bucket)
{
    int power = bucket < 2 * PARTS ? 0 : (bucket >> PARTS_BITS) - 1;

    return (uint64_t)(bucket + 1 - (power << PARTS_BITS)) << power;
}

void median_add(int64_t ns)
{
    uint64_t below = 0;
    int bucket = -1;

    if (median.shared_ms == NULL || ns < 0)
        return;
    median.counts[bucket_of((uint64_t)ns)]++;
    median.count++;
    if (median.count < MEDIAN_LEAST)
        return;
    while (2 * below < median.count)
        below += median.counts[++bucket];
    atomic_store(median.shared_ms, (int64_t)((end_of(bucket) + 999999) / 1000000));
}

int64_t median_ms(void)
{
    return median.shared_ms != NULL ? atomic_load(median.shared_ms) : 0;
}
