/*
 * tests/unit/message.c - messages between supervisor and worker, there and back
 */
#include "serialize/message.h"

#include <criterion/criterion.h>
#include <mpool/pool.h>

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

TestSuite(message, .init = set_up, .fini = tear_down);

static mpool_err there_and_back(const struct mp_message *message, struct mp_message *again)
{
    buf.size = 0;
    cr_assert_eq(mp_message_write(&buf, message), MPOOL_OK);
    return mp_message_read(buf.data, buf.size, &zone, again);
}

Test(message, a_hello_carries_who_the_worker_is)
{
    struct mp_message hello = {
        .type = MP_HELLO,
        .as.hello = {.version = 1, .pool = 2, .slot = 3, .generation = UINT64_MAX, .token = "0123456789abcde"}};
    struct mp_message again;

    cr_assert_eq(there_and_back(&hello, &again), MPOOL_OK);
    cr_expect_eq(again.type, MP_HELLO);
    cr_expect_eq(again.as.hello.version, 1);
    cr_expect_eq(again.as.hello.pool, 2);
    cr_expect_eq(again.as.hello.slot, 3);
    cr_expect_eq(again.as.hello.generation, UINT64_MAX);
    cr_expect_arr_eq(again.as.hello.token, "0123456789abcde", MP_TOKEN_BYTES);
}

Test(message, jobs_carry_their_task_and_their_arguments)
{
    struct mp_collect collects[2] = {{.total = 7, .field = "stat.bytes"}, {.total = 8, .field = ""}};
    struct mp_message jobs = {.type = MP_FRAME_JOBS,
                              .as.jobs = {.generation = 1,
                                          .ticket = UINT32_MAX,
                                          .count = 2,
                                          .first = 99,
                                          .attempt = 3,
                                          .function = "file_size",
                                          .measure = true,
                                          .memory_bytes = MP_MEMORY_MOST,
                                          .cpu_ms = INT64_MAX,
                                          .collects = collects,
                                          .collect_count = 2,
                                          .values = "\x05\xc3",
                                          .values_size = 2}};
    struct mp_message again;

    cr_assert_eq(there_and_back(&jobs, &again), MPOOL_OK);
    cr_expect_eq(again.as.jobs.ticket, UINT32_MAX);
    cr_expect_eq(again.as.jobs.first, 99);
    cr_expect_eq(again.as.jobs.attempt, 3);
    cr_expect_str_eq(again.as.jobs.function, "file_size");
    cr_expect(again.as.jobs.measure && !again.as.jobs.limited && !again.as.jobs.discard_values);
    cr_expect_eq(again.as.jobs.memory_bytes, MP_MEMORY_MOST);
    cr_expect_eq(again.as.jobs.cpu_ms, INT64_MAX);
    cr_expect_eq(again.as.jobs.collects[0].total, 7);
    cr_expect_str_eq(again.as.jobs.collects[0].field, "stat.bytes");
    cr_expect_str_eq(again.as.jobs.collects[1].field, "");
    cr_expect_eq(again.as.jobs.values_size, 2);
    cr_expect_arr_eq(again.as.jobs.values, "\x05\xc3", 2);
}

Test(message, limits_that_cannot_be_are_refused)
{
    struct mp_message jobs = {.type = MP_FRAME_JOBS,
                              .as.jobs = {.count = 1, .function = "f", .values = "\x05", .values_size = 1}};
    struct mp_message again;

    jobs.as.jobs.cpu_ms = -1;
    cr_expect_eq(there_and_back(&jobs, &again), MPOOL_E_PROTOCOL);
    jobs.as.jobs.cpu_ms = 0;
    jobs.as.jobs.memory_bytes = MP_MEMORY_MOST + 1;
    cr_expect_eq(there_and_back(&jobs, &again), MPOOL_E_PROTOCOL);
    jobs.as.jobs.memory_bytes = 0;
    cr_expect_eq(there_and_back(&jobs, &again), MPOOL_OK);
}

Test(message, results_carry_deltas_of_128_bits_failures_and_times)
{
    struct mp_total_delta delta = {.total = 4,
                                   .delta = {.count = 2, .high = -1, .low = 1, .real = 0.5, .is_float = true}};
    struct mp_failure failure = {.at = 1,
                                 .final = true,
                                 .end = {.status = MPOOL_CRASHED, .signal = 11, .exit_code = -1, .oom = true},
                                 .reason = "no \0 end",
                                 .reason_size = 8};
    static const char times[16] = {1};
    struct mp_message results = {.type = MP_FRAME_RESULTS,
                                 .as.answers = {.generation = 1,
                                                .ticket = 5,
                                                .count = 2,
                                                .busy_ns = 1000,
                                                .deltas = &delta,
                                                .delta_count = 1,
                                                .failures = &failure,
                                                .failure_count = 1,
                                                .times = times,
                                                .values = "\x01\xc0",
                                                .values_size = 2}};
    struct mp_message again;

    cr_assert_eq(there_and_back(&results, &again), MPOOL_OK);
    cr_expect_eq(again.as.answers.deltas[0].delta.high, -1);
    cr_expect_eq(again.as.answers.deltas[0].delta.low, 1);
    cr_expect(again.as.answers.deltas[0].delta.is_float);
    cr_expect_eq(again.as.answers.failures[0].at, 1);
    cr_expect(again.as.answers.failures[0].final && again.as.answers.failures[0].end.oom);
    cr_expect_eq(again.as.answers.failures[0].end.status, MPOOL_CRASHED);
    cr_expect_eq(again.as.answers.failures[0].end.signal, 11);
    cr_expect_eq(again.as.answers.failures[0].end.exit_code, -1);
    cr_expect_arr_eq(again.as.answers.failures[0].reason, "no \0 end", 8);
    cr_expect_arr_eq(again.as.answers.times, times, 16);
    cr_expect_eq(again.as.answers.values_size, 2);
}

Test(message, a_job_that_is_not_done_ends_in_a_way_in_which_processes_end)
{
    static const struct mp_end wrong[] = {
        {.status = MPOOL_DONE, .exit_code = -1},     {.status = MPOOL_SKIPPED, .exit_code = -1},
        {.status = MPOOL_FAILED, .exit_code = -2},   {.status = MPOOL_FAILED, .exit_code = 256},
        {.status = MPOOL_CRASHED, .signal = -1},     {.status = MPOOL_CRASHED, .signal = 65},
        {.status = (mpool_status)77, .exit_code = 1}};
    struct mp_failure failure = {.reason = ""};
    struct mp_message results = {.type = MP_FRAME_RESULTS,
                                 .as.answers = {.count = 1, .failures = &failure, .failure_count = 1}};
    struct mp_message again;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        failure.end = wrong[i];
        cr_expect_eq(there_and_back(&results, &again), MPOOL_E_PROTOCOL, "%zu", i);
    }
    failure.end = (struct mp_end){.status = MPOOL_FAILED, .exit_code = 255};
    cr_expect_eq(there_and_back(&results, &again), MPOOL_OK);
}

Test(message, results_without_values_have_none)
{
    struct mp_message results = {.type = MP_FRAME_RESULTS, .as.answers = {.count = 3}};
    struct mp_message again;

    cr_assert_eq(there_and_back(&results, &again), MPOOL_OK);
    cr_expect_null(again.as.answers.values);
    cr_expect_null(again.as.answers.times);
}

Test(message, failures_out_of_order_or_out_of_range_are_refused)
{
    struct mp_failure failures[2] = {{.at = 1, .end.status = MPOOL_FAILED}, {.at = 1, .end.status = MPOOL_FAILED}};
    struct mp_message results = {.type = MP_FRAME_RESULTS,
                                 .as.answers = {.count = 2, .failures = failures, .failure_count = 2}};
    struct mp_message again;

    cr_expect_eq(there_and_back(&results, &again), MPOOL_E_PROTOCOL);
    failures[1].at = 2;
    cr_expect_eq(there_and_back(&results, &again), MPOOL_E_PROTOCOL);
    failures[0].at = 0;
    failures[1].at = 1;
    cr_expect_eq(there_and_back(&results, &again), MPOOL_OK);
}

Test(message, births_carry_their_parent_task_tag_and_arguments)
{
    const struct mp_bytes tasks[2] = {{.data = "one", .size = 3}, {.data = "another", .size = 7}};
    const struct mp_birth births[2] = {{.at = 0, .task = 1, .tag = UINT64_MAX, .args = "\x07", .args_size = 1},
                                       {.at = 2, .task = 0, .tag = 5, .args = "\x91\xc3", .args_size = 2}};
    struct mp_message results = {
        .type = MP_FRAME_RESULTS,
        .as.answers = {.count = 3, .tasks = tasks, .task_count = 2, .births = births, .birth_count = 2}};
    struct mp_message again;

    cr_assert_eq(there_and_back(&results, &again), MPOOL_OK);
    cr_assert_eq(again.as.answers.task_count, 2);
    cr_expect_eq(again.as.answers.tasks[1].size, 7);
    cr_expect_arr_eq(again.as.answers.tasks[1].data, "another", 7);
    cr_assert_eq(again.as.answers.birth_count, 2);
    cr_expect_eq(again.as.answers.births[0].task, 1);
    cr_expect_eq(again.as.answers.births[0].tag, UINT64_MAX);
    cr_expect_eq(again.as.answers.births[1].at, 2);
    cr_expect_eq(again.as.answers.births[1].args_size, 2);
    cr_expect_arr_eq(again.as.answers.births[1].args, "\x91\xc3", 2);
}

Test(message, births_that_cannot_be_are_refused)
{
    static char large[MP_INLINE_MAX + 1];
    const struct mp_bytes task = {.data = "task", .size = 4};
    struct mp_failure failure = {.at = 1, .end.status = MPOOL_FAILED};
    struct mp_birth births[2] = {{.at = 0, .args = "\x07", .args_size = 1}, {.at = 2, .args = "\x07", .args_size = 1}};
    const struct mp_birth good = births[1];
    struct mp_message results = {.type = MP_FRAME_RESULTS,
                                 .as.answers = {.count = 3,
                                                .failures = &failure,
                                                .failure_count = 1,
                                                .tasks = &task,
                                                .task_count = 1,
                                                .births = births,
                                                .birth_count = 2}};
    const struct mp_birth bad[] = {
        {.at = 3, .args = "\x07", .args_size = 1},            /* no such parent */
        {.at = 1, .args = "\x07", .args_size = 1},            /* one that failed */
        {.at = 2, .task = 1, .args = "\x07", .args_size = 1}, /* no such task */
        {.at = 2, .args = "\x07\x07", .args_size = 2},        /* two values, */
        {.at = 2, .args = "", .args_size = 0},                /* none, */
        {.at = 2, .args = "\x92\x07", .args_size = 2},        /* or a part of one */
        {.at = 2, .args = large, .args_size = MP_INLINE_MAX + 1},
    };
    struct mp_message again;

    memset(large, 0, sizeof large);
    memcpy(large, "\xc6\x00\x0f\xff\xfc", 5); /* as a value it would be all right */
    cr_expect_eq(there_and_back(&results, &again), MPOOL_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        births[1] = bad[i];
        cr_expect_eq(there_and_back(&results, &again), MPOOL_E_PROTOCOL, "%zu", i);
    }
    births[1] = births[0];
    births[0] = good;
    cr_expect_eq(there_and_back(&results, &again), MPOOL_E_PROTOCOL);
}

Test(message, a_frame_with_too_few_or_too_many_values_is_refused)
{
    struct mp_message jobs = {.type = MP_FRAME_JOBS,
                              .as.jobs = {.count = 2, .function = "f", .values = "\x05\x06\x07", .values_size = 3}};
    struct mp_message again;

    cr_expect_eq(there_and_back(&jobs, &again), MPOOL_E_PROTOCOL);
    jobs.as.jobs.values_size = 1;
    cr_expect_eq(there_and_back(&jobs, &again), MPOOL_E_PROTOCOL);
    jobs.as.jobs.values_size = 2;
    cr_expect_eq(there_and_back(&jobs, &again), MPOOL_OK);
}

Test(message, a_message_cut_short_at_any_byte_is_refused)
{
    struct mp_failure failure = {.at = 0, .end.status = MPOOL_FAILED, .reason = "because", .reason_size = 7};
    struct mp_message results = {
        .type = MP_FRAME_RESULTS,
        .as.answers = {.count = 1, .failures = &failure, .failure_count = 1, .values = "\xc0", .values_size = 1}};
    struct mp_message again;

    cr_assert_eq(there_and_back(&results, &again), MPOOL_OK);
    for (size_t size = 0; size < buf.size; size++)
        cr_expect_eq(mp_message_read(buf.data, size, &zone, &again), MPOOL_E_PROTOCOL, "at %zu", size);
}

Test(message, an_unknown_type_is_refused)
{
    struct mp_message again;

    cr_expect_eq(mp_message_read("\x92\x0c\x00", 3, &zone, &again), MPOOL_E_PROTOCOL);
    cr_expect_eq(mp_message_read("\x92\x00\x00", 3, &zone, &again), MPOOL_E_PROTOCOL);
    cr_expect_eq(mp_message_read("\x90", 1, &zone, &again), MPOOL_E_PROTOCOL);
    cr_expect_eq(mp_message_read("\x07", 1, &zone, &again), MPOOL_E_PROTOCOL);
}

/* ---- values in the arena ----------------------------------------------------------------------------------------- */

static struct mp_message job_with_block(size_t offset, size_t size)
{
    return (struct mp_message){.type = MP_FRAME_JOBS,
                               .as.jobs = {.count = 1, .function = "f", .block = {.offset = offset, .size = size}}};
}

static struct mp_message answer_with_block(size_t offset, size_t size)
{
    return (struct mp_message){.type = MP_FRAME_RESULTS,
                               .as.answers = {.count = 1, .block = {.offset = offset, .size = size}}};
}

static struct mp_message grant_of_block(size_t offset, size_t size)
{
    return (struct mp_message){.type = MP_GRANTED,
                               .as.granted = {.ticket = 9, .block = {.offset = offset, .size = size}}};
}

Test(message, a_value_in_the_arena_is_a_place_and_a_size)
{
    struct mp_message jobs = job_with_block(3 * MP_BLOCK_ALIGN, MP_INLINE_MAX + 1), again;
    struct mp_message results = answer_with_block(0, MPOOL_VALUE_MAX);
    struct mp_message granted = grant_of_block(MP_BLOCK_ALIGN << 20, 5000000);

    cr_assert_eq(there_and_back(&jobs, &again), MPOOL_OK);
    cr_expect_eq(again.as.jobs.block.offset, 3 * MP_BLOCK_ALIGN);
    cr_expect_eq(again.as.jobs.block.size, MP_INLINE_MAX + 1);
    cr_expect_null(again.as.jobs.values);
    cr_assert_eq(there_and_back(&results, &again), MPOOL_OK);
    cr_expect_eq(again.as.answers.block.size, MPOOL_VALUE_MAX);
    cr_expect_null(again.as.answers.values);
    cr_assert_eq(there_and_back(&granted, &again), MPOOL_OK);
    cr_expect_eq(again.as.granted.ticket, 9);
    cr_expect_eq(again.as.granted.block.offset, MP_BLOCK_ALIGN << 20);
}

Test(message, a_block_that_cannot_be_one_is_refused)
{
    static const struct mp_block bad[] = {{.offset = 1, .size = 2 * MP_INLINE_MAX},
                                          {.offset = MP_BLOCK_ALIGN / 2, .size = 2 * MP_INLINE_MAX},
                                          {.offset = SIZE_MAX - MP_BLOCK_ALIGN + 1, .size = 2 * MP_INLINE_MAX},
                                          {.offset = MP_BLOCK_ALIGN, .size = 1},
                                          {.offset = MP_BLOCK_ALIGN, .size = MP_INLINE_MAX},
                                          {.offset = MP_BLOCK_ALIGN, .size = MPOOL_VALUE_MAX + 1},
                                          {.offset = MP_BLOCK_ALIGN, .size = SIZE_MAX}};
    struct mp_message message, again;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        message = job_with_block(bad[i].offset, bad[i].size);
        cr_expect_eq(there_and_back(&message, &again), MPOOL_E_PROTOCOL, "jobs with block %zu", i);
        message = answer_with_block(bad[i].offset, bad[i].size);
        cr_expect_eq(there_and_back(&message, &again), MPOOL_E_PROTOCOL, "answers with block %zu", i);
        message = grant_of_block(bad[i].offset, bad[i].size);
        cr_expect_eq(there_and_back(&message, &again), MPOOL_E_PROTOCOL, "grant of block %zu", i);
    }
    message = grant_of_block(0, 0);
    cr_expect_eq(there_and_back(&message, &again), MPOOL_E_PROTOCOL, "a grant of nothing");
}

Test(message, a_block_is_about_one_job_that_has_no_other_value)
{
    struct mp_message jobs = job_with_block(0, 2 * MP_INLINE_MAX), results = answer_with_block(0, 2 * MP_INLINE_MAX);
    struct mp_failure failure = {.at = 0, .end.status = MPOOL_FAILED, .reason = "no", .reason_size = 2};
    struct mp_message again;

    jobs.as.jobs.count = 2;
    cr_expect_eq(there_and_back(&jobs, &again), MPOOL_E_PROTOCOL);
    jobs.as.jobs.count = 1;
    jobs.as.jobs.values = "\xc0";
    jobs.as.jobs.values_size = 1;
    cr_expect_eq(there_and_back(&jobs, &again), MPOOL_E_PROTOCOL);
    results.as.answers.count = 2;
    cr_expect_eq(there_and_back(&results, &again), MPOOL_E_PROTOCOL);
    results.as.answers.count = 1;
    results.as.answers.values = "\xc0";
    results.as.answers.values_size = 1;
    cr_expect_eq(there_and_back(&results, &again), MPOOL_E_PROTOCOL);
    results = answer_with_block(0, 2 * MP_INLINE_MAX);
    results.as.answers.failures = &failure;
    results.as.answers.failure_count = 1;
    cr_expect_eq(there_and_back(&results, &again), MPOOL_E_PROTOCOL);
}

Test(message, a_need_and_its_refusal_name_the_sizes)
{
    struct mp_message need = {.type = MP_NEED, .as.need = {.ticket = 5, .size = MPOOL_VALUE_MAX}}, again;
    struct mp_message refused = {.type = MP_REFUSED, .as.refused = {.ticket = 5, .most = 7, .used = UINT64_MAX}};

    cr_assert_eq(there_and_back(&need, &again), MPOOL_OK);
    cr_expect_eq(again.as.need.ticket, 5);
    cr_expect_eq(again.as.need.size, MPOOL_VALUE_MAX);
    cr_assert_eq(there_and_back(&refused, &again), MPOOL_OK);
    cr_expect_eq(again.as.refused.most, 7);
    cr_expect_eq(again.as.refused.used, UINT64_MAX);
    need.as.need.size = MP_INLINE_MAX;
    cr_expect_eq(there_and_back(&need, &again), MPOOL_E_PROTOCOL);
    need.as.need.size = MPOOL_VALUE_MAX + 1;
    cr_expect_eq(there_and_back(&need, &again), MPOOL_E_PROTOCOL);
}
