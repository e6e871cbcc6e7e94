/*
 * ipc/belt.c - items go in at one end and come out at the other, from any process to any: a ring, and how to wait for
 * it
 *
 * Runs in: any process, any thread. Owns: nothing.
 *
 * Who has to wait looks at the other side's position for a while before it sleeps: a partner that runs on another
 * processor is sooner there than a wake-up. How long is learnt: looking that was in vain halves it, so that where there
 * are more processes than processors nobody burns the time of those who could do something.
 *
 * A bell is rung behind the drop of the claim, for as many as can go on; and by a put that leaves room, since whoever
 * took something out could not know how small the items are that wait for it. Who looks at an item and leaves it where
 * it is passes the ring on.
 *
 * A ring that is broken is emptied, since there is no telling where its items begin. A consumer does that by itself, a
 * producer with the consumers' claim: whoever has both has taken the producers' first.
 */
#include "ipc/belt.h"

#include "base/clock.h"
#include "base/error.h"
#include "ipc/relax.h"

#include <string.h>

/* Looks at the other side before going to sleep: some 2 us, and the time that a wake-up takes. */
#define LOOKS_LEAST 64
#define LOOKS_MOST 1024

void mp_belt_init(struct mp_belt *belt, struct mp_belt_state *state, void *bytes, size_t size)
{
    *belt = (struct mp_belt){.state = state,
                             .ring = {.in = &state->in.side,
                                      .out = &state->out.side,
                                      .bytes = bytes,
                                      .units = (uint32_t)(size / MP_RING_UNIT)},
                             .maxsize = UINT32_MAX};
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

static int64_t until_ns(struct mp_deadline *deadline)
{
    if (deadline->until_ns == 0)
        deadline->until_ns = mp_clock_until_ns(deadline->timeout_ms);
    return deadline->until_ns;
}

/*
 * A claim is held for a moment, so also who does not want to wait for items waits for that; but not for ever: its
 * holder may have been stopped.
 */
static bool take(struct mp_belt *belt, struct mp_claim *claim, struct mp_deadline *deadline)
{
    int64_t until, least;

    if (mp_claim_try(claim, belt->self))
        return true;
    until = until_ns(deadline);
    least = mp_clock_ns() + MP_BELL_SLICE_NS;
    return mp_claim_wait(claim, belt->self, until > least ? until : least);
}

/* Until the other side has moved, or for so long that it is not worth while. */
static void look_out(const _Atomic uint64_t *position, uint64_t seen, _Atomic uint32_t *looks)
{
    uint32_t most = atomic_load_explicit(looks, memory_order_relaxed), count = 0;

    most = most < LOOKS_LEAST ? LOOKS_LEAST : most > LOOKS_MOST ? LOOKS_MOST : most;
    while (count < most && atomic_load_explicit(position, memory_order_relaxed) == seen) {
        mp_relax();
        count++;
    }
    if (count == most)
        most /= 2;
    else if (most < 2 * count + LOOKS_LEAST)
        most = 2 * count + LOOKS_LEAST;
    else
        return;
    atomic_store_explicit(looks, most, memory_order_relaxed);
}

static bool other_is_dead(const struct mp_belt *belt)
{
    mp_member other = belt->other != NULL ? atomic_load_explicit(belt->other, memory_order_acquire) : 0;

    return other != 0 && !mp_member_alive(other);
}

static mpool_err timed_out(const char *what)
{
    return mp_error(MPOOL_E_TIMEOUT, "%s in the time that the call had", what);
}

static mpool_err broken(void)
{
    return mp_error(MPOOL_E_PROTOCOL, "somebody has written over the items; all that were there are dropped");
}

/* With the consumers' claim. */
static void drop_all(struct mp_belt *belt)
{
    mp_ring_drop(&belt->ring);
    belt->lost = UINT32_MAX;
}

/* ---- putting ----------------------------------------------------------------------------------------------------- */

/* With the producers' claim. A consumer that is at the ring may find out by itself. */
static void repair(struct mp_belt *belt)
{
    struct mp_claim *claim = &belt->state->out.claim;
    struct mp_ring_content content;

    if (!mp_claim_wait(claim, belt->self, mp_clock_ns() + MP_BELL_SLICE_NS))
        return;
    if (mp_ring_content(&belt->ring, &content) == MP_RING_BROKEN)
        drop_all(belt);
    mp_claim_drop(claim, belt->self);
}

/* READY: the claim is held. WAIT: also where it could not be had. */
static enum mp_ring_state try_put(struct mp_belt *belt, size_t units, struct mp_deadline *deadline,
                                  struct mp_ring_writer *writer)
{
    struct mp_claim *claim = &belt->state->in.claim;
    enum mp_ring_state state;

    if (!take(belt, claim, deadline))
        return MP_RING_WAIT;
    state = mp_ring_write(&belt->ring, belt->maxsize, units, writer);
    if (state == MP_RING_READY)
        return state;
    if (state == MP_RING_BROKEN)
        repair(belt);
    mp_claim_drop(claim, belt->self);
    return state;
}

static enum mp_ring_state wait_to_put(struct mp_belt *belt, size_t units, struct mp_deadline *deadline,
                                      struct mp_ring_writer *writer)
{
    struct mp_belt_state *shared = belt->state;
    enum mp_ring_state state;
    uint32_t seen;

    for (;;) {
        look_out(&shared->out.side.at, writer->head, &shared->in.looks);
        seen = mp_bell_look(&shared->not_full);
        state = try_put(belt, units, deadline, writer);
        if (state == MP_RING_WAIT && other_is_dead(belt))
            return MP_RING_CLOSED;
        if (state != MP_RING_WAIT || mp_clock_ns() >= until_ns(deadline))
            return state;
        mp_bell_wait(&shared->not_full, seen, until_ns(deadline));
    }
}

mpool_err mp_belt_put(struct mp_belt *belt, size_t size, struct mp_deadline *deadline, struct mp_ring_writer *writer)
{
    size_t units = mp_ring_units(size);
    enum mp_ring_state state;
    mpool_err err = mp_member_self(&belt->self);

    if (err != MPOOL_OK)
        return err;
    if (units > belt->ring.units)
        return mp_error(MPOOL_E_TOOBIG, "an item of %zu bytes; there is room for %zu", size,
                        belt->ring.units * MP_RING_UNIT - sizeof(uint32_t));
    *writer = (struct mp_ring_writer){0};
    state = other_is_dead(belt) ? MP_RING_CLOSED : try_put(belt, units, deadline, writer);
    if (state == MP_RING_WAIT && (deadline->timeout_ms != 0 || belt->other != NULL))
        state = wait_to_put(belt, units, deadline, writer);
    switch (state) {
    case MP_RING_READY:
        return MPOOL_OK;
    case MP_RING_WAIT:
        return timed_out("there was no room");
    case MP_RING_CLOSED:
        return mp_error(MPOOL_E_CLOSED, "it takes no more items: it was closed, or nobody is there to take them out");
    default:
        return broken();
    }
}

mpool_err mp_belt_done(struct mp_belt *belt, const struct mp_ring_writer *writer)
{
    struct mp_belt_state *shared = belt->state;
    enum mp_ring_state state = mp_ring_put(&belt->ring, writer);

    mp_claim_drop(&shared->in.claim, belt->self);
    if (state == MP_RING_CLOSED)
        return mp_error(MPOOL_E_CLOSED, "it was closed while the item was put");
    if (state == MP_RING_BROKEN)
        return broken();
    mp_bell_ring(&shared->not_empty, (int)(mp_ring_items(writer->at) - mp_ring_items(writer->begin)));
    mp_bell_ring(&shared->filled, MP_BELL_ALL);
    if (writer->items_free > 0 && writer->units_free > 0)
        mp_bell_ring(&shared->not_full, 1);
    return MPOOL_OK;
}

/* ---- getting ----------------------------------------------------------------------------------------------------- */

/* READY: the claim is held. WAIT: also where it could not be had. */
static enum mp_ring_state try_get(struct mp_belt *belt, struct mp_deadline *deadline, struct mp_ring_reader *reader)
{
    struct mp_claim *claim = &belt->state->out.claim;
    enum mp_ring_state state;

    if (!take(belt, claim, deadline))
        return MP_RING_WAIT;
    state = mp_ring_read(&belt->ring, reader);
    if (state == MP_RING_READY)
        state = mp_ring_next(&belt->ring, reader);
    if (state == MP_RING_READY)
        return state;
    if (state == MP_RING_BROKEN)
        drop_all(belt);
    mp_claim_drop(claim, belt->self);
    return state;
}

static enum mp_ring_state wait_to_get(struct mp_belt *belt, struct mp_deadline *deadline, struct mp_ring_reader *reader)
{
    struct mp_belt_state *shared = belt->state;
    enum mp_ring_state state;
    bool dead;
    uint32_t seen;

    for (;;) {
        look_out(&shared->in.side.at, reader->tail, &shared->out.looks);
        dead = other_is_dead(belt); /* and what it has put is there */
        seen = mp_bell_look(&shared->not_empty);
        state = try_get(belt, deadline, reader);
        if (state == MP_RING_WAIT && dead)
            return MP_RING_CLOSED;
        if (state != MP_RING_WAIT || mp_clock_ns() >= until_ns(deadline))
            return state;
        mp_bell_wait(&shared->not_empty, seen, until_ns(deadline));
    }
}

mpool_err mp_belt_get(struct mp_belt *belt, struct mp_deadline *deadline, struct mp_ring_reader *reader)
{
    enum mp_ring_state state;
    mpool_err err = mp_member_self(&belt->self);

    if (err != MPOOL_OK)
        return err;
    *reader = (struct mp_ring_reader){0};
    state = try_get(belt, deadline, reader);
    if (state == MP_RING_WAIT && (deadline->timeout_ms != 0 || belt->other != NULL))
        state = wait_to_get(belt, deadline, reader);
    switch (state) {
    case MP_RING_READY:
        return MPOOL_OK;
    case MP_RING_WAIT:
        return timed_out("there was no item");
    case MP_RING_CLOSED:
        return mp_error(MPOOL_E_END, "there are no more items, and there will be none");
    default:
        return broken();
    }
}

void mp_belt_got(struct mp_belt *belt, const struct mp_ring_reader *reader)
{
    struct mp_belt_state *shared = belt->state;
    uint32_t items = mp_ring_items(reader->at) - mp_ring_items(reader->begin);

    if (items > 0)
        mp_ring_take(&belt->ring, reader);
    mp_claim_drop(&shared->out.claim, belt->self);
    if (items == 0) {
        mp_bell_ring(&shared->not_empty, 1);
        return;
    }
    mp_bell_ring(&shared->not_full, (int)items);
    if (reader->items_left == 0)
        mp_bell_ring(&shared->drained, MP_BELL_ALL);
}

/* ---- both sides -------------------------------------------------------------------------------------------------- */

void mp_belt_close(struct mp_belt *belt)
{
    struct mp_belt_state *shared = belt->state;

    mp_ring_close(&belt->ring);
    mp_bell_ring(&shared->not_empty, MP_BELL_ALL);
    mp_bell_ring(&shared->filled, MP_BELL_ALL);
    mp_bell_ring(&shared->not_full, MP_BELL_ALL);
}

bool mp_belt_readable(const struct mp_belt *belt)
{
    struct mp_ring_content content;

    return mp_ring_content(&belt->ring, &content) == MP_RING_BROKEN || content.items > 0 || content.closed ||
           other_is_dead(belt);
}
