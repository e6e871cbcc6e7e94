/*
 * workers/inbox.h - the jobs a worker has received and not yet begun
 *
 * Two threads meet here: the receiving thread (nng's) puts frames in and takes jobs back for a recall; the main thread
 * claims job by job. What may be claimed is one word of the slot's page (ipc/page.h), so that either side can go ahead
 * while the other is busy, and so that the supervisor can see how far a worker came that has died.
 */
#ifndef MP_WORKERS_INBOX_H
#define MP_WORKERS_INBOX_H

#include "ipc/channel.h"
#include "ipc/page.h"
#include "serialize/message.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* A frame of jobs, decoded. */
struct mp_inbox_frame {
    struct mp_inbox_frame *next;
    struct mp_packet *packet; /* owned; jobs points into it */
    msgpack_zone zone;        /* likewise */
    struct mp_jobs jobs;
    /*
     * The ticket behind the last one that is still ours: lowered by the receiving thread for a recall, before any
     * ticket from it on can be handed out again. The main thread compares after each claim.
     */
    _Atomic uint32_t limit;
};

struct mp_inbox {
    struct mp_page *page;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct mp_inbox_frame *first; /* not begun, oldest first */
    struct mp_inbox_frame *last;
    struct mp_inbox_frame *current; /* main thread's; the receiving thread lowers its limit */
    bool leaving;                   /* BYE was received */
    atomic_bool limited;            /* a frame with limits was received: leave marks from now on */
};

void mp_inbox_init(struct mp_inbox *inbox, struct mp_page *page);

/* mp_inbox_put - receiving thread: jobs are there. Takes the frame. */
void mp_inbox_put(struct mp_inbox *inbox, struct mp_inbox_frame *frame);

/* mp_inbox_recall - receiving thread: give up half of what is not claimed, or all. Returns the first ticket of it. */
uint32_t mp_inbox_recall(struct mp_inbox *inbox, bool all);

/* mp_inbox_leave - receiving thread: no more jobs will come. */
void mp_inbox_leave(struct mp_inbox *inbox);

/* mp_inbox_claim - main thread: the next job, if one is there. */
bool mp_inbox_claim(struct mp_inbox *inbox, uint32_t *ticket);

/* mp_inbox_wait - main thread: until there may be a job to claim; false: it is time to go. */
bool mp_inbox_wait(struct mp_inbox *inbox);

/*
 * mp_inbox_frame - main thread: the frame of the ticket claimed last
 *
 * Frees the frame before it, once a ticket of the next one was claimed.
 */
const struct mp_jobs *mp_inbox_frame(struct mp_inbox *inbox, uint32_t ticket);

#endif
