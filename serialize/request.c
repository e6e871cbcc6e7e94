/*
 * serialize/request.c - what the client of a served queue asks, and what it is answered: to bytes and back
 *
 * Runs in: the host (a server's thread), programs that have connected. Pure.
 *
 * Reading goes in the steps of serialize/message.c. A head is a flat array of fewer than ten fields: what claims to be
 * more is refused by the scan.
 */
#include "serialize/request.h"

#include "base/error.h"
#include "serialize/decode.h"
#include "serialize/fields.h"
#include "serialize/scan.h"
#include "serialize/write.h"

#include <mpool/pool.h>

#include <string.h>

static const struct mp_scan_limits head_limits = {.depth = 1, .nodes = 16};

/* A head's numbers and text are in the frame; its array is in a zone that lives while it is read. */
#define ZONE_BYTES 512

static const char magic[] = {'m', 'p', 'q', '\n'};

static const struct {
    uint32_t fields; /* 0: there is no such type */
    bool reply;
} types[] = {
    [MP_REQUEST_HELLO] = {2, false}, [MP_REQUEST_PUT] = {3, false},  [MP_REQUEST_GET] = {3, false},
    [MP_REQUEST_CLOSE] = {1, false}, [MP_REQUEST_SIZE] = {1, false}, [MP_REQUEST_TASK_DONE] = {1, false},
    [MP_REQUEST_JOIN] = {2, false},  [MP_REPLY_WELCOME] = {4, true}, [MP_REPLY_ANSWER] = {6, true},
};

#define TYPES (sizeof types / sizeof types[0])

/* ---- frames ------------------------------------------------------------------------------------------------------ */

size_t mp_frame_most(size_t item_most)
{
    return MP_FRAME_BARE + (item_most > MP_REQUEST_BYTES ? item_most : MP_REQUEST_BYTES);
}

mpool_err mp_frame_size(const char *head, size_t most, size_t *size)
{
    const unsigned char *at = (const unsigned char *)head + sizeof magic;
    size_t claimed = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];

    if (memcmp(head, magic, sizeof magic) != 0)
        return mp_error(MPOOL_E_PROTOCOL, "what came is no frame of a queue's");
    if (claimed > most)
        return mp_error(MPOOL_E_PROTOCOL, "a frame of %zu bytes; %zu are the most", claimed, most);
    *size = claimed;
    return MPOOL_OK;
}

/* A frame that is being written. */
struct frame {
    struct mp_buf *buf;
    size_t begin;
    struct mp_buf_writer writer;
    msgpack_packer packer;
};

static void open_frame(struct frame *frame, struct mp_buf *buf, enum mp_request_type type)
{
    frame->buf = buf;
    frame->begin = buf->size;
    frame->writer = (struct mp_buf_writer){.buf = buf, .most = SIZE_MAX};
    msgpack_packer_init(&frame->packer, &frame->writer, mp_buf_write_bounded);
    (void)mp_buf_write_bounded(&frame->writer, magic, sizeof magic);
    (void)mp_buf_write_bounded(&frame->writer, "\0\0\0\0", MP_FRAME_HEAD - sizeof magic);
    (void)msgpack_pack_array(&frame->packer, types[type].fields);
    (void)msgpack_pack_uint32(&frame->packer, type);
}

static mpool_err close_frame(struct frame *frame, const struct mp_items *items)
{
    struct mp_buf *buf = frame->buf;
    unsigned char *at;
    size_t size;

    if (items->size > 0)
        (void)mp_buf_write_bounded(&frame->writer, items->bytes, items->size);
    if (frame->writer.failed) {
        buf->size = frame->begin;
        return mp_error_nomem();
    }
    at = (unsigned char *)buf->data + frame->begin + sizeof magic;
    size = buf->size - frame->begin - MP_FRAME_HEAD;
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(size >> (24 - 8 * i));
    return MPOOL_OK;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

mpool_err mp_request_write(struct mp_buf *buf, const struct mp_request *request)
{
    struct frame frame;

    open_frame(&frame, buf, request->type);
    if (request->type == MP_REQUEST_HELLO)
        (void)msgpack_pack_uint32(&frame.packer, request->version);
    if (request->type == MP_REQUEST_PUT || request->type == MP_REQUEST_GET || request->type == MP_REQUEST_JOIN)
        (void)msgpack_pack_int64(&frame.packer, request->timeout_ms);
    if (request->type == MP_REQUEST_PUT)
        (void)msgpack_pack_uint32(&frame.packer, request->items.count);
    if (request->type == MP_REQUEST_GET)
        (void)msgpack_pack_uint32(&frame.packer, request->wanted);
    return close_frame(&frame, &request->items);
}

mpool_err mp_reply_write(struct mp_buf *buf, const struct mp_reply *reply)
{
    struct frame frame;

    open_frame(&frame, buf, reply->type);
    if (reply->type == MP_REPLY_WELCOME) {
        (void)msgpack_pack_uint32(&frame.packer, reply->version);
        (void)msgpack_pack_uint64(&frame.packer, reply->server);
        (void)msgpack_pack_uint64(&frame.packer, reply->most);
    } else {
        (void)msgpack_pack_uint32(&frame.packer, (uint32_t)reply->err);
        mp_write_bytes(&frame.packer, reply->text, reply->text_size);
        (void)msgpack_pack_uint64(&frame.packer, reply->number);
        mp_write_bool(&frame.packer, reply->full);
        (void)msgpack_pack_uint32(&frame.packer, reply->items.count);
    }
    return close_frame(&frame, &reply->items);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* A frame that is being read. */
struct reading {
    msgpack_zone zone;
    struct mp_fields fields;
    enum mp_request_type type;
    struct mp_items items; /* behind the head; `count` says how many there have to be */
};

/* On MPOOL_OK the zone is to be destroyed. */
static mpool_err open_reading(struct reading *reading, const char *data, size_t size, bool reply)
{
    enum mp_scan_verdict verdict;
    msgpack_object head;
    size_t offset = 0;
    uint64_t type;
    mpool_err err;

    verdict = mp_scan_value(data, size, &head_limits, &offset);
    if (verdict != MP_SCAN_OK)
        return mp_error(MPOOL_E_PROTOCOL, "the head of a frame is broken: %s", mp_scan_text(verdict));
    *reading = (struct reading){.items = {.bytes = data + offset, .size = size - offset}};
    if (!msgpack_zone_init(&reading->zone, ZONE_BYTES))
        return mp_error_nomem();
    offset = 0;
    err = mp_decode_value(data, size, &offset, &reading->zone, &head);
    if (err != MPOOL_OK)
        goto fail;
    err = MPOOL_E_PROTOCOL;
    if (head.type != MSGPACK_OBJECT_ARRAY || head.via.array.size == 0 ||
        head.via.array.ptr[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER) {
        (void)mp_error(err, "the head of a frame is no array that begins with its type");
        goto fail;
    }
    type = head.via.array.ptr[0].via.u64;
    if (type >= TYPES || types[type].fields == 0 || types[type].reply != reply) {
        (void)mp_error(err, "a frame of type %llu, which is none here", (unsigned long long)type);
        goto fail;
    }
    reading->type = (enum mp_request_type)type;
    reading->fields = mp_fields_open(&head, types[type].fields, &reading->zone);
    (void)mp_fields_u32(&reading->fields, "type");
    return MPOOL_OK;
fail:
    msgpack_zone_destroy(&reading->zone);
    return err;
}

/* Looks at the items, and says what was wrong. */
static mpool_err close_reading(struct reading *reading)
{
    const char *wrong = reading->fields.wrong;
    enum mp_scan_verdict verdict;
    size_t bad;

    msgpack_zone_destroy(&reading->zone);
    if (wrong != NULL)
        return mp_error(MPOOL_E_PROTOCOL, "a frame of type %d: wrong %s", (int)reading->type, wrong);
    verdict =
        mp_scan_values(reading->items.bytes, reading->items.size, reading->items.count, &mp_scan_limits_value, &bad);
    if (verdict != MP_SCAN_OK)
        return mp_error(MPOOL_E_PROTOCOL, "a frame of type %d: item %zu is broken: %s", (int)reading->type, bad,
                        mp_scan_text(verdict));
    return MPOOL_OK;
}

mpool_err mp_request_read(const char *data, size_t size, struct mp_request *request)
{
    struct mp_request found = {0};
    struct reading reading;
    mpool_err err = open_reading(&reading, data, size, false);

    if (err != MPOOL_OK)
        return err;
    found.type = reading.type;
    if (found.type == MP_REQUEST_HELLO)
        found.version = mp_fields_u32(&reading.fields, "version");
    if (found.type == MP_REQUEST_PUT || found.type == MP_REQUEST_GET || found.type == MP_REQUEST_JOIN)
        found.timeout_ms = mp_fields_signed(&reading.fields, "timeout");
    if (found.type == MP_REQUEST_PUT)
        reading.items.count = mp_fields_u32(&reading.fields, "number of items");
    if (found.type == MP_REQUEST_GET)
        found.wanted = (uint32_t)mp_fields_unsigned(&reading.fields, "number of items", MP_REQUEST_ITEMS);
    if (reading.fields.wrong == NULL && ((found.type == MP_REQUEST_PUT && reading.items.count == 0) ||
                                         (found.type == MP_REQUEST_GET && found.wanted == 0)))
        reading.fields.wrong = "number of items";
    err = close_reading(&reading);
    if (err != MPOOL_OK)
        return err;
    found.items = reading.items;
    *request = found;
    return MPOOL_OK;
}

static bool is_err(uint32_t number)
{
    return strcmp(mpool_err_name((mpool_err)number), "MPOOL_E_?") != 0;
}

static void read_answer(struct reading *reading, struct mp_reply *reply)
{
    struct mp_fields *fields = &reading->fields;
    uint32_t err = mp_fields_u32(fields, "error");
    const msgpack_object *text = mp_fields_next(fields, "text", MSGPACK_OBJECT_BIN);

    if (fields->wrong == NULL && !is_err(err))
        fields->wrong = "error";
    if (fields->wrong == NULL && text->via.bin.size > MP_REQUEST_TEXT_MAX)
        fields->wrong = "text";
    if (fields->wrong == NULL) {
        reply->err = (mpool_err)err;
        reply->text = text->via.bin.ptr;
        reply->text_size = text->via.bin.size;
    }
    reply->number = mp_fields_unsigned(fields, "number", UINT64_MAX);
    reply->full = mp_fields_bool(fields, "truth");
    reading->items.count = (uint32_t)mp_fields_unsigned(fields, "number of items", MP_REQUEST_ITEMS);
}

mpool_err mp_reply_read(const char *data, size_t size, struct mp_reply *reply)
{
    struct mp_reply found = {0};
    struct reading reading;
    mpool_err err = open_reading(&reading, data, size, true);

    if (err != MPOOL_OK)
        return err;
    found.type = reading.type;
    if (found.type == MP_REPLY_WELCOME) {
        found.version = mp_fields_u32(&reading.fields, "version");
        found.server = mp_fields_unsigned(&reading.fields, "server", UINT64_MAX);
        found.most = (size_t)mp_fields_unsigned(&reading.fields, "most", MPOOL_VALUE_MAX);
    } else
        read_answer(&reading, &found);
    err = close_reading(&reading);
    if (err != MPOOL_OK)
        return err;
    found.items = reading.items;
    *reply = found;
    return MPOOL_OK;
}

size_t mp_items_first(const struct mp_items *items)
{
    size_t size = 0;

    return mp_scan_skip(items->bytes, items->size, 1, &size) ? size : items->size;
}

void mp_items_pass(struct mp_items *items, size_t size)
{
    items->count--;
    items->bytes += size;
    items->size -= size;
}
