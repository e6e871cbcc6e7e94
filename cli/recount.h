/*
 * cli/recount.h - a total computed anew, from results as they were stored
 *
 * By itself, and not with what computes totals while jobs run: that is what is to be checked.
 */
#ifndef CLI_RECOUNT_H
#define CLI_RECOUNT_H

#include "cli/text.h"

#include <stdbool.h>
#include <stdint.h>

enum recount_operation { RECOUNT_NONE = 0, RECOUNT_SUM, RECOUNT_MIN, RECOUNT_MAX, RECOUNT_COUNT };

/* {0} but for the operation and the field is that of nothing. */
struct recount {
    enum recount_operation operation;
    const char *field; /* "a.b"; NULL: the result itself */
    uint64_t count;    /* jobs */
    uint64_t missing;  /* of these, jobs whose result was not stored, or has no such number */
    bool has_real;     /* a sum has a float in it; the least or greatest is a float */
    bool overflow;     /* of the integers, in 128 bits */
    __int128 whole;    /* the integers */
    double real;       /* sum: of the floats; min, max: the float */
    double size;       /* sum: of the floats without their signs, which is what rounding is measured by */
};

/* recount_operation - RECOUNT_NONE for one that is not known here */
enum recount_operation recount_operation(const char *name);

/* recount_add - one job that is done; `value` is one packed msgpack value, NULL if it was not stored */
void recount_add(struct recount *recount, const void *value, size_t size);

/* recount_text - append as JSON has it: what does not fit 64 bits is a string; null for the least of nothing */
void recount_text(const struct recount *recount, struct text *to);

/*
 * recount_agrees - is this what the total was, as JSON?
 *
 * A sum of floats depends on their order, and agrees to 12 digits; everything else exactly.
 */
bool recount_agrees(const struct recount *recount, const char *json);

#endif
