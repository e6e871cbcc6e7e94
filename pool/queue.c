/*
 * pool/queue.c - ranges of jobs that wait for a worker, in the order of their numbers
 *
 * Runs in: the supervisor. Owns: the list's nodes.
 *
 * New jobs go to the end. What comes back (a recall, a death, a retry) has smaller numbers than what waits, so its
 * place is near the front, and the walk to it is short. Neighbours with the same rules and history melt into one
 * range, so that a queue which was recalled from and crashed through is as compact as a fresh one.
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

/* Links the range in behind `before` (NULL: at the front), or melts it into a neighbour. */
static void link_behind(struct mp_queue *queue, struct mp_queue_node *before, struct mp_range range)
{
    struct mp_queue_node *after = before != NULL ? before->next : queue->head;
    struct mp_queue_node *node;

    queue->jobs += range.count;
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
    node->range = range;
    node->next = after;
    if (before != NULL)
        before->next = node;
    else
        queue->head = node;
    if (after == NULL)
        queue->tail = node;
    queue->ranges++;
}

void mp_queue_append(struct mp_queue *queue, struct mp_range range)
{
    link_behind(queue, queue->tail, range);
}

void mp_queue_insert(struct mp_queue *queue, struct mp_range range)
{
    struct mp_queue_node *before = NULL;

    for (struct mp_queue_node *node = queue->head; node != NULL && node->range.first < range.first; node = node->next)
        before = node;
    link_behind(queue, before, range);
}

const struct mp_range *mp_queue_head(const struct mp_queue *queue)
{
    return queue->head != NULL ? &queue->head->range : NULL;
}

struct mp_range mp_queue_take(struct mp_queue *queue, uint32_t count)
{
    struct mp_queue_node *node = queue->head;
    struct mp_range taken = node->range;

    taken.count = count;
    queue->jobs -= count;
    if (count < node->range.count) {
        node->range.first += count;
        node->range.count -= count;
        return taken;
    }
    queue->head = node->next;
    if (queue->head == NULL)
        queue->tail = NULL;
    node->next = queue->spare;
    queue->spare = node;
    queue->spares++;
    queue->ranges--;
    return taken;
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
    free_nodes(queue->head);
    free_nodes(queue->spare);
    *queue = (struct mp_queue){0};
}
