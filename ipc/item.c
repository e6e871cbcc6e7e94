/*
 * ipc/item.c - values by a format into belts and out of them
 *
 * Runs in: any process, any thread. Owns: nothing; a value is packed in the thread's scratch memory (ipc/scratch.h),
 * and copied to it.
 *
 * A value is packed before the belt is asked for room, so that nobody waits for that. An item is copied out and
 * unpacked before it is taken, so that one of another shape stays where it is.
 *
 * A number or a boolean by itself, which most items are, needs no scratch memory; a string or bytes by themselves are
 * copied into the belt from where they are.
 */
#include "ipc/item.h"

#include "base/error.h"
#include "ipc/scratch.h"
#include "serialize/decode.h"
#include "serialize/element.h"

#include <mpool/pack.h>
#include <mpool/pool.h>

#include <stdbool.h>

_Static_assert(MP_ELEMENT_HEAD_MAX == MP_RING_SHORT, "a number is a short item");

/* ---- putting ----------------------------------------------------------------------------------------------------- */

static mpool_err pack_any(const char *format, va_list args, struct mp_packed *packed)
{
    const char *bytes;
    mpool_err err = mp_scratch_pack(format, args, &bytes, &packed->body_size);

    packed->body = bytes;
    packed->head_size = 0;
    return err;
}

static mpool_err pack(const char *format, va_list args, struct mp_packed *packed)
{
    struct mp_element element = {.conversion = format[0]};
    union {
        int i;
        int64_t I;
        uint64_t U;
        double d;
        bool b;
        const char *s;
    } value;
    const void *bytes;

    if (format[0] == '\0' || format[1] != '\0')
        return pack_any(format, args, packed);
    switch (format[0]) {
    case 'i':
        value.i = va_arg(args, int);
        break;
    case 'I':
        value.I = va_arg(args, int64_t);
        break;
    case 'U':
        value.U = va_arg(args, uint64_t);
        break;
    case 'd':
        value.d = va_arg(args, double);
        break;
    case 'b': /* a bool comes as an int */
        value.b = va_arg(args, int) != 0;
        break;
    case 's':
        value.s = va_arg(args, const char *);
        break;
    case 'z':
        bytes = va_arg(args, const void *);
        element.size = va_arg(args, size_t);
        if (bytes == NULL && element.size > 0)
            return mp_error(MPOOL_E_FORMAT, "the argument for 'z' is NULL, with a size of %zu", element.size);
        mp_packed_bin(packed, bytes, element.size);
        return MPOOL_OK;
    default:
        return pack_any(format, args, packed);
    }
    return mp_element_pack(&element, &value, packed);
}

mpool_err mp_item_put(struct mp_belt *belt, int64_t timeout_ms, const char *format, va_list args)
{
    struct mp_deadline deadline = {.timeout_ms = timeout_ms};
    struct mp_ring_writer writer;
    struct mp_packed packed;
    mpool_err err = pack(format, args, &packed);

    if (err == MPOOL_OK && mp_packed_bytes(&packed) > MPOOL_VALUE_MAX)
        err = mp_error(MPOOL_E_TOOBIG, "a value of %zu bytes; %zu are the most", mp_packed_bytes(&packed),
                       MPOOL_VALUE_MAX);
    if (err == MPOOL_OK)
        err = mp_belt_put(belt, mp_packed_bytes(&packed), &deadline, &writer);
    if (err != MPOOL_OK)
        return err;
    if (packed.body_size == 0)
        mp_ring_add_short(&belt->ring, &writer, packed.head, packed.head_size);
    else
        mp_ring_add(&belt->ring, &writer, packed.head, packed.head_size, packed.body, packed.body_size);
    return mp_belt_done(belt, &writer);
}

/* ---- getting ----------------------------------------------------------------------------------------------------- */

mpool_err mp_item_object(const struct mp_belt *belt, const struct mp_ring_reader *reader, msgpack_object *object)
{
    unsigned char plain[MP_RING_SHORT];
    char *bytes;
    mpool_err err;

    if (mp_ring_copy_short(&belt->ring, reader, plain) && reader->size > 0 &&
        mp_decode_plain((const char *)plain, reader->size, object) == reader->size)
        return MPOOL_OK;
    if (reader->size > MPOOL_VALUE_MAX)
        return mp_error(MPOOL_E_PROTOCOL, "an item of %u bytes; somebody has written over it", (unsigned)reader->size);
    err = mp_scratch_room(reader->size, &bytes);
    if (err != MPOOL_OK)
        return err;
    mp_ring_copy(&belt->ring, reader, 0, bytes, reader->size);
    return mp_scratch_decode(reader->size, object);
}

mpool_err mp_item_get(struct mp_belt *belt, int64_t timeout_ms, const char *format, va_list args)
{
    struct mp_deadline deadline = {.timeout_ms = timeout_ms};
    struct mp_ring_reader reader;
    struct mp_element element;
    msgpack_object object;
    mpool_err err = mp_belt_get(belt, &deadline, &reader);

    if (err != MPOOL_OK)
        return err;
    if (format != NULL)
        err = mp_item_object(belt, &reader, &object);
    if (format != NULL && err == MPOOL_OK)
        err = mp_element_plain(format, &element) ? mp_element_unpack(&element, &object, va_arg(args, void *))
                                                 : mpool_vunpack(&object, format, args);
    if (err == MPOOL_OK || err == MPOOL_E_PROTOCOL)
        mp_ring_pass(&reader);
    belt->lost += err == MPOOL_E_PROTOCOL;
    mp_belt_got(belt, &reader);
    return err;
}
