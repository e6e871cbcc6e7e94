/*
 * serialize/fields.c - a decoded array, read field by field
 *
 * Runs in: any process. Pure.
 */
#include "serialize/fields.h"

#include <string.h>

struct mp_fields mp_fields_open(const msgpack_object *object, uint32_t count, msgpack_zone *zone)
{
    struct mp_fields fields = {.zone = zone};

    if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size != count)
        fields.wrong = "number of fields";
    else {
        fields.next = object->via.array.ptr;
        fields.end = fields.next + count;
    }
    return fields;
}

const msgpack_object *mp_fields_next(struct mp_fields *fields, const char *name, msgpack_object_type type)
{
    static const msgpack_object nothing = {.type = MSGPACK_OBJECT_NIL};

    if (fields->wrong == NULL && (fields->next == fields->end || fields->next->type != type))
        fields->wrong = name;
    return fields->wrong == NULL ? fields->next++ : &nothing;
}

bool mp_fields_skip_nil(struct mp_fields *fields)
{
    if (fields->wrong != NULL || fields->next == fields->end || fields->next->type != MSGPACK_OBJECT_NIL)
        return false;
    fields->next++;
    return true;
}

uint64_t mp_fields_unsigned(struct mp_fields *fields, const char *name, uint64_t most)
{
    const msgpack_object *field = mp_fields_next(fields, name, MSGPACK_OBJECT_POSITIVE_INTEGER);

    if (fields->wrong == NULL && field->via.u64 > most)
        fields->wrong = name;
    return fields->wrong == NULL ? field->via.u64 : 0;
}

uint32_t mp_fields_u32(struct mp_fields *fields, const char *name)
{
    return (uint32_t)mp_fields_unsigned(fields, name, UINT32_MAX);
}

int64_t mp_fields_signed(struct mp_fields *fields, const char *name)
{
    if (fields->wrong == NULL && fields->next < fields->end && fields->next->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        return fields->next++->via.i64;
    return (int64_t)mp_fields_unsigned(fields, name, INT64_MAX);
}

bool mp_fields_bool(struct mp_fields *fields, const char *name)
{
    const msgpack_object *field = mp_fields_next(fields, name, MSGPACK_OBJECT_BOOLEAN);

    return fields->wrong == NULL && field->via.boolean;
}

double mp_fields_double(struct mp_fields *fields, const char *name)
{
    const msgpack_object *field = mp_fields_next(fields, name, MSGPACK_OBJECT_FLOAT64);

    return fields->wrong == NULL ? field->via.f64 : 0;
}

void *mp_fields_allocate(struct mp_fields *fields, size_t size)
{
    void *memory = fields->wrong == NULL ? msgpack_zone_malloc(fields->zone, size > 0 ? size : 1) : NULL;

    if (memory == NULL && fields->wrong == NULL) {
        fields->wrong = "memory";
        fields->no_memory = true;
    }
    return memory;
}

const char *mp_fields_string(struct mp_fields *fields, const char *name)
{
    const msgpack_object *field = mp_fields_next(fields, name, MSGPACK_OBJECT_STR);
    size_t size = field->type == MSGPACK_OBJECT_STR ? field->via.str.size : 0;
    char *copy;

    if (size > 0 && memchr(field->via.str.ptr, '\0', size) != NULL)
        fields->wrong = name;
    copy = mp_fields_allocate(fields, size + 1);
    if (copy == NULL)
        return "";
    if (size > 0)
        memcpy(copy, field->via.str.ptr, size);
    copy[size] = '\0';
    return copy;
}

const msgpack_object *mp_fields_list(struct mp_fields *fields, const char *name, uint32_t *count)
{
    const msgpack_object *field = mp_fields_next(fields, name, MSGPACK_OBJECT_ARRAY);

    *count = fields->wrong == NULL ? field->via.array.size : 0;
    return fields->wrong == NULL ? field->via.array.ptr : NULL;
}
