/*
 * pool/births.h - the jobs that the jobs of a frame of results have submitted: from the message to the queue
 */
#ifndef MP_POOL_BIRTHS_H
#define MP_POOL_BIRTHS_H

#include "pool/pool.h"
#include "serialize/message.h"

#include <stddef.h>

/* {0} has none. */
struct mp_births {
    const struct mp_answers *answers;
    const struct mp_lot *parent; /* the lot of the jobs that the frame answers, */
    uint32_t parent_at;          /* and the place in it of the first of them */
    struct mp_lot *lots;         /* in the order of the children */
    struct mp_lot *last;
    struct mp_range *ranges; /* theirs, for the core, once they are numbered */
    size_t count;            /* of lots */
    uint64_t jobs;
};

/*
 * mp_births_make - lots of the children of a frame
 *
 * answers   in   stays
 * parents   in   the jobs that the frame answers
 * zone      in   for what lasts as long as the message
 *
 * Waits for memory, unless the pool drains: then there are none. Errors: those of a task that no worker would send;
 * there are none then. Calls: the supervisor.
 */
mpool_err mp_births_make(struct mp_births *births, const struct mp_answers *answers, const struct mp_range *parents,
                         mpool_pool *pool, msgpack_zone *zone);

/* mp_births_number - with the pool's lock held, and nothing in its inbox: the children are jobs of the pool. */
void mp_births_number(struct mp_births *births, mpool_pool *pool);

/* mp_births_adopt - the frame counts, and the core has the lots: who gets the parents' results hears of them. */
void mp_births_adopt(const struct mp_births *births);

/* mp_births_drop - the frame did not count: there are no such jobs, though they were numbered. */
void mp_births_drop(struct mp_births *births, mpool_pool *pool);

#endif
