/*
 * workers/outbox.h - results that a worker has and the supervisor has not
 *
 * The answers to one frame of jobs gather until the frame is through, until there are many bytes of them, or until the
 * first of them is 10 ms old, as long as a frame is meant to take; then they are sent as one message: the unit of
 * commit. So short jobs share a message and no result waits behind a long job. It is 1 ms where others wait than who
 * takes the results: for a job that is to be tried again, for jobs that one has submitted, for limits of time, whose
 * clock begins with what was answered. And what has gathered goes when jobs are asked back, since a worker idles then.
 */
#ifndef MP_WORKERS_OUTBOX_H
#define MP_WORKERS_OUTBOX_H

#include "base/buf.h"
#include "ipc/channel.h"
#include "ipc/totals.h"
#include "workers/job.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* A message that waits for the one before it to be on its way. */
struct mp_outbox_waiting {
    struct mp_outbox_waiting *next;
    struct mp_packet *packet;
};

struct mp_outbox {
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t armed; /* the courier sleeps on it */
    pthread_t courier;
    struct mp_channel *channel;
    const struct mp_totals *totals;
    uint64_t generation;

    bool sending; /* a message was posted, and its sent() has not come */
    struct mp_outbox_waiting *first;
    struct mp_outbox_waiting *last;
    int64_t send_ns;    /* when the courier is to send what has gathered; 0: nothing has */
    int64_t courier_ns; /* when it looks by itself; INT64_MAX: when it is told; 0: at once */

    /* What has gathered. */
    uint32_t ticket;
    uint32_t count;
    int64_t began_ns;
    int64_t gather_ns; /* the age at which they are sent */
    bool wants_values;
    bool wants_times;
    struct mp_buf values;
    struct mp_block block; /* instead of a value, of one job; sent at once */
    struct mp_buf times;
    struct mp_buf failures; /* struct mp_failure, whose reasons are offsets into reasons until they are sent */
    struct mp_buf reasons;
    struct mp_brood brood;
    uint64_t staged;
    struct mp_delta deltas[MPOOL_TOTALS_MAX];
    struct mp_buf message; /* scratch */
};

/* mp_outbox_init - before there is a channel. */
void mp_outbox_init(struct mp_outbox *outbox, uint64_t generation, const struct mp_totals *totals);

/* mp_outbox_open - start the courier. All signals are blocked in the caller. */
mpool_err mp_outbox_open(struct mp_outbox *outbox, struct mp_channel *channel);

/* mp_outbox_begin - main thread: the next results are those of this frame, from this ticket on. */
void mp_outbox_begin(struct mp_outbox *outbox, const struct mp_jobs *frame, uint32_t ticket);

/*
 * mp_outbox_add - main thread: a job is through
 *
 * run_ns    in   its time, if the frame asks for it
 * last      in   mp_outbox_flush() follows, so the courier need not be woken
 */
void mp_outbox_add(struct mp_outbox *outbox, const struct mpool_job *job, int64_t run_ns, bool last);

/* mp_outbox_flush - any thread: send what has gathered. */
void mp_outbox_flush(struct mp_outbox *outbox);

/* mp_outbox_send - any thread: a message of another kind. */
void mp_outbox_send(struct mp_outbox *outbox, const struct mp_message *message);

/* mp_outbox_sent - nng's thread: the last message is on its way. */
void mp_outbox_sent(struct mp_outbox *outbox);

#endif
