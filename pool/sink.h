/*
 * pool/sink.h - where results go: from the supervisor to the application
 *
 * The supervisor hands over parts: runs of a lot's jobs that ended the same way. The application takes them apart,
 * job by job, on its own threads and in its own time.
 */
#ifndef MP_POOL_SINK_H
#define MP_POOL_SINK_H

#include "ipc/channel.h"
#include "pool/dossier.h"
#include "pool/lot.h"

#include <mpool/pool.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A frame of results, shared by the parts it was cut into. */
struct mp_reply {
    atomic_uint refs;
    struct mp_packet *packet;
    const char *values; /* in the packet; NULL if there are none */
    size_t values_size;
    const char *times;     /* in the packet; NULL if there are none */
    struct mp_block block; /* owned: the only job's value, if it is in the arena */
};

/* Jobs of one lot with consecutive numbers that ended the same way. */
struct mp_part {
    struct mp_part *next;
    struct mp_part *below; /* of a reorder buffer */
    struct mp_lot *lot;    /* holds a reference */
    uint32_t at;           /* first job's place in the lot */
    uint32_t count;
    mpool_status status;
    unsigned attempts;
    unsigned worker;
    int signal;
    int exit_code;
    struct mp_dossier *dossier; /* holds a reference; NULL if there is none */
    bool is_captured;           /* of a task with capture: then it is of one job */
    bool captured_cut;
    struct mp_buf captured; /* with a NUL behind it */
    struct mp_reply *reply; /* done: holds a reference; NULL if no value and no time is there */
    size_t values_at;       /* where the first job's value begins in reply->values */
    uint32_t times_at;      /* the first job's place in reply->times */
    char error[];           /* "" if done */
};

/* What an iterator or a group of futures is to the supervisor. */
struct mp_sink {
    atomic_uint refs;
    /* Takes the part. Supervisor's thread; runs no code of the application's. */
    void (*deliver)(struct mp_sink *sink, struct mp_part *part);
    /*
     * Results of a lot will come that jobs of the sink have submitted, before those jobs' own. The n-th of the lot is
     * of births[n], whose parent is job parent_at + births[n].at of `parent`. Supervisor's thread. NULL: there is
     * no place for such results, and nobody gets them.
     */
    void (*adopt)(struct mp_sink *sink, struct mp_lot *lot, const struct mp_lot *parent, uint32_t parent_at,
                  const struct mp_birth *births);
    void (*destroy)(struct mp_sink *sink);
};

void mp_sink_ref(struct mp_sink *sink);
void mp_sink_unref(struct mp_sink *sink);

/* mp_part_new - a part with room for an error text; NULL: out of memory. Takes a reference of the lot. */
struct mp_part *mp_part_new(struct mp_lot *lot, const char *error);

void mp_part_free(struct mp_part *part);

/* mp_reply_new - takes the packet; one reference; NULL: out of memory, the packet stays the caller's. */
struct mp_reply *mp_reply_new(struct mp_packet *packet);

void mp_reply_ref(struct mp_reply *reply);
void mp_reply_unref(struct mp_reply *reply);

/*
 * mp_part_result - the result of one job of a part
 *
 * i          in      which, from 0; to be asked for in their order
 * values_at  in/out  where its value begins; part->values_at for the first
 * result     out     points into the part. A value in a block has its size and is NULL: see mp_part_take_block()
 */
void mp_part_result(const struct mp_part *part, uint32_t i, size_t *values_at, mpool_result *result);

/* mp_part_take_block - the block with the value of a part's job; {0}: there is none. The caller's to give back. */
struct mp_block mp_part_take_block(struct mp_part *part);

#endif
