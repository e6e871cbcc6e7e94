/*
 * serialize/write.h - what messages are packed with
 */
#ifndef MP_SERIALIZE_WRITE_H
#define MP_SERIALIZE_WRITE_H

#include "base/buf.h"

#include <msgpack.h>

#include <stdbool.h>
#include <stddef.h>

/* Remembers that a write failed: msgpack-c's packers return an error from the write they call, and carry on. */
struct mp_writer {
    struct mp_buf *buf;
    bool failed;
};

/* mp_write - a msgpack_packer_write; `writer` is a struct mp_writer. */
int mp_write(void *writer, const char *bytes, size_t size);

void mp_write_string(msgpack_packer *packer, const char *text);
void mp_write_bytes(msgpack_packer *packer, const void *bytes, size_t size);
void mp_write_bool(msgpack_packer *packer, bool value);

#endif
