/*
 * ipc/lane.h - items go in at one end and come out at the other, from any process to any: a ring, and how to wait for it
 *
 * Any number of threads put and get. Each side has a claim, so that one at a time is at the ring; and who finds no room,
 * or no item, sleeps until a bell rings. A get is open between mp_lane_get() and mp_lane_got(): the items that it looks
 * at stay in the lane until the latter says how many are taken. So is a put.
 *
 * What a death leaves: a claim that the next one takes over; a ring as it was, or as it should be (ipc/ring.h); and a
 * bell that was not rung, which costs those who sleep MP_BELL_SLICE_NS.
 */
#ifndef MP_IPC_LANE_H
#define MP_IPC_LANE_H

#include "ipc/bell.h"
#include "ipc/claim.h"
#include "ipc/member.h"
#include "ipc/ring.h"

#include <mpool/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP_LANE_LINE 128 /* two lines of cache: processors fetch them in pairs */

/* In shared memory; all zero is an empty lane. Each field is of a type that says who writes it, and how. */
struct mp_lane_end {
    struct mp_claim claim;
    struct mp_ring_side side; /* by who has the claim; but for the producers' `at`, which mp_lane_close() changes too */
    _Atomic uint32_t looks;   /* how often to look before going to sleep; by anybody, relaxed: a hint, and bounded */
} __attribute__((aligned(MP_LANE_LINE)));

struct mp_lane_state {
    struct mp_lane_end in;  /* the producers' */
    struct mp_lane_end out; /* the consumers' */
    struct mp_bell not_full __attribute__((aligned(MP_LANE_LINE))); /* items were taken */
    struct mp_bell drained;                                         /* all were taken; for those who watch */
    struct mp_bell not_empty __attribute__((aligned(MP_LANE_LINE))); /* items were put, or the lane was closed */
    struct mp_bell filled;                                           /* the same, for those who watch */
};

/* What a process knows of a lane by itself: where it is, and how large. Made anew for each call. */
struct mp_lane {
    struct mp_lane_state *state;
    struct mp_ring ring;
    uint32_t maxsize;               /* items at most; UINT32_MAX: as many as there is room for */
    const _Atomic mp_member *other; /* who has to be alive at the other side, 0: nobody so far; NULL: all the same */
    mp_member self;                 /* the calling thread, once it has waited for a claim */
};

/* mp_lane_init - say where a lane is. `units` from private knowledge: a power of two, at most MP_RING_UNITS_MAX. */
void mp_lane_init(struct mp_lane *lane, struct mp_lane_state *state, void *bytes, size_t units);

/* How long a call may take. The clock is looked at when it has to wait, and not before. */
struct mp_deadline {
    int64_t timeout_ms;
    int64_t until_ns; /* 0: it has not waited so far */
};

/*
 * mp_lane_put - wait until there is room for an item of `size` bytes
 *
 * writer    out  set on MPOOL_OK: such an item fits. The caller has the producers' claim; it adds that item, and others
 *                that fit (mp_ring_add()), and calls mp_lane_done() next
 *
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_CLOSED (closed, or the other side is dead), MPOOL_E_TOOBIG (there never is room),
 *         MPOOL_E_PROTOCOL (the ring was broken; all items in it were dropped), MPOOL_E_FULL (mp_member_self()).
 */
mpool_err mp_lane_put(struct mp_lane *lane, size_t size, struct mp_deadline *deadline, struct mp_ring_writer *writer);

/* mp_lane_done - what was added is in the lane. Errors: MPOOL_E_CLOSED (meanwhile), MPOOL_E_PROTOCOL: nothing is. */
mpool_err mp_lane_done(struct mp_lane *lane, const struct mp_ring_writer *writer);

/*
 * mp_lane_get - wait until there is an item
 *
 * reader    out  set on MPOOL_OK: mp_ring_next() has found one. The caller has the consumers' claim; it looks at that
 *                item and at those behind it, passes those it wants, and calls mp_lane_got() next
 *
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_END (closed or the other side dead, and empty), MPOOL_E_PROTOCOL and MPOOL_E_FULL as
 *         above.
 */
mpool_err mp_lane_get(struct mp_lane *lane, struct mp_deadline *deadline, struct mp_ring_reader *reader);

/* mp_lane_got - what was passed is out of the lane. */
void mp_lane_got(struct mp_lane *lane, const struct mp_ring_reader *reader);

/* mp_lane_close - take no more items; those who wait are told. */
void mp_lane_close(struct mp_lane *lane);

/* mp_lane_readable - would mp_lane_get() say something other than MPOOL_E_TIMEOUT? */
bool mp_lane_readable(const struct mp_lane *lane);

#endif
