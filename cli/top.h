/*
 * cli/top.h - the jobs with the largest or the smallest numbers
 *
 * Among equal numbers the item that comes first in its step does, so that the list does not depend on who was faster.
 */
#ifndef CLI_TOP_H
#define CLI_TOP_H

#include "cli/number.h"

#include <stddef.h>
#include <stdint.h>

struct top_entry {
    struct number number; /* a small one, see cli/number.h */
    uint64_t index;       /* of the item in its step */
    char *name;           /* what people know it by: bytes, with a NUL behind */
    size_t size;
};

/* {0} is an empty one. */
struct top {
    struct top_entry *entries; /* the best one first */
    size_t count, room;
};

/*
 * top_add - one job
 *
 * most      in   so many are kept, at least 1
 * greatest  in   the largest numbers are the best; else the smallest
 */
void top_add(struct top *top, size_t most, bool greatest, const struct number *number, uint64_t index, const char *name,
             size_t size);
void top_free(struct top *top);

#endif
