/*
 * base/thread.c - threads of ours in a program that is not ours
 *
 * Runs in: any process.
 */
#include "base/thread.h"

#include "base/error.h"

#include <signal.h>
#include <string.h>

mpool_err mp_thread_start(pthread_t *thread, void *(*run)(void *), void *data)
{
    sigset_t all, before;
    int error;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(thread, NULL, run, data);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0 ? MPOOL_OK : mp_error(MPOOL_E_SYSTEM, "cannot start a thread: %s", strerror(error));
}
