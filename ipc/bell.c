/*
 * ipc/bell.c - to sleep until another process rings
 *
 * Runs in: any process, any thread. Owns: nothing.
 *
 * The bit is taken back by a ring that has woken all there were. One who looked, and had not gone to sleep by then,
 * finds that the word is not what it saw, and does not sleep.
 */
#include "ipc/bell.h"

#include "base/clock.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool mp_bell_wait(struct mp_bell *bell, uint32_t seen, int64_t until_ns)
{
    int64_t left = until_ns - mp_clock_ns();
    struct timespec slice = {0};

    if (left <= 0)
        return false;
    slice.tv_nsec = left < MP_BELL_SLICE_NS ? left : MP_BELL_SLICE_NS;
    return syscall(SYS_futex, &bell->word, FUTEX_WAIT, seen, &slice, NULL, 0) == 0;
}

int mp_bell_wake(struct mp_bell *bell, int most)
{
    uint32_t rung = atomic_fetch_add_explicit(&bell->word, 2, memory_order_seq_cst) + 2;
    long woken = syscall(SYS_futex, &bell->word, FUTEX_WAKE, most, NULL, NULL, 0);

    if (woken < most)
        (void)atomic_compare_exchange_strong_explicit(&bell->word, &rung, rung & ~1U, memory_order_seq_cst,
                                                      memory_order_relaxed);
    return woken > 0 ? (int)woken : 0;
}
