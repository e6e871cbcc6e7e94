/*
 * ipc/totals.c - the names of a pool's totals, in the arena
 *
 * Runs in: the host (all), workers (find). Owns: nothing.
 */
#include "ipc/totals.h"

#include "base/error.h"

#include <string.h>

/* -1: there is none of this name. */
static int find(const struct mp_totals *totals, const char *name)
{
    uint32_t count = atomic_load_explicit(&totals->count, memory_order_acquire);

    for (uint32_t i = 0; i < count && i < MPOOL_TOTALS_MAX; i++)
        if (strcmp(totals->cells[i].name, name) == 0)
            return (int)i;
    return -1;
}

mpool_err mp_totals_find(const struct mp_totals *totals, const char *name, uint32_t *number)
{
    int found = name != NULL ? find(totals, name) : -1;

    if (found < 0)
        return mp_error(MPOOL_E_NOTFOUND, "the pool has no total \"%s\"; see mpool_total_open()",
                        name != NULL ? name : "(null)");
    *number = (uint32_t)found;
    return MPOOL_OK;
}

mpool_err mp_totals_add(struct mp_totals *totals, const char *name, mpool_total_kind kind, uint32_t *number)
{
    uint32_t count = atomic_load_explicit(&totals->count, memory_order_relaxed);
    size_t size = name != NULL ? strlen(name) : 0;

    if (size == 0 || size > MPOOL_NAME_MAX)
        return mp_error(MPOOL_E_INVAL, "the name of a total has 1 to %d bytes, not %zu", MPOOL_NAME_MAX, size);
    if (kind < MPOOL_SUM || kind > MPOOL_COUNT)
        return mp_error(MPOOL_E_INVAL, "total \"%s\": %d is not a kind of total", name, (int)kind);
    if (find(totals, name) >= 0)
        return mp_error(MPOOL_E_INVAL, "total \"%s\" exists already in this pool", name);
    if (count == MPOOL_TOTALS_MAX)
        return mp_error(MPOOL_E_TOOBIG, "total \"%s\": a pool has at most %d totals", name, MPOOL_TOTALS_MAX);
    memcpy(totals->cells[count].name, name, size + 1);
    totals->cells[count].kind = kind;
    atomic_store_explicit(&totals->count, count + 1, memory_order_release);
    *number = count;
    return MPOOL_OK;
}
