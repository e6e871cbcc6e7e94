/*
 * pool/callback.h - callbacks of jobs that have ended, and the threads that run them
 */
#ifndef MP_POOL_CALLBACK_H
#define MP_POOL_CALLBACK_H

#include "pool/future.h"

#include <stdbool.h>
#include <time.h>

/* mp_callback_expect - a job with this future is about to be submitted. Nothing, if it has no callback. */
void mp_callback_expect(const mpool_future *future);

/* mp_callback_forget - and it was not. */
void mp_callback_forget(const mpool_future *future);

/* mp_callback_due - with the lock held: the job has ended. Takes the job's reference of the future. */
void mp_callback_due(mpool_future *future);

/* mp_callback_run - run the callback on this thread, if it is still due. The caller holds a reference. */
void mp_callback_run(mpool_future *future);

/* mp_callback_is_mine - with the lock held: is this thread inside the future's callback? */
bool mp_callback_is_mine(const mpool_future *future);

/*
 * mp_callback_finish - run all callbacks that are left, and wait for those that other threads run
 *
 * A callback that this thread is inside of is not waited for. Errors: MPOOL_E_TIMEOUT.
 */
mpool_err mp_callback_finish(struct mp_futures *all, const struct timespec *deadline);

#endif
