/*
 * tests/unit/element.c - the elements of arrays: the same bytes as msgpack-c's, and back
 */
#include "serialize/element.h"

#include "serialize/decode.h"

#include <mpool/pack.h>

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What mp_element_pack() makes of a value is what mpool_pack() makes of it, and comes back. */
static void check(const char *format, const void *value, size_t size, msgpack_sbuffer *wanted)
{
    struct mp_element element;
    struct mp_packed packed;
    msgpack_sbuffer found;
    msgpack_packer packer;
    msgpack_object object;
    char back[16];

    msgpack_sbuffer_init(&found);
    msgpack_packer_init(&packer, &found, msgpack_sbuffer_write);
    cr_assert_eq(mp_element_check("item", format, "iIUdb", size, &element), MPOOL_OK);
    cr_assert_eq(mp_element_pack(&element, value, &packed), MPOOL_OK);
    cr_assert_eq(mp_packed_write(&packed, &packer), MPOOL_OK);
    cr_assert(found.size == wanted->size && memcmp(found.data, wanted->data, found.size) == 0);
    cr_assert_eq(mp_packed_bytes(&packed), found.size);
    cr_assert_eq(mp_decode_plain(found.data, found.size, &object), found.size);
    for (size_t cut = 0; cut < found.size; cut++)
        cr_assert_eq(mp_decode_plain(found.data, cut, &object), 0);
    cr_assert_eq(mp_decode_plain(found.data, found.size, &object), found.size);
    cr_assert_eq(mp_element_unpack(&element, &object, back), MPOOL_OK);
    cr_assert_eq(memcmp(back, value, size), 0);
    msgpack_sbuffer_destroy(&found);
    msgpack_sbuffer_clear(wanted);
}

Test(element, numbers_have_the_bytes_that_msgpack_gives_them)
{
    msgpack_sbuffer wanted;
    msgpack_packer packer;

    msgpack_sbuffer_init(&wanted);
    msgpack_packer_init(&packer, &wanted, msgpack_sbuffer_write);
    for (int shift = 0; shift < 64; shift++)
        for (int step = -2; step <= 2; step++) {
            uint64_t U = (UINT64_C(1) << shift) + (uint64_t)(int64_t)step;
            int64_t I = (int64_t)U, negative = (int64_t)(0 - U);
            double d = (double)I / 3;
            bool b = step % 2 != 0;
            int i = (int)I;

            (void)msgpack_pack_uint64(&packer, U);
            check("U", &U, sizeof U, &wanted);
            (void)msgpack_pack_int64(&packer, I);
            check("I", &I, sizeof I, &wanted);
            (void)msgpack_pack_int64(&packer, negative);
            check("I", &negative, sizeof negative, &wanted);
            (void)msgpack_pack_int(&packer, i);
            check("i", &i, sizeof i, &wanted);
            (void)msgpack_pack_double(&packer, d);
            check("d", &d, sizeof d, &wanted);
            (void)(b ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer));
            check("b", &b, sizeof b, &wanted);
        }
    msgpack_sbuffer_destroy(&wanted);
}

Test(element, strings_and_bytes_have_the_heads_that_msgpack_gives_them)
{
    static const size_t sizes[] = {0, 1, 31, 32, 255, 256, 65535, 65536, 100000};
    msgpack_sbuffer wanted, found;
    msgpack_packer packer, other;
    struct mp_packed packed;

    msgpack_sbuffer_init(&wanted);
    msgpack_sbuffer_init(&found);
    msgpack_packer_init(&packer, &wanted, msgpack_sbuffer_write);
    msgpack_packer_init(&other, &found, msgpack_sbuffer_write);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct mp_element bytes = {.size = sizes[i]}, string = {.conversion = 's', .size = sizeof(char *)};
        char *text = calloc(1, sizes[i] + 1);

        memset(text, 'x', sizes[i]);
        cr_assert_eq(mpool_pack(&packer, "s", text), MPOOL_OK);
        cr_assert_eq(mpool_pack(&packer, "z", text, sizes[i]), MPOOL_OK);
        cr_assert_eq(mp_element_pack(&string, &text, &packed), MPOOL_OK);
        cr_assert_eq(mp_packed_write(&packed, &other), MPOOL_OK);
        cr_assert_eq(mp_element_pack(&bytes, text, &packed), MPOOL_OK);
        cr_assert_eq(mp_packed_write(&packed, &other), MPOOL_OK);
        free(text);
    }
    cr_assert_eq(found.size, wanted.size);
    cr_assert_eq(memcmp(found.data, wanted.data, found.size), 0);
    msgpack_sbuffer_destroy(&wanted);
    msgpack_sbuffer_destroy(&found);
}

Test(element, a_number_that_does_not_fit_is_refused)
{
    const struct mp_element i = {'i', sizeof(int)}, I = {'I', sizeof(int64_t)}, U = {'U', sizeof(uint64_t)};
    const struct mp_element d = {'d', sizeof(double)}, b = {'b', sizeof(bool)};
    msgpack_object object = {.type = MSGPACK_OBJECT_POSITIVE_INTEGER, .via.u64 = UINT64_MAX};
    uint64_t back = 5;
    double number;

    cr_assert_eq(mp_element_unpack(&i, &object, &back), MPOOL_E_FORMAT);
    cr_assert_eq(mp_element_unpack(&I, &object, &back), MPOOL_E_FORMAT);
    cr_assert_eq(mp_element_unpack(&b, &object, &back), MPOOL_E_FORMAT);
    cr_assert_eq(back, 5);
    cr_assert_eq(mp_element_unpack(&U, &object, &back), MPOOL_OK);
    cr_assert_eq(back, UINT64_MAX);
    object = (msgpack_object){.type = MSGPACK_OBJECT_NEGATIVE_INTEGER, .via.i64 = INT64_MIN};
    cr_assert_eq(mp_element_unpack(&i, &object, &back), MPOOL_E_FORMAT);
    cr_assert_eq(mp_element_unpack(&U, &object, &back), MPOOL_E_FORMAT);
    cr_assert_eq(mp_element_unpack(&d, &object, &number), MPOOL_OK);
    cr_assert_eq(number, (double)INT64_MIN);
}
