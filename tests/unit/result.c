/*
 * tests/unit/result.c - a result's value, taken apart by the program that got it
 */
#include "serialize/result.h"

#include "tests/unit/allocations.h"
#include "tests/unit/values.h"

#include <mpool/pack.h>

#include <criterion/criterion.h>

#include <string.h>

static struct packed packed;
static struct mp_result result;

static void begin(void)
{
    packed_init(&packed);
    result = (struct mp_result){0};
}

static void end(void)
{
    packed_fini(&packed);
    mp_result_fini(&result);
}

TestSuite(result, .init = begin, .fini = end);

static void give(const char *path, int64_t bytes)
{
    packed.buf.size = 0;
    cr_assert_eq(mpool_pack(&packed.packer, "{s:s,s:I}", "path", path, "bytes", bytes), MPOOL_OK);
    result.shown = (mpool_result){.status = MPOOL_DONE, .value = packed.buf.data, .value_size = packed.buf.size};
}

Test(result, strings_live_as_long_as_it_and_come_as_often_as_asked_for)
{
    const char *first, *second;
    int64_t bytes;
    struct allocations allocated;

    give("/usr", 7);
    cr_assert_eq(mpool_result_unpack(&result.shown, "{s:s,s:I}", "path", &first, "bytes", &bytes), MPOOL_OK);
    allocations_start();
    cr_assert_eq(mpool_result_unpack(&result.shown, "{s:s}", "path", &second), MPOOL_OK);
    allocated = allocations_stop();
    cr_expect_eq(allocated.calls, 0, "it is decoded once");
    cr_expect_str_eq(first, "/usr");
    cr_expect_str_eq(second, "/usr");
    cr_expect_eq(bytes, 7);
}

Test(result, the_next_one_takes_the_memory_of_the_last)
{
    const char *path;
    struct allocations allocated;

    give("/usr", 7);
    cr_assert_eq(mpool_result_unpack(&result.shown, "{s:s}", "path", &path), MPOOL_OK);
    mp_result_clear(&result);
    give("/var", 8);
    allocations_start();
    cr_assert_eq(mpool_result_unpack(&result.shown, "{s:s}", "path", &path), MPOOL_OK);
    allocated = allocations_stop();
    cr_expect_str_eq(path, "/var");
    cr_expect_eq(allocated.calls, 0);
}

Test(result, a_value_of_another_shape_is_a_format_error)
{
    int64_t bytes;

    give("/usr", 7);
    cr_expect_eq(mpool_result_unpack(&result.shown, "{s:I}", "path", &bytes), MPOOL_E_FORMAT);
    cr_expect_str_eq(mpool_error_detail(), "at \"path\": wanted an integer, found a string");
}

Test(result, a_job_that_is_not_done_has_no_value)
{
    msgpack_zone zone;
    msgpack_object object;
    int number;

    result.shown = (mpool_result){.index = 12, .status = MPOOL_CRASHED, .error = "killed by SIGSEGV"};
    cr_expect_eq(mpool_result_unpack(&result.shown, "i", &number), MPOOL_E_JOB);
    cr_expect_str_eq(mpool_error_detail(), "job 12 ended as crashed, without a value: killed by SIGSEGV");
    result.shown = (mpool_result){.index = 13, .status = MPOOL_CANCELLED};
    cr_assert(msgpack_zone_init(&zone, 256));
    cr_expect_eq(mpool_result_object(&result.shown, &zone, &object), MPOOL_E_JOB);
    cr_expect_str_eq(mpool_error_detail(), "job 13 ended as cancelled, without a value");
    msgpack_zone_destroy(&zone);
}

Test(result, a_value_that_was_discarded_is_nil_or_an_error)
{
    msgpack_zone zone;
    msgpack_object object = {.type = MSGPACK_OBJECT_EXT};
    int number;

    result.shown = (mpool_result){.index = 3, .status = MPOOL_DONE};
    cr_expect_eq(mpool_result_unpack(&result.shown, "i", &number), MPOOL_E_FORMAT);
    cr_expect_str_eq(mpool_error_detail(), "job 3 has no value: its task discards them");
    cr_assert(msgpack_zone_init(&zone, 256));
    cr_expect_eq(mpool_result_object(&result.shown, &zone, &object), MPOOL_OK);
    cr_expect_eq(object.type, MSGPACK_OBJECT_NIL);
    msgpack_zone_destroy(&zone);
}

Test(result, an_object_is_decoded_into_the_zone_of_the_caller)
{
    mpool_result plain;
    msgpack_zone zone;
    msgpack_object object;
    const char *path;

    give("/usr", 7);
    plain = result.shown; /* a copy that the program made is good for this */
    cr_assert(msgpack_zone_init(&zone, 256));
    cr_expect_eq(mpool_result_object(&plain, &zone, &object), MPOOL_OK);
    cr_expect_eq(mpool_unpack(&object, "{s:s}", "path", &path), MPOOL_OK);
    cr_expect_str_eq(path, "/usr");
    msgpack_zone_destroy(&zone);
}

Test(result, a_value_that_is_not_msgpack_fails_cleanly)
{
    static const char *const broken[] = {"dd ff ff ff ff", "92 01", "c1", "01 02", "d4 01 02"};
    msgpack_zone zone;
    msgpack_object object;
    int number;

    cr_assert(msgpack_zone_init(&zone, 256));
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        packed.buf.size = 0;
        add_hex(&packed.buf, broken[i]);
        result.shown = (mpool_result){.status = MPOOL_DONE, .value = packed.buf.data, .value_size = packed.buf.size};
        cr_expect_eq(mpool_result_unpack(&result.shown, "i", &number), MPOOL_E_PROTOCOL, "%s", broken[i]);
        cr_expect_eq(mpool_result_object(&result.shown, &zone, &object), MPOOL_E_PROTOCOL, "%s", broken[i]);
    }
    cr_expect_eq(strncmp(mpool_error_detail(), "the value of job 0 is broken: ", 30), 0);
    msgpack_zone_destroy(&zone);
}

Test(result, a_failed_allocation_is_an_error_and_not_the_end)
{
    const char *path;

    give("/usr", 7);
    if (!allocations_fail(0))
        cr_skip("AddressSanitizer's malloc() cannot be made to fail");
    for (size_t successes = 0; successes < 2; successes++) { /* the zone, and its first part */
        (void)allocations_fail(successes);
        cr_expect_eq(mpool_result_unpack(&result.shown, "{s:s}", "path", &path), MPOOL_E_NOMEM);
        allocations_succeed();
    }
    cr_expect_eq(mpool_result_unpack(&result.shown, "{s:s}", "path", &path), MPOOL_OK);
}
