/*
 * mpool/pipe.h - two ends, and what is sent into one comes out at the other
 *
 * Made by the host and passed on as handles: mpool/handle.h. Each end is for one process at a time; items are as those
 * of queues (mpool/queue.h).
 */
#ifndef MPOOL_PIPE_H
#define MPOOL_PIPE_H

#include <mpool/error.h>
#include <mpool/handle.h>
#include <mpool/pack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mpool_pipe_end mpool_pipe_end;

/*
 * mpool_pipe_new - make a pipe
 *
 * duplex    in   both ends send and receive; else `left` only receives, and `right` only sends, as Python's Pipe(False)
 * bytes     in   room for items in each direction; 0: 64 KiB
 * left, right out  set on MPOOL_OK; release both with mpool_pipe_end_free(), or leave that to mpool_fini()
 *
 * Errors and calls: as mpool_queue_new().
 */
MPOOL_API mpool_err mpool_pipe_new(bool duplex, size_t bytes, mpool_pipe_end **left, mpool_pipe_end **right);

/* mpool_pipe_end_free - release it; waits as mpool_queue_free(). NULL is allowed. Calls: any thread of the host. */
MPOOL_API void mpool_pipe_end_free(mpool_pipe_end *end);
MPOOL_API mpool_handle mpool_pipe_end_handle(const mpool_pipe_end *end);
MPOOL_API mpool_err mpool_pipe_end_open(mpool_handle handle, mpool_pipe_end **end);

/*
 * mpool_pipe_send, mpool_pipe_recv - as mpool_queue_put() and mpool_queue_get()
 *
 * When the other end was closed, or the thread that used it last has died: send gives MPOOL_E_CLOSED, and recv
 * MPOOL_E_END after what was sent before. A death is noticed within a tenth of a second. It is no end for good: another
 * process may go on at that end, which it uses from mpool_pipe_end_open() on.
 * Errors: MPOOL_E_INVAL (an end that only sends, or only receives), MPOOL_E_CLOSED (this end was closed), and those of
 *         queues.
 * Calls:  any thread of the process that uses the end.
 */
MPOOL_API mpool_err mpool_pipe_send(mpool_pipe_end *end, int64_t timeout_ms, const char *format, ...);
MPOOL_API mpool_err mpool_pipe_recv(mpool_pipe_end *end, int64_t timeout_ms, const char *format, ...);

/* mpool_pipe_poll - is there something to receive, or the end of it? Errors: MPOOL_E_TIMEOUT, and those of recv. */
MPOOL_API mpool_err mpool_pipe_poll(mpool_pipe_end *end, int64_t timeout_ms);

/* mpool_pipe_close - this end sends and receives no more. Calls: any thread of any process. */
MPOOL_API mpool_err mpool_pipe_close(mpool_pipe_end *end);

/* mpool_pipe_fd - as mpool_queue_fd(). */
MPOOL_API mpool_err mpool_pipe_fd(mpool_pipe_end *end, int *fd);

#endif
