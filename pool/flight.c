/*
 * pool/flight.c - the jobs handed to one worker and not yet answered
 *
 * Runs in: the supervisor.
 */
#include "pool/flight.h"

#include <string.h>

/* The range's jobs from `at` on. */
static struct mp_range tail_of(struct mp_range range, uint32_t at)
{
    range.first += at;
    range.count -= at;
    return range;
}

uint32_t mp_flight_push(struct mp_flight *flight, struct mp_range range, int64_t now_ms)
{
    uint32_t ticket = flight->sent;

    flight->frames[flight->frame_count++] =
        (struct mp_flight_frame){.ticket = ticket, .range = range, .sent_ms = now_ms};
    flight->sent += range.count;
    return ticket;
}

struct mp_range mp_flight_answer(struct mp_flight *flight, uint32_t count)
{
    struct mp_flight_frame *frame = &flight->frames[0];
    struct mp_range answered = frame->range;

    answered.count = count;
    flight->answered += count;
    if (count < frame->range.count) {
        frame->range = tail_of(frame->range, count);
        frame->ticket += count;
        return answered;
    }
    flight->frame_count--;
    memmove(frame, frame + 1, flight->frame_count * sizeof *frame);
    return answered;
}

unsigned mp_flight_cut(struct mp_flight *flight, uint32_t ticket, struct mp_range cut[MP_FLIGHT_FRAMES])
{
    unsigned cuts = 0;

    for (unsigned i = 0; i < flight->frame_count; i++) {
        struct mp_flight_frame *frame = &flight->frames[i];
        uint32_t kept = ticket - frame->ticket;

        if ((int32_t)kept <= 0) {
            cut[cuts++] = frame->range;
        } else if (kept < frame->range.count) {
            cut[cuts++] = tail_of(frame->range, kept);
            frame->range.count = kept;
        }
    }
    while (flight->frame_count > 0 && (int32_t)(ticket - flight->frames[flight->frame_count - 1].ticket) <= 0)
        flight->frame_count--;
    flight->sent = ticket;
    return cuts;
}

const struct mp_flight_frame *mp_flight_frame_of(const struct mp_flight *flight, uint32_t ticket)
{
    const struct mp_flight_frame *frame = &flight->frames[0];

    while (ticket - frame->ticket >= frame->range.count)
        frame++;
    return frame;
}
