/*
 * pool/cancel.c - jobs that nobody wants any more
 *
 * Runs in: the supervisor, as a part of the core. Owns: the wishes that are not fulfilled yet.
 *
 * What waits ends at once. What is with a worker can be anywhere between its inbox and its last instruction, so
 * everything that it has not begun is asked back: what comes back and is not wanted ends, the rest goes to the queue.
 * After that only the job that was claimed last can be running. If it is not wanted, it is asked to stop; when its
 * grace is over, its worker is killed for it. A wish is dropped when no worker has a job that it is about.
 */
#include "pool/cancel.h"

#include <stdlib.h>

#define ANSWER_MS 1000 /* a worker that does not answer a recall for so long is killed */

/* ---- whom a wish is about ---------------------------------------------------------------------------------------- */

static bool touches(const struct mp_wish *wish, const struct mp_range *range)
{
    struct mp_range part;

    return mp_wish_part(wish, range, &part);
}

bool mp_cancel_covers(const struct mp_core *core, const struct mp_range *job)
{
    for (size_t i = 0; i < core->wish_count; i++)
        if (touches(&core->wishes[i], job))
            return true;
    return false;
}

bool mp_cancel_covers_group(const struct mp_core *core, const struct mp_range *range)
{
    for (size_t i = 0; i < core->wish_count; i++)
        if (core->wishes[i].group != 0 && touches(&core->wishes[i], range))
            return true;
    return false;
}

uint32_t mp_cancel_prefix(const struct mp_core *core, const struct mp_range *range, bool *covered)
{
    struct mp_range rest = *range, part;

    *covered = false;
    for (size_t i = 0; i < core->wish_count; i++) {
        if (!mp_wish_part(&core->wishes[i], &rest, &part))
            continue;
        *covered = part.first == range->first;
        rest.count = *covered ? part.count : (uint32_t)(part.first - range->first);
        if (*covered)
            break;
    }
    return rest.count;
}

/* The wish that a slot's flight has a job of; NULL: it has none that is not wanted. */
static const struct mp_wish *wish_for(const struct mp_core *core, const struct mp_slot *slot)
{
    for (size_t i = 0; i < core->wish_count; i++)
        for (unsigned k = 0; k < slot->flight.frame_count; k++)
            if (touches(&core->wishes[i], &slot->flight.frames[k].range))
                return &core->wishes[i];
    return NULL;
}

/* ---- what waits -------------------------------------------------------------------------------------------------- */

static void end_waiting(void *user, struct mp_range range)
{
    mp_core_end(user, 0, range, MPOOL_CANCELLED, range.attempts);
}

void mp_cancel_take(struct mp_core *core, const struct mp_wish *wish)
{
    bool flies = false;

    mp_queue_remove(&core->queue, wish, end_waiting, core);
    mp_gates_remove(&core->gates, &core->queue, wish, end_waiting, core);
    mp_later_remove(&core->later, wish, end_waiting, core);
    for (unsigned i = 0; i < core->slot_count; i++) {
        struct mp_slot *slot = &core->slots[i];

        for (unsigned k = 0; k < slot->flight.frame_count; k++)
            if (touches(wish, &slot->flight.frames[k].range)) {
                if (slot->cleared)
                    slot->cancel_ms = MP_NEVER;
                slot->cleared = false;
                flies = true;
            }
    }
    if (flies)
        core->wishes[core->wish_count++] = *wish;
}

/* ---- what is with workers ---------------------------------------------------------------------------------------- */

void mp_cancel_answered(struct mp_slot *slot, uint32_t ticket)
{
    slot->cleared = slot->clearing;
    slot->clearing = false;
    slot->cleared_ticket = ticket;
    slot->cancel_ms = MP_NEVER;
}

/* Nothing in the flight is left unbegun. What of it can be running is the job before those that came back. */
static void stop_running(struct mp_core *core, unsigned index)
{
    struct mp_slot *slot = &core->slots[index];
    uint32_t ticket = slot->cleared_ticket - 1;
    struct mp_range job;
    const struct mp_flight_frame *frame;

    if (!mp_flight_holds(&slot->flight, ticket)) {
        slot->cancel_ms = MP_NEVER;
        return;
    }
    frame = mp_flight_frame_of(&slot->flight, ticket);
    job = frame->range;
    job.first += ticket - frame->ticket;
    job.count = 1;
    for (size_t i = 0; i < core->wish_count; i++) {
        const struct mp_wish *wish = &core->wishes[i];

        if (!touches(wish, &job))
            continue;
        slot->cancel_ms = mp_sooner(slot->cancel_ms, core->now_ms + wish->grace_ms);
        if (slot->cancel_ms <= core->now_ms) {
            slot->kill_ticket = ticket;
            mp_core_kill(core, index, MP_KILL_UNWANTED);
            return;
        }
        mp_core_ask_stop(core, index, ticket);
    }
}

static void pursue(struct mp_core *core, unsigned index)
{
    struct mp_slot *slot = &core->slots[index];
    const struct mp_wish *wish = wish_for(core, slot);

    if (wish == NULL) {
        slot->cancel_ms = MP_NEVER;
    } else if (slot->cleared) {
        stop_running(core, index);
    } else {
        if (!slot->recalling) {
            mp_core_recall(core, index, true);
            slot->clearing = true;
        }
        if (slot->cancel_ms == MP_NEVER)
            slot->cancel_ms = core->now_ms + mp_later(wish->grace_ms, ANSWER_MS);
        else if (slot->cancel_ms <= core->now_ms)
            mp_core_kill(core, index, MP_KILL_OURS);
    }
}

/* Wishes that no worker has a job of any more are fulfilled. */
static void forget_wishes(struct mp_core *core)
{
    size_t kept = 0;

    for (size_t i = 0; i < core->wish_count; i++) {
        bool flies = false;

        for (unsigned k = 0; k < core->slot_count && !flies; k++)
            for (unsigned n = 0; n < core->slots[k].flight.frame_count && !flies; n++)
                flies = touches(&core->wishes[i], &core->slots[k].flight.frames[n].range);
        if (flies)
            core->wishes[kept++] = core->wishes[i];
    }
    core->wish_count = kept;
}

void mp_cancel_pursue(struct mp_core *core)
{
    if (core->wish_count == 0)
        return;
    for (unsigned i = 0; i < core->slot_count; i++)
        if (core->slots[i].state == MP_SLOT_UP)
            pursue(core, i);
    forget_wishes(core);
}

int64_t mp_cancel_due(const struct mp_core *core)
{
    int64_t due = MP_NEVER;

    for (unsigned i = 0; core->wish_count > 0 && i < core->slot_count; i++)
        if (core->slots[i].state == MP_SLOT_UP)
            due = mp_sooner(due, core->slots[i].cancel_ms);
    return due;
}
