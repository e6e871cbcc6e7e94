/*
 * tests/sim/oracle.c - what must hold
 *
 * Runs in: the simulator. The parts: expect.c (what an event must lead to, and burial.c for deaths), witness.c (may the
 * core say this now), census.c (where the core keeps the jobs), law.c (what has to hold of time).
 */
#include "tests/sim/oracle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void oracle_init(struct oracle *oracle, const struct plan *plan, const struct worker *workers, struct trace *trace,
                 uint64_t *reached)
{
    memset(oracle, 0, sizeof *oracle);
    oracle->plan = plan;
    oracle->workers = workers;
    oracle->trace = trace;
    oracle->reached = reached;
    oracle->now_ms = plan->start_us / 1000;
    oracle->stats.workers = oracle->wanted = plan->crew.wanted;
    oracle->most = plan->crew.most;
    for (unsigned i = 0; i < SIM_JOBS; i++)
        oracle->jobs[i].runs_on = -1;
    for (unsigned i = 0; i < plan->slots; i++)
        oracle->views[i] = (struct view){.spawn_ms = oracle->now_ms, .spare = i >= plan->crew.wanted, .deaf_ms = -1};
}

void oracle_fail(struct oracle *oracle, const char *format, ...)
{
    va_list args;

    if (oracle->violated)
        return;
    oracle->violated = true;
    va_start(args, format);
    vsnprintf(oracle->verdict, sizeof oracle->verdict, format, args);
    va_end(args);
}

unsigned oracle_up(const struct oracle *oracle)
{
    unsigned up = 0;

    for (unsigned i = 0; i < oracle->plan->slots; i++)
        up += oracle->views[i].state == VIEW_UP;
    return up;
}

bool view_unwanted(const struct oracle *oracle, const struct view *view)
{
    for (uint32_t ticket = view->answered; ticket != view->sent; ticket++)
        if (oracle->jobs[view_job_of(view, ticket)].unwanted)
            return true;
    return false;
}

void oracle_settle(struct oracle *oracle, const struct mp_core *core)
{
    const struct view *view = &oracle->views[oracle->cause_slot];
    bool must_kill = oracle->cause == CAUSE_GARBLED || oracle->cause == CAUSE_UNSENT;

    if (oracle->violated)
        return;
    if (oracle->ending > 0)
        oracle_fail(oracle, "%u jobs should have ended in this step", oracle->ending);
    if (oracle->commit.count > 0)
        oracle_fail(oracle, "the results of %u jobs from %" PRIu64 " on do not count", oracle->commit.count,
                    oracle->commit.first);
    if (oracle->committed != oracle->deserved)
        oracle_fail(oracle, "the total is %" PRId64 ", and the jobs that are done make %" PRId64, oracle->committed,
                    oracle->deserved);
    if (oracle->break_due)
        oracle_fail(oracle, "the pool is broken, and the core does not say so");
    if (must_kill && view->state != VIEW_DOOMED)
        oracle_fail(oracle, "slot %u is not killed for what it did", oracle->cause_slot);
    muster_check(oracle, core);
    census_take(oracle, core);
    law_check(oracle, core);
}

uint32_t oracle_begins(struct oracle *oracle, unsigned slot, unsigned number)
{
    struct job_record *job = &oracle->jobs[number];

    if (job->runs_on >= 0)
        oracle_fail(oracle, "job %u runs in slots %d and %u at once", number, job->runs_on, slot);
    else if (job->state != JOB_FLIES || job->slot != (int8_t)slot)
        oracle_fail(oracle, "slot %u runs job %u, and that was taken from it", slot, number);
    else if (job->rules->once && job->runs > 0)
        oracle_fail(oracle, "job %u runs a second time in slot %u, and must not", number, slot);
    job->runs_on = (int8_t)slot;
    return ++job->runs;
}

void oracle_stops(struct oracle *oracle, unsigned number)
{
    oracle->jobs[number].runs_on = -1;
}
