/*
 * tests/fuzz/fuzz_scan.c - the scan admits exactly what msgpack-c decodes, less ext types but one, and what is over the
 * limits
 *
 * The input is msgpack, or not. msgpack-c is asked only when no array or map could claim more elements than there are
 * bytes, for it would allocate them; what the scan says to the rest is checked against its own other functions.
 */
#include "serialize/decode.h"
#include "serialize/handle.h"
#include "serialize/scan.h"
#include "tests/fuzz/fuzz.h"

#include <msgpack.h>

#include <stdbool.h>
#include <string.h>

/* More bytes than this teach nothing more. */
enum { SIZE_MOST = 4096 };

/* What a decoded value is like. */
struct shape {
    size_t depth;
    size_t nodes;
    bool ext;
    bool handle; /* an ext type that passes, if it was written in the one way that does */
};

static bool is_handle(const msgpack_object *object)
{
    return object->via.ext.type == MP_HANDLE_EXT && object->via.ext.size == MP_HANDLE_BYTES;
}

static struct shape shape_of(const msgpack_object *object)
{
    const msgpack_object *inside = NULL;
    bool ext = object->type == MSGPACK_OBJECT_EXT;
    struct shape shape = {.ext = ext && !is_handle(object), .handle = ext && is_handle(object)};
    size_t deepest = 0;

    if (object->type == MSGPACK_OBJECT_ARRAY) {
        inside = object->via.array.ptr;
        shape.nodes = object->via.array.size;
    } else if (object->type == MSGPACK_OBJECT_MAP) {
        inside = (const msgpack_object *)object->via.map.ptr;
        shape.nodes = (size_t)object->via.map.size * 2;
    } else {
        return shape;
    }
    for (size_t i = 0, count = shape.nodes; i < count; i++) {
        struct shape part = shape_of(&inside[i]);

        deepest = part.depth > deepest ? part.depth : deepest;
        shape.nodes += part.nodes;
        shape.ext = shape.ext || part.ext;
        shape.handle = shape.handle || part.handle;
    }
    shape.depth = deepest + 1;
    return shape;
}

/* Is there a byte anywhere that, read as the header of an array or map, claims more than there can be? */
static bool may_be_a_bomb(const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        size_t width = bytes[at] == 0xdc || bytes[at] == 0xde ? 2 : bytes[at] == 0xdd || bytes[at] == 0xdf ? 4 : 0;
        size_t number = 0;

        for (size_t i = 1; i <= width && at + i < size; i++)
            number = number << 8 | bytes[at + i];
        if (number > size)
            return true;
    }
    return false;
}

static void compare_with_msgpack(const char *data, size_t size)
{
    static const struct mp_scan_limits wide = {.depth = MP_SCAN_DEPTH_MAX, .nodes = SIZE_MAX};
    static const struct mp_scan_limits narrow = {.depth = 3, .nodes = 20};
    size_t end = 0, wide_end = 0, narrow_end = 0;
    enum mp_scan_verdict wide_verdict = mp_scan_value(data, size, &wide, &wide_end);
    enum mp_scan_verdict narrow_verdict = mp_scan_value(data, size, &narrow, &narrow_end);
    msgpack_unpacked unpacked;
    msgpack_unpack_return code;

    msgpack_unpacked_init(&unpacked);
    code = msgpack_unpack_next(&unpacked, data, size, &end);
    if (code == MSGPACK_UNPACK_SUCCESS) {
        struct shape shape = shape_of(&unpacked.data);

        HOLDS(wide_verdict != MP_SCAN_OK || !shape.ext);
        HOLDS(narrow_verdict != MP_SCAN_OK || (!shape.ext && shape.depth <= 3 && shape.nodes <= 20));
        HOLDS(wide_verdict == MP_SCAN_OK || shape.ext || shape.handle);
        HOLDS(wide_verdict != MP_SCAN_OK || wide_end == end);
        HOLDS(narrow_verdict == MP_SCAN_OK || shape.ext || shape.handle || shape.depth > 3 || shape.nodes > 20);
        HOLDS(narrow_verdict != MP_SCAN_DEEP || shape.depth > 3);
        HOLDS(narrow_verdict != MP_SCAN_MANY || shape.nodes > 20);
        HOLDS(narrow_verdict != MP_SCAN_SHORT);
    } else {
        HOLDS(wide_verdict != MP_SCAN_OK);
        HOLDS(narrow_verdict != MP_SCAN_OK);
        HOLDS(code != MSGPACK_UNPACK_PARSE_ERROR || wide_verdict == MP_SCAN_TYPE || wide_verdict == MP_SCAN_SHORT);
        HOLDS(wide_verdict != MP_SCAN_DEEP || code != MSGPACK_UNPACK_PARSE_ERROR);
    }
    msgpack_unpacked_destroy(&unpacked);
}

/* What is admitted is decoded, to what msgpack-c makes of it by itself. */
static void decode(const char *data, size_t size, size_t begin, size_t end)
{
    msgpack_unpacked unpacked;
    msgpack_object object;
    msgpack_zone zone;
    size_t offset = begin;
    size_t reference = begin;

    HOLDS(msgpack_zone_init(&zone, 256));
    HOLDS(mp_decode_value(data, size, &offset, &zone, &object) == MPOOL_OK);
    HOLDS(offset == end);
    msgpack_unpacked_init(&unpacked);
    HOLDS(msgpack_unpack_next(&unpacked, data, size, &reference) == MSGPACK_UNPACK_SUCCESS);
    HOLDS(reference == end);
    HOLDS(shape_of(&object).nodes == shape_of(&unpacked.data).nodes);
    msgpack_unpacked_destroy(&unpacked);
    msgpack_zone_destroy(&zone);
}

/* The values of the input, one by one; that many are then admitted in one call, and one more or less is not. */
static void walk(const char *data, size_t size)
{
    enum mp_scan_verdict verdict = MP_SCAN_OK;
    size_t count = 0;
    size_t offset = 0;
    size_t skipped = 0;
    size_t bad = SIZE_MAX;

    while (offset < size) {
        size_t begin = offset;

        verdict = mp_scan_value(data, size, &mp_scan_limits_value, &offset);
        if (verdict != MP_SCAN_OK) {
            HOLDS(offset == begin);
            break;
        }
        HOLDS(offset > begin && offset <= size);
        decode(data, size, begin, offset);
        count++;
    }
    HOLDS(mp_scan_skip(data, size, count, &skipped));
    HOLDS(skipped == offset);
    HOLDS(mp_scan_values(data, offset, count, &mp_scan_limits_value, &bad) == MP_SCAN_OK);
    HOLDS(bad == SIZE_MAX);
    if (verdict == MP_SCAN_OK) {
        HOLDS(mp_scan_values(data, size, count + 1, &mp_scan_limits_value, &bad) == MP_SCAN_SHORT);
        HOLDS(bad == count);
        HOLDS(count == 0 || mp_scan_values(data, size, count - 1, &mp_scan_limits_value, &bad) == MP_SCAN_EXTRA);
    } else {
        HOLDS(mp_scan_values(data, size, count + 1, &mp_scan_limits_value, &bad) == verdict);
        HOLDS(bad == count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *data;

    if (size > SIZE_MOST)
        return 0;
    data = malloc(size > 0 ? size : 1);
    HOLDS(data != NULL);
    memcpy(data, bytes, size);
    if (!may_be_a_bomb(bytes, size))
        compare_with_msgpack(data, size);
    walk(data, size);
    free(data);
    return 0;
}
