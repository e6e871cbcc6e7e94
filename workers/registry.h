/*
 * workers/registry.h - job functions by name
 *
 * Filled before mpool_init(), frozen by it: workers have the table as it was then.
 */
#ifndef MP_WORKERS_REGISTRY_H
#define MP_WORKERS_REGISTRY_H

#include <mpool/init.h>

#include <stdbool.h>
#include <stddef.h>

/* mp_registry_check - mpool_init(): were all functions defined? Errors: the first that mpool_define() met. */
mpool_err mp_registry_check(void);

/*
 * mp_registry_replace - mpool_init(): workers are processes of another program, and these are the names it has
 *
 * names     in   one after the other, each with its NUL; size bytes
 *
 * Functions that only the host has are forgotten. Errors: MPOOL_E_NOMEM.
 */
mpool_err mp_registry_replace(const char *names, size_t size);

/* mp_registry_freeze - mpool_init(): from now on registering is MPOOL_E_LATE; false: it failed, and is not. */
void mp_registry_freeze(bool freeze);

/*
 * mp_registry_divert - give what is registered from now on to `taker` instead; NULL: to the registry again
 *
 * For the loading of a shared object, whose constructors register its functions. Calls: a worker's main thread.
 */
void mp_registry_divert(void (*taker)(const char *name, mpool_function *function));

/* mp_registry_count - how many functions there are. */
size_t mp_registry_count(void);

/* mp_registry_find - the number of a function, from 0; -1 if there is none of this name. */
int mp_registry_find(const char *name);

/* mp_registry_function, mp_registry_name - of a number. */
mpool_function *mp_registry_function(int number);
const char *mp_registry_name(int number);

#endif
