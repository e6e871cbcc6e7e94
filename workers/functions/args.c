/*
 * workers/functions/args.c - reading the arguments of a built-in function
 *
 * Runs in: workers. Owns: nothing.
 */
#include "args.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const msgpack_object *mp_args_field(const msgpack_object *args, const char *key)
{
    if (args->type != MSGPACK_OBJECT_MAP)
        return NULL;
    for (uint32_t i = 0; i < args->via.map.size; i++) {
        if (mp_args_is(&args->via.map.ptr[i].key, key))
            return &args->via.map.ptr[i].val;
    }
    return NULL;
}

bool mp_args_bytes(const msgpack_object *value, const char **bytes, size_t *size)
{
    if (value == NULL)
        return false;
    if (value->type == MSGPACK_OBJECT_STR) {
        *bytes = value->via.str.ptr;
        *size = value->via.str.size;
        return true;
    }
    if (value->type == MSGPACK_OBJECT_BIN) {
        *bytes = value->via.bin.ptr;
        *size = value->via.bin.size;
        return true;
    }
    return false;
}

bool mp_args_is(const msgpack_object *value, const char *text)
{
    const char *bytes;
    size_t size;

    return mp_args_bytes(value, &bytes, &size) && size == strlen(text) && memcmp(bytes, text, size) == 0;
}

/* Decimal digits with or without a minus, and nothing else. */
static bool parse_integer(const char *text, size_t size, struct mp_args_integer *integer)
{
    bool negative = size > 0 && text[0] == '-';
    uint64_t magnitude = 0;

    if (size == (size_t)negative)
        return false;
    for (size_t i = negative; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(magnitude, 10, &magnitude) ||
            __builtin_add_overflow(magnitude, (uint64_t)(text[i] - '0'), &magnitude))
            return false;
    }
    *integer = (struct mp_args_integer){.magnitude = magnitude, .negative = negative && magnitude != 0};
    return true;
}

bool mp_args_integer(const msgpack_object *value, struct mp_args_integer *integer)
{
    const char *text;
    size_t size;

    if (value == NULL)
        return false;
    if (value->type == MSGPACK_OBJECT_POSITIVE_INTEGER) {
        *integer = (struct mp_args_integer){.magnitude = value->via.u64};
        return true;
    }
    if (value->type == MSGPACK_OBJECT_NEGATIVE_INTEGER) {
        *integer = (struct mp_args_integer){.magnitude = 0 - (uint64_t)value->via.i64, .negative = true};
        return true;
    }
    return mp_args_bytes(value, &text, &size) && parse_integer(text, size, integer);
}

/*
 * What strtod() takes, without its spaces, its hexadecimal numbers, infinities and NaNs. Nor digits alone: those are an
 * integer, here one beyond 64 bits, and to round it would be to compute with another number than the one given.
 */
static bool parse_double(const char *text, size_t size, double *number)
{
    char copy[64];
    char *end;
    double parsed;

    if (size == 0 || size >= sizeof copy)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (strspn(copy, "+-.0123456789eE") != size || strpbrk(copy, ".eE") == NULL)
        return false;
    parsed = strtod(copy, &end);
    if (end != copy + size || !isfinite(parsed))
        return false;
    *number = parsed;
    return true;
}

bool mp_args_double(const msgpack_object *value, double *number)
{
    struct mp_args_integer integer;
    const char *text;
    size_t size;

    if (value == NULL)
        return false;
    if (value->type == MSGPACK_OBJECT_FLOAT32 || value->type == MSGPACK_OBJECT_FLOAT64) {
        if (!isfinite(value->via.f64))
            return false;
        *number = value->via.f64;
        return true;
    }
    if (mp_args_integer(value, &integer)) {
        *number = integer.negative ? -(double)integer.magnitude : (double)integer.magnitude;
        return true;
    }
    return mp_args_bytes(value, &text, &size) && parse_double(text, size, number);
}
