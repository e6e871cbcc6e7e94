/*
 * pool/flight.h - the jobs handed to one worker and not yet answered
 *
 * The jobs sent to a generation are numbered by tickets 0, 1, 2 ... in the order of sending; the worker runs and
 * answers them in that order. Tickets are 32 bits and wrap: only differences between them mean anything.
 */
#ifndef MP_POOL_FLIGHT_H
#define MP_POOL_FLIGHT_H

#include "pool/queue.h"

#include <stdbool.h>
#include <stdint.h>

/* Frames under way to one worker: one it works on, one behind it so that it never waits. */
#define MP_FLIGHT_FRAMES 2

struct mp_flight_frame {
    uint32_t ticket; /* of the range's first job */
    struct mp_range range;
    int64_t sent_ms;
};

/* {0} is an empty flight. */
struct mp_flight {
    uint32_t answered; /* ticket of the oldest job without an answer; == sent if there is none */
    uint32_t sent;     /* ticket that the next job sent will get */
    unsigned frame_count;
    struct mp_flight_frame frames[MP_FLIGHT_FRAMES]; /* oldest first */
};

/* mp_flight_jobs - how many jobs wait for an answer. */
static inline uint32_t mp_flight_jobs(const struct mp_flight *flight)
{
    return flight->sent - flight->answered;
}

/* mp_flight_holds - is this the ticket of a job without an answer? */
static inline bool mp_flight_holds(const struct mp_flight *flight, uint32_t ticket)
{
    return ticket - flight->answered < mp_flight_jobs(flight);
}

/* mp_flight_push - a range is sent; the flight has room for a frame. Returns the ticket of its first job. */
uint32_t mp_flight_push(struct mp_flight *flight, struct mp_range range, int64_t now_ms);

/* mp_flight_answer - take `count` jobs off the front: at least 1, at most what the oldest frame has. */
struct mp_range mp_flight_answer(struct mp_flight *flight, uint32_t count);

/*
 * mp_flight_cut - take everything from `ticket` on off the end
 *
 * cut       out  the ranges taken off, MP_FLIGHT_FRAMES at most
 *
 * Returns their number. `ticket` lies between answered and sent.
 */
unsigned mp_flight_cut(struct mp_flight *flight, uint32_t ticket, struct mp_range cut[MP_FLIGHT_FRAMES]);

/* mp_flight_frame_of - the frame that holds a ticket in flight. */
const struct mp_flight_frame *mp_flight_frame_of(const struct mp_flight *flight, uint32_t ticket);

#endif
