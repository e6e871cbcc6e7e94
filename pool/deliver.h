/*
 * pool/deliver.h - from what the core decided to what the application gets: commits into totals, ends into results
 */
#ifndef MP_POOL_DELIVER_H
#define MP_POOL_DELIVER_H

#include "ipc/channel.h"
#include "pool/births.h"
#include "pool/core.h"
#include "pool/pool.h"
#include "pool/seat.h"
#include "pool/sink.h"
#include "serialize/message.h"

struct mp_deliver {
    mpool_pool *pool;
    uint64_t frames; /* of results that were committed */

    /* The frame of results that is being fed to the core. */
    const struct mp_answers *answers; /* NULL: none */
    const struct mp_births *births;   /* what its jobs have submitted */
    bool counts;                      /* it was committed */
    struct mp_reply *reply;
    struct mp_range committed; /* the jobs it answers */
    uint32_t cursor;           /* a job of it, */
    size_t values_at;          /* and where its value begins */

    /* The worker that has answered, or has died. */
    struct mp_seat *seat;
    struct mp_dossier *failures[2]; /* of the frame's jobs that failed, [1]: for want of memory; NULL: none has yet */
    int status;                     /* of the worker that died last, as of wait4() */
    char reason[512];               /* the last thing that went wrong with a worker */
};

mpool_err mp_deliver_init(struct mp_deliver *deliver, mpool_pool *pool);
void mp_deliver_fini(struct mp_deliver *deliver);

/*
 * mp_deliver_begin - a frame of results came in, and is about to be fed; takes the packet
 *
 * seat      in   whose worker has sent it; all that it has printed has been drained
 * answers   in   points into the packet; valid until mp_deliver_finish(); the seat's grant admits them
 * births    in   likewise
 */
void mp_deliver_begin(struct mp_deliver *deliver, struct mp_seat *seat, struct mp_packet *packet,
                      const struct mp_answers *answers, const struct mp_births *births);

/* mp_deliver_finish - it was fed. Returns whether it counts. */
bool mp_deliver_finish(struct mp_deliver *deliver);

/*
 * mp_deliver_death - a worker is dead, and is about to be fed. All that it has printed has been drained
 *
 * late      in   it was killed because it was not ready in time
 */
void mp_deliver_death(struct mp_deliver *deliver, struct mp_seat *seat, bool late);

/* mp_deliver_reason - something else went wrong with a worker. */
void mp_deliver_reason(struct mp_deliver *deliver, const char *reason);

/* mp_deliver_last_reason - what went wrong last. */
const char *mp_deliver_last_reason(const struct mp_deliver *deliver);

/* mp_deliver_commit - MP_COMMIT: the frame counts. Its deltas go into the totals, its children are expected. */
void mp_deliver_commit(struct mp_deliver *deliver, const struct mp_range *range);

/* mp_deliver_end - MP_END: hand the results over. */
void mp_deliver_end(struct mp_deliver *deliver, const struct mp_action *action, bool draining);

#endif
