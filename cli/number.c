/*
 * cli/number.c - a number of a job's result, as exact as it came
 *
 * Runs in: the mpool command. Owns: nothing; pure functions.
 */
#include "cli/number.h"

#include <math.h>
#include <string.h>

/* 2^63, the first float that is too large for an int64_t. */
#define BEYOND 0x1p63

/* Is the text an integer that no 64 bits can hold, written as such? */
static bool is_large(const char *text, size_t size)
{
    bool negative = size > 0 && text[0] == '-';
    const char *most = negative ? "9223372036854775808" : "18446744073709551615";
    const char *digits = text + negative;
    size_t length = size - negative, most_length = strlen(most);

    for (size_t i = 0; i < length; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
    }
    if (length < most_length || digits[0] == '0')
        return false;
    return length > most_length || memcmp(digits, most, length) > 0;
}

bool number_read(const msgpack_object *value, struct number *number)
{
    switch (value->type) {
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        if (value->via.u64 <= INT64_MAX)
            *number = (struct number){.kind = NUMBER_INTEGER, .integer = (int64_t)value->via.u64};
        else
            *number = (struct number){.kind = NUMBER_UNSIGNED, .large = value->via.u64};
        return true;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        *number = (struct number){.kind = NUMBER_INTEGER, .integer = value->via.i64};
        return true;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        *number = (struct number){.kind = NUMBER_REAL, .real = value->via.f64};
        return isfinite(value->via.f64);
    case MSGPACK_OBJECT_STR:
        *number = (struct number){.kind = NUMBER_DIGITS, .digits = value->via.str.ptr, .length = value->via.str.size};
        return is_large(value->via.str.ptr, value->via.str.size);
    default:
        return false;
    }
}

bool number_is_small(const struct number *number)
{
    return number->kind == NUMBER_INTEGER || number->kind == NUMBER_REAL;
}

/* An integer next to a float: as floats, 2^53 and 2^53 + 1 would be the same. */
static int compare_with_real(int64_t integer, double real)
{
    if (real >= BEYOND)
        return -1;
    if (real < -BEYOND)
        return 1;
    int64_t whole = (int64_t)real;
    if (integer != whole)
        return integer < whole ? -1 : 1;
    double rest = real - (double)whole;
    return (rest < 0) - (rest > 0);
}

int number_compare(const struct number *a, const struct number *b)
{
    if (a->kind == NUMBER_INTEGER && b->kind == NUMBER_INTEGER)
        return (a->integer > b->integer) - (a->integer < b->integer);
    if (a->kind == NUMBER_INTEGER)
        return compare_with_real(a->integer, b->real);
    if (b->kind == NUMBER_INTEGER)
        return -compare_with_real(b->integer, a->real);
    return (a->real > b->real) - (a->real < b->real);
}

double number_real(const struct number *number)
{
    return number->kind == NUMBER_REAL ? number->real : (double)number->integer;
}
