/*
 * tests/sim/dice.h - random numbers that a seed repeats
 */
#ifndef SIM_DICE_H
#define SIM_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state; /* the seed, at first: any number will do */
};

/* splitmix64: one addition and a good mixer, so that neighbouring seeds have nothing in common. */
static inline uint64_t dice_next(struct dice *dice)
{
    uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 .. bound - 1 */
static inline uint32_t dice_below(struct dice *dice, uint32_t bound)
{
    return (uint32_t)(((dice_next(dice) >> 32) * bound) >> 32);
}

/* low .. high */
static inline int64_t dice_between(struct dice *dice, int64_t low, int64_t high)
{
    return low + (int64_t)dice_below(dice, (uint32_t)(high - low + 1));
}

static inline bool dice_chance(struct dice *dice, unsigned per_mille)
{
    return per_mille > 0 && dice_below(dice, 1000) < per_mille;
}

#endif
