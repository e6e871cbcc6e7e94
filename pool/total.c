/*
 * pool/total.c - the totals of a pool: opened, and read at any moment
 *
 * Runs in: the host, on application threads. Owns: nothing; totals are the pool's, and what is committed is added by
 * the supervisor (pool/deliver.c), under the pool's lock.
 */
#include "base/error.h"
#include "pool/host.h"
#include "pool/pool.h"

#include <stdio.h>

mpool_err mpool_total_open(mpool_pool *pool, const char *name, mpool_total_kind kind, mpool_total **total)
{
    uint32_t number;
    mpool_err err = mp_host_check();

    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&pool->lock);
    err = mp_totals_add(pool->totals, name, kind, &number);
    if (err == MPOOL_OK) {
        *total = &pool->total_handles[number];
        **total = (mpool_total){.pool = pool, .kind = kind};
        (void)snprintf((*total)->name, sizeof(*total)->name, "%s", name);
        pool->total_count = number + 1;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return err;
}

mpool_err mpool_total_read(const mpool_total *total, mpool_total_value *value)
{
    struct mp_delta delta;
    mpool_err err = mp_host_check();

    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&total->pool->lock);
    delta = total->sum;
    (void)pthread_mutex_unlock(&total->pool->lock);
    mp_delta_value(&delta, total->kind, value);
    return MPOOL_OK;
}

mpool_err mpool_total_int64(const mpool_total *total, int64_t *result)
{
    mpool_total_value value;
    mpool_err err = mpool_total_read(total, &value);

    if (err != MPOOL_OK)
        return err;
    if (value.text[0] == '\0')
        return mp_error(MPOOL_E_END, "total \"%s\": nothing was added yet", total->name);
    if (value.is_float)
        return mp_error(MPOOL_E_FORMAT, "total \"%s\" is a float, %s", total->name, value.text);
    if (!value.fits)
        return mp_error(MPOOL_E_OVERFLOW, "total \"%s\" is %s, beyond 64 bits", total->name, value.text);
    *result = value.integer;
    return MPOOL_OK;
}
