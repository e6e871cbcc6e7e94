/*
 * pool/core.c - what decides in a pool
 *
 * Runs in: the supervisor; and the simulator. Owns: the queue, the flights, the slots' states. Pure: see core.h.
 *
 * What holds after every step, for every job that was submitted and has not ended:
 *
 *  - it is in the queue, or in the flight of exactly one slot, and never in two places;
 *  - it has been charged at most 1 + retries attempts, and at most crash_limit crashes;
 *  - MP_END names it once, and never again.
 *
 * A job leaves a flight in four ways only: its answer is committed (pool/commit.c), the worker gives it back
 * (MP_RETURNED), it could not be sent (MP_UNSENT), or its generation is dead (bury). All four take it out of the flight
 * first, and all check the generation: what comes from a dead one is counted as stale and dropped.
 */
#include "pool/core.h"

#include "base/error.h"
#include "pool/blame.h"
#include "pool/cancel.h"
#include "pool/commit.h"
#include "pool/crew.h"
#include "pool/dispatch.h"
#include "pool/finish.h"
#include "pool/limits.h"

#include <stdlib.h>
#include <string.h>

/* ---- actions and memory ------------------------------------------------------------------------------------------ */

struct mp_action *mp_core_act(struct mp_core *core, enum mp_action_kind kind, unsigned slot)
{
    struct mp_action *action = &core->actions[core->action_count++];

    *action = (struct mp_action){.kind = kind, .slot = slot};
    if (core->slot_count > slot)
        action->generation = core->slots[slot].generation;
    return action;
}

struct mp_note *mp_core_note(struct mp_core *core, enum mp_note_kind kind, unsigned slot)
{
    struct mp_note *note = &core->notes[core->note_count++];

    *note = (struct mp_note){.kind = kind, .slot = slot};
    return note;
}

unsigned mp_core_count_up(const struct mp_core *core)
{
    unsigned up = 0;

    for (unsigned i = 0; i < core->slot_count; i++)
        up += core->slots[i].state == MP_SLOT_UP;
    return up;
}

bool mp_core_flies_solo(const struct mp_slot *slot)
{
    return slot->flight.frame_count > 0 && slot->flight.frames[0].range.solo;
}

bool mp_core_claimed(const struct mp_slot *slot, const struct mp_sight *sight, uint32_t *ticket)
{
    uint32_t last = sight->next - 1;

    if (!mp_flight_holds(&slot->flight, last) || sight->returned == sight->next)
        return false;
    *ticket = last;
    return true;
}

void mp_core_recall(struct mp_core *core, unsigned index, bool all)
{
    core->slots[index].recalling = true;
    mp_core_act(core, MP_RECALL, index)->all = all;
    core->stats.recalls++;
}

void mp_core_ask_stop(struct mp_core *core, unsigned index, uint32_t ticket)
{
    struct mp_slot *slot = &core->slots[index];

    if (slot->stop_asked && slot->stop_ticket == ticket)
        return;
    slot->stop_asked = true;
    slot->stop_ticket = ticket;
    mp_core_act(core, MP_ASK_STOP, index)->ticket = ticket;
}

void mp_core_kill(struct mp_core *core, unsigned index, enum mp_kill why)
{
    struct mp_slot *slot = &core->slots[index];

    if (slot->state == MP_SLOT_KILLED)
        return;
    slot->state = MP_SLOT_KILLED;
    slot->kill = why;
    slot->due_ms = MP_NEVER;
    mp_core_act(core, MP_KILL, index);
    if (why == MP_KILL_GARBLED)
        (void)mp_core_note(core, MP_NOTE_GARBLED, index);
}

/* A pace for a function that was not known before. */
static bool reserve_pace(struct mp_core *core, unsigned pace)
{
    unsigned count = core->pace_count;
    struct mp_pace *bigger;

    if (pace < count)
        return true;
    bigger = realloc(core->paces, ((size_t)pace + 1) * sizeof *bigger);
    if (bigger == NULL)
        return false;
    memset(bigger + count, 0, (pace + 1 - count) * sizeof *bigger);
    core->paces = bigger;
    core->pace_count = pace + 1;
    return true;
}

void mp_core_end(struct mp_core *core, unsigned slot, struct mp_range range, mpool_status status, uint32_t attempts)
{
    struct mp_action *action = mp_core_act(core, MP_END, slot);

    action->range = range;
    action->status = status;
    action->attempts = attempts;
    core->stats.jobs_ended += range.count;
}

/* Jobs whose attempt does not count: back to the queue, or cancelled if nobody wants them any more. */
void mp_core_give_back(struct mp_core *core, unsigned slot, struct mp_range range)
{
    while (range.count > 0) {
        struct mp_range part = range;
        bool unwanted;

        part.count = mp_cancel_prefix(core, &range, &unwanted);
        if (unwanted || core->draining)
            mp_core_end(core, slot, part, MPOOL_CANCELLED, part.attempts);
        else
            mp_queue_put(&core->queue, part);
        range.first += part.count;
        range.count -= part.count;
    }
}

unsigned mp_core_cut(struct mp_core *core, struct mp_slot *slot, uint32_t ticket, struct mp_range cut[MP_FLIGHT_FRAMES])
{
    unsigned cuts = mp_flight_cut(&slot->flight, ticket, cut);

    for (unsigned i = 0; i < cuts; i++) {
        mp_gates_leave(&core->gates, &cut[i]);
        if (slot->room != UINT64_MAX)
            slot->room += cut[i].count;
    }
    return cuts;
}

uint64_t mp_core_waiting(const struct mp_core *core)
{
    return core->queue.jobs + core->queue.parked_jobs + core->later.jobs;
}

static bool reserve_wish(struct mp_core *core)
{
    struct mp_wish *bigger;

    if (core->wish_count < core->wish_room)
        return true;
    bigger = realloc(core->wishes, 2 * (core->wish_room + 1) * sizeof *bigger);
    if (bigger == NULL)
        return false;
    core->wishes = bigger;
    core->wish_room = 2 * (core->wish_room + 1);
    return true;
}

/* What jobs with such rules need. */
static bool reserve_rules(struct mp_core *core, const struct mp_rules *rules)
{
    return mp_gates_reserve(&core->gates, rules) && reserve_pace(core, rules->pace);
}

/* Room for all that one step can add, so that the step itself cannot fail. */
static bool reserve(struct mp_core *core, const struct mp_event *event)
{
    bool results = event->kind == MP_RESULTS;
    size_t exceptions = results ? event->results.exception_count : 0;
    size_t births = results ? event->results.birth_count : 0;
    size_t pieces = MP_FLIGHT_FRAMES + 2 + 2 * core->wish_count;
    size_t nodes = exceptions + births + (size_t)core->slot_count * pieces + 2;
    size_t ranges = core->queue.ranges + core->later.count;
    size_t actions =
        core->action_count + 2 * exceptions + births + ranges + (size_t)core->slot_count * (10 + pieces) + 8;

    if (!mp_queue_reserve(&core->queue, nodes + core->later.count) || !mp_later_reserve(&core->later, nodes))
        return false;
    if (event->kind == MP_CANCEL && !reserve_wish(core))
        return false;
    if (event->kind == MP_JOBS && !reserve_rules(core, event->range.rules))
        return false;
    for (size_t i = 0; i < births; i++)
        if (!reserve_rules(core, event->results.births[i].rules))
            return false;
    if (actions > core->action_room) {
        struct mp_action *bigger = realloc(core->actions, 2 * actions * sizeof *bigger);

        if (bigger == NULL)
            return false;
        core->actions = bigger;
        core->action_room = 2 * actions;
    }
    return true;
}

mpool_err mp_core_init(struct mp_core *core, unsigned slots, const struct mp_crew *crew, unsigned paces,
                       int64_t start_timeout_ms)
{
    *core =
        (struct mp_core){.slot_count = slots, .crew = *crew, .pace_count = paces, .start_timeout_ms = start_timeout_ms};
    core->slots = calloc(slots, sizeof *core->slots);
    core->notes = calloc((size_t)slots + 2, sizeof *core->notes);
    core->paces = calloc(paces > 0 ? paces : 1, sizeof *core->paces);
    if (core->slots == NULL || core->notes == NULL || core->paces == NULL) {
        mp_core_fini(core);
        return mp_error_nomem();
    }
    for (unsigned i = 0; i < slots; i++) {
        core->slots[i].cancel_ms = core->slots[i].retire_ms = MP_NEVER;
        core->slots[i].state = i < crew->wanted ? MP_SLOT_EMPTY : MP_SLOT_SPARE;
        core->slots[i].due_ms = i < crew->wanted ? 0 : MP_NEVER;
    }
    core->stats.workers = crew->wanted;
    return MPOOL_OK;
}

void mp_core_fini(struct mp_core *core)
{
    mp_gates_fini(&core->gates, &core->queue);
    mp_queue_fini(&core->queue);
    mp_later_fini(&core->later);
    free(core->slots);
    free(core->notes);
    free(core->paces);
    free(core->wishes);
    free(core->actions);
    *core = (struct mp_core){0};
}

void mp_core_take_jobs(struct mp_core *core, struct mp_range range, bool wanted)
{
    core->stats.jobs_submitted += range.count;
    range.solo = range.rules->alone || range.rules->once;
    range.not_before_ms = core->now_ms + range.rules->delay_ms;
    if (core->draining || !wanted)
        mp_core_end(core, 0, range, MPOOL_CANCELLED, 0);
    else if (range.rules->delay_ms > 0)
        mp_later_put(&core->later, range);
    else
        mp_queue_put(&core->queue, range);
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static void take_returned(struct mp_core *core, const struct mp_event *event)
{
    struct mp_slot *slot = &core->slots[event->slot];
    struct mp_range cut[MP_FLIGHT_FRAMES];
    unsigned cuts;

    if (!slot->recalling || event->ticket - slot->flight.answered > mp_flight_jobs(&slot->flight)) {
        mp_core_kill(core, event->slot, MP_KILL_GARBLED);
        return;
    }
    cuts = mp_core_cut(core, slot, event->ticket, cut);
    slot->recalling = false;
    slot->barren = cuts == 0;
    mp_cancel_answered(slot, event->ticket);
    if (!mp_flight_holds(&slot->flight, slot->stop_ticket))
        slot->stop_asked = false; /* that ticket will be given out again */
    for (unsigned i = 0; i < cuts; i++)
        mp_core_give_back(core, event->slot, cut[i]);
}

static void take_unsent(struct mp_core *core, const struct mp_event *event)
{
    struct mp_slot *slot = &core->slots[event->slot];
    struct mp_range cut[MP_FLIGHT_FRAMES];
    unsigned cuts = 0;

    if (mp_flight_holds(&slot->flight, event->ticket)) /* not when the frame before has taken it along */
        cuts = mp_core_cut(core, slot, event->ticket, cut);
    for (unsigned i = 0; i < cuts; i++)
        mp_core_give_back(core, event->slot, cut[i]);
    mp_core_kill(core, event->slot, MP_KILL_OURS);
}

/* ---- the step ---------------------------------------------------------------------------------------------------- */

/* What comes due with time alone. */
static void pass_time(struct mp_core *core, int64_t now_ms)
{
    while (mp_later_due(&core->later) <= now_ms)
        mp_queue_put(&core->queue, mp_later_take(&core->later));
    for (unsigned i = 0; i < core->slot_count; i++) {
        struct mp_slot *slot = &core->slots[i];

        if (slot->due_ms > now_ms)
            continue;
        switch (slot->state) {
        case MP_SLOT_EMPTY:
            mp_crew_spawn(core, i);
            break;
        case MP_SLOT_STARTING:
        case MP_SLOT_LEAVING:
            mp_core_kill(core, i, MP_KILL_OURS);
            break;
        case MP_SLOT_UP:
            slot->due_ms = MP_NEVER;
            mp_core_act(core, MP_LOOK, i);
            break;
        case MP_SLOT_KILLED:
        case MP_SLOT_SPARE:
        case MP_SLOT_GONE:
            slot->due_ms = MP_NEVER;
            break;
        }
    }
}

/* What a generation said or did. */
static void hear(struct mp_core *core, const struct mp_event *event)
{
    struct mp_slot *slot = &core->slots[event->slot];
    bool starting = slot->state == MP_SLOT_STARTING;

    switch (event->kind) {
    case MP_STARTED:
        if (starting)
            mp_crew_started(core, event->slot);
        break;
    case MP_RESULTS:
        mp_commit_results(core, event);
        break;
    case MP_RETURNED:
        take_returned(core, event);
        break;
    case MP_SEEN:
        mp_limits_check(core, event);
        break;
    case MP_UNSENT:
        take_unsent(core, event);
        break;
    case MP_GREW:
        if (slot->state == MP_SLOT_UP)
            mp_crew_retire(core, event->slot, MP_RETIRE_SIZE);
        break;
    case MP_BABBLE:
        mp_core_kill(core, event->slot, MP_KILL_GARBLED);
        break;
    case MP_START_FAILED:
    case MP_DIED:
        if (slot->was_up) {
            mp_blame_bury(core, event);
            break;
        }
        mp_crew_start_death(core, event->slot);
        if (core->start_deaths >= MP_START_DEATHS && mp_core_count_up(core) == 0 && !core->draining &&
            !(core->closed && !mp_finish_has_work(core)))
            mp_finish_broken(core);
        break;
    default:
        break;
    }
}

static bool has_process(const struct mp_slot *slot)
{
    return slot->state != MP_SLOT_EMPTY && slot->state != MP_SLOT_SPARE && slot->state != MP_SLOT_GONE;
}

bool mp_core_step(struct mp_core *core, const struct mp_event *event)
{
    if (!reserve(core, event))
        return false;
    core->now_ms = event->now_ms;
    core->note_count = 0;
    switch (event->kind) {
    case MP_JOBS:
        mp_core_take_jobs(core, event->range, true);
        break;
    case MP_RESIZE:
        mp_crew_resize(core, event->workers);
        break;
    case MP_CANCEL:
        mp_cancel_take(core, &event->wish);
        break;
    case MP_TICK:
        break;
    case MP_CLOSE:
        core->closed = true;
        break;
    case MP_DRAIN:
        mp_finish_drain(core);
        break;
    case MP_TERMINATE:
        mp_finish_terminate(core);
        break;
    case MP_LOST:
        mp_finish_lost(core);
        break;
    default:
        if (event->slot < core->slot_count && event->generation == core->slots[event->slot].generation &&
            has_process(&core->slots[event->slot]))
            hear(core, event);
        else if (event->kind == MP_RESULTS)
            core->stats.stale_results++;
        break;
    }
    mp_finish_wind_up(core, event->now_ms);
    pass_time(core, event->now_ms);
    mp_crew_muster(core);
    mp_cancel_pursue(core);
    mp_dispatch(core, event->now_ms);
    mp_crew_adapt(core);
    return true;
}

int64_t mp_core_due(const struct mp_core *core)
{
    int64_t due = mp_sooner(core->recall_ms, mp_later_due(&core->later));

    due = mp_sooner(due, mp_sooner(mp_cancel_due(core), mp_crew_due(core)));

    for (unsigned i = 0; i < core->slot_count; i++)
        due = mp_sooner(due, core->slots[i].due_ms);
    return due;
}
