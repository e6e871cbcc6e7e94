/*
 * base/mix.h - a number that differs from case to case, the same each time: for jitter, not for secrets
 */
#ifndef MP_BASE_MIX_H
#define MP_BASE_MIX_H

#include <stdint.h>

/* mp_mix - 64 bits out of two numbers: the finalizer of SplitMix64 (Steele, Lea, Flood 2014). */
static inline uint64_t mp_mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a + 1) * UINT64_C(0x9e3779b97f4a7c15) + b;

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* mp_less_jitter - a value less a part of it that differs from case to case, and is at most so many per cent of it. */
static inline uint64_t mp_less_jitter(uint64_t value, unsigned percent, uint64_t a, uint64_t b)
{
    uint64_t most = value / 100 * percent + value % 100 * percent / 100;

    return value - mp_mix(a, b) % (most + 1);
}

#endif
