/*
 * mpool/queue.h - queues and pipes between processes
 *
 * Made by the host and passed on as handles: mpool/handle.h. Any number of threads of any processes put items in and
 * take items out; an item is one msgpack value, written and read by a format (mpool/pack.h).
 *
 *     mpool_queue_put(queue, MPOOL_FOREVER, "{s:s,s:I}", "path", path, "bytes", bytes);
 *     mpool_queue_get(queue, MPOOL_FOREVER, "{s:s,s:I}", "path", &path, "bytes", &bytes);
 *
 * An item is in the queue when its put returns, and comes out once. Items of one producer come out in the order in
 * which it put them. A process that is killed inside of a call takes at most the item of that call along, and blocks
 * nobody.
 *
 * Strings, bytes and objects that a get unpacks point into memory of the calling thread, and are valid until that
 * thread's next call for a queue, a pipe or an atom.
 *
 * All calls for a queue may also give MPOOL_E_FULL: too many threads use shared objects (MPOOL_MEMBERS_MAX).
 *
 * Should a process write over the memory of a queue, the others are told by MPOOL_E_PROTOCOL, puts too: an item that is
 * none was dropped; or, where its ends cannot be told any more, all items that were in it. Dropped items count as done.
 */
#ifndef MPOOL_QUEUE_H
#define MPOOL_QUEUE_H

#include <mpool/error.h>
#include <mpool/handle.h>
#include <mpool/pack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mpool_queue mpool_queue;

/* The most bytes of a queue. */
#define MPOOL_QUEUE_BYTES_MAX ((size_t)1 << 32)

/* All zero means the defaults. */
typedef struct mpool_queue_options {
    uint32_t maxsize; /* items that it holds, at most and exactly; 0: as many as there is room for */
    size_t bytes;     /* room for items, packed, each with 4 bytes more and rounded up to 8; rounded up to a power of
                         two, 4 KiB at least; default 1 MiB. A larger item is MPOOL_E_TOOBIG. The memory is taken when
                         the queue is made. */
} mpool_queue_options;

/*
 * mpool_queue_new - make a queue
 *
 * options   in   NULL for the defaults
 * queue     out  set on MPOOL_OK; release with mpool_queue_free(), or leave that to mpool_fini()
 *
 * Errors: MPOOL_E_INVAL (options), MPOOL_E_NOMEM, MPOOL_E_TOOBIG (see mpool/handle.h), MPOOL_E_NESTED (not the host),
 *         MPOOL_E_NOINIT, MPOOL_E_FORKED, MPOOL_E_SYSTEM.
 * Calls:  any thread of the host.
 */
MPOOL_API mpool_err mpool_queue_new(const mpool_queue_options *options, mpool_queue **queue);

/*
 * mpool_queue_free - release it; nobody uses it any more. NULL is allowed.
 *
 * Closes it, ends its servers, and waits up to a fifth of a second for the threads of other processes that watch it for
 * mpool_queue_fd(). If one of them is stopped, the memory stays until mpool_fini(). Of a queue that was connected to it
 * closes the connections, and leaves the queue as it is.
 * Calls: any thread of the host, or of the program that has connected.
 */
MPOOL_API void mpool_queue_free(mpool_queue *queue);
MPOOL_API mpool_handle mpool_queue_handle(const mpool_queue *queue);
MPOOL_API mpool_err mpool_queue_open(mpool_handle handle, mpool_queue **queue);

/*
 * mpool_queue_put - put an item in, when there is room
 *
 * timeout_ms in  how long to wait for room; 0: not at all
 * format    in   the item, as for mpool_pack()
 *
 * Who waits for more room than others may be passed by them.
 * Errors: MPOOL_E_TIMEOUT (there was no room), MPOOL_E_CLOSED, MPOOL_E_TOOBIG (larger than the queue), MPOOL_E_FORMAT,
 *         MPOOL_E_NOMEM, MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT; on error nothing was put.
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_queue_put(mpool_queue *queue, int64_t timeout_ms, const char *format, ...);

/*
 * mpool_queue_get - take the oldest item out, when there is one
 *
 * timeout_ms in  how long to wait for one; 0: not at all
 * format    in   what it looks like, as for mpool_unpack(); NULL: it is not wanted
 *
 * An item that does not look like that stays where it is, with MPOOL_E_FORMAT: "o" takes any.
 * Errors: MPOOL_E_TIMEOUT (there was none), MPOOL_E_END (closed, and empty), MPOOL_E_FORMAT, MPOOL_E_PROTOCOL (its
 *         bytes are broken, and it was dropped), MPOOL_E_NOMEM, MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT.
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_queue_get(mpool_queue *queue, int64_t timeout_ms, const char *format, ...);

/*
 * mpool_queue_put_many - put the items of an array in, all together as far as there is room
 *
 * item_format in  as mpool_task.item_format: NULL (C structs, as bytes) or one of "i" "I" "U" "d" "b" "s"
 * items     in   `count` items of `item_size` bytes
 * done      out  how many were put, from the first one on; NULL if not wanted
 *
 * Waits until all were put, or the time is up.
 * Errors: as mpool_queue_put(); MPOOL_E_INVAL (item_format, item_size). *done is set on MPOOL_E_TIMEOUT and
 *         MPOOL_E_CLOSED, too.
 */
MPOOL_API mpool_err mpool_queue_put_many(mpool_queue *queue, int64_t timeout_ms, const char *item_format,
                                         const void *items, size_t count, size_t item_size, size_t *done);

/*
 * mpool_queue_get_many - take up to `count` items out into an array
 *
 * item_format in  as mpool_task.result_format: NULL (C structs) or one of "i" "I" "U" "d" "b"
 * items     out  room for `count` of `item_size` bytes
 * done      out  how many were taken: 1 to `count`; set on MPOOL_OK
 *
 * Waits until there is one, and takes what is there. It stops before an item of another shape; if that is the first
 * one, MPOOL_E_FORMAT. Errors: as mpool_queue_get(); MPOOL_E_INVAL.
 */
MPOOL_API mpool_err mpool_queue_get_many(mpool_queue *queue, int64_t timeout_ms, const char *item_format, void *items,
                                         size_t count, size_t item_size, size_t *done);

/*
 * mpool_queue_close - take no more items; who waits for room gets MPOOL_E_CLOSED
 *
 * What is in it can be taken out; then MPOOL_E_END, to those who wait, too. Again is allowed. Calls: any thread.
 */
MPOOL_API mpool_err mpool_queue_close(mpool_queue *queue);

/*
 * mpool_queue_qsize - how many items are in it; mpool_queue_empty, mpool_queue_full - are there none; is there no room
 * for another, by maxsize or of 8 bytes?
 *
 * True of the moment of the call; with respect to the caller's own calls they are exact.
 * Calls: any thread of any process; 0, true, false of what is no queue.
 */
MPOOL_API size_t mpool_queue_qsize(mpool_queue *queue);
MPOOL_API bool mpool_queue_empty(mpool_queue *queue);
MPOOL_API bool mpool_queue_full(mpool_queue *queue);

/*
 * mpool_queue_task_done - the work that an item meant has been done; mpool_queue_join - wait until it has of all items
 *
 * An item counts as not done from its put to the task_done() of whoever has taken it. If that one dies before, join()
 * waits to its deadline: only the program knows what that item was, and may call task_done() in its place.
 * Errors: MPOOL_E_OVERFLOW (task_done: more often than there were items), MPOOL_E_TIMEOUT (join), MPOOL_E_STALE,
 *         MPOOL_E_FORKED, MPOOL_E_NOINIT.
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_queue_task_done(mpool_queue *queue);
MPOOL_API mpool_err mpool_queue_join(mpool_queue *queue, int64_t timeout_ms);

/*
 * mpool_queue_fd - a file descriptor that is readable while the queue is not empty, or closed; for poll() and its like
 *
 * fd        out  set on MPOOL_OK; this process's, and the same each time: to be polled, and not to be read or closed.
 *                A thread of ours watches the queue for it from now on, until the queue is released.
 *
 * Where several take items out, it may be empty by the time one looks: so get with a timeout of 0.
 * Errors: MPOOL_E_SYSTEM, MPOOL_E_NOMEM, MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT. Calls: any thread of any
 *         process.
 */
MPOOL_API mpool_err mpool_queue_fd(mpool_queue *queue, int *fd);

/* ---- unrelated processes of the same user ------------------------------------------------------------------------ */

typedef struct mpool_queue_server mpool_queue_server;

/*
 * mpool_queue_serve - let other programs of this user have the queue
 *
 * address   in   the path of a socket that is not there yet, in a directory of this user's that nobody else may enter
 *                or write to (at most 100 bytes). The socket of a dead server is replaced; whatever else is there
 *                stays, with MPOOL_E_INVAL
 * server    out  set on MPOOL_OK; release with mpool_queue_server_free(), which closes the connections and removes the
 *                socket, or leave that to mpool_queue_free() of the queue or mpool_fini()
 *
 * A thread of ours serves all of its clients, up to 1,000 connections: as many for each as it has threads in calls at a
 * time. None of them can hold up another, whatever it does. An item that a client takes out and does not receive,
 * because it is killed, is lost with it, as an item of a call.
 *
 * Errors: MPOOL_E_INVAL (address), MPOOL_E_SYSTEM, MPOOL_E_NOMEM, MPOOL_E_STALE, MPOOL_E_NOINIT, MPOOL_E_FORKED,
 *         MPOOL_E_NESTED.
 * Calls:  any thread of the host.
 */
MPOOL_API mpool_err mpool_queue_serve(mpool_queue *queue, const char *address, mpool_queue_server **server);
MPOOL_API void mpool_queue_server_free(mpool_queue_server *server);

/*
 * mpool_queue_connect - have the queue of another program
 *
 * address   in   as that program has given; a relative one is looked up from where this one is at each time
 * timeout_ms in  how long to wait for a server to be there; 0: not at all, but one that is there has a second to answer
 * queue     out  set on MPOOL_OK; takes the calls for putting, taking, closing, sizes, task_done and join, on any
 *                number of threads. Its handle is always stale, and mpool_queue_fd() is MPOOL_E_STALE. Release it with
 *                mpool_queue_free(), which closes the connections
 *
 * The caller need not have called mpool_init(). An item that a get finds to be of another shape stays with this queue,
 * for its next get, and no other program gets it any more.
 *
 * When the other program ends, or serves the queue no more, every call is MPOOL_E_BROKEN from then on, those that wait
 * too; whether the item of a call that was under way was put, nobody can tell. So it is when that program has not
 * answered five seconds after the time of a call was over.
 *
 * Errors: MPOOL_E_INVAL (address), MPOOL_E_TIMEOUT (nobody answered), MPOOL_E_PROTOCOL (it is no queue of mpool's, or
 *         is one of another version), MPOOL_E_IDENTITY (another user's), MPOOL_E_SYSTEM, MPOOL_E_NOMEM, MPOOL_E_FORKED
 *         (the caller was forked from a process that had called mpool_init() or mpool_queue_connect()).
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_queue_connect(const char *address, int64_t timeout_ms, mpool_queue **queue);

#endif
