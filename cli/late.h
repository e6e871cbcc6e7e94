/*
 * cli/late.h - what is known of a program only when its attempt begins
 *
 * {worker}, {attempt} and {output} stay open in the arguments of a job, so that these are the same whichever worker
 * runs it: in place of a text there is a map of one key, {"parts": [...]}, with texts and numbers. A number is one of
 * enum late_number. The worker fills them in.
 */
#ifndef CLI_LATE_H
#define CLI_LATE_H

#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>

enum late_number {
    LATE_WORKER = 0, /* the number of the worker's slot, from 0 */
    LATE_ATTEMPT,    /* 1, 2 ... */
    LATE_OUTPUT,     /* what the program is to write to; and so on, for each output of the step */
};

/* The key of the map. */
#define LATE_KEY "parts"

/* What stands for the numbers. */
struct late {
    unsigned worker, attempt;
    const char *const *outputs;
    size_t output_count;
};

/*
 * late_fill - a value with texts in place of what was open in it
 *
 * to        out  the copy; it lives in the zone, but for texts that were whole before
 *
 * Returns false if there is no memory. What is no such map, with known numbers, stays as it is.
 */
bool late_fill(const msgpack_object *from, const struct late *late, msgpack_zone *zone, msgpack_object *to);

#endif
