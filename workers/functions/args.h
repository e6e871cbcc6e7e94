/*
 * workers/functions/args.h - reading the arguments of a built-in function
 *
 * Arguments come from job files, where `1`, `"1"` and a line of a text file that says 1 are all meant as the number 1,
 * so numbers are taken from decimal digits too. Strings are bytes: a file name need not be UTF-8.
 */
#ifndef MP_WORKERS_FUNCTIONS_ARGS_H
#define MP_WORKERS_FUNCTIONS_ARGS_H

#include <mpool/init.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole number of 64 bits, with its sign apart: all of int64_t and of uint64_t. */
struct mp_args_integer {
    uint64_t magnitude;
    bool negative; /* false for 0 */
};

/* mp_args_field - the value of a key of a map; NULL if `args` is no map, or has no such key. */
const msgpack_object *mp_args_field(const msgpack_object *args, const char *key);

/* mp_args_bytes - the bytes of a str or bin; false, outputs unchanged, if `value` is NULL or something else. */
bool mp_args_bytes(const msgpack_object *value, const char **bytes, size_t *size);

/* mp_args_is - is `value` a str or bin of just this text? */
bool mp_args_is(const msgpack_object *value, const char *text);

/* mp_args_integer - a whole number, or its digits; false, output unchanged, for NULL, anything else and overflow. */
bool mp_args_integer(const msgpack_object *value, struct mp_args_integer *integer);

/* mp_args_double - a finite number, or its decimal text; false, output unchanged, for NULL and anything else. */
bool mp_args_double(const msgpack_object *value, double *number);

#endif
