/*
 * ipc/line.c - a connection to a server, as its client has it: ask, and wait for the answer
 *
 * Runs in: programs that have connected, any thread, one at a time. Owns: the connection.
 *
 * A request is sent once. Whether a request was done whose answer never came, nobody can tell: so the line is given up
 * then, and never used again for another.
 */
#include "ipc/line.h"

#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define READ_LEAST ((size_t)4096)
#define KEEP_BYTES ((size_t)64 << 10)

/* In the middle of a request or of an answer, the server has so long for the next bytes. */
#define MOVING_NS INT64_C(5000000000)

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

static void wake(void *data)
{
    struct mp_line *line = data;

    (void)pthread_mutex_lock(&line->lock);
    line->woken = true;
    (void)pthread_cond_signal(&line->changed);
    (void)pthread_mutex_unlock(&line->lock);
}

/* Until something may have ended; false: the time is up. */
static bool wait_for(struct mp_line *line, int64_t until_ns)
{
    struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000), .tv_nsec = (long)(until_ns % 1000000000)};
    bool woken;

    (void)pthread_mutex_lock(&line->lock);
    while (!line->woken && pthread_cond_timedwait(&line->changed, &line->lock, &until) != ETIMEDOUT)
        continue;
    woken = line->woken;
    line->woken = false;
    (void)pthread_mutex_unlock(&line->lock);
    return woken;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static mpool_err gone(void)
{
    return mp_error(MPOOL_E_BROKEN, "the program that served the queue has ended, or does not serve it any more");
}

/* What is on its way. */
struct exchange {
    size_t sent;
    bool all_sent, whole;
    bool moved; /* in this round */
};

static mpool_err go_on_sending(struct mp_line *line, struct exchange *exchange)
{
    size_t count;

    switch (mp_stream_was_written(line->stream, &count)) {
    case MP_STREAM_GONE:
        return gone();
    case MP_STREAM_DONE:
        exchange->moved = true;
        exchange->sent += count;
        exchange->all_sent = exchange->sent == line->out.size;
        if (!exchange->all_sent)
            mp_stream_write(line->stream, line->out.data + exchange->sent, line->out.size - exchange->sent);
        return MPOOL_OK;
    default:
        return MPOOL_OK;
    }
}

/* Is the frame whole that has come? */
static mpool_err look_at(const struct mp_line *line, bool *whole)
{
    size_t size;
    mpool_err err;

    if (line->in.size < MP_FRAME_HEAD)
        return MPOOL_OK;
    err = mp_frame_size(line->in.data, line->most, &size);
    if (err == MPOOL_OK && line->in.size > MP_FRAME_HEAD + size)
        err = mp_error(MPOOL_E_PROTOCOL, "the server says more than it was asked");
    *whole = err == MPOOL_OK && line->in.size == MP_FRAME_HEAD + size;
    return err;
}

static mpool_err read_on(struct mp_line *line)
{
    if (!mp_buf_reserve(&line->in, READ_LEAST))
        return mp_error_nomem();
    mp_stream_read(line->stream, line->in.data + line->in.size, line->in.room - line->in.size);
    return MPOOL_OK;
}

static mpool_err go_on_reading(struct mp_line *line, struct exchange *exchange)
{
    size_t count;
    mpool_err err;

    switch (mp_stream_was_read(line->stream, &count)) {
    case MP_STREAM_GONE:
        return gone();
    case MP_STREAM_DONE:
        exchange->moved = true;
        line->in.size += count;
        err = look_at(line, &exchange->whole);
        return err == MPOOL_OK && !exchange->whole ? read_on(line) : err;
    default:
        return MPOOL_OK;
    }
}

/* Sends what is in line->out, and reads a frame into line->in. */
static mpool_err exchange_frames(struct mp_line *line, int64_t until_ns)
{
    struct exchange exchange = {0};
    mpool_err err;

    line->in.size = 0;
    err = read_on(line);
    if (err != MPOOL_OK)
        return err;
    mp_stream_write(line->stream, line->out.data, line->out.size);
    for (;;) {
        exchange.moved = false;
        err = go_on_sending(line, &exchange);
        if (err == MPOOL_OK)
            err = go_on_reading(line, &exchange);
        if (err != MPOOL_OK || (exchange.all_sent && exchange.whole))
            return err;
        if (exchange.moved && (!exchange.all_sent || line->in.size > 0) && until_ns < mp_clock_ns() + MOVING_NS)
            until_ns = mp_clock_ns() + MOVING_NS;
        if (!wait_for(line, until_ns))
            return mp_error(MPOOL_E_TIMEOUT, "the server has not answered in time");
    }
}

mpool_err mp_line_ask(struct mp_line *line, const struct mp_request *request, int64_t until_ns, struct mp_reply *reply)
{
    mpool_err err;

    if (line->out.room > KEEP_BYTES)
        mp_buf_free(&line->out);
    if (line->in.room > KEEP_BYTES)
        mp_buf_free(&line->in);
    line->out.size = 0;
    if (!mp_buf_reserve(&line->in, READ_LEAST))
        return mp_error_nomem();
    err = mp_request_write(&line->out, request);
    if (err != MPOOL_OK)
        return err;
    err = exchange_frames(line, until_ns);
    if (err == MPOOL_OK)
        err = mp_reply_read(line->in.data + MP_FRAME_HEAD, line->in.size - MP_FRAME_HEAD, reply);
    return err;
}

/* ---- its life ---------------------------------------------------------------------------------------------------- */

static bool init_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    bool made;

    if (pthread_condattr_init(&attributes) != 0)
        return false;
    made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 && pthread_cond_init(cond, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    return made;
}

static struct mp_line *new_line(void)
{
    struct mp_line *line = calloc(1, sizeof *line);

    if (line == NULL || !init_cond(&line->changed)) {
        free(line);
        return NULL;
    }
    (void)pthread_mutex_init(&line->lock, NULL);
    return line;
}

void mp_line_close(struct mp_line *line)
{
    if (line == NULL)
        return;
    mp_stream_close(line->stream);
    (void)pthread_cond_destroy(&line->changed);
    (void)pthread_mutex_destroy(&line->lock);
    mp_buf_free(&line->out);
    mp_buf_free(&line->in);
    free(line);
}

/* Who closes the connection instead of an answer does not know what a HELLO is. */
static mpool_err say_hello(struct mp_line *line, int64_t until_ns, struct mp_reply *welcome)
{
    const struct mp_request hello = {.type = MP_REQUEST_HELLO, .version = MP_REQUEST_VERSION};
    mpool_err err = mp_line_ask(line, &hello, until_ns, welcome);

    if (err == MPOOL_E_BROKEN)
        return mp_error(MPOOL_E_PROTOCOL, "who listens there has hung up, and serves no queue of mpool's");
    if (err == MPOOL_OK && welcome->type != MP_REPLY_WELCOME)
        return mp_error(MPOOL_E_PROTOCOL, "who listens there does not answer a HELLO");
    if (err == MPOOL_OK && welcome->version != MP_REQUEST_VERSION)
        return mp_error(MPOOL_E_PROTOCOL, "the server speaks version %u of the protocol, and this program %d",
                        (unsigned)welcome->version, MP_REQUEST_VERSION);
    return err;
}

mpool_err mp_line_open(const char *path, int64_t until_ns, struct mp_line **line, struct mp_reply *welcome)
{
    struct mp_line *made = new_line();
    mpool_err err;

    if (made == NULL)
        return mp_error_nomem();
    made->most = mp_frame_most(0);
    err = mp_stream_dial(path, (struct mp_stream_owner){.wake = wake, .user = made}, &made->stream);
    if (err == MPOOL_OK)
        err = say_hello(made, until_ns, welcome);
    if (err != MPOOL_OK) {
        mp_line_close(made);
        return err;
    }
    made->most = mp_frame_most(welcome->most);
    *line = made;
    return MPOOL_OK;
}
