/*
 * ipc/totals.h - the totals of a pool, in the arena
 *
 * The supervisor's process is the only writer; workers have the table mapped read-only. A total is added by filling in
 * its cell and then raising `count`; it is changed under a sequence lock, whose writer may die half way only together
 * with all readers that matter (the host's).
 */
#ifndef MP_IPC_TOTALS_H
#define MP_IPC_TOTALS_H

#include "base/delta.h"

#include <mpool/init.h>
#include <mpool/total.h>

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct mp_total_cell {
    char name[MPOOL_NAME_MAX + 1]; /* written before the table's count is raised past it, then constant */
    mpool_total_kind kind;         /* likewise */
    _Atomic uint32_t sequence;     /* odd while the host writes the words */
    _Atomic uint64_t words[5];     /* a struct mp_delta: count, low and high half, bits of the float, is_float */
};

struct mp_totals {
    _Atomic uint32_t count; /* cells in use; raised by the host with release, read with acquire */
    struct mp_total_cell cells[MPOOL_TOTALS_MAX];
};

/* mp_totals_find - the number of a total by name; -1 if there is none. */
int mp_totals_find(const struct mp_totals *totals, const char *name);

/*
 * mp_totals_add - a new total
 *
 * number    out  its place in the table, set on MPOOL_OK
 *
 * Errors: MPOOL_E_INVAL, MPOOL_E_TOOBIG. Calls: the host, under a lock.
 */
mpool_err mp_totals_add(struct mp_totals *totals, const char *name, mpool_total_kind kind, uint32_t *number);

/* mp_totals_commit - add what jobs have staged. Calls: the supervisor only. */
void mp_totals_commit(struct mp_totals *totals, uint32_t number, const struct mp_delta *more);

/* mp_totals_read - a total at one moment. Calls: the host. */
struct mp_delta mp_totals_read(const struct mp_total_cell *cell);

#endif
