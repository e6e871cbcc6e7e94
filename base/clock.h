/*
 * base/clock.h - the one clock: CLOCK_MONOTONIC, the same in every process
 */
#ifndef MP_BASE_CLOCK_H
#define MP_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t mp_clock_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t mp_clock_ms(void)
{
    return mp_clock_ns() / 1000000;
}

/* mp_clock_until_ns - when a timeout that begins now is over; INT64_MAX for one that is negative, and never is. */
static inline int64_t mp_clock_until_ns(int64_t timeout_ms)
{
    int64_t now = mp_clock_ns();

    if (timeout_ms < 0 || timeout_ms > (INT64_MAX - now) / 1000000)
        return INT64_MAX;
    return now + timeout_ms * 1000000;
}

#endif
