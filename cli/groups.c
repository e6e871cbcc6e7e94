/*
 * cli/groups.c - the groups of a total, each with what its jobs come to
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing; groups belong to their user.
 */
#include "cli/groups.h"

#include "cli/memory.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare_keys(const void *left, const void *right)
{
    const struct group *a = left, *b = right;
    int order = memcmp(a->key, b->key, a->size < b->size ? a->size : b->size);

    return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

struct group *groups_find(const struct groups *groups, const char *key, size_t size)
{
    const struct group wanted = {.key = key, .size = size};
    struct group *const *found = tfind(&wanted, &groups->root, compare_keys);

    return found != NULL ? *found : NULL;
}

struct group *groups_add(struct groups *groups, const char *key, size_t size)
{
    struct group *group = memory_get(sizeof *group + size + 1);

    memcpy(group->bytes, key, size);
    group->key = group->bytes;
    group->size = size;
    if (tsearch(group, &groups->root, compare_keys) == NULL)
        memory_exhausted();
    groups->count++;
    return group;
}

/* Called for each node of the tree, up to three times; in the order of the keys it is once each. */
static void take(const void *node, VISIT visit, void *user)
{
    struct group *const *group = node;
    struct group ***next = user;

    if (visit == postorder || visit == leaf)
        *(*next)++ = *group;
}

struct group **groups_list(const struct groups *groups)
{
    struct group **list = memory_get(groups->count * sizeof(struct group *));
    struct group **next = list;

    twalk_r(groups->root, take, &next);
    return list;
}

static void free_group(void *memory)
{
    struct group *group = memory;

    aggregate_free(&group->aggregate);
    top_free(&group->top);
    free(group);
}

void groups_free(struct groups *groups)
{
    tdestroy(groups->root, free_group);
    *groups = (struct groups){0};
}
