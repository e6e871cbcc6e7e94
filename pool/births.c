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

static void bear(struct mp_births *births, const struct mp_birth *child, struct mp_plan *plan)
{
    uint64_t root = mp_lot_index(births->parent, births->parent_at + child->at);

    if (births->last == NULL || births->last->plan != plan || mp_lot_full(births->last))
        while (!open_lot(births, plan))
            mp_wait_for_memory();
    while (!add_child(births->last, child, root))
        mp_wait_for_memory();
    births->jobs++;
}

/* Children that have a task in common follow each other. Returns the place of the first that has another one. */
static uint32_t bear_all_of(struct mp_births *births, uint32_t i, struct mp_plan *plan)
{
    const struct mp_answers *answers = births->answers;
    uint32_t task = answers->births[i].task;

    while (i < answers->birth_count && answers->births[i].task == task)
        bear(births, &answers->births[i++], plan);
    return i;
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
    struct mp_plan *plan;

    *births = (struct mp_births){
        .answers = answers, .parent = parent, .parent_at = (uint32_t)(parents->first - parent->first)};
    for (uint32_t i = 0; i < answers->birth_count;) {
        mpool_err err;

        while ((err = make_plan(&answers->tasks[answers->births[i].task], parent, pool, zone, &plan)) == MPOOL_E_NOMEM)
            mp_wait_for_memory();
        if (err != MPOOL_OK) {
            free_lots(births);
            return err;
        }
        i = bear_all_of(births, i, plan);
        mp_plan_unref(plan);
    }
    while (births->count > 0 &&
           (births->ranges = msgpack_zone_malloc(zone, births->count * sizeof *births->ranges)) == NULL)
        mp_wait_for_memory();
    return MPOOL_OK;
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
