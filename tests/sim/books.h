/*
 * tests/sim/books.h - the oracle's books: where each job is
 */
#ifndef SIM_BOOKS_H
#define SIM_BOOKS_H

#include "tests/sim/oracle.h"

static inline void books_mark(struct oracle *oracle, uint64_t job, enum job_state state)
{
    uint64_t bit = UINT64_C(1) << (job % 64);

    oracle->jobs[job].state = (uint8_t)state;
    if (state == JOB_WAITS)
        oracle->waiting[job / 64] |= bit;
    else
        oracle->waiting[job / 64] &= ~bit;
}

/* The step under way has to say that this job has ended. */
static inline void books_must_end(struct oracle *oracle, uint64_t job, mpool_status status)
{
    books_mark(oracle, job, JOB_ENDING);
    oracle->jobs[job].status = (uint8_t)status;
    oracle->ending++;
}

/* A job that nobody wants to have waiting any more is cancelled. */
static inline void books_release(struct oracle *oracle, uint64_t job)
{
    if (oracle->draining)
        books_must_end(oracle, job, MPOOL_CANCELLED);
    else
        books_mark(oracle, job, JOB_WAITS);
}

/* The lowest number among the jobs that wait; SIM_JOBS if none does. */
static inline uint64_t books_first_waiting(const struct oracle *oracle)
{
    for (unsigned i = 0; i < SIM_WORDS; i++)
        if (oracle->waiting[i] != 0)
            return 64 * (uint64_t)i + (uint64_t)__builtin_ctzll(oracle->waiting[i]);
    return SIM_JOBS;
}

/* books_drain - nothing that waits is wanted any more. */
void books_drain(struct oracle *oracle);

/* books_terminate - nor is what has begun. */
void books_terminate(struct oracle *oracle);

#endif
