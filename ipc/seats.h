/*
 * ipc/seats.h - what each member has of an object: a number for every place there is
 *
 * A seat is one word: the number in the low half, and in the high half what tells the member whose it is from those who
 * had its place before it (ipc/member.h). So it changes hands and value by one store, and a death leaves the one or the
 * other. Who finds a number asks whether its member is alive, and takes it away if not.
 */
#ifndef MP_IPC_SEATS_H
#define MP_IPC_SEATS_H

#include "ipc/member.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * They begin as zeros, at the end of an object. A seat is written by its member, and by those who found that member
 * dead; what it means, and the memory order, is the object's.
 */
struct mp_seats {
    _Atomic uint32_t used; /* seats from here on were never taken. Raised before a seat is; a death in between leaves
                                  one more to look at */
    _Atomic int64_t looked_ns; /* when somebody last looked for the dead; any thread, relaxed: a hint */
    _Atomic uint64_t seat[];   /* by place */
};

/* The member of a seat, and the number. */
static inline mp_member mp_seat_member(uint64_t seat, size_t place)
{
    return (seat & ~(uint64_t)UINT32_MAX) | place;
}

static inline uint32_t mp_seat_number(uint64_t seat)
{
    return (uint32_t)seat;
}

/* mp_seat_of - a seat's word: this number, and this member. */
static inline uint64_t mp_seat_of(mp_member member, uint32_t number)
{
    return (member & ~(uint64_t)UINT32_MAX) | number;
}

/* mp_seats_bytes - how large they are, for an object that has them. */
size_t mp_seats_bytes(void);

/*
 * mp_seats_own - a member's seat
 *
 * object    in   the one that ends with these seats; it was checked
 * seat      out  set on MPOOL_OK; nobody else takes it while the member lives
 *
 * Errors: MPOOL_E_STALE (the object has none: somebody has written over it).
 */
mpool_err mp_seats_own(const void *object, struct mp_seats *seats, mp_member member, _Atomic uint64_t **seat);

/* mp_seats_used - so many seats to look at, from the first; never more than the object has. */
size_t mp_seats_used(const void *object, struct mp_seats *seats);

/*
 * mp_seats_due - is it time to look for the dead?
 *
 * Of all who wait, one in half a slice is told so: each looks at all seats, so with a thousand that wait they would do
 * nothing else.
 */
bool mp_seats_due(struct mp_seats *seats);

#endif
