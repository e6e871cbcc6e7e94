/*
 * pool/wait.h - threads that wait for futures, as those who complete them see them
 */
#ifndef MP_POOL_WAIT_H
#define MP_POOL_WAIT_H

#include "pool/future.h"

#include <stdbool.h>

struct mp_wait;

/*
 * A thread that waits for a future. It is the thread's own memory, and stays valid until the thread has taken the
 * future's lock again: so who completes the future does all it has to do with it under that lock.
 */
struct mp_wait_link {
    struct mp_wait *wait;
    struct mp_wait_link *next;     /* of those who wait for the same future; under its lock */
    struct mp_wait_link *next_due; /* of those whose callbacks the thread may run; under the wait's lock */
    mpool_future *future;
};

/* mp_wait_due - with the future's lock held: its callback is due, and the thread may run it. */
void mp_wait_due(struct mp_wait_link *link);

/* mp_wait_done - with the future's lock held: it is done. */
void mp_wait_done(struct mp_wait_link *link);

#endif
