/*
 * pool/iter.c - imap and imap_unordered: a generator in, results out, a bounded number of jobs in between
 *
 * Runs in: the host; all on the thread that owns the iterator, but deliver(), which the supervisor calls. Owns: parts
 * that were delivered and not yet taken.
 *
 * Jobs are generated in lots whose size follows the generator's speed: it doubles while a lot takes no time, and
 * falls to one when the generator blocks, so that a slow source's items are not held back.
 */
#include "base/clock.h"
#include "base/error.h"
#include "pool/block.h"
#include "pool/host.h"
#include "pool/pool.h"
#include "pool/reorder.h"
#include "pool/sink.h"
#include "serialize/result.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define AHEAD_JOBS 65536               /* submitted and not yet taken as results */
#define AHEAD_BYTES ((size_t)16 << 20) /* likewise, of arguments, unless they are so large that workers would idle */
#define LOT_JOBS MP_LOT_JOBS
#define QUICK_NS 1000000 /* a lot that was generated within this may be larger next time */
#define SLOW_NS 10000000 /* after this its jobs have waited long enough: one at a time */

struct mpool_iter {
    struct mp_sink sink;
    mpool_pool *pool; /* holds a reference */
    struct mp_plan *plan;
    mpool_generator *generator;
    void *user;

    /* Under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct mp_part *ready_first;
    struct mp_part *ready_last;
    uint64_t born_jobs; /* children of its jobs, which the owner does not know of yet; */
    size_t born_bytes;  /* and of their arguments */
    bool abandoned;     /* mpool_iter_free() was called */

    /* The owner's. */
    uint64_t next_index;
    uint64_t ahead_jobs;
    size_t ahead_bytes;
    uint32_t lot_jobs;      /* size of the next lot */
    uint32_t most_jobs;     /* of a lot: it has to fit into a small queue, also when others submit */
    struct mp_lot *pending; /* a lot that waits for room in the pool; NULL: none */
    struct mp_lot *behind;  /* likewise, behind it: a job with arguments that are too large for a message */
    bool exhausted;         /* the generator is not asked any more */
    bool sated;             /* nor before another result is taken */
    mpool_err failure;      /* why not, if not for its end */
    char failure_detail[512];
    bool ordered;
    struct mp_reorder early; /* ordered: parts taken from the list, and not yet their turn */
    struct mp_part *taken;   /* parts taken from the list, and not yet begun */
    struct mp_part *part;    /* the one whose results are being given */
    uint32_t at;
    size_t values_at;
    struct mp_result result;
    struct mp_block block; /* its value, if it is in the arena */
    void *copy;            /* its value, if it was there */
};

/* ---- the supervisor's side --------------------------------------------------------------------------------------- */

static struct mpool_iter *iter_of(struct mp_sink *sink)
{
    return (struct mpool_iter *)(void *)sink;
}

static void deliver(struct mp_sink *sink, struct mp_part *part)
{
    struct mpool_iter *iter = iter_of(sink);
    bool abandoned;

    (void)pthread_mutex_lock(&iter->lock);
    abandoned = iter->abandoned;
    if (!abandoned) {
        if (iter->ready_last != NULL)
            iter->ready_last->next = part;
        else
            iter->ready_first = part;
        iter->ready_last = part;
        (void)pthread_cond_signal(&iter->changed);
    }
    (void)pthread_mutex_unlock(&iter->lock);
    if (abandoned)
        mp_part_free(part);
}

/* The owner hears of them with their parents' results, or before. */
static void adopt(struct mp_sink *sink, struct mp_lot *lot, const struct mp_lot *parent, uint32_t parent_at,
                  const struct mp_birth *births)
{
    struct mpool_iter *iter = iter_of(sink);

    (void)parent;
    (void)parent_at;
    (void)births;
    (void)pthread_mutex_lock(&iter->lock);
    iter->born_jobs += lot->count;
    iter->born_bytes += mp_lot_bytes(lot, 0, lot->count);
    (void)pthread_mutex_unlock(&iter->lock);
}

static void destroy(struct mp_sink *sink)
{
    struct mpool_iter *iter = iter_of(sink);

    (void)pthread_mutex_destroy(&iter->lock);
    (void)pthread_cond_destroy(&iter->changed);
    mp_result_fini(&iter->result);
    mp_block_give(MP_BLOCK_RESULT, &iter->block);
    free(iter->copy);
    mp_plan_unref(iter->plan);
    mp_pool_unref(iter->pool);
    free(iter);
}

/* ---- generating -------------------------------------------------------------------------------------------------- */

static void stop(struct mpool_iter *iter, mpool_err failure)
{
    iter->exhausted = true;
    iter->failure = failure;
    if (failure != MPOOL_OK)
        (void)snprintf(iter->failure_detail, sizeof iter->failure_detail, "%s", mpool_error_detail());
}

/* The answer of a generator that waits for a result when there is none to come would be the same for ever. */
static mpool_err check_full(const struct mpool_iter *iter, const struct mp_lot *lot)
{
    if (iter->ahead_jobs > 0 || lot->count > 0)
        return MPOOL_E_FULL;
    return mp_error(MPOOL_E_GENERATOR,
                    "the generator has answered MPOOL_E_FULL after %" PRIu64 " jobs, all of whose results were taken: "
                    "it would wait for ever; MPOOL_E_TIMEOUT is for what may come later",
                    iter->next_index);
}

/* Asks the generator for one job. False: there is none now, or there will be no more. */
static bool generate(struct mpool_iter *iter, struct mp_lot *lot)
{
    struct mp_buf_writer writer;
    msgpack_packer packer;
    uint64_t tag = 0;
    mpool_err err;

    mp_lot_open_job(lot, MPOOL_ARGS_MAX, &writer);
    msgpack_packer_init(&packer, &writer, mp_buf_write_bounded);
    err = iter->generator(iter->user, &packer, &tag);
    if (err == MPOOL_OK || writer.refused > 0)
        err = mp_lot_close_job(lot, &writer, tag);
    else if (err == MPOOL_E_FULL)
        err = check_full(iter, lot);
    else if (err != MPOOL_E_END && err != MPOOL_E_TIMEOUT)
        err = mp_error(MPOOL_E_GENERATOR, "the generator failed after %" PRIu64 " jobs: %s",
                       iter->next_index + lot->count, mpool_err_text(err));
    if (err == MPOOL_OK)
        return true;
    mp_lot_drop_job(lot);
    iter->sated = err == MPOOL_E_FULL;
    if (err != MPOOL_E_TIMEOUT && err != MPOOL_E_FULL)
        stop(iter, err == MPOOL_E_END ? MPOOL_OK : err);
    return false;
}

static void adapt(struct mpool_iter *iter, int64_t took_ns)
{
    if (took_ns > SLOW_NS)
        iter->lot_jobs = 1;
    else if (took_ns < QUICK_NS && iter->lot_jobs < iter->most_jobs)
        iter->lot_jobs *= 2;
}

/* A job with large arguments goes by itself, behind those that were generated before. False: out of memory. */
static bool set_long_job_apart(struct mpool_iter *iter, struct mp_lot *lot)
{
    if (lot->count < 2 || mp_lot_bytes(lot, lot->count - 1, 1) <= MP_INLINE_MAX)
        return true;
    iter->behind = mp_lot_split(lot);
    return iter->behind != NULL;
}

/* Generates a lot, to be submitted when the pool has room for it. */
static void make_lot(struct mpool_iter *iter)
{
    struct mp_lot *lot = mp_lot_new(iter->plan, &iter->sink);
    int64_t began_ns = mp_clock_ns();

    if (lot == NULL) {
        stop(iter, mp_error_nomem());
        return;
    }
    lot->first_index = iter->next_index;
    while (lot->count < iter->lot_jobs && !mp_lot_full(lot) && generate(iter, lot))
        continue;
    if (lot->count == 0) {
        mp_lot_unref(lot);
        return;
    }
    adapt(iter, mp_clock_ns() - began_ns);
    iter->next_index += lot->count;
    if (!set_long_job_apart(iter, lot)) {
        mp_lot_unref(lot);
        stop(iter, mp_error_nomem());
        return;
    }
    iter->pending = lot;
}

/* Submits the lot that was made. False: the pool has no room for it until the deadline. */
static bool submit_lot(struct mpool_iter *iter, const struct timespec *deadline)
{
    uint32_t count = iter->pending->count;
    size_t bytes = mp_lot_bytes(iter->pending, 0, count);
    mpool_err err = mp_pool_submit_lot(iter->pool, iter->pending, deadline);

    if (err == MPOOL_E_FULL)
        return false;
    if (err == MPOOL_OK) {
        iter->ahead_jobs += count;
        iter->ahead_bytes += bytes;
    } else {
        mp_lot_unref(iter->pending);
        stop(iter, err);
    }
    iter->pending = iter->behind;
    iter->behind = NULL;
    return true;
}

/* However large the arguments are, there is a job for each worker, and one to come. */
static bool wants_more(const struct mpool_iter *iter)
{
    return !iter->exhausted && !iter->sated && iter->ahead_jobs < AHEAD_JOBS &&
           (iter->ahead_bytes < AHEAD_BYTES || iter->ahead_jobs <= iter->pool->workers);
}

/* ---- taking results ---------------------------------------------------------------------------------------------- */

/* Puts the parts taken into the order of their items. Those of children have no place in it, and go first. */
static void order_taken(struct mpool_iter *iter)
{
    struct mp_part *next = iter->taken, **end = &iter->taken;

    while (next != NULL) {
        struct mp_part *part = next;

        next = part->next;
        if (mp_lot_is_born(part->lot)) {
            *end = part;
            end = &part->next;
        } else {
            mp_reorder_put(&iter->early, part);
        }
    }
    *end = mp_reorder_get(&iter->early);
}

static void take_ready(struct mpool_iter *iter)
{
    (void)pthread_mutex_lock(&iter->lock);
    iter->taken = iter->ready_first;
    iter->ready_first = iter->ready_last = NULL;
    iter->ahead_jobs += iter->born_jobs;
    iter->ahead_bytes += iter->born_bytes;
    iter->born_jobs = iter->born_bytes = 0;
    (void)pthread_mutex_unlock(&iter->lock);
    if (iter->ordered)
        order_taken(iter);
}

static mpool_err wait_for_part(struct mpool_iter *iter, const struct timespec *deadline)
{
    mpool_err err = MPOOL_OK;

    (void)pthread_mutex_lock(&iter->lock);
    while (err == MPOOL_OK && iter->ready_first == NULL)
        if (pthread_cond_timedwait(&iter->changed, &iter->lock, deadline) == ETIMEDOUT && iter->ready_first == NULL)
            err = MPOOL_E_TIMEOUT;
    (void)pthread_mutex_unlock(&iter->lock);
    return err;
}

static void begin_part(struct mpool_iter *iter)
{
    iter->part = iter->taken;
    iter->taken = iter->part->next;
    iter->at = 0;
    iter->sated = false;
    iter->values_at = iter->part->values_at;
    iter->ahead_jobs -= iter->part->count;
    iter->ahead_bytes -= mp_lot_bytes(iter->part->lot, iter->part->at, iter->part->count);
}

/* Makes and submits what may be ahead of the results, as far as the pool has room. */
static void go_ahead(struct mpool_iter *iter)
{
    const struct timespec now = {0};

    if (iter->pending == NULL && wants_more(iter))
        make_lot(iter);
    if (iter->pending != NULL)
        (void)submit_lot(iter, &now);
}

static bool is_over(const struct timespec *deadline)
{
    int64_t now_ns = mp_clock_ns();

    return now_ns / 1000000000 > deadline->tv_sec ||
           (now_ns / 1000000000 == deadline->tv_sec && now_ns % 1000000000 >= deadline->tv_nsec);
}

/* Gets a part to give results from, and keeps the workers busy on the way. */
static mpool_err next_part(struct mpool_iter *iter, int64_t timeout_ms)
{
    struct timespec deadline = mp_pool_deadline(timeout_ms);
    mpool_err err = MPOOL_OK;

    mp_part_free(iter->part);
    iter->part = NULL;
    free(iter->copy);
    iter->copy = NULL;
    while (err == MPOOL_OK) {
        go_ahead(iter);
        if (iter->taken == NULL)
            take_ready(iter);
        if (iter->taken != NULL) {
            begin_part(iter);
            return MPOOL_OK;
        }
        if (iter->pending == NULL && wants_more(iter)) /* the generator does the waiting, or has more at once */
            err = is_over(&deadline) ? MPOOL_E_TIMEOUT : MPOOL_OK;
        else if (iter->ahead_jobs > 0)
            err = wait_for_part(iter, &deadline);
        else if (iter->pending != NULL)
            err = submit_lot(iter, &deadline) ? MPOOL_OK : MPOOL_E_TIMEOUT;
        else
            return iter->failure != MPOOL_OK ? mp_error(iter->failure, "%s", iter->failure_detail) : MPOOL_E_END;
    }
    return mp_error(err, "no job has ended within %lld ms", (long long)timeout_ms);
}

/* Copies the value of the current result out of the arena. If there is no memory for that, it stays the current one. */
static mpool_err take_value(struct mpool_iter *iter)
{
    mpool_err err = mp_block_copy(&iter->block, &iter->copy);

    if (err != MPOOL_OK)
        return err;
    mp_block_give(MP_BLOCK_RESULT, &iter->block);
    iter->result.shown.value = iter->copy;
    return MPOOL_OK;
}

mpool_err mpool_iter_next(mpool_iter *iter, int64_t timeout_ms, const mpool_result **result)
{
    mpool_err err = mp_host_check_process();

    if (err == MPOOL_OK && iter->block.size == 0 && (iter->part == NULL || iter->at == iter->part->count))
        err = next_part(iter, timeout_ms);
    if (err != MPOOL_OK)
        return err;
    if (iter->block.size == 0) {
        mp_result_clear(&iter->result);
        mp_part_result(iter->part, iter->at++, &iter->values_at, &iter->result.shown);
        iter->block = mp_part_take_block(iter->part);
    }
    if (iter->block.size > 0)
        err = take_value(iter);
    if (err == MPOOL_OK)
        *result = &iter->result.shown;
    return err;
}

void mpool_iter_stop(mpool_iter *iter)
{
    iter->exhausted = true;
}

/* What was made and not submitted. */
static void drop_pending(struct mpool_iter *iter)
{
    if (iter->pending != NULL)
        mp_lot_unref(iter->pending);
    if (iter->behind != NULL)
        mp_lot_unref(iter->behind);
    iter->pending = iter->behind = NULL;
}

mpool_err mpool_iter_cancel(mpool_iter *iter, int64_t grace_ms)
{
    mpool_err err = mp_host_check_process();

    if (err != MPOOL_OK)
        return err;
    iter->exhausted = true;
    drop_pending(iter);
    return mp_pool_cancel(iter->pool, (struct mp_wish){.group = iter->plan->rules.group, .grace_ms = grace_ms});
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static mpool_err new_iter(mpool_pool *pool, const mpool_task *task, mpool_generator *generator, void *user,
                          bool ordered, mpool_iter **result)
{
    struct mp_plan *plan;
    mpool_iter *iter;
    mpool_err err = mp_host_check();

    if (err == MPOOL_OK && generator == NULL)
        err = mp_error(MPOOL_E_INVAL, "an iteration without a generator");
    if (err == MPOOL_OK && task != NULL && task->callback != NULL)
        err = mp_error(MPOOL_E_INVAL,
                       "a callback is for mpool_pool_submit(); a map or an iterator has its own way to give results");
    if (err == MPOOL_OK)
        err = mp_plan_new(task, pool, &plan);
    if (err != MPOOL_OK)
        return err;
    iter = calloc(1, sizeof *iter);
    if (iter == NULL || pthread_mutex_init(&iter->lock, NULL) != 0 || !mp_pool_init_cond(&iter->changed)) {
        free(iter);
        mp_plan_unref(plan);
        return mp_error_nomem();
    }
    atomic_init(&iter->sink.refs, 1);
    iter->sink.deliver = deliver;
    iter->sink.adopt = adopt;
    iter->sink.destroy = destroy;
    iter->pool = pool;
    mp_pool_ref(pool);
    iter->plan = plan;
    iter->generator = generator;
    iter->user = user;
    iter->ordered = ordered;
    iter->lot_jobs = 1;
    iter->most_jobs = pool->queue_jobs / 4 < LOT_JOBS ? (uint32_t)(pool->queue_jobs / 4) : LOT_JOBS;
    *result = iter;
    return MPOOL_OK;
}

mpool_err mpool_pool_imap(mpool_pool *pool, const mpool_task *task, mpool_generator *generator, void *user,
                          mpool_iter **iter)
{
    return new_iter(pool, task, generator, user, true, iter);
}

mpool_err mpool_pool_imap_unordered(mpool_pool *pool, const mpool_task *task, mpool_generator *generator, void *user,
                                    mpool_iter **iter)
{
    return new_iter(pool, task, generator, user, false, iter);
}

static void free_parts(struct mp_part *part)
{
    while (part != NULL) {
        struct mp_part *next = part->next;

        mp_part_free(part);
        part = next;
    }
}

void mpool_iter_free(mpool_iter *iter)
{
    struct mp_part *ready;

    if (iter == NULL || mp_host_check_process() != MPOOL_OK)
        return;
    (void)pthread_mutex_lock(&iter->lock);
    iter->abandoned = true;
    ready = iter->ready_first;
    iter->ready_first = iter->ready_last = NULL;
    (void)pthread_mutex_unlock(&iter->lock);
    free_parts(ready);
    free_parts(iter->taken);
    mp_reorder_fini(&iter->early);
    mp_part_free(iter->part);
    drop_pending(iter);
    mp_sink_unref(&iter->sink);
}
