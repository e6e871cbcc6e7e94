/*
 * tests/sim/burial.c - what a death has to lead to
 *
 * Runs in: the simulator, before the core gets the event. Who is to blame is read off the worker that died, not off its
 * page; only where the page lies by design is the rule applied to what it says.
 */
#include "tests/sim/books.h"
#include "tests/sim/worker.h"

static void count_state(struct oracle *oracle, const struct view *view, const struct worker *worker)
{
    if (worker->running)
        reach(oracle, REACH_CLAIMED);
    if (view->recalling)
        reach(oracle, REACH_RECALLED);
    if (worker->returned != view->answered && view->frames > 0)
        reach(oracle, REACH_UNCOMMITTED);
    if (view->frames > 0 && worker->next == view->answered)
        reach(oracle, REACH_UNSTARTED);
    if (view->frames == 0)
        reach(oracle, REACH_IDLE);
}

/* The job that the dead worker was running, or of which its page says so, where pages lie. */
static bool claimed_job(const struct oracle *oracle, const struct mp_event *event, uint32_t *ticket)
{
    const struct worker *worker = &oracle->workers[event->slot];
    bool runs = worker->lie == LIE_NOT ? worker->running : event->sight.returned != event->sight.next;

    *ticket = (worker->lie == LIE_NOT ? worker->next : event->sight.next) - 1;
    return runs && view_holds(&oracle->views[event->slot], *ticket);
}

/* How the death has to be counted. */
static uint64_t *death_kind(struct oracle *oracle, const struct mp_event *event)
{
    const struct view *view = &oracle->views[event->slot];
    mpool_pool_stats *stats = &oracle->stats;
    uint32_t last;
    bool claimed = claimed_job(oracle, event, &last);

    if (view->state == VIEW_DOOMED)
        return &stats->deaths_ours;
    if (claimed)
        return &stats->deaths_claimed;
    if (view->frames == 0)
        return &stats->deaths_idle;
    return view_holds(view, last) ? &stats->deaths_uncommitted : &stats->deaths_unstarted;
}

/* Who pays for a death that we did not cause: the job that ran, or the one that was alone once too often. */
static bool crash_victim(struct oracle *oracle, const struct mp_event *event, uint32_t *ticket)
{
    const struct view *view = &oracle->views[event->slot];

    if (claimed_job(oracle, event, ticket))
        return true;
    *ticket = view->answered;
    if (view->frames == 0 || !view->frame[0].solo ||
        oracle->jobs[view->frame[0].first].riddles < oracle->jobs[view->frame[0].first].rules->crash_limit)
        return false;
    reach(oracle, REACH_SOLO_CHARGED);
    return true;
}

/* Must the job not run again? Where the page does not lie, that is if it has begun. */
static bool is_spent(struct oracle *oracle, const struct mp_event *event, uint32_t ticket)
{
    const struct worker *worker = &oracle->workers[event->slot];
    struct job_record *job = &oracle->jobs[view_job_of(&oracle->views[event->slot], ticket)];
    bool begun = worker->lie == LIE_NOT ? worker->next != ticket : event->sight.next != ticket;

    if (!job->rules->once || oracle->terminated)
        return false;
    if (!begun && worker->lie != LIE_NOT)
        job->runs = 0; /* nobody could know */
    oracle->reached[REACH_SPENT] += begun;
    return begun;
}

/* Was it the limit of CPU time of this job? Others have none, and cannot have been ended by it. */
static bool ended_by_cpu(const struct oracle *oracle, const struct mp_event *event, uint32_t ticket)
{
    bool ended = oracle->workers[event->slot].death.out_of_cpu &&
                 oracle->jobs[view_job_of(&oracle->views[event->slot], ticket)].rules->cpu_ms > 0;

    oracle->reached[REACH_OUT_OF_CPU] += ended;
    return ended;
}

/* What the charged attempt came to. Only a job with a limit of memory can be refused some; anybody can be killed. */
static struct mp_end end_of(const struct oracle *oracle, const struct mp_event *event, uint64_t job,
                            mpool_status status)
{
    const struct mp_death *death = &oracle->workers[event->slot].death;
    bool oom = death->oom_killed || (death->no_memory && oracle->jobs[job].rules->limits_memory);

    return (struct mp_end){.status = status,
                           .signal = death->signal,
                           .exit_code = death->exit_code,
                           .oom = oom && status == MPOOL_CRASHED};
}

void burial(struct oracle *oracle, const struct mp_event *event)
{
    struct view *view = &oracle->views[event->slot];
    mpool_status status = MPOOL_CRASHED;
    bool guilty = false, riddle = false;
    uint32_t victim = 0;

    count_state(oracle, view, &oracle->workers[event->slot]);
    if (view->state != VIEW_LEAVING)
        ++*death_kind(oracle, event);
    if (oracle->terminated || (view->state == VIEW_DOOMED && view->kill == MP_KILL_OURS)) {
        guilty = false;
    } else if (view->state == VIEW_DOOMED && view->kill == MP_KILL_JOB) {
        status = MPOOL_TIMED_OUT;
        victim = view->victim;
        guilty = view_holds(view, victim);
        oracle->reached[REACH_PARDONED] += !guilty;
    } else if (view->state == VIEW_DOOMED && view->kill == MP_KILL_UNWANTED) {
        status = MPOOL_CANCELLED;
        victim = view->victim;
        guilty = view_holds(view, victim);
        reach(oracle, REACH_CANCELLED_KILLED);
    } else {
        guilty = crash_victim(oracle, event, &victim);
        if (guilty && ended_by_cpu(oracle, event, victim))
            status = MPOOL_TIMED_OUT;
        riddle = !guilty && view->frames > 0;
        oracle->reached[REACH_RIDDLES] += riddle;
    }
    for (uint32_t ticket = view->answered; ticket != view->sent; ticket++) {
        uint64_t job = view_job_of(view, ticket);
        struct mp_end end = end_of(oracle, event, job, guilty && ticket == victim ? status : MPOOL_CRASHED);
        uint32_t before = oracle->jobs[job].attempts;

        if (riddle) {
            oracle->jobs[job].alone = true;
            oracle->jobs[job].riddles++;
        }
        if (guilty && ticket == victim)
            books_charge(oracle, job, &end, false);
        else if (is_spent(oracle, event, ticket))
            books_charge(oracle, job, &end, true);
        else
            books_release(oracle, job);
        if (oracle->jobs[job].attempts > before)
            oracle->charged = job;
    }
    *view = (struct view){.state = VIEW_EMPTY, .generation = view->generation, .spawn_ms = oracle->now_ms};
}

/*
 * The n-th death in a row before hello: the next try waits 100 ms, 200 ms, ... 5 s; the fifth with nobody up is the
 * end.
 */
void burial_unborn(struct oracle *oracle, struct view *view)
{
    int64_t wait_ms = 100;

    for (unsigned i = 0; i < oracle->start_deaths && wait_ms < 5000; i++)
        wait_ms *= 2;
    if (view->retiring) { /* it was not wanted any more */
        *view = (struct view){.state = VIEW_EMPTY, .generation = view->generation, .spawn_ms = oracle->now_ms};
        oracle->break_due = oracle->start_deaths >= 5 && oracle_up(oracle) == 0 && !oracle->draining &&
                            (!oracle->closed || oracle_has_work(oracle));
        return;
    }
    oracle->start_deaths++;
    oracle->stats.deaths_startup++;
    *view = (struct view){
        .state = VIEW_EMPTY, .generation = view->generation, .spawn_ms = oracle->now_ms + mp_sooner(wait_ms, 5000)};
    oracle->break_due = oracle->start_deaths >= 5 && oracle_up(oracle) == 0 && !oracle->draining &&
                        (!oracle->closed || oracle_has_work(oracle));
    reach(oracle, REACH_UNBORN);
}
