/*
 * pool/finish.c - how a pool comes to its end
 *
 * Runs in: the supervisor, as a part of the core. Owns: the pool's states closed, draining, terminated, broken, ended.
 *
 * Each end contains those before it: a pool that is lost is broken, one that is broken is terminated, one that is
 * terminated drains, one that drains is closed. All come to mp_finish_wind_up(), which ends the pool when no job and no
 * process is left. A worker that does not go when it is told to is killed after five seconds; for one that the kernel
 * does not let die there is nothing to do but to wait.
 */
#include "pool/finish.h"

#include "pool/crew.h"

#define LEAVE_MS 5000 /* from BYE to the kill of a worker that does not go */

/* Nothing is begun any more: what is queued is cancelled, and what workers have not begun is asked back for that. */
void mp_finish_drain(struct mp_core *core)
{
    core->closed = true;
    core->draining = true;
    mp_gates_let_in(&core->gates, &core->queue, true);
    while (core->later.count > 0)
        mp_queue_put(&core->queue, mp_later_take(&core->later));
    while (core->queue.jobs > 0) {
        struct mp_range range = mp_queue_take(&core->queue, mp_queue_head(&core->queue)->count);

        mp_core_end(core, 0, range, MPOOL_CANCELLED, range.attempts);
    }
    for (unsigned i = 0; i < core->slot_count; i++) {
        if (core->slots[i].state == MP_SLOT_EMPTY || core->slots[i].state == MP_SLOT_SPARE) {
            core->slots[i].state = MP_SLOT_GONE;
            core->slots[i].due_ms = MP_NEVER;
        }
    }
}

void mp_finish_terminate(struct mp_core *core)
{
    mp_finish_drain(core);
    core->terminated = true;
    for (unsigned i = 0; i < core->slot_count; i++) {
        enum mp_slot_state state = core->slots[i].state;

        if (state == MP_SLOT_STARTING || state == MP_SLOT_UP || state == MP_SLOT_LEAVING)
            mp_core_kill(core, i, MP_KILL_OURS);
    }
}

void mp_finish_broken(struct mp_core *core)
{
    if (core->broken)
        return;
    core->broken = true;
    mp_core_act(core, MP_BROKEN, 0);
    mp_finish_terminate(core);
}

/* The fork server is gone: no death will be reported any more, and all workers die with their parent. */
void mp_finish_lost(struct mp_core *core)
{
    mp_finish_broken(core);
    for (unsigned i = 0; i < core->slot_count; i++) {
        struct mp_slot *slot = &core->slots[i];
        struct mp_range cut[MP_FLIGHT_FRAMES];
        unsigned cuts = mp_core_cut(core, slot, slot->flight.answered, cut);

        for (unsigned k = 0; k < cuts; k++)
            mp_core_give_back(core, i, cut[k]);
        mp_crew_vacate(core, i, MP_NEVER);
    }
}

bool mp_finish_has_work(const struct mp_core *core)
{
    for (unsigned i = 0; i < core->slot_count; i++)
        if (core->slots[i].flight.frame_count > 0)
            return true;
    return mp_core_waiting(core) > 0;
}

/* Once there is nothing left to do, the workers are sent home, and the last to go ends the pool. */
void mp_finish_wind_up(struct mp_core *core, int64_t now_ms)
{
    unsigned left = 0;

    if (!core->closed || core->ended || mp_finish_has_work(core))
        return;
    for (unsigned i = 0; i < core->slot_count; i++) {
        struct mp_slot *slot = &core->slots[i];

        if (slot->state == MP_SLOT_EMPTY || slot->state == MP_SLOT_SPARE) {
            slot->state = MP_SLOT_GONE;
            slot->due_ms = MP_NEVER;
        } else if (slot->state == MP_SLOT_STARTING) {
            mp_core_kill(core, i, MP_KILL_OURS);
        } else if (slot->state == MP_SLOT_UP) {
            slot->state = MP_SLOT_LEAVING;
            slot->due_ms = now_ms + LEAVE_MS;
            mp_core_act(core, MP_BYE, i);
        }
        left += slot->state != MP_SLOT_GONE;
    }
    if (left == 0) {
        core->ended = true;
        mp_core_act(core, MP_ENDED, 0);
    }
}
