/*
 * tests/unit/delta.c - sums beyond 64 bits, floats, and the least and greatest
 */
#include "base/delta.h"

#include <criterion/criterion.h>

static mpool_total_value value_of(const struct mp_delta *delta, mpool_total_kind kind)
{
    mpool_total_value value;

    mp_delta_value(delta, kind, &value);
    return value;
}

Test(delta, a_sum_goes_beyond_64_bits_and_comes_back)
{
    struct mp_delta delta = {0};
    mpool_total_value value;

    for (int i = 0; i < 4; i++)
        mp_delta_add_integer(&delta, MPOOL_SUM, INT64_MAX);
    value = value_of(&delta, MPOOL_SUM);
    cr_expect(!value.fits);
    cr_expect_str_eq(value.text, "36893488147419103228");
    for (int i = 0; i < 4; i++)
        mp_delta_add_integer(&delta, MPOOL_SUM, -INT64_MAX);
    mp_delta_add_integer(&delta, MPOOL_SUM, INT64_MIN);
    value = value_of(&delta, MPOOL_SUM);
    cr_expect(value.fits);
    cr_expect_eq(value.integer, INT64_MIN);
    cr_expect_str_eq(value.text, "-9223372036854775808");
    cr_expect_eq(value.count, 9);
}

Test(delta, a_sum_of_nothing_is_0_and_a_least_of_nothing_is_none)
{
    struct mp_delta delta = {0};

    cr_expect_str_eq(value_of(&delta, MPOOL_SUM).text, "0");
    cr_expect_str_eq(value_of(&delta, MPOOL_COUNT).text, "0");
    cr_expect_str_eq(value_of(&delta, MPOOL_MIN).text, "");
    cr_expect_str_eq(value_of(&delta, MPOOL_MAX).text, "");
}

Test(delta, a_sum_that_met_a_float_is_a_float)
{
    struct mp_delta delta = {0};
    mpool_total_value value;

    mp_delta_add_integer(&delta, MPOOL_SUM, 1);
    mp_delta_add_real(&delta, MPOOL_SUM, 0.5);
    value = value_of(&delta, MPOOL_SUM);
    cr_expect(value.is_float);
    cr_expect_eq(value.number, 1.5);
    cr_expect_str_eq(value.text, "1.5");
}

Test(delta, least_and_greatest_compare_integers_exactly)
{
    struct mp_delta least = {0}, greatest = {0};
    const int64_t values[] = {INT64_MAX - 1, INT64_MAX, INT64_MIN, 0};

    for (int i = 0; i < 4; i++) {
        mp_delta_add_integer(&least, MPOOL_MIN, values[i]);
        mp_delta_add_integer(&greatest, MPOOL_MAX, values[i]);
    }
    cr_expect_eq(value_of(&least, MPOOL_MIN).integer, INT64_MIN);
    cr_expect_eq(value_of(&greatest, MPOOL_MAX).integer, INT64_MAX);
    cr_expect_eq(value_of(&greatest, MPOOL_MAX).count, 4);
    mp_delta_add_real(&least, MPOOL_MIN, -1e300);
    cr_expect_eq(value_of(&least, MPOOL_MIN).number, -1e300);
}

Test(delta, merging_in_any_order_gives_the_same)
{
    struct mp_delta a = {0}, b = {0}, ab = {0}, ba = {0};

    for (int i = 0; i < 100; i++) {
        mp_delta_add_integer(&a, MPOOL_SUM, INT64_MAX - i);
        mp_delta_add_integer(&b, MPOOL_SUM, INT64_MIN + 3 * i);
    }
    mp_delta_merge(&ab, MPOOL_SUM, &a);
    mp_delta_merge(&ab, MPOOL_SUM, &b);
    mp_delta_merge(&ba, MPOOL_SUM, &b);
    mp_delta_merge(&ba, MPOOL_SUM, &a);
    cr_expect_str_eq(value_of(&ab, MPOOL_SUM).text, value_of(&ba, MPOOL_SUM).text);
    cr_expect_eq(ab.count, 200);
}
