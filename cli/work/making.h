/*
 * cli/work/making.h - the files that a job makes, from its beginning to its end
 *
 * Where they lie meanwhile is cli/made.h's.
 */
#ifndef CLI_WORK_MAKING_H
#define CLI_WORK_MAKING_H

#include "cli/late.h"

#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>

/* The longest reason, with its NUL. */
#define MAKING_WHY 512

/* It lives in the zone that it was read with. */
struct making {
    const char **places; /* where they belong, as the job says */
    const char **files;  /* what the program is to write to; until making_begin() the places */
    size_t count;
};

/*
 * making_read - which files a job makes
 *
 * args      in   the job's, see cli/work/order.h
 * making    out  set on success only. `files` are absolute if the program has another directory.
 *
 * Returns NULL; or what is wrong, one line.
 */
const char *making_read(const msgpack_object *args, msgpack_zone *zone, struct making *making);

/* making_begin - make room for them; false: it cannot be, and `why` says so */
bool making_begin(struct making *making, msgpack_zone *zone, char why[MAKING_WHY]);

/* making_end - they are as they have to be, or `why` says which is not; then nothing is left of them */
bool making_end(const struct making *making, char why[MAKING_WHY]);

/* making_drop - nothing is left of them */
void making_drop(const struct making *making);

#endif
