/*
 * cli/aggregate.c - what the numbers of several jobs come to
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing; aggregates belong to their users.
 */
#include "cli/aggregate.h"

#include "cli/product.h"

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 unsigned_wide;

/* 10^18, the largest power of ten whose digits text_unsigned() can be asked for. */
#define EIGHTEEN_DIGITS UINT64_C(1000000000000000000)

static wide integer_of(const struct aggregate *aggregate)
{
    return (wide)aggregate->high * ((wide)1 << 64) + aggregate->low;
}

static double sum_of(const struct aggregate *aggregate)
{
    return aggregate->real + (double)integer_of(aggregate);
}

static void add_to_sum(struct aggregate *aggregate, const struct number *number)
{
    if (number->kind == NUMBER_REAL) {
        aggregate->real += number->real;
        aggregate->is_real = true;
        return;
    }
    wide sum = integer_of(aggregate) + number->integer;
    aggregate->high = (int64_t)(sum >> 64);
    aggregate->low = (uint64_t)sum;
}

void aggregate_add(struct aggregate *aggregate, enum aggregate_kind kind, const struct number *number)
{
    bool first = aggregate->count++ == 0;

    switch (kind) {
    case AGGREGATE_COUNT:
        break;
    case AGGREGATE_SUM:
    case AGGREGATE_MEAN:
        add_to_sum(aggregate, number);
        break;
    case AGGREGATE_MIN:
        if (first || number_compare(number, &aggregate->extreme) < 0)
            aggregate->extreme = *number;
        break;
    case AGGREGATE_MAX:
        if (first || number_compare(number, &aggregate->extreme) > 0)
            aggregate->extreme = *number;
        break;
    case AGGREGATE_PRODUCT:
        if (aggregate->product == NULL)
            aggregate->product = product_new();
        product_multiply(aggregate->product, number);
        break;
    }
}

/* The digits of a magnitude, eighteen at a time from the end: the ones in front have no zeroes before them. */
static void add_digits(struct text *to, unsigned_wide magnitude)
{
    if (magnitude < EIGHTEEN_DIGITS) {
        text_unsigned(to, (uint64_t)magnitude);
        return;
    }
    add_digits(to, magnitude / EIGHTEEN_DIGITS);
    text_printf(to, "%018llu", (unsigned long long)(magnitude % EIGHTEEN_DIGITS));
}

static struct figure integer_figure(wide integer)
{
    struct figure figure = {.kind = FIGURE_INTEGER};

    if (integer < 0)
        text_char(&figure.digits, '-');
    add_digits(&figure.digits, integer < 0 ? 0 - (unsigned_wide)integer : (unsigned_wide)integer);
    return figure;
}

struct figure aggregate_mean(double sum, uint64_t count)
{
    if (count == 0)
        return (struct figure){0};
    return (struct figure){.kind = FIGURE_REAL, .real = sum / (double)count};
}

struct figure aggregate_figure(const struct aggregate *aggregate, enum aggregate_kind kind)
{
    switch (kind) {
    case AGGREGATE_COUNT:
        return integer_figure((wide)aggregate->count);
    case AGGREGATE_SUM:
        if (aggregate->is_real)
            return (struct figure){.kind = FIGURE_REAL, .real = sum_of(aggregate)};
        return integer_figure(integer_of(aggregate));
    case AGGREGATE_MEAN:
        return aggregate_mean(sum_of(aggregate), aggregate->count);
    case AGGREGATE_PRODUCT:
        return aggregate->product != NULL ? product_figure(aggregate->product) : integer_figure(1);
    case AGGREGATE_MIN:
    case AGGREGATE_MAX:
        break;
    }
    return aggregate->count > 0 ? figure_of(&aggregate->extreme) : (struct figure){0};
}

static int compare_reals(double a, double b)
{
    return (a > b) - (a < b);
}

int aggregate_compare(const struct aggregate *a, const struct aggregate *b, enum aggregate_kind kind)
{
    switch (kind) {
    case AGGREGATE_COUNT:
        return (a->count > b->count) - (a->count < b->count);
    case AGGREGATE_SUM:
        if (a->is_real || b->is_real)
            return compare_reals(sum_of(a), sum_of(b));
        return (integer_of(a) > integer_of(b)) - (integer_of(a) < integer_of(b));
    case AGGREGATE_MEAN:
        return compare_reals(sum_of(a) / (double)a->count, sum_of(b) / (double)b->count);
    case AGGREGATE_PRODUCT:
        return product_compare(a->product, b->product);
    case AGGREGATE_MIN:
    case AGGREGATE_MAX:
        break;
    }
    return number_compare(&a->extreme, &b->extreme);
}

void aggregate_free(struct aggregate *aggregate)
{
    product_free(aggregate->product);
    *aggregate = (struct aggregate){0};
}
