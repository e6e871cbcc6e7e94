/*
 * serialize/handle.h - the one ext type that passes: the handle of a shared object
 *
 * Runs in: any process. On the wire a handle is msgpack's fixext 8 of type 1, its word in network byte order.
 */
#ifndef MP_SERIALIZE_HANDLE_H
#define MP_SERIALIZE_HANDLE_H

#include <mpool/handle.h>

#include <stddef.h>
#include <stdint.h>

#define MP_HANDLE_EXT 1     /* msgpack's type of it */
#define MP_HANDLE_BYTES 8   /* of the word */
#define MP_HANDLE_HEAD 0xd7 /* the first byte, before the type: fixext 8 */
#define MP_HANDLE_PACKED (2 + MP_HANDLE_BYTES)

static inline void mp_handle_write(mpool_handle handle, unsigned char bytes[MP_HANDLE_BYTES])
{
    for (size_t i = 0; i < MP_HANDLE_BYTES; i++)
        bytes[i] = (unsigned char)(handle.word >> (8 * (MP_HANDLE_BYTES - 1 - i)));
}

static inline mpool_handle mp_handle_read(const char bytes[MP_HANDLE_BYTES])
{
    mpool_handle handle = {0};

    for (size_t i = 0; i < MP_HANDLE_BYTES; i++)
        handle.word = handle.word << 8 | (unsigned char)bytes[i];
    return handle;
}

#endif
