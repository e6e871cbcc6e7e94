/*
 * cli/product.c - a product of any number of factors
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing; products belong to their users.
 *
 * To multiply a large product by one small factor after the other would take time that grows with the square of its
 * size. So factors gather on the lowest of several levels, and what has grown to a level's size is multiplied into the
 * next one, whose size is twice that: large numbers meet only numbers of about their own size, which GMP multiplies
 * fast. The product is that of all levels.
 *
 * A float is kept as fraction times 2^exponent, with an exponent that no number of factors brings to its end.
 */
#include "cli/product.h"

#include "cli/memory.h"

#include <gmp.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The size of the lowest level in limbs, and their number: the highest one has no limit. */
#define LOWEST_LIMBS 64
#define LEVELS 16
#define HIGHEST (LEVELS - 1)

/* Beyond this exponent every float is infinite, and below its negative every one is 0. */
#define EXPONENT_MAX 5000

struct product {
    mpz_t levels[LEVELS];
    bool is_real; /* a float was among the factors */
    double fraction;
    int64_t exponent;
};

/* ---- memory: GMP itself would abort where there is none ---------------------------------------------------------- */

static void *allocate(size_t size)
{
    return memory_get(size);
}

static void *reallocate(void *memory, size_t old_size, size_t size)
{
    (void)old_size;
    return memory_grow(memory, size);
}

static void release(void *memory, size_t size)
{
    (void)size;
    free(memory);
}

struct product *product_new(void)
{
    struct product *product = memory_get(sizeof *product);

    mp_set_memory_functions(allocate, reallocate, release);
    for (int i = 0; i < LEVELS; i++)
        mpz_init_set_ui(product->levels[i], 1);
    product->fraction = 1;
    return product;
}

void product_free(struct product *product)
{
    if (product == NULL)
        return;
    for (int i = 0; i < LEVELS; i++)
        mpz_clear(product->levels[i]);
    free(product);
}

/* ---- factors ----------------------------------------------------------------------------------------------------- */

static uint64_t magnitude_of(const struct number *number)
{
    if (number->kind == NUMBER_UNSIGNED)
        return number->large;
    return number->integer < 0 ? 0 - (uint64_t)number->integer : (uint64_t)number->integer;
}

static void set_integer(mpz_t integer, const struct number *number)
{
    if (number->kind == NUMBER_DIGITS) {
        char *digits = memory_copy(number->digits, number->length);
        (void)mpz_set_str(integer, digits, 10);
        free(digits);
        return;
    }
    uint64_t magnitude = magnitude_of(number);
    mpz_import(integer, 1, 1, sizeof magnitude, 0, 0, &magnitude);
    if (number->kind == NUMBER_INTEGER && number->integer < 0)
        mpz_neg(integer, integer);
}

static void multiply_real(struct product *product, double factor)
{
    int exponent, more;
    double fraction = frexp(factor, &exponent);

    product->is_real = true;
    product->fraction = frexp(product->fraction * fraction, &more);
    product->exponent += exponent + more;
}

void product_multiply(struct product *product, const struct number *factor)
{
    mpz_t *levels = product->levels;
    mpz_t integer;

    if (factor->kind == NUMBER_REAL) {
        multiply_real(product, factor->real);
        return;
    }
    mpz_init(integer);
    set_integer(integer, factor);
    mpz_mul(levels[0], levels[0], integer);
    mpz_clear(integer);
    for (int i = 0; i < HIGHEST && mpz_size(levels[i]) >= (size_t)LOWEST_LIMBS << i; i++) {
        mpz_mul(levels[i + 1], levels[i + 1], levels[i]);
        mpz_set_ui(levels[i], 1);
    }
}

uint64_t product_bits(const struct number *factor)
{
    if (factor->kind == NUMBER_REAL)
        return 0;
    if (factor->kind == NUMBER_DIGITS)
        return (uint64_t)factor->length * 10 / 3 + 1; /* a digit has log2(10) bits, 3.33 */
    return (uint64_t)(64 - __builtin_clzll(magnitude_of(factor) | 1));
}

/* ---- the value --------------------------------------------------------------------------------------------------- */

/* Brings all levels together in the highest one. */
static mpz_srcptr gather(struct product *product)
{
    mpz_t *levels = product->levels;

    for (int i = 0; i < HIGHEST; i++) {
        mpz_mul(levels[i + 1], levels[i + 1], levels[i]);
        mpz_set_ui(levels[i], 1);
    }
    return levels[HIGHEST];
}

static double real_of(struct product *product)
{
    long exponent;
    double fraction = mpz_get_d_2exp(&exponent, gather(product));
    int64_t sum = product->exponent + exponent;

    if (sum > EXPONENT_MAX)
        sum = EXPONENT_MAX;
    if (sum < -EXPONENT_MAX)
        sum = -EXPONENT_MAX;
    return ldexp(product->fraction * fraction, (int)sum);
}

struct figure product_figure(struct product *product)
{
    struct figure figure = {.kind = FIGURE_REAL};

    if (product->is_real) {
        figure.real = real_of(product);
        return figure;
    }
    mpz_srcptr integer = gather(product);
    figure.kind = FIGURE_INTEGER;
    /* With room for a minus; the NUL has its own. */
    char *digits = text_room(&figure.digits, mpz_sizeinbase(integer, 10) + 1);
    (void)mpz_get_str(digits, 10, integer);
    figure.digits.size = strlen(digits);
    return figure;
}

int product_compare(struct product *a, struct product *b)
{
    if (!a->is_real && !b->is_real)
        return mpz_cmp(gather(a), gather(b));
    double x = real_of(a), y = real_of(b);
    return (x > y) - (x < y);
}
