/*
 * serialize/scan.h - is this msgpack, whole and within limits? Asked of every byte before msgpack-c sees it
 *
 * msgpack-c 4.0.0 allocates what a header claims: five bytes make it reserve 8 GiB. What another process or a file
 * sends is scanned first, and decoded only when the scan says MP_SCAN_OK. No function here allocates, recurses, keeps
 * state or sets an error detail; all may be called from any thread of any process.
 */
#ifndef MP_SERIALIZE_SCAN_H
#define MP_SERIALIZE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The most levels of arrays and maps: msgpack-c's decoder has a stack of 32 and answers the 33rd container, be it
 * empty, with MSGPACK_UNPACK_NOMEM_ERROR. A limit above this counts as this.
 */
#define MP_SCAN_DEPTH_MAX 32

/* Limits on one value. A decoded value takes 24 bytes of memory for each of its nodes, besides its strings. */
struct mp_scan_limits {
    size_t depth; /* levels of arrays and maps; 0 admits none */
    size_t nodes; /* elements of all its arrays and maps together; a pair of a map is two */
};

/* The limits on arguments and results. Two levels less than msgpack-c takes: a message may wrap a value. */
extern const struct mp_scan_limits mp_scan_limits_value;

enum mp_scan_verdict {
    MP_SCAN_OK,
    MP_SCAN_SHORT, /* the bytes end before the value does, or cannot hold what a header claims */
    MP_SCAN_DEEP,  /* more levels than limits->depth */
    MP_SCAN_MANY,  /* more nodes than limits->nodes */
    MP_SCAN_TYPE, /* an ext type that is no handle (serialize/handle.h), or the byte 0xc1, which msgpack does not use */
    MP_SCAN_EXTRA, /* mp_scan_values(): bytes behind the last value */
};

/*
 * mp_scan_value - check one value
 *
 * data      in      `size` bytes, the value begins at *offset (<= size); more may follow it
 * limits    in      on this value
 * offset    in/out  behind the value on MP_SCAN_OK, else unchanged
 *
 * Keys of any type, equal keys, NaN and strings that are not UTF-8 pass: they are msgpack.
 */
enum mp_scan_verdict mp_scan_value(const char *data, size_t size, const struct mp_scan_limits *limits, size_t *offset);

/*
 * mp_scan_values - check that `count` values, one after the other, are all that is there
 *
 * data      in   `size` bytes
 * limits    in   on each value by itself
 * bad_index out  unless MP_SCAN_OK: which value is wrong, from 0; `count` for MP_SCAN_EXTRA. NULL if not wanted
 */
enum mp_scan_verdict mp_scan_values(const char *data, size_t size, size_t count, const struct mp_scan_limits *limits,
                                    size_t *bad_index);

/*
 * mp_scan_skip - find the end of `count` values that have been scanned before
 *
 * offset    in/out  behind the last of them, if true is returned; else unchanged
 *
 * Only the bounds of `data` are checked: on bytes that were never scanned it is safe, and its answer worth nothing.
 */
bool mp_scan_skip(const char *data, size_t size, size_t count, size_t *offset);

/* mp_scan_text - a verdict for a message: "it ends too early"; a constant string. */
const char *mp_scan_text(enum mp_scan_verdict verdict);

#endif
