/*
 * ipc/belt.h - items go in at one end and come out at the other, from any process to any: a ring, and how to wait for
 * it
 *
 * Any number of threads put and get. Each side has a claim, so that one at a time is at the ring; and who finds no
 * room, or no item, sleeps until a bell rings. A get is open between mp_belt_get() and mp_belt_got(): the items that it
 * looks at stay in the belt until the latter says how many are taken. So is a put.
 *
 * What a death leaves: a claim that the next one takes over; a ring as it was, or as it should be (ipc/ring.h); and a
 * bell that was not rung, which costs those who sleep MP_BELL_SLICE_NS.
 */
#ifndef MP_IPC_BELT_H
#define MP_IPC_BELT_H

#include "ipc/bell.h"
#include "ipc/claim.h"
#include "ipc/member.h"
#include "ipc/ring.h"

#include <mpool/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP_BELT_LINE 128 /* two lines of cache: processors fetch them in pairs */

/* In shared memory; all zero is an empty belt. Each field is of a type that says who writes it, and how. */
struct mp_belt_end {
    struct mp_claim claim;
    struct mp_ring_side side; /* by who has the claim; but for the producers' `at`, which mp_belt_close() changes too */
    _Atomic uint32_t looks;   /* how often to look before going to sleep; by anybody, relaxed: a hint, and bounded */
} __attribute__((aligned(MP_BELT_LINE)));

struct mp_belt_state {
    struct mp_belt_end in;                                           /* the producers' */
    struct mp_belt_end out;                                          /* the consumers' */
    struct mp_bell not_full __attribute__((aligned(MP_BELT_LINE)));  /* items were taken */
    struct mp_bell drained;                                          /* all were taken; for those who watch */
    struct mp_bell not_empty __attribute__((aligned(MP_BELT_LINE))); /* items were put, or the belt was closed */
    struct mp_bell filled;                                           /* the same, for those who watch */
};

/* What a process knows of a belt by itself: where it is, and how large. Made anew for each call. */
struct mp_belt {
    struct mp_belt_state *state;
    struct mp_ring ring;
    uint32_t maxsize;               /* items at most; UINT32_MAX: as many as there is room for */
    const _Atomic mp_member *other; /* who has to be alive at the other side, 0: nobody so far; NULL: all the same */
    mp_member self;                 /* the calling thread */
    uint32_t lost;                  /* items that the call has dropped, since they were broken; UINT32_MAX: all */
};

/*
 * mp_belt_init - say where a belt is
 *
 * bytes     in   the ring's memory, of `size` bytes: a power of two from private knowledge, MP_RING_UNITS_MAX units at
 *                most
 */
void mp_belt_init(struct mp_belt *belt, struct mp_belt_state *state, void *bytes, size_t size);

/* How long a call may take. The clock is looked at when it has to wait, and not before. */
struct mp_deadline {
    int64_t timeout_ms;
    int64_t until_ns; /* 0: it has not waited so far */
};

/*
 * mp_belt_put - wait until there is room for an item of `size` bytes
 *
 * writer    out  set on MPOOL_OK: such an item fits. The caller has the producers' claim; it adds that item, and others
 *                that fit (mp_ring_add()), and calls mp_belt_done() next
 *
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_CLOSED (closed, or the other side is dead), MPOOL_E_TOOBIG (there never is room),
 *         MPOOL_E_PROTOCOL (the ring was broken; all items in it were dropped), MPOOL_E_FULL (mp_member_self()).
 */
mpool_err mp_belt_put(struct mp_belt *belt, size_t size, struct mp_deadline *deadline, struct mp_ring_writer *writer);

/* mp_belt_done - what was added is in the belt. Errors: MPOOL_E_CLOSED (meanwhile), MPOOL_E_PROTOCOL: nothing is. */
mpool_err mp_belt_done(struct mp_belt *belt, const struct mp_ring_writer *writer);

/*
 * mp_belt_get - wait until there is an item
 *
 * reader    out  set on MPOOL_OK: mp_ring_next() has found one. The caller has the consumers' claim; it looks at that
 *                item and at those behind it, passes those it wants, and calls mp_belt_got() next
 *
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_END (closed or the other side dead, and empty), MPOOL_E_PROTOCOL and MPOOL_E_FULL as
 *         above.
 */
mpool_err mp_belt_get(struct mp_belt *belt, struct mp_deadline *deadline, struct mp_ring_reader *reader);

/* mp_belt_got - what was passed is out of the belt. */
void mp_belt_got(struct mp_belt *belt, const struct mp_ring_reader *reader);

/* mp_belt_close - take no more items; those who wait are told. */
void mp_belt_close(struct mp_belt *belt);

/* mp_belt_readable - would mp_belt_get() say something other than MPOOL_E_TIMEOUT? */
bool mp_belt_readable(const struct mp_belt *belt);

#endif
