/*
 * cli/claims.h - which job of a step makes which file
 *
 * No two may make the same one: the second would take away what the first has begun. A file is its name and the
 * directory that it is in, however that is written. Each takes 21 to 43 bytes of memory until the step is over.
 */
#ifndef CLI_CLAIMS_H
#define CLI_CLAIMS_H

#include "cli/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct claim {
    uint64_t hash; /* 0: a free place */
    uint64_t index;
};

struct claims {
    struct claim *table;
    size_t count, room;    /* the latter is a power of two */
    struct text directory; /* the last one that was looked at */
    dev_t device;
    ino_t inode;
};

/*
 * claims_add - a job makes this file
 *
 * Returns false where it cannot, and `problem` gets why: its directory is not there, or another one makes it.
 */
bool claims_add(struct claims *claims, const char *step, uint64_t index, const char *path, struct text *problem);

void claims_free(struct claims *claims);

#endif
