/*
 * workers/registry.c - job functions by name
 *
 * Runs in: the host (registers, and looks up what is submitted) and workers (look up what they are to run). Owns: the
 * table, for the life of the process.
 *
 * Constructors register before main() and may run in any order, so the table needs no set-up.
 */
#include "workers/registry.h"

#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const char *name;
    mpool_function *function;
};

static struct entry *entries;
static size_t count;
static size_t room;
static bool frozen;
static void (*diverted)(const char *name, mpool_function *function);
static mpool_err define_error; /* the first, of a constructor */
static char define_detail[200];

void mpool_define(const char *name, mpool_function *function)
{
    mpool_err err = mpool_register(name, function);

    if (err == MPOOL_OK || define_error != MPOOL_OK)
        return;
    define_error = err;
    (void)snprintf(define_detail, sizeof define_detail, "%s", mpool_error_detail());
}

mpool_err mp_registry_check(void)
{
    return define_error != MPOOL_OK ? mp_error(define_error, "%s", define_detail) : MPOOL_OK;
}

void mp_registry_freeze(bool freeze)
{
    frozen = freeze;
}

mpool_err mp_registry_replace(const char *names, size_t size)
{
    struct entry *replaced = calloc(size > 0 ? size : 1, sizeof *replaced); /* a name takes two bytes at least */
    char *copy = size > 0 ? malloc(size) : NULL;
    size_t replaced_count = 0;

    if (replaced == NULL || (size > 0 && copy == NULL)) {
        free(replaced);
        free(copy);
        return mp_error_nomem();
    }
    if (size > 0)
        memcpy(copy, names, size);
    for (const char *name = copy; name < copy + size; name += strlen(name) + 1) {
        int number = mp_registry_find(name);

        replaced[replaced_count++] =
            (struct entry){.name = name, .function = number >= 0 ? entries[number].function : NULL};
    }
    free(entries);
    entries = replaced;
    count = replaced_count;
    room = size;
    return MPOOL_OK;
}

void mp_registry_divert(void (*taker)(const char *name, mpool_function *function))
{
    diverted = taker;
}

size_t mp_registry_count(void)
{
    return count;
}

int mp_registry_find(const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].name, name) == 0)
            return (int)i;
    return -1;
}

mpool_function *mp_registry_function(int number)
{
    return entries[number].function;
}

const char *mp_registry_name(int number)
{
    return entries[number].name;
}

static bool good_name(const char *name)
{
    size_t size = 0;

    for (; name[size] != '\0'; size++)
        if ((unsigned char)name[size] <= ' ' || name[size] == 127)
            return false;
    return size >= 1 && size <= MPOOL_NAME_MAX;
}

mpool_err mpool_register(const char *name, mpool_function *function)
{
    int number;

    if (name == NULL || function == NULL)
        return mp_error(MPOOL_E_INVAL, "a function to be registered has no %s", name == NULL ? "name" : "code");
    if (!good_name(name))
        return mp_error(MPOOL_E_INVAL, "\"%.80s\" is not the name of a function: 1 to %d bytes, no space or control",
                        name, MPOOL_NAME_MAX);
    if (diverted != NULL) {
        diverted(name, function);
        return MPOOL_OK;
    }
    number = mp_registry_find(name);
    if (number >= 0 && entries[number].function == function)
        return MPOOL_OK;
    if (number >= 0)
        return mp_error(MPOOL_E_INVAL, "two functions are registered as \"%s\"", name);
    if (frozen)
        return mp_error(MPOOL_E_LATE, "\"%s\" was registered after mpool_init(); workers would not know it", name);
    if (count == room) {
        size_t more = room > 0 ? 2 * room : 16;
        struct entry *bigger = realloc(entries, more * sizeof *bigger);

        if (bigger == NULL)
            return mp_error_nomem();
        entries = bigger;
        room = more;
    }
    entries[count++] = (struct entry){.name = name, .function = function};
    return MPOOL_OK;
}
