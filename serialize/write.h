/*
 * serialize/write.h - what messages are packed with
 */
#ifndef MP_SERIALIZE_WRITE_H
#define MP_SERIALIZE_WRITE_H

#include <msgpack.h>

#include <stdbool.h>
#include <stddef.h>

void mp_write_string(msgpack_packer *packer, const char *text);
void mp_write_bytes(msgpack_packer *packer, const void *bytes, size_t size);
void mp_write_bool(msgpack_packer *packer, bool value);

#endif
