/*
 * pool/block.c - values that lie in the arena: arguments and results over MP_INLINE_MAX
 *
 * Runs in: the host, any thread. Owns: which part of the arena is whose, and what waits to be emptied.
 *
 * Getting memory for a block and releasing it takes time in proportion to its size, and happens on the thread that has
 * the value, never on a supervisor: arguments are backed by the thread that submits, results by the worker, which finds
 * out in time if there is no memory. A supervisor that has to give a block back leaves it in the litter, of which it
 * empties a little in each turn.
 *
 * Locks: the books' lock and the host's behind it are held for a short search, also by threads that hold the lock of
 * their pool. The watch lock is taken without any other, and the pools' locks one after the other under it.
 */
#include "pool/block.h"

#include "base/error.h"
#include "pool/host.h"
#include "pool/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SHARE_BYTES ((size_t)4 << 30)

/* A block that is given back and has not been emptied. */
struct litter {
    enum mp_block_use use;
    struct mp_block block;
    size_t left; /* bytes at its beginning that still have memory */
};

static struct {
    pthread_mutex_t lock; /* of all up to the line */
    size_t used[MP_BLOCK_USES];
    struct litter *litter;
    size_t litter_count;
    size_t litter_room;

    pthread_mutex_t watch_lock;
    mpool_pool *watching; /* pools, by next_watching */
} books = {.lock = PTHREAD_MUTEX_INITIALIZER, .watch_lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local bool defers;

static void tell(void)
{
    (void)pthread_mutex_lock(&books.watch_lock);
    for (mpool_pool *pool = books.watching; pool != NULL; pool = pool->next_watching)
        mp_pool_tell_room(pool);
    (void)pthread_mutex_unlock(&books.watch_lock);
}

/* ---- room -------------------------------------------------------------------------------------------------------- */

static const char *name_of(enum mp_block_use use)
{
    return use == MP_BLOCK_ARGS ? "arguments" : "results";
}

/* What arguments or results may have. */
static size_t share(void)
{
    size_t half = mp_host_arena()->size / 2 / MP_ARENA_PAGE * MP_ARENA_PAGE;

    return half < SHARE_BYTES ? half : SHARE_BYTES;
}

/* With the lock held: is it the share of `use` that stands in the way, or what others have of the arena? */
static void find_limits(enum mp_block_use use, size_t bytes, size_t *most, size_t *used)
{
    *most = share();
    *used = books.used[use];
    if (bytes <= *most - *used) {
        *most = mp_host_arena()->size;
        *used = books.used[MP_BLOCK_ARGS] + books.used[MP_BLOCK_RESULT] + books.used[MP_BLOCK_KEPT];
    }
}

void mp_block_limits(size_t size, size_t *most, size_t *used)
{
    size_t bytes = mp_arena_bytes(size);

    (void)pthread_mutex_lock(&books.lock);
    if (bytes > share())
        bytes = SIZE_MAX;
    find_limits(MP_BLOCK_RESULT, bytes, most, used);
    (void)pthread_mutex_unlock(&books.lock);
}

mpool_err mp_block_take(enum mp_block_use use, size_t size, struct mp_block *block)
{
    size_t bytes = mp_arena_bytes(size), most = share(), used;
    mpool_err err = MPOOL_E_FULL;

    if (bytes > most)
        return mp_error(MPOOL_E_TOOBIG,
                        "%zu bytes of %s; of the arena of %zu bytes they may have %zu; see arena_bytes in mpool/init.h",
                        size, name_of(use), mp_host_arena()->size, most);
    (void)pthread_mutex_lock(&books.lock);
    if (bytes <= most - books.used[use])
        err = mp_host_take_value(bytes, &block->offset);
    if (err == MPOOL_OK) {
        block->size = size;
        books.used[use] += bytes;
    }
    find_limits(use, bytes, &most, &used);
    (void)pthread_mutex_unlock(&books.lock);
    if (err != MPOOL_E_FULL)
        return err;
    return mp_error(MPOOL_E_FULL, "no room for %zu bytes of %s: of %zu bytes of shared memory, %zu are in use", size,
                    name_of(use), most, used);
}

void mp_block_keep(const struct mp_block *block)
{
    size_t bytes = mp_arena_bytes(block->size);

    if (bytes == 0)
        return;
    (void)pthread_mutex_lock(&books.lock);
    books.used[MP_BLOCK_RESULT] -= bytes;
    books.used[MP_BLOCK_KEPT] += bytes;
    (void)pthread_mutex_unlock(&books.lock);
    tell();
}

/* ---- giving back ------------------------------------------------------------------------------------------------- */

/* An empty block's pages are anybody's. */
static void release(enum mp_block_use use, const struct mp_block *block)
{
    size_t bytes = mp_arena_bytes(block->size);

    (void)pthread_mutex_lock(&books.lock);
    books.used[use] -= bytes;
    mp_host_give_value(block->offset, bytes);
    (void)pthread_mutex_unlock(&books.lock);
    tell();
}

/* False: out of memory. */
static bool put_litter(struct litter litter)
{
    bool put = true;

    (void)pthread_mutex_lock(&books.lock);
    if (books.litter_count == books.litter_room) {
        size_t room = 2 * books.litter_room + 16;
        struct litter *bigger = realloc(books.litter, room * sizeof *bigger);

        put = bigger != NULL;
        if (put) {
            books.litter = bigger;
            books.litter_room = room;
        }
    }
    if (put)
        books.litter[books.litter_count++] = litter;
    (void)pthread_mutex_unlock(&books.lock);
    return put;
}

static bool take_litter(struct litter *litter)
{
    bool there;

    (void)pthread_mutex_lock(&books.lock);
    there = books.litter_count > 0;
    if (there)
        *litter = books.litter[--books.litter_count];
    (void)pthread_mutex_unlock(&books.lock);
    return there;
}

bool mp_block_sweep(size_t most)
{
    struct litter litter;
    bool any = false;

    while (most > 0 && take_litter(&litter)) {
        size_t now = litter.left < most ? litter.left : most;

        any = true;
        litter.left -= now;
        most -= now;
        mp_arena_empty(mp_host_arena(), litter.block.offset + litter.left, now);
        if (litter.left > 0 && put_litter(litter)) /* out of memory: it is emptied as a whole */
            continue;
        mp_arena_empty(mp_host_arena(), litter.block.offset, litter.left);
        release(litter.use, &litter.block);
    }
    return any;
}

void mp_block_give(enum mp_block_use use, struct mp_block *block)
{
    struct litter litter = {.use = use, .block = *block, .left = mp_arena_bytes(block->size)};

    *block = (struct mp_block){0};
    if (litter.block.size == 0 || (defers && put_litter(litter)))
        return;
    mp_arena_empty(mp_host_arena(), litter.block.offset, litter.left);
    release(use, &litter.block);
}

void mp_block_defer(void)
{
    defers = true;
}

/* ---- its value --------------------------------------------------------------------------------------------------- */

mpool_err mp_block_fill(const struct mp_block *block, const char *data)
{
    mpool_err err = mp_arena_back(mp_host_arena(), block->offset, block->size);

    if (err == MPOOL_OK)
        memcpy(mp_arena_at(mp_host_arena(), block->offset, block->size), data, block->size);
    return err;
}

mpool_err mp_block_copy(const struct mp_block *block, void **copy)
{
    void *memory;

    if (!mp_arena_readable(mp_host_arena(), block->offset, block->size))
        return mp_error(MPOOL_E_NOMEM, "no memory for the %zu bytes of a result", block->size);
    memory = malloc(block->size);
    if (memory == NULL)
        return mp_error(MPOOL_E_NOMEM, "no memory for a copy of the %zu bytes of a result", block->size);
    memcpy(memory, mp_arena_at(mp_host_arena(), block->offset, block->size), block->size);
    *copy = memory;
    return MPOOL_OK;
}

/* ---- pools that wait for room ------------------------------------------------------------------------------------ */

void mp_block_watch(mpool_pool *pool)
{
    (void)pthread_mutex_lock(&books.watch_lock);
    pool->next_watching = books.watching;
    books.watching = pool;
    (void)pthread_mutex_unlock(&books.watch_lock);
}

void mp_block_unwatch(mpool_pool *pool)
{
    mpool_pool **link = &books.watching;

    (void)pthread_mutex_lock(&books.watch_lock);
    while (*link != NULL && *link != pool)
        link = &(*link)->next_watching;
    if (*link != NULL)
        *link = pool->next_watching;
    (void)pthread_mutex_unlock(&books.watch_lock);
}
