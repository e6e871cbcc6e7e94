/*
 * pool/threads.h - how many threads this process has: one that is to be forked may have one
 */
#ifndef MP_POOL_THREADS_H
#define MP_POOL_THREADS_H

#include <mpool/error.h>

/*
 * mp_threads_check_single - has this process one thread?
 *
 * Waits up to 50 ms for threads that are just ending. Errors: MPOOL_E_THREADS, MPOOL_E_SYSTEM. Calls: mpool_init(), and
 * a worker program as it starts.
 */
mpool_err mp_threads_check_single(void);

#endif
