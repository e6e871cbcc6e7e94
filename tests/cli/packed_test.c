/*
 * tests/cli/packed_test.c - fields and texts of values that are packed
 */
#include "cli/packed.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <msgpack.h>
#include <stdio.h>
#include <string.h>

static msgpack_sbuffer buffer;
static msgpack_packer packer;

static void begin(void)
{
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
}

static void end(void)
{
    msgpack_sbuffer_destroy(&buffer);
}

static void string(const char *text)
{
    (void)msgpack_pack_str_with_body(&packer, text, strlen(text));
}

/* Is the field at `fields` the text; NULL: there is none. */
static void expect_field(const char *fields, const char *expected)
{
    char digits[PACKED_DIGITS];
    const char *value, *text;
    size_t size;
    bool found = packed_field(buffer.data, buffer.size, fields, &value, &size);

    cr_expect_eq(found, expected != NULL, "%s", fields);
    if (!found || expected == NULL)
        return;
    size_t length = packed_text(value, size, digits, &text);
    cr_assert_not_null(text);
    cr_expect(length == strlen(expected) && memcmp(text, expected, length) == 0, "%s is \"%.*s\"", fields, (int)length,
              text);
}

Test(packed, a_field_is_found_at_any_depth, .init = begin, .fini = end)
{
    msgpack_pack_map(&packer, 4);
    string("a");
    msgpack_pack_array(&packer, 2);
    msgpack_pack_map(&packer, 1);
    string("c");
    string("not this one");
    msgpack_pack_nil(&packer);
    msgpack_pack_int(&packer, 7);
    string("a key that is a number");
    string("b");
    msgpack_pack_map(&packer, 2);
    string("bb");
    string("wrong");
    string("c");
    string("right");
    string("d");
    string("last");

    expect_field("b.c", "right");
    expect_field("d", "last");
    expect_field("c", NULL);
    expect_field("a.c", NULL);
    expect_field("b.x", NULL);
    expect_field("d.x", NULL);
    expect_field("b.c.x", NULL);
    cr_expect_not(packed_is_scalar(buffer.data));
}

/* Maps with headers of one, three and five bytes. */
Test(packed, every_size_of_map_is_read, .fini = end)
{
    static const uint32_t counts[] = {1, 15, 16, 65535, 65536};
    char name[16], value[16];

    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        if (c > 0)
            end();
        begin();
        msgpack_pack_map(&packer, counts[c]);
        for (uint32_t i = 0; i < counts[c]; i++) {
            (void)snprintf(name, sizeof name, "k%" PRIu32, i);
            string(name);
            msgpack_pack_uint32(&packer, i);
        }
        (void)snprintf(value, sizeof value, "%" PRIu32, counts[c] - 1);
        expect_field(name, value);
        expect_field("k0", "0");
        expect_field("k", NULL);
    }
}

Test(packed, scalars_are_text_as_json_has_them, .init = begin, .fini = end)
{
    msgpack_pack_map(&packer, 9);
    string("string");
    string("\"as\" it\nis");
    string("empty");
    string("");
    string("least");
    msgpack_pack_int64(&packer, INT64_MIN);
    string("most");
    msgpack_pack_uint64(&packer, UINT64_MAX);
    string("float");
    msgpack_pack_double(&packer, -2.2250738585072014e-308);
    string("half");
    msgpack_pack_double(&packer, 0.5);
    string("true");
    msgpack_pack_true(&packer);
    string("null");
    msgpack_pack_nil(&packer);
    string("list");
    msgpack_pack_array(&packer, 0);

    expect_field("string", "\"as\" it\nis");
    expect_field("empty", "");
    expect_field("least", "-9223372036854775808");
    expect_field("most", "18446744073709551615");
    expect_field("float", "-2.2250738585072014e-308");
    expect_field("half", "0.5");
    expect_field("true", "true");
    expect_field("null", "null");
    expect_field("list", "");
}

Test(packed, kinds_are_told_by_the_first_byte, .init = begin, .fini = end)
{
    char text[70000];

    memset(text, 'x', sizeof text);
    for (size_t size = 1; size < sizeof text; size *= 16) {
        msgpack_sbuffer_clear(&buffer);
        (void)msgpack_pack_str_with_body(&packer, text, size);
        cr_expect(packed_is_string(buffer.data) && packed_is_scalar(buffer.data), "%zu", size);
    }
    msgpack_sbuffer_clear(&buffer);
    msgpack_pack_bin_with_body(&packer, text, 3);
    cr_expect(!packed_is_string(buffer.data) && packed_is_scalar(buffer.data));
    msgpack_sbuffer_clear(&buffer);
    msgpack_pack_int(&packer, -1);
    cr_expect(!packed_is_string(buffer.data) && packed_is_scalar(buffer.data));
    for (size_t size = 1; size < sizeof text; size *= 16) {
        msgpack_sbuffer_clear(&buffer);
        msgpack_pack_array(&packer, size);
        cr_expect(!packed_is_string(buffer.data) && !packed_is_scalar(buffer.data), "%zu", size);
    }
}

static void nest(unsigned levels)
{
    msgpack_sbuffer_clear(&buffer);
    for (unsigned i = 0; i < levels; i++) {
        if (i % 2 == 0) {
            msgpack_pack_array(&packer, 1);
        } else {
            msgpack_pack_map(&packer, 1);
            string("k");
        }
    }
    msgpack_pack_nil(&packer);
}

Test(packed, what_no_job_may_have_is_told_before_it_is_one, .init = begin, .fini = end)
{
    nest(0);
    cr_expect_null(packed_refused(buffer.data, buffer.size));
    nest(30);
    cr_expect_null(packed_refused(buffer.data, buffer.size));
    for (unsigned levels = 31; levels < 40; levels++) {
        nest(levels);
        cr_expect_str_eq(packed_refused(buffer.data, buffer.size),
                         "nested deeper than 30 levels, the most that a job takes");
    }
    for (uint32_t more = 0; more < 2; more++) {
        msgpack_sbuffer_clear(&buffer);
        msgpack_pack_array(&packer, (1 << 20) + more);
        for (uint32_t i = 0; i < (1 << 20) + more; i++)
            msgpack_pack_nil(&packer);
        const char *refused = packed_refused(buffer.data, buffer.size);
        cr_expect_eq(refused != NULL, more > 0);
    }
}
