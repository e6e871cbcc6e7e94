/*
 * tests/kill/killer.h - the thread that kills workers of a pool: random ones, at random moments
 */
#ifndef TESTS_KILL_KILLER_H
#define TESTS_KILL_KILLER_H

#include <mpool/mpool.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define KILLER_WORKERS 64
#define KILLER_MEMORY 256

struct killer {
    mpool_pool *pool;
    uint64_t dice;
    pthread_t thread;
    atomic_llong pause_us; /* between two kills, on average */
    atomic_uint kills;
    atomic_bool stop;
    pid_t killed[KILLER_MEMORY]; /* the last ones: a pool still lists a worker for a moment after its death */
};

void killer_start(struct killer *killer, mpool_pool *pool, uint64_t seed);

/* killer_stop - ends the thread. */
void killer_stop(struct killer *killer);

#endif
