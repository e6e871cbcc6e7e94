/*
 * pool/gate.c - at most so many at a time of the jobs that share a key
 *
 * Runs in: the supervisor, as a part of the core. Owns: the gates.
 *
 * A range that finds its gate full when its turn comes is parked in front of it, so that what comes behind it in the
 * queue can go ahead; and it is put back to its place in the queue when somebody has come out. No job knows more of
 * this than that its turn comes a second time.
 */
#include "pool/gate.h"

#include <stdlib.h>
#include <string.h>

static struct mp_gate *gate_of(const struct mp_gates *gates, const struct mp_range *range)
{
    return range->rules->gate > 0 ? &gates->gates[range->rules->gate - 1] : NULL;
}

bool mp_gates_reserve(struct mp_gates *gates, const struct mp_rules *rules)
{
    struct mp_gate *more;

    if (rules->gate > gates->count) {
        more = realloc(gates->gates, rules->gate * sizeof *more);
        if (more == NULL)
            return false;
        memset(more + gates->count, 0, (rules->gate - gates->count) * sizeof *more);
        gates->gates = more;
        gates->count = rules->gate;
    }
    if (rules->gate > 0)
        gates->gates[rules->gate - 1].room = rules->gate_room;
    return true;
}

bool mp_gates_park(struct mp_gates *gates, struct mp_queue *queue)
{
    struct mp_gate *gate = gate_of(gates, mp_queue_head(queue));

    if (gate == NULL || gate->inside < gate->room)
        return false;
    mp_queue_park(queue, &gate->parked);
    return true;
}

void mp_gates_enter(struct mp_gates *gates, const struct mp_range *range)
{
    struct mp_gate *gate = gate_of(gates, range);

    if (gate != NULL)
        gate->inside += range->count;
}

void mp_gates_leave(struct mp_gates *gates, const struct mp_range *range)
{
    struct mp_gate *gate = gate_of(gates, range);

    if (gate == NULL)
        return;
    gate->inside -= range->count;
    gates->freed = true;
}

void mp_gates_let_in(struct mp_gates *gates, struct mp_queue *queue, bool all)
{
    if (!gates->freed && !all)
        return;
    gates->freed = false;
    for (uint32_t i = 0; i < gates->count; i++) {
        struct mp_gate *gate = &gates->gates[i];

        for (uint32_t n = gate->inside; (all || n < gate->room) && mp_queue_unpark(queue, &gate->parked); n++)
            continue;
    }
}

void mp_gates_remove(struct mp_gates *gates, struct mp_queue *queue, const struct mp_wish *wish, mp_range_taker *taker,
                     void *user)
{
    gates->freed = true; /* what was let in and waits may be among them, and then another can go in */
    for (uint32_t i = 0; i < gates->count; i++)
        mp_queue_remove_parked(queue, &gates->gates[i].parked, wish, taker, user);
}

void mp_gates_fini(struct mp_gates *gates, struct mp_queue *queue)
{
    mp_gates_let_in(gates, queue, true);
    free(gates->gates);
    *gates = (struct mp_gates){0};
}
