/*
 * ipc/ring.c - a ring of bytes in shared memory, with items in it
 *
 * Runs in: any process, any thread. Owns: nothing.
 *
 * Invariant: head <= tail <= head + the ring's units, as positions modulo 2^31; and there are as many items between
 * them as units at most, and none where there are no units. Each side changes its own position alone, and by what it
 * knew of the other one, which has moved further apart since, if at all. So if two positions do not fit together,
 * somebody has written over them.
 *
 * The bytes of an item are not atomic: a consumer reads them behind the load of the tail that says they are there, and
 * a producer writes over them behind the load of the head that says they were taken.
 */
#include "ipc/ring.h"

#include <string.h>

/* How many items and units are between two positions; false: so many cannot be. */
static bool between(const struct mp_ring *ring, uint64_t head, uint64_t tail, uint32_t *items, uint32_t *units)
{
    *items = mp_ring_items(tail) - mp_ring_items(head);
    *units = (uint32_t)((tail - head) & MP_RING_UNITS_MASK);
    return *units <= ring->units && *items <= *units && (*items > 0 || *units == 0);
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

static void copy_in(const struct mp_ring *ring, uint64_t at, size_t offset, const void *from, size_t size)
{
    size_t room;
    char *to = mp_ring_locate(ring, at, offset, &room);

    if (size <= room) {
        memcpy(to, from, size);
        return;
    }
    memcpy(to, from, room);
    memcpy(ring->bytes, (const char *)from + room, size - room);
}

static void copy_out(const struct mp_ring *ring, uint64_t at, size_t offset, void *to, size_t size)
{
    size_t room;
    const char *from = mp_ring_locate(ring, at, offset, &room);

    if (size <= room) {
        memcpy(to, from, size);
        return;
    }
    memcpy(to, from, room);
    memcpy((char *)to + room, ring->bytes, size - room);
}

/* ---- the producer ------------------------------------------------------------------------------------------------ */

/* By the head as it was seen last. */
static bool find_room(const struct mp_ring *ring, uint32_t maxsize, struct mp_ring_writer *writer)
{
    uint32_t items, units;

    writer->head = ring->in->seen;
    if (!between(ring, writer->head, writer->begin, &items, &units))
        return false;
    writer->items_free = items < maxsize ? maxsize - items : 0;
    writer->units_free = ring->units - units;
    return true;
}

enum mp_ring_state mp_ring_write(const struct mp_ring *ring, uint32_t maxsize, size_t units,
                                 struct mp_ring_writer *writer)
{
    writer->begin = writer->at = atomic_load_explicit(&ring->in->at, memory_order_seq_cst);
    if ((writer->begin & MP_RING_CLOSED_BIT) != 0)
        return MP_RING_CLOSED;
    if (find_room(ring, maxsize, writer) && writer->items_free > 0 && units <= writer->units_free)
        return MP_RING_READY;
    ring->in->seen = atomic_load_explicit(&ring->out->at, memory_order_seq_cst);
    if (!find_room(ring, maxsize, writer))
        return MP_RING_BROKEN;
    return writer->items_free > 0 && units <= writer->units_free ? MP_RING_READY : MP_RING_WAIT;
}

void mp_ring_add(const struct mp_ring *ring, struct mp_ring_writer *writer, const void *head, size_t head_size,
                 const void *body, size_t body_size)
{
    uint32_t size = (uint32_t)(head_size + body_size);

    copy_in(ring, writer->at, 0, &size, sizeof size);
    copy_in(ring, writer->at, sizeof size, head, head_size);
    if (body_size > 0)
        copy_in(ring, writer->at, sizeof size + head_size, body, body_size);
    mp_ring_added(writer, size);
}

enum mp_ring_state mp_ring_put(const struct mp_ring *ring, const struct mp_ring_writer *writer)
{
    uint64_t found = writer->begin;

    if (atomic_compare_exchange_strong_explicit(&ring->in->at, &found, writer->at, memory_order_seq_cst,
                                                memory_order_relaxed))
        return MP_RING_READY;
    return (found ^ writer->begin) == MP_RING_CLOSED_BIT ? MP_RING_CLOSED : MP_RING_BROKEN;
}

void mp_ring_close(const struct mp_ring *ring)
{
    (void)atomic_fetch_or_explicit(&ring->in->at, MP_RING_CLOSED_BIT, memory_order_seq_cst);
}

/* ---- the consumer ------------------------------------------------------------------------------------------------ */

enum mp_ring_state mp_ring_read(const struct mp_ring *ring, struct mp_ring_reader *reader)
{
    reader->begin = reader->at = atomic_load_explicit(&ring->out->at, memory_order_relaxed) & ~MP_RING_CLOSED_BIT;
    reader->tail = ring->out->seen;
    if (between(ring, reader->at, reader->tail, &reader->items_left, &reader->units_left) && reader->items_left > 0)
        return MP_RING_READY;
    reader->tail = ring->out->seen = atomic_load_explicit(&ring->in->at, memory_order_seq_cst);
    if (!between(ring, reader->at, reader->tail, &reader->items_left, &reader->units_left))
        return MP_RING_BROKEN;
    if (reader->items_left > 0)
        return MP_RING_READY;
    return (reader->tail & MP_RING_CLOSED_BIT) != 0 ? MP_RING_CLOSED : MP_RING_WAIT;
}

void mp_ring_copy(const struct mp_ring *ring, const struct mp_ring_reader *reader, size_t offset, void *to, size_t size)
{
    copy_out(ring, reader->at, sizeof reader->size + offset, to, size);
}

void mp_ring_take(const struct mp_ring *ring, const struct mp_ring_reader *reader)
{
    atomic_store_explicit(&ring->out->at, reader->at, memory_order_seq_cst);
}

void mp_ring_drop(const struct mp_ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->in->at, memory_order_seq_cst);

    ring->out->seen = tail;
    atomic_store_explicit(&ring->out->at, tail & ~MP_RING_CLOSED_BIT, memory_order_seq_cst);
}

/* ---- anybody ----------------------------------------------------------------------------------------------------- */

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

enum mp_ring_state mp_ring_content(const struct mp_ring *ring, struct mp_ring_content *content)
{
    uint64_t next = atomic_load_explicit(&ring->out->at, memory_order_seq_cst), head, tail;
    int tries = 16;

    /* Two words that belong together: the head has not moved while the tail was read. */
    do {
        head = next;
        tail = atomic_load_explicit(&ring->in->at, memory_order_seq_cst);
        next = atomic_load_explicit(&ring->out->at, memory_order_seq_cst);
    } while (head != next && --tries > 0);
    content->closed = (tail & MP_RING_CLOSED_BIT) != 0;
    if (between(ring, head, tail, &content->items, &content->units))
        return MP_RING_READY;
    /* What was taken in the meantime counts as if it were still there. */
    content->items = head != next ? least(content->items, ring->units) : 0;
    content->units = head != next ? least(content->units, ring->units) : 0;
    return head != next ? MP_RING_READY : MP_RING_BROKEN;
}
