/*
 * pool/supervisor.h - the thread that owns a pool
 */
#ifndef MP_POOL_SUPERVISOR_H
#define MP_POOL_SUPERVISOR_H

#include <mpool/error.h>

typedef struct mpool_pool mpool_pool;

/*
 * mp_supervisor_start - start the supervisor thread of a pool, with all signals blocked
 *
 * It sets pool->ready once a worker is up, pool->broken if none can be, and pool->ended as the last thing it does; the
 * caller then joins pool->supervisor. Errors: MPOOL_E_SYSTEM, MPOOL_E_NOMEM.
 */
mpool_err mp_supervisor_start(mpool_pool *pool);

#endif
