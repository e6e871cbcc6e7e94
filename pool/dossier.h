/*
 * pool/dossier.h - what is known about an attempt that came to nothing
 */
#ifndef MP_POOL_DOSSIER_H
#define MP_POOL_DOSSIER_H

#include "pool/seat.h"

#include <mpool/dossier.h>
#include <mpool/result.h>

/* A dossier with its texts, shared by the results that it belongs to. */
struct mp_dossier;

/* What an attempt might have. */
struct mp_dossier_memory {
    size_t limit_bytes; /* mpool_task.memory_bytes; 0: no limit */
    bool refused;       /* FAILED: it met its limit, says its worker; if limit_bytes is 0, that of its cgroup */
};

/*
 * mp_dossier_new - of an attempt in this seat's worker
 *
 * status    in   how it ended: FAILED, and the worker lives on; or CRASHED or TIMED_OUT, and it is dead
 * memory    in   its limit
 *
 * One reference; NULL: out of memory. Calls: the supervisor, when the worker's output has been drained.
 */
struct mp_dossier *mp_dossier_new(const struct mp_seat *seat, mpool_status status, unsigned attempt,
                                  const struct mp_dossier_memory *memory);

/* mp_dossier_shown - for the application; NULL for NULL. */
const mpool_dossier *mp_dossier_shown(const struct mp_dossier *dossier);

/* mp_dossier_ref, mp_dossier_unref - NULL is allowed. */
void mp_dossier_ref(struct mp_dossier *dossier);
void mp_dossier_unref(struct mp_dossier *dossier);

#endif
