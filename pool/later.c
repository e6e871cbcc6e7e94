/*
 * pool/later.c - ranges of jobs whose time has not come: delayed, or backing off before another attempt
 *
 * Runs in: the supervisor. Owns: the heap. A binary heap (Williams 1964) by time, then by number.
 */
#include "pool/later.h"

#include <stdlib.h>

bool mp_later_reserve(struct mp_later *later, size_t ranges)
{
    struct mp_range *bigger;
    size_t room = 2 * (later->count + ranges);

    if (later->count + ranges <= later->room)
        return true;
    bigger = realloc(later->heap, room * sizeof *bigger);
    if (bigger == NULL)
        return false;
    later->heap = bigger;
    later->room = room;
    return true;
}

static bool comes_before(const struct mp_range *a, const struct mp_range *b)
{
    if (a->not_before_ms != b->not_before_ms)
        return a->not_before_ms < b->not_before_ms;
    return a->first < b->first;
}

/* The range sinks from the place `at`, which is free, to where it belongs. */
static void sink(struct mp_later *later, size_t at, struct mp_range range)
{
    for (;;) {
        size_t child = 2 * at + 1;

        if (child + 1 < later->count && comes_before(&later->heap[child + 1], &later->heap[child]))
            child++;
        if (child >= later->count || !comes_before(&later->heap[child], &range))
            break;
        later->heap[at] = later->heap[child];
        at = child;
    }
    later->heap[at] = range;
}

void mp_later_put(struct mp_later *later, struct mp_range range)
{
    size_t at = later->count++;

    for (; at > 0 && comes_before(&range, &later->heap[(at - 1) / 2]); at = (at - 1) / 2)
        later->heap[at] = later->heap[(at - 1) / 2];
    later->heap[at] = range;
    later->jobs += range.count;
}

int64_t mp_later_due(const struct mp_later *later)
{
    return later->count > 0 ? later->heap[0].not_before_ms : INT64_MAX;
}

struct mp_range mp_later_take(struct mp_later *later)
{
    struct mp_range first = later->heap[0];

    later->jobs -= first.count;
    if (--later->count > 0)
        sink(later, 0, later->heap[later->count]);
    return first;
}

void mp_later_remove(struct mp_later *later, const struct mp_wish *wish, mp_range_taker *taker, void *user)
{
    size_t count = later->count;

    for (size_t i = 0; i < count;) {
        struct mp_range range = later->heap[i], part, rest = range;

        if (!mp_wish_part(wish, &range, &part)) {
            i++;
            continue;
        }
        taker(user, part);
        later->jobs -= part.count;
        later->heap[i] = later->heap[--count]; /* what is left goes behind all others, and those close up */
        later->heap[count] = later->heap[--later->count];
        rest.count = (uint32_t)(part.first - range.first);
        if (rest.count > 0)
            later->heap[later->count++] = rest;
        rest.first = part.first + part.count;
        rest.count = range.count - rest.count - part.count;
        if (rest.count > 0)
            later->heap[later->count++] = rest;
    }
    for (size_t at = later->count / 2; at-- > 0;)
        sink(later, at, later->heap[at]);
}

void mp_later_fini(struct mp_later *later)
{
    free(later->heap);
    *later = (struct mp_later){0};
}
