/*
 * serialize/element.c - the elements of C arrays as msgpack values, by a format of one letter or none
 *
 * Runs in: any process, any thread. Owns: nothing.
 *
 * Every value is as short as msgpack has it, as those of msgpack-c are: the same value has the same bytes, whoever has
 * packed it.
 */
#include "serialize/element.h"

#include "base/error.h"

#include <mpool/pack.h>

#include <limits.h>
#include <stdint.h>
#include <string.h>

/* ---- formats ----------------------------------------------------------------------------------------------------- */

/* The size of a conversion's C type; 0: it is none of these. */
static size_t size_of(char conversion)
{
    switch (conversion) {
    case 'i':
        return sizeof(int);
    case 'I':
        return sizeof(int64_t);
    case 'U':
        return sizeof(uint64_t);
    case 'd':
        return sizeof(double);
    case 'b':
        return sizeof(bool);
    case 's':
        return sizeof(char *);
    default:
        return 0;
    }
}

bool mp_element_plain(const char *format, struct mp_element *element)
{
    size_t size = size_of(format[0]);

    *element = (struct mp_element){.conversion = format[0], .size = size};
    return size > 0 && format[0] != 's' && format[1] == '\0';
}

mpool_err mp_element_check(const char *what, const char *format, const char *allowed, size_t size,
                           struct mp_element *element)
{
    if (format == NULL) {
        if (size == 0 || size > UINT32_MAX)
            return mp_error(MPOOL_E_INVAL, "%s_size is %zu", what, size);
        *element = (struct mp_element){.size = size};
        return MPOOL_OK;
    }
    if (strlen(format) != 1 || strchr(allowed, format[0]) == NULL)
        return mp_error(MPOOL_E_INVAL, "%s_format \"%s\" is not one of %s", what, format, allowed);
    if (size_of(format[0]) != size)
        return mp_error(MPOOL_E_INVAL, "%s_format \"%s\" is for %zu bytes, and %s_size is %zu", what, format,
                        size_of(format[0]), what, size);
    *element = (struct mp_element){.conversion = format[0], .size = size};
    return MPOOL_OK;
}

/* ---- packing ----------------------------------------------------------------------------------------------------- */

/* A first byte, and a number of so many bytes behind it, the highest first. */
static inline void put_head(struct mp_packed *packed, unsigned first, uint64_t number, unsigned bytes)
{
    packed->head[0] = (unsigned char)first;
    number = __builtin_bswap64(number << (64 - 8 * bytes));
    memcpy(packed->head + 1, &number, sizeof number);
    packed->head_size = 1 + bytes;
}

static inline void put_byte(struct mp_packed *packed, unsigned byte)
{
    packed->head[0] = (unsigned char)byte;
    packed->head_size = 1;
}

static void put_unsigned(struct mp_packed *packed, uint64_t number)
{
    if (number < 0x80)
        put_byte(packed, (unsigned)number);
    else if (number <= UINT8_MAX)
        put_head(packed, 0xcc, number, 1);
    else if (number <= UINT16_MAX)
        put_head(packed, 0xcd, number, 2);
    else if (number <= UINT32_MAX)
        put_head(packed, 0xce, number, 4);
    else
        put_head(packed, 0xcf, number, 8);
}

static void put_signed(struct mp_packed *packed, int64_t number)
{
    if (number >= 0)
        put_unsigned(packed, (uint64_t)number);
    else if (number >= -32)
        put_byte(packed, (unsigned char)number);
    else if (number >= INT8_MIN)
        put_head(packed, 0xd0, (uint64_t)number, 1);
    else if (number >= INT16_MIN)
        put_head(packed, 0xd1, (uint64_t)number, 2);
    else if (number >= INT32_MIN)
        put_head(packed, 0xd2, (uint64_t)number, 4);
    else
        put_head(packed, 0xd3, (uint64_t)number, 8);
}

void mp_packed_bin(struct mp_packed *packed, const void *bytes, size_t size)
{
    if (size <= UINT8_MAX)
        put_head(packed, 0xc4, size, 1);
    else if (size <= UINT16_MAX)
        put_head(packed, 0xc5, size, 2);
    else
        put_head(packed, 0xc6, size, 4);
    packed->body = bytes;
    packed->body_size = size;
}

static mpool_err put_string(struct mp_packed *packed, const char *string)
{
    size_t size;

    if (string == NULL)
        return mp_error(MPOOL_E_FORMAT, "the string is NULL");
    size = strlen(string);
    if (size > UINT32_MAX)
        return mp_error(MPOOL_E_TOOBIG, "a string of %zu is too big: 4294967295 is the most in msgpack", size);
    if (size < 32)
        put_byte(packed, 0xa0 | (unsigned)size);
    else if (size <= UINT8_MAX)
        put_head(packed, 0xd9, size, 1);
    else if (size <= UINT16_MAX)
        put_head(packed, 0xda, size, 2);
    else
        put_head(packed, 0xdb, size, 4);
    packed->body = string;
    packed->body_size = size;
    return MPOOL_OK;
}

/* Copies an array's element to a variable: the array need not be aligned for it. */
#define LOAD(type, from, value)                                                                                        \
    type value;                                                                                                        \
    memcpy(&(value), (from), sizeof(value))

mpool_err mp_element_pack(const struct mp_element *element, const void *at, struct mp_packed *packed)
{
    packed->body = NULL;
    packed->body_size = 0;
    switch (element->conversion) {
    case 'i': {
        LOAD(int, at, value);
        put_signed(packed, value);
        return MPOOL_OK;
    }
    case 'I': {
        LOAD(int64_t, at, value);
        put_signed(packed, value);
        return MPOOL_OK;
    }
    case 'U': {
        LOAD(uint64_t, at, value);
        put_unsigned(packed, value);
        return MPOOL_OK;
    }
    case 'd': {
        LOAD(uint64_t, at, bits);
        put_head(packed, 0xcb, bits, 8);
        return MPOOL_OK;
    }
    case 'b': {
        LOAD(bool, at, value);
        put_byte(packed, value ? 0xc3 : 0xc2);
        return MPOOL_OK;
    }
    case 's': {
        LOAD(const char *, at, value);
        return put_string(packed, value);
    }
    default:
        mp_packed_bin(packed, at, element->size);
        return MPOOL_OK;
    }
}

mpool_err mp_packed_write(const struct mp_packed *packed, msgpack_packer *packer)
{
    int code = packer->callback(packer->data, (const char *)packed->head, packed->head_size);

    if (code == 0 && packed->body_size > 0)
        code = packer->callback(packer->data, packed->body, packed->body_size);
    return code == 0 ? MPOOL_OK : mp_error_nomem();
}

/* ---- unpacking --------------------------------------------------------------------------------------------------- */

/* The commonest cases, without a format; false: it is none of them, or does not fit. */
static inline bool unpack_plain(char conversion, const msgpack_object *object, void *at)
{
    const bool positive = object->type == MSGPACK_OBJECT_POSITIVE_INTEGER;
    const bool negative = object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER;

    switch (conversion) {
    case 'i':
        if ((positive && object->via.u64 <= INT_MAX) || (negative && object->via.i64 >= INT_MIN)) {
            int number = (int)object->via.i64;

            memcpy(at, &number, sizeof number);
            return true;
        }
        return false;
    case 'I':
        if ((positive && object->via.u64 <= INT64_MAX) || negative) {
            memcpy(at, &object->via.i64, sizeof object->via.i64);
            return true;
        }
        return false;
    case 'U':
        if (positive)
            memcpy(at, &object->via.u64, sizeof object->via.u64);
        return positive;
    case 'd':
        if (object->type == MSGPACK_OBJECT_FLOAT64)
            memcpy(at, &object->via.f64, sizeof object->via.f64);
        return object->type == MSGPACK_OBJECT_FLOAT64;
    default:
        return false;
    }
}

mpool_err mp_element_unpack(const struct mp_element *element, const msgpack_object *object, void *at)
{
    const char format[2] = {element->conversion, '\0'};
    union {
        int i;
        int64_t I;
        uint64_t U;
        double d;
        bool b;
    } value;
    mpool_err err;

    if (unpack_plain(element->conversion, object, at))
        return MPOOL_OK;
    if (element->conversion == '\0')
        return mpool_unpack_bytes(object, at, element->size);
    err = mpool_unpack(object, format, (void *)&value);
    if (err == MPOOL_OK)
        memcpy(at, &value, element->size);
    return err;
}
