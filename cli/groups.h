/*
 * cli/groups.h - the groups of a total, each with what its jobs come to
 *
 * A total that is not grouped has one group, whose key is empty.
 */
#ifndef CLI_GROUPS_H
#define CLI_GROUPS_H

#include "cli/aggregate.h"
#include "cli/top.h"

struct group {
    const char *key; /* UTF-8, perhaps with NULs in it, and one behind */
    size_t size;
    struct aggregate aggregate;
    struct top top; /* where jobs are named, instead of the aggregate */
    char bytes[];   /* of the key */
};

/* {0} is an empty one. */
struct groups {
    void *root; /* of a tree, sorted by key */
    size_t count;
};

/* groups_find - the group with a key; NULL if there is none */
struct group *groups_find(const struct groups *groups, const char *key, size_t size);

/* groups_add - a group of nothing; its key is new */
struct group *groups_add(struct groups *groups, const char *key, size_t size);

/* groups_list - all of them, in the order of their keys' bytes; to be released with free() */
struct group **groups_list(const struct groups *groups);

void groups_free(struct groups *groups);

#endif
