/*
 * pool/setup.h - what workers of a pool are to do first and last, for them to read
 */
#ifndef MP_POOL_SETUP_H
#define MP_POOL_SETUP_H

#include "pool/pool.h"

/*
 * mp_pool_write_setup - put down for all workers what they are to do first and last
 *
 * Takes memory of the arena: pool->setup_size bytes at pool->setup_offset, if there is something to do.
 * Errors: MPOOL_E_NOFUNC, MPOOL_E_FORMAT, MPOOL_E_TOOBIG, MPOOL_E_NOMEM, MPOOL_E_SYSTEM.
 */
mpool_err mp_pool_write_setup(const mpool_pool_options *options, mpool_pool *pool);

#endif
