/*
 * serialize/decode.c - scanned msgpack bytes to objects, into a zone that is used again and again
 *
 * Runs in: any process, any thread. Owns: nothing; the caller's zone has the memory.
 *
 * msgpack_unpack() is the call that takes a zone of the caller's: 38 ns for a pair of integers, and 59 ns with
 * msgpack_unpack_next(), which makes and frees a zone each time. msgpack-c calls it obsolete, and these are its ways:
 *   - MSGPACK_UNPACK_EXTRA_BYTES is a success: there are bytes behind the value.
 *   - It moves the offset also when a value is cut short, so it gets a copy of ours.
 *   - It frees nothing on a failure; what it had allocated is in the zone and goes with it.
 *   - The zone must not be NULL: it would make one and lose it.
 *   - MSGPACK_UNPACK_NOMEM_ERROR is also its answer to a 33rd level, which the scan has refused.
 *
 * msgpack strings have no NUL at their end, and C wants one. There is no room for it in the bytes: what follows a
 * string is the header of the next value. So strings are copied into the zone, once, here; bytes (bin) are not.
 */
#include "serialize/decode.h"

#include "base/error.h"
#include "serialize/scan.h"

#include <string.h>

/* A map's pairs are walked as twice as many objects. */
_Static_assert(sizeof(msgpack_object_kv) == 2 * sizeof(msgpack_object), "key and value lie side by side");

static bool terminate(msgpack_object *string, msgpack_zone *zone)
{
    size_t size = string->via.str.size;
    char *copy = msgpack_zone_malloc_no_align(zone, size + 1);

    if (copy == NULL)
        return false;
    if (size > 0) /* else msgpack-c leaves any pointer, or NULL */
        memcpy(copy, string->via.str.ptr, size);
    copy[size] = '\0';
    string->via.str.ptr = copy;
    return true;
}

/* Terminates all strings of `count` objects and of what is in them. */
static bool terminate_all(msgpack_object *object, size_t count, msgpack_zone *zone)
{
    struct {
        msgpack_object *next;
        size_t left;
    } outside[MP_SCAN_DEPTH_MAX];
    size_t depth = 0;

    for (;;) {
        msgpack_object *inside = NULL;
        size_t number = 0;

        while (count == 0) {
            if (depth == 0)
                return true;
            object = outside[--depth].next;
            count = outside[depth].left;
        }
        if (object->type == MSGPACK_OBJECT_STR) {
            if (!terminate(object, zone))
                return false;
        } else if (object->type == MSGPACK_OBJECT_ARRAY) {
            inside = object->via.array.ptr;
            number = object->via.array.size;
        } else if (object->type == MSGPACK_OBJECT_MAP) {
            inside = (msgpack_object *)object->via.map.ptr;
            number = (size_t)object->via.map.size * 2;
        }
        object++;
        count--;
        if (number > 0) {
            outside[depth].next = object;
            outside[depth++].left = count;
            object = inside;
            count = number;
        }
    }
}

/* What a number behind the first byte means. `bits` has its bytes, the highest first. */
static void set_wide(unsigned first, size_t width, uint64_t bits, msgpack_object *object)
{
    unsigned unused = 64 - 8 * (unsigned)width;
    uint32_t narrow = (uint32_t)bits;
    float single;

    if (first == 0xcb) {
        object->type = MSGPACK_OBJECT_FLOAT64;
        memcpy(&object->via.f64, &bits, sizeof bits);
    } else if (first == 0xca) {
        memcpy(&single, &narrow, sizeof single);
        object->type = MSGPACK_OBJECT_FLOAT32;
        object->via.f64 = single;
    } else if (first < 0xd0 || (int64_t)(bits << unused) >= 0) {
        object->type = MSGPACK_OBJECT_POSITIVE_INTEGER;
        object->via.u64 = bits;
    } else {
        object->type = MSGPACK_OBJECT_NEGATIVE_INTEGER;
        object->via.i64 = (int64_t)(bits << unused) >> unused;
    }
}

size_t mp_decode_plain(const char *data, size_t size, msgpack_object *object)
{
    /* ca-cb  float 32 64, cc-cf  uint 8 16 32 64, d0-d3  int 8 16 32 64 */
    static const unsigned char widths[] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8};
    const unsigned char *at = (const unsigned char *)data;
    unsigned first;
    size_t width;
    uint64_t bits = 0;

    if (size == 0)
        return 0;
    first = at[0];
    if (first < 0x80) {
        object->type = MSGPACK_OBJECT_POSITIVE_INTEGER;
        object->via.u64 = first;
    } else if (first >= 0xe0) {
        object->type = MSGPACK_OBJECT_NEGATIVE_INTEGER;
        object->via.i64 = (int64_t)first - 256;
    } else if (first >= 0xca && first <= 0xd3) {
        width = widths[first - 0xca];
        if (width >= size)
            return 0;
        for (size_t i = 1; i <= width; i++)
            bits = bits << 8 | at[i];
        set_wide(first, width, bits, object);
        return 1 + width;
    } else if (first == 0xc2 || first == 0xc3) {
        object->type = MSGPACK_OBJECT_BOOLEAN;
        object->via.boolean = first == 0xc3;
    } else {
        return 0;
    }
    return 1;
}

mpool_err mp_decode_value(const char *data, size_t size, size_t *offset, msgpack_zone *zone, msgpack_object *object)
{
    size_t end = *offset;
    msgpack_object decoded;
    size_t plain = *offset < size ? mp_decode_plain(data + *offset, size - *offset, object) : 0;

    if (plain > 0) {
        *offset += plain;
        return MPOOL_OK;
    }
    switch (msgpack_unpack(data, size, &end, zone, &decoded)) {
    case MSGPACK_UNPACK_SUCCESS:
    case MSGPACK_UNPACK_EXTRA_BYTES:
        break;
    case MSGPACK_UNPACK_NOMEM_ERROR:
        return mp_error_nomem();
    default:
        return mp_error(MPOOL_E_PROTOCOL, "the value at byte %zu of %zu is not msgpack", *offset, size);
    }
    if (!terminate_all(&decoded, 1, zone))
        return mp_error_nomem();
    *offset = end;
    *object = decoded;
    return MPOOL_OK;
}
