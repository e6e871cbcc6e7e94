/*
 * tests/unit/pack.c - mpool_pack(): each conversion, and what is said about bad formats
 */
#include <mpool/pack.h>

#include "tests/unit/allocations.h"
#include "tests/unit/values.h"

#include <criterion/criterion.h>

#include <float.h>
#include <limits.h>
#include <string.h>

static struct packed packed;

static void begin(void)
{
    packed_init(&packed);
}

static void end(void)
{
    packed_fini(&packed);
}

TestSuite(pack, .init = begin, .fini = end);

#define PACKS(hex, ...)                                                                                                \
    do {                                                                                                               \
        struct mp_buf expected = {0};                                                                                  \
                                                                                                                       \
        packed.buf.size = 0;                                                                                           \
        cr_assert_eq(mpool_pack(&packed.packer, __VA_ARGS__), MPOOL_OK, "%s: %s", hex, mpool_error_detail());          \
        add_hex(&expected, hex);                                                                                       \
        cr_assert_eq(packed.buf.size, expected.size, "%s", hex);                                                       \
        cr_assert_arr_eq(packed.buf.data, expected.data, expected.size, "%s", hex);                                    \
        mp_buf_free(&expected);                                                                                        \
    } while (0)

#define REFUSES(detail, ...)                                                                                           \
    do {                                                                                                               \
        cr_expect_eq(mpool_pack(&packed.packer, __VA_ARGS__), MPOOL_E_FORMAT, "%s", detail);                           \
        cr_expect_str_eq(mpool_error_detail(), detail);                                                                \
    } while (0)

Test(pack, a_handle_is_the_one_ext_type)
{
    PACKS("d7 01 00 11 22 33 44 55 66 77", "h", (mpool_handle){UINT64_C(0x0011223344556677)});
    PACKS("92 d7 01 00 00 00 00 00 00 00 01 07", "[h,i]", (mpool_handle){1}, 7);
}

Test(pack, integers_take_as_few_bytes_as_they_can)
{
    PACKS("00", "i", 0);
    PACKS("7f", "i", 127);
    PACKS("cc 80", "i", 128);
    PACKS("ff", "i", -1);
    PACKS("e0", "i", -32);
    PACKS("d0 df", "i", -33);
    PACKS("ce 7f ff ff ff", "i", INT_MAX);
    PACKS("d2 80 00 00 00", "i", INT_MIN);
    PACKS("cd 01 00", "I", INT64_C(256));
    PACKS("cf 7f ff ff ff ff ff ff ff", "I", INT64_MAX);
    PACKS("d3 80 00 00 00 00 00 00 00", "I", INT64_MIN);
    PACKS("00", "U", UINT64_C(0));
    PACKS("cf ff ff ff ff ff ff ff ff", "U", UINT64_MAX);
}

Test(pack, each_conversion_takes_its_type)
{
    msgpack_object object = {.type = MSGPACK_OBJECT_NEGATIVE_INTEGER, .via.i64 = -5};

    PACKS("cb 3f e0 00 00 00 00 00 00", "d", 0.5);
    PACKS("c3", "b", true);
    PACKS("c2", "b", false);
    PACKS("a0", "s", "");
    PACKS("a2 68 69", "s", "hi");
    PACKS("c4 00", "z", "", (size_t)0);
    PACKS("c4 00", "z", NULL, (size_t)0);
    PACKS("c4 03 00 01 00", "z", "\0\1\0", (size_t)3);
    PACKS("fb", "o", object);
    PACKS("c0", "n");
}

Test(pack, brackets_hold_values)
{
    PACKS("90", "[]");
    PACKS("80", "{}");
    PACKS("91 90", "[[]]");
    PACKS("93 01 02 03", "[i,i,i]", 1, 2, 3);
    PACKS("81 a1 61 01", "{s:i}", "a", 1);
    PACKS("82 a4 70 61 74 68 a1 2f a5 62 79 74 65 73 07", "{s:s,s:I}", "path", "/", "bytes", INT64_C(7));
    PACKS("83 a1 61 92 01 81 a1 78 02 a1 62 90 a1 63 c0", "{s:[i,{s:i}],s:[],s:n}", "a", 1, "x", 2, "b", "c");
    PACKS("92 92 01 02 92 03 04", "[[i,i],[i,i]]", 1, 2, 3, 4);
    PACKS("dc 00 10 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f", "[i,i,i,i,i,i,i,i,i,i,i,i,i,i,i,i]", 0, 1, 2, 3,
          4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

Test(pack, white_space_means_nothing)
{
    PACKS("82 a1 61 92 01 02 a1 62 80", " { s : [ i ,\ti ] ,\n s:{ } } \r\n", "a", 1, 2, "b");
    PACKS("90", "[ ]");
}

Test(pack, a_bad_format_is_named_with_the_place)
{
    REFUSES("bad format \"\": wanted one of iIUdbszohn[{, found its end", "");
    REFUSES("bad format \"  \": wanted one of iIUdbszohn[{, found its end", "  ");
    REFUSES("bad format \"x\": wanted one of iIUdbszohn[{, found 'x' at byte 1", "x");
    REFUSES("bad format \"ii\": wanted the end, found 'i' at byte 2", "ii", 1, 1);
    REFUSES("bad format \"i?\": wanted the end, found '?' at byte 2", "i?", 1);
    REFUSES("bad format \"[i\": wanted ']', found its end", "[i", 1);
    REFUSES("bad format \"[\": wanted ']', found its end", "[");
    REFUSES("bad format \"[i}\": wanted ']', found '}' at byte 3", "[i}", 1);
    REFUSES("bad format \"[i i]\": wanted ']', found 'i' at byte 4", "[i i]", 1, 2);
    REFUSES("bad format \"[i,]\": wanted one of iIUdbszohn[{, found ']' at byte 4", "[i,]", 1);
    REFUSES("bad format \"[,i]\": wanted one of iIUdbszohn[{, found ',' at byte 2", "[,i]", 1);
    REFUSES("bad format \"{s:i,s}\": wanted ':', found '}' at byte 7", "{s:i,s}", "a", 1, "b");
    REFUSES("bad format \"{i:i}\": wanted 's', found 'i' at byte 2", "{i:i}", 1, 1);
    REFUSES("bad format \"{s:}\": wanted one of iIUdbszohn[{, found '}' at byte 4", "{s:}", "a");
    REFUSES("bad format \"{s:i?}\": wanted '}', found '?' at byte 5", "{s:i?}", "a", 1);
    REFUSES("bad format \"{s:[i}\": wanted ']', found '}' at byte 6", "{s:[i}", "a", 1);
    REFUSES("bad format \"]\": wanted one of iIUdbszohn[{, found ']' at byte 1", "]");
}

Test(pack, a_null_pointer_is_an_error)
{
    REFUSES("the argument for 's' is NULL", "s", (const char *)NULL);
    REFUSES("the argument for 'z' is NULL, with a size of 1", "z", NULL, (size_t)1);
    REFUSES("the argument for a key is NULL", "{s:i}", (const char *)NULL, 1);
}

Test(pack, at_most_32_levels)
{
    char format[100] = "";

    memset(format, '[', 32);
    memset(format + 32, ']', 32);
    cr_expect_eq(mpool_pack(&packed.packer, format), MPOOL_OK);
    memset(format, '[', 33);
    memset(format + 33, ']', 33);
    cr_expect_eq(mpool_pack(&packed.packer, format), MPOOL_E_FORMAT);
    cr_expect_not_null(strstr(mpool_error_detail(), "wanted at most 32 levels, found '[' at byte 33"));
}

Test(pack, what_is_too_big_for_msgpack_is_refused)
{
    cr_expect_eq(mpool_pack(&packed.packer, "z", "", (size_t)UINT32_MAX + 1), MPOOL_E_TOOBIG);
    cr_expect_str_eq(mpool_error_detail(), "bin of 4294967296 is too big: 4294967295 is the most in msgpack");
}

static int refuse(void *data, const char *bytes, size_t size)
{
    size_t *room = data;

    (void)bytes;
    if (size > *room)
        return -1;
    *room -= size;
    return 0;
}

Test(pack, a_buffer_that_is_full_at_any_byte_is_an_error)
{
    size_t needed = 1 + 5 + 5 + 6 + 1 + 1 + 4 + 9; /* see below */

    for (size_t room = 0; room <= needed; room++) {
        size_t left = room;
        msgpack_packer packer;

        msgpack_packer_init(&packer, &left, refuse);
        cr_expect_eq(mpool_pack(&packer, "{s:s,s:[n,z,d]}", "path", "/usr", "bytes", "ab", (size_t)2, 0.5),
                     room == needed ? MPOOL_OK : MPOOL_E_NOMEM, "%zu", room);
    }
}
