/*
 * pool/limits.c - how long an attempt may take: soft limits ask, hard limits kill
 *
 * Runs in: the supervisor, as a part of the core.
 *
 * A job's clock starts at the mark its worker leaves on the slot's page. A worker that shows no progress at all (it is
 * stopped, say) leaves no mark: its oldest job is then clocked from when it was sent or its predecessor was answered.
 * Jobs behind another one have no clock. A job that has crashed, as the page says, has crashed before its limit: its
 * worker has a little longer to be looked at and to die.
 */
#include "pool/limits.h"

/* A job that has returned, as the page says, is answered so soon: else the page is not to be believed. */
#define ANSWER_MS 5000

/* And a worker that has crashed is dead so soon. */
#define DEATH_MS 5000

/*
 * When the first limit of a job that began at `start` is over, among those that lie after `now`. The hard one is put
 * off by `more`.
 */
static int64_t next_limit(const struct mp_rules *rules, int64_t start, int64_t now, int64_t more)
{
    int64_t due = MP_NEVER;

    if (rules->timeout_ms > 0)
        due = start + rules->timeout_ms + more;
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

        slot->due_ms = next_limit(head->range.rules, start, start, 0);
    }
}

/* The job that a slot is at, and since when. */
struct work {
    uint32_t ticket;
    const struct mp_rules *rules;
    int64_t start_ms;
    int64_t answer_ms; /* when the oldest job's answer is due at the latest, if the page says that it has returned */
};

static struct work find_work(const struct mp_slot *slot, const struct mp_event *seen)
{
    const struct mp_flight_frame *head = &slot->flight.frames[0], *frame = head;
    int64_t start = mp_later(head->sent_ms, slot->progress_ms), mark = seen->sight.mark_ms;
    struct work work = {.ticket = slot->flight.answered, .start_ms = start, .answer_ms = MP_NEVER};

    if (mp_core_claimed(slot, &seen->sight, &work.ticket)) {
        frame = mp_flight_frame_of(&slot->flight, work.ticket);
        if (work.ticket != slot->flight.answered && head->range.rules->timeout_ms > 0)
            work.answer_ms = start + head->range.rules->timeout_ms + ANSWER_MS;
        work.start_ms = mp_later(start, frame->sent_ms);
        if (mark > work.start_ms && mark <= seen->now_ms)
            work.start_ms = mark;
    }
    work.rules = frame->range.rules;
    return work;
}

static void kill_for(struct mp_core *core, unsigned index, uint32_t ticket)
{
    core->slots[index].kill_ticket = ticket;
    mp_core_kill(core, index, MP_KILL_JOB);
}

void mp_limits_check(struct mp_core *core, const struct mp_event *event)
{
    struct mp_slot *slot = &core->slots[event->slot];
    int64_t now_ms = event->now_ms, more_ms = event->sight.crashed ? DEATH_MS : 0;
    struct work work;

    if (slot->state != MP_SLOT_UP || slot->flight.frame_count == 0)
        return;
    work = find_work(slot, event);
    if (now_ms >= work.answer_ms) {
        kill_for(core, event->slot, slot->flight.answered);
        return;
    }
    if (work.rules->timeout_ms > 0 && now_ms >= work.start_ms + work.rules->timeout_ms + more_ms) {
        kill_for(core, event->slot, work.ticket);
        return;
    }
    if (work.rules->soft_timeout_ms > 0 && now_ms >= work.start_ms + work.rules->soft_timeout_ms)
        mp_core_ask_stop(core, event->slot, work.ticket);
    slot->due_ms = mp_sooner(next_limit(work.rules, work.start_ms, now_ms, more_ms), work.answer_ms);
}
