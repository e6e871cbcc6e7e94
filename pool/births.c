/*
 * pool/births.c - the jobs that the jobs of a frame of results have submitted: from the message to the queue
 *
 * Runs in: the supervisor. Owns: the lots, until the core has them.
 *
 * Children come into being in the step in which their parents' results are committed: so there is no moment in which a
 * parent is done and its children are not there, and none in which a pool seems to have nothing left to do. They are
 * made before that step, which may yet refuse the frame, and cannot fail once it has begun.
 */
#include "pool/births.h"

#include "base/error.h"
#include "base/wait.h"
#include "pool/sink.h"
#include "serialize/task.h"

/* ---- lots -------------------------------------------------------------------------------------------------------- */

/* The task of some children, as a plan. It is cancelled together with the jobs that its parents were submitted with. */
static mpool_err make_plan(const struct mp_bytes *bytes, const struct mp_lot *parent, mpool_pool *pool,
                           msgpack_zone *zone, struct mp_plan **plan)
{
    struct mp_function function;
    mpool_task task;
    mpool_err err = mp_task_read(bytes->data, bytes->size, zone, &task);

    if (err == MPOOL_OK)
        err = mp_function_note(task.function, &function);
    if (err == MPOOL_OK)
        err = mp_plan_make(&task, &function, pool, plan);
    if (err == MPOOL_OK)
        (*plan)->rules.group = parent->plan->rules.group;
    return err;
}

/* Adds a child to a lot, whole or not at all. False: out of memory. */
static bool add_child(struct mp_lot *lot, const struct mp_birth *child, uint64_t root)
{
    size_t begin = lot->args.size, end = begin + child->args_size;

    if (mp_buf_add(&lot->args, child->args, child->args_size) && mp_buf_add(&lot->ends, &end, sizeof end) &&
        mp_buf_add(&lot->tags, &child->tag, sizeof child->tag) && mp_buf_add(&lot->roots, &root, sizeof root)) {
        lot->count++;
        return true;
    }
    lot->args.size = begin;
    lot->ends.size = lot->count * sizeof end;
    lot->tags.size = lot->roots.size = lot->count * sizeof root;
    return false;
}

/* The next lot: its results go where the parents' go, if that is a place for more of them. */
static bool open_lot(struct mp_births *births, struct mp_plan *plan)
{
    struct mp_sink *sink = births->parent->sink;
    struct mp_lot *lot = mp_lot_new(plan, sink != NULL && sink->adopt != NULL ? sink : NULL);

    if (lot == NULL)
        return false;
    if (births->last != NULL)
        births->last->next = lot;
    else
        births->lots = lot;
    births->last = lot;
    births->count++;
    return true;
}

/*
 * Without memory it is waited for: a child must not be lost. But a pool that drains would end the children at once, and
 * may be waited for by who could give the memory: then there are none. False: it is so.
 */
static bool wait_for_memory(mpool_pool *pool)
{
    bool ends;

    (void)pthread_mutex_lock(&pool->lock);
    ends = pool->drained || pool->terminated;
    (void)pthread_mutex_unlock(&pool->lock);
    if (!ends)
        mp_wait_for_memory();
    return !ends;
}

static bool bear(struct mp_births *births, const struct mp_birth *child, struct mp_plan *plan, mpool_pool *pool)
{
    uint64_t root = mp_lot_index(births->parent, births->parent_at + child->at);
    bool waits = true;

    if (births->last == NULL || births->last->plan != plan || mp_lot_full(births->last))
        while (!open_lot(births, plan) && waits)
            waits = wait_for_memory(pool);
    while (waits && !add_child(births->last, child, root))
        waits = wait_for_memory(pool);
    births->jobs += waits;
    return waits;
}

/*
 * Children that have a task in common follow each other. *i is the place of the first, and then that of the first which
 * has another task. MPOOL_E_NOMEM: there are none.
 */
static mpool_err bear_all_of(struct mp_births *births, uint32_t *i, mpool_pool *pool, msgpack_zone *zone)
{
    const struct mp_answers *answers = births->answers;
    uint32_t task = answers->births[*i].task;
    struct mp_plan *plan;
    mpool_err err;

    while ((err = make_plan(&answers->tasks[task], births->parent, pool, zone, &plan)) == MPOOL_E_NOMEM)
        if (!wait_for_memory(pool))
            break;
    if (err != MPOOL_OK)
        return err;
    while (err == MPOOL_OK && *i < answers->birth_count && answers->births[*i].task == task)
        err = bear(births, &answers->births[(*i)++], plan, pool) ? MPOOL_OK : MPOOL_E_NOMEM;
    mp_plan_unref(plan);
    return err;
}

static void free_lots(struct mp_births *births)
{
    while (births->lots != NULL) {
        struct mp_lot *lot = births->lots;

        births->lots = lot->next;
        mp_lot_unref(lot);
    }
    *births = (struct mp_births){0};
}

mpool_err mp_births_make(struct mp_births *births, const struct mp_answers *answers, const struct mp_range *parents,
                         mpool_pool *pool, msgpack_zone *zone)
{
    struct mp_lot *parent = mp_lot_of(parents);
    mpool_err err = MPOOL_OK;

    *births = (struct mp_births){
        .answers = answers, .parent = parent, .parent_at = (uint32_t)(parents->first - parent->first)};
    for (uint32_t i = 0; err == MPOOL_OK && i < answers->birth_count;)
        err = bear_all_of(births, &i, pool, zone);
    while (err == MPOOL_OK &&
           (births->ranges = msgpack_zone_malloc(zone, births->count * sizeof *births->ranges)) == NULL)
        err = wait_for_memory(pool) ? MPOOL_OK : MPOOL_E_NOMEM;
    if (err != MPOOL_OK)
        free_lots(births);
    return err == MPOOL_E_NOMEM ? MPOOL_OK : err;
}

/* ---- from here to the queue, or nowhere -------------------------------------------------------------------------- */

void mp_births_number(struct mp_births *births, mpool_pool *pool)
{
    size_t i = 0;

    for (struct mp_lot *lot = births->lots; lot != NULL; lot = lot->next) {
        lot->first = pool->next_job;
        births->ranges[i++] = (struct mp_range){.first = lot->first, .count = lot->count, .rules = &lot->rules};
        pool->next_job += lot->count;
        pool->open_jobs += lot->count;
    }
}

void mp_births_adopt(const struct mp_births *births)
{
    size_t at = 0;

    for (struct mp_lot *lot = births->lots; lot != NULL; at += lot->count, lot = lot->next)
        if (lot->sink != NULL)
            lot->sink->adopt(lot->sink, lot, births->parent, births->parent_at, &births->answers->births[at]);
}

void mp_births_drop(struct mp_births *births, mpool_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->open_jobs -= births->jobs;
    (void)pthread_mutex_unlock(&pool->lock);
    free_lots(births);
}
