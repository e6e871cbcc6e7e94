/*
 * ipc/claim.h - a lock in shared memory that is one word: who holds it
 *
 * For what is held for a moment, by a member (ipc/member.h), and needs no repair: where a change is committed by one
 * store. It costs a third of a robust mutex of glibc's under contention, and there is no list that runs through it: a
 * wild write delays, and crashes nobody.
 *
 * A holder that dies is found by those who want the claim: they ask whether that member is alive, and take it over.
 */
#ifndef MP_IPC_CLAIM_H
#define MP_IPC_CLAIM_H

#include "ipc/bell.h"
#include "ipc/member.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct mp_claim {
    /*
     * 0 while nobody holds it. Changed by compare-and-swap only, sequentially consistent: from 0 to its holder, back by
     * that one, and from a dead one to the next. A death leaves the dead one's number.
     */
    _Atomic mp_member holder;
    struct mp_bell freed;
};

/*
 * mp_claim_wait - take it, when nobody holds it, or a dead one
 *
 * Returns false if the time is up first.
 */
bool mp_claim_wait(struct mp_claim *claim, mp_member self, int64_t until_ns);

/* mp_claim_try - take it, if nobody holds it. */
static inline bool mp_claim_try(struct mp_claim *claim, mp_member self)
{
    mp_member nobody = 0;

    return atomic_compare_exchange_strong_explicit(&claim->holder, &nobody, self, memory_order_seq_cst,
                                                   memory_order_relaxed);
}

/* mp_claim_drop - the next one may have it. */
static inline void mp_claim_drop(struct mp_claim *claim, mp_member self)
{
    (void)atomic_compare_exchange_strong_explicit(&claim->holder, &self, 0, memory_order_seq_cst, memory_order_relaxed);
    mp_bell_ring(&claim->freed, 1);
}

#endif
