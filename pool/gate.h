/*
 * pool/gate.h - at most so many at a time of the jobs that share a key
 */
#ifndef MP_POOL_GATE_H
#define MP_POOL_GATE_H

#include "pool/queue.h"

struct mp_gate {
    uint32_t room;
    uint32_t inside;       /* jobs in flight */
    struct mp_lane parked; /* what was to be sent, and found the gate full */
};

/* {0} has no gates. They are numbered from 1. */
struct mp_gates {
    struct mp_gate *gates;
    uint32_t count;
    bool freed; /* somebody has come out since mp_gates_let_in() */
};

/* mp_gates_reserve - make sure that the rules' gate is there; false: out of memory. */
bool mp_gates_reserve(struct mp_gates *gates, const struct mp_rules *rules);

/* mp_gates_park - is the gate of the queue's first range full? If so, the range is parked in front of it. */
bool mp_gates_park(struct mp_gates *gates, struct mp_queue *queue);

/* mp_gates_enter - jobs of the range are sent. */
void mp_gates_enter(struct mp_gates *gates, const struct mp_range *range);

/* mp_gates_leave - jobs of the range are not in flight any more. */
void mp_gates_leave(struct mp_gates *gates, const struct mp_range *range);

/* mp_gates_let_in - put what was parked and might go in now back to the queue; `all`: all that was parked. */
void mp_gates_let_in(struct mp_gates *gates, struct mp_queue *queue, bool all);

/* mp_gates_remove - take out of what is parked what the wish is about. */
void mp_gates_remove(struct mp_gates *gates, struct mp_queue *queue, const struct mp_wish *wish, mp_range_taker *taker,
                     void *user);

void mp_gates_fini(struct mp_gates *gates, struct mp_queue *queue);

#endif
