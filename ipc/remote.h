/*
 * ipc/remote.h - queues of other programs
 *
 * To programs it is an mpool_queue, but it is no shared object: it lies in this process's memory, and each call is a
 * request to a server. The calls of ipc/queue.c come here with what is no shared object, and with the error that says
 * so, which they return if it is no queue of another program's either.
 */
#ifndef MP_IPC_REMOTE_H
#define MP_IPC_REMOTE_H

#include "ipc/queue.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Errors, of all: `err`, what was said of the queue; MPOOL_E_BROKEN; and those of mpool/queue.h. */
mpool_err mp_remote_put(mpool_queue *queue, mpool_err err, int64_t timeout_ms, const char *format, va_list args);
mpool_err mp_remote_get(mpool_queue *queue, mpool_err err, int64_t timeout_ms, const char *format, va_list args);
mpool_err mp_remote_put_many(mpool_queue *queue, mpool_err err, int64_t timeout_ms, const char *item_format,
                             const void *items, size_t count, size_t item_size, size_t *done);
mpool_err mp_remote_get_many(mpool_queue *queue, mpool_err err, int64_t timeout_ms, const char *item_format,
                             void *items, size_t count, size_t item_size, size_t *done);
mpool_err mp_remote_close(mpool_queue *queue, mpool_err err);
mpool_err mp_remote_size(mpool_queue *queue, mpool_err err, struct mp_queue_size *size);
mpool_err mp_remote_task_done(mpool_queue *queue, mpool_err err);
mpool_err mp_remote_join(mpool_queue *queue, mpool_err err, int64_t timeout_ms);

/* mp_remote_is - is it a queue of another program's? */
bool mp_remote_is(const mpool_queue *queue);

/* mp_remote_free - release it, and close its connections; false: it is none. */
bool mp_remote_free(mpool_queue *queue);

#endif
