/*
 * serialize/request.h - what the client of a served queue asks, and what it is answered, as bytes
 *
 * A connection carries frames: a head of 8 bytes, the word "mpq\n" and the size of what follows, 4 bytes with the
 * highest first; then a msgpack array with fixed positions, whose first element is its type, and the items behind it,
 * one after the other. The head never changes, so that programs of different versions can tell each other. Type numbers
 * are never reused. The client begins, and nobody speaks out of turn:
 *
 *     HELLO       -> WELCOME     once, first: which version, which server, and how large an item may be
 *     PUT         -> ANSWER      items to put in; how many were
 *     GET         -> ANSWER      so many items are wanted; those that were taken out
 *     CLOSE, TASK_DONE, JOIN     -> ANSWER      as the calls of mpool/queue.h
 *     SIZE        -> ANSWER      how many items there are, and whether there is room for another
 *
 * What is read is input: it is scanned before anything is allocated, and every field is checked.
 */
#ifndef MP_SERIALIZE_REQUEST_H
#define MP_SERIALIZE_REQUEST_H

#include "base/buf.h"

#include <mpool/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP_REQUEST_VERSION 1

/* Items travel together up to so many bytes; a larger one by itself. */
#define MP_REQUEST_BYTES ((size_t)256 << 10)

/* The most items of a GET, and so of an answer. */
#define MP_REQUEST_ITEMS (UINT32_C(1) << 20)

/* The longest text of an answer. */
#define MP_REQUEST_TEXT_MAX 1000

enum mp_request_type {
    MP_REQUEST_HELLO = 1,
    MP_REQUEST_PUT = 2,
    MP_REQUEST_GET = 3,
    MP_REQUEST_CLOSE = 4,
    MP_REQUEST_SIZE = 5,
    MP_REQUEST_TASK_DONE = 6,
    MP_REQUEST_JOIN = 7,
    MP_REPLY_WELCOME = 8,
    MP_REPLY_ANSWER = 9,
};

/* Some msgpack values, one after the other. */
struct mp_items {
    uint32_t count;
    const char *bytes;
    size_t size;
};

struct mp_request {
    enum mp_request_type type;
    uint32_t version;      /* HELLO */
    int64_t timeout_ms;    /* PUT, GET, JOIN: as of the call; negative: for ever */
    uint32_t wanted;       /* GET: 1 to MP_REQUEST_ITEMS */
    struct mp_items items; /* PUT: one at least */
};

struct mp_reply {
    enum mp_request_type type;
    uint32_t version;      /* WELCOME */
    uint64_t server;       /* WELCOME: a number that no other server has */
    size_t most;           /* WELCOME: bytes of the largest item, at most MPOOL_VALUE_MAX */
    mpool_err err;         /* ANSWER, and so are all that follow */
    const char *text;      /* what mpool_error_detail() said; text_size bytes, not NUL-terminated */
    size_t text_size;      /* at most MP_REQUEST_TEXT_MAX */
    uint64_t number;       /* PUT: items that were put; SIZE: items that are there */
    bool full;             /* SIZE */
    struct mp_items items; /* GET */
};

/* ---- frames ------------------------------------------------------------------------------------------------------ */

#define MP_FRAME_HEAD 8

/* More than a frame without items ever has, its head too. */
#define MP_FRAME_BARE ((size_t)4096)

/* mp_frame_most - the most bytes behind a head, where items have so many at most. */
size_t mp_frame_most(size_t item_most);

/*
 * mp_frame_size - how many bytes are behind a head of MP_FRAME_HEAD bytes
 *
 * Errors: MPOOL_E_PROTOCOL (it is no head of ours, or claims more than `most`).
 */
mpool_err mp_frame_size(const char *head, size_t most, size_t *size);

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* mp_request_write, mp_reply_write - append a whole frame. Errors: MPOOL_E_NOMEM; the buffer is then as it was. */
mpool_err mp_request_write(struct mp_buf *buf, const struct mp_request *request);
mpool_err mp_reply_write(struct mp_buf *buf, const struct mp_reply *reply);

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/*
 * mp_request_read, mp_reply_read - check and decode what is behind a head
 *
 * data      in   size bytes, all of the frame; what is read points into it
 * request, reply out set on MPOOL_OK. Items have been scanned: they are `count` whole values within the limits
 *
 * Errors: MPOOL_E_PROTOCOL (with a detail), MPOOL_E_NOMEM.
 */
mpool_err mp_request_read(const char *data, size_t size, struct mp_request *request);
mpool_err mp_reply_read(const char *data, size_t size, struct mp_reply *reply);

/* mp_items_first - the size of the first of some items that were read, which are not none. */
size_t mp_items_first(const struct mp_items *items);

/* mp_items_pass - less the first one, which has so many bytes. */
void mp_items_pass(struct mp_items *items, size_t size);

#endif
