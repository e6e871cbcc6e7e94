/*
 * cli/field.c - a field of a job's result
 *
 * Runs in: the mpool command. Owns: nothing; pure functions.
 */
#include "cli/field.h"

#include "cli/json.h"

#include <math.h>
#include <string.h>

static const msgpack_object *find_key(const msgpack_object_map *map, const char *key, size_t length)
{
    for (uint32_t i = 0; i < map->size; i++) {
        const msgpack_object *found = &map->ptr[i].key;
        if (found->type == MSGPACK_OBJECT_STR && found->via.str.size == length &&
            memcmp(found->via.str.ptr, key, length) == 0)
            return &map->ptr[i].val;
    }
    return NULL;
}

const msgpack_object *field_find(const msgpack_object *result, const char *fields)
{
    while (result != NULL && fields != NULL && *fields != '\0') {
        size_t length = strcspn(fields, ".");
        if (result->type != MSGPACK_OBJECT_MAP)
            return NULL;
        result = find_key(&result->via.map, fields, length);
        fields += length + (fields[length] == '.');
    }
    return result;
}

bool field_text(const msgpack_object *value, struct text *to)
{
    switch (value->type) {
    case MSGPACK_OBJECT_STR:
        text_add(to, value->via.str.ptr, value->via.str.size);
        return true;
    case MSGPACK_OBJECT_BIN:
        text_add(to, value->via.bin.ptr, value->via.bin.size);
        return true;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        if (!isfinite(value->via.f64))
            return false;
        break;
    case MSGPACK_OBJECT_BOOLEAN:
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        break;
    default:
        return false;
    }
    json_object(to, value);
    return true;
}
