/*
 * cli/plan.c - from the items of a step to its jobs
 *
 * Runs in: the mpool command, on its main thread, inside mpool_iter_next(). Owns: the source and the tickets.
 */
#include "cli/plan.h"

#include "cli/arguments.h"
#include "cli/packed.h"
#include "cli/signals.h"
#include "cli/targets.h"

/* Bytes of the items of jobs under way; as many as the pool takes of arguments. */
#define ITEMS_MAX ((size_t)16 << 20)

void plan_begin(struct plan *plan, const struct step *step, void *user)
{
    *plan = (struct plan){.step = step, .source = source_open(step), .user = user};
    msgpack_sbuffer_init(&plan->args);
}

void plan_end(struct plan *plan)
{
    source_close(plan->source);
    tickets_free(&plan->tickets);
    text_free(&plan->scratch);
    text_free(&plan->problem);
    text_free(&plan->outputs);
    claims_free(&plan->claims);
    msgpack_sbuffer_destroy(&plan->args);
}

uint64_t plan_left(const struct plan *plan)
{
    return plan->ended ? 0 : source_left(plan->source);
}

bool plan_pack(const struct step *step, const struct item *item, uint64_t index, struct text *scratch,
               struct text *problem, msgpack_sbuffer *buffer)
{
    msgpack_packer packer;

    msgpack_sbuffer_clear(buffer);
    msgpack_packer_init(&packer, buffer, msgpack_sbuffer_write);
    if (step->arguments != NULL)
        return arguments_pack(step->arguments, item, index, scratch, problem, &packer);
    item_pack(item, &packer);
    return true;
}

/* The files that a job makes are its alone. NULL; or why they cannot be, which is in `problem`. */
static const char *claim(struct plan *plan, const struct item *item, uint64_t index)
{
    const struct targets *targets = plan->step->targets;
    struct text *outputs = &plan->outputs;
    bool ok = targets_outputs(targets, item, index, outputs, &plan->problem);

    for (const char *path = ok ? targets_next(outputs, NULL) : NULL; ok && path != NULL;
         path = targets_next(outputs, path))
        ok = claims_add(&plan->claims, plan->step->name, index, path, &plan->problem);
    return ok ? NULL : plan->problem.data;
}

/*
 * Makes the arguments of a job, aside: what the pool would not take fails this job, and does not end the iteration. For
 * then there is no job, and `fault` is told why, and where the item was read.
 */
static bool make_args(struct plan *plan, const struct item *item, uint64_t index)
{
    const char *refused = NULL;

    text_clear(&plan->problem);
    if (plan_pack(plan->step, item, index, &plan->scratch, &plan->problem, &plan->args))
        refused = plan->args.size > SOURCE_ARGS_MAX ? "the arguments are larger than 8 MiB"
                                                    : packed_refused(plan->args.data, plan->args.size);
    else
        refused = plan->problem.data;
    if (refused == NULL && plan->step->targets != NULL)
        refused = claim(plan, item, index);
    if (refused == NULL)
        return true;
    text_clear(&plan->scratch);
    source_place(plan->source, &plan->scratch);
    text_string(&plan->scratch, refused);
    plan->fault(plan->user, index, item, plan->scratch.data);
    return false;
}

/*
 * Are the items of the jobs under way so large that there should not be more of them? Then there are none until half of
 * the bytes are gone, for many jobs at a time go faster than one by one. And where a result may end the run, no job is
 * begun before the one that made room for it was looked at.
 */
static bool is_full(struct plan *plan)
{
    const struct tickets *tickets = &plan->tickets;

    plan->full = tickets->bytes > (plan->full ? ITEMS_MAX / 2 : ITEMS_MAX) && tickets->used > plan->workers;
    return plan->full || (plan->step->halt.when != HALT_NEVER && tickets->used >= plan->workers);
}

/* Have the files that the job makes been made? */
static bool is_current(struct plan *plan, uint64_t index, const struct item *item, const struct key *key)
{
    const struct targets *targets = plan->step->targets;

    if (targets == NULL || !targets_are_current(targets, item, index, &plan->outputs))
        return false;
    plan->current(plan->user, index, item, key);
    return true;
}

/* Was the job done earlier, or is it not wanted now, or is there nothing to be done? */
static bool is_known(struct plan *plan, uint64_t index, const struct item *item, const struct key *key)
{
    int64_t row = 0;
    enum resume_answer answer = history_take(plan->history, plan->place, key, &row);

    if (answer == RESUME_DONE)
        return plan->known(plan->user, index, item, key, row);
    if (answer == RESUME_NEW && plan->history->failed_only)
        return plan->known(plan->user, index, item, key, 0);
    return is_current(plan, index, item, key);
}

mpool_err plan_next(void *user, msgpack_packer *args, uint64_t *tag)
{
    struct plan *plan = user;
    struct item item;

    if (is_full(plan))
        return MPOOL_E_FULL;
    for (;;) {
        enum source_answer answer = source_next(plan->source, &item);
        if (answer == SOURCE_END) {
            /* After a signal a source ends early, and it is not known what it would have given. */
            plan->ended = signals_asked() == 0;
            return MPOOL_E_END;
        }
        if (answer == SOURCE_LATER)
            return MPOOL_E_TIMEOUT;
        uint64_t index = plan->items++;
        if (answer == SOURCE_FAULT) {
            plan->fault(plan->user, index, &item, plan->source->fault);
            continue;
        }
        if (!make_args(plan, &item, index))
            continue;
        struct key key = {{0}};
        history_key(plan->history, plan->step, &item, plan->args.data, plan->args.size, &key);
        if (is_known(plan, index, &item, &key))
            continue;
        plan->jobs++;
        *tag = tickets_take(&plan->tickets, plan->jobs_before + plan->jobs, index, &item, &key);
        return msgpack_pack_str_body(args, plan->args.data, plan->args.size) == 0 ? MPOOL_OK : MPOOL_E_NOMEM;
    }
}
