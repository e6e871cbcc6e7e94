/*
 * ipc/bell.h - to sleep until another process rings
 *
 * An event count in one word of shared memory, over futexes: bit 0 says that somebody may sleep, the rest counts the
 * rings. Who waits for something looks at the bell first, then at the thing, and sleeps only if the thing is not there
 * and nobody has rung since. Who changes the thing rings afterwards, which costs one read while nobody sleeps.
 *
 *     waiter:  seen = mp_bell_look(bell);  if (there is nothing)  mp_bell_wait(bell, seen, until_ns);  and again
 *     ringer:  change, by a sequentially consistent store or read-modify-write;  mp_bell_ring(bell, 1);
 *
 * A death cannot break it: there is no owner and no list in it. A sleeper that is killed leaves the bit, which the next
 * ring takes back; one that is killed after it was woken takes a ring with it, so nobody sleeps for longer than
 * MP_BELL_SLICE_NS without looking again. A wild write costs a delay of that length, too.
 */
#ifndef MP_IPC_BELL_H
#define MP_IPC_BELL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define MP_BELL_SLICE_NS INT64_C(50000000)
#define MP_BELL_ALL INT32_MAX

struct mp_bell {
    _Atomic uint32_t word;
};

/* mp_bell_look - before the look at the thing: what the bell says, for mp_bell_wait(). */
static inline uint32_t mp_bell_look(struct mp_bell *bell)
{
    return atomic_fetch_or_explicit(&bell->word, 1, memory_order_seq_cst) | 1;
}

/*
 * mp_bell_wait - sleep until somebody rings
 *
 * seen      in   from mp_bell_look(); if there was a ring since, there is no sleep
 * until_ns  in   CLOCK_MONOTONIC; it sleeps no longer than MP_BELL_SLICE_NS either
 *
 * Returns when there may be something: the caller looks; and whether a ring has woken it. Calls: any thread of any
 * process.
 */
bool mp_bell_wait(struct mp_bell *bell, uint32_t seen, int64_t until_ns);

/* mp_bell_wake - what mp_bell_ring() does when somebody may sleep. */
int mp_bell_wake(struct mp_bell *bell, int most);

/*
 * mp_bell_ring - behind a change: wake as many as can use it, MP_BELL_ALL for all
 *
 * Returns how many were asleep, and have been woken. If that is less than `most`, nobody sleeps who looked before.
 */
static inline int mp_bell_ring(struct mp_bell *bell, int most)
{
    if ((atomic_load_explicit(&bell->word, memory_order_seq_cst) & 1) != 0)
        return mp_bell_wake(bell, most);
    return 0;
}

#endif
