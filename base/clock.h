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

#endif
