/*
 * tests/sim/books.h - the oracle's books: where each job is
 */
#ifndef SIM_BOOKS_H
#define SIM_BOOKS_H

#include "tests/sim/oracle.h"

static inline void books_mark(struct oracle *oracle, uint64_t number, enum job_state state)
{
    struct job_record *job = &oracle->jobs[number];
    uint64_t bit = UINT64_C(1) << (number % 64), *waiting = &oracle->waiting[1 - job->rules->priority][number / 64];
    uint32_t gate = job->rules->gate;

    if (gate > 0)
        oracle->inside[gate - 1] += (uint32_t)(state == JOB_FLIES) - (uint32_t)(job->state == JOB_FLIES);
    oracle->later_jobs += (unsigned)(state == JOB_LATER) - (unsigned)(job->state == JOB_LATER);
    *waiting = state == JOB_WAITS ? *waiting | bit : *waiting & ~bit;
    oracle->later[number / 64] =
        state == JOB_LATER ? oracle->later[number / 64] | bit : oracle->later[number / 64] & ~bit;
    job->state = (uint8_t)state;
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
    oracle->reached[REACH_CANCELLED_RETURNED] += oracle->jobs[job].unwanted;
    if (oracle->draining || oracle->jobs[job].unwanted)
        books_must_end(oracle, job, MPOOL_CANCELLED);
    else
        books_mark(oracle, job, JOB_WAITS);
}

/* A job comes back some time between least_ms and most_ms from now. */
static inline void books_put_off(struct oracle *oracle, uint64_t job, int64_t least_ms, int64_t most_ms)
{
    oracle->jobs[job].least_ms = oracle->now_ms + least_ms;
    oracle->jobs[job].most_ms = oracle->now_ms + most_ms;
    books_mark(oracle, job, JOB_LATER);
}

static inline void reach(struct oracle *oracle, enum reach what)
{
    oracle->reached[what]++;
}

/* books_charge - an attempt came to nothing, and it counts. */
void books_charge(struct oracle *oracle, uint64_t job, const struct mp_end *end, bool final);

/* burial - a worker that had said hello is dead: at most one job pays, the others come back as they were. */
void burial(struct oracle *oracle, const struct mp_event *event);

/* burial_unborn - one that had not. */
void burial_unborn(struct oracle *oracle, struct view *view);

/* books_first - the job that has to be sent next; SIM_JOBS if there is none: highest priority, then lowest number. */
uint64_t books_first(const struct oracle *oracle);

/* books_each - calls `each` for every job that waits, or whose time has not come. */
void books_each(struct oracle *oracle, void (*each)(struct oracle *oracle, uint64_t job));

/* books_pass_time - jobs whose time has come wait. */
void books_pass_time(struct oracle *oracle);

/* books_drain - nothing that waits is wanted any more. */
void books_drain(struct oracle *oracle);

/* books_terminate - nor is what has begun. */
void books_terminate(struct oracle *oracle);

#endif
