/*
 * tests/unit/values.h - msgpack values for tests
 */
#ifndef MP_TESTS_UNIT_VALUES_H
#define MP_TESTS_UNIT_VALUES_H

#include "base/buf.h"

#include <msgpack.h>

#include <stddef.h>
#include <stdint.h>

/* A buffer and a packer that writes into it. */
struct packed {
    struct mp_buf buf;
    msgpack_packer packer;
};

/* packed_init - an empty one; release it with packed_fini(). */
void packed_init(struct packed *packed);
void packed_fini(struct packed *packed);

/* pack_string - a str. */
void pack_string(msgpack_packer *packer, const char *string);

/* pack_any - a value with every kind in it: nested, and with strings and bytes of each length of header. */
void pack_any(msgpack_packer *packer);

/* value_of_byte - append a small whole value that begins with `first`, with a body; ext types too, 0xc1 by itself. */
void value_of_byte(struct mp_buf *buf, unsigned char first);

/* add_hex - append bytes written as "dd 00 ff". */
void add_hex(struct mp_buf *buf, const char *hex);

/* add_nested - append `levels` arrays of one element, the innermost holding nothing. */
void add_nested(struct mp_buf *buf, size_t levels);

/* exact - a copy in a malloc() of its own of exactly that size, so that AddressSanitizer sees a read beyond its end. */
char *exact(const char *data, size_t size);

/* next_random - the next of a sequence of numbers; `state` is where it is, from any seed. */
uint64_t next_random(uint64_t *state);

#endif
