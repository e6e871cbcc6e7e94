/*
 * ipc/totals.h - the names of a pool's totals, in the arena
 *
 * So that workers can look up by name what they send by number. The host is the only writer; workers have the table
 * mapped read-only. A total is added by filling in its cell and then raising `count`. The values are not here: what
 * decides is in no memory that a worker can reach.
 */
#ifndef MP_IPC_TOTALS_H
#define MP_IPC_TOTALS_H

#include <mpool/init.h>
#include <mpool/total.h>

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct mp_total_cell {
    char name[MPOOL_NAME_MAX + 1]; /* written before the table's count is raised past it, then constant */
    mpool_total_kind kind;         /* likewise */
};

struct mp_totals {
    _Atomic uint32_t count; /* cells in use; raised by the host with release, read with acquire */
    struct mp_total_cell cells[MPOOL_TOTALS_MAX];
};

/* mp_totals_find - the number of a total by name, which may be NULL. Errors: MPOOL_E_NOTFOUND. */
mpool_err mp_totals_find(const struct mp_totals *totals, const char *name, uint32_t *number);

/*
 * mp_totals_add - a new total
 *
 * number    out  its place in the table, set on MPOOL_OK
 *
 * Errors: MPOOL_E_INVAL, MPOOL_E_TOOBIG. Calls: the host, under a lock.
 */
mpool_err mp_totals_add(struct mp_totals *totals, const char *name, mpool_total_kind kind, uint32_t *number);

#endif
