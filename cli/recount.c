/*
 * cli/recount.c - a total computed anew, from results as they were stored
 *
 * Runs in: the mpool command. Owns: nothing; pure functions.
 */
#include "cli/recount.h"

#include "cli/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AGREES 1e-12

enum recount_operation recount_operation(const char *name)
{
    static const char *const names[] = {"", "sum", "min", "max", "count"};

    for (size_t i = 1; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0)
            return (enum recount_operation)i;
    }
    return RECOUNT_NONE;
}

/* The value at "a.b" in maps; NULL if there is none. */
static const msgpack_object *find_field(const msgpack_object *object, const char *field)
{
    while (field != NULL && *field != '\0') {
        size_t length = strcspn(field, ".");
        const msgpack_object *found = NULL;

        for (uint32_t i = 0; object->type == MSGPACK_OBJECT_MAP && found == NULL && i < object->via.map.size; i++) {
            const msgpack_object_kv *pair = &object->via.map.ptr[i];
            if (pair->key.type == MSGPACK_OBJECT_STR && pair->key.via.str.size == length &&
                memcmp(pair->key.via.str.ptr, field, length) == 0)
                found = &pair->val;
        }
        if (found == NULL)
            return NULL;
        object = found;
        field += length + (field[length] == '.');
    }
    return object;
}

static void add_integer(struct recount *recount, __int128 number)
{
    double real = (double)number;

    if (recount->operation == RECOUNT_SUM) {
        recount->overflow = __builtin_add_overflow(recount->whole, number, &recount->whole) || recount->overflow;
    } else if (recount->count == 1) {
        recount->whole = number;
    } else if (recount->has_real) {
        if (recount->operation == RECOUNT_MIN ? real < recount->real : real > recount->real) {
            recount->has_real = false;
            recount->whole = number;
        }
    } else if (recount->operation == RECOUNT_MIN ? number < recount->whole : number > recount->whole) {
        recount->whole = number;
    }
}

static void add_real(struct recount *recount, double number)
{
    double before = recount->has_real ? recount->real : (double)recount->whole;

    if (recount->operation == RECOUNT_SUM) {
        recount->has_real = true;
        recount->real += number;
        recount->size += fabs(number);
    } else if (recount->count == 1 || (recount->operation == RECOUNT_MIN ? number < before : number > before)) {
        recount->has_real = true;
        recount->real = number;
    }
}

void recount_add(struct recount *recount, const void *value, size_t size)
{
    msgpack_unpacked unpacked;
    size_t offset = 0;

    recount->count++;
    if (recount->operation == RECOUNT_COUNT)
        return;
    msgpack_unpacked_init(&unpacked);
    const msgpack_object *number = NULL;
    if (value != NULL && msgpack_unpack_next(&unpacked, value, size, &offset) == MSGPACK_UNPACK_SUCCESS)
        number = find_field(&unpacked.data, recount->field);
    if (number == NULL)
        recount->missing++;
    else if (number->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        add_integer(recount, number->via.u64);
    else if (number->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        add_integer(recount, number->via.i64);
    else if (number->type == MSGPACK_OBJECT_FLOAT32 || number->type == MSGPACK_OBJECT_FLOAT64)
        add_real(recount, number->via.f64);
    else
        recount->missing++;
    msgpack_unpacked_destroy(&unpacked);
}

/* The digits of an integer of 128 bits, at the end of the buffer. */
static const char *digits_of(__int128 number, char digits[48])
{
    unsigned __int128 left = number < 0 ? -(unsigned __int128)number : (unsigned __int128)number;
    char *at = digits + 47;

    *at = '\0';
    do {
        *--at = (char)('0' + (int)(left % 10));
        left /= 10;
    } while (left != 0);
    if (number < 0)
        *--at = '-';
    return at;
}

void recount_text(const struct recount *recount, struct text *to)
{
    char digits[48];
    bool extreme = recount->operation == RECOUNT_MIN || recount->operation == RECOUNT_MAX;

    if (recount->operation == RECOUNT_COUNT) {
        text_unsigned(to, recount->count);
    } else if (extreme && recount->count == 0) {
        text_string(to, "null");
    } else if (recount->has_real) {
        json_double(to, recount->real + (extreme ? 0 : (double)recount->whole));
    } else {
        bool fits = recount->whole >= INT64_MIN && recount->whole <= (__int128)UINT64_MAX;
        text_printf(to, fits ? "%s" : "\"%s\"", digits_of(recount->whole, digits));
    }
}

bool recount_agrees(const struct recount *recount, const char *json)
{
    struct text ours = {0};
    bool agrees;

    if (recount->operation == RECOUNT_SUM && recount->has_real) {
        double sum = recount->real + (double)recount->whole;
        agrees = fabs(strtod(json, NULL) - sum) <= AGREES * (recount->size + fabs((double)recount->whole));
    } else {
        recount_text(recount, &ours);
        agrees = strcmp(ours.data, json) == 0;
    }
    text_free(&ours);
    return agrees;
}
