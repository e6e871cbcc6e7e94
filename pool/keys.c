/*
 * pool/keys.c - the keys of a pool's gates: names to numbers
 *
 * Runs in: the host, on the thread that submits. Owns: the names.
 */
#include "pool/keys.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

void mp_keys_init(struct mp_keys *keys)
{
    *keys = (struct mp_keys){.lock = PTHREAD_MUTEX_INITIALIZER};
}

static mpool_err add(struct mp_keys *keys, const char *name)
{
    char **bigger;

    if (keys->count == MP_KEYS_MAX)
        return mp_error(MPOOL_E_TOOBIG, "at_most_key \"%.80s\" is one too many: a pool can have %d", name, MP_KEYS_MAX);
    bigger = realloc(keys->names, (keys->count + 1) * sizeof *bigger);
    if (bigger == NULL)
        return mp_error_nomem();
    keys->names = bigger;
    keys->names[keys->count] = strdup(name);
    if (keys->names[keys->count] == NULL)
        return mp_error_nomem();
    keys->count++;
    return MPOOL_OK;
}

mpool_err mp_keys_number(struct mp_keys *keys, const char *name, uint32_t *number)
{
    mpool_err err = MPOOL_OK;
    uint32_t i = 0;

    (void)pthread_mutex_lock(&keys->lock);
    while (i < keys->count && strcmp(keys->names[i], name) != 0)
        i++;
    if (i == keys->count)
        err = add(keys, name);
    (void)pthread_mutex_unlock(&keys->lock);
    *number = i + 1;
    return err;
}

void mp_keys_fini(struct mp_keys *keys)
{
    for (uint32_t i = 0; i < keys->count; i++)
        free(keys->names[i]);
    free(keys->names);
    (void)pthread_mutex_destroy(&keys->lock);
}
