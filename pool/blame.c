/*
 * pool/blame.c - who pays for a death, and what an attempt that came to nothing costs
 *
 * Runs in: the supervisor, as a part of the core.
 *
 * A crash costs the job that was running and no other: this is what makes large frames safe. The page of the slot names
 * that job; it was written by the process that died, so it is believed only where it makes sense.
 */
#include "pool/blame.h"

#include "base/mix.h"
#include "pool/cancel.h"
#include "pool/crew.h"

/* How long a job waits for its next attempt. */
static int64_t back_off(const struct mp_range *job)
{
    const struct mp_rules *rules = job->rules;
    int64_t wait = rules->backoff_ms;

    for (uint32_t i = 1; i < job->attempts && wait < rules->backoff_most_ms; i++)
        wait *= 2;
    wait = mp_sooner(wait, rules->backoff_most_ms);
    return (int64_t)mp_less_jitter((uint64_t)wait, rules->jitter, job->first, job->attempts);
}

static void try_again(struct mp_core *core, struct mp_range job)
{
    core->stats.attempts_retried++;
    if (job.rules->backoff_ms == 0) {
        mp_queue_put(&core->queue, job);
        return;
    }
    job.not_before_ms = core->now_ms + back_off(&job);
    mp_later_put(&core->later, job);
}

/* Is there no attempt after this one? */
static bool is_last(const struct mp_core *core, const struct mp_range *job, const struct mp_end *end)
{
    const struct mp_rules *rules = job->rules;

    return job->attempts > rules->retries || job->crashes >= rules->crash_limit || rules->once ||
           !mp_ends_have(rules->retry_on, end) || core->draining || mp_cancel_covers(core, job);
}

/* One job's attempt came to nothing: it has another one, or it ends. */
void mp_blame_charge(struct mp_core *core, unsigned slot, struct mp_range job, const struct mp_end *end, bool final)
{
    job.attempts++;
    if (end->status == MPOOL_CRASHED)
        job.crashes++;
    if (final || is_last(core, &job, end)) {
        mp_core_end(core, slot, job, end->status, job.attempts);
        return;
    }
    if (end->status != MPOOL_FAILED)
        job.solo = true;
    try_again(core, job);
}

static enum mp_doing what_it_did(const struct mp_slot *slot, const struct mp_sight *sight)
{
    uint32_t ticket;

    if (slot->state == MP_SLOT_LEAVING)
        return MP_DOING_LEAVING;
    if (slot->state == MP_SLOT_KILLED)
        return MP_DOING_DYING;
    if (mp_core_claimed(slot, sight, &ticket))
        return MP_DOING_A_JOB;
    if (slot->flight.frame_count == 0)
        return MP_DOING_NOTHING;
    return mp_flight_holds(&slot->flight, sight->next - 1) ? MP_DOING_AN_ANSWER : MP_DOING_ARRIVED;
}

/* Sorts a death by what the worker was doing, for the statistics. */
static void count_death(struct mp_core *core, enum mp_doing doing)
{
    switch (doing) {
    case MP_DOING_STARTING:
    case MP_DOING_LEAVING:
        break; /* pool/crew.c counts the one; the other was told to */
    case MP_DOING_DYING:
        core->stats.deaths_ours++;
        break;
    case MP_DOING_A_JOB:
        core->stats.deaths_claimed++;
        break;
    case MP_DOING_AN_ANSWER:
        core->stats.deaths_uncommitted++;
        break;
    case MP_DOING_ARRIVED:
        core->stats.deaths_unstarted++;
        break;
    case MP_DOING_NOTHING:
        core->stats.deaths_idle++;
        break;
    }
}

/* Has the job that flew alone been near so many deaths that it must be their cause, whatever the pages said? */
static bool is_suspect(const struct mp_slot *slot)
{
    const struct mp_range *head = &slot->flight.frames[0].range;

    return mp_core_flies_solo(slot) && head->riddles >= head->rules->crash_limit;
}

/*
 * Who pays for a death: *ticket is the job's.
 *
 * A worker killed for the sake of one job costs that job, unless it was answered meanwhile, and no other. Otherwise the
 * job that the page names pays. If the page names nobody, nobody pays: a worker can be killed by anyone at any time.
 * But a job that flies solo and is there each time is the cause in the end: else one that breaks its worker before it
 * is claimed would do so for ever.
 */
static bool find_guilty(const struct mp_core *core, const struct mp_slot *slot, const struct mp_sight *sight,
                        uint32_t *ticket)
{
    if (core->terminated)
        return false;
    if (slot->state == MP_SLOT_KILLED && (slot->kill == MP_KILL_JOB || slot->kill == MP_KILL_UNWANTED)) {
        *ticket = slot->kill_ticket;
        return mp_flight_holds(&slot->flight, slot->kill_ticket);
    }
    if (slot->state == MP_SLOT_KILLED && slot->kill == MP_KILL_OURS)
        return false;
    *ticket = slot->flight.answered;
    return mp_core_claimed(slot, sight, ticket) || is_suspect(slot);
}

/*
 * Takes a range of a dead worker apart: the jobs before the guilty one, that one, and those behind it. Returns the
 * guilty one.
 */
static struct mp_range split_range(struct mp_core *core, unsigned slot, struct mp_range range, uint32_t at,
                                   const struct mp_end *end)
{
    struct mp_range part = range, guilty;

    part.count = at;
    if (at > 0)
        mp_core_give_back(core, slot, part);
    part.first = range.first + at;
    part.count = 1;
    guilty = part;
    mp_blame_charge(core, slot, part, end, false);
    part.first++;
    part.count = range.count - at - 1;
    if (part.count > 0)
        mp_core_give_back(core, slot, part);
    return guilty;
}

/* A job that must not run twice may have begun, unless the page says clearly that it has not been claimed. */
static bool is_spent(const struct mp_core *core, const struct mp_range *range, uint32_t ticket,
                     const struct mp_sight *sight)
{
    return range->rules->once && sight->next != ticket && !core->terminated;
}

/*
 * How an attempt ends whose worker died. A job with a limit of CPU time is ended by it as by a limit of ours. The
 * worker of a job that has a limit of memory can die of what it was refused; of others only the kernel knows.
 */
static struct mp_end end_of(const struct mp_range *job, const struct mp_death *death, mpool_status status)
{
    const struct mp_rules *rules = job->rules;
    struct mp_end end = {.status = status, .signal = death->signal, .exit_code = death->exit_code};

    if (status == MPOOL_CRASHED && death->out_of_cpu && rules->cpu_ms > 0)
        end.status = MPOOL_TIMED_OUT;
    if (end.status == MPOOL_CRASHED)
        end.oom = death->oom_killed || (death->no_memory && rules->limits_memory);
    return end;
}

/*
 * A generation is dead. Its guilty job is charged, the rest of its flight goes back. If there is nobody to blame for a
 * death that we did not cause, the flight runs again one job at a time, so that the next death has a name.
 */
void mp_blame_bury(struct mp_core *core, const struct mp_event *event)
{
    static const mpool_status status_of[] = {[MP_KILL_OURS] = MPOOL_CRASHED,
                                             [MP_KILL_JOB] = MPOOL_TIMED_OUT,
                                             [MP_KILL_GARBLED] = MPOOL_CRASHED,
                                             [MP_KILL_UNWANTED] = MPOOL_CANCELLED};
    struct mp_slot *slot = &core->slots[event->slot];
    bool killed = slot->state == MP_SLOT_KILLED;
    struct mp_range cut[MP_FLIGHT_FRAMES];
    uint32_t ticket = 0, base = slot->flight.answered;
    bool guilty = find_guilty(core, slot, &event->sight, &ticket);
    mpool_status status = killed ? status_of[slot->kill] : MPOOL_CRASHED;
    bool riddle = !guilty && !(killed && slot->kill != MP_KILL_GARBLED);
    struct mp_note *note = mp_core_note(core, MP_NOTE_DIED, event->slot);
    struct mp_end end;
    unsigned cuts;

    note->doing = what_it_did(slot, &event->sight);
    note->kill = slot->kill;
    count_death(core, note->doing);
    cuts = mp_core_cut(core, slot, base, cut);
    for (unsigned i = 0; i < cuts; i++) {
        cut[i].solo = cut[i].solo || riddle;
        cut[i].riddles += riddle;
        if (guilty && ticket - base < cut[i].count) {
            end = end_of(&cut[i], &event->death, status);
            note->job = split_range(core, event->slot, cut[i], ticket - base, &end);
        } else if (is_spent(core, &cut[i], base, &event->sight)) {
            end = (struct mp_end){.status = MPOOL_CRASHED};
            note->job = cut[i];
            mp_blame_charge(core, event->slot, cut[i], &end, true);
        } else {
            mp_core_give_back(core, event->slot, cut[i]);
        }
        base += cut[i].count;
    }
    mp_crew_vacate(core, event->slot, event->now_ms);
}
