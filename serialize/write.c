/*
 * serialize/write.c - what messages are packed with
 *
 * Runs in: any process. Pure.
 */
#include "serialize/write.h"

#include <string.h>

void mp_write_string(msgpack_packer *packer, const char *text)
{
    size_t size = strlen(text);

    (void)msgpack_pack_str(packer, size);
    (void)msgpack_pack_str_body(packer, text, size);
}

void mp_write_bytes(msgpack_packer *packer, const void *bytes, size_t size)
{
    (void)msgpack_pack_bin(packer, size);
    (void)msgpack_pack_bin_body(packer, bytes, size);
}

void mp_write_bool(msgpack_packer *packer, bool value)
{
    (void)(value ? msgpack_pack_true(packer) : msgpack_pack_false(packer));
}
