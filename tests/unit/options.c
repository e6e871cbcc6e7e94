/*
 * tests/unit/options.c - the options of a pool: what they may be, and what is said of those that may not
 */
#include "pool/options.h"

#include <criterion/criterion.h>

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static mpool_err read_options(const mpool_pool_options *options)
{
    mpool_pool pool = {0};

    return mp_options_read(options, &pool);
}

static void refuses(mpool_pool_options options, const char *detail)
{
    cr_expect_eq(read_options(&options), MPOOL_E_INVAL, "%s", detail);
    cr_expect_str_eq(mpool_error_detail(), detail);
}

#define TO_MOST "; it takes 0 to 9223372036854775 milliseconds"

Test(options, a_time_out_of_range_is_told_by_its_name_with_what_it_takes)
{
    static const struct {
        const char *name;
        size_t offset;
    } times[] = {{"worker_idle_ms", offsetof(mpool_pool_options, worker_idle_ms)},
                 {"start_timeout_ms", offsetof(mpool_pool_options, start_timeout_ms)},
                 {"room_timeout_ms", offsetof(mpool_pool_options, room_timeout_ms)},
                 {"worker_max_age_ms", offsetof(mpool_pool_options, worker_max_age_ms)}};
    static const struct {
        int64_t time_ms;
        const char *text;
    } wrong[] = {{-1, "-1"}, {INT64_MIN, "-9223372036854775808"}, {INT64_MAX / 1000 + 1, "9223372036854776"}};
    char detail[200];

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
            mpool_pool_options options = {.workers = 1};

            memcpy((char *)&options + times[i].offset, &wrong[k].time_ms, sizeof wrong[k].time_ms);
            (void)snprintf(detail, sizeof detail, "pool options: %s is %s" TO_MOST, times[i].name, wrong[k].text);
            refuses(options, detail);
        }
}

Test(options, another_number_out_of_range_is_told_likewise)
{
    refuses((mpool_pool_options){.workers = 1025}, "pool options: workers is 1025; it takes 0 to 1024 workers");
    refuses((mpool_pool_options){.workers = UINT_MAX},
            "pool options: workers is 4294967295; it takes 0 to 1024 workers");
    refuses((mpool_pool_options){.workers_most = 1025},
            "pool options: workers_most is 1025; it takes 0 to 1024 workers");
    refuses((mpool_pool_options){.workers = 3, .workers_least = 4},
            "pool options: workers_least is 4; it takes 0 to 3 workers, since that is what `workers` is");
    refuses((mpool_pool_options){.workers = 3, .workers_most = 2},
            "pool options: workers_most is 2; it takes 3 to 1024 workers, since `workers` is the least of these");
    refuses((mpool_pool_options){.worker_max_jitter = 101},
            "pool options: worker_max_jitter is 101; it takes 0 to 100 per cent");
    refuses((mpool_pool_options){.output = (mpool_output)7},
            "pool options: output is 7; there are MPOOL_OUTPUT_TAIL and MPOOL_OUTPUT_INHERIT");
}

Test(options, the_ends_of_the_ranges_are_allowed)
{
    const int64_t most = INT64_MAX / 1000;
    const mpool_pool_options largest = {.workers = 1024,
                                        .workers_least = 1024,
                                        .workers_most = 1024,
                                        .worker_idle_ms = most,
                                        .start_timeout_ms = most,
                                        .room_timeout_ms = most,
                                        .worker_max_age_ms = most,
                                        .worker_max_jitter = 100,
                                        .output = MPOOL_OUTPUT_INHERIT};

    cr_expect_eq(read_options(&largest), MPOOL_OK, "%s", mpool_error_detail());
    cr_expect_eq(read_options(&(mpool_pool_options){0}), MPOOL_OK, "%s", mpool_error_detail());
}
