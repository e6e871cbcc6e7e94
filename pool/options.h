/*
 * pool/options.h - what mpool_pool_open() was asked for
 */
#ifndef MP_POOL_OPTIONS_H
#define MP_POOL_OPTIONS_H

#include "pool/pool.h"

/*
 * mp_options_read - check the options, and set what of the pool they say
 *
 * Errors: MPOOL_E_INVAL.
 */
mpool_err mp_options_read(const mpool_pool_options *options, mpool_pool *pool);

/*
 * mp_options_write_setup - put down for all workers what they are to do first and last
 *
 * Takes memory of the arena: pool->setup_size bytes at pool->setup_offset, if there is something to do.
 * Errors: MPOOL_E_NOFUNC, MPOOL_E_FORMAT, MPOOL_E_TOOBIG, MPOOL_E_NOMEM, MPOOL_E_SYSTEM.
 */
mpool_err mp_options_write_setup(const mpool_pool_options *options, mpool_pool *pool);

#endif
