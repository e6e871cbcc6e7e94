/*
 * serialize/scan.c - checks msgpack from elsewhere before it is decoded
 *
 * Runs in: any process, any thread. Owns: nothing.
 *
 * One table says of each first byte how long its value is, or how its length is to be read. The walk keeps the number
 * of elements that are left on the present level, and a stack of what is left on the levels outside it; the values of a
 * stream are the elements of a level 0 that has no header. Eight small integers in a row are taken as one word.
 *
 * Invariants: no byte at or behind `end` is read; every step takes at least one byte, so the time is at most
 * proportional to the bytes, whatever the headers claim. A container is refused when it claims more elements than
 * there are bytes behind it, or than its value has nodes left, so nodes are counted at headers only. The level is
 * checked before the size, as msgpack-c does: an empty array on level 33 is too deep for both.
 */
#include "serialize/scan.h"

#include "serialize/handle.h"

#include <stdint.h>
#include <string.h>

const struct mp_scan_limits mp_scan_limits_value = {.depth = 30, .nodes = (size_t)1 << 20};

/* What the table says: a kind, and a number of bytes: of a plain value all of it, of any other its header. */
enum {
    PLAIN = 0x00, /* integers, floats, nil, booleans, strings of up to 31 bytes */
    SIZED = 0x40, /* str and bin with a length behind the first byte */
    ARRAY = 0x80,
    MAP = 0xc0,
    BYTES = 0x3f,      /* the part that is the number */
    WRONG = SIZED | 0, /* ext types and 0xc1; but see is_handle() */
};

#define FOUR(entry) (entry), (entry), (entry), (entry)
#define ROW(entry) FOUR(entry), FOUR(entry), FOUR(entry), FOUR(entry)

/* clang-format off */
static const uint8_t table[256] = {
    /* 00-7f  integers */
    ROW(1), ROW(1), ROW(1), ROW(1), ROW(1), ROW(1), ROW(1), ROW(1),
    /* 80-8f  maps of up to 15, 90-9f  arrays of up to 15 */
    ROW(MAP | 1), ROW(ARRAY | 1),
    /* a0-bf  strings of up to 31 bytes */
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
    /* c0-c3  nil, unused, false, true */
    1, WRONG, 1, 1,
    /* c4-c6  bin 8 16 32, c7-c9  ext 8 16 32 */
    SIZED | 2, SIZED | 3, SIZED | 5, WRONG, WRONG, WRONG,
    /* ca-cb  float 32 64, cc-cf  uint 8 16 32 64, d0-d3  int 8 16 32 64 */
    5, 9, 2, 3, 5, 9, 2, 3, 5, 9,
    /* d4-d8  fixext */
    WRONG, WRONG, WRONG, WRONG, WRONG,
    /* d9-db  str 8 16 32, dc-dd  array 16 32, de-df  map 16 32 */
    SIZED | 2, SIZED | 3, SIZED | 5, ARRAY | 3, ARRAY | 5, MAP | 3, MAP | 5,
    /* e0-ff  negative integers */
    ROW(1), ROW(1),
};
/* clang-format on */

/* The number that a header of `bytes` bytes holds: a length, or a number of elements or pairs. */
static inline size_t number_of(const unsigned char *header, unsigned bytes)
{
    switch (bytes) {
    case 1:
        return header[0] & 0x0f;
    case 2:
        return header[1];
    case 3:
        return (size_t)header[1] << 8 | header[2];
    default:
        return (size_t)header[1] << 24 | (size_t)header[2] << 16 | (size_t)header[3] << 8 | header[4];
    }
}

/* How many of the next `left` values, in eights, are integers from 0 to 127. */
static inline size_t small_integers(const unsigned char *at, const unsigned char *end, size_t left)
{
    size_t most = left < (size_t)(end - at) ? left : (size_t)(end - at);
    size_t taken = 0;
    uint64_t eight;

    while (most - taken >= sizeof eight) {
        memcpy(&eight, at + taken, sizeof eight);
        if ((eight & UINT64_C(0x8080808080808080)) != 0)
            break;
        taken += sizeof eight;
    }
    return taken;
}

/* The one ext type that passes, if it is whole. */
static inline bool is_handle(const unsigned char *at, const unsigned char *end)
{
    return (size_t)(end - at) >= MP_HANDLE_PACKED && at[0] == MP_HANDLE_HEAD && at[1] == MP_HANDLE_EXT;
}

/* May an array or map that claims `number` elements or pairs be entered, with `room` bytes behind its header? */
static inline enum mp_scan_verdict may_enter(size_t number, bool pairs, size_t room, bool level_free, size_t nodes)
{
    if (!level_free)
        return MP_SCAN_DEEP;
    if (number > room >> pairs)
        return MP_SCAN_SHORT;
    return number << pairs > nodes ? MP_SCAN_MANY : MP_SCAN_OK;
}

/* Checks `count` values at *begin. *begin is set on success, and on a failure *which: the value that is wrong. */
static enum mp_scan_verdict scan(const unsigned char **begin, const unsigned char *end, size_t count,
                                 const struct mp_scan_limits *limits, size_t *which)
{
    const unsigned char *at = *begin;
    size_t depth_limit = limits->depth < MP_SCAN_DEPTH_MAX ? limits->depth : MP_SCAN_DEPTH_MAX;
    size_t outside[MP_SCAN_DEPTH_MAX]; /* elements left on the levels outside the present one */
    size_t depth = 0;
    size_t left = count;
    size_t nodes = 0; /* that the present value may still have */
    enum mp_scan_verdict verdict = MP_SCAN_SHORT;

    for (;;) {
        unsigned entry, header;
        size_t number;

        if (left == 0) {
            if (depth == 0)
                break;
            left = outside[--depth];
            continue;
        }
        left--;
        if (at == end)
            goto fail;
        entry = table[*at];
        if (entry == 1) { /* a constant step: the processor need not wait for the table to look at the next byte */
            at += 1;
            if (left >= 8) {
                number = small_integers(at, end, left);
                at += number;
                left -= number;
            }
            continue;
        }
        header = entry & BYTES;
        if (header > (size_t)(end - at))
            goto fail;
        if (entry < SIZED) { /* PLAIN */
            at += header;
            continue;
        }
        if (entry == WRONG && is_handle(at, end)) {
            at += MP_HANDLE_PACKED;
            continue;
        }
        if (entry == WRONG) {
            verdict = MP_SCAN_TYPE;
            goto fail;
        }
        number = number_of(at, header);
        at += header;
        if (entry < ARRAY) {
            if (number > (size_t)(end - at))
                goto fail;
            at += number;
            continue;
        }
        if (depth == 0)
            nodes = limits->nodes;
        verdict = may_enter(number, entry >= MAP, (size_t)(end - at), depth < depth_limit, nodes);
        if (verdict != MP_SCAN_OK)
            goto fail;
        verdict = MP_SCAN_SHORT;
        outside[depth++] = left;
        left = number << (entry >= MAP);
        nodes -= left;
    }
    *begin = at;
    return MP_SCAN_OK;

fail:
    *which = count - 1 - (depth == 0 ? left : outside[0]);
    return verdict;
}

enum mp_scan_verdict mp_scan_value(const char *data, size_t size, const struct mp_scan_limits *limits, size_t *offset)
{
    const unsigned char *begin = (const unsigned char *)data;
    const unsigned char *at;
    enum mp_scan_verdict verdict;
    size_t which;

    if (*offset >= size)
        return MP_SCAN_SHORT;
    at = begin + *offset;
    if (table[*at] < SIZED && table[*at] <= size - *offset) { /* the commonest case: a number, or a short string */
        *offset += table[*at];
        return MP_SCAN_OK;
    }
    verdict = scan(&at, begin + size, 1, limits, &which);
    if (verdict == MP_SCAN_OK)
        *offset = (size_t)(at - begin);
    return verdict;
}

enum mp_scan_verdict mp_scan_values(const char *data, size_t size, size_t count, const struct mp_scan_limits *limits,
                                    size_t *bad_index)
{
    static const unsigned char nothing[1];
    const unsigned char *at = size > 0 ? (const unsigned char *)data : nothing; /* no bytes may be NULL */
    const unsigned char *end = at + size;
    size_t which = count;
    enum mp_scan_verdict verdict = scan(&at, end, count, limits, &which);

    if (verdict == MP_SCAN_OK && at != end)
        verdict = MP_SCAN_EXTRA;
    if (verdict != MP_SCAN_OK && bad_index != NULL)
        *bad_index = which;
    return verdict;
}

bool mp_scan_skip(const char *data, size_t size, size_t count, size_t *offset)
{
    const unsigned char *begin = (const unsigned char *)data;
    const unsigned char *at, *end;
    size_t left = count;

    if (*offset >= size)
        return count == 0;
    at = begin + *offset;
    end = begin + size;
    while (left > 0) {
        unsigned entry, header;
        size_t number;

        if (at == end)
            return false;
        left--;
        entry = table[*at];
        if (entry == 1) {
            at += 1;
            if (left >= 8) {
                number = small_integers(at, end, left);
                at += number;
                left -= number;
            }
            continue;
        }
        if (entry == WRONG && is_handle(at, end)) {
            at += MP_HANDLE_PACKED;
            continue;
        }
        header = entry & BYTES;
        if (entry == WRONG || header > (size_t)(end - at))
            return false;
        number = entry < SIZED ? 0 : number_of(at, header);
        at += header;
        if (entry >= ARRAY) {
            left += number << (entry >= MAP);
        } else {
            if (number > (size_t)(end - at))
                return false;
            at += number;
        }
    }
    *offset = (size_t)(at - begin);
    return true;
}

const char *mp_scan_text(enum mp_scan_verdict verdict)
{
    switch (verdict) {
    case MP_SCAN_OK:
        return "it is whole and within its limits";
    case MP_SCAN_SHORT:
        return "it ends too early";
    case MP_SCAN_DEEP:
        return "its arrays and maps are nested too deep";
    case MP_SCAN_MANY:
        return "it has too many elements";
    case MP_SCAN_TYPE:
        return "it has an ext type, or a byte that is not msgpack";
    case MP_SCAN_EXTRA:
        return "there are bytes behind its end";
    }
    return "unknown verdict";
}
