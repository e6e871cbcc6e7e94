/*
 * serialize/task.h - a task: what it may say, and how it travels
 *
 * A task travels when a job submits another one. Its bytes are one msgpack array with fixed positions; equal tasks have
 * equal bytes. What belongs to the submission and not to the task (tag, callback, formats) is not in it.
 */
#ifndef MP_SERIALIZE_TASK_H
#define MP_SERIALIZE_TASK_H

#include "base/buf.h"

#include <mpool/pool.h>
#include <msgpack.h>

#include <stddef.h>

/* The longest time that may be asked for, in milliseconds: adding some of these to a clock does not overflow. */
#define MP_TIME_MOST_MS (INT64_MAX / 1000)

/* mp_task_check - could there be such a task, whatever functions and totals the pool has? Errors: MPOOL_E_INVAL. */
mpool_err mp_task_check(const mpool_task *task);

/* mp_task_write - append the bytes of a task that was checked. Errors: MPOOL_E_NOMEM; the buffer is then as it was. */
mpool_err mp_task_write(struct mp_buf *buf, const mpool_task *task);

/*
 * mp_task_read - a task from its bytes, checked
 *
 * zone      in   for its strings and lists
 *
 * Errors: MPOOL_E_PROTOCOL, MPOOL_E_INVAL, MPOOL_E_NOMEM.
 */
mpool_err mp_task_read(const char *data, size_t size, msgpack_zone *zone, mpool_task *task);

#endif
