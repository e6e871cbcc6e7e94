/*
 * tests/proc/sharing.h - what the scenarios of shared objects share
 */
#ifndef TESTS_PROC_SHARING_H
#define TESTS_PROC_SHARING_H

#include <mpool/mpool.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* start_with - a process that runs a function with a handle for its argument. */
mpool_process *start_with(const char *function, mpool_handle handle);

/* sleeps - does the main thread of a process sleep? */
bool sleeps(pid_t pid);

/* dice - the next random number. */
uint64_t dice(uint64_t *state);

/* start_together - return when so many threads of any processes have called it. */
void start_together(int parties);

/* kill_after - SIGKILL after a moment that differs each time, up to so many microseconds; joined and freed. */
void kill_after(mpool_process *process, int64_t most_us);

/* kills_wanted - how many kills have to hit what a scenario is about: MPOOL_KILLS, or 100. */
unsigned kills_wanted(void);

/* How large an object with a seat for each member is. */
#define SEATED_BYTES ((size_t)9 * 4096)

/*
 * scribble - fill an object with random bytes, as a broken process may do
 *
 * The mutex at its beginning is left as it is: a wild write there can break those who use it (DESIGN.md §6b).
 */
void scribble(void *object, size_t bytes, uint64_t seed);

#endif
