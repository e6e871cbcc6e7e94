/*
 * tests/unit/values.c - msgpack values for tests
 */
#include "tests/unit/values.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void packed_init(struct packed *packed)
{
    packed->buf = (struct mp_buf){0};
    msgpack_packer_init(&packed->packer, &packed->buf, mp_buf_write);
}

void packed_fini(struct packed *packed)
{
    mp_buf_free(&packed->buf);
}

void pack_string(msgpack_packer *packer, const char *string)
{
    msgpack_pack_str_with_body(packer, string, strlen(string));
}

static void pack_filled(msgpack_packer *packer, bool bin, size_t size)
{
    char *filled = malloc(size);

    memset(filled, 'x', size);
    if (bin)
        msgpack_pack_bin_with_body(packer, filled, size);
    else
        msgpack_pack_str_with_body(packer, filled, size);
    free(filled);
}

void pack_any(msgpack_packer *packer)
{
    msgpack_pack_map(packer, 8);
    pack_string(packer, "path");
    pack_string(packer, "/usr/share/doc/some/file");
    pack_string(packer, "numbers");
    msgpack_pack_array(packer, 9);
    msgpack_pack_int(packer, 7);
    msgpack_pack_int(packer, -7);
    msgpack_pack_int(packer, 200);
    msgpack_pack_int(packer, -200);
    msgpack_pack_int(packer, 70000);
    msgpack_pack_int(packer, -70000);
    msgpack_pack_uint64(packer, UINT64_MAX);
    msgpack_pack_int64(packer, INT64_MIN);
    msgpack_pack_double(packer, 0.5);
    pack_string(packer, "empty");
    msgpack_pack_array(packer, 4);
    msgpack_pack_array(packer, 0);
    msgpack_pack_map(packer, 0);
    msgpack_pack_str(packer, 0);
    msgpack_pack_bin(packer, 0);
    pack_string(packer, "strings");
    msgpack_pack_array(packer, 2);
    pack_filled(packer, false, 40);
    pack_filled(packer, false, 300);
    pack_string(packer, "bytes");
    msgpack_pack_array(packer, 2);
    pack_filled(packer, true, 5);
    pack_filled(packer, true, 300);
    pack_string(packer, "truth");
    msgpack_pack_array(packer, 3);
    msgpack_pack_true(packer);
    msgpack_pack_false(packer);
    msgpack_pack_nil(packer);
    msgpack_pack_int(packer, 5); /* a key that is not a string */
    msgpack_pack_float(packer, 1.5F);
    pack_string(packer, "many");
    msgpack_pack_array(packer, 20);
    for (int i = 0; i < 20; i++)
        msgpack_pack_int(packer, i);
}

void value_of_byte(struct mp_buf *buf, unsigned char first)
{
    static const char zeros[20] = {0};
    static const char length_one[4] = {0, 0, 0, 1};
    size_t width; /* of the length behind the first byte */
    size_t body;

    (void)mp_buf_add(buf, &first, 1);
    switch (first) {
    case 0xc4:
    case 0xc5:
    case 0xc6: /* bin of one byte */
        width = (size_t)1 << (first - 0xc4);
        body = 1;
        break;
    case 0xd9:
    case 0xda:
    case 0xdb: /* str */
        width = (size_t)1 << (first - 0xd9);
        body = 1;
        break;
    case 0xc7:
    case 0xc8:
    case 0xc9: /* ext: its type, and a byte */
        width = (size_t)1 << (first - 0xc7);
        body = 2;
        break;
    case 0xdc:
    case 0xdd: /* array */
        width = (size_t)2 << (first - 0xdc);
        body = 1;
        break;
    case 0xde:
    case 0xdf: /* map */
        width = (size_t)2 << (first - 0xde);
        body = 2;
        break;
    default:
        width = 0;
        body = first >= 0x80 && first <= 0x8f   ? 2 * (first & 0x0fU)
               : first >= 0x90 && first <= 0x9f ? first & 0x0fU
               : first >= 0xa0 && first <= 0xbf ? first & 0x1fU
               : first == 0xca                  ? 4
               : first == 0xcb                  ? 8
               : first >= 0xcc && first <= 0xcf ? 1U << (first - 0xcc)
               : first >= 0xd0 && first <= 0xd3 ? 1U << (first - 0xd0)
               : first >= 0xd4 && first <= 0xd8 ? (1U << (first - 0xd4)) + 1
                                                : 0;
        break;
    }
    (void)mp_buf_add(buf, length_one + sizeof length_one - width, width);
    for (; body > sizeof zeros; body -= sizeof zeros)
        (void)mp_buf_add(buf, zeros, sizeof zeros);
    (void)mp_buf_add(buf, zeros, body);
}

void add_hex(struct mp_buf *buf, const char *hex)
{
    char *end;

    for (;;) {
        unsigned long number = strtoul(hex, &end, 16);
        unsigned char byte = (unsigned char)number;

        if (end == hex)
            return;
        (void)mp_buf_add(buf, &byte, 1);
        hex = end;
    }
}

void add_nested(struct mp_buf *buf, size_t levels)
{
    for (size_t i = 1; i < levels; i++)
        add_hex(buf, "91");
    if (levels > 0)
        add_hex(buf, "90");
}

char *exact(const char *data, size_t size)
{
    char *copy = malloc(size);

    if (copy != NULL && size > 0)
        memcpy(copy, data, size);
    return copy;
}

uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
