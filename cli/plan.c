/*
 * cli/plan.c - from the items of a step to its jobs
 *
 * Runs in: the mpool command, on its main thread, inside mpool_iter_next(). Owns: the source and the tickets.
 */
#include "cli/plan.h"

#include "cli/arguments.h"
#include "cli/signals.h"

void plan_begin(struct plan *plan, const struct step *step, plan_fault *fault, void *user)
{
    *plan = (struct plan){.step = step, .source = source_open(step), .fault = fault, .user = user};
    msgpack_sbuffer_init(&plan->args);
}

void plan_end(struct plan *plan)
{
    source_close(plan->source);
    tickets_free(&plan->tickets);
    text_free(&plan->scratch);
    msgpack_sbuffer_destroy(&plan->args);
}

uint64_t plan_left(const struct plan *plan)
{
    return plan->ended ? 0 : source_left(plan->source);
}

void plan_pack(const struct step *step, const struct item *item, uint64_t index, struct text *scratch,
               msgpack_sbuffer *buffer)
{
    msgpack_packer packer;

    msgpack_sbuffer_clear(buffer);
    msgpack_packer_init(&packer, buffer, msgpack_sbuffer_write);
    if (step->arguments != NULL)
        arguments_pack(step->arguments, item, index, scratch, &packer);
    else
        item_pack(item, &packer);
}

mpool_err plan_next(void *user, msgpack_packer *args, uint64_t *tag)
{
    struct plan *plan = user;
    struct item item;

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
        /* Made aside first: what is too large fails this job, and does not end the iteration. */
        plan_pack(plan->step, &item, index, &plan->scratch, &plan->args);
        if (plan->args.size > SOURCE_ARGS_MAX) {
            plan->fault(plan->user, index, &item, "the arguments are larger than 8 MiB");
            continue;
        }
        *tag = tickets_take(&plan->tickets, index, &item);
        plan->jobs++;
        return msgpack_pack_str_body(args, plan->args.data, plan->args.size) == 0 ? MPOOL_OK : MPOOL_E_NOMEM;
    }
}
