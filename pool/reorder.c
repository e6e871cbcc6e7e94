/*
 * pool/reorder.c - parts that come in any order, and go in that of their jobs' indexes
 *
 * Runs in: the host, on the thread that owns the iterator. Owns: the parts in it.
 *
 * A pairing heap, made of the parts themselves: so nothing is allocated, and nothing can fail where results would be
 * lost. `next` of a part links those that are below the same part, `below` is the first that is below it. To add is one
 * comparison; to take the first out costs, over a series, the logarithm of their number.
 */
#include "pool/reorder.h"

#include <stddef.h>

static uint64_t index_of(const struct mp_part *part)
{
    return part->lot->first_index + part->at;
}

static struct mp_part *meld(struct mp_part *one, struct mp_part *other)
{
    struct mp_part *first = one, *second = other;

    if (one == NULL || other == NULL)
        return one != NULL ? one : other;
    if (index_of(other) < index_of(one)) {
        first = other;
        second = one;
    }
    second->next = first->below;
    first->below = second;
    return first;
}

/* Melds a list of parts: in pairs from its begin, then those from its end. */
static struct mp_part *meld_all(struct mp_part *list)
{
    struct mp_part *pairs = NULL, *all = NULL;

    while (list != NULL) {
        struct mp_part *one = list, *other = one->next, *pair;

        list = other != NULL ? other->next : NULL;
        one->next = NULL;
        if (other != NULL)
            other->next = NULL;
        pair = meld(one, other);
        pair->next = pairs;
        pairs = pair;
    }
    while (pairs != NULL) {
        struct mp_part *pair = pairs;

        pairs = pair->next;
        pair->next = NULL;
        all = meld(all, pair);
    }
    return all;
}

static struct mp_part *take_first(struct mp_reorder *reorder)
{
    struct mp_part *part = reorder->first;

    reorder->first = meld_all(part->below);
    part->below = NULL;
    return part;
}

void mp_reorder_put(struct mp_reorder *reorder, struct mp_part *part)
{
    part->next = part->below = NULL;
    reorder->first = meld(reorder->first, part);
}

struct mp_part *mp_reorder_get(struct mp_reorder *reorder)
{
    struct mp_part *list = NULL, **last = &list;

    while (reorder->first != NULL && index_of(reorder->first) == reorder->next_index) {
        struct mp_part *part = take_first(reorder);

        reorder->next_index += part->count;
        *last = part;
        last = &part->next;
    }
    return list;
}

void mp_reorder_fini(struct mp_reorder *reorder)
{
    while (reorder->first != NULL)
        mp_part_free(take_first(reorder));
}
