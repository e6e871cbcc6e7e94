/*
 * pool/crew.c - the workers of a pool: how many there are, and when one is replaced
 *
 * Runs in: the supervisor, as a part of the core.
 *
 * A slot that is spare has no worker, and none is wanted there. Of the others as many are kept as workers are wanted. A
 * worker that retires (it has run its number of jobs, is too old or too large, or is one too many) does not count any
 * more: it does the jobs that it has, while its successor starts in another slot.
 */
#include "pool/crew.h"

#include "base/mix.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_LAST_MS 5000
#define LEAVE_MS 5000 /* from BYE to the kill of a worker that does not go */

/* ---- births and deaths ------------------------------------------------------------------------------------------- */

/* A limit of this worker's: so that those which were born together do not retire together. */
static uint64_t limit_of(const struct mp_core *core, unsigned index, uint64_t value)
{
    return mp_less_jitter(value, core->crew.jitter, index, core->slots[index].generation);
}

void mp_crew_spawn(struct mp_core *core, unsigned index)
{
    struct mp_slot *slot = &core->slots[index];

    *slot = (struct mp_slot){.state = MP_SLOT_STARTING,
                             .generation = slot->generation + 1,
                             .due_ms = core->now_ms + core->start_timeout_ms,
                             .cancel_ms = MP_NEVER,
                             .retire_ms = MP_NEVER};
    slot->room = UINT64_MAX;
    if (core->crew.jobs > 0)
        slot->room = limit_of(core, index, core->crew.jobs);
    mp_core_act(core, MP_SPAWN, index);
    core->stats.workers_started++;
}

void mp_crew_started(struct mp_core *core, unsigned index)
{
    struct mp_slot *slot = &core->slots[index];

    slot->state = MP_SLOT_UP;
    slot->was_up = true;
    slot->due_ms = MP_NEVER;
    slot->progress_ms = core->now_ms;
    if (core->crew.age_ms > 0)
        slot->retire_ms = core->now_ms + (int64_t)limit_of(core, index, (uint64_t)core->crew.age_ms);
    core->start_deaths = 0;
}

void mp_crew_vacate(struct mp_core *core, unsigned index, int64_t due_ms)
{
    struct mp_slot *slot = &core->slots[index];

    slot->due_ms = MP_NEVER;
    slot->rest_ms = slot->retiring ? core->now_ms : due_ms;
    if (core->draining) {
        slot->state = MP_SLOT_GONE;
    } else if (slot->retiring) {
        slot->state = MP_SLOT_SPARE;
    } else {
        slot->state = MP_SLOT_EMPTY;
        slot->due_ms = due_ms;
    }
    slot->retiring = false;
}

/*
 * A death before the worker was ready: there is no job to blame, and starting over at once might go on for ever. These
 * are the only deaths that slow a slot down.
 */
void mp_crew_start_death(struct mp_core *core, unsigned index)
{
    const struct mp_slot *slot = &core->slots[index];
    struct mp_note *note = mp_core_note(core, MP_NOTE_DIED, index);
    unsigned doublings = core->start_deaths < 6 ? core->start_deaths : 6;
    int64_t backoff = mp_sooner((int64_t)BACKOFF_FIRST_MS << doublings, BACKOFF_LAST_MS);

    note->doing = MP_DOING_STARTING;
    note->wanted = !slot->retiring && !core->closed;
    if (!slot->retiring) {
        core->stats.deaths_startup++;
        core->start_deaths++;
    }
    mp_crew_vacate(core, index, core->now_ms + backoff);
}

/* ---- how many ---------------------------------------------------------------------------------------------------- */

/* Is there a worker, or will there be one, that stays? */
static bool counts(const struct mp_slot *slot)
{
    return slot->state != MP_SLOT_SPARE && slot->state != MP_SLOT_GONE && !slot->retiring;
}

static unsigned count_crew(const struct mp_core *core)
{
    unsigned count = 0;

    for (unsigned i = 0; i < core->slot_count; i++)
        count += counts(&core->slots[i]);
    return count;
}

void mp_crew_retire(struct mp_core *core, unsigned index, enum mp_retire why)
{
    struct mp_slot *slot = &core->slots[index];

    if (slot->state == MP_SLOT_EMPTY) {
        slot->state = MP_SLOT_SPARE;
        slot->due_ms = MP_NEVER;
        return;
    }
    slot->retiring = true;
    mp_core_note(core, MP_NOTE_RETIRES, index)->retire = why;
    if (slot->state == MP_SLOT_STARTING)
        mp_core_kill(core, index, MP_KILL_OURS);
}

/* How little is lost if this slot's worker goes: the less, the better. */
static unsigned loss_of(const struct mp_slot *slot)
{
    switch (slot->state) {
    case MP_SLOT_EMPTY:
        return 0;
    case MP_SLOT_STARTING:
        return 1;
    case MP_SLOT_UP:
        return 2 + slot->flight.frame_count;
    default:
        return 3 + MP_FLIGHT_FRAMES;
    }
}

static void dismiss_one(struct mp_core *core)
{
    unsigned best = core->slot_count;

    for (unsigned i = 0; i < core->slot_count; i++)
        if (counts(&core->slots[i]) &&
            (best == core->slot_count || loss_of(&core->slots[i]) < loss_of(&core->slots[best])))
            best = i;
    mp_crew_retire(core, best, MP_RETIRE_SURPLUS);
}

/* Into the spare slot that has rested longest. False: there is none. */
static bool hire_one(struct mp_core *core)
{
    unsigned best = core->slot_count;

    for (unsigned i = 0; i < core->slot_count; i++)
        if (core->slots[i].state == MP_SLOT_SPARE &&
            (best == core->slot_count || core->slots[i].rest_ms < core->slots[best].rest_ms))
            best = i;
    if (best == core->slot_count)
        return false;
    core->slots[best].state = MP_SLOT_EMPTY;
    core->slots[best].due_ms = core->slots[best].rest_ms;
    if (core->slots[best].due_ms <= core->now_ms)
        mp_crew_spawn(core, best);
    return true;
}

/* A worker that retires goes when it has nothing to do. */
static void send_home(struct mp_core *core, unsigned index)
{
    struct mp_slot *slot = &core->slots[index];

    if (slot->state != MP_SLOT_UP || !slot->retiring || slot->flight.frame_count > 0 || slot->recalling)
        return;
    slot->state = MP_SLOT_LEAVING;
    slot->due_ms = core->now_ms + LEAVE_MS;
    mp_core_act(core, MP_BYE, index);
}

void mp_crew_muster(struct mp_core *core)
{
    unsigned crew;

    if (core->draining || core->ended)
        return;
    for (unsigned i = 0; i < core->slot_count; i++) {
        struct mp_slot *slot = &core->slots[i];

        if (slot->state == MP_SLOT_UP && !slot->retiring && (core->now_ms >= slot->retire_ms || slot->room == 0))
            mp_crew_retire(core, i, slot->room == 0 ? MP_RETIRE_JOBS : MP_RETIRE_AGE);
    }
    for (crew = count_crew(core); crew < core->crew.wanted && hire_one(core); crew++)
        continue;
    for (; crew > core->crew.wanted; crew--)
        dismiss_one(core);
    for (unsigned i = 0; i < core->slot_count; i++)
        send_home(core, i);
}

void mp_crew_resize(struct mp_core *core, unsigned workers)
{
    core->crew.most = workers;
    if (core->crew.least == 0 || core->crew.wanted > workers)
        core->crew.wanted = workers;
    core->stats.workers = core->crew.wanted;
}

/* ---- between least and most -------------------------------------------------------------------------------------- */

static bool adapts(const struct mp_core *core)
{
    return core->crew.least > 0 && !core->closed;
}

/* Nobody goes while jobs wait: a worker that idles then is about to get some. */
static bool may_shrink(const struct mp_core *core)
{
    return adapts(core) && core->queue.jobs == 0 && core->crew.wanted > core->crew.least;
}

/* Since when the slot's worker idles; MP_NEVER: it does not. */
static int64_t idle_since(const struct mp_slot *slot)
{
    return slot->state == MP_SLOT_UP && !slot->retiring && slot->flight.frame_count == 0 ? slot->progress_ms : MP_NEVER;
}

/* One worker less: this one. First of all those are not wanted any more that there was no slot for. */
static void shrink(struct mp_core *core, unsigned index)
{
    while (count_crew(core) < core->crew.wanted && core->crew.wanted > core->crew.least)
        core->crew.wanted--;
    if (core->crew.wanted == core->crew.least)
        return;
    core->crew.wanted--;
    mp_crew_retire(core, index, MP_RETIRE_IDLE);
    send_home(core, index);
}

void mp_crew_adapt(struct mp_core *core)
{
    bool idles = false, starts = false;

    if (!adapts(core))
        return;
    for (unsigned i = 0; i < core->slot_count; i++) {
        const struct mp_slot *slot = &core->slots[i];

        starts = starts || slot->state == MP_SLOT_STARTING || slot->state == MP_SLOT_EMPTY;
        idles = idles || idle_since(slot) != MP_NEVER;
    }
    if (core->queue.jobs > 0 && !idles && !starts && core->crew.wanted < core->crew.most &&
        count_crew(core) == core->crew.wanted && hire_one(core))
        core->crew.wanted++;
    for (unsigned i = 0; i < core->slot_count && may_shrink(core); i++)
        if (idle_since(&core->slots[i]) <= core->now_ms - core->crew.idle_ms)
            shrink(core, i);
    core->stats.workers = core->crew.wanted;
}

int64_t mp_crew_due(const struct mp_core *core)
{
    int64_t due = MP_NEVER;

    for (unsigned i = 0; i < core->slot_count && !core->draining; i++) {
        const struct mp_slot *slot = &core->slots[i];

        if (slot->state != MP_SLOT_UP || slot->retiring)
            continue;
        due = mp_sooner(due, slot->retire_ms);
        if (may_shrink(core) && idle_since(slot) != MP_NEVER)
            due = mp_sooner(due, idle_since(slot) + core->crew.idle_ms);
    }
    return due;
}
