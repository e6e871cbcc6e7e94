/*
 * pool/commit.c - a frame of results counts
 *
 * Runs in: the supervisor, as a part of the core. Owns: nothing; it moves jobs from a flight to their ends, and what
 * they have submitted into the queue. Pure, as all of the core.
 *
 * When the frame is not in order, nothing of it has happened: its worker is killed as one that has crashed. When it is,
 * nothing can fail any more, since mp_core_step() has reserved all that it takes.
 */
#include "pool/commit.h"

#include "pool/blame.h"
#include "pool/cancel.h"
#include "pool/limits.h"

/* The exceptions are charged, and all between them is done. */
static void end_jobs(struct mp_core *core, unsigned slot, const struct mp_range *range,
                     const struct mp_results *results)
{
    struct mp_range part;
    uint32_t at = 0;

    for (size_t i = 0; i <= results->exception_count; i++) {
        const struct mp_exception *exception = i < results->exception_count ? &results->exceptions[i] : NULL;
        uint32_t until = exception != NULL ? exception->at : range->count;

        part = *range;
        part.first += at;
        part.count = until - at;
        if (part.count > 0)
            mp_core_end(core, slot, part, MPOOL_DONE, range->attempts + 1);
        if (exception != NULL) {
            struct mp_end end = exception->end;

            part.first = range->first + until;
            part.count = 1;
            /* Who stops as it was asked to is cancelled only if that was why it was asked. */
            if (end.status == MPOOL_CANCELLED && !mp_cancel_covers(core, &part))
                end.status = MPOOL_FAILED;
            mp_blame_charge(core, slot, part, &end, exception->final);
        }
        at = until + 1;
    }
}

/*
 * The heart: a frame of results counts whole, once, and only if its generation lives and it answers the oldest jobs in
 * flight. What is dropped here leaves no trace, so the jobs in it can safely run again.
 */
void mp_commit_results(struct mp_core *core, const struct mp_event *event)
{
    struct mp_slot *slot = &core->slots[event->slot];
    const struct mp_results *results = &event->results;
    struct mp_range range;
    uint64_t busy_ns;
    bool wanted;

    if (slot->flight.frame_count == 0 || results->ticket != slot->flight.answered || results->count == 0 ||
        results->count > slot->flight.frames[0].range.count) {
        mp_core_kill(core, event->slot, MP_KILL_GARBLED);
        return;
    }
    /* A worker cannot have been busy for longer than it has had the frame, whatever it says. */
    busy_ns = (uint64_t)(event->now_ms - slot->flight.frames[0].sent_ms + 1) * 1000000;
    busy_ns = results->busy_ns < busy_ns ? results->busy_ns : busy_ns;
    range = mp_flight_answer(&slot->flight, results->count);
    mp_gates_leave(&core->gates, &range);
    mp_core_act(core, MP_COMMIT, event->slot)->range = range;
    wanted = !mp_cancel_covers_group(core, &range);
    for (size_t i = 0; i < results->birth_count; i++)
        mp_core_take_jobs(core, results->births[i], wanted);
    mp_pace_learn(&core->paces[range.rules->pace], busy_ns, results->count);
    slot->progress_ms = event->now_ms;
    slot->barren = false;
    end_jobs(core, event->slot, &range, results);
    if (slot->state == MP_SLOT_UP)
        mp_limits_arm(slot);
}
