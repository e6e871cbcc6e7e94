/*
 * workers/callee.c - what the name of a function stands for
 *
 * Runs in: a worker or process, on its main thread; mpool_object_functions() in a program that is to be a host. Owns:
 * the functions of shared objects that were found so far.
 *
 * A shared object is loaded with RTLD_LOCAL, so that two of them may have functions of one name. Those that it defines
 * with MPOOL_FUNCTION register themselves while it is loaded; they are noted under its path, and not under their own
 * name alone. Any other is looked up by its symbol.
 */
#include "workers/callee.h"

#include "base/error.h"
#include "workers/registry.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct found {
    struct found *next;
    mpool_function *function;
    char name[]; /* PATH:SYMBOL */
};

static struct found *all;
static const char *loading; /* the name whose shared object is being loaded */

size_t mp_callee_path(const char *name)
{
    const char *colon = strrchr(name, ':');
    size_t size = colon != NULL && colon[1] != '\0' ? (size_t)(colon - name) : 0;

    return memchr(name, '/', size) != NULL || memmem(name, size, ".so", 3) != NULL ? size : 0;
}

/* The first `size` bytes of a name, fewer than PATH_MAX, as a path that holds from any directory. False: for errno. */
static bool settle_path(const char *name, size_t size, char real[static PATH_MAX])
{
    char path[PATH_MAX];

    memcpy(path, name, size);
    path[size] = '\0';
    if (strchr(path, '/') != NULL)
        return realpath(path, real) != NULL;
    memcpy(real, path, size + 1);
    return true;
}

mpool_err mp_callee_settle(const char *name, char *settled)
{
    size_t path_size = mp_callee_path(name);
    char real[PATH_MAX];
    int size;

    if (path_size == 0)
        return mp_error(MPOOL_E_NOFUNC, "unknown function \"%s\"", name);
    if (path_size >= sizeof real)
        return mp_error(MPOOL_E_NOFUNC, "function \"%.80s...\": too long", name);
    if (!settle_path(name, path_size, real))
        return mp_error(MPOOL_E_NOFUNC, "function \"%s\": %m", name);
    size = snprintf(settled, MP_CALLEE_NAME_ROOM, "%s%s", real, name + path_size);
    return size > 0 && (size_t)size < MP_CALLEE_NAME_ROOM
               ? MPOOL_OK
               : mp_error(MPOOL_E_NOFUNC, "function \"%.80s...\": too long", name);
}

/* Without memory it is not kept, and looked up again the next time. */
static void keep(const char *path, size_t path_size, const char *symbol, mpool_function *function)
{
    size_t symbol_size = strlen(symbol) + 1;
    struct found *found = malloc(sizeof *found + path_size + 1 + symbol_size);

    if (found == NULL)
        return;
    memcpy(found->name, path, path_size);
    found->name[path_size] = ':';
    memcpy(found->name + path_size + 1, symbol, symbol_size);
    found->function = function;
    found->next = all;
    all = found;
}

static void on_register(const char *name, mpool_function *function)
{
    keep(loading, mp_callee_path(loading), name, function);
}

static mpool_function *recall(const char *name)
{
    for (const struct found *found = all; found != NULL; found = found->next)
        if (strcmp(found->name, name) == 0)
            return found->function;
    return NULL;
}

/* The name's shared object; NULL: dlerror() says why. */
static void *load(const char *name)
{
    char *path = strndup(name, mp_callee_path(name));
    void *object;

    loading = name;
    mp_registry_divert(on_register);
    object = dlopen(path != NULL ? path : "out of memory", RTLD_NOW | RTLD_LOCAL);
    mp_registry_divert(NULL);
    free(path);
    return object;
}

static void find_in_object(const char *name, struct mp_callee *callee)
{
    const char *symbol = name + mp_callee_path(name) + 1;
    void *object, *address = NULL;

    callee->function = recall(name);
    if (callee->function != NULL)
        return;
    object = load(name);
    callee->function = recall(name);
    if (callee->function != NULL)
        return;
    if (object != NULL)
        address = dlsym(object, symbol);
    if (address == NULL) {
        const char *error = dlerror();

        (void)snprintf(callee->why, sizeof callee->why, "function \"%s\": %s", name,
                       error != NULL ? error : "the symbol is NULL");
        return;
    }
    memcpy(&callee->function, &address, sizeof address);
    keep(name, mp_callee_path(name), symbol, callee->function);
}

/* From the oldest on; the list has the newest first. */
static void tell(const struct found *found, const char *prefix, void (*each)(void *user, const char *name), void *user)
{
    size_t size = strlen(prefix);

    if (found == NULL)
        return;
    tell(found->next, prefix, each, user);
    if (strncmp(found->name, prefix, size) == 0 && strchr(found->name + size, ':') == NULL)
        each(user, found->name + size);
}

mpool_err mpool_object_functions(const char *path, void (*each)(void *user, const char *name), void *user)
{
    char real[PATH_MAX], name[PATH_MAX + 2];

    if (strlen(path) >= sizeof real)
        return mp_error(MPOOL_E_NOFUNC, "shared object \"%.80s...\": too long", path);
    if (!settle_path(path, strlen(path), real))
        return mp_error(MPOOL_E_NOFUNC, "%s: %m", path);
    (void)snprintf(name, sizeof name, "%s:*", real);
    if (mp_callee_path(name) == 0)
        return mp_error(MPOOL_E_NOFUNC, "\"%s\" is no shared object: it has neither a slash nor \".so\" in it", path);
    if (load(name) == NULL) {
        const char *error = dlerror();

        return mp_error(MPOOL_E_NOFUNC, "%s", error != NULL ? error : "it cannot be loaded");
    }
    name[strlen(name) - 1] = '\0';
    tell(all, name, each, user);
    return MPOOL_OK;
}

void mp_callee_find(const char *name, struct mp_callee *callee)
{
    int number = mp_registry_find(name);

    callee->function = number >= 0 ? mp_registry_function(number) : NULL;
    if (callee->function != NULL)
        return;
    if (mp_callee_path(name) > 0)
        find_in_object(name, callee);
    else
        (void)snprintf(callee->why, sizeof callee->why, "unknown function \"%s\"", name);
}
