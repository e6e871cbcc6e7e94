/*
 * tests/unit/decode.c - decoding into a zone that is used again, and C strings out of it
 */
#include "serialize/decode.h"

#include "serialize/scan.h"
#include "tests/unit/allocations.h"
#include "tests/unit/values.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct packed packed;
static msgpack_zone zone;

static void begin(void)
{
    packed_init(&packed);
    cr_assert(msgpack_zone_init(&zone, 1024));
}

static void end(void)
{
    packed_fini(&packed);
    msgpack_zone_destroy(&zone);
}

TestSuite(decode, .init = begin, .fini = end);

/* All strings of a value have a NUL byte behind them, and lie outside the bytes they were decoded from. */
static size_t check_strings(const msgpack_object *object)
{
    size_t count = 0;

    if (object->type == MSGPACK_OBJECT_STR) {
        cr_assert_eq(object->via.str.ptr[object->via.str.size], '\0');
        cr_assert(object->via.str.ptr < packed.buf.data || object->via.str.ptr >= packed.buf.data + packed.buf.size);
        return 1;
    }
    if (object->type == MSGPACK_OBJECT_ARRAY) {
        for (uint32_t i = 0; i < object->via.array.size; i++)
            count += check_strings(&object->via.array.ptr[i]);
    }
    if (object->type == MSGPACK_OBJECT_MAP) {
        for (uint32_t i = 0; i < object->via.map.size; i++)
            count += check_strings(&object->via.map.ptr[i].key) + check_strings(&object->via.map.ptr[i].val);
    }
    return count;
}

Test(decode, gives_what_msgpack_gives_with_a_nul_behind_each_string)
{
    msgpack_object object;
    msgpack_unpacked expected;
    size_t offset = 0;
    char *before;

    pack_any(&packed.packer);
    before = exact(packed.buf.data, packed.buf.size);
    cr_assert_eq(mp_decode_value(packed.buf.data, packed.buf.size, &offset, &zone, &object), MPOOL_OK);
    cr_expect_eq(offset, packed.buf.size);
    msgpack_unpacked_init(&expected);
    cr_assert_eq(msgpack_unpack_next(&expected, packed.buf.data, packed.buf.size, NULL), MSGPACK_UNPACK_SUCCESS);
    cr_expect(msgpack_object_equal(object, expected.data));
    cr_expect_eq(check_strings(&object), 11);
    cr_expect_arr_eq(packed.buf.data, before, packed.buf.size, "the bytes are not changed");
    msgpack_unpacked_destroy(&expected);
    free(before);
}

Test(decode, bytes_are_not_copied)
{
    msgpack_object object;
    size_t offset = 0;

    msgpack_pack_bin_with_body(&packed.packer, "abc", 3);
    cr_assert_eq(mp_decode_value(packed.buf.data, packed.buf.size, &offset, &zone, &object), MPOOL_OK);
    cr_expect_eq(object.type, MSGPACK_OBJECT_BIN);
    cr_expect_eq(object.via.bin.ptr, packed.buf.data + 2);
}

Test(decode, a_string_of_no_bytes_is_a_string)
{
    msgpack_object object;
    size_t offset = 0;

    add_hex(&packed.buf, "92 a0 d9 00");
    cr_assert_eq(mp_decode_value(packed.buf.data, packed.buf.size, &offset, &zone, &object), MPOOL_OK);
    cr_expect_str_eq(object.via.array.ptr[0].via.str.ptr, "");
    cr_expect_str_eq(object.via.array.ptr[1].via.str.ptr, "");
}

Test(decode, takes_values_one_after_the_other)
{
    msgpack_object object;
    size_t offset = 0;

    for (int i = 0; i < 100; i++) {
        msgpack_pack_array(&packed.packer, 2);
        msgpack_pack_int(&packed.packer, i);
        pack_string(&packed.packer, "string");
    }
    for (uint64_t i = 0; i < 100; i++) {
        cr_assert_eq(mp_decode_value(packed.buf.data, packed.buf.size, &offset, &zone, &object), MPOOL_OK);
        cr_expect_eq(object.via.array.ptr[0].via.u64, i);
        cr_expect_str_eq(object.via.array.ptr[1].via.str.ptr, "string");
        msgpack_zone_clear(&zone);
    }
    cr_expect_eq(offset, packed.buf.size);
}

Test(decode, a_zone_that_is_used_again_allocates_nothing)
{
    msgpack_object object;
    struct allocations allocated;

    add_hex(&packed.buf, "83 a1 61 01 a1 62 a5 68 65 6c 6c 6f a1 63 93 01 02 03");
    allocations_start();
    for (int i = 0; i < 1000; i++) {
        size_t offset = 0;

        cr_assert_eq(mp_decode_value(packed.buf.data, packed.buf.size, &offset, &zone, &object), MPOOL_OK);
        msgpack_zone_clear(&zone);
    }
    allocated = allocations_stop();
    cr_expect_eq(allocated.calls, 0);
}

Test(decode, the_deepest_value_the_scan_admits_is_decoded)
{
    msgpack_object object;
    const msgpack_object *at = &object;
    size_t offset = 0;
    size_t levels = 1;

    add_nested(&packed.buf, MP_SCAN_DEPTH_MAX);
    cr_assert_eq(mp_decode_value(packed.buf.data, packed.buf.size, &offset, &zone, &object), MPOOL_OK);
    for (; at->via.array.size > 0; at = at->via.array.ptr)
        levels++;
    cr_expect_eq(levels, MP_SCAN_DEPTH_MAX);
}

Test(decode, what_is_not_msgpack_is_an_error_and_leaves_no_trace)
{
    msgpack_object object = {.type = MSGPACK_OBJECT_EXT};
    size_t offset = 0;

    pack_any(&packed.packer);
    for (size_t size = 0; size < packed.buf.size; size++) {
        char *cut = exact(packed.buf.data, size);

        cr_expect_eq(mp_decode_value(cut, size, &offset, &zone, &object), MPOOL_E_PROTOCOL, "%zu bytes", size);
        cr_expect_eq(offset, 0);
        cr_expect_eq(object.type, MSGPACK_OBJECT_EXT);
        msgpack_zone_clear(&zone);
        free(cut);
    }
    packed.buf.size = 0;
    add_hex(&packed.buf, "01 c1");
    offset = 1;
    cr_expect_eq(mp_decode_value(packed.buf.data, packed.buf.size, &offset, &zone, &object), MPOOL_E_PROTOCOL);
    cr_expect_str_eq(mpool_error_detail(), "the value at byte 1 of 2 is not msgpack");
    cr_expect_eq(offset, 1);
}

Test(decode, a_failed_allocation_is_an_error_wherever_it_happens)
{
    msgpack_object object;
    msgpack_zone small;
    size_t failures = 0;
    size_t successes = 0;
    mpool_err err;

    pack_any(&packed.packer);
    if (!allocations_fail(1))
        cr_skip("AddressSanitizer's malloc() cannot be made to fail");
    do {
        size_t offset = 0;

        allocations_succeed();
        cr_assert(msgpack_zone_init(&small, 64));
        (void)allocations_fail(successes++);
        err = mp_decode_value(packed.buf.data, packed.buf.size, &offset, &small, &object);
        allocations_succeed();
        cr_assert(err == MPOOL_OK || (err == MPOOL_E_NOMEM && offset == 0));
        failures += err != MPOOL_OK;
        msgpack_zone_destroy(&small);
    } while (err != MPOOL_OK && successes < 1000);
    cr_expect_eq(err, MPOOL_OK);
    cr_expect_gt(failures, 5);
}
