/*
 * cli/late.c - what is known of a program only when its attempt begins
 *
 * Runs in: the mpool command, and its workers. Owns: nothing.
 *
 * What a worker is given was packed by the command, and is three levels deep; what is deeper stays as it is.
 */
#include "cli/late.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 8

/* The digits of a number, with a NUL. */
#define DIGITS 24

/* The parts of what is open; NULL: it is whole. */
static const msgpack_object_array *parts_of(const msgpack_object *value)
{
    const msgpack_object_kv *entry = value->type == MSGPACK_OBJECT_MAP ? value->via.map.ptr : NULL;

    if (entry == NULL || value->via.map.size != 1 || entry->key.type != MSGPACK_OBJECT_STR ||
        entry->val.type != MSGPACK_OBJECT_ARRAY || entry->key.via.str.size != strlen(LATE_KEY) ||
        memcmp(entry->key.via.str.ptr, LATE_KEY, strlen(LATE_KEY)) != 0)
        return NULL;
    return &entry->val.via.array;
}

static size_t part_text(const msgpack_object *part, const struct late *late, char digits[DIGITS], const char **text)
{
    *text = digits;
    if (part->type == MSGPACK_OBJECT_STR) {
        *text = part->via.str.ptr;
        return part->via.str.size;
    }
    if (part->type == MSGPACK_OBJECT_POSITIVE_INTEGER && part->via.u64 == LATE_WORKER)
        return (size_t)snprintf(digits, DIGITS, "%u", late->worker);
    if (part->type == MSGPACK_OBJECT_POSITIVE_INTEGER && part->via.u64 == LATE_ATTEMPT)
        return (size_t)snprintf(digits, DIGITS, "%u", late->attempt);
    if (part->type == MSGPACK_OBJECT_POSITIVE_INTEGER && part->via.u64 - LATE_OUTPUT < late->output_count) {
        *text = late->outputs[part->via.u64 - LATE_OUTPUT];
        return strlen(*text);
    }
    return 0;
}

/* The whole text; false: there is no memory. */
static bool join(const msgpack_object_array *parts, const struct late *late, msgpack_zone *zone, msgpack_object *to)
{
    char digits[DIGITS];
    const char *text;
    size_t size = 0;

    for (uint32_t i = 0; i < parts->size; i++)
        size += part_text(&parts->ptr[i], late, digits, &text);
    char *whole = msgpack_zone_malloc(zone, size + 1);
    if (whole == NULL)
        return false;
    *to = (msgpack_object){.type = MSGPACK_OBJECT_STR, .via.str = {.size = (uint32_t)size, .ptr = whole}};
    for (uint32_t i = 0; i < parts->size; i++) {
        size_t length = part_text(&parts->ptr[i], late, digits, &text);
        memcpy(whole, text, length);
        whole += length;
    }
    return true;
}

static bool fill(const msgpack_object *from, const struct late *late, msgpack_zone *zone, int depth, msgpack_object *to)
{
    const msgpack_object_array *parts = parts_of(from);
    bool ok = true;

    *to = *from;
    if (parts != NULL)
        return join(parts, late, zone, to);
    if (depth == DEPTH_MAX)
        return true;
    if (from->type == MSGPACK_OBJECT_ARRAY && from->via.array.size > 0) {
        to->via.array.ptr = msgpack_zone_malloc(zone, from->via.array.size * sizeof *to->via.array.ptr);
        ok = to->via.array.ptr != NULL;
        for (uint32_t i = 0; ok && i < from->via.array.size; i++)
            ok = fill(&from->via.array.ptr[i], late, zone, depth + 1, &to->via.array.ptr[i]);
    } else if (from->type == MSGPACK_OBJECT_MAP && from->via.map.size > 0) {
        to->via.map.ptr = msgpack_zone_malloc(zone, from->via.map.size * sizeof *to->via.map.ptr);
        ok = to->via.map.ptr != NULL;
        for (uint32_t i = 0; ok && i < from->via.map.size; i++) {
            to->via.map.ptr[i].key = from->via.map.ptr[i].key;
            ok = fill(&from->via.map.ptr[i].val, late, zone, depth + 1, &to->via.map.ptr[i].val);
        }
    }
    return ok;
}

bool late_fill(const msgpack_object *from, const struct late *late, msgpack_zone *zone, msgpack_object *to)
{
    return fill(from, late, zone, 0, to);
}
