/*
 * tests/unit/buf.c - the byte buffer that grows
 */
#include "base/buf.h"

#include "tests/unit/allocations.h"

#include <criterion/criterion.h>

#include <stdint.h>
#include <string.h>

Test(buf, bytes_come_out_as_they_went_in)
{
    struct mp_buf buf = {0};

    for (unsigned i = 0; i < 100000; i++) {
        unsigned char byte = (unsigned char)(i * 7);

        cr_assert(mp_buf_add(&buf, &byte, 1));
    }
    cr_assert_eq(buf.size, 100000);
    for (unsigned i = 0; i < 100000; i++)
        cr_assert_eq((unsigned char)buf.data[i], (unsigned char)(i * 7));
    mp_buf_free(&buf);
    cr_expect_null(buf.data);
    cr_expect_eq(buf.size, 0);
}

Test(buf, grows_by_doubling)
{
    struct mp_buf buf = {0};
    struct allocations allocated;

    allocations_start();
    for (int i = 0; i < 1000000; i++)
        cr_assert(mp_buf_add(&buf, "x", 1));
    allocated = allocations_stop();
    cr_expect_leq(allocated.calls, 13); /* 256 << 12 is more than a million */
    mp_buf_free(&buf);
}

Test(buf, room_that_was_reserved_is_enough)
{
    struct mp_buf buf = {0};
    char *data;

    cr_assert(mp_buf_reserve(&buf, 5000));
    data = buf.data;
    cr_expect_geq(buf.room, 5000);
    for (int i = 0; i < 50; i++)
        cr_assert(mp_buf_add(&buf, (char[100]){0}, 100));
    cr_expect_eq(buf.data, data);
    mp_buf_free(&buf);
}

Test(buf, nothing_can_be_added)
{
    struct mp_buf buf = {0};

    cr_expect(mp_buf_add(&buf, NULL, 0));
    cr_expect_eq(buf.size, 0);
    mp_buf_free(&buf);
}

Test(buf, more_than_there_can_be_is_refused)
{
    struct mp_buf buf = {0};

    cr_assert(mp_buf_add(&buf, "abc", 3));
    cr_expect_eq(mp_buf_reserve(&buf, SIZE_MAX), false);
    cr_expect_eq(mp_buf_reserve(&buf, SIZE_MAX / 2), false);
    cr_expect_eq(buf.size, 3);
    cr_expect_arr_eq(buf.data, "abc", 3);
    mp_buf_free(&buf);
}

Test(buf, out_of_memory_changes_nothing)
{
    struct mp_buf buf = {0};
    static const char much[1000];

    cr_assert(mp_buf_add(&buf, "abc", 3));
    if (!allocations_fail(0))
        cr_skip("AddressSanitizer's malloc() cannot be made to fail");
    cr_expect_eq(mp_buf_add(&buf, much, sizeof much), false);
    cr_expect_eq(mp_buf_write(&buf, much, sizeof much), -1);
    allocations_succeed();
    cr_expect_eq(buf.size, 3);
    cr_expect_arr_eq(buf.data, "abc", 3);
    cr_expect_eq(mp_buf_write(&buf, much, sizeof much), 0);
    cr_expect_eq(buf.size, 1003);
    mp_buf_free(&buf);
}

Test(buf, a_writer_that_found_no_memory_takes_nothing_more)
{
    struct mp_buf buf = {0};
    struct mp_buf_writer writer = {.buf = &buf, .most = 2000};
    static const char much[1000];

    cr_assert_eq(mp_buf_write_bounded(&writer, "abc", 3), 0);
    if (!allocations_fail(0))
        cr_skip("AddressSanitizer's malloc() cannot be made to fail");
    cr_expect_eq(mp_buf_write_bounded(&writer, much, sizeof much), -1);
    allocations_succeed();
    cr_expect(writer.failed && writer.refused == 0);
    cr_expect_eq(mp_buf_write_bounded(&writer, "d", 1), -1);
    cr_expect_eq(buf.size, 3);
    mp_buf_free(&buf);
}
