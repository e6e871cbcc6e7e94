/*
 * pool/queue.c - ranges of jobs that wait for a worker: by priority, then in the order of their numbers
 *
 * Runs in: the supervisor. Owns: the lists' nodes.
 *
 * New jobs go to the end of their lane. What comes back (a recall, a death, a retry) has smaller numbers than what
 * waits, so its place is near the front, and the walk to it is short. Neighbours with the same rules and history melt
 * into one range, so that a queue which was recalled from and crashed through is as compact as a fresh one.
 */
#include "pool/queue.h"

#include <stdlib.h>

struct mp_queue_node {
    struct mp_queue_node *next;
    struct mp_range range;
};

bool mp_queue_reserve(struct mp_queue *queue, size_t ranges)
{
    while (queue->spares < ranges) {
        struct mp_queue_node *node = malloc(sizeof *node);

        if (node == NULL)
            return false;
        node->next = queue->spare;
        queue->spare = node;
        queue->spares++;
    }
    return true;
}

static bool melts(const struct mp_range *a, const struct mp_range *b)
{
    return a->first + a->count == b->first && a->rules == b->rules && a->attempts == b->attempts &&
           a->crashes == b->crashes && a->riddles == b->riddles && a->solo == b->solo &&
           a->count <= UINT32_MAX - b->count;
}

static bool goes_before(const struct mp_range *a, const struct mp_range *b)
{
    if (a->rules->priority != b->rules->priority)
        return a->rules->priority > b->rules->priority;
    return a->first < b->first;
}

bool mp_wish_part(const struct mp_wish *wish, const struct mp_range *range, struct mp_range *part)
{
    *part = *range;
    if (wish->group == 0) {
        part->first = wish->number;
        part->count = 1;
        return wish->number - range->first < range->count;
    }
    if (wish->number - range->first < range->count)
        part->count = (uint32_t)(wish->number - range->first);
    return wish->group == range->rules->group && wish->number > range->first;
}

/* ---- lanes ------------------------------------------------------------------------------------------------------- */

/* Links the range in behind `before` (NULL: at the front), or melts it into a neighbour. */
static void link_behind(struct mp_queue *queue, struct mp_lane *lane, struct mp_queue_node *before,
                        struct mp_range range)
{
    struct mp_queue_node *after = before != NULL ? before->next : lane->head;
    struct mp_queue_node *node;

    if (before != NULL && melts(&before->range, &range)) {
        before->range.count += range.count;
        return;
    }
    if (after != NULL && melts(&range, &after->range)) {
        after->range.first = range.first;
        after->range.count += range.count;
        return;
    }
    node = queue->spare;
    queue->spare = node->next;
    queue->spares--;
    queue->ranges++;
    node->range = range;
    node->next = after;
    if (before != NULL)
        before->next = node;
    else
        lane->head = node;
    if (after == NULL)
        lane->tail = node;
}

static void put(struct mp_queue *queue, struct mp_lane *lane, struct mp_range range)
{
    struct mp_queue_node *before = NULL;

    if (lane->tail != NULL && goes_before(&lane->tail->range, &range))
        before = lane->tail;
    else
        for (struct mp_queue_node *node = lane->head; node != NULL && goes_before(&node->range, &range);
             node = node->next)
            before = node;
    link_behind(queue, lane, before, range);
}

/* Takes the first `count` jobs of the lane. */
static struct mp_range take(struct mp_queue *queue, struct mp_lane *lane, uint32_t count)
{
    struct mp_queue_node *node = lane->head;
    struct mp_range taken = node->range;

    taken.count = count;
    if (count < node->range.count) {
        node->range.first += count;
        node->range.count -= count;
        return taken;
    }
    lane->head = node->next;
    if (lane->head == NULL)
        lane->tail = NULL;
    node->next = queue->spare;
    queue->spare = node;
    queue->spares++;
    queue->ranges--;
    return taken;
}

/* Takes a part out of a node's range. What is behind the part becomes a range of its own, if something is before it. */
static void cut_out(struct mp_queue *queue, struct mp_queue_node *node, const struct mp_range *part)
{
    struct mp_queue_node *rest;
    uint32_t before = (uint32_t)(part->first - node->range.first), behind = node->range.count - before - part->count;

    if (before == 0) {
        node->range.first += part->count;
        node->range.count -= part->count;
        return;
    }
    node->range.count = before;
    if (behind == 0)
        return;
    rest = queue->spare;
    queue->spare = rest->next;
    queue->spares--;
    queue->ranges++;
    rest->range = node->range;
    rest->range.first = part->first + part->count;
    rest->range.count = behind;
    rest->next = node->next;
    node->next = rest;
}

static uint64_t remove_from(struct mp_queue *queue, struct mp_lane *lane, const struct mp_wish *wish,
                            mp_range_taker *taker, void *user)
{
    struct mp_queue_node **link = &lane->head, *last = NULL;
    uint64_t removed = 0;

    while (*link != NULL) {
        struct mp_queue_node *node = *link;
        struct mp_range part;

        if (mp_wish_part(wish, &node->range, &part)) {
            cut_out(queue, node, &part);
            removed += part.count;
            taker(user, part);
        }
        if (node->range.count > 0) {
            last = node;
            link = &node->next;
            continue;
        }
        *link = node->next;
        node->next = queue->spare;
        queue->spare = node;
        queue->spares++;
        queue->ranges--;
    }
    lane->tail = last;
    return removed;
}

/* ---- the queue --------------------------------------------------------------------------------------------------- */

/* The first lane that is not empty; NULL: all are. */
static struct mp_lane *first_lane(const struct mp_queue *queue)
{
    for (unsigned i = 0; queue->jobs > 0 && i < MP_LANES; i++)
        if (queue->lanes[i].head != NULL)
            return (struct mp_lane *)(uintptr_t)&queue->lanes[i];
    return NULL;
}

void mp_queue_put(struct mp_queue *queue, struct mp_range range)
{
    queue->jobs += range.count;
    put(queue, &queue->lanes[MPOOL_PRIORITY_MAX - range.rules->priority], range);
}

const struct mp_range *mp_queue_head(const struct mp_queue *queue)
{
    const struct mp_lane *lane = first_lane(queue);

    return lane != NULL ? &lane->head->range : NULL;
}

struct mp_range mp_queue_take(struct mp_queue *queue, uint32_t count)
{
    struct mp_range taken = take(queue, first_lane(queue), count);

    queue->jobs -= count;
    return taken;
}

void mp_queue_park(struct mp_queue *queue, struct mp_lane *lane)
{
    struct mp_range range = mp_queue_take(queue, mp_queue_head(queue)->count);

    queue->parked_jobs += range.count;
    put(queue, lane, range);
}

bool mp_queue_unpark(struct mp_queue *queue, struct mp_lane *lane)
{
    struct mp_range range;

    if (lane->head == NULL)
        return false;
    range = take(queue, lane, lane->head->range.count);
    queue->parked_jobs -= range.count;
    mp_queue_put(queue, range);
    return true;
}

void mp_queue_remove(struct mp_queue *queue, const struct mp_wish *wish, mp_range_taker *taker, void *user)
{
    for (unsigned i = 0; i < MP_LANES; i++)
        queue->jobs -= remove_from(queue, &queue->lanes[i], wish, taker, user);
}

void mp_queue_remove_parked(struct mp_queue *queue, struct mp_lane *lane, const struct mp_wish *wish,
                            mp_range_taker *taker, void *user)
{
    queue->parked_jobs -= remove_from(queue, lane, wish, taker, user);
}

static void free_nodes(struct mp_queue_node *node)
{
    while (node != NULL) {
        struct mp_queue_node *next = node->next;

        free(node);
        node = next;
    }
}

void mp_queue_fini(struct mp_queue *queue)
{
    for (unsigned i = 0; i < MP_LANES; i++)
        free_nodes(queue->lanes[i].head);
    free_nodes(queue->spare);
    *queue = (struct mp_queue){0};
}
