/*
 * ipc/event.c - a flag that can be waited for, over all processes
 *
 * Runs in: any process, any thread. Owns: the memory of the events, in the arena.
 *
 * The flag is the number of its changes: set if that is odd. So who waits sees that there was a change, also if it has
 * been taken back by then. A change is one compare-and-swap; one that fails comes at the same time as somebody else's,
 * and may count as having come just before it.
 */
#include <mpool/event.h>

#include "base/clock.h"
#include "base/error.h"
#include "ipc/bell.h"
#include "ipc/shared.h"

#include <stdatomic.h>

struct mpool_event {
    _Atomic uint64_t changes; /* any thread; sequentially consistent, for the bell */
    struct mp_bell bell;      /* rung by who has set it; if it dies before, those who wait look by themselves */
};

MP_SHARED_CALLS(mpool_event, MP_KIND_EVENT)

static bool is_set(uint64_t changes)
{
    return changes % 2 != 0;
}

static uint64_t look(const mpool_event *event)
{
    return atomic_load_explicit(&event->changes, memory_order_seq_cst);
}

static void change(mpool_event *event, bool set)
{
    uint64_t changes = look(event);

    if (is_set(changes) != set)
        (void)atomic_compare_exchange_strong_explicit(&event->changes, &changes, changes + 1, memory_order_seq_cst,
                                                      memory_order_relaxed);
}

mpool_err mpool_event_new(mpool_event **event)
{
    void *made;
    mpool_err err = mp_shared_new(MP_KIND_EVENT, sizeof **event, &made);

    if (err == MPOOL_OK)
        *event = made;
    return err;
}

mpool_err mpool_event_set(mpool_event *event)
{
    mpool_err err = mp_shared_check(event);

    if (err != MPOOL_OK)
        return err;
    change(event, true);
    (void)mp_bell_ring(&event->bell, MP_BELL_ALL);
    return MPOOL_OK;
}

mpool_err mpool_event_clear(mpool_event *event)
{
    mpool_err err = mp_shared_check(event);

    if (err == MPOOL_OK)
        change(event, false);
    return err;
}

bool mpool_event_is_set(const mpool_event *event)
{
    return mp_shared_check(event) == MPOOL_OK && is_set(look(event));
}

mpool_err mpool_event_wait(mpool_event *event, int64_t timeout_ms)
{
    mpool_err err = mp_shared_check(event);
    int64_t until_ns;
    uint64_t first;

    if (err != MPOOL_OK)
        return err;
    first = look(event);
    if (is_set(first))
        return MPOOL_OK;
    until_ns = mp_clock_until_ns(timeout_ms);
    do {
        uint32_t seen = mp_bell_look(&event->bell);

        if (look(event) == first)
            (void)mp_bell_wait(&event->bell, seen, until_ns);
    } while (look(event) == first && mp_clock_ns() < until_ns);
    return look(event) != first ? MPOOL_OK : mp_error(MPOOL_E_TIMEOUT, "the event is not set");
}
