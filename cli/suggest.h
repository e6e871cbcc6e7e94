/*
 * cli/suggest.h - the known word that is nearest to a mistyped one
 *
 *     struct suggestion near = {.word = "wolkers"};
 *     suggest_offer(&near, "workers");
 *     near.best is "workers", or NULL where no word is near enough to be meant
 */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stdbool.h>

/* Bytes of the list of known words; of more there are only the first. */
#define SUGGEST_LIST_SIZE 400

struct suggestion {
    const char *word;
    const char *best;
    unsigned distance;             /* of best */
    char known[SUGGEST_LIST_SIZE]; /* all that were offered: "name, workers, vars" */
    bool cut;                      /* the list is full */
};

void suggest_offer(struct suggestion *suggestion, const char *known);

/* suggest_text - "; did you mean "workers"?", or "" where nothing is near; valid until the next call */
const char *suggest_text(const struct suggestion *suggestion);

/* suggest_or_list - the same, but "; it has name, workers, vars" where nothing is near */
const char *suggest_or_list(const struct suggestion *suggestion);

#endif
