/*
 * pool/limits.c - how long an attempt may take: soft limits ask, hard limits kill
 *
 * Runs in: the supervisor, as a part of the core.
 *
 * A job's clock starts at the mark its worker leaves on the slot's page. A worker that shows no progress at all (it is
 * stopped, say) leaves no mark: its oldest job is then clocked from when it was sent or its predecessor was answered.
 * Jobs behind another one have no clock.
 */
#include "pool/limits.h"

/* When the first limit of a job that began at `start` is over, among those that lie after `now`. */
static int64_t next_limit(const struct mp_rules *rules, int64_t start, int64_t now)
{
    int64_t due = MP_NEVER;

    if (rules->timeout_ms > 0)
        due = start + rules->timeout_ms;
    if (rules->soft_timeout_ms > 0 && start + rules->soft_timeout_ms > now)
        due = mp_sooner(due, start + rules->soft_timeout_ms);
    return due;
}

void mp_limits_arm(struct mp_slot *slot)
{
    const struct mp_flight_frame *head = &slot->flight.frames[0];

    slot->due_ms = MP_NEVER;
    if (slot->flight.frame_count > 0) {
        int64_t start = mp_later(head->sent_ms, slot->progress_ms);

        slot->due_ms = next_limit(head->range.rules, start, start);
    }
}

void mp_limits_check(struct mp_core *core, const struct mp_event *event)
{
    struct mp_slot *slot = &core->slots[event->slot];
    const struct mp_rules *rules;
    uint32_t ticket = slot->flight.answered;
    int64_t start, soft;

    if (slot->state != MP_SLOT_UP || slot->flight.frame_count == 0)
        return;
    start = mp_later(slot->flight.frames[0].sent_ms, slot->progress_ms);
    if (mp_core_claimed(slot, &event->sight, &ticket))
        start = event->sight.mark_ms > start && event->sight.mark_ms <= event->now_ms ? event->sight.mark_ms : start;
    rules = mp_flight_frame_of(&slot->flight, ticket)->range.rules;
    if (rules->timeout_ms > 0 && event->now_ms >= start + rules->timeout_ms) {
        slot->kill_ticket = ticket;
        mp_core_kill(core, event->slot, MP_KILL_JOB);
        return;
    }
    soft = rules->soft_timeout_ms;
    if (soft > 0 && event->now_ms >= start + soft && !(slot->stop_asked && slot->stop_ticket == ticket)) {
        slot->stop_asked = true;
        slot->stop_ticket = ticket;
        mp_core_act(core, MP_ASK_STOP, event->slot)->ticket = ticket;
    }
    slot->due_ms = next_limit(rules, start, event->now_ms);
}
