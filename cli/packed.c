/*
 * cli/packed.c - a msgpack value as it lies packed: its fields, its text, and whether a job may have it
 *
 * Runs in: the mpool command. Owns: nothing; pure functions.
 *
 * A field is found by stepping over the pairs before it, and is given as its bytes: they can be appended to a job's
 * arguments as they are. Only headers of maps are read here; everything else is decoded by msgpack-c.
 */
#include "cli/packed.h"

#include "cli/json.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What libmpool takes as one value. What is beyond would end the run, and not only its job. */
#define DEPTH_MAX 30
#define NODES_MAX ((size_t)1 << 20)

static bool is_map(unsigned char first)
{
    return (first >= 0x80 && first <= 0x8f) || first == 0xde || first == 0xdf;
}

static bool is_list(unsigned char first)
{
    return (first >= 0x90 && first <= 0x9f) || first == 0xdc || first == 0xdd;
}

bool packed_is_scalar(const char *value)
{
    return !is_map((unsigned char)value[0]) && !is_list((unsigned char)value[0]);
}

bool packed_is_string(const char *value)
{
    unsigned char first = (unsigned char)value[0];

    return (first >= 0xa0 && first <= 0xbf) || (first >= 0xd9 && first <= 0xdb);
}

/* How many pairs a map has; `offset` is then that of the first key. */
static uint32_t read_header(const char *value, size_t size, size_t *offset)
{
    const unsigned char *bytes = (const unsigned char *)value;
    size_t width = bytes[0] == 0xde ? 2 : 4;
    uint32_t count = 0;

    *offset = 1;
    if (bytes[0] <= 0x8f)
        return bytes[0] & 0x0f;
    for (; *offset <= width && *offset < size; (*offset)++)
        count = count << 8 | bytes[*offset];
    return count;
}

/* One field of a map. */
static bool find_pair(const char *value, size_t size, const char *name, size_t length, const char **field,
                      size_t *field_size)
{
    msgpack_unpacked part;
    size_t offset;
    bool found = false;

    if (!is_map((unsigned char)value[0]))
        return false;
    msgpack_unpacked_init(&part);
    for (uint32_t left = read_header(value, size, &offset); left > 0 && !found; left--) {
        if (msgpack_unpack_next(&part, value, size, &offset) != MSGPACK_UNPACK_SUCCESS)
            break;
        bool same = part.data.type == MSGPACK_OBJECT_STR && part.data.via.str.size == length &&
                    memcmp(part.data.via.str.ptr, name, length) == 0;
        size_t start = offset;
        if (msgpack_unpack_next(&part, value, size, &offset) != MSGPACK_UNPACK_SUCCESS)
            break;
        if (same) {
            *field = value + start;
            *field_size = offset - start;
            found = true;
        }
    }
    msgpack_unpacked_destroy(&part);
    return found;
}

bool packed_field(const char *value, size_t size, const char *fields, const char **field, size_t *field_size)
{
    while (*fields != '\0') {
        size_t length = strcspn(fields, ".");
        if (!find_pair(value, size, fields, length, &value, &size))
            return false;
        fields += length + (fields[length] == '.');
    }
    *field = value;
    *field_size = size;
    return true;
}

size_t packed_text(const char *value, size_t size, char digits[PACKED_DIGITS], const char **text)
{
    msgpack_unpacked scalar;
    struct text json = {0};
    size_t offset = 0, length = 0;

    *text = "";
    if (!packed_is_scalar(value))
        return 0;
    msgpack_unpacked_init(&scalar);
    if (msgpack_unpack_next(&scalar, value, size, &offset) != MSGPACK_UNPACK_SUCCESS) {
        length = 0;
    } else if (scalar.data.type == MSGPACK_OBJECT_STR) {
        length = scalar.data.via.str.size;
        if (length > 0)
            *text = scalar.data.via.str.ptr; /* in `value`, for the decoder copies none; of an empty one it has NULL */
    } else {
        json_object(&json, &scalar.data);
        length = (size_t)snprintf(digits, PACKED_DIGITS, "%s", json.data);
        *text = digits;
    }
    msgpack_unpacked_destroy(&scalar);
    text_free(&json);
    return length;
}

/* Counts what is in a value; false if it is too deep. */
static bool measure(const msgpack_object *object, unsigned levels, size_t *nodes)
{
    bool ok = true;

    if (object->type != MSGPACK_OBJECT_ARRAY && object->type != MSGPACK_OBJECT_MAP)
        return true;
    if (levels == 0)
        return false;
    if (object->type == MSGPACK_OBJECT_ARRAY) {
        *nodes += object->via.array.size;
        for (uint32_t i = 0; i < object->via.array.size && ok; i++)
            ok = measure(&object->via.array.ptr[i], levels - 1, nodes);
    } else {
        *nodes += 2 * (size_t)object->via.map.size;
        for (uint32_t i = 0; i < object->via.map.size && ok; i++)
            ok = measure(&object->via.map.ptr[i].val, levels - 1, nodes);
    }
    return ok;
}

const char *packed_refused(const char *value, size_t size)
{
    msgpack_unpacked whole;
    size_t offset = 0, nodes = 0;

    if (packed_is_scalar(value))
        return NULL;
    msgpack_unpacked_init(&whole);
    /* The one thing that the decoder minds in what was packed here is more levels than it has, which are 32. */
    bool deep = msgpack_unpack_next(&whole, value, size, &offset) != MSGPACK_UNPACK_SUCCESS ||
                !measure(&whole.data, DEPTH_MAX, &nodes);
    msgpack_unpacked_destroy(&whole);
    if (deep)
        return "nested deeper than 30 levels, the most that a job takes";
    return nodes > NODES_MAX ? "more than 1,048,576 values, the most that a job takes" : NULL;
}
