/*
 * workers/local.c - a value that each process has of its own
 *
 * Runs in: any process. Owns: the list of the locals that this process has set; their memory is the program's.
 *
 * A forked process has copies of all values. It is told from its parent by a number: values that were set under another
 * one are not its own.
 */
#include "workers/local.h"

#include <mpool/local.h>

#include <pthread.h>
#include <stddef.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned process = 1;
static mpool_local *first; /* the one set last */

void mp_locals_begin(void)
{
    process++;
    first = NULL;
}

void *mpool_local_get(const mpool_local *local)
{
    void *value;

    (void)pthread_mutex_lock(&lock);
    value = local->process == process ? local->value : NULL;
    (void)pthread_mutex_unlock(&lock);
    return value;
}

void mpool_local_set(mpool_local *local, void *value)
{
    (void)pthread_mutex_lock(&lock);
    if (local->process != process) {
        local->process = process;
        local->next = first;
        first = local;
    }
    local->value = value;
    (void)pthread_mutex_unlock(&lock);
}

/* The next to be destroyed. A destructor may set others, or itself, again. */
static mpool_local *take(void **value)
{
    mpool_local *local;

    (void)pthread_mutex_lock(&lock);
    local = first;
    if (local != NULL) {
        first = local->next;
        *value = local->value;
        local->value = NULL;
        local->process = 0;
    }
    (void)pthread_mutex_unlock(&lock);
    return local;
}

/* One that is set again by its own destructor comes back a few times, and not for ever. */
#define ROUNDS_MAX 1000

void mp_locals_end(void)
{
    void *value = NULL;
    const mpool_local *local;

    for (int round = 0; round < ROUNDS_MAX && (local = take(&value)) != NULL; round++)
        if (value != NULL && local->destroy != NULL)
            local->destroy(value);
}
