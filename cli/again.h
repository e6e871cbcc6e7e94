/*
 * cli/again.h - the command that runs one job again
 */
#ifndef CLI_AGAIN_H
#define CLI_AGAIN_H

#include "cli/item.h"
#include "cli/jobfile.h"

/*
 * again_add - append a shell command that runs one job again
 *
 * Returns NULL; or why there is no such command, and nothing was appended.
 */
const char *again_add(const struct step *step, const struct item *item, uint64_t index, struct text *to);

#endif
