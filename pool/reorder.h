/*
 * pool/reorder.h - parts that come in any order, and go in that of their jobs' indexes
 */
#ifndef MP_POOL_REORDER_H
#define MP_POOL_REORDER_H

#include "pool/sink.h"

#include <stdint.h>

/* {0} is empty, and gives the job with index 0 first. */
struct mp_reorder {
    struct mp_part *first; /* the part with the lowest index; above the others in a pairing heap */
    uint64_t next_index;   /* of the job whose turn it is */
};

/* mp_reorder_put - add a part; takes it. No two parts may have a job in common. */
void mp_reorder_put(struct mp_reorder *reorder, struct mp_part *part);

/* mp_reorder_get - all parts whose turn it is, as a list, in their order; NULL: the next one is not there. */
struct mp_part *mp_reorder_get(struct mp_reorder *reorder);

/* mp_reorder_fini - free the parts that are there. */
void mp_reorder_fini(struct mp_reorder *reorder);

#endif
