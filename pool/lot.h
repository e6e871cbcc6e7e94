/*
 * pool/lot.h - jobs with consecutive numbers that were submitted together, with the same task
 *
 * A lot is what travels from the application to the supervisor, and what the supervisor cuts frames from. It holds the
 * arguments until the last of its jobs has ended.
 */
#ifndef MP_POOL_LOT_H
#define MP_POOL_LOT_H

#include "base/buf.h"
#include "pool/plan.h"
#include "serialize/message.h"

#include <mpool/pool.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The most of a lot, so that any part of it fits into a frame: jobs, and bytes of arguments before the last. A job
 * whose arguments are over MP_INLINE_MAX is a lot of its own, and they are in a block.
 */
#define MP_LOT_JOBS 8192
#define MP_LOT_BYTES ((size_t)1 << 20)

struct mp_sink;

struct mp_lot {
    struct mp_rules rules; /* first: a range finds its lot by it, see mp_lot_of() */
    struct mp_lot *next;
    atomic_uint refs; /* one for the supervisor while a job has not ended, one for each part not yet consumed */
    struct mp_plan *plan;
    struct mp_sink *sink; /* where results go; holds a reference */
    uint64_t first;       /* number of the first job in the pool */
    uint64_t first_index; /* of the first job, for its results */
    uint32_t count;
    uint32_t ended;        /* supervisor's */
    struct mp_buf args;    /* the arguments, one msgpack value after the other, */
    struct mp_block block; /* or those of the only job */
    struct mp_buf ends;    /* size_t for each job: where its arguments end */
    struct mp_buf tags;    /* uint64_t for each job */
    struct mp_buf roots;   /* of children only: uint64_t for each job, the index of the job it descends from */
    struct mp_buf futures; /* mpool_future * for each job, if it was submitted one by one */
};

/* mp_lot_new - an empty lot with one reference; NULL: out of memory. Takes references of plan and sink. */
struct mp_lot *mp_lot_new(struct mp_plan *plan, struct mp_sink *sink);

void mp_lot_ref(struct mp_lot *lot);
void mp_lot_unref(struct mp_lot *lot);

/*
 * mp_lot_open_job - the arguments of the next job are about to be packed
 *
 * most      in   bytes that they may have
 * writer    out  for the packer; `lot` must not move
 */
void mp_lot_open_job(struct mp_lot *lot, size_t most, struct mp_buf_writer *writer);

/*
 * mp_lot_close_job - the arguments packed since mp_lot_open_job() are those of the next job
 *
 * Errors: MPOOL_E_FORMAT (not exactly one value), MPOOL_E_TOOBIG, MPOOL_E_NOMEM; they are dropped then.
 */
mpool_err mp_lot_close_job(struct mp_lot *lot, const struct mp_buf_writer *writer, uint64_t tag);

/* mp_lot_drop_job - the arguments packed since mp_lot_open_job() are nobody's. */
void mp_lot_drop_job(struct mp_lot *lot);

/* mp_lot_split - the last job, which has others before it, becomes a lot of its own; NULL: out of memory. */
struct mp_lot *mp_lot_split(struct mp_lot *lot);

/*
 * mp_lot_check_args - are the bytes from `begin` on arguments: one msgpack value within its limits?
 *
 * Errors: MPOOL_E_FORMAT.
 */
mpool_err mp_lot_check_args(const struct mp_buf *args, size_t begin);

/* mp_lot_full - should it be submitted before another job is added? */
bool mp_lot_full(const struct mp_lot *lot);

/* mp_lot_of - the lot that a range's jobs belong to. */
static inline struct mp_lot *mp_lot_of(const struct mp_range *range)
{
    return (struct mp_lot *)(uintptr_t)range->rules;
}

/* mp_lot_is_born - were its jobs submitted by jobs? */
static inline bool mp_lot_is_born(const struct mp_lot *lot)
{
    return lot->roots.size > 0;
}

/* mp_lot_is_unheard - does nobody get the result of job `at`? */
static inline bool mp_lot_is_unheard(const struct mp_lot *lot, uint32_t at)
{
    return lot->sink == NULL || (lot->futures.size > 0 && ((void *const *)(const void *)lot->futures.data)[at] == NULL);
}

/* mp_lot_index - the index of job `at` of the lot, for its result. */
static inline uint64_t mp_lot_index(const struct mp_lot *lot, uint32_t at)
{
    if (mp_lot_is_born(lot))
        return ((const uint64_t *)(const void *)lot->roots.data)[at];
    return lot->first_index + at;
}

/* mp_lot_is_item - are its jobs items of an iteration or a map, or descend from such? */
static inline bool mp_lot_is_item(const struct mp_lot *lot)
{
    return lot->sink != NULL && lot->futures.size == 0;
}

/*
 * mp_lot_name_job - what the log calls a job: "job 7 (square)", "item 17 (job 1234, square)" in an iteration or a map
 *
 * job       in   its first one is meant
 */
void mp_lot_name_job(const struct mp_range *job, char *text, size_t room);

/* mp_lot_frame - a range as a frame of jobs, all but its generation and ticket; points into the range's lot. */
struct mp_jobs mp_lot_frame(const struct mp_range *range);

/* mp_lot_bytes - the size of the arguments of jobs `at` to `at + count - 1` of the lot. */
size_t mp_lot_bytes(const struct mp_lot *lot, uint32_t at, uint32_t count);

#endif
