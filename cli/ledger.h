/*
 * cli/ledger.h - the totals of a step, as its jobs end
 *
 * Sums, least and greatest numbers, counts and means are the pool's: they are committed together with a job's result,
 * and the result itself need not travel. Products, and what needs the item as well, as `by` and `show` do, are kept
 * here, from results as the pool delivers them, each once. A step that has one such total keeps all of its totals here:
 * so a job that has no number for one of them adds to none, and fails, just as in the pool.
 */
#ifndef CLI_LEDGER_H
#define CLI_LEDGER_H

#include "cli/groups.h"
#include "cli/item.h"
#include "cli/jobfile.h"

#include <mpool/pool.h>

/* One total. */
struct account {
    const struct total *total;
    mpool_total *pooled; /* NULL: it is kept here */
    struct groups groups;
    uint64_t product_bits; /* of all its factors */

    /* What the job that is being added has for it. */
    struct number number;
    struct group *group; /* NULL: it opens one */
    struct text key, name, scratch;
};

struct ledger {
    const struct step *step;
    struct account *accounts; /* in the order of the file */
    bool kept;                /* here, and not in the pool */
    struct text fault;
};

/*
 * ledger_open - make the totals of a step
 *
 * keep      in   here in any case, since jobs that were done earlier add to them
 * ledger    out  to be released with ledger_close(), also after an error
 *
 * Errors: as mpool_total_open().
 */
mpool_err ledger_open(struct ledger *ledger, mpool_pool *pool, const struct step *step, bool keep);
void ledger_close(struct ledger *ledger);

/* ledger_collect - what the pool is to take from results; `collect` has room for MPOOL_TOTALS_MAX. Returns how many. */
size_t ledger_collect(const struct ledger *ledger, mpool_collect *collect);

/*
 * ledger_add - a job that is done, with its result
 *
 * Returns NULL; or why the job has failed all the same, valid until the next call: then it has added to no total.
 */
const char *ledger_add(struct ledger *ledger, uint64_t index, const struct item *item, const msgpack_object *value);

/*
 * ledger_figure - what a total comes to now, as far as that is one number
 *
 * figure    out  release with figure_free(); untouched if it has groups, or names jobs
 */
bool ledger_figure(const struct account *account, struct figure *figure);

#endif
