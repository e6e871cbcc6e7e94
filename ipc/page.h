/*
 * ipc/page.h - what a worker shows of itself while it runs: one page of shared memory for each slot
 *
 * Written by the worker, read by the supervisor to know whom to blame for a death. The supervisor treats it as input: a
 * worker may have scribbled over it. The fork server zeroes the page before it forks the slot's next worker, after the
 * death of the last one has been reported, so no two generations share its contents.
 */
#ifndef MP_IPC_PAGE_H
#define MP_IPC_PAGE_H

#include "ipc/trace.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define MP_PAGE_BYTES 4096
#define MP_PAGE_WHY 1024

struct mp_page {
    /*
     * The ticket claimed next in the low half, the end of what may be claimed in the high half. Both are changed by
     * compare-and-swap on the whole word: the main thread raises next, the thread that receives raises end with a frame
     * and lowers it for a recall. So a job is either claimed or given back, never both. A death leaves it as it was.
     */
    _Atomic uint64_t claim;
    /*
     * How many claimed jobs have returned: main thread only, after the result is staged. Equal to next between two
     * jobs.
     */
    _Atomic uint32_t returned;
    /*
     * CLOCK_MONOTONIC in nanoseconds, stored by the main thread before the claim of a job that may have a limit. A
     * reader that sees the same claim before and after reading the mark has the mark of that claim or of a later one.
     */
    _Atomic int64_t mark_ns;
    _Atomic uint32_t in_setup;  /* not 0: its initializer runs */
    _Atomic uint32_t has_group; /* not 0: it may have made a cgroup (base/memgroup.h) */
    /* Why the worker does not start, if it can say so. NUL-terminated, unless somebody has scribbled over it. */
    char why[MP_PAGE_WHY];
    /* Signal handlers only. */
    struct mp_crash crash;
};

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "the page needs lock-free 64-bit atomics");

static inline uint32_t mp_page_next(uint64_t claim)
{
    return (uint32_t)claim;
}

static inline uint32_t mp_page_end(uint64_t claim)
{
    return (uint32_t)(claim >> 32);
}

static inline uint64_t mp_page_word(uint32_t next, uint32_t end)
{
    return (uint64_t)end << 32 | next;
}

/* mp_page_claim - main thread: take the next ticket; false: there is none. */
static inline bool mp_page_claim(struct mp_page *page, uint32_t *ticket)
{
    uint64_t word = atomic_load_explicit(&page->claim, memory_order_acquire);

    do {
        if (mp_page_next(word) == mp_page_end(word))
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&page->claim, &word,
                                                    mp_page_word(mp_page_next(word) + 1, mp_page_end(word)),
                                                    memory_order_acq_rel, memory_order_acquire));
    *ticket = mp_page_next(word);
    return true;
}

/* mp_page_extend - receiving thread: `count` more tickets may be claimed. Returns the first of them. */
static inline uint32_t mp_page_extend(struct mp_page *page, uint32_t count)
{
    uint64_t word = atomic_load_explicit(&page->claim, memory_order_relaxed);

    while (!atomic_compare_exchange_weak_explicit(&page->claim, &word,
                                                  mp_page_word(mp_page_next(word), mp_page_end(word) + count),
                                                  memory_order_acq_rel, memory_order_relaxed))
        continue;
    return mp_page_end(word);
}

/* mp_page_cut - receiving thread: keep half of what is not claimed, rounded down, or nothing. Returns the new end. */
static inline uint32_t mp_page_cut(struct mp_page *page, bool all)
{
    uint64_t word = atomic_load_explicit(&page->claim, memory_order_acquire);
    uint32_t end;

    do {
        end = mp_page_next(word) + (all ? 0 : (mp_page_end(word) - mp_page_next(word)) / 2);
    } while (!atomic_compare_exchange_weak_explicit(&page->claim, &word, mp_page_word(mp_page_next(word), end),
                                                    memory_order_acq_rel, memory_order_acquire));
    return end;
}

#endif
