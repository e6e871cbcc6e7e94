/*
 * tests/fuzz/requests.c - frames between a server of queues and its clients, as the fuzzers make and read them
 */
#include "tests/fuzz/requests.h"

#include "serialize/request.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/values.h"

#include <mpool/pool.h>

#include <string.h>

static uint32_t up_to(uint64_t *random, uint32_t limit)
{
    return (uint32_t)(next_random(random) % (limit + 1));
}

static struct mp_items make_items(uint64_t *random)
{
    static const char bytes[] = "\x05\xc0\xa3xyz\x92\x01\xc3\xc4\x02zz";
    static const size_t ends[] = {0, 1, 2, 6, 9, 13};
    uint32_t count = 1 + up_to(random, 4);

    return (struct mp_items){.count = count, .bytes = bytes, .size = ends[count]};
}

void make_request(struct mp_buf *buf, uint64_t *random)
{
    enum mp_request_type type =
        (enum mp_request_type)(MP_REQUEST_HELLO + up_to(random, MP_REPLY_ANSWER - MP_REQUEST_HELLO));
    struct mp_request request = {.type = type, .version = MP_REQUEST_VERSION};
    struct mp_reply reply = {.type = type, .version = MP_REQUEST_VERSION, .text = "why not"};

    if (type == MP_REPLY_WELCOME || type == MP_REPLY_ANSWER) {
        reply.server = next_random(random);
        reply.most = (size_t)next_random(random) % (MPOOL_VALUE_MAX + 1);
        reply.err = (mpool_err)up_to(random, MPOOL_E_BARRIER);
        reply.text_size = up_to(random, 7);
        reply.number = next_random(random) >> up_to(random, 63);
        reply.full = up_to(random, 1) != 0;
        if (type == MP_REPLY_ANSWER && up_to(random, 1) != 0)
            reply.items = make_items(random);
        HOLDS(mp_reply_write(buf, &reply) == MPOOL_OK);
        return;
    }
    request.timeout_ms = (int64_t)next_random(random) >> up_to(random, 63);
    request.wanted = 1 + up_to(random, MP_REQUEST_ITEMS - 1);
    if (type == MP_REQUEST_PUT)
        request.items = make_items(random);
    HOLDS(mp_request_write(buf, &request) == MPOOL_OK);
}

/* Reads all of it, for AddressSanitizer to see. */
static void touch(const char *data, size_t size)
{
    volatile char sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = (char)(sum ^ data[i]);
}

static void check_items(struct mp_items items)
{
    touch(items.bytes, items.size);
    while (items.count > 0) {
        size_t size = mp_items_first(&items);

        HOLDS(size > 0 && size <= items.size);
        mp_items_pass(&items, size);
    }
    HOLDS(items.size == 0);
}

/* Written again; whether that is read again, and says the same, is up to the caller. */
static bool read_request(const char *data, size_t size, struct mp_buf *again)
{
    struct mp_request request;
    mpool_err err = mp_request_read(data, size, &request);

    HOLDS(err == MPOOL_OK || (err == MPOOL_E_PROTOCOL && mpool_error_detail()[0] != '\0'));
    if (err != MPOOL_OK)
        return false;
    check_items(request.items);
    HOLDS((request.type == MP_REQUEST_PUT) == (request.items.count > 0));
    HOLDS(request.wanted <= MP_REQUEST_ITEMS && (request.type != MP_REQUEST_GET || request.wanted > 0));
    HOLDS(mp_request_write(again, &request) == MPOOL_OK);
    return true;
}

static bool read_reply(const char *data, size_t size, struct mp_buf *again)
{
    struct mp_reply reply;
    mpool_err err = mp_reply_read(data, size, &reply);

    HOLDS(err == MPOOL_OK || (err == MPOOL_E_PROTOCOL && mpool_error_detail()[0] != '\0'));
    if (err != MPOOL_OK)
        return false;
    check_items(reply.items);
    touch(reply.text, reply.text_size);
    HOLDS(reply.most <= MPOOL_VALUE_MAX && reply.text_size <= MP_REQUEST_TEXT_MAX);
    HOLDS(reply.items.count <= MP_REQUEST_ITEMS && strcmp(mpool_err_name(reply.err), "MPOOL_E_?") != 0);
    HOLDS(mp_reply_write(again, &reply) == MPOOL_OK);
    return true;
}

bool consume_request(const char *data, size_t size, msgpack_zone *zone)
{
    struct mp_buf first = {0}, second = {0};
    bool (*read)(const char *, size_t, struct mp_buf *) = read_request;
    size_t claimed;

    (void)zone;
    if (size < MP_FRAME_HEAD || mp_frame_size(data, mp_frame_most(MPOOL_VALUE_MAX), &claimed) != MPOOL_OK ||
        claimed != size - MP_FRAME_HEAD)
        return false;
    if (!read(data + MP_FRAME_HEAD, claimed, &first)) {
        read = read_reply;
        if (!read(data + MP_FRAME_HEAD, claimed, &first))
            return false;
    }
    HOLDS(read(first.data + MP_FRAME_HEAD, first.size - MP_FRAME_HEAD, &second));
    HOLDS(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
    mp_buf_free(&first);
    mp_buf_free(&second);
    return true;
}
