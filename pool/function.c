/*
 * pool/function.c - the function of a task, as the host knows it
 *
 * Runs in: the host, on application threads. Owns: the names of functions of shared objects, for the life of the
 * process: there are no more of them than the program has functions.
 *
 * Registered functions have the numbers of the registry, which is frozen; those of shared objects come behind them, in
 * the order in which they are first asked for.
 */
#include "pool/function.h"

#include "base/error.h"
#include "pool/host.h"
#include "workers/callee.h"
#include "workers/registry.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct shared {
    struct shared *next;
    uint32_t number;
    char name[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct shared *all; /* the newest first */

/* With the lock held. NULL: out of memory. */
static const struct shared *intern(const char *name)
{
    size_t size = strlen(name) + 1;
    struct shared *shared = all;

    while (shared != NULL && strcmp(shared->name, name) != 0)
        shared = shared->next;
    if (shared != NULL)
        return shared;
    shared = malloc(sizeof *shared + size);
    if (shared == NULL)
        return NULL;
    shared->number = all != NULL ? all->number + 1 : (uint32_t)mp_registry_count();
    memcpy(shared->name, name, size);
    shared->next = all;
    all = shared;
    return shared;
}

static mpool_err note_shared(const char *name, struct mp_function *function)
{
    const struct shared *shared;

    (void)pthread_mutex_lock(&lock);
    shared = intern(name);
    (void)pthread_mutex_unlock(&lock);
    if (shared == NULL)
        return mp_error_nomem();
    *function = (struct mp_function){.number = shared->number, .name = shared->name};
    return MPOOL_OK;
}

static mpool_err unknown(const char *name)
{
    const char *program = mp_host_program();

    if (program == NULL)
        return mp_error(MPOOL_E_NOFUNC, "no function \"%s\" was registered before mpool_init()", name);
    return mp_error(
        MPOOL_E_NOFUNC,
        "the worker program %s has no function \"%s\"; name one of a shared object (\"./libmine.so:%s\"), or "
        "let worker_program be a program that has it and calls mpool_worker_program_main()",
        program, name, name);
}

/* False: it is not registered. */
static bool find_registered(const char *name, struct mp_function *function)
{
    int number = mp_registry_find(name);

    if (number >= 0)
        *function = (struct mp_function){.number = (uint32_t)number, .name = mp_registry_name(number)};
    return number >= 0;
}

mpool_err mp_function_find(const char *name, struct mp_function *function)
{
    char settled[MP_CALLEE_NAME_ROOM];
    mpool_err err;

    if (find_registered(name, function))
        return MPOOL_OK;
    if (mp_callee_path(name) == 0)
        return unknown(name);
    err = mp_callee_settle(name, settled);
    return err == MPOOL_OK ? note_shared(settled, function) : err;
}

mpool_err mp_function_note(const char *name, struct mp_function *function)
{
    if (find_registered(name, function))
        return MPOOL_OK;
    return mp_callee_path(name) == 0 ? unknown(name) : note_shared(name, function);
}
