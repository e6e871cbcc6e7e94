/*
 * ipc/queue_many.c - arrays into queues and out of them
 *
 * Runs in: any process, any thread. Owns: nothing.
 *
 * As many items as there is room for go in with one claim of the belt, and are committed by one store; so do those that
 * come out. They are packed straight into the ring and unpacked straight out of it: what numbers need for that is less
 * than a copy would cost.
 */
#include "ipc/queue.h"

#include "base/error.h"
#include "ipc/item.h"
#include "ipc/remote.h"
#include "serialize/decode.h"
#include "serialize/element.h"

#include <mpool/pool.h>

#include <stdbool.h>
#include <string.h>

/* ---- putting ----------------------------------------------------------------------------------------------------- */

static void add(const struct mp_belt *belt, struct mp_ring_writer *writer, const struct mp_packed *packed)
{
    if (packed->body_size == 0)
        mp_ring_add_short(&belt->ring, writer, packed->head, packed->head_size);
    else
        mp_ring_add(&belt->ring, writer, packed->head, packed->head_size, packed->body, packed->body_size);
}

/* Nothing is put if an item cannot be. All but strings are alike. */
static mpool_err check_items(const struct mp_belt *belt, const struct mp_element *element, const char *items,
                             size_t count)
{
    size_t most = belt->ring.units * MP_RING_UNIT - sizeof(uint32_t);
    struct mp_packed packed;
    mpool_err err;

    if (element->conversion != 's' && count > 0)
        count = 1;
    if (most > MPOOL_VALUE_MAX)
        most = MPOOL_VALUE_MAX;
    for (size_t i = 0; i < count; i++) {
        err = mp_element_pack(element, items + i * element->size, &packed);
        if (err != MPOOL_OK)
            return mp_error(err, "item %zu: the string is NULL, or too long", i);
        if (mp_packed_bytes(&packed) > most)
            return mp_error(MPOOL_E_TOOBIG, "item %zu has %zu bytes; %zu are the most", i, mp_packed_bytes(&packed),
                            most);
    }
    return MPOOL_OK;
}

/* As many as there is room for, once there is room for one. */
static mpool_err put_some(struct mp_belt *belt, const struct mp_element *element, const char *items, size_t count,
                          struct mp_deadline *deadline, size_t *done)
{
    struct mp_ring_writer writer;
    struct mp_packed packed;
    size_t added = 0;
    mpool_err err;

    (void)mp_element_pack(element, items, &packed);
    err = mp_belt_put(belt, mp_packed_bytes(&packed), deadline, &writer);
    if (err != MPOOL_OK)
        return err;
    do {
        add(belt, &writer, &packed);
        if (++added == count)
            break;
        (void)mp_element_pack(element, items + added * element->size, &packed);
    } while (mp_ring_fits(&writer, mp_packed_bytes(&packed)));
    err = mp_belt_done(belt, &writer);
    if (err == MPOOL_OK)
        *done += added;
    return err;
}

mpool_err mpool_queue_put_many(mpool_queue *queue, int64_t timeout_ms, const char *item_format, const void *items,
                               size_t count, size_t item_size, size_t *done)
{
    struct mp_deadline deadline = {.timeout_ms = timeout_ms};
    struct mp_element element;
    struct mp_belt belt;
    size_t so_far = 0;
    mpool_err err = mp_shared_queue_belt(queue, &belt);

    if (err != MPOOL_OK)
        return mp_remote_put_many(queue, err, timeout_ms, item_format, items, count, item_size, done);
    if (items == NULL && count > 0)
        err = mp_error(MPOOL_E_INVAL, "items is NULL");
    if (err == MPOOL_OK)
        err = mp_element_check("item", item_format, "iIUdbs", item_size, &element);
    if (err == MPOOL_OK)
        err = check_items(&belt, &element, items, count);
    if (err != MPOOL_OK)
        return err;
    while (err == MPOOL_OK && so_far < count)
        err = put_some(&belt, &element, (const char *)items + so_far * item_size, count - so_far, &deadline, &so_far);
    if (done != NULL && (err == MPOOL_OK || err == MPOOL_E_TIMEOUT || err == MPOOL_E_CLOSED))
        *done = so_far;
    return mp_shared_queue_changed(queue, &belt, err);
}

/* ---- getting ----------------------------------------------------------------------------------------------------- */

/* A struct, if the item is bytes of that size: straight to where it belongs. */
static bool take_bytes(const struct mp_belt *belt, const struct mp_ring_reader *reader, size_t size, char *at)
{
    unsigned char head[MP_ELEMENT_HEAD_MAX];
    struct mp_packed wanted;

    mp_packed_bin(&wanted, NULL, size);
    if (reader->size != mp_packed_bytes(&wanted))
        return false;
    mp_ring_copy(&belt->ring, reader, 0, head, wanted.head_size);
    if (memcmp(head, wanted.head, wanted.head_size) != 0)
        return false;
    mp_ring_copy(&belt->ring, reader, wanted.head_size, at, size);
    return true;
}

static mpool_err take(const struct mp_belt *belt, const struct mp_ring_reader *reader, const struct mp_element *element,
                      char *at)
{
    msgpack_object object;
    mpool_err err;

    if (element->conversion == '\0' && take_bytes(belt, reader, element->size, at))
        return MPOOL_OK;
    err = mp_item_object(belt, reader, &object);
    return err == MPOOL_OK ? mp_element_unpack(element, &object, at) : err;
}

mpool_err mpool_queue_get_many(mpool_queue *queue, int64_t timeout_ms, const char *item_format, void *items,
                               size_t count, size_t item_size, size_t *done)
{
    struct mp_deadline deadline = {.timeout_ms = timeout_ms};
    struct mp_element element;
    struct mp_ring_reader reader;
    struct mp_belt belt;
    size_t taken = 0;
    mpool_err err = mp_shared_queue_belt(queue, &belt);

    if (err != MPOOL_OK)
        return mp_remote_get_many(queue, err, timeout_ms, item_format, items, count, item_size, done);
    if (items == NULL || count == 0 || done == NULL)
        err = mp_error(MPOOL_E_INVAL, "items or done is NULL, or count is 0");
    if (err == MPOOL_OK)
        err = mp_element_check("item", item_format, "iIUdb", item_size, &element);
    if (err != MPOOL_OK)
        return err;
    err = mp_belt_get(&belt, &deadline, &reader);
    if (err != MPOOL_OK)
        return mp_shared_queue_changed(queue, &belt, err);
    do {
        err = take(&belt, &reader, &element, (char *)items + taken * item_size);
        if (err == MPOOL_OK || (err == MPOOL_E_PROTOCOL && taken == 0))
            mp_ring_pass(&reader);
        taken += err == MPOOL_OK;
    } while (err == MPOOL_OK && taken < count && mp_ring_next(&belt.ring, &reader) == MP_RING_READY);
    belt.lost += err == MPOOL_E_PROTOCOL && taken == 0;
    mp_belt_got(&belt, &reader);
    if (taken == 0)
        return mp_shared_queue_changed(queue, &belt, err);
    *done = taken;
    return mp_shared_queue_changed(queue, &belt, MPOOL_OK);
}
