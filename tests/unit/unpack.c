/*
 * tests/unit/unpack.c - mpool_unpack(): each conversion at its limits, keys, and what is said about what does not fit
 */
#include <mpool/pack.h>

#include "serialize/decode.h"
#include "tests/unit/values.h"

#include <criterion/criterion.h>

#include <limits.h>
#include <math.h>
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

TestSuite(unpack, .init = begin, .fini = end);

static const msgpack_object *value(const char *hex)
{
    static msgpack_object object;
    size_t offset = 0;

    packed.buf.size = 0;
    add_hex(&packed.buf, hex);
    cr_assert_eq(mp_decode_value(packed.buf.data, packed.buf.size, &offset, &zone, &object), MPOOL_OK, "%s", hex);
    return &object;
}

#define REFUSES(detail, hex, ...)                                                                                      \
    do {                                                                                                               \
        cr_expect_eq(mpool_unpack(value(hex), __VA_ARGS__), MPOOL_E_FORMAT, "%s", detail);                             \
        cr_expect_str_eq(mpool_error_detail(), detail);                                                                \
    } while (0)

#define GIVES(variable, expected, hex, format)                                                                         \
    do {                                                                                                               \
        cr_expect_eq(mpool_unpack(value(hex), format, &(variable)), MPOOL_OK, "%s: %s", hex, mpool_error_detail());    \
        cr_expect_eq((variable), (expected), "%s as %s", hex, format);                                                 \
    } while (0)

Test(unpack, an_int_is_checked_for_its_range)
{
    int number = 1;

    GIVES(number, 0, "00", "i");
    GIVES(number, 127, "cf 00 00 00 00 00 00 00 7f", "i");
    GIVES(number, INT_MAX, "ce 7f ff ff ff", "i");
    GIVES(number, INT_MIN, "d2 80 00 00 00", "i");
    GIVES(number, 5, "d0 05", "i"); /* signed, and not negative */
    REFUSES("2147483648 does not fit an int", "ce 80 00 00 00", "i", &number);
    REFUSES("-2147483649 does not fit an int", "d3 ff ff ff ff 7f ff ff ff", "i", &number);
    REFUSES("18446744073709551615 does not fit an int", "cf ff ff ff ff ff ff ff ff", "i", &number);
    cr_expect_eq(number, 5, "not touched");
}

Test(unpack, a_handle_is_what_was_packed)
{
    mpool_handle handle = {7};

    cr_expect_eq(mpool_unpack(value("d7 01 80 11 22 33 44 55 66 ff"), "h", &handle), MPOOL_OK);
    cr_expect_eq(handle.word, UINT64_C(0x80112233445566ff));
    cr_expect_eq(mpool_unpack(value("80"), "{s:h?}", "lock", &handle), MPOOL_OK);
    REFUSES("wanted the handle of a shared object, found an integer", "05", "h", &handle);
    REFUSES("wanted the handle of a shared object, found an ext type", "d7 02 00 00 00 00 00 00 00 00", "h", &handle);
    REFUSES("wanted the handle of a shared object, found a handle", "d4 01 00", "h", &handle);
    REFUSES("wanted an integer, found a handle", "d7 01 00 00 00 00 00 00 00 00", "i", &(int){0});
    cr_expect_eq(handle.word, UINT64_C(0x80112233445566ff), "not touched");
}

Test(unpack, wide_integers_are_checked_for_their_range)
{
    int64_t number = 1;
    uint64_t natural = 1;

    GIVES(number, INT64_MAX, "cf 7f ff ff ff ff ff ff ff", "I");
    GIVES(number, INT64_MIN, "d3 80 00 00 00 00 00 00 00", "I");
    REFUSES("9223372036854775808 does not fit an int64_t", "cf 80 00 00 00 00 00 00 00", "I", &number);
    GIVES(natural, UINT64_C(0), "00", "U");
    GIVES(natural, UINT64_MAX, "cf ff ff ff ff ff ff ff ff", "U");
    REFUSES("-1 does not fit a uint64_t", "ff", "U", &natural);
    REFUSES("-9223372036854775808 does not fit a uint64_t", "d3 80 00 00 00 00 00 00 00", "U", &natural);
}

Test(unpack, integers_are_not_taken_from_anything_else)
{
    int number;
    int64_t wide;
    uint64_t natural;

    REFUSES("wanted an integer, found nil", "c0", "i", &number);
    REFUSES("wanted an integer, found a boolean", "c3", "I", &wide);
    REFUSES("wanted an integer, found a float", "cb 3f f0 00 00 00 00 00 00", "I", &wide);
    REFUSES("wanted an integer, found a float", "ca 3f 80 00 00", "U", &natural);
    REFUSES("wanted an integer, found a string", "a1 31", "U", &natural);
    REFUSES("wanted an integer, found bytes", "c4 01 31", "i", &number);
    REFUSES("wanted an integer, found an array", "91 01", "i", &number);
    REFUSES("wanted an integer, found a map", "80", "i", &number);
}

Test(unpack, a_double_takes_any_number)
{
    double number = 0;

    GIVES(number, 0.5, "cb 3f e0 00 00 00 00 00 00", "d");
    GIVES(number, 1.5, "ca 3f c0 00 00", "d");
    GIVES(number, 7.0, "07", "d");
    GIVES(number, -7.0, "f9", "d");
    GIVES(number, 18446744073709551616.0, "cf ff ff ff ff ff ff ff ff", "d");
    cr_expect_eq(mpool_unpack(value("cb 7f f8 00 00 00 00 00 00"), "d", &number), MPOOL_OK);
    cr_expect(isnan(number));
    REFUSES("wanted a number, found a string", "a1 31", "d", &number);
}

Test(unpack, a_boolean_is_only_a_boolean)
{
    bool truth = false;

    GIVES(truth, true, "c3", "b");
    GIVES(truth, false, "c2", "b");
    REFUSES("wanted a boolean, found an integer", "01", "b", &truth);
}

Test(unpack, a_string_is_a_c_string)
{
    const char *string = NULL;

    cr_expect_eq(mpool_unpack(value("a2 68 69"), "s", &string), MPOOL_OK);
    cr_expect_str_eq(string, "hi");
    cr_expect_eq(mpool_unpack(value("a0"), "s", &string), MPOOL_OK);
    cr_expect_str_eq(string, "");
    REFUSES("the string has a NUL byte at 1 of its 3 bytes; take it with 'z'", "a3 61 00 62", "s", &string);
    REFUSES("the string has a NUL byte at 2 of its 3 bytes; take it with 'z'", "a3 61 62 00", "s", &string);
    REFUSES("wanted a string, found bytes", "c4 02 68 69", "s", &string);
    REFUSES("wanted a string, found nil", "c0", "s", &string);
}

Test(unpack, a_string_that_mpool_did_not_decode_is_refused)
{
    const char *string;
    const void *bytes;
    size_t size;
    msgpack_object object = {.type = MSGPACK_OBJECT_STR, .via.str = {.ptr = "hi there", .size = 2}};

    cr_expect_eq(mpool_unpack(&object, "s", &string), MPOOL_E_FORMAT);
    cr_expect_str_eq(mpool_error_detail(),
                     "the string has no NUL byte behind it, as mpool's decoder would put; take it with 'z'");
    cr_expect_eq(mpool_unpack(&object, "z", &bytes, &size), MPOOL_OK);
    cr_expect_eq(size, 2);
}

Test(unpack, bytes_come_from_bin_and_from_strings)
{
    const void *bytes = NULL;
    size_t size = 77;

    cr_expect_eq(mpool_unpack(value("c4 03 00 01 00"), "z", &bytes, &size), MPOOL_OK);
    cr_expect_eq(size, 3);
    cr_expect_arr_eq(bytes, "\0\1\0", 3);
    cr_expect_eq(mpool_unpack(value("a3 61 00 62"), "z", &bytes, &size), MPOOL_OK);
    cr_expect_eq(size, 3);
    cr_expect_arr_eq(bytes, "a\0b", 3);
    cr_expect_eq(mpool_unpack(value("c4 00"), "z", &bytes, &size), MPOOL_OK);
    cr_expect_eq(size, 0);
    REFUSES("wanted bytes or a string, found an integer", "05", "z", &bytes, &size);
}

Test(unpack, any_value_is_an_object)
{
    msgpack_object object;
    int inside;

    cr_expect_eq(mpool_unpack(value("81 a1 61 92 01 02"), "{s:o}", "a", &object), MPOOL_OK);
    cr_expect_eq(object.type, MSGPACK_OBJECT_ARRAY);
    cr_expect_eq(mpool_unpack(&object, "[i,n]", &inside), MPOOL_E_FORMAT);
    cr_expect_str_eq(mpool_error_detail(), "at \"[1]\": wanted nil, found an integer");
    cr_expect_eq(mpool_unpack(value("c0"), "n"), MPOOL_OK);
    cr_expect_eq(mpool_unpack(value("c0"), "o", &object), MPOOL_OK);
    cr_expect_eq(object.type, MSGPACK_OBJECT_NIL);
}

Test(unpack, an_array_has_exactly_the_values_of_the_format)
{
    int a = 0, b = 0, c = 0;

    cr_expect_eq(mpool_unpack(value("92 01 92 02 03"), "[i,[i,i]]", &a, &b, &c), MPOOL_OK);
    cr_expect(a == 1 && b == 2 && c == 3);
    cr_expect_eq(mpool_unpack(value("90"), "[]"), MPOOL_OK);
    REFUSES("wanted an array of 2, found one of 3", "93 01 02 03", "[i,i]", &a, &b);
    REFUSES("wanted an array of 2, found one of 1", "91 01", "[i,i]", &a, &b);
    REFUSES("wanted an array, found a map", "80", "[]");
    REFUSES("wanted an array, found a string", "a0", "[i]", &a);
}

Test(unpack, keys_come_in_any_order_and_others_are_passed_over)
{
    const char *path = NULL;
    int64_t bytes = 0;

    cr_expect_eq(mpool_unpack(value("84 05 06 a5 62 79 74 65 73 07 a1 78 80 a4 70 61 74 68 a1 2f"), "{s:s,s:I}", "path",
                              &path, "bytes", &bytes),
                 MPOOL_OK);
    cr_expect_str_eq(path, "/");
    cr_expect_eq(bytes, 7);
    cr_expect_eq(mpool_unpack(value("81 a1 61 01"), "{}"), MPOOL_OK);
    REFUSES("wanted a map, found an array", "91 01", "{s:I}", "bytes", &bytes);
}

Test(unpack, of_equal_keys_the_first_counts)
{
    int a = 0, b = 0;

    cr_expect_eq(mpool_unpack(value("83 a1 61 01 a1 62 02 a1 61 03"), "{s:i,s:i}", "b", &b, "a", &a), MPOOL_OK);
    cr_expect_eq(a, 1);
    cr_expect_eq(b, 2);
}

Test(unpack, a_key_is_a_whole_string)
{
    int a = 0;

    REFUSES("at \"a\": the key is missing", "82 c4 01 61 01 a2 61 62 02", "{s:i}", "a", &a);
    cr_expect_eq(mpool_unpack(value("81 a0 05"), "{s:i}", "", &a), MPOOL_OK);
    cr_expect_eq(a, 5);
}

Test(unpack, a_missing_key_is_an_error_unless_it_is_optional)
{
    int a = 1, b = 2, c = 3;
    const char *s = "before";
    const void *bytes = "x";
    size_t size = 1;
    msgpack_object object = {.type = MSGPACK_OBJECT_EXT};

    REFUSES("at \"b\": the key is missing", "81 a1 61 05", "{s:i,s:i}", "a", &a, "b", &b);
    cr_expect_eq(mpool_unpack(value("81 a1 61 06"), "{s:i?,s:i?,s:i}", "b", &b, "c", &c, "a", &a), MPOOL_OK);
    cr_expect(a == 6 && b == 2 && c == 3);
    cr_expect_eq(mpool_unpack(value("82 a1 61 c0 a1 62 07"), "{s:i?,s:i?}", "a", &a, "b", &b), MPOOL_OK, "nil");
    cr_expect(a == 6 && b == 7);
    REFUSES("at \"a\": wanted an integer, found nil", "81 a1 61 c0", "{s:i}", "a", &a);
    REFUSES("at \"a\": wanted an integer, found a string", "81 a1 61 a0", "{s:i?}", "a", &a);
    cr_expect_eq(mpool_unpack(value("80"), "{s:s?,s:z?,s:o?,s:n?,s:d ? }", "s", &s, "z", &bytes, &size, "o", &object,
                              "n", "d", (double *)NULL),
                 MPOOL_OK);
    cr_expect_str_eq(s, "before");
    cr_expect_eq(size, 1);
    cr_expect_eq(object.type, MSGPACK_OBJECT_EXT);
}

Test(unpack, optional_brackets_are_passed_over_with_all_their_arguments)
{
    int a = 1, b = 2, c = 3;

    cr_expect_eq(
        mpool_unpack(value("81 a1 63 09"), "{s:{s:[i,{s:i}],s:i?}?,s:i}", "x", "y", &a, "z", &b, "w", &a, "c", &c),
        MPOOL_OK, "%s", mpool_error_detail());
    cr_expect(a == 1 && b == 2 && c == 9);
    cr_expect_eq(mpool_unpack(value("81 a1 78 92 04 05"), "{s:[i,i]?}", "x", &a, &b), MPOOL_OK);
    cr_expect(a == 4 && b == 5);
}

Test(unpack, the_place_in_the_value_is_named)
{
    int number;

    REFUSES("at \"stat.bytes\": wanted an integer, found a string", "81 a4 73 74 61 74 81 a5 62 79 74 65 73 a0",
            "{s:{s:i}}", "stat", "bytes", &number);
    REFUSES("at \"stat.bytes\": the key is missing", "81 a4 73 74 61 74 80", "{s:{s:i}}", "stat", "bytes", &number);
    REFUSES("at \"a[1].b\": 4294967296 does not fit an int", "81 a1 61 92 01 81 a1 62 cf 00 00 00 01 00 00 00 00",
            "{s:[i,{s:i}]}", "a", &number, "b", &number);
}

Test(unpack, a_place_that_is_too_long_for_a_message_is_cut)
{
    char key[1001];
    int number;

    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    cr_expect_eq(mpool_unpack(value("80"), "{s:i}", key, &number), MPOOL_E_FORMAT);
    cr_expect_not_null(strstr(mpool_error_detail(), "kkk\": the key is missing"));
}

Test(unpack, a_bad_format_is_named_with_the_place)
{
    int a = 0;

    REFUSES("bad format \"\": wanted one of iIUdbszohn[{, found its end", "01", "");
    REFUSES("bad format \"q\": wanted one of iIUdbszohn[{, found 'q' at byte 1", "01", "q");
    REFUSES("bad format \"ii\": wanted the end, found 'i' at byte 2", "01", "ii", &a, &a);
    REFUSES("bad format \"i?\": wanted the end, found '?' at byte 2", "01", "i?", &a);
    REFUSES("bad format \"[i?]\": wanted ']', found '?' at byte 3", "91 01", "[i?]", &a);
    REFUSES("bad format \"{s i}\": wanted ':', found 'i' at byte 4", "81 a1 61 01", "{s i}", "a", &a);
    REFUSES("bad format \"{s:i\": wanted '}', found its end", "81 a1 61 01", "{s:i", "a", &a);
    REFUSES("bad format \"{s:[q]?}\": wanted one of iIUdbszohn[{, found 'q' at byte 5", "80", "{s:[q]?}", "a");
    REFUSES("the argument for a key is NULL", "80", "{s:i}", (const char *)NULL, &a);
}

Test(unpack, what_was_packed_comes_back)
{
    const char *path, *owner;
    int64_t bytes;
    uint64_t inode;
    double ratio;
    bool is_link;
    const void *digest;
    size_t digest_size;
    int mode;
    msgpack_object object;
    size_t offset = 0;

    cr_assert_eq(mpool_pack(&packed.packer, "{s:s,s:{s:I,s:U,s:[d,b,n]},s:z,s:i,s:s}", "path", "/usr/share", "stat",
                            "bytes", INT64_MIN, "inode", UINT64_MAX, "more", 0.25, true, "digest", "\0\1\2", (size_t)3,
                            "mode", 0644, "owner", ""),
                 MPOOL_OK);
    cr_assert_eq(mp_decode_value(packed.buf.data, packed.buf.size, &offset, &zone, &object), MPOOL_OK);
    cr_assert_eq(mpool_unpack(&object, "{s:s,s:{s:I,s:U,s:[d,b,n]},s:z,s:i,s:s}", "path", &path, "stat", "bytes",
                              &bytes, "inode", &inode, "more", &ratio, &is_link, "digest", &digest, &digest_size,
                              "mode", &mode, "owner", &owner),
                 MPOOL_OK, "%s", mpool_error_detail());
    cr_expect_str_eq(path, "/usr/share");
    cr_expect_eq(bytes, INT64_MIN);
    cr_expect_eq(inode, UINT64_MAX);
    cr_expect_eq(ratio, 0.25);
    cr_expect(is_link);
    cr_expect_eq(digest_size, 3);
    cr_expect_arr_eq(digest, "\0\1\2", 3);
    cr_expect_eq(mode, 0644);
    cr_expect_str_eq(owner, "");
}

Test(unpack, a_struct_is_copied_if_it_has_exactly_its_size)
{
    struct {
        double x, y;
    } in = {1.5, -2.5}, out = {0};
    msgpack_object object;
    size_t offset = 0;

    msgpack_pack_bin_with_body(&packed.packer, &in, sizeof in);
    cr_assert_eq(mp_decode_value(packed.buf.data, packed.buf.size, &offset, &zone, &object), MPOOL_OK);
    cr_expect_eq(mpool_unpack_bytes(&object, &out, sizeof out), MPOOL_OK);
    cr_expect(out.x == 1.5 && out.y == -2.5);
    cr_expect_eq(mpool_unpack_bytes(&object, &out, sizeof out - 1), MPOOL_E_FORMAT);
    cr_expect_str_eq(mpool_error_detail(), "wanted 15 bytes, found 16");
    cr_expect_eq(mpool_unpack_bytes(value("a2 68 69"), &out, 2), MPOOL_OK, "a string has bytes, too");
    cr_expect_eq(mpool_unpack_bytes(value("c4 00"), NULL, 0), MPOOL_OK);
    cr_expect_eq(mpool_unpack_bytes(value("05"), &out, 1), MPOOL_E_FORMAT);
    cr_expect_str_eq(mpool_error_detail(), "wanted bytes or a string, found an integer");
}
