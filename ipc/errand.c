/*
 * ipc/errand.c - what a client has asked a served queue for, until it is done
 *
 * Runs in: the host, a server's thread. Owns: nothing.
 *
 * The client's items go in as the bytes that they are, and come out so: they were scanned when they came, and what the
 * ring gives is scanned before it goes.
 */
#include "ipc/errand.h"

#include "base/clock.h"
#include "base/error.h"
#include "ipc/queue.h"
#include "serialize/scan.h"

#include <string.h>

void mp_errand_init(struct mp_errand *errand, const struct mp_request *request)
{
    *errand = (struct mp_errand){.request = *request, .until_ns = mp_clock_until_ns(request->timeout_ms)};
}

/* ---- putting ----------------------------------------------------------------------------------------------------- */

/* As many as there is room for, once there is room for the first. */
static mpool_err put_some(struct mp_errand *errand, struct mp_belt *belt)
{
    struct mp_deadline now = {.timeout_ms = 0};
    struct mp_items items = errand->request.items;
    struct mp_ring_writer writer;
    size_t size = mp_items_first(&items);
    mpool_err err = mp_belt_put(belt, size, &now, &writer);

    if (err != MPOOL_OK)
        return err;
    do {
        mp_ring_add(&belt->ring, &writer, items.bytes, size, NULL, 0);
        mp_items_pass(&items, size);
        size = items.count > 0 ? mp_items_first(&items) : 0;
    } while (items.count > 0 && mp_ring_fits(&writer, size));
    err = mp_belt_done(belt, &writer);
    if (err != MPOOL_OK)
        return err;
    errand->put += errand->request.items.count - items.count;
    errand->request.items = items;
    return MPOOL_OK;
}

static mpool_err put_items(struct mp_errand *errand, mpool_queue *queue, struct mp_reply *reply)
{
    struct mp_belt belt;
    mpool_err err = MPOOL_OK;

    while (err == MPOOL_OK && errand->request.items.count > 0) {
        err = mp_shared_queue_belt(queue, &belt);
        if (err == MPOOL_OK)
            err = mp_shared_queue_changed(queue, &belt, put_some(errand, &belt));
    }
    reply->number = errand->put;
    return err;
}

/* ---- getting ----------------------------------------------------------------------------------------------------- */

/* Appends the item that comes next. */
static mpool_err take(const struct mp_belt *belt, const struct mp_ring_reader *reader, struct mp_buf *items)
{
    enum mp_scan_verdict verdict;

    if (!mp_buf_reserve(items, reader->size))
        return mp_error_nomem();
    mp_ring_copy(&belt->ring, reader, 0, items->data + items->size, reader->size);
    verdict = mp_scan_values(items->data + items->size, reader->size, 1, &mp_scan_limits_value, NULL);
    if (verdict != MP_SCAN_OK)
        return mp_error(MPOOL_E_PROTOCOL, "an item is broken: %s; somebody has written over it", mp_scan_text(verdict));
    items->size += reader->size;
    return MPOOL_OK;
}

/* As many as are wanted, are there, and travel together; one at least, else it says why not. */
static mpool_err take_some(const struct mp_belt *belt, struct mp_ring_reader *reader, uint32_t wanted,
                           struct mp_buf *items, uint32_t *count)
{
    uint32_t taken = 0;
    mpool_err err;

    do {
        err = take(belt, reader, items);
        if (err == MPOOL_OK || (err == MPOOL_E_PROTOCOL && taken == 0))
            mp_ring_pass(reader);
        taken += err == MPOOL_OK;
    } while (err == MPOOL_OK && taken < wanted && mp_ring_next(&belt->ring, reader) == MP_RING_READY &&
             items->size + reader->size <= MP_REQUEST_BYTES);
    *count = taken;
    return taken > 0 ? MPOOL_OK : err;
}

/* Nothing is out of the queue that has no room in the answer. */
static mpool_err get_items(const struct mp_errand *errand, mpool_queue *queue, struct mp_items *taken,
                           struct mp_buf *items, struct mp_buf *answer)
{
    struct mp_deadline now = {.timeout_ms = 0};
    struct mp_ring_reader first, reader;
    struct mp_belt belt;
    uint32_t count = 0;
    mpool_err err = mp_shared_queue_belt(queue, &belt);

    if (err != MPOOL_OK)
        return err;
    err = mp_belt_get(&belt, &now, &first);
    if (err != MPOOL_OK)
        return mp_shared_queue_changed(queue, &belt, err);
    reader = first;
    err = take_some(&belt, &reader, errand->request.wanted, items, &count);
    if (err == MPOOL_OK && !mp_buf_reserve(answer, MP_FRAME_BARE + items->size))
        err = mp_error_nomem();
    belt.lost += err == MPOOL_E_PROTOCOL;
    mp_belt_got(&belt, err == MPOOL_E_NOMEM ? &first : &reader);
    if (err == MPOOL_OK)
        *taken = (struct mp_items){.count = count, .bytes = items->data, .size = items->size};
    return mp_shared_queue_changed(queue, &belt, err);
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static mpool_err size_up(mpool_queue *queue, struct mp_reply *reply)
{
    struct mp_belt belt;
    mpool_err err = mp_shared_queue_belt(queue, &belt);

    if (err != MPOOL_OK)
        return err;
    reply->number = mpool_queue_qsize(queue);
    reply->full = mpool_queue_full(queue);
    return MPOOL_OK;
}

/* Does what is asked for; MPOOL_E_TIMEOUT if it is to be tried again. */
static mpool_err act(struct mp_errand *errand, mpool_queue *queue, struct mp_reply *reply, struct mp_buf *items,
                     struct mp_buf *answer)
{
    switch (errand->request.type) {
    case MP_REQUEST_PUT:
        return put_items(errand, queue, reply);
    case MP_REQUEST_GET:
        return get_items(errand, queue, &reply->items, items, answer);
    case MP_REQUEST_CLOSE:
        return mpool_queue_close(queue);
    case MP_REQUEST_SIZE:
        return size_up(queue, reply);
    case MP_REQUEST_TASK_DONE:
        return mpool_queue_task_done(queue);
    case MP_REQUEST_JOIN:
        return mpool_queue_join(queue, 0);
    default: /* no request that mp_request_read() gives out */
        return mp_error(MPOOL_E_PROTOCOL, "HELLO is said once");
    }
}

bool mp_errand_try(struct mp_errand *errand, mpool_queue *queue, struct mp_buf *answer)
{
    struct mp_reply reply = {.type = MP_REPLY_ANSWER, .text = ""};
    struct mp_buf items = {0};

    reply.err = act(errand, queue, &reply, &items, answer);
    if (reply.err == MPOOL_E_TIMEOUT && mp_clock_ns() < errand->until_ns)
        return false;
    if (reply.err == MPOOL_E_STALE || reply.err == MPOOL_E_NOINIT)
        return true; /* the queue is on its way out, and so is the server */
    if (reply.err != MPOOL_OK) {
        reply.text = mpool_error_detail();
        reply.text_size = strlen(reply.text);
    }
    (void)mp_reply_write(answer, &reply);
    mp_buf_free(&items);
    return true;
}

struct mp_bell *mp_errand_bell(const struct mp_errand *errand, mpool_queue *queue)
{
    struct mp_belt belt;

    if (mp_shared_queue_belt(queue, &belt) != MPOOL_OK)
        return NULL;
    if (errand->request.type == MP_REQUEST_GET)
        return &belt.state->filled;
    return errand->request.type == MP_REQUEST_PUT ? &belt.state->not_full : mp_shared_queue_all_done(queue);
}
