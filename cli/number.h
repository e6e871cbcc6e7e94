/*
 * cli/number.h - a number of a job's result, as exact as it came
 *
 * Integers beyond 64 bits have no form in msgpack: functions give them as strings of decimal digits, as factorial does.
 * Only such a string is a number. One with fewer digits is a text, for a number of that size would have come as one.
 */
#ifndef CLI_NUMBER_H
#define CLI_NUMBER_H

#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum number_kind {
    NUMBER_INTEGER = 1, /* fits `integer` */
    NUMBER_REAL,        /* finite */
    NUMBER_UNSIGNED,    /* fits `large` only */
    NUMBER_DIGITS,      /* fits neither: with or without a minus, and no NUL behind */
};

/* It points into the result. */
struct number {
    enum number_kind kind;
    int64_t integer;
    double real;
    uint64_t large;
    const char *digits;
    size_t length;
};

/* number_read - the number that a value is; false: it is none */
bool number_read(const msgpack_object *value, struct number *number);

/* number_is_small - has it at most 63 bits, or is it a float? The other functions here take no other. */
bool number_is_small(const struct number *number);

/* number_compare - below 0, 0, or above 0; exact, also between an integer and a float */
int number_compare(const struct number *a, const struct number *b);

/* number_real - as a float, rounded if it has to be */
double number_real(const struct number *number);

#endif
