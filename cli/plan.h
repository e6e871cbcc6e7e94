/*
 * cli/plan.h - from the items of a step to its jobs
 *
 * A plan is the generator that a pool's iterator asks for jobs: it takes the next item of the step's source, fills it
 * into the arguments, and remembers it in a ticket.
 */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include "cli/claims.h"
#include "cli/history.h"
#include "cli/source.h"
#include "cli/tickets.h"

#include <mpool/pool.h>

/* Called for an item that cannot be had, or for which arguments cannot be made: there will be no job for it. */
typedef void plan_fault(void *user, uint64_t index, const struct item *item, const char *error);

/*
 * Called for a job that was done earlier, and has this row in the journal; or that is not wanted now, if `row` is 0.
 * Returns false if it has to be run all the same.
 */
typedef bool plan_known(void *user, uint64_t index, const struct item *item, const struct key *key, int64_t row);

/* Called for an item for which there is no job, since the files that it would make are up to date. */
typedef void plan_current(void *user, uint64_t index, const struct item *item, const struct key *key);

struct plan {
    const struct step *step;
    struct source *source;
    struct tickets tickets;
    size_t workers;       /* of the pool: so many jobs are under way, however large their items are */
    bool full;            /* the items of the jobs under way are so large that there are no more for now */
    uint64_t items;       /* taken from the source so far, faults included */
    uint64_t jobs;        /* given to the pool so far */
    uint64_t jobs_before; /* given to it by other steps: its numbers go on */
    bool ended;           /* the source has no more */
    struct history *history;
    size_t place; /* of the step in the file */
    plan_fault *fault;
    plan_known *known;
    plan_current *current;
    void *user;           /* of these */
    struct claims claims; /* the files that jobs make */
    struct text outputs;  /* those of the job that is being made */
    struct text scratch;
    struct text problem;  /* why there is no job for an item */
    msgpack_sbuffer args; /* of the job that is being made */
};

/* plan_begin - begin with the items of a step; `fault`, `known` and `current` are set by the caller, and get `user` */
void plan_begin(struct plan *plan, const struct step *step, void *user);

/* plan_next - a mpool_generator; `user` is a struct plan */
mpool_err plan_next(void *user, msgpack_packer *args, uint64_t *tag);

/* plan_left - how many items the source still has; SOURCE_UNKNOWN */
uint64_t plan_left(const struct plan *plan);

void plan_end(struct plan *plan);

/*
 * plan_pack - the arguments of one job, packed
 *
 * scratch   in   a text for intermediate use
 * problem   out  false: the item has not what the arguments take from it, as is appended here
 * buffer    out  what was in it is lost
 */
bool plan_pack(const struct step *step, const struct item *item, uint64_t index, struct text *scratch,
               struct text *problem, msgpack_sbuffer *buffer);

#endif
