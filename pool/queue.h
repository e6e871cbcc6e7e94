/*
 * pool/queue.h - ranges of jobs that wait for a worker, in the order of their numbers
 */
#ifndef MP_POOL_QUEUE_H
#define MP_POOL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What holds for every job of a lot. */
struct mp_rules {
    uint32_t pace;           /* which pace they run at: one for each function */
    uint32_t retries;        /* attempts after the first */
    uint32_t crash_limit;    /* attempts that crashes may use */
    int64_t timeout_ms;      /* limit of an attempt; 0: none */
    int64_t soft_timeout_ms; /* when an attempt is asked to stop; 0: never */
    bool alone;              /* runs with nothing else in flight, always */
};

/* Jobs with consecutive numbers, the same rules and the same history. A job with a history is a range of its own. */
struct mp_range {
    uint64_t first;
    uint32_t count;
    uint32_t attempts; /* charged so far, to each */
    uint32_t crashes;  /* of those, by crashes */
    uint32_t riddles;  /* deaths it was in flight for, and that named nobody */
    bool solo;         /* runs with nothing else in flight: by its rules, or so that the next death has a name */
    const struct mp_rules *rules;
};

struct mp_queue_node;

/* {0} is an empty queue. */
struct mp_queue {
    struct mp_queue_node *head;
    struct mp_queue_node *tail;
    struct mp_queue_node *spare; /* allocated ahead, so that a step of the core cannot fail half way */
    size_t spares;
    size_t ranges;
    uint64_t jobs;
};

/* mp_queue_reserve - make sure that `ranges` can be added; false: out of memory. */
bool mp_queue_reserve(struct mp_queue *queue, size_t ranges);

/* mp_queue_append - add behind all others. Needs a reserve. */
void mp_queue_append(struct mp_queue *queue, struct mp_range range);

/* mp_queue_insert - add at the place of its number: for what comes back. Needs a reserve. */
void mp_queue_insert(struct mp_queue *queue, struct mp_range range);

/* mp_queue_head - the first range; NULL if the queue is empty. Valid until the queue is changed. */
const struct mp_range *mp_queue_head(const struct mp_queue *queue);

/* mp_queue_take - take the first `count` jobs of the first range; `count` is at most its count. */
struct mp_range mp_queue_take(struct mp_queue *queue, uint32_t count);

void mp_queue_fini(struct mp_queue *queue);

#endif
