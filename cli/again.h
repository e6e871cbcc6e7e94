/*
 * cli/again.h - the command that runs one job again
 */
#ifndef CLI_AGAIN_H
#define CLI_AGAIN_H

#include "cli/item.h"
#include "cli/jobfile.h"
#include "cli/late.h"

/*
 * again_add - append a shell command that runs one job again
 *
 * late      in   the worker and the attempt that it is to be as; {0} stands for those of a job that was never begun
 *
 * Returns NULL; or why there is no such command, and nothing was appended.
 */
const char *again_add(const struct step *step, const struct item *item, uint64_t index, const struct late *late,
                      struct text *to);

#endif
