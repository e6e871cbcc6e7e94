/*
 * base/delta.c - what jobs add to a total
 *
 * Runs in: any process. Pure.
 */
#include "base/delta.h"

#include <stdio.h>
#include <string.h>

__extension__ typedef __int128 wide;

static wide integer_of(const struct mp_delta *delta)
{
    return (wide)delta->high * ((wide)1 << 64) + delta->low;
}

static void set_integer(struct mp_delta *delta, wide integer)
{
    delta->high = (int64_t)(integer >> 64);
    delta->low = (uint64_t)integer;
}

static double as_double(const struct mp_delta *delta)
{
    return delta->is_float ? delta->real : (double)integer_of(delta);
}

/* Is the first less than the second? Integers are compared as integers. */
static bool less(const struct mp_delta *a, const struct mp_delta *b)
{
    if (!a->is_float && !b->is_float)
        return integer_of(a) < integer_of(b);
    return as_double(a) < as_double(b);
}

void mp_delta_merge(struct mp_delta *delta, mpool_total_kind kind, const struct mp_delta *more)
{
    uint64_t count = delta->count + more->count;

    if (more->count == 0)
        return;
    switch (kind) {
    case MPOOL_SUM:
        set_integer(delta, integer_of(delta) + integer_of(more));
        delta->real += more->real;
        delta->is_float = delta->is_float || more->is_float;
        break;
    case MPOOL_MIN:
        if (delta->count == 0 || less(more, delta))
            *delta = *more;
        break;
    case MPOOL_MAX:
        if (delta->count == 0 || less(delta, more))
            *delta = *more;
        break;
    case MPOOL_COUNT:
        break;
    }
    delta->count = count;
}

void mp_delta_add_integer(struct mp_delta *delta, mpool_total_kind kind, int64_t value)
{
    struct mp_delta one = {.count = 1};

    set_integer(&one, value);
    mp_delta_merge(delta, kind, &one);
}

void mp_delta_add_real(struct mp_delta *delta, mpool_total_kind kind, double value)
{
    struct mp_delta one = {.count = 1, .real = value, .is_float = true};

    mp_delta_merge(delta, kind, &one);
}

/* Decimal digits of a 128-bit integer, which printf cannot do. */
static void print_integer(wide integer, char *text, size_t room)
{
    char digits[40];
    size_t at = sizeof digits - 1;
    bool negative = integer < 0;

    digits[at] = '\0';
    do {
        int digit = (int)(integer % 10);

        digits[--at] = (char)('0' + (digit < 0 ? -digit : digit));
        integer /= 10;
    } while (integer != 0);
    (void)snprintf(text, room, "%s%s", negative ? "-" : "", digits + at);
}

void mp_delta_value(const struct mp_delta *delta, mpool_total_kind kind, mpool_total_value *value)
{
    wide integer = kind == MPOOL_COUNT ? (wide)delta->count : integer_of(delta);

    memset(value, 0, sizeof *value);
    value->count = delta->count;
    if (delta->count == 0 && (kind == MPOOL_MIN || kind == MPOOL_MAX))
        return;
    if (delta->is_float) {
        value->is_float = true;
        value->number = kind == MPOOL_SUM ? delta->real + (double)integer_of(delta) : delta->real;
        (void)snprintf(value->text, sizeof value->text, "%.17g", value->number);
        return;
    }
    value->number = (double)integer;
    value->fits = integer >= INT64_MIN && integer <= INT64_MAX;
    if (value->fits)
        value->integer = (int64_t)integer;
    print_integer(integer, value->text, sizeof value->text);
}
