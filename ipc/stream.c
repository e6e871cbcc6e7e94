/*
 * ipc/stream.c - connections between unrelated programs, over nng's streams
 *
 * Runs in: the host (a server's thread), programs that have connected. Owns: nng's listeners and streams, and the paths
 * they are bound to.
 *
 * Facts of nng 1.5.2 that shape this file, from its source and measured:
 *
 *  - Streams have no protocol: nothing is sent, sent again, buffered, or reconnected that we did not ask for. Over REQ
 *    and REP a request is sent twice when a connection is lost, and pair1 has one peer.
 *  - A listen unlinks whatever is at its path and does not answer, so the path must be fresh. A close unlinks it again.
 *  - To dial a socket of AF_UNIX ends at once, with EAGAIN where the listener's queue is full: there is nothing to be
 *    waited for.
 *  - What the other side has sent before it hung up is read first.
 *  - The callback of an operation runs on a thread of nng's, never in the call that begins it. nng_aio_stop() waits for
 *    it; what is begun behind that has none. So nothing is begun behind that.
 *  - Its threads have the signal mask of the thread that uses it first.
 *  - In a child that was forked after that, it calls abort().
 */
#include "ipc/stream.h"

#include "base/error.h"
#include "base/here.h"
#include "ipc/shared.h"

#include <nng/nng.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define URL_MAX 160

/* Something that is begun, and ends. */
struct operation {
    nng_aio *aio;
    _Atomic int state; /* IDLE, BUSY by the owner; DONE, GONE by the callback, with release */
    struct mp_stream_owner owner;
};

struct mp_listener {
    nng_stream_listener *listener;
    struct operation accepting;
};

struct mp_stream {
    nng_stream *stream;
    struct operation reading, writing;
};

/* ---- this process ------------------------------------------------------------------------------------------------ */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const bool *here; /* true in this process, and in no child of it; NULL: that could not be had */

/* nng starts its threads. */
static void use_nng(void)
{
    sigset_t all, before;
    nng_aio *aio;

    if (mp_here_mark(&here) != MPOOL_OK)
        return;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    if (nng_aio_alloc(&aio, NULL, NULL) == 0)
        nng_aio_free(aio);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

mpool_err mp_stream_check_process(void)
{
    if (mp_shared_check_process() == MPOOL_E_FORKED)
        return MPOOL_E_FORKED;
    (void)pthread_once(&once, use_nng);
    if (here == NULL)
        return mp_error(MPOOL_E_SYSTEM, "cannot map a page that is wiped on fork");
    if (!*here)
        return mp_error(MPOOL_E_FORKED, "this process was forked from one that had served or connected a queue");
    return MPOOL_OK;
}

/* ---- operations -------------------------------------------------------------------------------------------------- */

static void end_operation(void *data)
{
    struct operation *operation = data;
    int state = nng_aio_result(operation->aio) == 0 ? MP_STREAM_DONE : MP_STREAM_GONE;

    atomic_store_explicit(&operation->state, state, memory_order_release);
    operation->owner.wake(operation->owner.user); /* who closes the stream meanwhile waits for us */
}

static bool init_operation(struct operation *operation, struct mp_stream_owner owner)
{
    operation->owner = owner;
    return nng_aio_alloc(&operation->aio, end_operation, operation) == 0;
}

static void fini_operation(struct operation *operation)
{
    if (operation->aio == NULL)
        return;
    nng_aio_stop(operation->aio);
    nng_aio_free(operation->aio);
}

static enum mp_stream_state state_of(const struct operation *operation)
{
    return (enum mp_stream_state)atomic_load_explicit(&operation->state, memory_order_acquire);
}

static void begin_operation(struct operation *operation)
{
    atomic_store_explicit(&operation->state, MP_STREAM_BUSY, memory_order_relaxed);
}

/* What has ended is over; but who is gone stays so. */
static enum mp_stream_state end_of(struct operation *operation)
{
    enum mp_stream_state state = state_of(operation);

    if (state == MP_STREAM_DONE)
        atomic_store_explicit(&operation->state, MP_STREAM_IDLE, memory_order_relaxed);
    return state;
}

/* ---- connections ------------------------------------------------------------------------------------------------- */

static struct mp_stream *new_stream(nng_stream *connected, struct mp_stream_owner owner)
{
    struct mp_stream *stream = calloc(1, sizeof *stream);

    if (stream != NULL && init_operation(&stream->reading, owner) && init_operation(&stream->writing, owner)) {
        stream->stream = connected;
        return stream;
    }
    if (stream != NULL)
        fini_operation(&stream->reading);
    free(stream);
    return NULL;
}

static void drop(nng_stream *stream)
{
    nng_stream_close(stream);
    nng_stream_free(stream);
}

static bool is_ours(nng_stream *stream)
{
    uint64_t uid;

    return nng_stream_get_uint64(stream, NNG_OPT_IPC_PEER_UID, &uid) == 0 && uid == geteuid();
}

void mp_stream_close(struct mp_stream *stream)
{
    if (stream == NULL)
        return;
    nng_stream_close(stream->stream);
    fini_operation(&stream->reading);
    fini_operation(&stream->writing);
    nng_stream_free(stream->stream);
    free(stream);
}

static void set_bytes(const struct operation *operation, const void *bytes, size_t size)
{
    nng_iov iov = {.iov_buf = (void *)(uintptr_t)bytes, .iov_len = size};

    (void)nng_aio_set_iov(operation->aio, 1, &iov);
}

void mp_stream_read(struct mp_stream *stream, void *to, size_t size)
{
    set_bytes(&stream->reading, to, size);
    begin_operation(&stream->reading);
    nng_stream_recv(stream->stream, stream->reading.aio);
}

void mp_stream_write(struct mp_stream *stream, const void *from, size_t size)
{
    set_bytes(&stream->writing, from, size);
    begin_operation(&stream->writing);
    nng_stream_send(stream->stream, stream->writing.aio);
}

static enum mp_stream_state count_of(struct operation *operation, size_t *count)
{
    enum mp_stream_state state = end_of(operation);

    if (state == MP_STREAM_DONE)
        *count = nng_aio_count(operation->aio);
    return state;
}

enum mp_stream_state mp_stream_was_read(struct mp_stream *stream, size_t *count)
{
    return count_of(&stream->reading, count);
}

enum mp_stream_state mp_stream_was_written(struct mp_stream *stream, size_t *count)
{
    return count_of(&stream->writing, count);
}

/* ---- making them ------------------------------------------------------------------------------------------------- */

static const char *url_of(const char *path, char url[URL_MAX])
{
    (void)snprintf(url, URL_MAX, "ipc://%s", path);
    return url;
}

static mpool_err error_of(int error, const char *what, const char *path)
{
    if (error == NNG_ENOMEM)
        return mp_error_nomem();
    return mp_error(error == NNG_ECONNREFUSED ? MPOOL_E_NOTFOUND
                    : error == NNG_EAGAIN     ? MPOOL_E_FULL
                                              : MPOOL_E_SYSTEM,
                    "cannot %s %s: %s", what, path, nng_strerror(error));
}

mpool_err mp_listener_open(const char *path, struct mp_stream_owner owner, struct mp_listener **listener)
{
    struct mp_listener *made = calloc(1, sizeof *made);
    char url[URL_MAX];
    int error;

    if (made == NULL)
        return mp_error_nomem();
    error = nng_stream_listener_alloc(&made->listener, url_of(path, url));
    if (error == 0 && !init_operation(&made->accepting, owner))
        error = NNG_ENOMEM;
    if (error == 0)
        error = nng_stream_listener_set_int(made->listener, NNG_OPT_IPC_PERMISSIONS, 0600);
    if (error == 0)
        error = nng_stream_listener_listen(made->listener);
    if (error != 0) {
        mp_listener_close(made);
        return error_of(error, "listen at", path);
    }
    *listener = made;
    return MPOOL_OK;
}

void mp_listener_wait(struct mp_listener *listener)
{
    if (state_of(&listener->accepting) == MP_STREAM_BUSY)
        return;
    begin_operation(&listener->accepting);
    nng_stream_listener_accept(listener->listener, listener->accepting.aio);
}

enum mp_stream_state mp_listener_accept(struct mp_listener *listener, struct mp_stream **stream)
{
    enum mp_stream_state state = end_of(&listener->accepting);
    nng_stream *connected;

    if (state != MP_STREAM_DONE)
        return state;
    connected = nng_aio_get_output(listener->accepting.aio, 0);
    *stream = is_ours(connected) ? new_stream(connected, listener->accepting.owner) : NULL;
    if (*stream == NULL)
        drop(connected);
    return state;
}

void mp_listener_close(struct mp_listener *listener)
{
    if (listener == NULL)
        return;
    if (listener->listener != NULL)
        nng_stream_listener_close(listener->listener);
    if (listener->accepting.aio != NULL)
        nng_aio_stop(listener->accepting.aio);
    if (state_of(&listener->accepting) == MP_STREAM_DONE)
        drop(nng_aio_get_output(listener->accepting.aio, 0));
    fini_operation(&listener->accepting);
    nng_stream_listener_free(listener->listener);
    free(listener);
}

/* The connection, or an nng error. */
static int dial(const char *path, nng_stream **connected)
{
    nng_stream_dialer *dialer;
    nng_aio *aio;
    char url[URL_MAX];
    int error = nng_aio_alloc(&aio, NULL, NULL);

    if (error != 0)
        return error;
    error = nng_stream_dialer_alloc(&dialer, url_of(path, url));
    if (error == 0) {
        nng_stream_dialer_dial(dialer, aio);
        nng_aio_wait(aio);
        error = nng_aio_result(aio);
        if (error == 0)
            *connected = nng_aio_get_output(aio, 0);
        nng_stream_dialer_free(dialer);
    }
    nng_aio_free(aio);
    return error;
}

mpool_err mp_stream_dial(const char *path, struct mp_stream_owner owner, struct mp_stream **stream)
{
    nng_stream *connected;
    int error = dial(path, &connected);

    if (error != 0)
        return error_of(error, "connect to", path);
    if (!is_ours(connected)) {
        drop(connected);
        return mp_error(MPOOL_E_IDENTITY, "%s: another user listens there", path);
    }
    *stream = new_stream(connected, owner);
    if (*stream != NULL)
        return MPOOL_OK;
    drop(connected);
    return mp_error_nomem();
}
