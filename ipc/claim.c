/*
 * ipc/claim.c - a lock in shared memory that is one word: who holds it
 *
 * Runs in: any process, any thread. Owns: nothing.
 *
 * Who waits first tries for as long as a claim is held as a rule: to fall asleep and be woken costs a hundred times
 * more. Then it asks whether the holder is alive, which needs no system call either, and sleeps.
 */
#include "ipc/claim.h"

#include "base/clock.h"
#include "ipc/relax.h"

#define TRIES 100

/* A dead holder is replaced by one of those who want to be the next. */
static bool take_over(struct mp_claim *claim, mp_member self)
{
    mp_member holder = atomic_load_explicit(&claim->holder, memory_order_relaxed);

    if (holder == 0)
        return mp_claim_try(claim, self);
    return !mp_member_alive(holder) && atomic_compare_exchange_strong_explicit(
                                           &claim->holder, &holder, self, memory_order_seq_cst, memory_order_relaxed);
}

bool mp_claim_wait(struct mp_claim *claim, mp_member self, int64_t until_ns)
{
    uint32_t seen;

    for (;;) {
        for (int i = 0; i < TRIES; i++) {
            if (atomic_load_explicit(&claim->holder, memory_order_relaxed) == 0 && mp_claim_try(claim, self))
                return true;
            mp_relax();
        }
        seen = mp_bell_look(&claim->freed);
        if (take_over(claim, self))
            return true;
        if (mp_clock_ns() >= until_ns)
            return false;
        mp_bell_wait(&claim->freed, seen, until_ns);
    }
}
