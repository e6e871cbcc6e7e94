/*
 * tests/cli/totals_test.c - totals that the command keeps: numbers, aggregates, products, groups and lists of jobs
 */
#include "cli/field.h"
#include "cli/groups.h"
#include "cli/product.h"

#include <criterion/criterion.h>
#include <float.h>
#include <gmp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a result has ------------------------------------------------------------------------------------------- */

static msgpack_object text_object(const char *text)
{
    return (msgpack_object){.type = MSGPACK_OBJECT_STR, .via.str = {.ptr = text, .size = (uint32_t)strlen(text)}};
}

static msgpack_object unsigned_object(uint64_t number)
{
    return (msgpack_object){.type = MSGPACK_OBJECT_POSITIVE_INTEGER, .via.u64 = number};
}

static msgpack_object real_object(double number)
{
    return (msgpack_object){.type = MSGPACK_OBJECT_FLOAT64, .via.f64 = number};
}

static struct number integer(int64_t value)
{
    return (struct number){.kind = NUMBER_INTEGER, .integer = value};
}

static struct number real(double value)
{
    return (struct number){.kind = NUMBER_REAL, .real = value};
}

static struct number digits(const char *text)
{
    return (struct number){.kind = NUMBER_DIGITS, .digits = text, .length = strlen(text)};
}

/* The kind of number that a text is; 0: it is none. */
static int kind_of_text(const char *text)
{
    msgpack_object object = text_object(text);
    struct number number;

    return number_read(&object, &number) ? (int)number.kind : 0;
}

Test(number, a_text_is_a_number_only_if_64_bits_cannot_hold_it)
{
    cr_expect_eq(kind_of_text("18446744073709551616"), NUMBER_DIGITS);
    cr_expect_eq(kind_of_text("-9223372036854775809"), NUMBER_DIGITS);
    cr_expect_eq(kind_of_text("100000000000000000000000000000000"), NUMBER_DIGITS);
    static const char *const none[] = {"",
                                       "-",
                                       "7",
                                       "18446744073709551615",
                                       "-9223372036854775808",
                                       "018446744073709551616",
                                       "+18446744073709551616",
                                       "18446744073709551616 ",
                                       "184467440737095516160.5",
                                       "a8446744073709551616",
                                       "--9223372036854775809",
                                       "00000000000000000000000000000"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        cr_expect_eq(kind_of_text(none[i]), 0, "%s", none[i]);
}

Test(number, integers_keep_all_their_bits_and_floats_are_finite)
{
    msgpack_object most = unsigned_object(INT64_MAX), more = unsigned_object(UINT64_MAX);
    msgpack_object half = real_object(0.5), infinite = real_object(INFINITY), none = {.type = MSGPACK_OBJECT_NIL};
    struct number number;

    cr_expect(number_read(&most, &number) && number.integer == INT64_MAX && number_is_small(&number));
    cr_expect(number_read(&more, &number) && number.large == UINT64_MAX && !number_is_small(&number));
    cr_expect(number_read(&half, &number) && number.real == 0.5 && number_is_small(&number));
    cr_expect(!number_read(&infinite, &number));
    cr_expect(!number_read(&none, &number));
}

static int compare(struct number a, struct number b)
{
    cr_expect_eq(number_compare(&a, &b), -number_compare(&b, &a));
    return number_compare(&a, &b);
}

Test(number, an_integer_and_a_float_are_compared_exactly)
{
    const int64_t large = INT64_C(1) << 53;

    cr_expect_lt(compare(integer(1), integer(2)), 0);
    cr_expect_lt(compare(real(1.5), real(2)), 0);
    cr_expect_eq(compare(integer(large), real((double)large)), 0);
    cr_expect_gt(compare(integer(large + 1), real((double)large)), 0);
    cr_expect_lt(compare(integer(INT64_MAX), real(0x1p63)), 0);
    cr_expect_eq(compare(integer(INT64_MIN), real(-0x1p63)), 0);
    cr_expect_gt(compare(integer(INT64_MIN), real(-1e300)), 0);
    cr_expect_lt(compare(integer(-3), real(-2.5)), 0);
    cr_expect_gt(compare(integer(-2), real(-2.5)), 0);
    cr_expect_lt(compare(integer(2), real(2.5)), 0);
}

Test(field, a_value_is_found_in_maps_in_maps)
{
    msgpack_object_kv inner_pair = {text_object("b-1"), unsigned_object(7)};
    msgpack_object inner = {.type = MSGPACK_OBJECT_MAP, .via.map = {.size = 1, .ptr = &inner_pair}};
    msgpack_object_kv pairs[] = {{unsigned_object(0), real_object(1)}, {text_object("a"), inner}};
    msgpack_object map = {.type = MSGPACK_OBJECT_MAP, .via.map = {.size = 2, .ptr = pairs}};

    cr_expect_eq(field_find(&map, NULL), &map);
    cr_expect_eq(field_find(&map, "a"), &pairs[1].val);
    cr_expect_eq(field_find(&map, "a.b-1"), &inner_pair.val);
    cr_expect_null(field_find(&map, "b"));
    cr_expect_null(field_find(&map, "a.b"));
    cr_expect_null(field_find(&map, "a.b-1.c"));
}

Test(field, scalars_have_a_text_and_nothing_else_has)
{
    msgpack_object yes = {.type = MSGPACK_OBJECT_BOOLEAN, .via.boolean = true}, none = {.type = MSGPACK_OBJECT_NIL};
    msgpack_object list = {.type = MSGPACK_OBJECT_ARRAY}, infinite = real_object(INFINITY);
    msgpack_object word = text_object("a\"b"), seven = unsigned_object(7), half = real_object(0.5);
    struct text text = {0};

    cr_expect(field_text(&yes, &text) && field_text(&word, &text) && field_text(&seven, &text) &&
              field_text(&half, &text));
    cr_expect_str_eq(text.data, "truea\"b70.5");
    cr_expect(!field_text(&none, &text) && !field_text(&list, &text) && !field_text(&infinite, &text));
    cr_expect_str_eq(text.data, "truea\"b70.5");
    text_free(&text);
}

/* ---- aggregates -------------------------------------------------------------------------------------------------- */

/* What a figure is in JSON; valid until the next call. */
static const char *as_json(struct figure figure)
{
    static struct text text;

    text_clear(&text);
    figure_json(&text, &figure);
    figure_free(&figure);
    return text.data;
}

static const char *total_of(enum aggregate_kind kind, const struct number *numbers, size_t count)
{
    struct aggregate aggregate = {0};

    for (size_t i = 0; i < count; i++)
        aggregate_add(&aggregate, kind, &numbers[i]);
    const char *json = as_json(aggregate_figure(&aggregate, kind));
    aggregate_free(&aggregate);
    return json;
}

Test(aggregate, a_sum_is_exact_to_128_bits)
{
    struct number most[] = {integer(INT64_MAX), integer(INT64_MAX), integer(INT64_MAX), integer(3)};
    struct number least[] = {integer(INT64_MIN), integer(INT64_MIN), integer(INT64_MIN)};
    struct aggregate zeroes = {.high = 5421010862, .low = UINT64_C(7886392056514347008)}; /* 10^29 */

    cr_expect_str_eq(total_of(AGGREGATE_SUM, most, 2), "18446744073709551614");
    cr_expect_str_eq(total_of(AGGREGATE_SUM, most, 4), "\"27670116110564327424\"");
    cr_expect_str_eq(total_of(AGGREGATE_SUM, least, 1), "-9223372036854775808");
    cr_expect_str_eq(total_of(AGGREGATE_SUM, least, 3), "\"-27670116110564327424\"");
    cr_expect_str_eq(as_json(aggregate_figure(&zeroes, AGGREGATE_SUM)), "\"100000000000000000000000000000\"");
}

Test(aggregate, a_sum_that_met_a_float_is_a_float)
{
    struct number numbers[] = {integer(1), real(0.5), integer(-3)};

    cr_expect_str_eq(total_of(AGGREGATE_SUM, numbers, 3), "-1.5");
}

Test(aggregate, a_mean_is_the_sum_by_the_count)
{
    struct number numbers[] = {integer(1), integer(2), integer(4), real(0.5)};

    cr_expect_str_eq(total_of(AGGREGATE_MEAN, numbers, 2), "1.5");
    cr_expect_str_eq(total_of(AGGREGATE_MEAN, numbers, 4), "1.875");
}

Test(aggregate, the_least_and_the_greatest_are_the_numbers_that_were_added)
{
    struct number numbers[] = {integer(2), real(2.5), integer(-7), integer(INT64_MAX), real(-6.5)};

    cr_expect_str_eq(total_of(AGGREGATE_MIN, numbers, 5), "-7");
    cr_expect_str_eq(total_of(AGGREGATE_MAX, numbers, 5), "9223372036854775807");
    cr_expect_str_eq(total_of(AGGREGATE_MAX, numbers, 3), "2.5");
}

Test(aggregate, of_nothing_there_is_a_sum_a_count_and_a_product_and_nothing_else)
{
    cr_expect_str_eq(total_of(AGGREGATE_SUM, NULL, 0), "0");
    cr_expect_str_eq(total_of(AGGREGATE_COUNT, NULL, 0), "0");
    cr_expect_str_eq(total_of(AGGREGATE_PRODUCT, NULL, 0), "1");
    cr_expect_str_eq(total_of(AGGREGATE_MIN, NULL, 0), "null");
    cr_expect_str_eq(total_of(AGGREGATE_MAX, NULL, 0), "null");
    cr_expect_str_eq(total_of(AGGREGATE_MEAN, NULL, 0), "null");
}

/* Compares what two numbers each come to. */
static int compare_totals(enum aggregate_kind kind, struct number a1, struct number a2, struct number b1,
                          struct number b2)
{
    struct aggregate a = {0}, b = {0};

    aggregate_add(&a, kind, &a1);
    aggregate_add(&a, kind, &a2);
    aggregate_add(&b, kind, &b1);
    aggregate_add(&b, kind, &b2);
    int order = aggregate_compare(&a, &b, kind);
    cr_expect_eq(order, -aggregate_compare(&b, &a, kind));
    aggregate_free(&a);
    aggregate_free(&b);
    return order;
}

Test(aggregate, totals_are_compared_exactly)
{
    struct number most = integer(INT64_MAX);

    cr_expect_gt(compare_totals(AGGREGATE_SUM, most, integer(2), most, integer(1)), 0);
    cr_expect_lt(compare_totals(AGGREGATE_SUM, real(1), integer(2), most, integer(1)), 0);
    cr_expect_eq(compare_totals(AGGREGATE_COUNT, most, most, integer(1), integer(1)), 0);
    cr_expect_lt(compare_totals(AGGREGATE_MEAN, integer(1), integer(2), integer(1), integer(3)), 0);
    cr_expect_lt(compare_totals(AGGREGATE_MIN, integer(1), integer(9), integer(2), integer(3)), 0);
    cr_expect_gt(compare_totals(AGGREGATE_MAX, integer(1), integer(9), integer(2), integer(3)), 0);
    cr_expect_gt(compare_totals(AGGREGATE_PRODUCT, most, integer(2), most, integer(1)), 0);
    cr_expect_gt(compare_totals(AGGREGATE_PRODUCT, most, integer(2), most, real(1)), 0);
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

Test(product, a_factorial_is_exact)
{
    const unsigned n = 20000;
    struct product *product = product_new();
    mpz_t expected;

    for (unsigned i = 1; i <= n; i++) {
        struct number factor = integer(i);
        product_multiply(product, &factor);
    }
    struct figure figure = product_figure(product);
    mpz_init(expected);
    mpz_fac_ui(expected, n);
    char *text = mpz_get_str(NULL, 10, expected);
    cr_expect_eq(figure.kind, FIGURE_INTEGER);
    cr_expect_str_eq(figure.digits.data, text);
    cr_expect_eq(figure.digits.size, strlen(text));
    free(text);
    mpz_clear(expected);
    figure_free(&figure);
    product_free(product);
}

Test(product, factors_may_be_of_any_size_and_sign)
{
    struct number numbers[] = {integer(INT64_MIN),
                               digits("-18446744073709551617"),
                               {.kind = NUMBER_UNSIGNED, .large = UINT64_MAX},
                               integer(-1),
                               integer(0)};

    cr_expect_str_eq(total_of(AGGREGATE_PRODUCT, numbers, 1), "-9223372036854775808");
    cr_expect_str_eq(total_of(AGGREGATE_PRODUCT, numbers, 2), "\"170141183460469231740910675752738881536\"");
    /* 2^63 (2^64 + 1) (2^64 - 1) (-1) = 2^63 - 2^191 */
    cr_expect_str_eq(total_of(AGGREGATE_PRODUCT, numbers, 4),
                     "\"-3138550867693340381917894711603833208041954350195162480640\"");
    cr_expect_str_eq(total_of(AGGREGATE_PRODUCT, numbers, 5), "0");
}

Test(product, a_product_goes_on_after_it_was_looked_at)
{
    struct aggregate aggregate = {0};

    for (int i = 1; i <= 25; i++) {
        struct number factor = integer(i);
        aggregate_add(&aggregate, AGGREGATE_PRODUCT, &factor);
        (void)as_json(aggregate_figure(&aggregate, AGGREGATE_PRODUCT));
    }
    cr_expect_str_eq(as_json(aggregate_figure(&aggregate, AGGREGATE_PRODUCT)), "\"15511210043330985984000000\"");
    aggregate_free(&aggregate);
}

Test(product, a_product_that_met_a_float_is_a_float_which_nothing_in_between_makes_infinite)
{
    struct number numbers[] = {real(DBL_MAX),      real(DBL_MAX), real(DBL_TRUE_MIN),
                               real(DBL_TRUE_MIN), real(0x1p100), integer(3)};
    struct number infinite[] = {real(DBL_MAX), integer(-2)};
    struct number large[] = {digits("1267650600228229401496703205376"), real(0.5)};

    cr_expect_str_eq(total_of(AGGREGATE_PRODUCT, large, 2), "6.338253001141147e+29");
    /* (2^1024)^2 (2^-1074)^2 2^100 * 3, but for what DBL_MAX is short of 2^1024 */
    cr_expect_float_eq(strtod(total_of(AGGREGATE_PRODUCT, numbers, 6), NULL), 3, 1e-12);
    cr_expect_str_eq(total_of(AGGREGATE_PRODUCT, infinite, 2), "null");
}

Test(product, the_bits_of_a_factor_are_those_it_adds_at_most)
{
    struct number numbers[] = {integer(0),
                               integer(1),
                               integer(-4),
                               integer(INT64_MIN),
                               {.kind = NUMBER_UNSIGNED, .large = UINT64_MAX},
                               digits("99999999999999999999"),
                               real(1e300)};
    static const uint64_t bits[] = {1, 1, 3, 64, 64, 67, 0};

    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
        cr_expect_eq(product_bits(&numbers[i]), bits[i], "%zu", i);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static const char *as_shown(const char *text)
{
    static struct text shown;
    struct figure figure = {.kind = FIGURE_INTEGER};

    text_string(&figure.digits, text);
    text_clear(&shown);
    figure_show(&shown, &figure);
    figure_free(&figure);
    return shown.data;
}

Test(figure, people_see_groups_of_three_digits_and_the_ends_of_a_long_integer)
{
    char zeroes[102] = "-1";

    cr_expect_str_eq(as_shown("0"), "0");
    cr_expect_str_eq(as_shown("-999"), "-999");
    cr_expect_str_eq(as_shown("-1000"), "-1,000");
    cr_expect_str_eq(as_shown("18446744073709551616"), "18,446,744,073,709,551,616");
    memset(zeroes + 2, '0', 99);
    cr_expect_str_eq(as_shown(zeroes), "-10000000000000000000…0000000000 (100 digits)");
}

Test(figure, what_is_too_large_for_a_float_is_told)
{
    struct figure figure = {.kind = FIGURE_REAL, .real = -INFINITY};
    struct text text = {0};

    figure_show(&text, &figure);
    cr_expect_str_eq(text.data, "too large for a float");
    text_free(&text);
}

/* ---- lists and groups -------------------------------------------------------------------------------------------- */

/* The names in a list, in order. */
static const char *names_in(const struct top *top)
{
    static struct text text;

    text_clear(&text);
    text_string(&text, "");
    for (size_t i = 0; i < top->count; i++)
        text_add(&text, top->entries[i].name, top->entries[i].size);
    return text.data;
}

Test(top, the_best_are_kept_and_among_equals_the_first_item)
{
    /* By number c, (a, d), e, b; a is item 0. */
    static const int64_t values[] = {5, 1, 9, 5, 3};
    static const char letters[] = "abcde";

    /* In whatever order they end. */
    for (size_t first = 0; first < 5; first++) {
        struct top largest = {0}, smallest = {0};
        for (size_t i = 0; i < 5; i++) {
            size_t at = (first + i * 2) % 5;
            struct number number = integer(values[at]);
            top_add(&largest, 3, true, &number, at, letters + at, 1);
            top_add(&smallest, 4, false, &number, at, letters + at, 1);
        }
        cr_expect_str_eq(names_in(&largest), "cad", "%zu", first);
        cr_expect_str_eq(names_in(&smallest), "bead", "%zu", first);
        top_free(&largest);
        top_free(&smallest);
    }
}

Test(groups, each_key_has_one_group_and_they_are_listed_in_order)
{
    static const struct {
        const char *bytes;
        size_t size;
    } keys[] = {{"gz", 2}, {"", 0}, {"g", 1}, {"g\0z", 3}, {"\xc3\xa9", 2}, {"a", 1}};
    static const size_t order[] = {1, 5, 2, 3, 0, 4};
    struct groups groups = {0};
    const size_t count = sizeof keys / sizeof keys[0];

    for (size_t i = 0; i < count; i++) {
        cr_expect_null(groups_find(&groups, keys[i].bytes, keys[i].size));
        (void)groups_add(&groups, keys[i].bytes, keys[i].size);
    }
    cr_expect_eq(groups.count, count);
    struct group **list = groups_list(&groups);
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(list[i], groups_find(&groups, keys[order[i]].bytes, keys[order[i]].size), "%zu", i);
    free(list);
    groups_free(&groups);
    cr_expect_eq(groups.count, 0);
}
