/*
 * base/thread.h - threads of ours in a program that is not ours
 */
#ifndef MP_BASE_THREAD_H
#define MP_BASE_THREAD_H

#include <mpool/error.h>

#include <pthread.h>

/*
 * mp_thread_start - start a thread with all signals blocked: none of the program's is handled on it, nor on those that
 * it starts
 *
 * Errors: MPOOL_E_SYSTEM.
 */
mpool_err mp_thread_start(pthread_t *thread, void *(*run)(void *), void *data);

#endif
