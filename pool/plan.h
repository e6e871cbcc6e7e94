/*
 * pool/plan.h - a task that was checked and copied, as all its jobs share it
 */
#ifndef MP_POOL_PLAN_H
#define MP_POOL_PLAN_H

#include "pool/function.h"
#include "pool/queue.h"
#include "serialize/message.h"

#include <mpool/pool.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Shared by all lots of a map or an iterator. */
struct mp_plan {
    atomic_uint refs;
    struct mp_rules rules;
    struct mp_ends retry_on; /* of the rules, and of their copies in the lots */
    const char *function;    /* what workers know it by; never freed */
    bool discard_values;
    bool measure;
    size_t memory_bytes;         /* 0: not limited */
    size_t capture_bytes;        /* 0: output is not captured */
    struct mp_collect *collects; /* owned, with their strings */
    uint32_t collect_count;
};

/*
 * mp_plan_new - check a task and copy it
 *
 * pool      in   for the totals that task->collect names, its keys, and whether output can be captured
 * result    out  one reference, set on MPOOL_OK
 *
 * Errors: MPOOL_E_INVAL, MPOOL_E_NOFUNC, MPOOL_E_NOTFOUND, MPOOL_E_TOOBIG, MPOOL_E_NOMEM.
 */
mpool_err mp_plan_new(const mpool_task *task, mpool_pool *pool, struct mp_plan **result);

/*
 * mp_plan_make - likewise, of a task that was checked, and whose function is known
 *
 * Errors: MPOOL_E_INVAL, MPOOL_E_NOTFOUND, MPOOL_E_NOMEM.
 */
mpool_err mp_plan_make(const mpool_task *task, const struct mp_function *function, mpool_pool *pool,
                       struct mp_plan **result);

/* mp_plan_is - would mp_plan_new() make the same plan? Never so for a task that collects, or that has a gate. */
bool mp_plan_is(const struct mp_plan *plan, const mpool_task *task);

void mp_plan_ref(struct mp_plan *plan);
void mp_plan_unref(struct mp_plan *plan);

#endif
