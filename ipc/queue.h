/*
 * ipc/queue.h - a queue as those see it who are part of it
 */
#ifndef MP_IPC_QUEUE_H
#define MP_IPC_QUEUE_H

#include "ipc/belt.h"

#include <mpool/queue.h>

/*
 * mp_queue_lane - a queue's belt
 *
 * Errors: MPOOL_E_STALE, MPOOL_E_NOINIT, MPOOL_E_FORKED. Calls: any thread of any process.
 */
mpool_err mp_queue_lane(mpool_queue *queue, struct mp_belt *belt);

/* mp_shared_queue_forgive - what a call has lost of what was in the belt counts as done. Returns `err`. */
mpool_err mp_shared_queue_forgive(mpool_queue *queue, const struct mp_belt *belt, mpool_err err);

#endif
