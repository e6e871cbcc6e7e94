/*
 * ipc/queue.h - a queue as those see it who are part of it
 */
#ifndef MP_IPC_QUEUE_H
#define MP_IPC_QUEUE_H

#include "ipc/belt.h"

#include <mpool/queue.h>

/*
 * mp_shared_queue_belt - a queue's belt
 *
 * Errors: MPOOL_E_STALE, MPOOL_E_NOINIT, MPOOL_E_FORKED. Calls: any thread of any process.
 */
mpool_err mp_shared_queue_belt(mpool_queue *queue, struct mp_belt *belt);

/*
 * mp_shared_queue_changed - behind every call that puts or takes
 *
 * What it has lost of what was in the belt counts as done, and the queue's descriptor is at its level. Returns `err`.
 */
mpool_err mp_shared_queue_changed(mpool_queue *queue, const struct mp_belt *belt, mpool_err err);

/* What is in it at a moment. */
struct mp_queue_size {
    size_t items;
    bool full;
};

/* mp_shared_queue_all_done - rung when all that was put is done; the queue was found. */
struct mp_bell *mp_shared_queue_all_done(mpool_queue *queue);

#endif
