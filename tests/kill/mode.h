/*
 * tests/kill/mode.h - one pool, its jobs, and the killing of its workers
 */
#ifndef TESTS_KILL_MODE_H
#define TESTS_KILL_MODE_H

#include <stdbool.h>
#include <stdint.h>

struct mode {
    const char *name;
    bool retried; /* jobs may try as often as they like; else a crash is their end */
    uint32_t jobs;
    uint32_t kills; /* at least */
    uint64_t seed;
};

/* mode_run - dies if anything is not as it should be. */
void mode_run(const struct mode *mode);

#endif
