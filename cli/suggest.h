/*
 * cli/suggest.h - the known word that is nearest to a mistyped one
 *
 *     struct suggestion near = {.word = "wolkers"};
 *     suggest_offer(&near, "workers");
 *     near.best is "workers", or NULL where no word is near enough to be meant
 */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include "cli/text.h"

struct suggestion {
    const char *word;
    const char *best;
    unsigned distance; /* of best */
};

void suggest_offer(struct suggestion *suggestion, const char *known);

/* suggest_text - "; did you mean "workers"?", or "" where nothing is near; valid until the next call */
const char *suggest_text(const struct suggestion *suggestion);

#endif
