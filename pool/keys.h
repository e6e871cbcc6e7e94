/*
 * pool/keys.h - the keys of a pool's gates: names to numbers
 */
#ifndef MP_POOL_KEYS_H
#define MP_POOL_KEYS_H

#include <mpool/error.h>

#include <pthread.h>
#include <stdint.h>

/* The most keys of a pool. */
#define MP_KEYS_MAX 4096

struct mp_keys {
    pthread_mutex_t lock;
    char **names;
    uint32_t count;
};

/* mp_keys_init - no keys. */
void mp_keys_init(struct mp_keys *keys);

/*
 * mp_keys_number - the number of a key, from 1; a new one if it has none
 *
 * Errors: MPOOL_E_TOOBIG, MPOOL_E_NOMEM. Calls: any thread of the host.
 */
mpool_err mp_keys_number(struct mp_keys *keys, const char *name, uint32_t *number);

/* mp_keys_fini - free them. */
void mp_keys_fini(struct mp_keys *keys);

#endif
