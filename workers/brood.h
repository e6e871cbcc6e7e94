/*
 * workers/brood.h - jobs that a job has submitted, until its result is on its way
 */
#ifndef MP_WORKERS_BROOD_H
#define MP_WORKERS_BROOD_H

#include "base/buf.h"
#include "serialize/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* {0} has none. */
struct mp_brood {
    struct mp_buf list;  /* struct mp_birth each, in their order; where the arguments are is in nobody's mind yet */
    struct mp_buf args;  /* theirs, one after the other */
    struct mp_buf tasks; /* struct mp_bytes each, likewise: children in a row that have the same share it */
    struct mp_buf task_bytes; /* theirs */
};

static inline uint32_t mp_brood_count(const struct mp_brood *brood)
{
    return (uint32_t)(brood->list.size / sizeof(struct mp_birth));
}

/* mp_brood_bytes - what they take in a message, about. */
static inline size_t mp_brood_bytes(const struct mp_brood *brood)
{
    return brood->args.size + brood->task_bytes.size;
}

/* mp_brood_merge - append those of one job; at: its place in the frame. False: out of memory. */
bool mp_brood_merge(struct mp_brood *to, const struct mp_brood *from, uint32_t at);

/* mp_brood_show - put them into a message, which points here afterwards. */
void mp_brood_show(struct mp_brood *brood, struct mp_answers *answers);

static inline void mp_brood_clear(struct mp_brood *brood)
{
    brood->list.size = brood->args.size = brood->tasks.size = brood->task_bytes.size = 0;
}

#endif
