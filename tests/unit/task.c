/*
 * tests/unit/task.c - tasks as bytes, there and back
 */
#include "serialize/task.h"

#include "serialize/message.h"

#include <criterion/criterion.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static struct mp_buf buf;
static msgpack_zone zone;

static void set_up(void)
{
    cr_assert(msgpack_zone_init(&zone, 1024));
}

static void tear_down(void)
{
    mp_buf_free(&buf);
    msgpack_zone_destroy(&zone);
}

TestSuite(task, .init = set_up, .fini = tear_down);

static mpool_err there_and_back(const mpool_task *task, mpool_task *again)
{
    buf.size = 0;
    cr_assert_eq(mp_task_write(&buf, task), MPOOL_OK);
    return mp_task_read(buf.data, buf.size, &zone, again);
}

Test(task, all_of_it_travels)
{
    const mpool_collect collects[2] = {{.total = "bytes", .field = "stat.bytes"}, {.total = "files"}};
    const mpool_task task = {.function = "file_size",
                             .timeout_ms = 1,
                             .soft_timeout_ms = 2,
                             .memory_bytes = 12,
                             .cpu_ms = 13,
                             .retries = 3,
                             .retry_on = "timed_out, exit:75",
                             .crash_limit = 4,
                             .backoff_ms = MP_TIME_MOST_MS,
                             .backoff_most_ms = 6,
                             .backoff_jitter = 7,
                             .priority = -8,
                             .delay_ms = 9,
                             .at_most = 10,
                             .at_most_key = "disk",
                             .collect = collects,
                             .collect_count = 2,
                             .discard_value = true,
                             .measure = true,
                             .capture = true,
                             .capture_bytes = 11};
    mpool_task again;

    cr_assert_eq(there_and_back(&task, &again), MPOOL_OK);
    cr_expect_str_eq(again.function, "file_size");
    cr_expect_eq(again.timeout_ms, 1);
    cr_expect_eq(again.soft_timeout_ms, 2);
    cr_expect_eq(again.memory_bytes, 12);
    cr_expect_eq(again.cpu_ms, 13);
    cr_expect_eq(again.retries, 3);
    cr_expect_str_eq(again.retry_on, "timed_out, exit:75");
    cr_expect_eq(again.crash_limit, 4);
    cr_expect_eq(again.backoff_ms, MP_TIME_MOST_MS);
    cr_expect_eq(again.backoff_most_ms, 6);
    cr_expect_eq(again.backoff_jitter, 7);
    cr_expect_not(again.once);
    cr_expect_eq(again.priority, -8);
    cr_expect_eq(again.delay_ms, 9);
    cr_expect_eq(again.at_most, 10);
    cr_expect_str_eq(again.at_most_key, "disk");
    cr_expect(again.discard_value && again.measure && again.capture);
    cr_expect_eq(again.capture_bytes, 11);
    cr_assert_eq(again.collect_count, 2);
    cr_expect_str_eq(again.collect[0].total, "bytes");
    cr_expect_str_eq(again.collect[0].field, "stat.bytes");
    cr_expect_str_eq(again.collect[1].total, "files");
    cr_expect_str_eq(again.collect[1].field, "");
}

Test(task, the_defaults_stay_defaults)
{
    const mpool_task task = {.function = "f", .once = true};
    mpool_task again;

    cr_assert_eq(there_and_back(&task, &again), MPOOL_OK);
    cr_expect_str_eq(again.function, "f");
    cr_expect(again.once);
    cr_expect_null(again.at_most_key);
    cr_expect_eq(again.collect_count, 0);
    cr_expect_null(again.retry_on);
}

Test(task, what_is_read_is_checked)
{
    const mpool_task bad[] = {{.function = "f", .priority = 11},
                              {.function = "f", .retries = 1, .once = true},
                              {.function = "f", .retry_on = "crash"},
                              {.function = "f", .retry_on = ""},
                              {.function = "f", .timeout_ms = -1},
                              {.function = "f", .cpu_ms = -1},
                              {.function = "f", .memory_bytes = SIZE_MAX},
                              {.function = "f", .capture = true, .capture_bytes = MPOOL_CAPTURE_MAX + 1}};
    mpool_task again;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_eq(there_and_back(&bad[i], &again), MPOOL_E_INVAL, "%zu", i);
}

Test(task, bytes_cut_short_or_too_many_are_refused)
{
    const mpool_task task = {.function = "f", .retries = 2};
    mpool_task again;
    size_t size;

    cr_assert_eq(there_and_back(&task, &again), MPOOL_OK);
    size = buf.size;
    for (size_t i = 0; i < size; i++)
        cr_expect_eq(mp_task_read(buf.data, i, &zone, &again), MPOOL_E_PROTOCOL, "%zu", i);
    cr_assert(mp_buf_add(&buf, "\xc0", 1));
    cr_expect_eq(mp_task_read(buf.data, size + 1, &zone, &again), MPOOL_E_PROTOCOL);
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static void refuses(mpool_task task, const char *detail)
{
    task.function = "f";
    cr_expect_eq(mp_task_check(&task), MPOOL_E_INVAL, "%s", detail);
    cr_expect_str_eq(mpool_error_detail(), detail);
}

Test(task, a_time_out_of_range_is_told_by_its_name_with_what_it_takes)
{
    static const struct {
        const char *name;
        size_t offset;
    } times[] = {
        {"timeout_ms", offsetof(mpool_task, timeout_ms)}, {"soft_timeout_ms", offsetof(mpool_task, soft_timeout_ms)},
        {"cpu_ms", offsetof(mpool_task, cpu_ms)},         {"delay_ms", offsetof(mpool_task, delay_ms)},
        {"backoff_ms", offsetof(mpool_task, backoff_ms)}, {"backoff_most_ms", offsetof(mpool_task, backoff_most_ms)}};
    static const struct {
        int64_t time_ms;
        const char *text;
    } wrong[] = {{-1, "-1"}, {INT64_MIN, "-9223372036854775808"}, {MP_TIME_MOST_MS + 1, "9223372036854776"}};
    char detail[200];

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
            mpool_task task = {0};

            memcpy((char *)&task + times[i].offset, &wrong[k].time_ms, sizeof wrong[k].time_ms);
            (void)snprintf(detail, sizeof detail,
                           "task of \"f\": %s is %s; it takes 0 to 9223372036854775 milliseconds", times[i].name,
                           wrong[k].text);
            refuses(task, detail);
        }
}

Test(task, another_number_out_of_range_is_told_likewise)
{
    refuses((mpool_task){.backoff_jitter = 101}, "task of \"f\": backoff_jitter is 101; it takes 0 to 100 per cent");
    refuses((mpool_task){.priority = 11}, "task of \"f\": priority is 11; it takes -10 to 10, and higher goes first");
    refuses((mpool_task){.priority = -11}, "task of \"f\": priority is -11; it takes -10 to 10, and higher goes first");
    refuses((mpool_task){.memory_bytes = SIZE_MAX},
            "task of \"f\": memory_bytes is 18446744073709551615; it takes 0 to 4611686018427387903 bytes");
    refuses((mpool_task){.capture = true, .capture_bytes = 8388609},
            "task of \"f\": capture_bytes is 8388609; it takes 0 to 8388608 bytes");
    refuses((mpool_task){.collect_count = 65}, "task of \"f\": collect_count is 65; it takes 0 to 64 totals");
}

Test(task, the_ends_of_the_ranges_are_allowed)
{
    const mpool_task largest = {.function = "f",
                                .timeout_ms = MP_TIME_MOST_MS,
                                .soft_timeout_ms = MP_TIME_MOST_MS,
                                .cpu_ms = MP_TIME_MOST_MS,
                                .delay_ms = MP_TIME_MOST_MS,
                                .backoff_ms = MP_TIME_MOST_MS,
                                .backoff_most_ms = MP_TIME_MOST_MS,
                                .backoff_jitter = 100,
                                .priority = MPOOL_PRIORITY_MAX,
                                .memory_bytes = MP_MEMORY_MOST,
                                .capture = true,
                                .capture_bytes = MPOOL_CAPTURE_MAX};

    cr_expect_eq(mp_task_check(&largest), MPOOL_OK, "%s", mpool_error_detail());
    cr_expect_eq(mp_task_check(&(mpool_task){.function = "f", .priority = MPOOL_PRIORITY_MIN}), MPOOL_OK);
}
