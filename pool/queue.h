/*
 * pool/queue.h - ranges of jobs that wait for a worker: by priority, then in the order of their numbers
 *
 * A lane is a list of ranges in that order. The queue has a lane for each priority; a gate (pool/gate.h) has one for
 * what waits in front of it. All share the queue's nodes.
 */
#ifndef MP_POOL_QUEUE_H
#define MP_POOL_QUEUE_H

#include "base/ends.h"

#include <mpool/pool.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP_LANES (MPOOL_PRIORITY_MAX - MPOOL_PRIORITY_MIN + 1)

/* What holds for every job of a lot. */
struct mp_rules {
    uint32_t pace;                  /* which pace they run at: one for each function */
    int32_t priority;               /* higher goes first */
    uint32_t retries;               /* attempts after the first */
    uint32_t crash_limit;           /* attempts that crashes may use */
    const struct mp_ends *retry_on; /* an attempt that ended so may be followed by another */
    int64_t backoff_ms;             /* from the first attempt to the second; doubles with each further one, */
    int64_t backoff_most_ms;        /* up to this */
    uint32_t jitter;                /* per cent of the back-off, at most, that are taken off it at random */
    int64_t delay_ms;               /* from the submission to the first attempt */
    int64_t timeout_ms;             /* limit of an attempt; 0: none */
    int64_t cpu_ms;                 /* limit of an attempt's CPU time, which its worker sees to; 0: none */
    int64_t soft_timeout_ms;        /* when an attempt is asked to stop; 0: never */
    uint32_t gate; /* 0: none; else it runs at most gate_room jobs at a time of all that have this number */
    uint32_t gate_room;
    uint64_t group;     /* of jobs that can be cancelled together; never 0 */
    bool limits_memory; /* an attempt has a limit of memory */
    bool alone;         /* runs with nothing else in flight */
    bool once;          /* is not run again once it may have begun */
};

/* Jobs with consecutive numbers, the same rules and the same history. A job with a history is a range of its own. */
struct mp_range {
    uint64_t first;
    uint32_t count;
    uint32_t attempts;     /* charged so far, to each */
    uint32_t crashes;      /* of those, by crashes */
    uint32_t riddles;      /* deaths it was in flight for, and that named nobody */
    bool solo;             /* runs with nothing else in flight: by its rules, or so that the next death has a name */
    int64_t not_before_ms; /* pool/later.h; of no meaning elsewhere */
    const struct mp_rules *rules;
};

/* Jobs that are not wanted any more: those of a group with numbers below `number`, or the one of that number. */
struct mp_wish {
    uint64_t group; /* 0: one job */
    uint64_t number;
    int64_t grace_ms; /* from the word to stop to the kill of the worker */
};

/* mp_wish_part - the part of a range that a wish is about; false: there is none. */
bool mp_wish_part(const struct mp_wish *wish, const struct mp_range *range, struct mp_range *part);

/* Takes a range that was removed. */
typedef void mp_range_taker(void *user, struct mp_range range);

struct mp_queue_node;

/* {0} is an empty lane. */
struct mp_lane {
    struct mp_queue_node *head;
    struct mp_queue_node *tail;
};

/* {0} is an empty queue. */
struct mp_queue {
    struct mp_lane lanes[MP_LANES]; /* the first goes first */
    uint64_t jobs;                  /* in them */
    uint64_t parked_jobs;           /* in lanes of gates */
    size_t ranges;                  /* in both */
    struct mp_queue_node *spare;    /* allocated ahead, so that a step of the core cannot fail half way */
    size_t spares;
};

/* mp_queue_reserve - make sure that `ranges` can be added; false: out of memory. */
bool mp_queue_reserve(struct mp_queue *queue, size_t ranges);

/* mp_queue_put - add a range at its place. Needs a reserve. */
void mp_queue_put(struct mp_queue *queue, struct mp_range range);

/* mp_queue_head - the range that goes first; NULL if the queue is empty. Valid until the queue is changed. */
const struct mp_range *mp_queue_head(const struct mp_queue *queue);

/* mp_queue_take - take the first `count` jobs of the first range; `count` is at most its count. */
struct mp_range mp_queue_take(struct mp_queue *queue, uint32_t count);

/* mp_queue_park - move the first range to a gate's lane, to its place. */
void mp_queue_park(struct mp_queue *queue, struct mp_lane *lane);

/* mp_queue_unpark - move the first range of a gate's lane back to the queue, to its place. False: there is none. */
bool mp_queue_unpark(struct mp_queue *queue, struct mp_lane *lane);

/* mp_queue_remove - take out what the wish is about. Needs a reserve of one range. */
void mp_queue_remove(struct mp_queue *queue, const struct mp_wish *wish, mp_range_taker *taker, void *user);

/* mp_queue_remove_parked - the same for the lane of a gate. */
void mp_queue_remove_parked(struct mp_queue *queue, struct mp_lane *lane, const struct mp_wish *wish,
                            mp_range_taker *taker, void *user);

/* mp_queue_fini - free the nodes. Lanes of gates have to be empty, or were unparked. */
void mp_queue_fini(struct mp_queue *queue);

#endif
