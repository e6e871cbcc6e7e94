/*
 * tests/proc/sharing.h - what the scenarios of shared objects share
 */
#ifndef TESTS_PROC_SHARING_H
#define TESTS_PROC_SHARING_H

#include <mpool/mpool.h>
#include <stdint.h>

/* start_with - a process that runs a function with a handle for its argument. */
mpool_process *start_with(const char *function, mpool_handle handle);

/* start_together - return when so many threads of any processes have called it. */
void start_together(int parties);

/* dice - the next random number. */
uint64_t dice(uint64_t *state);

/* kill_after - SIGKILL after a moment that differs each time, up to so many microseconds; joined and freed. */
void kill_after(mpool_process *process, int64_t most_us);

/* kills_wanted - how many kills have to hit what a scenario is about: MPOOL_KILLS, or 100. */
unsigned kills_wanted(void);

#endif
