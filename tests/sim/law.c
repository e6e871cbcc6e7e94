/*
 * tests/sim/law.c - what has to hold of time
 *
 * Runs in: the simulator, after each step. Ticks come at most plan.late_ms after mp_core_due(); what is later than that
 * and a millisecond of rounding is too late.
 */
#include "tests/sim/books.h"
#include "tests/sim/worker.h"

#include <inttypes.h>

#define RECALL_MS 2 /* jobs that have not moved for so long while others idle are asked back */
#define LEAVE_MS 5000
#define DEAF_MS 1000

/*
 * Limits are enforced in time. The job at the front of the flight has a clock, unless its result is under way and the
 * one behind it has begun already. Pages that lie may put off the end of their own worker.
 */
static void check_limits(struct oracle *oracle, unsigned slot, int64_t slack_ms)
{
    const struct view *view = &oracle->views[slot];
    const struct worker *worker = &oracle->workers[slot];
    const struct mp_rules *rules;
    uint32_t begun = worker->next - view->answered; /* how many of those in flight */
    int64_t start_ms;

    if (view->frames == 0 || worker->lie != LIE_NOT || worker->life == WORKER_DEAD || begun > 1)
        return;
    rules = oracle->jobs[view->frame[0].first].rules;
    start_ms = mp_later(view->frame[0].sent_ms, view->progress_ms);
    if (begun == 1)
        start_ms = mp_later(start_ms, worker->begun_us / 1000);
    if (rules->timeout_ms > 0 && oracle->now_ms > start_ms + rules->timeout_ms + slack_ms)
        oracle_fail(oracle, "slot %u: job %" PRIu64 " runs %" PRId64 " ms over its limit", slot, view->frame[0].first,
                    oracle->now_ms - start_ms - rules->timeout_ms);
    if (rules->soft_timeout_ms > 0 && oracle->now_ms > start_ms + rules->soft_timeout_ms + slack_ms &&
        !(view->asked && view->asked_ticket == view->answered))
        oracle_fail(oracle, "slot %u: job %" PRIu64 " has not been asked to stop", slot, view->frame[0].first);
}

/* Nobody idles while there is something to do. */
static void check_idle(struct oracle *oracle, unsigned slot, bool must_share, int64_t slack_ms)
{
    struct view *view = &oracle->views[slot];

    if (view->frames == 0 && !view->recalling && !view->retiring && view->room > 0 && books_first(oracle) < SIM_JOBS)
        oracle_fail(oracle, "slot %u idles, and job %" PRIu64 " waits", slot, books_first(oracle));
    if (!must_share || view->recalling || view->barren || view->sent - view->answered < 2)
        view->lull_ms = -1;
    else if (view->lull_ms < 0 || view->lull_ms < view->progress_ms)
        view->lull_ms = oracle->now_ms;
    else if (oracle->now_ms > view->lull_ms + RECALL_MS + slack_ms)
        oracle_fail(oracle, "slot %u sits on %u jobs, others idle, and nobody asks for them", slot,
                    view->sent - view->answered);
}

/* What has not begun is asked back at once from a pool that drains. */
static void check_drain(struct oracle *oracle, unsigned slot)
{
    const struct view *view = &oracle->views[slot];

    if (view->sent - view->answered > 1 && !view->recalling && !view->barren)
        oracle_fail(oracle, "slot %u keeps %u jobs that nobody wants any more", slot, view->sent - view->answered);
}

/* What nobody wants any more is got back, or stopped. */
static void check_unwanted(struct oracle *oracle, unsigned slot, int64_t slack_ms)
{
    struct view *view = &oracle->views[slot];
    const struct job_record *job;
    int64_t longest_ms = DEAF_MS;

    if (!view_unwanted(oracle, view) || view->cleared)
        view->deaf_ms = -1;
    else if (view->deaf_ms < 0)
        view->deaf_ms = oracle->now_ms;
    if (!view_unwanted(oracle, view))
        return;
    for (uint32_t ticket = view->answered; ticket != view->sent; ticket++)
        longest_ms = mp_later(longest_ms, oracle->jobs[view_job_of(view, ticket)].grace_ms);
    if (!view->cleared && !view->recalling)
        oracle_fail(oracle, "slot %u has jobs that nobody wants, and is not asked for them", slot);
    if (view->deaf_ms >= 0 && oracle->now_ms > view->deaf_ms + longest_ms + slack_ms)
        oracle_fail(oracle, "slot %u does not give back what nobody wants, and nobody minds", slot);
    if (!view->cleared || !view_holds(view, view->cleared_ticket - 1))
        return;
    job = &oracle->jobs[view_job_of(view, view->cleared_ticket - 1)];
    if (job->unwanted && oracle->now_ms > view->cleared_ms + job->grace_ms + slack_ms)
        oracle_fail(oracle, "slot %u runs a job that nobody wants, and whose grace is over", slot);
}

static void check_slot(struct oracle *oracle, unsigned slot, bool must_share)
{
    struct view *view = &oracle->views[slot];
    int64_t slack_ms = oracle->plan->late_ms + 1, for_ms = oracle->now_ms - view->since_ms;
    bool wanted = !oracle->closed || oracle_has_work(oracle);

    if (oracle->terminated && view->state != VIEW_EMPTY && view->state != VIEW_DOOMED)
        oracle_fail(oracle, "slot %u goes on after the end", slot);
    switch (view->state) {
    case VIEW_EMPTY:
        if (wanted && !view->spare && !oracle->draining && oracle->now_ms > view->spawn_ms + slack_ms)
            oracle_fail(oracle, "slot %u gets no new worker", slot);
        break;
    case VIEW_STARTING:
        if (!wanted || for_ms > oracle->plan->start_timeout_ms + slack_ms)
            oracle_fail(oracle, "slot %u goes on starting for ever", slot);
        break;
    case VIEW_UP:
        if (!wanted)
            oracle_fail(oracle, "slot %u is not sent home", slot);
        check_limits(oracle, slot, slack_ms);
        check_unwanted(oracle, slot, slack_ms);
        if (oracle->draining)
            check_drain(oracle, slot);
        else
            check_idle(oracle, slot, must_share, slack_ms);
        break;
    case VIEW_LEAVING:
        if (for_ms > LEAVE_MS + slack_ms)
            oracle_fail(oracle, "slot %u does not go home, and nobody minds", slot);
        break;
    case VIEW_DOOMED:
        break;
    }
}

void law_check(struct oracle *oracle, const struct mp_core *core)
{
    int64_t due_ms = mp_core_due(core);
    unsigned idle = 0, recalls = 0, processes = 0;

    for (unsigned i = 0; i < oracle->plan->slots; i++) {
        const struct view *view = &oracle->views[i];

        recalls += view->state == VIEW_UP && view->recalling && view->frames > 0;
        idle += view->state == VIEW_UP && !view->recalling && !view->retiring && view->frames == 0;
        processes += view->state != VIEW_EMPTY;
    }
    for (unsigned i = 0; i < oracle->plan->slots; i++)
        check_slot(oracle, i, idle > recalls);
    if (oracle->closed && !oracle_has_work(oracle) && processes == 0 && !oracle->ended)
        oracle_fail(oracle, "all is over, and the core does not say so");
    if (due_ms <= oracle->now_ms && !oracle->ended)
        oracle_fail(oracle, "the core is due at %" PRId64 ", and it is %" PRId64 ": the loop would spin", due_ms,
                    oracle->now_ms);
}
