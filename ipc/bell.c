/*
 * ipc/bell.c - to sleep until another process rings
 *
 * Runs in: any process, any thread. Owns: nothing.
 *
 * The bit is taken back by a ring that wakes all there are. One who has looked, and has not gone to sleep by then,
 * finds that the word is not what it saw, and does not sleep.
 *
 * Nobody may sleep without the bit, since no ring would wake it. So whoever takes it back wakes afterwards, not before:
 * somebody may look, and fall asleep, in between. It did in 4 of 10 round trips of two processes [measured].
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

static int wake(struct mp_bell *bell, int most)
{
    long woken = syscall(SYS_futex, &bell->word, FUTEX_WAKE, most, NULL, NULL, 0);

    return woken > 0 ? (int)woken : 0;
}

/* The bit is taken back before all are woken. */
static int wake_all(struct mp_bell *bell)
{
    (void)atomic_fetch_add_explicit(&bell->word, 2, memory_order_seq_cst);
    (void)atomic_fetch_and_explicit(&bell->word, ~1U, memory_order_seq_cst);
    return wake(bell, MP_BELL_ALL);
}

/* The bit stays, for the others. If there are none it is taken back, and whoever has come in between is woken. */
int mp_bell_wake(struct mp_bell *bell, int most)
{
    uint32_t rung;
    int woken;

    if (most == MP_BELL_ALL)
        return wake_all(bell);
    rung = atomic_fetch_add_explicit(&bell->word, 2, memory_order_seq_cst) + 2;
    woken = wake(bell, most);
    if (woken < most && atomic_compare_exchange_strong_explicit(&bell->word, &rung, rung & ~1U, memory_order_seq_cst,
                                                                memory_order_relaxed))
        (void)wake(bell, MP_BELL_ALL);
    return woken;
}
