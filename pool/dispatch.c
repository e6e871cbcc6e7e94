/*
 * pool/dispatch.c - which jobs go to which worker, and which come back
 *
 * Runs in: the supervisor, as a part of the core.
 *
 * Jobs are sent in the order of their numbers, in frames of about 10 ms of work, two of them to a worker at a time.
 * That is more than a worker needs at the end of a batch, so a worker that idles while the queue is empty takes from
 * the one that is furthest behind, by what it has answered: that one is asked to give back half of what it has not
 * begun.
 */
#include "pool/dispatch.h"

#include "pool/limits.h"

#define RECALL_NS 1000000 /* work that is worth a recall, */
#define RECALL_IDLE_MS 2  /* or any work of which nothing was heard for so long while another worker idles */

/* The slot that gets the next frame: one with the fewest frames under way; NULL if none has room. */
static struct mp_slot *choose_slot(struct mp_core *core, bool solo)
{
    struct mp_slot *best = NULL;

    for (unsigned i = 0; i < core->slot_count; i++) {
        struct mp_slot *slot = &core->slots[i];
        unsigned frames = slot->flight.frame_count;

        if (slot->state != MP_SLOT_UP || slot->retiring || slot->recalling || slot->room == 0 ||
            frames == MP_FLIGHT_FRAMES || mp_core_flies_solo(slot))
            continue;
        if (frames > 0 && solo)
            continue;
        if (best == NULL || frames < best->flight.frame_count)
            best = slot;
    }
    return best;
}

static void send_frame(struct mp_core *core, struct mp_slot *slot, struct mp_range range, int64_t now_ms)
{
    struct mp_action *action = mp_core_act(core, MP_SEND, (unsigned)(slot - core->slots));

    action->range = range;
    action->ticket = mp_flight_push(&slot->flight, range, now_ms);
    mp_gates_enter(&core->gates, &range);
    if (slot->room != UINT64_MAX)
        slot->room -= range.count;
    slot->barren = false;
    if (slot->flight.frame_count == 1) {
        slot->progress_ms = now_ms;
        mp_limits_arm(slot);
    }
    core->stats.frames_sent++;
}

/* What is left to do in a slot's flight after the job it is at, in nanoseconds. */
static uint64_t work_behind(const struct mp_core *core, const struct mp_slot *slot)
{
    uint64_t work = 0;

    for (unsigned i = 0; i < slot->flight.frame_count; i++) {
        const struct mp_range *range = &slot->flight.frames[i].range;

        work += (range->count - (i == 0)) * core->paces[range->rules->pace].job_ns;
    }
    return work;
}

/* Could jobs be asked back from this slot? If it is only a matter of time, *due is when. */
static bool can_recall(const struct mp_core *core, const struct mp_slot *slot, int64_t now_ms, int64_t *due)
{
    if (slot->state != MP_SLOT_UP || slot->recalling || slot->barren || mp_flight_jobs(&slot->flight) < 2)
        return false;
    if (work_behind(core, slot) >= RECALL_NS || now_ms >= slot->progress_ms + RECALL_IDLE_MS)
        return true;
    *due = mp_sooner(*due, slot->progress_ms + RECALL_IDLE_MS);
    return false;
}

/* A pool that drains begins no job any more: all that has not begun is asked back. */
static void recall_all(struct mp_core *core)
{
    for (unsigned i = 0; i < core->slot_count; i++) {
        struct mp_slot *slot = &core->slots[i];

        if (slot->state == MP_SLOT_UP && !slot->recalling && !slot->barren && mp_flight_jobs(&slot->flight) > 1)
            mp_core_recall(core, i, true);
    }
}

/* Asks the slot that is furthest behind. False: there is none; *due is when there might be one. */
static bool recall_one(struct mp_core *core, int64_t now_ms, int64_t *due)
{
    struct mp_slot *victim = NULL;

    for (unsigned i = 0; i < core->slot_count; i++) {
        struct mp_slot *slot = &core->slots[i];

        if (can_recall(core, slot, now_ms, due) &&
            (victim == NULL || work_behind(core, slot) > work_behind(core, victim)))
            victim = slot;
    }
    if (victim == NULL)
        return false;
    mp_core_recall(core, (unsigned)(victim - core->slots), false);
    return true;
}

/*
 * One recall for each worker that idles while the queue is empty. Slots that have too little to do to be asked at once
 * are asked a little later, since a short job can turn out long.
 */
static void recall(struct mp_core *core, int64_t now_ms)
{
    unsigned idle = 0, asked = 0;

    for (unsigned i = 0; i < core->slot_count; i++) {
        const struct mp_slot *slot = &core->slots[i];

        if (slot->state != MP_SLOT_UP || (slot->retiring && slot->flight.frame_count == 0))
            continue;
        idle += slot->flight.frame_count == 0;
        asked += slot->recalling;
    }
    while (asked < idle && recall_one(core, now_ms, &core->recall_ms))
        asked++;
}

void mp_dispatch(struct mp_core *core, int64_t now_ms)
{
    const struct mp_range *head;
    unsigned up = mp_core_count_up(core);

    core->recall_ms = MP_NEVER;
    mp_gates_let_in(&core->gates, &core->queue, false);
    while ((head = mp_queue_head(&core->queue)) != NULL) {
        struct mp_slot *slot;
        uint32_t count = 1, most;

        if (mp_gates_park(&core->gates, &core->queue))
            continue;
        slot = choose_slot(core, head->solo);
        if (slot == NULL)
            return;
        most = slot->room < head->count ? (uint32_t)slot->room : head->count;
        if (!head->solo && head->rules->gate == 0)
            count = mp_pace_frame(&core->paces[head->rules->pace], most, core->queue.jobs, up);
        send_frame(core, slot, mp_queue_take(&core->queue, count), now_ms);
    }
    if (core->draining)
        recall_all(core);
    else
        recall(core, now_ms);
}
