/*
 * tests/cli/median_test.c - the median of times, of which there may be any number
 */
#include "cli/median.h"

#include <criterion/criterion.h>

/* Nothing is told of fewer than three; then the middle one, to a 16th, in whole milliseconds. */
Test(median, is_that_of_the_middle)
{
    cr_assert(median_open());
    median_begin();
    median_add(1000000);
    median_add(900000000);
    cr_expect_eq(median_ms(), 0);
    median_add(100000000);
    cr_expect(median_ms() >= 100 && median_ms() <= 107);
    for (int i = 0; i < 3; i++)
        median_add(5000000000);
    cr_expect(median_ms() >= 900 && median_ms() <= 957);
    median_begin();
    cr_expect_eq(median_ms(), 0);
    median_close();
    cr_expect_eq(median_ms(), 0);
}

Test(median, is_exact_to_a_16th_for_any_time)
{
    cr_assert(median_open());
    for (int64_t ns = 1; ns > 0 && ns <= INT64_MAX / 3; ns = ns * 3 / 2 + 1) {
        int64_t least = ns / 1000000, most = (ns + ns / 16 + 1) / 1000000 + 1;
        median_begin();
        median_add(0);
        median_add(ns);
        median_add(INT64_MAX);
        cr_expect(median_ms() >= least && median_ms() <= most, "%ld ns: %ld ms", (long)ns, (long)median_ms());
    }
    median_close();
}
