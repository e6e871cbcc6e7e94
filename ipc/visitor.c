/*
 * ipc/visitor.c - a client that is connected to a server, as the server sees it
 *
 * Runs in: the host, a server's thread. Owns: the connection, and what has come over it.
 *
 * A visitor sends a frame, and gets an answer. While it waits for one, a read is under way that is to end with the
 * visitor only: so one that was killed is noticed, and its errand dropped before it takes an item that nobody would
 * get. One that sends all the same speaks out of turn, and is sent away. So what a visitor can make us keep is bounded,
 * by a frame and an answer.
 *
 * Memory for a frame grows with what has come, whatever its head claims.
 */
#include "ipc/visitor.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* A read takes so much at least: most requests come by one. */
#define READ_LEAST ((size_t)4096)

/* The most memory that a buffer keeps for the next time. */
#define KEEP_BYTES ((size_t)64 << 10)

static void empty(struct mp_buf *buf)
{
    if (buf->room > KEEP_BYTES)
        mp_buf_free(buf);
    buf->size = 0;
}

/* ---- what comes -------------------------------------------------------------------------------------------------- */

static bool listen_on(struct mp_visitor *visitor)
{
    struct mp_buf *in = &visitor->in;

    if (!mp_buf_reserve(in, READ_LEAST))
        return false;
    mp_stream_read(visitor->stream, in->data + in->size, in->room - in->size);
    return true;
}

static bool answer(struct mp_visitor *visitor)
{
    if (visitor->out.size == 0)
        return false; /* there is none */
    visitor->sent = 0;
    mp_stream_write(visitor->stream, visitor->out.data, visitor->out.size);
    return true;
}

/* One of another version is told ours, and what it says next is not understood. */
static bool greet(struct mp_visitor *visitor, uint32_t version)
{
    const struct mp_reply welcome = {.type = MP_REPLY_WELCOME,
                                     .version = MP_REQUEST_VERSION,
                                     .server = visitor->house->server,
                                     .most = visitor->house->item_most};

    visitor->greeted = version == MP_REQUEST_VERSION;
    (void)mp_reply_write(&visitor->out, &welcome);
    return answer(visitor);
}

/* The frame is in visitor->request. */
static bool hear(struct mp_visitor *visitor)
{
    struct mp_request request;
    const struct mp_buf *frame = &visitor->request;

    if (mp_request_read(frame->data + MP_FRAME_HEAD, frame->size - MP_FRAME_HEAD, &request) != MPOOL_OK)
        return false;
    if (!visitor->greeted)
        return request.type == MP_REQUEST_HELLO && greet(visitor, request.version);
    if (request.type == MP_REQUEST_HELLO)
        return false;
    mp_errand_init(&visitor->errand, &request);
    visitor->waiting = true;
    return true;
}

/* Takes the first frame out of what has come, if that is whole. */
static bool take_frame(struct mp_visitor *visitor, bool *whole)
{
    struct mp_buf frame = visitor->in;
    size_t size;

    *whole = false;
    if (frame.size < MP_FRAME_HEAD)
        return true;
    if (mp_frame_size(frame.data, mp_frame_most(visitor->house->item_most), &size) != MPOOL_OK)
        return false;
    size += MP_FRAME_HEAD;
    if (frame.size < size)
        return true;
    empty(&visitor->request);
    visitor->in = visitor->request;
    visitor->request = frame;
    *whole = true;
    return frame.size == size;
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

/* Is there an answer that is not all sent? */
static bool go_on_sending(struct mp_visitor *visitor, bool *sending)
{
    size_t count;

    *sending = visitor->out.size > 0;
    switch (mp_stream_was_written(visitor->stream, &count)) {
    case MP_STREAM_GONE:
        return false;
    case MP_STREAM_DONE:
        visitor->sent += count;
        if (visitor->sent < visitor->out.size) {
            mp_stream_write(visitor->stream, visitor->out.data + visitor->sent, visitor->out.size - visitor->sent);
            return true;
        }
        empty(&visitor->out);
        *sending = false;
        return true;
    default:
        return true;
    }
}

/* Is a read under way? If not, what has come is in visitor->in. */
static bool go_on_reading(struct mp_visitor *visitor, bool *reading)
{
    size_t count = 0;
    enum mp_stream_state state = mp_stream_was_read(visitor->stream, &count);

    *reading = state == MP_STREAM_BUSY;
    visitor->in.size += count;
    return state != MP_STREAM_GONE;
}

bool mp_visitor_look(struct mp_visitor *visitor)
{
    bool sending, reading, whole;

    if (visitor->lost || !go_on_sending(visitor, &sending) || !go_on_reading(visitor, &reading))
        return false;
    if (reading)
        return true;
    if (visitor->waiting)
        return false;
    if (sending)
        return true; /* it has seen all of its answer before we have heard that it is sent */
    if (!take_frame(visitor, &whole) || (whole && !hear(visitor)))
        return false;
    return listen_on(visitor);
}

bool mp_visitor_serve(struct mp_visitor *visitor)
{
    if (!visitor->waiting || !mp_errand_try(&visitor->errand, visitor->house->queue, &visitor->out))
        return false;
    visitor->waiting = false;
    visitor->lost = !answer(visitor);
    return true;
}

/* ---- its life ---------------------------------------------------------------------------------------------------- */

struct mp_visitor *mp_visitor_new(const struct mp_house *house, struct mp_stream *stream)
{
    struct mp_visitor *visitor = calloc(1, sizeof *visitor);

    if (visitor == NULL) {
        mp_stream_close(stream);
        return NULL;
    }
    visitor->house = house;
    visitor->stream = stream;
    if (listen_on(visitor))
        return visitor;
    mp_visitor_free(visitor);
    return NULL;
}

void mp_visitor_free(struct mp_visitor *visitor)
{
    mp_stream_close(visitor->stream);
    mp_buf_free(&visitor->in);
    mp_buf_free(&visitor->request);
    mp_buf_free(&visitor->out);
    free(visitor);
}
