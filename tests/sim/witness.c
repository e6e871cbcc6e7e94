/*
 * tests/sim/witness.c - may the core say this now?
 *
 * Runs in: the simulator, for each action, in their order.
 */
#include "tests/sim/books.h"
#include "tests/sim/worker.h"

#include <inttypes.h>

#define OVERDUE_MS 1000 /* results do not stay under way for so long */
#define FRAME_NS 10000000
#define DEAF_MS 1000 /* a worker that was asked for jobs has this long to answer */

/* ---- jobs -------------------------------------------------------------------------------------------------------- */

/* Is each job of this frame one that waits, and that no process runs? */
static bool may_send_jobs(struct oracle *oracle, const struct mp_range *range)
{
    for (uint64_t number = range->first; number < range->first + range->count; number++) {
        const struct job_record *job = &oracle->jobs[number];

        if (number >= SIM_JOBS || job->state != JOB_WAITS) {
            oracle_fail(oracle, "job %" PRIu64 " is sent, and does not wait", number);
        } else if (job->runs_on >= 0) {
            oracle_fail(oracle, "job %" PRIu64 " is sent while slot %d runs it", number, job->runs_on);
        } else if (job->rules != range->rules || job->attempts != range->attempts || job->crashes != range->crashes) {
            oracle_fail(oracle, "job %" PRIu64 " is sent with attempts %u crashes %u, and was charged %u and %u",
                        number, range->attempts, range->crashes, job->attempts, job->crashes);
        } else if (job->alone != range->solo) {
            oracle_fail(oracle, "job %" PRIu64 " is%s sent alone, and was in %s death that may be its fault", number,
                        range->solo ? "" : " not", job->alone ? "a" : "no");
        } else {
            continue;
        }
        return false;
    }
    return true;
}

/* Is there a slot that could take jobs, and has fewer frames under way? */
static bool someone_idler(const struct oracle *oracle, unsigned slot)
{
    for (unsigned i = 0; i < oracle->plan->slots; i++) {
        const struct view *view = &oracle->views[i];

        if (view->state == VIEW_UP && !view->recalling && !view->retiring && view->room > 0 &&
            view->frames < oracle->views[slot].frames && !(view->frames > 0 && view->frame[0].solo))
            return true;
    }
    return false;
}

static bool may_send(struct oracle *oracle, const struct mp_action *action)
{
    const struct view *view = &oracle->views[action->slot];
    const struct mp_range *range = &action->range;

    if (view->state != VIEW_UP)
        oracle_fail(oracle, "slot %u gets jobs, and is not up", action->slot);
    else if (oracle->draining)
        oracle_fail(oracle, "slot %u gets jobs after the end", action->slot);
    else if (view->frames == MP_FLIGHT_FRAMES)
        oracle_fail(oracle, "slot %u gets one frame too many", action->slot);
    else if (view->retiring || range->count > view->room)
        oracle_fail(oracle, "slot %u gets %u jobs, and retires after %" PRIu64, action->slot, range->count, view->room);
    else if (view->recalling)
        oracle_fail(oracle, "slot %u gets jobs while it is asked to give some back", action->slot);
    else if (action->ticket != view->sent)
        oracle_fail(oracle, "slot %u gets ticket %u instead of %u", action->slot, action->ticket, view->sent);
    else if (someone_idler(oracle, action->slot))
        oracle_fail(oracle, "slot %u gets jobs, and others have less to do", action->slot);
    else if (range->count == 0)
        oracle_fail(oracle, "slot %u gets an empty frame", action->slot);
    else if (range->first != books_first(oracle))
        oracle_fail(oracle, "job %" PRIu64 " is sent before %" PRIu64, range->first, books_first(oracle));
    else if (range->rules->gate > 0 && range->count > 1)
        oracle_fail(oracle, "%u jobs from %" PRIu64 " on pass their gate at once", range->count, range->first);
    else if (range->solo && (range->count > 1 || view->frames > 0))
        oracle_fail(oracle, "slot %u gets company for job %" PRIu64, action->slot, range->first);
    else if (view->frames > 0 && view->frame[0].solo)
        oracle_fail(oracle, "slot %u gets company for job %" PRIu64, action->slot, view->frame[0].first);
    else
        return may_send_jobs(oracle, range);
    return false;
}

/*
 * A frame is one job, or work of about 10 ms, going by the quickest jobs of the function. Frames double at most; a
 * function that nobody knows yet is tried with one job.
 */
static void check_size(struct oracle *oracle, const struct mp_range *range)
{
    uint32_t *largest = &oracle->largest[range->rules->pace];
    uint64_t quickest_ns = oracle->quickest_ns[range->rules->pace];

    if (range->count > 1 && range->count > 2 * *largest)
        oracle_fail(oracle, "a frame of %u jobs comes after one of %u at most", range->count, *largest);
    if (range->count > 1 && (quickest_ns == 0 || range->count > FRAME_NS / quickest_ns))
        oracle_fail(oracle, "a frame of %u jobs that take %" PRIu64 " ns each", range->count, quickest_ns);
    if (range->count > *largest)
        *largest = range->count;
}

static void note_overtaking(struct oracle *oracle, const struct mp_range *range)
{
    for (uint64_t job = 0; job < range->first; job++) {
        if (oracle->jobs[job].state != JOB_WAITS)
            continue;
        oracle->reached[oracle->jobs[job].rules->priority < range->rules->priority ? REACH_PREFERRED : REACH_GATED]++;
        return;
    }
}

static void witness_send(struct oracle *oracle, const struct mp_action *action)
{
    struct view *view = &oracle->views[action->slot];
    const struct mp_range *range = &action->range;

    if (!may_send(oracle, action))
        return;
    check_size(oracle, range);
    oracle->stats.frames_sent++;
    oracle->reached[REACH_LARGE] += range->count > 1;
    note_overtaking(oracle, range);
    for (uint64_t job = range->first; job < range->first + range->count; job++) {
        books_mark(oracle, job, JOB_FLIES);
        oracle->jobs[job].slot = (int8_t)action->slot;
    }
    if (view->frames == 0)
        view->progress_ms = oracle->now_ms;
    view->frame[view->frames++] = (struct view_frame){.ticket = action->ticket,
                                                      .count = range->count,
                                                      .first = range->first,
                                                      .sent_ms = oracle->now_ms,
                                                      .solo = range->solo};
    view->sent += range->count;
    view->used += range->count;
    if (oracle->plan->crew.jobs > 0 && view->used > oracle->plan->crew.jobs)
        oracle_fail(oracle, "slot %u gets its job number %" PRIu64 " of %" PRIu64, action->slot, view->used,
                    oracle->plan->crew.jobs);
    view->room -= view->room == UINT64_MAX ? 0 : range->count;
    view->barren = false;
}

static void witness_commit(struct oracle *oracle, const struct mp_action *action)
{
    if (oracle->commit.count == 0 || action->slot != oracle->cause_slot)
        oracle_fail(oracle, "a frame of results counts that must not");
    else if (action->range.first != oracle->commit.first || action->range.count != oracle->commit.count)
        oracle_fail(oracle, "the results of %u jobs from %" PRIu64 " on count as those of %u from %" PRIu64 " on",
                    oracle->commit.count, oracle->commit.first, action->range.count, action->range.first);
    oracle->commit.count = 0;
    oracle->committed += oracle->commit_delta;
}

static void count_end(struct oracle *oracle, mpool_status status)
{
    oracle->reached[REACH_FAILED] += status == MPOOL_FAILED;
    oracle->reached[REACH_CRASHED] += status == MPOOL_CRASHED;
    oracle->reached[REACH_TIMED_OUT] += status == MPOOL_TIMED_OUT;
    oracle->reached[REACH_CANCELLED] += status == MPOOL_CANCELLED;
}

static void witness_end(struct oracle *oracle, const struct mp_action *action)
{
    const struct mp_range *range = &action->range;

    if (range->count == 0)
        oracle_fail(oracle, "no job ends");
    for (uint64_t number = range->first; number < range->first + range->count; number++) {
        struct job_record *job = &oracle->jobs[number];

        if (number >= SIM_JOBS || job->state != JOB_ENDING) {
            oracle_fail(oracle, "job %" PRIu64 " ends, and must not%s", number,
                        number < SIM_JOBS && job->state == JOB_ENDED ? ": it has ended before" : "");
            return;
        }
        if (job->status != action->status || job->attempts != action->attempts)
            oracle_fail(oracle, "job %" PRIu64 " ends with status %d after %u attempts, and should with %d after %u",
                        number, (int)action->status, action->attempts, (int)job->status, job->attempts);
        if (job->attempts > job->rules->retries + 1 || job->crashes > job->rules->crash_limit)
            oracle_fail(oracle, "job %" PRIu64 " was charged more than it can be", number);
        if (action->status == MPOOL_DONE)
            oracle->deserved += oracle->plan->job[number].delta;
        count_end(oracle, action->status);
        books_mark(oracle, number, JOB_ENDED);
        oracle->ending--;
        oracle->gone++;
        oracle->stats.jobs_ended++;
    }
}

/* ---- workers ----------------------------------------------------------------------------------------------------- */

static void witness_spawn(struct oracle *oracle, const struct mp_action *action)
{
    struct view *view = &oracle->views[action->slot];

    if (view->state != VIEW_EMPTY)
        oracle_fail(oracle, "slot %u gets a second worker", action->slot);
    else if (action->generation != view->generation + 1)
        oracle_fail(oracle, "slot %u gets generation %" PRIu64 " again", action->slot, action->generation);
    else if (oracle->draining || (oracle->closed && !oracle_has_work(oracle)))
        oracle_fail(oracle, "slot %u gets a worker with nothing to do", action->slot);
    else if (oracle->now_ms < view->spawn_ms)
        oracle_fail(oracle, "slot %u is started %" PRId64 " ms too early", action->slot,
                    view->spawn_ms - oracle->now_ms);
    oracle->stats.workers_started++;
    *view = (struct view){.state = VIEW_STARTING,
                          .generation = action->generation,
                          .answered = oracle->plan->first_ticket,
                          .sent = oracle->plan->first_ticket,
                          .since_ms = oracle->now_ms,
                          .deaf_ms = -1,
                          .lull_ms = -1};
}

static const struct mp_rules *limit_rules(const struct oracle *oracle, const struct view *view)
{
    return oracle->jobs[view_job_of(view, oracle->limit_ticket)].rules;
}

/* Has the job at the front been there for so long that its page cannot be right, which names another? */
static bool is_overdue(const struct oracle *oracle, const struct view *view)
{
    const struct mp_rules *rules = oracle->jobs[view->frame[0].first].rules;
    int64_t age_ms = oracle->now_ms - mp_later(view->frame[0].sent_ms, view->progress_ms);

    return oracle->limit_ticket != view->answered && rules->timeout_ms > 0 && age_ms > rules->timeout_ms + OVERDUE_MS;
}

/* Killed for the sake of a job: is its time really over? */
static void kill_for_job(struct oracle *oracle, struct view *view)
{
    const struct mp_rules *rules = limit_rules(oracle, view);

    view->kill = MP_KILL_JOB;
    view->victim = oracle->limit_ticket;
    if (rules->timeout_ms > 0 && oracle->limit_age_ms >= rules->timeout_ms)
        return;
    view->victim = view->answered;
    if (!is_overdue(oracle, view))
        oracle_fail(oracle, "slot %u is killed for a job that has run %" PRId64 " ms of %" PRId64, oracle->cause_slot,
                    oracle->limit_age_ms, rules->timeout_ms);
}

/* The one job that can be running of those that nobody wants; NULL: there is none. */
static const struct job_record *unwanted_runner(const struct oracle *oracle, const struct view *view)
{
    const struct job_record *job;

    if (!view->cleared || !view_holds(view, view->cleared_ticket - 1))
        return NULL;
    job = &oracle->jobs[view_job_of(view, view->cleared_ticket - 1)];
    return job->unwanted ? job : NULL;
}

/* Killed for the sake of a job that nobody wants, or for not answering: had it the time it was to have? */
static bool kill_for_unwanted(struct oracle *oracle, struct view *view)
{
    const struct job_record *job = unwanted_runner(oracle, view);

    if (job != NULL && oracle->now_ms >= view->cleared_ms + job->grace_ms) {
        view->kill = MP_KILL_UNWANTED;
        view->victim = view->cleared_ticket - 1;
        return true;
    }
    if (view->cleared || view->deaf_ms < 0 || oracle->now_ms < view->deaf_ms + DEAF_MS || !view_unwanted(oracle, view))
        return false;
    oracle->reached[REACH_CANCEL_DEAF]++;
    return true;
}

/* Does it take too long to start or to leave, or is there no reason left to start it? */
static bool is_late(const struct oracle *oracle, const struct view *view)
{
    int64_t for_ms = oracle->now_ms - view->since_ms;

    if (view->state == VIEW_STARTING)
        return for_ms >= oracle->plan->start_timeout_ms || (oracle->closed && !oracle_has_work(oracle));
    return view->state == VIEW_LEAVING && for_ms >= 1000;
}

/* Unless it starts, and is one too many. */
static void no_reason_to_kill(struct oracle *oracle, unsigned slot)
{
    oracle->views[slot].dismissed = oracle->views[slot].state == VIEW_STARTING;
    if (!oracle->views[slot].dismissed)
        oracle_fail(oracle, "slot %u is killed for no reason", slot);
}

static void witness_kill(struct oracle *oracle, const struct mp_action *action)
{
    struct view *view = &oracle->views[action->slot];
    enum cause cause = action->slot == oracle->cause_slot ? oracle->cause : CAUSE_NONE;

    if (oracle->lost)
        return;
    if (view->state == VIEW_EMPTY || view->state == VIEW_DOOMED) {
        oracle_fail(oracle, "slot %u is killed, and there is nobody to kill", action->slot);
        return;
    }
    view->kill = MP_KILL_OURS;
    if (cause == CAUSE_LIMIT)
        kill_for_job(oracle, view);
    else if (cause == CAUSE_GARBLED) /* also if a job's grace is over: what was sent is looked at first */
        view->kill = MP_KILL_GARBLED;
    else if (view->state == VIEW_UP && kill_for_unwanted(oracle, view))
        cause = CAUSE_LIMIT;
    else if (cause == CAUSE_NONE && !oracle->terminated && !is_late(oracle, view))
        no_reason_to_kill(oracle, action->slot);
    view->state = VIEW_DOOMED;
}

/* Jobs are asked back for workers that idle, one request for each of these. */
static void may_recall(struct oracle *oracle, unsigned slot)
{
    unsigned idle = 0, recalls = 1;

    for (unsigned i = 0; i < oracle->plan->slots; i++) {
        const struct view *other = &oracle->views[i];

        recalls += other->state == VIEW_UP && other->recalling && other->frames > 0;
        idle += other->state == VIEW_UP && !other->recalling && !other->retiring && other->frames == 0;
    }
    if (recalls > idle)
        oracle_fail(oracle, "slot %u is asked for jobs, the %u. to be asked for %u idle workers", slot, recalls, idle);
}

static void witness_recall(struct oracle *oracle, const struct mp_action *action)
{
    struct view *view = &oracle->views[action->slot];

    bool unwanted = view_unwanted(oracle, view) && !view->cleared;

    if (view->state != VIEW_UP || view->recalling ||
        ((view->barren || view->sent - view->answered < 2) && !(action->all && unwanted)))
        oracle_fail(oracle, "slot %u is asked for jobs, and has none to give", action->slot);
    if (action->all != (oracle->draining || unwanted))
        oracle_fail(oracle, "slot %u is asked for %s of its jobs", action->slot, action->all ? "all" : "half");
    if (!action->all)
        may_recall(oracle, action->slot);
    view->clearing = unwanted;
    view->recalling = true;
    oracle->stats.recalls++;
}

static void witness_ask_stop(struct oracle *oracle, const struct mp_action *action)
{
    struct view *view = &oracle->views[action->slot];
    const struct mp_rules *rules;

    if (unwanted_runner(oracle, view) != NULL && action->ticket == view->cleared_ticket - 1 &&
        !(view->asked && view->asked_ticket == action->ticket)) {
        view->asked = true;
        view->asked_ticket = action->ticket;
        return;
    }
    if (oracle->cause != CAUSE_LIMIT || action->slot != oracle->cause_slot || action->ticket != oracle->limit_ticket) {
        oracle_fail(oracle, "slot %u: a job is asked to stop that does not run", action->slot);
        return;
    }
    rules = limit_rules(oracle, view);
    if (rules->soft_timeout_ms == 0 || oracle->limit_age_ms < rules->soft_timeout_ms)
        oracle_fail(oracle, "slot %u: a job is asked to stop after %" PRId64 " ms of %" PRId64, action->slot,
                    oracle->limit_age_ms, rules->soft_timeout_ms);
    if (view->asked && view->asked_ticket == action->ticket)
        oracle_fail(oracle, "slot %u: a job is asked to stop twice", action->slot);
    view->asked = true;
    view->asked_ticket = action->ticket;
    oracle->reached[REACH_ASKED]++;
}

static void witness_bye(struct oracle *oracle, const struct mp_action *action)
{
    struct view *view = &oracle->views[action->slot];

    bool over = oracle->closed && !oracle_has_work(oracle);

    if (view->state != VIEW_UP || (!over && view->frames > 0))
        oracle_fail(oracle, "slot %u is sent home too early", action->slot);
    view->dismissed = !over;
    view->state = VIEW_LEAVING;
    view->since_ms = oracle->now_ms;
}

/* ---- the pool ---------------------------------------------------------------------------------------------------- */

static void witness_broken(struct oracle *oracle)
{
    if (!oracle->break_due || oracle->broken)
        oracle_fail(oracle, "the pool is said to be broken, and is not");
    oracle->break_due = false;
    oracle->broken = true;
    oracle->reached[REACH_BROKEN]++;
    books_terminate(oracle);
}

static void witness_ended(struct oracle *oracle)
{
    if (oracle->ended || !oracle->closed || oracle_has_work(oracle))
        oracle_fail(oracle, "the pool ends, and has not come to its end");
    for (unsigned i = 0; i < oracle->plan->slots; i++)
        if (oracle->views[i].state != VIEW_EMPTY)
            oracle_fail(oracle, "the pool ends while slot %u has a worker", i);
    oracle->ended = true;
}

void oracle_witness(struct oracle *oracle, const struct mp_action *action)
{
    if (action->slot >= oracle->plan->slots || oracle->ended ||
        (action->kind <= MP_BYE && action->kind != MP_SPAWN &&
         action->generation != oracle->views[action->slot].generation)) {
        oracle_fail(oracle, "an action of kind %d for slot %u.%" PRIu64, (int)action->kind, action->slot,
                    action->generation);
        return;
    }
    switch (action->kind) {
    case MP_SPAWN:
        witness_spawn(oracle, action);
        break;
    case MP_SEND:
        witness_send(oracle, action);
        break;
    case MP_RECALL:
        witness_recall(oracle, action);
        break;
    case MP_ASK_STOP:
        witness_ask_stop(oracle, action);
        break;
    case MP_LOOK:
        if (oracle->views[action->slot].state != VIEW_UP)
            oracle_fail(oracle, "slot %u is looked at, and is not up", action->slot);
        break;
    case MP_KILL:
        witness_kill(oracle, action);
        break;
    case MP_BYE:
        witness_bye(oracle, action);
        break;
    case MP_COMMIT:
        witness_commit(oracle, action);
        break;
    case MP_END:
        witness_end(oracle, action);
        break;
    case MP_BROKEN:
        witness_broken(oracle);
        break;
    case MP_ENDED:
        witness_ended(oracle);
        break;
    }
}

/* What the log is told has to be so: which job was charged, and who is killed for what it sent, or retires. */
void oracle_witness_notes(struct oracle *oracle, const struct mp_note *notes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t job = notes[i].job.count > 0 ? notes[i].job.first : SIM_NOBODY;

        if (notes[i].kind == MP_NOTE_DIED && job != oracle->charged)
            oracle_fail(oracle, "a note says that job %" PRIu64 " was charged, and it was %" PRIu64, job,
                        oracle->charged);
        else if (notes[i].kind == MP_NOTE_DIED)
            oracle->charged = SIM_NOBODY;
        else if (notes[i].kind == MP_NOTE_GARBLED && oracle->views[notes[i].slot].kill != MP_KILL_GARBLED)
            oracle_fail(oracle, "a note says that slot %u sent what it could not", notes[i].slot);
        else if (notes[i].kind == MP_NOTE_RETIRES && !oracle->views[notes[i].slot].retiring)
            oracle_fail(oracle, "a note says that slot %u retires", notes[i].slot);
    }
    if (oracle->charged != SIM_NOBODY)
        oracle_fail(oracle, "no note says that job %" PRIu64 " was charged", oracle->charged);
}
