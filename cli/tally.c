/*
 * cli/tally.c - how the jobs of a step have ended so far
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing.
 */
#include "cli/tally.h"

#include <time.h>

uint64_t tally_ended(const struct tally *tally)
{
    uint64_t sum = 0;

    for (int status = 0; status < TALLY_STATUSES; status++)
        sum += tally->ended[status];
    return sum;
}

uint64_t tally_total(const struct tally *tally)
{
    return tally_ended(tally) + tally->pending;
}

uint64_t tally_failed(const struct tally *tally)
{
    return tally->ended[MPOOL_FAILED] + tally->ended[MPOOL_CRASHED] + tally->ended[MPOOL_TIMED_OUT];
}

uint64_t tally_bad(const struct tally *tally)
{
    return tally_ended(tally) - tally->ended[MPOOL_DONE] - tally->current;
}

void tally_add(struct tally *sum, const struct tally *tally)
{
    for (int status = 0; status < TALLY_STATUSES; status++)
        sum->ended[status] += tally->ended[status];
    sum->resumed += tally->resumed;
    sum->current += tally->current;
    sum->pending += tally->pending;
    sum->more = sum->more || tally->more;
}

double tally_seconds(const struct tally *tally, int64_t now_ns)
{
    if (tally->start_ns == 0)
        return 0;
    return (double)((tally->end_ns != 0 ? tally->end_ns : now_ns) - tally->start_ns) / 1e9;
}

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_coarse_ns(void)
{
    return read_clock(CLOCK_MONOTONIC_COARSE);
}
