/*
 * serialize/decode.h - scanned msgpack bytes to objects
 */
#ifndef MP_SERIALIZE_DECODE_H
#define MP_SERIALIZE_DECODE_H

#include <mpool/error.h>
#include <msgpack.h>
#include <stddef.h>

/*
 * mp_decode_value - decode one value that mp_scan_value() or mp_scan_values() has admitted
 *
 * data      in      `size` bytes, the value begins at *offset; more may follow it; not changed
 * offset    in/out  behind the value on MPOOL_OK, else unchanged
 * zone      in      initialised; arrays, maps and strings go there. Clear it and use it again for the next value.
 * object    out     set on MPOOL_OK; bytes (bin) point into `data`, all else into the zone
 *
 * Every string of the object, the keys of maps too, has a NUL byte behind it that is not part of it, so that
 * mpool_unpack() can give it out as a C string. A string of no bytes has a pointer, too.
 *
 * Errors: MPOOL_E_NOMEM, MPOOL_E_PROTOCOL (not msgpack; a scan would have said so). What a failed call has put into the
 *         zone stays there until it is cleared.
 * Calls:  any thread of any process.
 */
mpool_err mp_decode_value(const char *data, size_t size, size_t *offset, msgpack_zone *zone, msgpack_object *object);

/*
 * mp_decode_plain - decode a number or a boolean, if that is what comes first
 *
 * data      in   `size` bytes, from anywhere: they need not have been scanned
 * object    out  set if there is one
 *
 * No memory, no table, and a third of the time that msgpack-c's state machine takes to begin. Most arguments and
 * results of short jobs are such, and most items of queues. Returns how many bytes it has; 0: it is something else, or
 * is cut short. Calls: any thread of any process.
 */
size_t mp_decode_plain(const char *data, size_t size, msgpack_object *object);

#endif
