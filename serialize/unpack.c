/*
 * serialize/unpack.c - mpool_unpack(): a decoded value to C variables, by a format
 *
 * Runs in: any process, any thread. Owns: nothing.
 *
 * The format is walked together with the value. Where an optional key is missing, it is walked without one (value ==
 * NULL): the arguments are passed over, and their variables left as they were. A map is searched from its first pair
 * for each key; with equal keys the first one counts.
 *
 * Strings: mp_decode_value() has put a NUL byte behind each, so `s` gives out a pointer into its zone. msgpack-c by
 * itself does not; for an object that was decoded elsewhere `s` looks at the byte behind the string, and is refused
 * unless that is NUL. Values decoded elsewhere are for `z`.
 *
 * The place in the value, for messages, is a chain of steps on the stack, written out only when something is wrong.
 */
#include <mpool/pack.h>

#include "base/error.h"
#include "serialize/format.h"
#include "serialize/handle.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* One step into the value: a key of a map, or an index of an array. NULL is the value itself. */
struct place {
    const struct place *outside;
    const char *key; /* NULL in an array */
    size_t index;
};

static mpool_err unpack_value(struct mp_format *format, const msgpack_object *value, const struct place *place);

/* Writes "stat.sizes[2]"; what does not fit is cut off. */
static size_t write_place(const struct place *place, char *text, size_t room)
{
    size_t used = place->outside != NULL ? write_place(place->outside, text, room) : 0;
    int added;

    if (place->key != NULL)
        added = snprintf(text + used, room - used, "%s%s", used > 0 ? "." : "", place->key);
    else
        added = snprintf(text + used, room - used, "[%zu]", place->index);
    if (added < 0)
        return used;
    return used + (size_t)added < room ? used + (size_t)added : room - 1;
}

/* MPOOL_E_FORMAT: what is wrong, and where. */
static mpool_err wrong(const struct place *place, const char *problem)
{
    char text[400];

    if (place == NULL)
        return mp_error(MPOOL_E_FORMAT, "%s", problem);
    (void)write_place(place, text, sizeof text);
    return mp_error(MPOOL_E_FORMAT, "at \"%s\": %s", text, problem);
}

static const char *kind_of(const msgpack_object *value)
{
    switch (value->type) {
    case MSGPACK_OBJECT_NIL:
        return "nil";
    case MSGPACK_OBJECT_BOOLEAN:
        return "a boolean";
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return "an integer";
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        return "a float";
    case MSGPACK_OBJECT_STR:
        return "a string";
    case MSGPACK_OBJECT_BIN:
        return "bytes";
    case MSGPACK_OBJECT_ARRAY:
        return "an array";
    case MSGPACK_OBJECT_MAP:
        return "a map";
    case MSGPACK_OBJECT_EXT:
        return value->via.ext.type == MP_HANDLE_EXT ? "a handle" : "an ext type";
    }
    return "an unknown type";
}

static mpool_err mismatch(const struct place *place, const char *wanted, const msgpack_object *found)
{
    char problem[120];

    (void)snprintf(problem, sizeof problem, "wanted %s, found %s", wanted, kind_of(found));
    return wrong(place, problem);
}

/* ---- one function a conversion; nothing is taken and MPOOL_OK returned if value is NULL -------------------------- */

static mpool_err unfit(const msgpack_object *value, const struct place *place, const char *type)
{
    char problem[120];

    if (value->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        (void)snprintf(problem, sizeof problem, "%" PRIu64 " does not fit %s", value->via.u64, type);
    else
        (void)snprintf(problem, sizeof problem, "%" PRId64 " does not fit %s", value->via.i64, type);
    return wrong(place, problem);
}

/* An integer from `least` to `most`. */
static mpool_err take_int64(const msgpack_object *value, const struct place *place, int64_t least, int64_t most,
                            const char *type, int64_t *number)
{
    if (value->type == MSGPACK_OBJECT_POSITIVE_INTEGER && value->via.u64 <= (uint64_t)most) {
        *number = (int64_t)value->via.u64;
        return MPOOL_OK;
    }
    if (value->type == MSGPACK_OBJECT_NEGATIVE_INTEGER && value->via.i64 >= least) {
        *number = value->via.i64;
        return MPOOL_OK;
    }
    if (value->type == MSGPACK_OBJECT_POSITIVE_INTEGER || value->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        return unfit(value, place, type);
    return mismatch(place, "an integer", value);
}

static mpool_err take_i(const msgpack_object *value, const struct place *place, int *number)
{
    int64_t wide = 0;
    mpool_err err;

    if (value == NULL)
        return MPOOL_OK;
    err = take_int64(value, place, INT_MIN, INT_MAX, "an int", &wide);
    if (err == MPOOL_OK)
        *number = (int)wide;
    return err;
}

static mpool_err take_I(const msgpack_object *value, const struct place *place, int64_t *number)
{
    return value == NULL ? MPOOL_OK : take_int64(value, place, INT64_MIN, INT64_MAX, "an int64_t", number);
}

static mpool_err take_U(const msgpack_object *value, const struct place *place, uint64_t *number)
{
    if (value == NULL)
        return MPOOL_OK;
    if (value->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        return unfit(value, place, "a uint64_t");
    if (value->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return mismatch(place, "an integer", value);
    *number = value->via.u64;
    return MPOOL_OK;
}

static mpool_err take_d(const msgpack_object *value, const struct place *place, double *number)
{
    if (value == NULL)
        return MPOOL_OK;
    if (value->type == MSGPACK_OBJECT_FLOAT64 || value->type == MSGPACK_OBJECT_FLOAT32)
        *number = value->via.f64;
    else if (value->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        *number = (double)value->via.u64;
    else if (value->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        *number = (double)value->via.i64;
    else
        return mismatch(place, "a number", value);
    return MPOOL_OK;
}

static mpool_err take_b(const msgpack_object *value, const struct place *place, bool *truth)
{
    if (value == NULL)
        return MPOOL_OK;
    if (value->type != MSGPACK_OBJECT_BOOLEAN)
        return mismatch(place, "a boolean", value);
    *truth = value->via.boolean;
    return MPOOL_OK;
}

static mpool_err take_s(const msgpack_object *value, const struct place *place, const char **string)
{
    char problem[120];
    const char *nul;

    if (value == NULL)
        return MPOOL_OK;
    if (value->type != MSGPACK_OBJECT_STR)
        return mismatch(place, "a string", value);
    if (value->via.str.size == 0) {
        *string = "";
        return MPOOL_OK;
    }
    nul = memchr(value->via.str.ptr, '\0', value->via.str.size);
    if (nul != NULL) {
        (void)snprintf(problem, sizeof problem, "the string has a NUL byte at %zu of its %zu bytes; take it with 'z'",
                       (size_t)(nul - value->via.str.ptr), (size_t)value->via.str.size);
        return wrong(place, problem);
    }
    if (value->via.str.ptr[value->via.str.size] != '\0')
        return wrong(place, "the string has no NUL byte behind it, as mpool's decoder would put; take it with 'z'");
    *string = value->via.str.ptr;
    return MPOOL_OK;
}

static mpool_err take_z(const msgpack_object *value, const struct place *place, const void **bytes, size_t *size)
{
    if (value == NULL)
        return MPOOL_OK;
    if (value->type == MSGPACK_OBJECT_BIN) {
        *bytes = value->via.bin.ptr;
        *size = value->via.bin.size;
    } else if (value->type == MSGPACK_OBJECT_STR) {
        *bytes = value->via.str.ptr;
        *size = value->via.str.size;
    } else {
        return mismatch(place, "bytes or a string", value);
    }
    return MPOOL_OK;
}

static mpool_err take_h(const msgpack_object *value, const struct place *place, mpool_handle *handle)
{
    if (value == NULL)
        return MPOOL_OK;
    if (value->type != MSGPACK_OBJECT_EXT || value->via.ext.type != MP_HANDLE_EXT ||
        value->via.ext.size != MP_HANDLE_BYTES)
        return mismatch(place, "the handle of a shared object", value);
    *handle = mp_handle_read(value->via.ext.ptr);
    return MPOOL_OK;
}

/* ---- brackets ---------------------------------------------------------------------------------------------------- */

/* Behind a '['. */
static mpool_err unpack_array(struct mp_format *format, const msgpack_object *value, const struct place *place)
{
    struct place inside = {.outside = place};
    char problem[120];
    size_t count;
    mpool_err err = mp_format_open(format, &count);

    if (err != MPOOL_OK)
        return err;
    if (value != NULL && value->type != MSGPACK_OBJECT_ARRAY)
        return mismatch(place, "an array", value);
    if (value != NULL && value->via.array.size != count) {
        (void)snprintf(problem, sizeof problem, "wanted an array of %zu, found one of %" PRIu32, count,
                       value->via.array.size);
        return wrong(place, problem);
    }
    for (inside.index = 0; inside.index < count; inside.index++) {
        if (inside.index > 0 && mp_format_expect(format, ',') != MPOOL_OK)
            return MPOOL_E_FORMAT;
        err = unpack_value(format, value != NULL ? &value->via.array.ptr[inside.index] : NULL, &inside);
        if (err != MPOOL_OK)
            return err;
    }
    return mp_format_close(format, ']');
}

/* The value of a key; NULL if there is none. */
static const msgpack_object *find(const msgpack_object *map, const char *key)
{
    size_t size = strlen(key);
    const msgpack_object_kv *pair = map->via.map.ptr;
    uint32_t i;

    for (i = 0; i < map->via.map.size; i++, pair++) {
        if (pair->key.type == MSGPACK_OBJECT_STR && pair->key.via.str.size == size &&
            memcmp(pair->key.via.str.ptr, key, size) == 0)
            return &pair->val;
    }
    return NULL;
}

/* `s:VALUE` or `s:VALUE?` */
static mpool_err unpack_pair(struct mp_format *format, const msgpack_object *map, const struct place *place)
{
    struct place inside = {.outside = place};
    const msgpack_object *value = NULL;
    bool optional;

    if (mp_format_expect(format, 's') != MPOOL_OK)
        return MPOOL_E_FORMAT;
    inside.key = va_arg(format->args, const char *);
    if (inside.key == NULL)
        return wrong(place, "the argument for a key is NULL");
    if (mp_format_expect(format, ':') != MPOOL_OK)
        return MPOOL_E_FORMAT;
    optional = mp_format_optional(format);
    if (map != NULL) {
        value = find(map, inside.key);
        if (value == NULL && !optional)
            return wrong(&inside, "the key is missing");
        if (value != NULL && value->type == MSGPACK_OBJECT_NIL && optional)
            value = NULL;
    }
    if (unpack_value(format, value, &inside) != MPOOL_OK)
        return MPOOL_E_FORMAT;
    return optional ? mp_format_expect(format, '?') : MPOOL_OK;
}

/* Behind a '{'. */
static mpool_err unpack_map(struct mp_format *format, const msgpack_object *value, const struct place *place)
{
    size_t count, i;
    mpool_err err = mp_format_open(format, &count);

    if (err != MPOOL_OK)
        return err;
    if (value != NULL && value->type != MSGPACK_OBJECT_MAP)
        return mismatch(place, "a map", value);
    for (i = 0; i < count; i++) {
        if (i > 0 && mp_format_expect(format, ',') != MPOOL_OK)
            return MPOOL_E_FORMAT;
        if (unpack_pair(format, value, place) != MPOOL_OK)
            return MPOOL_E_FORMAT;
    }
    return mp_format_close(format, '}');
}

static mpool_err unpack_value(struct mp_format *format, const msgpack_object *value, const struct place *place)
{
    const void **bytes;
    msgpack_object *object;

    switch (mp_format_next(format)) {
    case 'i':
        return take_i(value, place, va_arg(format->args, int *));
    case 'I':
        return take_I(value, place, va_arg(format->args, int64_t *));
    case 'U':
        return take_U(value, place, va_arg(format->args, uint64_t *));
    case 'd':
        return take_d(value, place, va_arg(format->args, double *));
    case 'b':
        return take_b(value, place, va_arg(format->args, bool *));
    case 's':
        return take_s(value, place, va_arg(format->args, const char **));
    case 'z':
        bytes = va_arg(format->args, const void **);
        return take_z(value, place, bytes, va_arg(format->args, size_t *));
    case 'o':
        object = va_arg(format->args, msgpack_object *);
        if (value != NULL)
            *object = *value;
        return MPOOL_OK;
    case 'h':
        return take_h(value, place, va_arg(format->args, mpool_handle *));
    case 'n':
        return value == NULL || value->type == MSGPACK_OBJECT_NIL ? MPOOL_OK : mismatch(place, "nil", value);
    case '[':
        return unpack_array(format, value, place);
    case '{':
        return unpack_map(format, value, place);
    default:
        return mp_format_bad(format, "one of iIUdbszohn[{");
    }
}

mpool_err mpool_vunpack(const msgpack_object *object, const char *format, va_list args)
{
    struct mp_format reader = {.text = format, .at = format};
    mpool_err err;

    va_copy(reader.args, args);
    err = unpack_value(&reader, object, NULL);
    if (err == MPOOL_OK)
        err = mp_format_expect(&reader, '\0');
    va_end(reader.args);
    return err;
}

mpool_err mpool_unpack(const msgpack_object *object, const char *format, ...)
{
    va_list args;
    mpool_err err;

    va_start(args, format);
    err = mpool_vunpack(object, format, args);
    va_end(args);
    return err;
}

mpool_err mpool_unpack_bytes(const msgpack_object *object, void *bytes, size_t size)
{
    const void *found = NULL;
    size_t found_size = 0;
    mpool_err err = take_z(object, NULL, &found, &found_size);

    if (err != MPOOL_OK)
        return err;
    if (found_size != size)
        return mp_error(MPOOL_E_FORMAT, "wanted %zu bytes, found %zu", size, found_size);
    if (size > 0)
        memcpy(bytes, found, size);
    return MPOOL_OK;
}
