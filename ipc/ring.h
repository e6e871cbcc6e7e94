/*
 * ipc/ring.h - a ring of bytes in shared memory, with items in it
 *
 * Items are bytes, from none up to all of the ring; each has its length before it, of 4 bytes, and takes whole units of
 * 8. Where producers and consumers are is one word each: so a put of any number of items is committed by one
 * compare-and-swap, and a get by one store. A death before that has changed nothing, and after that everything.
 *
 * One producer and one consumer at a time; who it is, and how others wait, is the business of ipc/belt.c. Nothing here
 * waits, allocates, or sets an error detail.
 *
 * What is read from the ring is input: positions that do not fit together and lengths that do not fit between them are
 * MP_RING_BROKEN, and nothing outside of the ring is ever touched.
 */
#ifndef MP_IPC_RING_H
#define MP_IPC_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MP_RING_UNIT ((size_t)8)
#define MP_RING_UNITS_MAX (UINT32_C(1) << 29)

/*
 * One side of it, on a cache line of its own together with the lock of that side.
 *
 * `at` is a position: how many items have gone by in the high half, modulo 2^32; how many units in the lower 31 bits,
 * modulo 2^31; and between them, in that of the producers, whether the ring is closed. Written by the one producer by
 * compare-and-swap, since others close; by the one consumer by a store; read by all; sequentially consistent, for the
 * bells behind.
 *
 * `seen` is the other side's position when this one last looked: read and written by the one producer, or consumer.
 * Looking again costs a cache line that another processor is writing to. What is there is as good as what was: a death
 * leaves the old one, which is checked like any.
 */
struct mp_ring_side {
    _Atomic uint64_t at;
    uint64_t seen;
};

/* What a process knows of a ring by itself. */
struct mp_ring {
    struct mp_ring_side *in;  /* the producers' */
    struct mp_ring_side *out; /* the consumers' */
    char *bytes;
    uint32_t units; /* a power of two, at most MP_RING_UNITS_MAX */
};

enum mp_ring_state {
    MP_RING_READY,
    MP_RING_WAIT,   /* there is no room, or no item */
    MP_RING_CLOSED, /* it takes no more items; or that, and it is empty */
    MP_RING_BROKEN, /* somebody has written over it */
};

/* Of a position. */
#define MP_RING_CLOSED_BIT (UINT64_C(1) << 31)
#define MP_RING_UNITS_MASK (MP_RING_CLOSED_BIT - 1)

/* mp_ring_units - how many units an item of so many bytes takes. */
static inline size_t mp_ring_units(size_t size)
{
    return (sizeof(uint32_t) + size + MP_RING_UNIT - 1) / MP_RING_UNIT;
}

/* mp_ring_items - of a position. */
static inline uint32_t mp_ring_items(uint64_t at)
{
    return (uint32_t)(at >> 32);
}

/* ---- the producer ------------------------------------------------------------------------------------------------ */

/* Items on their way in, which nobody sees before mp_ring_put(). */
struct mp_ring_writer {
    uint64_t begin; /* the position where they begin */
    uint64_t at;    /* and where they end */
    uint64_t head;  /* the consumers' position by which there is so much room */
    uint32_t items_free, units_free;
};

/*
 * mp_ring_write - begin to put items in
 *
 * maxsize   in   so many items may be in the ring; UINT32_MAX: as many as there is room for
 * units     in   of the first item
 *
 * Returns MP_RING_WAIT if there is no room for that one.
 */
enum mp_ring_state mp_ring_write(const struct mp_ring *ring, uint32_t maxsize, size_t units,
                                 struct mp_ring_writer *writer);

/* mp_ring_fits - is there room for an item of so many bytes? */
static inline bool mp_ring_fits(const struct mp_ring_writer *writer, size_t size)
{
    return writer->items_free > 0 && mp_ring_units(size) <= writer->units_free;
}

/* mp_ring_add - write an item that fits: some bytes, and some more bytes. */
void mp_ring_add(const struct mp_ring *ring, struct mp_ring_writer *writer, const void *head, size_t head_size,
                 const void *body, size_t body_size);

/* A short item, to be copied by two words. */
#define MP_RING_SHORT 12

/* mp_ring_add_short - the same for an item of up to MP_RING_SHORT bytes, at the beginning of so many. */
static inline void mp_ring_add_short(const struct mp_ring *ring, struct mp_ring_writer *writer,
                                     const unsigned char *bytes, size_t size);

/* mp_ring_put - they are in the ring now, unless it was closed: then none are. */
enum mp_ring_state mp_ring_put(const struct mp_ring *ring, const struct mp_ring_writer *writer);

/* mp_ring_close - take no more items. Calls: anybody, at any time. */
void mp_ring_close(const struct mp_ring *ring);

/* ---- the consumer ------------------------------------------------------------------------------------------------ */

/* Items on their way out, which stay in the ring until mp_ring_take(). */
struct mp_ring_reader {
    uint64_t begin; /* the position of the first one */
    uint64_t at;    /* behind the last one that was passed */
    uint64_t tail;  /* the end of what was put */
    uint32_t items_left, units_left;
    uint32_t size; /* of the item that comes next, after mp_ring_next() */
};

/* mp_ring_read - begin to look at items. MP_RING_READY: there is one. */
enum mp_ring_state mp_ring_read(const struct mp_ring *ring, struct mp_ring_reader *reader);

/* mp_ring_next - the item behind those that were passed; its size is in reader->size. MP_RING_WAIT: there is none. */
static inline enum mp_ring_state mp_ring_next(const struct mp_ring *ring, struct mp_ring_reader *reader);

/* mp_ring_copy - bytes of that item; `offset` and `size` lie within it. */
void mp_ring_copy(const struct mp_ring *ring, const struct mp_ring_reader *reader, size_t offset, void *to,
                  size_t size);

/* mp_ring_copy_short - all of that item, if it has up to MP_RING_SHORT bytes: there is room for so many. */
static inline bool mp_ring_copy_short(const struct mp_ring *ring, const struct mp_ring_reader *reader,
                                      unsigned char *to);

/* mp_ring_pass - go on to the one behind it. */
static inline void mp_ring_pass(struct mp_ring_reader *reader);

/* mp_ring_take - what was passed is out of the ring now. */
void mp_ring_take(const struct mp_ring *ring, const struct mp_ring_reader *reader);

/*
 * mp_ring_drop - all that was put is out of the ring now
 *
 * What a ring that is broken needs to work again. Calls: the one consumer.
 */
void mp_ring_drop(const struct mp_ring *ring);

/* ---- anybody ----------------------------------------------------------------------------------------------------- */

/* What is in it at a moment of the call. */
struct mp_ring_content {
    uint32_t items;
    uint32_t units;
    bool closed;
};

/* mp_ring_content - READY, or BROKEN: then all is 0. Calls: anybody, at any time. */
enum mp_ring_state mp_ring_content(const struct mp_ring *ring, struct mp_ring_content *content);

/* ---- what is done for each item, in line ------------------------------------------------------------------------- */

static inline uint64_t mp_ring_step(uint64_t at, uint32_t items, uint32_t units)
{
    return ((at >> 32) + items) << 32 | (at & MP_RING_CLOSED_BIT) | ((at + units) & MP_RING_UNITS_MASK);
}

/* Where a byte behind a position is, and how many there are up to the end of the ring's memory. */
static inline char *mp_ring_locate(const struct mp_ring *ring, uint64_t at, size_t offset, size_t *room)
{
    size_t mask = (size_t)ring->units * MP_RING_UNIT - 1;
    size_t place = ((size_t)(at & MP_RING_UNITS_MASK) * MP_RING_UNIT + offset) & mask;

    *room = mask + 1 - place;
    return ring->bytes + place;
}

/* What was written at the writer's position is an item. */
static inline void mp_ring_added(struct mp_ring_writer *writer, size_t size)
{
    uint32_t units = (uint32_t)mp_ring_units(size);

    writer->at = mp_ring_step(writer->at, 1, units);
    writer->items_free--;
    writer->units_free -= units;
}

static inline void mp_ring_add_short(const struct mp_ring *ring, struct mp_ring_writer *writer,
                                     const unsigned char *bytes, size_t size)
{
    uint32_t length = (uint32_t)size;
    char unit[MP_RING_UNIT];
    size_t room;

    memcpy(unit, &length, sizeof length);
    memcpy(unit + sizeof length, bytes, sizeof unit - sizeof length);
    memcpy(mp_ring_locate(ring, writer->at, 0, &room), unit, sizeof unit);
    if (size > sizeof unit - sizeof length)
        memcpy(mp_ring_locate(ring, writer->at, sizeof unit, &room), bytes + sizeof unit - sizeof length, sizeof unit);
    mp_ring_added(writer, size);
}

static inline enum mp_ring_state mp_ring_next(const struct mp_ring *ring, struct mp_ring_reader *reader)
{
    const _Atomic uint32_t *length;
    size_t units, room;

    if (reader->items_left == 0)
        return MP_RING_WAIT;
    length = (const _Atomic uint32_t *)(const void *)mp_ring_locate(ring, reader->at, 0, &room);
    reader->size = atomic_load_explicit(length, memory_order_relaxed); /* once, and not again behind the check */
    units = mp_ring_units(reader->size);
    if (units > reader->units_left - (reader->items_left - 1) ||
        (reader->items_left == 1 && units != reader->units_left))
        return MP_RING_BROKEN;
    return MP_RING_READY;
}

static inline bool mp_ring_copy_short(const struct mp_ring *ring, const struct mp_ring_reader *reader,
                                      unsigned char *to)
{
    const size_t first = MP_RING_UNIT - sizeof reader->size;
    size_t room;

    if (reader->size > MP_RING_SHORT)
        return false;
    memcpy(to, mp_ring_locate(ring, reader->at, sizeof reader->size, &room), first);
    if (reader->size > first)
        memcpy(to + first, mp_ring_locate(ring, reader->at, MP_RING_UNIT, &room), MP_RING_UNIT);
    return true;
}

static inline void mp_ring_pass(struct mp_ring_reader *reader)
{
    uint32_t units = (uint32_t)mp_ring_units(reader->size);

    reader->at = mp_ring_step(reader->at, 1, units);
    reader->items_left--;
    reader->units_left -= units;
}

#endif
