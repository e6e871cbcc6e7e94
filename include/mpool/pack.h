/*
 * mpool/pack.h - C values to msgpack and back, by a format
 *
 * In the manner of jansson's json_pack(): a format describes one value, its conversions take the arguments in order.
 *
 *     mpool_pack(pk, "{s:s,s:I}", "path", path, "bytes", bytes);        a map
 *     mpool_unpack(object, "{s:s,s:I}", "path", &path, "bytes", &bytes);
 *
 * Conversions, with the C type to pack and, as a pointer to it, to unpack:
 *
 *     i  int          I  int64_t        U  uint64_t      d  double       b  bool
 *     s  const char * NUL-terminated; a string with a NUL byte inside is MPOOL_E_FORMAT when unpacked. To unpack only
 *                     from objects that mpool decoded (arguments, results): msgpack's own strings end without a NUL.
 *                     Such a string lives as long as its object; within a job function that is until it returns.
 *     z  const void *, size_t           bytes: packed as msgpack bin; unpacked from bin or str
 *     o  msgpack_object                 any value
 *     h  mpool_handle                   a shared object (mpool/handle.h)
 *     n  (no argument)                  nil
 *     [...]                             array of the values inside, separated by commas
 *     {key:value,...}                   map; each key is an `s` whose argument is the key's name
 *
 * Unpacking: keys may come in any order, keys that are not asked for are passed over, a missing one is an error unless
 * its value's conversion is followed by `?` (the variable is then left as it was, also for nil). Integers are checked
 * for range; `d` takes integers too. White space in a format is ignored. On an error no output is to be relied on.
 */
#ifndef MPOOL_PACK_H
#define MPOOL_PACK_H

#include <mpool/error.h>
#include <mpool/handle.h>
#include <msgpack.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * mpool_pack - append one value to a packer
 *
 * packer    in   where to; a job function's `result`, or any packer of yours
 * format    in   as above
 *
 * Errors: MPOOL_E_FORMAT (bad format; mpool_error_detail() says where), MPOOL_E_TOOBIG (a string, bytes, array or map
 *         of more than 2^32-1), MPOOL_E_NOMEM (the packer's buffer). After an error part of the value may have been
 *         written.
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_pack(msgpack_packer *packer, const char *format, ...);
MPOOL_API mpool_err mpool_vpack(msgpack_packer *packer, const char *format, va_list args);

/*
 * mpool_unpack - take one value apart
 *
 * object    in   a decoded value; not changed
 * format    in   as above
 *
 * Errors: MPOOL_E_FORMAT; mpool_error_detail() names the place in the value, what was wanted and what was found.
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_unpack(const msgpack_object *object, const char *format, ...);
MPOOL_API mpool_err mpool_vunpack(const msgpack_object *object, const char *format, va_list args);

/*
 * mpool_unpack_bytes - copy a struct out of a bin value
 *
 * object    in   a bin (or str) of exactly `size` bytes
 * bytes     out  `size` bytes; unchanged on an error. msgpack data is not aligned, so a copy is the only safe way.
 *
 * Errors: MPOOL_E_FORMAT (no bytes, or another size). Calls: any thread of any process.
 */
MPOOL_API mpool_err mpool_unpack_bytes(const msgpack_object *object, void *bytes, size_t size);

#endif
