/*
 * tests/sim/expect.c - what an event has to lead to
 *
 * Runs in: the simulator, before the core gets the event. This is the promise of the pool, said a second time and
 * another way: job by job, with the truth about the workers at hand. For deaths, burial.c.
 */
#include "tests/sim/books.h"
#include "tests/sim/worker.h"

/* ---- what workers say -------------------------------------------------------------------------------------------- */

static bool is_stale(const struct oracle *oracle, const struct mp_event *event)
{
    const struct view *view = &oracle->views[event->slot];

    return view->generation != event->generation || view->state == VIEW_EMPTY;
}

bool oracle_accepts(const struct oracle *oracle, const struct mp_event *event)
{
    const struct view *view = &oracle->views[event->slot];

    if (event->kind == MP_RESULTS)
        return view->frames > 0 && event->results.ticket == view->answered && event->results.count > 0 &&
               event->results.count <= view->frame[0].count;
    if (event->kind == MP_RETURNED)
        return view->recalling && event->ticket - view->answered <= view->sent - view->answered;
    return true;
}

static void take_off_front(struct view *view, uint32_t count)
{
    struct view_frame *frame = &view->frame[0];

    view->answered += count;
    frame->ticket += count;
    frame->first += count;
    frame->count -= count;
    if (frame->count == 0) {
        view->frame[0] = view->frame[1];
        view->frames--;
    }
    if (!view_holds(view, view->asked_ticket))
        view->asked = false;
}

/*
 * Of a function whose jobs take no time at all that can be measured, a nanosecond is said; and no worker can be busy
 * for longer than it has the frame.
 */
static void note_pace(struct oracle *oracle, uint32_t pace, const struct view_frame *frame,
                      const struct mp_results *results)
{
    uint64_t most_ns = (uint64_t)(oracle->now_ms - frame->sent_ms + 1) * 1000000;
    uint64_t job_ns = (results->busy_ns < most_ns ? results->busy_ns : most_ns) / results->count;
    uint64_t *quickest_ns = &oracle->quickest_ns[pace];

    if (job_ns == 0)
        job_ns = 1;
    if (*quickest_ns == 0 || job_ns < *quickest_ns)
        *quickest_ns = job_ns;
}

static void expect_jobs(struct oracle *oracle, const struct mp_range *range, bool wanted);

/* What jobs of the frame have submitted is there when the frame counts. */
static void expect_births(struct oracle *oracle, const struct mp_results *results, uint64_t first)
{
    bool wanted = true;

    for (uint64_t job = first; job < first + results->count; job++)
        wanted = wanted && !oracle->jobs[job].with_group;
    for (size_t i = 0; i < results->birth_count; i++) {
        expect_jobs(oracle, &results->births[i], wanted);
        reach(oracle, !wanted ? REACH_BORN_UNWANTED : oracle->draining ? REACH_BORN_LATE : REACH_BORN);
    }
}

static void expect_results(struct oracle *oracle, const struct mp_event *event)
{
    struct view *view = &oracle->views[event->slot];
    const struct mp_results *results = &event->results;
    const struct mp_exception *exception = results->exceptions, *end = exception + results->exception_count;

    if (!oracle_accepts(oracle, event)) {
        oracle->cause = CAUSE_GARBLED;
        oracle->reached[REACH_BORN_STALE] += results->birth_count;
        return;
    }
    expect_births(oracle, results, view->frame[0].first);
    oracle->commit = (struct mp_range){.first = view->frame[0].first, .count = results->count};
    oracle->commit_delta = 0;
    for (uint32_t i = 0; i < results->count; i++) {
        uint64_t job = view->frame[0].first + i;

        if (exception < end && exception->at == i) {
            struct mp_end told = exception->end;

            if (told.status == MPOOL_CANCELLED && !oracle->jobs[job].unwanted)
                told.status = MPOOL_FAILED;
            oracle->reached[REACH_TOLD_CRASH] += told.status == MPOOL_CRASHED;
            books_charge(oracle, job, &told, exception->final);
            exception++;
        } else {
            oracle->jobs[job].attempts++;
            oracle->reached[REACH_CANCELLED_LATE] += oracle->jobs[job].unwanted;
            oracle->commit_delta += oracle->plan->job[job].delta;
            books_must_end(oracle, job, MPOOL_DONE);
        }
    }
    note_pace(oracle, oracle->jobs[view->frame[0].first].rules->pace, &view->frame[0], results);
    take_off_front(view, results->count);
    view->progress_ms = oracle->now_ms;
    view->barren = false;
    reach(oracle, REACH_COMMITS);
    if (view->state == VIEW_DOOMED)
        reach(oracle, REACH_LATE_ANSWERS);
    if (view->generation == event->generation && view->answered < oracle->plan->first_ticket)
        reach(oracle, REACH_WRAPS);
}

/* The jobs from `ticket` on come back, uncharged. Returns how many. */
static uint32_t take_off_end(struct oracle *oracle, struct view *view, uint32_t ticket)
{
    uint32_t count = view->sent - ticket;

    view->used -= count;
    view->room += view->room == UINT64_MAX ? 0 : count;
    while (view->sent != ticket) {
        struct view_frame *frame = &view->frame[view->frames - 1];

        view->sent--;
        frame->count--;
        books_release(oracle, frame->first + frame->count);
        if (frame->count == 0)
            view->frames--;
    }
    if (!view_holds(view, view->asked_ticket))
        view->asked = false;
    return count;
}

static void expect_returned(struct oracle *oracle, const struct mp_event *event)
{
    struct view *view = &oracle->views[event->slot];
    uint32_t count;

    if (!oracle_accepts(oracle, event)) {
        oracle->cause = CAUSE_GARBLED;
        return;
    }
    view->recalling = false;
    view->cleared = view->clearing;
    view->clearing = false;
    view->cleared_ms = oracle->now_ms;
    view->deaf_ms = -1;
    view->cleared_ticket = event->ticket;
    count = take_off_end(oracle, view, event->ticket);
    view->barren = count == 0;
    reach(oracle, count == 0 ? REACH_BARREN : oracle->draining ? REACH_DRAIN_RETURNED : REACH_RETURNED);
}

static void expect_unsent(struct oracle *oracle, const struct mp_event *event)
{
    struct view *view = &oracle->views[event->slot];

    oracle->cause = CAUSE_UNSENT;
    if (view_holds(view, event->ticket))
        take_off_end(oracle, view, event->ticket);
    reach(oracle, view->state == VIEW_DOOMED ? REACH_UNSENT_TWICE : REACH_UNSENT);
}

/* Whom can MP_SEEN be about, and how long has that one been running? */
static void expect_seen(struct oracle *oracle, const struct mp_event *event)
{
    const struct view *view = &oracle->views[event->slot];
    const struct worker *worker = &oracle->workers[event->slot];
    uint32_t ticket = view->answered, claimed = event->sight.next - 1;
    int64_t start_ms;
    bool runs = worker->lie == LIE_NOT ? worker->running : event->sight.returned != event->sight.next;

    if (view->state != VIEW_UP || view->frames == 0)
        return;
    if (runs && view_holds(view, claimed))
        ticket = claimed;
    else
        runs = false;
    start_ms = mp_later(view_frame_of(view, ticket)->sent_ms, view->progress_ms);
    if (runs && worker->lie == LIE_NOT)
        start_ms = mp_later(start_ms, worker->begun_us / 1000);
    oracle->cause = CAUSE_LIMIT;
    oracle->limit_ticket = ticket;
    oracle->limit_age_ms = oracle->now_ms - start_ms;
}

/* ---- births ------------------------------------------------------------------------------------------------------ */

static void expect_started(struct oracle *oracle, struct view *view)
{
    if (view->state != VIEW_STARTING)
        return;
    view->state = VIEW_UP;
    view->was_up = true;
    view->since_ms = view->up_ms = view->progress_ms = oracle->now_ms;
    oracle->start_deaths = 0;
}

/* ---- what the host wants ----------------------------------------------------------------------------------------- */

static void expect_jobs(struct oracle *oracle, const struct mp_range *range, bool wanted)
{
    for (uint64_t job = range->first; job < range->first + range->count; job++) {
        oracle->jobs[job].rules = range->rules;
        oracle->jobs[job].alone = range->rules->alone || range->rules->once;
        if (!wanted) {
            books_must_end(oracle, job, MPOOL_CANCELLED);
        } else if (range->rules->delay_ms > 0 && !oracle->draining) {
            books_put_off(oracle, job, range->rules->delay_ms, range->rules->delay_ms);
            reach(oracle, REACH_DELAYED);
        } else {
            books_release(oracle, job);
        }
    }
    oracle->submitted += range->count;
    oracle->stats.jobs_submitted += range->count;
}

static void cancel_job(struct oracle *oracle, uint64_t number, int64_t grace_ms, bool all)
{
    struct job_record *job = &oracle->jobs[number];

    if (job->state == JOB_WAITS || job->state == JOB_LATER) {
        books_must_end(oracle, number, MPOOL_CANCELLED);
        reach(oracle, REACH_CANCELLED_WAITING);
    } else if (job->state == JOB_FLIES) {
        job->grace_ms = job->unwanted ? mp_sooner(job->grace_ms, grace_ms) : grace_ms;
        job->unwanted = true;
        job->with_group = job->with_group || all;
        oracle->views[job->slot].cleared = false;
    }
}

static void expect_cancel(struct oracle *oracle, const struct mp_wish *wish)
{
    if (wish->group == 0 && oracle->jobs[wish->number].rules != NULL)
        cancel_job(oracle, wish->number, wish->grace_ms, false);
    for (uint64_t job = 0; wish->group != 0 && job < SIM_JOBS; job++)
        if (oracle->jobs[job].rules != NULL && oracle->jobs[job].rules->group == wish->group)
            cancel_job(oracle, job, wish->grace_ms, true);
}

static void expect_lost(struct oracle *oracle)
{
    oracle->break_due = !oracle->broken;
    oracle->reached[REACH_LOST_LATE] += oracle->broken;
    oracle->lost = true;
    books_terminate(oracle);
    for (unsigned i = 0; i < oracle->plan->slots; i++) {
        struct view *view = &oracle->views[i];

        take_off_end(oracle, view, view->answered);
        *view = (struct view){.state = VIEW_EMPTY, .generation = view->generation};
    }
    reach(oracle, REACH_LOST);
}

static void expect_from_worker(struct oracle *oracle, const struct mp_event *event)
{
    struct view *view = &oracle->views[event->slot];

    switch (event->kind) {
    case MP_STARTED:
        expect_started(oracle, view);
        break;
    case MP_RESULTS:
        expect_results(oracle, event);
        break;
    case MP_RETURNED:
        expect_returned(oracle, event);
        break;
    case MP_SEEN:
        expect_seen(oracle, event);
        break;
    case MP_UNSENT:
        expect_unsent(oracle, event);
        break;
    case MP_GREW:
        view->grew = view->state == VIEW_UP;
        break;
    case MP_BABBLE:
        oracle->cause = CAUSE_GARBLED;
        break;
    case MP_START_FAILED:
    case MP_DIED:
        if (view->was_up)
            burial(oracle, event);
        else
            burial_unborn(oracle, view);
        break;
    default:
        break;
    }
    if (oracle->cause == CAUSE_GARBLED)
        reach(oracle, REACH_GARBLED);
}

void oracle_expect(struct oracle *oracle, const struct mp_event *event)
{
    oracle->now_ms = event->now_ms;
    books_pass_time(oracle);
    oracle->cause = CAUSE_NONE;
    oracle->cause_slot = event->slot;
    oracle->commit.count = 0;
    oracle->charged = SIM_NOBODY;
    switch (event->kind) {
    case MP_JOBS:
        expect_jobs(oracle, &event->range, true);
        break;
    case MP_RESIZE:
        oracle->most = event->workers;
        if (oracle->plan->crew.least == 0 || oracle->wanted > event->workers)
            oracle->wanted = event->workers;
        break;
    case MP_CANCEL:
        expect_cancel(oracle, &event->wish);
        break;
    case MP_TICK:
        break;
    case MP_CLOSE:
        oracle->closed = true;
        break;
    case MP_DRAIN:
        books_drain(oracle);
        reach(oracle, REACH_DRAINED);
        break;
    case MP_TERMINATE:
        oracle->reached[REACH_DRAIN_TERMINATED] += oracle->draining && !oracle->terminated;
        books_terminate(oracle);
        reach(oracle, REACH_TERMINATED);
        break;
    case MP_LOST:
        expect_lost(oracle);
        break;
    default:
        if (!is_stale(oracle, event)) {
            expect_from_worker(oracle, event);
        } else {
            oracle->stats.stale_results += event->kind == MP_RESULTS;
            oracle->reached[REACH_BORN_STALE] += event->results.birth_count;
            reach(oracle, REACH_STALE);
        }
        break;
    }
}
