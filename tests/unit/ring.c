/*
 * tests/unit/ring.c - a ring of bytes, by one thread: against a list of what should be in it, and written over
 */
#include "ipc/ring.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define UNITS 64
#define BYTES (UNITS * MP_RING_UNIT)
#define GUARD 64

static struct {
    struct mp_ring_side in, out;
    unsigned char before[GUARD];
    char bytes[BYTES] __attribute__((aligned(8)));
    unsigned char behind[GUARD];
} memory;

static struct mp_ring new_ring(void)
{
    memset(&memory, 0, sizeof memory);
    memset(memory.before, 0xa5, GUARD);
    memset(memory.behind, 0xa5, GUARD);
    return (struct mp_ring){.in = &memory.in, .out = &memory.out, .bytes = memory.bytes, .units = UNITS};
}

/* Nobody has written beside the ring. */
static void check_guards(void)
{
    for (int i = 0; i < GUARD; i++)
        cr_assert(memory.before[i] == 0xa5 && memory.behind[i] == 0xa5);
}

static void fill(unsigned char *bytes, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(seed * 31 + i * 7);
}

/* Puts an item of a size; its bytes follow from the seed. */
static enum mp_ring_state put(const struct mp_ring *ring, uint32_t maxsize, size_t size, unsigned seed)
{
    unsigned char bytes[BYTES + MP_RING_SHORT];
    struct mp_ring_writer writer;
    enum mp_ring_state state = mp_ring_write(ring, maxsize, mp_ring_units(size), &writer);

    if (state != MP_RING_READY)
        return state;
    cr_assert(mp_ring_fits(&writer, size));
    fill(bytes, size, seed);
    if (size <= MP_RING_SHORT && seed % 2 != 0)
        mp_ring_add_short(ring, &writer, bytes, size);
    else
        mp_ring_add(ring, &writer, bytes, size / 3, bytes + size / 3, size - size / 3);
    return mp_ring_put(ring, &writer);
}

/* Takes one, and checks it. */
static enum mp_ring_state get(const struct mp_ring *ring, size_t size, unsigned seed)
{
    unsigned char wanted[BYTES], found[BYTES];
    struct mp_ring_reader reader;
    enum mp_ring_state state = mp_ring_read(ring, &reader);

    if (state != MP_RING_READY)
        return state;
    state = mp_ring_next(ring, &reader);
    if (state != MP_RING_READY)
        return state;
    cr_assert_eq(reader.size, size);
    fill(wanted, size, seed);
    mp_ring_copy(ring, &reader, 0, found, size);
    cr_assert_arr_eq(found, wanted, size);
    cr_assert_eq(mp_ring_copy_short(ring, &reader, found), size <= MP_RING_SHORT);
    cr_assert_arr_eq(found, wanted, size);
    if (size > 2) {
        mp_ring_copy(ring, &reader, 2, found, size - 2);
        cr_assert_arr_eq(found, wanted + 2, size - 2);
    }
    mp_ring_pass(&reader);
    mp_ring_take(ring, &reader);
    return MP_RING_READY;
}

Test(ring, carries_every_size_from_every_place)
{
    struct mp_ring ring = new_ring();

    for (size_t size = 0; size <= BYTES - 4; size++)
        for (unsigned place = 0; place < UNITS; place++) {
            cr_assert_eq(put(&ring, UINT32_MAX, size, place), MP_RING_READY);
            cr_assert_eq(get(&ring, size, place), MP_RING_READY);
            cr_assert_eq(put(&ring, UINT32_MAX, 0, 0), MP_RING_READY); /* one unit further */
            cr_assert_eq(get(&ring, 0, 0), MP_RING_READY);
        }
    cr_assert_eq(get(&ring, 0, 0), MP_RING_WAIT);
    check_guards();
}

Test(ring, goes_on_where_its_positions_begin_again)
{
    struct mp_ring ring = new_ring();
    uint64_t last = UINT64_C(0xfffffff0) << 32 | (MP_RING_UNITS_MASK - 16);

    atomic_store(&memory.in.at, last);
    atomic_store(&memory.out.at, last);
    memory.in.seen = memory.out.seen = last;
    for (unsigned i = 0; i < 200; i++) {
        for (unsigned n = 0; n < 3; n++)
            cr_assert_eq(put(&ring, UINT32_MAX, (i * 3 + n) % 40, i + n), MP_RING_READY);
        for (unsigned n = 0; n < 3; n++)
            cr_assert_eq(get(&ring, (i * 3 + n) % 40, i + n), MP_RING_READY);
    }
    cr_assert(mp_ring_items(atomic_load(&memory.in.at)) < 1000);
    check_guards();
}

Test(ring, is_what_a_list_would_be)
{
    struct mp_ring ring = new_ring();
    struct {
        size_t size;
        unsigned seed;
    } list[UNITS];
    unsigned head = 0, tail = 0, maxsize = UINT32_MAX;
    size_t used = 0;

    srandom(1);
    for (unsigned i = 0; i < 200000; i++) {
        struct mp_ring_content content;

        if (i % 1000 == 0)
            maxsize = i % 3000 == 0 ? UINT32_MAX : 1 + i / 1000 % 10;
        if (random() % 2 != 0) {
            size_t size = (size_t)random() % (random() % 4 == 0 ? BYTES : 20);
            bool fits = used + mp_ring_units(size) <= UNITS && tail - head < maxsize;

            cr_assert_eq(put(&ring, maxsize, size, i), fits ? MP_RING_READY : MP_RING_WAIT);
            if (fits) {
                list[tail % UNITS].size = size;
                list[tail++ % UNITS].seed = i;
                used += mp_ring_units(size);
            }
        } else if (head == tail) {
            cr_assert_eq(get(&ring, 0, 0), MP_RING_WAIT);
        } else {
            cr_assert_eq(get(&ring, list[head % UNITS].size, list[head % UNITS].seed), MP_RING_READY);
            used -= mp_ring_units(list[head++ % UNITS].size);
        }
        cr_assert_eq(mp_ring_content(&ring, &content), MP_RING_READY);
        cr_assert(content.items == tail - head && content.units == used && !content.closed);
    }
    check_guards();
}

Test(ring, commits_many_at_once_or_none)
{
    struct mp_ring ring = new_ring();
    unsigned char bytes[MP_RING_SHORT] = {0};
    struct mp_ring_writer writer;
    struct mp_ring_reader reader;
    struct mp_ring_content content;

    cr_assert_eq(mp_ring_write(&ring, UINT32_MAX, 1, &writer), MP_RING_READY);
    while (mp_ring_fits(&writer, 4))
        mp_ring_add_short(&ring, &writer, bytes, 4);
    cr_assert_eq(mp_ring_read(&ring, &reader), MP_RING_WAIT); /* nobody sees them */
    cr_assert_eq(mp_ring_put(&ring, &writer), MP_RING_READY);
    cr_assert_eq(mp_ring_content(&ring, &content), MP_RING_READY);
    cr_assert(content.items == UNITS && content.units == UNITS);
    cr_assert_eq(mp_ring_write(&ring, UINT32_MAX, 1, &writer), MP_RING_WAIT);

    cr_assert_eq(mp_ring_read(&ring, &reader), MP_RING_READY);
    while (mp_ring_next(&ring, &reader) == MP_RING_READY)
        mp_ring_pass(&reader);
    cr_assert_eq(mp_ring_content(&ring, &content), MP_RING_READY);
    cr_assert_eq(content.items, UNITS); /* all are still there */
    mp_ring_take(&ring, &reader);
    cr_assert_eq(mp_ring_content(&ring, &content), MP_RING_READY);
    cr_assert_eq(content.items, 0);
}

Test(ring, that_is_closed_takes_nothing_more)
{
    struct mp_ring ring = new_ring();
    struct mp_ring_writer writer;

    cr_assert_eq(put(&ring, UINT32_MAX, 5, 1), MP_RING_READY);
    cr_assert_eq(mp_ring_write(&ring, UINT32_MAX, 2, &writer), MP_RING_READY);
    mp_ring_add(&ring, &writer, "1234", 4, "5678", 4);
    mp_ring_close(&ring); /* between the two */
    cr_assert_eq(mp_ring_put(&ring, &writer), MP_RING_CLOSED);
    cr_assert_eq(put(&ring, UINT32_MAX, 5, 1), MP_RING_CLOSED);
    cr_assert_eq(get(&ring, 5, 1), MP_RING_READY);
    cr_assert_eq(get(&ring, 5, 1), MP_RING_CLOSED);
    mp_ring_close(&ring);
    cr_assert_eq(get(&ring, 5, 1), MP_RING_CLOSED);
}

/* Reads and copies whatever there is, as long as the ring says that it is there. */
static void take_anything(const struct mp_ring *ring)
{
    unsigned char bytes[BYTES];
    struct mp_ring_reader reader;
    enum mp_ring_state state = mp_ring_read(ring, &reader);
    unsigned count = 0;

    while (state == MP_RING_READY && (state = mp_ring_next(ring, &reader)) == MP_RING_READY) {
        cr_assert_leq(reader.size, BYTES - 4);
        mp_ring_copy(ring, &reader, 0, bytes, reader.size);
        (void)mp_ring_copy_short(ring, &reader, bytes);
        mp_ring_pass(&reader);
        cr_assert_leq(++count, UNITS);
    }
    if (state == MP_RING_BROKEN)
        mp_ring_drop(ring);
    else
        mp_ring_take(ring, &reader);
}

Test(ring, that_was_written_over_stays_within_its_memory)
{
    struct mp_ring ring = new_ring();
    struct mp_ring_content content;

    srandom(2);
    for (unsigned i = 0; i < 300000; i++) {
        uint64_t garbage = (uint64_t)random() << 33 ^ (uint64_t)random() << 11 ^ (uint64_t)random();

        if (random() % 2 != 0)
            garbage &= UINT64_C(0x0000003f0000003f);
        switch (random() % 8) {
        case 0:
            atomic_store(&memory.in.at, garbage);
            break;
        case 1:
            atomic_store(&memory.out.at, garbage);
            break;
        case 2:
            memory.in.seen = garbage;
            break;
        case 3:
            memory.out.seen = garbage;
            break;
        case 4:
            memcpy(memory.bytes + (size_t)random() % UNITS * 8, &garbage, sizeof garbage);
            break;
        default:
            break;
        }
        if (random() % 2 != 0)
            take_anything(&ring);
        else
            (void)put(&ring, (uint32_t)random() % 80, (size_t)random() % (BYTES - 3), i);
        (void)mp_ring_content(&ring, &content);
        cr_assert(content.items <= UNITS && content.units <= UNITS);
    }
    check_guards();

    /* A ring that has been emptied works, whatever was in it. */
    mp_ring_drop(&ring);
    atomic_fetch_and(&memory.in.at, ~MP_RING_CLOSED_BIT);
    cr_assert_eq(put(&ring, UINT32_MAX, 9, 1), MP_RING_READY);
    cr_assert_eq(get(&ring, 9, 1), MP_RING_READY);
    cr_assert_eq(get(&ring, 9, 1), MP_RING_WAIT);
}
