/*
 * tests/unit/scan.c - the bounds scan: what it admits, what it refuses, and that it agrees with msgpack-c
 */
#include "serialize/scan.h"

#include "tests/unit/allocations.h"
#include "tests/unit/values.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static const struct mp_scan_limits wide = {.depth = MP_SCAN_DEPTH_MAX, .nodes = SIZE_MAX};

static enum mp_scan_verdict scan_hex(const char *hex, const struct mp_scan_limits *limits)
{
    struct mp_buf buf = {0};
    size_t offset = 0;
    enum mp_scan_verdict verdict;

    add_hex(&buf, hex);
    verdict = mp_scan_value(buf.data, buf.size, limits, &offset);
    mp_buf_free(&buf);
    return verdict;
}

/* What msgpack-c says to bytes that the scan has shown to be no bomb. */
static msgpack_unpack_return unpack(const char *data, size_t size, size_t *end)
{
    msgpack_unpacked unpacked;
    msgpack_unpack_return code;

    *end = 0;
    msgpack_unpacked_init(&unpacked);
    code = msgpack_unpack_next(&unpacked, data, size, end);
    msgpack_unpacked_destroy(&unpacked);
    return code;
}

Test(scan, each_first_byte_is_read_as_msgpack_reads_it)
{
    for (unsigned first = 0; first < 256; first++) {
        struct mp_buf buf = {0};
        size_t offset = 0;
        size_t end;
        bool refused = first == 0xc1 || (first >= 0xc7 && first <= 0xc9) || (first >= 0xd4 && first <= 0xd8);

        value_of_byte(&buf, (unsigned char)first);
        if (refused) {
            cr_expect_eq(mp_scan_value(buf.data, buf.size, &wide, &offset), MP_SCAN_TYPE, "%02x", first);
            cr_expect_eq(offset, 0);
            cr_expect_eq(mp_scan_skip(buf.data, buf.size, 1, &offset), false, "%02x", first);
        } else {
            cr_expect_eq(mp_scan_value(buf.data, buf.size, &wide, &offset), MP_SCAN_OK, "%02x", first);
            cr_expect_eq(offset, buf.size, "%02x", first);
            cr_expect_eq(unpack(buf.data, buf.size, &end), MSGPACK_UNPACK_SUCCESS, "%02x", first);
            cr_expect_eq(end, offset, "%02x", first);
            offset = 0;
            cr_expect(mp_scan_skip(buf.data, buf.size, 1, &offset), "%02x", first);
            cr_expect_eq(offset, buf.size, "%02x", first);
        }
        mp_buf_free(&buf);
    }
}

/* Eight bytes of type 1 in their shortest form, and nothing else of the ext types. */
Test(scan, a_handle_is_the_one_ext_type_that_passes)
{
    static const char *const refused[] = {"d7 00 00 00 00 00 00 00 00 00", "d7 02 00 00 00 00 00 00 00 00",
                                          "d6 01 00 00 00 00", "c7 08 01 00 00 00 00 00 00 00 00"};
    struct mp_buf buf = {0};
    size_t offset = 0;

    add_hex(&buf, "d7 01 c1 c1 c1 c1 c1 c1 c1 c1");
    cr_expect_eq(mp_scan_value(buf.data, buf.size, &wide, &offset), MP_SCAN_OK);
    cr_expect_eq(offset, 10);
    offset = 0;
    cr_expect(mp_scan_skip(buf.data, buf.size, 1, &offset));
    cr_expect_eq(offset, 10);
    for (size_t size = 0; size < buf.size; size++) {
        char *cut = exact(buf.data, size);

        offset = 0;
        cr_expect_neq(mp_scan_value(cut, size, &wide, &offset), MP_SCAN_OK, "%zu bytes", size);
        cr_expect_not(mp_scan_skip(cut, size, 1, &offset), "%zu bytes", size);
        free(cut);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        buf.size = 0;
        offset = 0;
        add_hex(&buf, refused[i]);
        cr_expect_eq(mp_scan_value(buf.data, buf.size, &wide, &offset), MP_SCAN_TYPE, "%s", refused[i]);
        cr_expect_not(mp_scan_skip(buf.data, buf.size, 1, &offset), "%s", refused[i]);
    }
    mp_buf_free(&buf);
}

Test(scan, each_type_is_too_short_at_each_byte)
{
    for (unsigned first = 0; first < 256; first++) {
        struct mp_buf buf = {0};

        value_of_byte(&buf, (unsigned char)first);
        for (size_t size = 0; size < buf.size; size++) {
            char *cut = exact(buf.data, size);
            size_t offset = 0;
            enum mp_scan_verdict verdict = mp_scan_value(cut, size, &wide, &offset);

            cr_expect(verdict == MP_SCAN_SHORT || (verdict == MP_SCAN_TYPE && size > 0), "%02x at %zu", first, size);
            cr_expect_eq(offset, 0);
            cr_expect_eq(mp_scan_skip(cut, size, 1, &offset), false);
            free(cut);
        }
        mp_buf_free(&buf);
    }
}

Test(scan, a_value_cut_off_at_any_byte_is_too_short)
{
    struct packed packed;
    size_t offset = 0;

    packed_init(&packed);
    pack_any(&packed.packer);
    cr_assert_eq(mp_scan_value(packed.buf.data, packed.buf.size, &wide, &offset), MP_SCAN_OK);
    cr_assert_eq(offset, packed.buf.size);
    for (size_t size = 0; size < packed.buf.size; size++) {
        char *cut = exact(packed.buf.data, size);

        offset = 0;
        cr_expect_eq(mp_scan_value(cut, size, &wide, &offset), MP_SCAN_SHORT, "%zu bytes", size);
        cr_expect_eq(mp_scan_skip(cut, size, 1, &offset), false, "%zu bytes", size);
        cr_expect_eq(offset, 0);
        free(cut);
    }
    packed_fini(&packed);
}

Test(scan, a_length_bomb_is_refused_without_an_allocation)
{
    static const char *const bombs[] = {
        "dd ff ff ff ff",                                  /* array32; with 0fffffff msgpack-c reserves 8 GiB */
        "df ff ff ff ff",                                  /* map32 */
        "db ff ff ff ff",                                  /* str32 */
        "c6 ff ff ff ff",                                  /* bin32 */
        "c9 ff ff ff ff",                                  /* ext32 */
        "dd 03 ff ff ff 00 00 00 00 00",                   /* 64 Mi elements, and five are there */
        "dc ff ff 00",                                     /* array16 */
        "de ff ff 00 00",                                  /* map16 */
        "9f 00",                                           /* array of 15 */
        "81 00",                                           /* a pair without its value */
        "de 00 02 00 00 00",                               /* two pairs, the second without its value */
        "dd 00 00 00 02 dd 7f ff ff ff dd 7f ff ff ff 00", /* nested */
    };

    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
        struct mp_buf buf = {0};
        size_t offset = 0;
        enum mp_scan_verdict verdict;
        struct allocations allocated;

        add_hex(&buf, bombs[i]);
        allocations_start();
        verdict = mp_scan_value(buf.data, buf.size, &mp_scan_limits_value, &offset);
        allocated = allocations_stop();
        cr_expect_eq(verdict, bombs[i][1] == '9' && bombs[i][0] == 'c' ? MP_SCAN_TYPE : MP_SCAN_SHORT, "%s", bombs[i]);
        cr_expect_eq(allocated.calls, 0, "%s", bombs[i]);
        mp_buf_free(&buf);
    }
}

Test(scan, nested_bombs_are_refused_without_an_allocation)
{
    static const unsigned char headers[][5] = {
        {0xdd, 0x00, 0xff, 0xff, 0xff}, {0xdf, 0x00, 0xff, 0xff, 0xff}, {0xdd, 0x00, 0x00, 0x00, 0x40}};

    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        char bomb[160];
        size_t offset = 0;
        struct allocations allocated;

        for (size_t at = 0; at < sizeof bomb; at += sizeof headers[i])
            memcpy(bomb + at, headers[i], sizeof headers[i]);
        allocations_start();
        cr_expect_eq(mp_scan_value(bomb, sizeof bomb, &wide, &offset), MP_SCAN_SHORT);
        cr_expect_eq(mp_scan_value(bomb, sizeof bomb, &mp_scan_limits_value, &offset), MP_SCAN_SHORT);
        allocated = allocations_stop();
        cr_expect_eq(allocated.calls, 0);
    }
}

Test(scan, the_counter_of_these_tests_sees_what_msgpack_allocates)
{
    static const char bomb[] = {(char)0xdd, 0x00, 0x10, 0x00, 0x00}; /* 24 MiB, to be gentle */
    size_t end;

    allocations_start();
    cr_expect_eq(unpack(bomb, sizeof bomb, &end), MSGPACK_UNPACK_CONTINUE);
    cr_expect_geq(allocations_stop().bytes, (size_t)24 << 20);
}

Test(scan, the_deepest_value_that_msgpack_takes_has_32_levels)
{
    for (size_t levels = 0; levels <= 40; levels++) {
        struct mp_buf buf = {0};
        size_t offset = 0;
        size_t end;

        add_nested(&buf, levels);
        if (levels == 0)
            add_hex(&buf, "07");
        cr_expect_eq(unpack(buf.data, buf.size, &end),
                     levels <= 32 ? MSGPACK_UNPACK_SUCCESS : MSGPACK_UNPACK_NOMEM_ERROR, "%zu levels", levels);
        cr_expect_eq(mp_scan_value(buf.data, buf.size, &wide, &offset), levels <= 32 ? MP_SCAN_OK : MP_SCAN_DEEP,
                     "%zu levels", levels);
        cr_expect_eq(offset, levels <= 32 ? buf.size : 0);
        mp_buf_free(&buf);
    }
}

Test(scan, the_limit_on_levels_is_kept)
{
    static const struct mp_scan_limits none = {.depth = 0, .nodes = 100};
    static const struct mp_scan_limits two = {.depth = 2, .nodes = 100};
    static const struct mp_scan_limits beyond = {.depth = 1000, .nodes = 100};
    struct mp_buf buf = {0};
    size_t offset = 0;

    cr_expect_eq(scan_hex("07", &none), MP_SCAN_OK);
    cr_expect_eq(scan_hex("a0", &none), MP_SCAN_OK);
    cr_expect_eq(scan_hex("90", &none), MP_SCAN_DEEP);
    cr_expect_eq(scan_hex("80", &none), MP_SCAN_DEEP);
    cr_expect_eq(scan_hex("91 90", &two), MP_SCAN_OK);
    cr_expect_eq(scan_hex("91 91 07", &two), MP_SCAN_OK);
    cr_expect_eq(scan_hex("93 91 07 91 07 91 07", &two), MP_SCAN_OK);
    cr_expect_eq(scan_hex("91 91 90", &two), MP_SCAN_DEEP);
    cr_expect_eq(scan_hex("81 07 81 07 80", &two), MP_SCAN_DEEP);
    cr_expect_eq(scan_hex("81 91 90 07", &two), MP_SCAN_DEEP, "keys count too");
    cr_expect_leq(mp_scan_limits_value.depth, MP_SCAN_DEPTH_MAX);
    add_nested(&buf, 33);
    cr_expect_eq(mp_scan_value(buf.data, buf.size, &beyond, &offset), MP_SCAN_DEEP);
    mp_buf_free(&buf);
}

Test(scan, the_limit_on_nodes_is_kept_for_each_value)
{
    static const struct mp_scan_limits four = {.depth = 30, .nodes = 4};
    struct mp_buf buf = {0};
    size_t bad = 77;

    cr_expect_eq(scan_hex("94 01 02 03 04", &four), MP_SCAN_OK);
    cr_expect_eq(scan_hex("95 01 02 03 04 05", &four), MP_SCAN_MANY);
    cr_expect_eq(scan_hex("82 01 02 03 04", &four), MP_SCAN_OK);
    cr_expect_eq(scan_hex("83 01 02 03 04 05 06", &four), MP_SCAN_MANY);
    cr_expect_eq(scan_hex("92 92 01 02 03", &four), MP_SCAN_OK);
    cr_expect_eq(scan_hex("92 92 01 02 91 03", &four), MP_SCAN_MANY);
    add_hex(&buf, "94 01 02 03 04 94 01 02 03 04 07 93 01 02 03");
    cr_expect_eq(mp_scan_values(buf.data, buf.size, 4, &four, &bad), MP_SCAN_OK);
    cr_expect_eq(bad, 77, "set on a failure only");
    mp_buf_free(&buf);
}

Test(scan, values_in_a_row_must_be_as_many_as_were_announced)
{
    struct mp_buf buf = {0};
    size_t bad;

    add_hex(&buf, "01 92 01 02 a3 61 62 63 c0");
    cr_expect_eq(mp_scan_values(buf.data, buf.size, 4, &wide, NULL), MP_SCAN_OK);
    cr_expect_eq(mp_scan_values(buf.data, buf.size, 3, &wide, &bad), MP_SCAN_EXTRA);
    cr_expect_eq(bad, 3);
    cr_expect_eq(mp_scan_values(buf.data, buf.size, 5, &wide, &bad), MP_SCAN_SHORT);
    cr_expect_eq(bad, 4);
    cr_expect_eq(mp_scan_values(buf.data, buf.size, SIZE_MAX, &wide, &bad), MP_SCAN_SHORT);
    cr_expect_eq(bad, 4);
    cr_expect_eq(mp_scan_values(buf.data, buf.size, 0, &wide, &bad), MP_SCAN_EXTRA);
    cr_expect_eq(bad, 0);
    cr_expect_eq(mp_scan_values(NULL, 0, 0, &wide, NULL), MP_SCAN_OK);
    cr_expect_eq(mp_scan_values(NULL, 0, 1, &wide, &bad), MP_SCAN_SHORT);
    cr_expect_eq(bad, 0);
    mp_buf_free(&buf);
}

Test(scan, the_value_that_is_wrong_is_named)
{
    static const struct {
        const char *hex;
        enum mp_scan_verdict verdict;
        size_t bad;
    } cases[] = {
        {"c1 01 01", MP_SCAN_TYPE, 0},          {"01 c1 01", MP_SCAN_TYPE, 1},
        {"01 92 01 c1 01", MP_SCAN_TYPE, 1},    {"01 92 01 02 d4 01 02", MP_SCAN_TYPE, 2},
        {"01 01 92 91 01", MP_SCAN_SHORT, 2},   {"01 a5 61 62 63", MP_SCAN_SHORT, 1},
        {"00 00 c4 02 00", MP_SCAN_SHORT, 2},   {"90 91 91 90 90", MP_SCAN_DEEP, 1},
        {"91 00 80 91 91 90", MP_SCAN_DEEP, 2},
    };
    static const struct mp_scan_limits two = {.depth = 2, .nodes = 100};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mp_buf buf = {0};
        size_t bad = 77;

        add_hex(&buf, cases[i].hex);
        cr_expect_eq(mp_scan_values(buf.data, buf.size, 3, &two, &bad), cases[i].verdict, "%s", cases[i].hex);
        cr_expect_eq(bad, cases[i].bad, "%s: %zu", cases[i].hex, bad);
        mp_buf_free(&buf);
    }
}

Test(scan, bytes_behind_a_value_are_left_to_the_caller)
{
    struct mp_buf buf = {0};
    size_t offset = 1;

    add_hex(&buf, "c1 92 01 02 c1");
    cr_expect_eq(mp_scan_value(buf.data, buf.size, &wide, &offset), MP_SCAN_OK);
    cr_expect_eq(offset, 4);
    cr_expect_eq(mp_scan_value(buf.data, buf.size, &wide, &offset), MP_SCAN_TYPE);
    cr_expect_eq(offset, 4);
    offset = 5;
    cr_expect_eq(mp_scan_value(buf.data, buf.size, &wide, &offset), MP_SCAN_SHORT);
    cr_expect_eq(offset, 5);
    offset = 0;
    cr_expect_eq(mp_scan_value(NULL, 0, &wide, &offset), MP_SCAN_SHORT);
    mp_buf_free(&buf);
}

/* Small integers are taken eight at a time: arrays of all lengths, with something else at each place, nested or not. */
Test(scan, runs_of_small_integers_end_where_they_should)
{
    static const char *const others[] = {"05", "ff", "cd 01 00", "a2 61 62", "91 03", "c0"};

    for (size_t length = 16; length <= 40; length++) {
        for (size_t other = 0; other < length; other++) {
            for (size_t kind = 0; kind < sizeof others / sizeof others[0]; kind++) {
                struct mp_buf buf = {0};
                unsigned char header[4] = {0x92, 0xdc, 0, (unsigned char)length};
                size_t offset = 0;
                char *data;

                (void)mp_buf_add(&buf, header, sizeof header);
                for (size_t i = 0; i < length; i++)
                    add_hex(&buf, i == other ? others[kind] : "07");
                add_hex(&buf, "7f");
                data = exact(buf.data, buf.size);
                cr_assert_eq(mp_scan_value(data, buf.size, &wide, &offset), MP_SCAN_OK);
                cr_assert_eq(offset, buf.size);
                offset = 0;
                cr_assert(mp_scan_skip(data, buf.size, 1, &offset));
                cr_assert_eq(offset, buf.size);
                offset = 0;
                cr_assert_eq(mp_scan_value(data, buf.size - 1, &wide, &offset), MP_SCAN_SHORT);
                cr_assert_eq(mp_scan_skip(data, buf.size - 1, 1, &offset), false);
                free(data);
                mp_buf_free(&buf);
            }
        }
    }
}

Test(scan, a_million_values_in_a_row_are_one_call)
{
    size_t count = 1000000;
    char *data = malloc(count);
    size_t bad;
    size_t offset = 0;

    memset(data, 7, count);
    cr_expect_eq(mp_scan_values(data, count, count, &mp_scan_limits_value, NULL), MP_SCAN_OK);
    cr_expect(mp_scan_skip(data, count, count, &offset));
    cr_expect_eq(offset, count);
    data[765432] = (char)0xc1;
    cr_expect_eq(mp_scan_values(data, count, count, &mp_scan_limits_value, &bad), MP_SCAN_TYPE);
    cr_expect_eq(bad, 765432);
    free(data);
}

Test(scan, odd_but_valid_msgpack_passes)
{
    cr_expect_eq(scan_hex("82 a1 61 01 a1 61 02", &wide), MP_SCAN_OK, "equal keys");
    cr_expect_eq(scan_hex("82 90 01 cb 7f f8 00 00 00 00 00 00 02", &wide), MP_SCAN_OK, "any key, and NaN");
    cr_expect_eq(scan_hex("a2 ff fe", &wide), MP_SCAN_OK, "not UTF-8");
    cr_expect_eq(scan_hex("da 00 00", &wide), MP_SCAN_OK, "an empty string with a long header");
    cr_expect_eq(scan_hex("dd 00 00 00 00", &wide), MP_SCAN_OK, "an empty array with a long header");
    cr_expect_eq(scan_hex("cf 00 00 00 00 00 00 00 01", &wide), MP_SCAN_OK, "a small integer in nine bytes");
}

Test(scan, skipping_what_was_never_scanned_stays_within_its_bytes)
{
    uint64_t random = 1;

    for (int round = 0; round < 20000; round++) {
        char bytes[64];
        size_t size = (size_t)(next_random(&random) % sizeof bytes);
        size_t offset = size > 0 ? (size_t)next_random(&random) % size : 0;
        size_t begin = offset;
        char *data;

        for (size_t i = 0; i < size; i++)
            bytes[i] = (char)next_random(&random);
        data = exact(bytes, size);
        if (mp_scan_skip(data, size, 1 + (size_t)(next_random(&random) % 40), &offset))
            cr_assert(offset > begin && offset <= size);
        else
            cr_assert_eq(offset, begin);
        free(data);
    }
}

Test(scan, verdicts_have_texts)
{
    for (int verdict = MP_SCAN_OK; verdict <= MP_SCAN_EXTRA; verdict++) {
        cr_expect_str_neq(mp_scan_text((enum mp_scan_verdict)verdict), "unknown verdict");
        cr_expect_str_neq(mp_scan_text((enum mp_scan_verdict)verdict), "");
    }
}
