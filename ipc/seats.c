/*
 * ipc/seats.c - what each member has of an object: a number for every place there is
 *
 * Runs in: any process, any thread. Owns: nothing; seats are a part of their object.
 *
 * How many there are follows from the object's size, which the table of objects says, and not from what lies in it.
 */
#include "ipc/seats.h"

#include "base/clock.h"
#include "base/error.h"
#include "ipc/bell.h"
#include "ipc/shared.h"

size_t mp_seats_bytes(void)
{
    return sizeof(struct mp_seats) + mp_member_places() * sizeof(uint64_t);
}

/* As many as there is room for in the object. */
static size_t room(const void *object, const struct mp_seats *seats)
{
    size_t ahead = (size_t)((const char *)(seats + 1) - (const char *)object), bytes = mp_shared_bytes(object);

    return ahead < bytes ? (bytes - ahead) / sizeof seats->seat[0] : 0;
}

mpool_err mp_seats_own(const void *object, struct mp_seats *seats, mp_member member, _Atomic uint64_t **seat)
{
    size_t place = mp_member_place(member);

    if (place >= room(object, seats))
        return mp_error(MPOOL_E_STALE, "what should be a shared object is none any more; somebody has written over it");
    for (uint32_t used = atomic_load_explicit(&seats->used, memory_order_relaxed); used <= place;)
        if (atomic_compare_exchange_weak_explicit(&seats->used, &used, (uint32_t)place + 1, memory_order_seq_cst,
                                                  memory_order_relaxed))
            break;
    *seat = &seats->seat[place];
    return MPOOL_OK;
}

size_t mp_seats_used(const void *object, struct mp_seats *seats)
{
    size_t used = atomic_load_explicit(&seats->used, memory_order_seq_cst), most = room(object, seats);

    return used < most ? used : most;
}

bool mp_seats_due(struct mp_seats *seats)
{
    int64_t now = mp_clock_ns(), looked = atomic_load_explicit(&seats->looked_ns, memory_order_relaxed);

    if (looked <= now && now - looked < MP_BELL_SLICE_NS / 2)
        return false;
    return atomic_compare_exchange_strong_explicit(&seats->looked_ns, &looked, now, memory_order_relaxed,
                                                   memory_order_relaxed);
}
