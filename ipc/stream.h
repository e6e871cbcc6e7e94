/*
 * ipc/stream.h - connections between unrelated programs: bytes there and back, in order
 *
 * Sockets at paths of the file system, by nng's streams: neither messages nor anything that connects or sends again by
 * itself. Operations are begun, go on in the background, and are asked about; who owns them is told when to ask:
 *
 *     mp_stream_read(stream, room, size);  ...  the owner is woken;  mp_stream_was_read(stream, &count)
 *
 * A connection has one read and one write under way at most; it is used by one thread at a time.
 */
#ifndef MP_IPC_STREAM_H
#define MP_IPC_STREAM_H

#include <mpool/error.h>

#include <stdbool.h>
#include <stddef.h>

struct mp_stream;
struct mp_listener;

/*
 * The owner is told that something has ended. On a thread of nng's, with all signals blocked; several at a time, and
 * sometimes for nothing. It takes note, and calls nothing of this file.
 */
struct mp_stream_owner {
    void (*wake)(void *user);
    void *user;
};

/* mp_stream_check_process - may this process use streams? Errors: MPOOL_E_FORKED, MPOOL_E_SYSTEM. */
mpool_err mp_stream_check_process(void);

/*
 * mp_listener_open - listen at a path, for this user only
 *
 * path      in   nothing is there; else it is lost
 *
 * Errors: MPOOL_E_SYSTEM, MPOOL_E_NOMEM.
 */
mpool_err mp_listener_open(const char *path, struct mp_stream_owner owner, struct mp_listener **listener);

/* mp_listener_wait - begin to wait for a connection, if that is not under way; the owner is woken when there is one. */
void mp_listener_wait(struct mp_listener *listener);

enum mp_stream_state {
    MP_STREAM_IDLE, /* nothing was begun */
    MP_STREAM_BUSY, /* it is under way */
    MP_STREAM_DONE,
    MP_STREAM_GONE, /* the connection is, or what has to be there for one */
};

/*
 * mp_listener_accept - the connection that was waited for
 *
 * stream    out  set on DONE, with the listener's owner; NULL: it was somebody else's, or there was no memory for it
 */
enum mp_stream_state mp_listener_accept(struct mp_listener *listener, struct mp_stream **stream);

/* mp_listener_close - refuse who comes now. NULL is allowed. */
void mp_listener_close(struct mp_listener *listener);

/*
 * mp_stream_dial - connect to a path
 *
 * Does not wait: a listener that is there has room for a connection, or it has not.
 * Errors: MPOOL_E_NOTFOUND (nobody listens there), MPOOL_E_FULL (there is no room), MPOOL_E_IDENTITY (another user
 *         listens), MPOOL_E_SYSTEM, MPOOL_E_NOMEM.
 */
mpool_err mp_stream_dial(const char *path, struct mp_stream_owner owner, struct mp_stream **stream);

/* mp_stream_read, mp_stream_write - begin to; up to so many bytes, which stay where they are until it has ended. */
void mp_stream_read(struct mp_stream *stream, void *to, size_t size);
void mp_stream_write(struct mp_stream *stream, const void *from, size_t size);

/* mp_stream_was_read, mp_stream_was_written - how did it end? DONE: with so many bytes, and it is over. */
enum mp_stream_state mp_stream_was_read(struct mp_stream *stream, size_t *count);
enum mp_stream_state mp_stream_was_written(struct mp_stream *stream, size_t *count);

/*
 * mp_stream_close - close the connection, whatever is under way; its owner is not woken any more. NULL is allowed.
 *
 * The file descriptor is closed a moment later.
 */
void mp_stream_close(struct mp_stream *stream);

#endif
