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

#endif
