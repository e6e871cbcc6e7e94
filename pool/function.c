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

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
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

/* The name with an absolute path. One without a slash is for the dynamic linker to search. */
static mpool_err make_absolute(const char *name, size_t path_size, char *absolute, size_t room)
{
    char path[PATH_MAX], real[PATH_MAX];
    int size;

    (void)snprintf(path, sizeof path, "%.*s", (int)path_size, name);
    if (strchr(path, '/') == NULL)
        (void)memcpy(real, path, path_size + 1);
    else if (realpath(path, real) == NULL)
        return mp_error(MPOOL_E_NOFUNC, "function \"%s\": cannot find the file %s: %m", name, path);
    size = snprintf(absolute, room, "%s%s", real, name + path_size);
    return size > 0 && (size_t)size < room ? MPOOL_OK
                                           : mp_error(MPOOL_E_NOFUNC, "function \"%.80s...\": too long", name);
}

static mpool_err find_shared(const char *name, size_t path_size, struct mp_function *function)
{
    char absolute[2 * PATH_MAX];
    const struct shared *shared;
    mpool_err err = path_size < PATH_MAX ? make_absolute(name, path_size, absolute, sizeof absolute)
                                         : mp_error(MPOOL_E_NOFUNC, "function \"%.80s...\": too long", name);

    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&lock);
    shared = intern(absolute);
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

mpool_err mp_function_find(const char *name, struct mp_function *function)
{
    int number = mp_registry_find(name);
    size_t path_size;

    if (number >= 0) {
        *function = (struct mp_function){.number = (uint32_t)number, .name = mp_registry_name(number)};
        return MPOOL_OK;
    }
    path_size = mp_callee_path(name);
    if (path_size == 0)
        return unknown(name);
    return find_shared(name, path_size, function);
}
