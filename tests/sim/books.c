/*
 * tests/sim/books.c - the oracle's books: where each job is
 *
 * Runs in: the simulator.
 */
#include "tests/sim/books.h"

static bool is_gated(const struct oracle *oracle, uint64_t job)
{
    const struct mp_rules *rules = oracle->jobs[job].rules;

    return rules->gate > 0 && oracle->inside[rules->gate - 1] >= rules->gate_room;
}

uint64_t books_first(const struct oracle *oracle)
{
    for (unsigned lane = 0; lane < SIM_LANES; lane++)
        for (unsigned i = 0; i < SIM_WORDS; i++)
            for (uint64_t bits = oracle->waiting[lane][i]; bits != 0; bits &= bits - 1) {
                uint64_t job = 64 * (uint64_t)i + (uint64_t)__builtin_ctzll(bits);

                if (!is_gated(oracle, job))
                    return job;
            }
    return SIM_JOBS;
}

void books_each(struct oracle *oracle, void (*each)(struct oracle *oracle, uint64_t job))
{
    for (unsigned i = 0; i < SIM_WORDS; i++) {
        uint64_t bits = oracle->later[i];

        for (unsigned lane = 0; lane < SIM_LANES; lane++)
            bits |= oracle->waiting[lane][i];
        for (; bits != 0; bits &= bits - 1)
            each(oracle, 64 * (uint64_t)i + (uint64_t)__builtin_ctzll(bits));
    }
}

static void ripen(struct oracle *oracle, uint64_t job)
{
    if (oracle->jobs[job].state == JOB_LATER && oracle->jobs[job].most_ms <= oracle->now_ms)
        books_mark(oracle, job, JOB_WAITS);
}

void books_pass_time(struct oracle *oracle)
{
    if (oracle->later_jobs > 0)
        books_each(oracle, ripen);
}

static void cancel(struct oracle *oracle, uint64_t job)
{
    books_must_end(oracle, job, MPOOL_CANCELLED);
}

void books_drain(struct oracle *oracle)
{
    oracle->closed = oracle->draining = true;
    books_each(oracle, cancel);
}

void books_terminate(struct oracle *oracle)
{
    books_drain(oracle);
    oracle->terminated = true;
}

/* The n-th attempt after the first waits for 2^(n-1) times the back-off, as far as the most and the jitter allow. */
static void come_back(struct oracle *oracle, uint64_t number)
{
    const struct job_record *job = &oracle->jobs[number];
    const struct mp_rules *rules = job->rules;
    int64_t wait_ms = rules->backoff_ms;

    if (wait_ms == 0) {
        books_mark(oracle, number, JOB_WAITS);
        return;
    }
    for (uint32_t n = 1; n < job->attempts; n++)
        wait_ms = mp_sooner(2 * wait_ms, rules->backoff_most_ms);
    books_put_off(oracle, number, wait_ms * (100 - rules->jitter) / 100, wait_ms);
    reach(oracle, REACH_BACKED_OFF);
}

/* The law of retries: an attempt is followed by another only if that was asked for, for its status or its own end. */
static bool was_asked_for(struct oracle *oracle, const struct job_record *job, const struct mp_end *end)
{
    const struct plan_retry *retry = oracle->plan->retries[job->rules - oracle->plan->rules];
    bool crashed = end->status == MPOOL_CRASHED;
    bool exited = (crashed || end->status == MPOOL_FAILED) && end->signal == 0 && retry->exits &&
                  end->exit_code == retry->exit_code;
    bool killed = crashed && end->signal != 0 && end->signal == retry->signal;

    if ((retry->failed && end->status == MPOOL_FAILED) || (retry->crashed && crashed) ||
        (retry->timed_out && end->status == MPOOL_TIMED_OUT))
        return true;
    oracle->reached[REACH_ASKED_EXIT] += exited;
    oracle->reached[REACH_ASKED_SIGNAL] += killed;
    oracle->reached[REACH_ASKED_OOM] += retry->oom && end->oom;
    return exited || killed || (retry->oom && end->oom);
}

void books_charge(struct oracle *oracle, uint64_t number, const struct mp_end *end, bool final)
{
    struct job_record *job = &oracle->jobs[number];

    job->attempts++;
    job->crashes += end->status == MPOOL_CRASHED;
    if (final || job->attempts == job->rules->retries + 1 || job->crashes == job->rules->crash_limit ||
        job->rules->once || job->unwanted) {
        books_must_end(oracle, number, end->status);
    } else if (!was_asked_for(oracle, job, end)) {
        books_must_end(oracle, number, end->status);
        reach(oracle, REACH_NOT_ASKED);
    } else if (oracle->draining) {
        books_must_end(oracle, number, end->status);
        reach(oracle, REACH_DRAIN_FAILED);
    } else {
        come_back(oracle, number);
        job->alone = job->alone || end->status != MPOOL_FAILED;
        oracle->stats.attempts_retried++;
        reach(oracle, REACH_RETRIED);
    }
}
