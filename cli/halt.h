/*
 * cli/halt.h - when jobs that fail end a whole run: `halt`, in GNU parallel's words
 *
 *     never           the default
 *     soon,fail=3     after three failures no more jobs are begun; those that run come to their end
 *     now,fail=1      at the first one those that run are stopped too
 *     now,success=1   likewise, at the first job that is done
 *     soon,fail=10%   when so many of the step's jobs have failed, and three at least
 */
#ifndef CLI_HALT_H
#define CLI_HALT_H

#include "cli/tally.h"

#include <stdbool.h>
#include <stdint.h>

enum halt_when {
    HALT_NEVER = 0,
    HALT_SOON,
    HALT_NOW,
};

struct halt {
    enum halt_when when;
    bool success;    /* jobs that are done are counted, not those that are not */
    bool share;      /* `number` is per cent */
    uint64_t number; /* at least 1 */
};

/* halt_parse - read one of these; false: it is none */
bool halt_parse(const char *text, struct halt *halt);

/*
 * halt_reached - has it come to that?
 *
 * jobs      in   how many the step has, as far as that is known; SOURCE_UNKNOWN
 */
bool halt_reached(const struct halt *halt, const struct tally *tally, uint64_t jobs);

#endif
