/*
 * tests/cli/recount_test.c - totals that are counted again from a journal
 */
#include "cli/recount.h"

#include <criterion/criterion.h>
#include <msgpack.h>
#include <stdint.h>

static void add(struct recount *recount, const char *format, int64_t integer, double real)
{
    msgpack_sbuffer buffer;
    msgpack_packer packer;

    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    (void)msgpack_pack_map(&packer, 1);
    (void)msgpack_pack_str_with_body(&packer, "x", 1);
    if (*format == 'i')
        (void)msgpack_pack_int64(&packer, integer);
    else
        (void)msgpack_pack_double(&packer, real);
    recount_add(recount, buffer.data, buffer.size);
    msgpack_sbuffer_destroy(&buffer);
}

#define COMES_TO(recount, expected)                                                                                    \
    do {                                                                                                               \
        struct text text = {0};                                                                                        \
        recount_text(&(recount), &text);                                                                               \
        cr_expect_str_eq(text.data, expected);                                                                         \
        cr_expect(recount_agrees(&(recount), expected));                                                               \
        text_free(&text);                                                                                              \
    } while (0)

Test(recount, sums_are_exact_beyond_64_bits)
{
    struct recount sum = {.operation = RECOUNT_SUM, .field = "x"};

    add(&sum, "i", INT64_MAX, 0);
    COMES_TO(sum, "9223372036854775807");
    add(&sum, "i", INT64_MAX, 0);
    COMES_TO(sum, "18446744073709551614");
    add(&sum, "i", 2, 0);
    COMES_TO(sum, "\"18446744073709551616\"");
    cr_expect_not(recount_agrees(&sum, "\"18446744073709551617\""));
    for (int i = 0; i < 3; i++)
        add(&sum, "i", INT64_MIN, 0);
    COMES_TO(sum, "-9223372036854775808");
}

Test(recount, extremes_keep_their_type)
{
    struct recount least = {.operation = RECOUNT_MIN, .field = "x"}, most = {.operation = RECOUNT_MAX, .field = "x"};

    COMES_TO(least, "null");
    for (int i = 0; i < 3; i++) {
        static const double reals[] = {2.5, -0.5, 1.25};
        add(&least, "d", 0, reals[i]);
        add(&most, "d", 0, reals[i]);
    }
    COMES_TO(least, "-0.5");
    COMES_TO(most, "2.5");
    add(&least, "i", -1, 0);
    add(&most, "i", 3, 0);
    COMES_TO(least, "-1");
    COMES_TO(most, "3");
}

Test(recount, a_sum_of_floats_agrees_whatever_the_order)
{
    struct recount sum = {.operation = RECOUNT_SUM, .field = "x"};

    for (int i = 0; i < 10; i++)
        add(&sum, "d", 0, 0.1);
    cr_expect(recount_agrees(&sum, "1"));
    cr_expect_not(recount_agrees(&sum, "1.000001"));
}

Test(recount, a_result_that_was_not_stored_is_counted_as_missing)
{
    struct recount sum = {.operation = RECOUNT_SUM, .field = "y"}, count = {.operation = RECOUNT_COUNT};

    recount_add(&sum, NULL, 0);
    add(&sum, "i", 1, 0);
    recount_add(&sum, "\xc1", 1);
    cr_expect_eq(sum.missing, 3);
    recount_add(&count, NULL, 0);
    COMES_TO(count, "1");
}
