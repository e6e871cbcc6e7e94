/*
 * tests/sim/census.c - where the core keeps the jobs
 *
 * Runs in: the simulator, after each step. The one place where the simulator looks into the core: every job that has
 * not ended is in the queue once, or in the flight of one slot, and the books say the same.
 *
 * The queue's list is walked node by node, so the queue is compiled in here.
 */
#include "pool/queue.c" /* NOLINT(bugprone-suspicious-include) */

#include "tests/sim/oracle.h"

#include <inttypes.h>

/* Sets the bits of a range; false if one was set, or is out of bounds. */
static bool set_bits(uint64_t *words, uint64_t first, uint32_t count)
{
    if (count == 0 || first + count > SIM_JOBS)
        return false;
    while (count > 0) {
        unsigned at = first % 64, here = count < 64 - at ? count : 64 - at;
        uint64_t bits = (here == 64 ? ~UINT64_C(0) : (UINT64_C(1) << here) - 1) << at;

        if (words[first / 64] & bits)
            return false;
        words[first / 64] |= bits;
        first += here;
        count -= here;
    }
    return true;
}

/* Jobs wait with what they have been charged. Neighbours in a range were compared when they melted. */
static void check_history(struct oracle *oracle, const struct mp_range *range, uint64_t number)
{
    const struct job_record *job = &oracle->jobs[number];

    if (job->attempts != range->attempts || job->crashes != range->crashes || job->alone != range->solo)
        oracle_fail(oracle,
                    "job %" PRIu64 " waits with %u attempts, %u crashes%s, and was charged %u and %u, and should go%s",
                    number, range->attempts, range->crashes, range->solo ? ", alone" : "", job->attempts, job->crashes,
                    job->alone ? " alone" : " in company");
}

/* The jobs of one lane, in their order. Returns how many ranges. */
static size_t count_lane(struct oracle *oracle, const struct mp_lane *lane, uint64_t *found, uint64_t *jobs)
{
    const struct mp_range *last = NULL;
    size_t ranges = 0;

    for (const struct mp_queue_node *node = lane->head; node != NULL; node = node->next) {
        const struct mp_range *range = &node->range;

        if ((last != NULL && last->rules->priority == range->rules->priority && range->first < last->first) ||
            (last != NULL && last->rules->priority < range->rules->priority) ||
            !set_bits(found, range->first, range->count)) {
            oracle_fail(oracle, "jobs %" PRIu64 "+%u are queued twice, or out of order", range->first, range->count);
            return 0;
        }
        check_history(oracle, range, range->first);
        check_history(oracle, range, range->first + range->count - 1);
        last = range;
        *jobs += range->count;
        ranges++;
        if (node->next == NULL && node != lane->tail)
            oracle_fail(oracle, "a lane has lost its tail");
    }
    return ranges;
}

static void compare(struct oracle *oracle, const char *where, const uint64_t *found, const uint64_t *should)
{
    for (unsigned i = 0; i < SIM_WORDS; i++)
        if (found[i] != should[i])
            oracle_fail(oracle, "job %d should %s %s", 64 * (int)i + __builtin_ctzll(found[i] ^ should[i]),
                        found[i] & ~should[i] ? "not be in" : "be in", where);
}

static void count_queue(struct oracle *oracle, const struct mp_core *core)
{
    uint64_t found[SIM_WORDS] = {0}, waiting[SIM_WORDS] = {0}, jobs = 0, parked = 0;
    size_t ranges = 0;

    for (unsigned i = 0; i < MP_LANES; i++)
        ranges += count_lane(oracle, &core->queue.lanes[i], found, &jobs);
    for (unsigned i = 0; i < core->gates.count; i++)
        ranges += count_lane(oracle, &core->gates.gates[i].parked, found, &parked);
    if (jobs != core->queue.jobs || parked != core->queue.parked_jobs || ranges != core->queue.ranges)
        oracle_fail(oracle, "the queue says %" PRIu64 " jobs, and has %" PRIu64, core->queue.jobs, jobs);
    for (unsigned lane = 0; lane < SIM_LANES; lane++)
        for (unsigned i = 0; i < SIM_WORDS; i++)
            waiting[i] |= oracle->waiting[lane][i];
    compare(oracle, "the queue", found, waiting);
    for (unsigned i = 0; i < core->gates.count; i++)
        if (core->gates.gates[i].inside != oracle->inside[i])
            oracle_fail(oracle, "gate %u says %u jobs, and %u have passed it", i, core->gates.gates[i].inside,
                        oracle->inside[i]);
}

/* When exactly a job comes back that backs off is the core's to say, between the bounds. */
static void count_later(struct oracle *oracle, const struct mp_later *later)
{
    uint64_t found[SIM_WORDS] = {0}, jobs = 0;

    for (size_t i = 0; i < later->count; i++) {
        const struct mp_range *range = &later->heap[i];

        if (!set_bits(found, range->first, range->count)) {
            oracle_fail(oracle, "jobs %" PRIu64 "+%u wait for their time twice", range->first, range->count);
            return;
        }
        for (uint64_t job = range->first; job < range->first + range->count; job++) {
            struct job_record *record = &oracle->jobs[job];

            check_history(oracle, range, job);
            if (range->not_before_ms < record->least_ms || range->not_before_ms > record->most_ms)
                oracle_fail(oracle, "job %" PRIu64 " waits until %" PRId64 ", and should until %" PRId64 " to %" PRId64,
                            job, range->not_before_ms, record->least_ms, record->most_ms);
            record->least_ms = record->most_ms = range->not_before_ms;
        }
        jobs += range->count;
    }
    if (jobs != later->jobs)
        oracle_fail(oracle, "%" PRIu64 " jobs are said to wait for their time, and %" PRIu64 " do", later->jobs, jobs);
    compare(oracle, "the list of those whose time has not come", found, oracle->later);
}

static uint64_t count_flight(struct oracle *oracle, const struct mp_flight *flight, unsigned slot)
{
    const struct view *view = &oracle->views[slot];
    uint64_t jobs = 0;

    if (flight->frame_count != view->frames || mp_flight_jobs(flight) != view->sent - view->answered) {
        oracle_fail(oracle, "slot %u has %u jobs in %u frames in flight, and should have %u in %u", slot,
                    mp_flight_jobs(flight), flight->frame_count, view->sent - view->answered, view->frames);
        return 0;
    }
    for (unsigned i = 0; i < flight->frame_count; i++) {
        const struct mp_flight_frame *frame = &flight->frames[i];

        if (frame->range.first != view->frame[i].first || frame->range.count != view->frame[i].count ||
            frame->ticket != view->frame[i].ticket)
            oracle_fail(oracle, "slot %u: jobs %" PRIu64 "+%u in flight should be %" PRIu64 "+%u", slot,
                        frame->range.first, frame->range.count, view->frame[i].first, view->frame[i].count);
        jobs += frame->range.count;
    }
    return jobs;
}

static void check_stat(struct oracle *oracle, const char *what, uint64_t is, uint64_t should)
{
    if (is != should)
        oracle_fail(oracle, "the statistics say %" PRIu64 " %s, and it was %" PRIu64, is, what, should);
}

static void count_stats(struct oracle *oracle, const mpool_pool_stats *is)
{
    const mpool_pool_stats *should = &oracle->stats;

    check_stat(oracle, "workers", is->workers, should->workers);
    check_stat(oracle, "jobs submitted", is->jobs_submitted, should->jobs_submitted);
    check_stat(oracle, "jobs ended", is->jobs_ended, should->jobs_ended);
    check_stat(oracle, "attempts retried", is->attempts_retried, should->attempts_retried);
    check_stat(oracle, "workers started", is->workers_started, should->workers_started);
    check_stat(oracle, "deaths with a job running", is->deaths_claimed, should->deaths_claimed);
    check_stat(oracle, "deaths with no job started", is->deaths_unstarted, should->deaths_unstarted);
    check_stat(oracle, "deaths with results not committed", is->deaths_uncommitted, should->deaths_uncommitted);
    check_stat(oracle, "deaths of idle workers", is->deaths_idle, should->deaths_idle);
    check_stat(oracle, "deaths at start", is->deaths_startup, should->deaths_startup);
    check_stat(oracle, "deaths caused by us", is->deaths_ours, should->deaths_ours);
    check_stat(oracle, "stale results", is->stale_results, should->stale_results);
    check_stat(oracle, "frames sent", is->frames_sent, should->frames_sent);
    check_stat(oracle, "recalls", is->recalls, should->recalls);
}

void census_take(struct oracle *oracle, const struct mp_core *core)
{
    uint64_t jobs = mp_core_waiting(core) + core->stats.jobs_ended;

    count_queue(oracle, core);
    if (core->later.count > 0 || oracle->later_jobs > 0)
        count_later(oracle, &core->later);
    for (unsigned i = 0; i < oracle->plan->slots; i++)
        jobs += count_flight(oracle, &core->slots[i].flight, i);
    if (jobs != oracle->submitted)
        oracle_fail(oracle, "of %" PRIu64 " jobs, %" PRIu64 " are left: queue %" PRIu64 ", ended %" PRIu64,
                    oracle->submitted, jobs, core->queue.jobs, core->stats.jobs_ended);
    count_stats(oracle, &core->stats);
}
