/*
 * cli/failures.h - the first jobs that failed, for the end of the run
 */
#ifndef CLI_FAILURES_H
#define CLI_FAILURES_H

#include "cli/item.h"
#include "cli/jobfile.h"

#include <mpool/result.h>
#include <stdio.h>

/* So many are told of; the others are counted. */
#define FAILURES_SHOWN 10

struct failures {
    struct text text; /* of those that are shown */
    uint64_t count;   /* all */
};

/*
 * failures_add - a job that failed, crashed or timed out
 *
 * fault     in   why it has failed although the pool calls it done; NULL: it is as the pool says
 */
void failures_add(struct failures *failures, const struct step *step, uint64_t index, const struct item *item,
                  const mpool_result *result, const char *fault);

/* failures_add_item - an item for which there was no job */
void failures_add_item(struct failures *failures, const struct step *step, const struct item *item, const char *error);

/* failures_print - tell of them; `all` says where all of them are, if there are more than are shown */
void failures_print(const struct failures *failures, const char *all, FILE *to);
void failures_free(struct failures *failures);

#endif
