/*
 * pool/block.h - values that lie in the arena: arguments and results over MP_INLINE_MAX
 *
 * A block has one owner, who gives it back: a lot (arguments), a grant (a result that a worker is about to give), a
 * reply (a result that nobody has taken), a future. Arguments that wait or run have a share of the arena and no more,
 * results on their way another: so memory is bounded, and jobs that wait cannot keep those that run from ending. The
 * result of a future is kept for the application, and is in nobody's way: results may come in another order than the
 * application waits for them.
 */
#ifndef MP_POOL_BLOCK_H
#define MP_POOL_BLOCK_H

#include "serialize/message.h"

#include <mpool/error.h>
#include <mpool/pool.h>

#include <stdbool.h>
#include <stddef.h>

/* Also the index of what each has of the arena. */
enum mp_block_use { MP_BLOCK_ARGS, MP_BLOCK_RESULT, MP_BLOCK_KEPT, MP_BLOCK_USES };

/*
 * mp_block_take - get a block, which has no memory yet; its size is `size`
 *
 * Errors: MPOOL_E_TOOBIG (it would not fit if there was no other), MPOOL_E_FULL (it does not fit now), MPOOL_E_NOMEM.
 *         The detail names the sizes. Calls: any thread of the host.
 */
mpool_err mp_block_take(enum mp_block_use use, size_t size, struct mp_block *block);

/* mp_block_keep - a result has come to a future: it is MP_BLOCK_KEPT from now on. */
void mp_block_keep(const struct mp_block *block);

/*
 * mp_block_give - give a block back, if it is one: {0} is none
 *
 * No process writes to it any more. Its memory is released at once, or, if the thread has called mp_block_defer(), by
 * mp_block_sweep() later. Then the threads and supervisors that wait for room are told.
 */
void mp_block_give(enum mp_block_use use, struct mp_block *block);

/* mp_block_defer - the calling thread has no time to release memory: 1 GiB takes a tenth of a second. */
void mp_block_defer(void);

/* mp_block_sweep - release at most so many bytes of what was given back. False: there was nothing. */
bool mp_block_sweep(size_t most);

/* mp_block_fill - the host: have memory for the block, and copy `data` into it. Errors: MPOOL_E_NOMEM. */
mpool_err mp_block_fill(const struct mp_block *block, const char *data);

/*
 * mp_block_copy - a copy of the value, to be freed
 *
 * What a worker could still change is never looked at twice: it is copied out first, and then scanned.
 * Errors: MPOOL_E_NOMEM; also if the worker has not backed what it was granted, and there is no memory for that now.
 */
mpool_err mp_block_copy(const struct mp_block *block, void **copy);

/* mp_block_limits - what is in the way of a result of this size: what there is altogether, and in use, in bytes. */
void mp_block_limits(size_t size, size_t *most, size_t *used);

/* mp_block_watch - wake the pool (mp_pool_tell_room()) whenever there is more room, until mp_block_unwatch(). */
void mp_block_watch(mpool_pool *pool);
void mp_block_unwatch(mpool_pool *pool);

#endif
