/*
 * ipc/arena.h - the memory that all processes of a host have mapped
 *
 * One sparse memfd, without a name anywhere. Inside it everything is an offset. The host hands out whole pages: small
 * things that live long from the low end, values that come and go from the high end, so that the former never stand in
 * the way of the latter. What is handed out is backed by memory before it is used, so that using it raises no SIGBUS.
 */
#ifndef MP_IPC_ARENA_H
#define MP_IPC_ARENA_H

#include <mpool/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Offsets and sizes of what is handed out are multiples of it. */
#define MP_ARENA_PAGE ((size_t)4096)

/* Pages that nobody has. */
struct mp_extent {
    size_t first;
    size_t pages;
};

struct mp_arena {
    int fd;
    char *base;
    size_t size;   /* bytes; a multiple of the page size */
    size_t tail;   /* bytes behind them, mapped as they are, for the objects that processes share: ipc/shared.h */
    size_t origin; /* where `base` is in the descriptor's file */

    /* The host's. */
    struct mp_extent *free; /* by address, and no two of them adjacent */
    size_t free_count;
    size_t free_room; /* at least one more than there are things taken, so that giving cannot fail */
    size_t taken;     /* things that were taken and not given back */
};

/*
 * mp_arena_open - map a new arena
 *
 * wanted    in   bytes of address space; halved until it fits the limits of the process, down to 1 MiB
 *
 * Errors: MPOOL_E_SYSTEM, MPOOL_E_NOMEM. Calls: the host, before the fork server is made.
 */
mpool_err mp_arena_open(size_t wanted, struct mp_arena *arena);

/*
 * mp_arena_map - map an arena that another program has made
 *
 * fd        in   inherited; stays the caller's
 *
 * Errors: MPOOL_E_SYSTEM. Calls: the fork server.
 */
mpool_err mp_arena_map(int fd, size_t size, struct mp_arena *arena);

void mp_arena_close(struct mp_arena *arena);

/* mp_arena_bytes - a size, rounded up to whole pages. */
static inline size_t mp_arena_bytes(size_t bytes)
{
    return (bytes + MP_ARENA_PAGE - 1) / MP_ARENA_PAGE * MP_ARENA_PAGE;
}

/*
 * mp_arena_part - a piece of an arena's tail as an arena of its own, whose pages are taken and given apart
 *
 * offset    in   in the tail, in bytes; `bytes` of it, both whole pages
 * part      out  set on MPOOL_OK; release with mp_arena_part_close(), which leaves the mapping to the arena
 *
 * Errors: MPOOL_E_NOMEM. Calls: the host.
 */
mpool_err mp_arena_part(const struct mp_arena *arena, size_t offset, size_t bytes, struct mp_arena *part);
void mp_arena_part_close(struct mp_arena *part);

/* ---- the host: which pages are whose; under a lock of its own ---------------------------------------------------- */

/* Where to look for pages. */
enum mp_arena_end { MP_ARENA_LOW, MP_ARENA_HIGH };

/*
 * mp_arena_take - get pages, which have no memory yet
 *
 * bytes     in   rounded up to whole pages
 * end       in   MP_ARENA_LOW for what lives long, MP_ARENA_HIGH for values
 * offset    out  set on MPOOL_OK
 *
 * Errors: MPOOL_E_FULL (no gap is large enough), MPOOL_E_NOMEM.
 */
mpool_err mp_arena_take(struct mp_arena *arena, size_t bytes, enum mp_arena_end end, size_t *offset);

/* mp_arena_give - others may have the pages; they have no memory any more. */
void mp_arena_give(struct mp_arena *arena, size_t offset, size_t bytes);

/* ---- the host: the memory of pages that somebody has; without a lock --------------------------------------------- */

/*
 * mp_arena_back - have memory for pages; what had none before is zero. Takes a tenth of a second for 1 GiB.
 *
 * Errors: MPOOL_E_NOMEM (the system, or the memory cgroup, has none left).
 */
mpool_err mp_arena_back(const struct mp_arena *arena, size_t offset, size_t bytes);

/* mp_arena_empty - release the memory of pages. Takes as long. */
void mp_arena_empty(const struct mp_arena *arena, size_t offset, size_t bytes);

/* ---- any process ------------------------------------------------------------------------------------------------- */

/* mp_arena_tail - the memory of the tail. */
static inline char *mp_arena_tail(const struct mp_arena *arena)
{
    return arena->base + arena->size;
}

/* mp_arena_at - the memory at an offset; NULL if it does not lie in the arena. */
void *mp_arena_at(const struct mp_arena *arena, size_t offset, size_t bytes);

/* mp_arena_readable - can these pages be read without SIGBUS? No, if they have no memory and there is none for them. */
bool mp_arena_readable(const struct mp_arena *arena, size_t offset, size_t bytes);

/*
 * mp_arena_guard - a worker: make everything read-only except one page, the tail too
 *
 * A wild write to another slot's page, to the totals or to a value ends the worker, and nothing else.
 */
mpool_err mp_arena_guard(const struct mp_arena *arena, size_t offset, size_t bytes);

/*
 * mp_arena_unlock - a worker: have memory for pages that it was granted, and make them writable
 *
 * Errors: MPOOL_E_NOMEM, MPOOL_E_SYSTEM; they are read-only then.
 */
mpool_err mp_arena_unlock(const struct mp_arena *arena, size_t offset, size_t bytes);

/* mp_arena_lock - a worker: make them read-only again. */
mpool_err mp_arena_lock(const struct mp_arena *arena, size_t offset, size_t bytes);

#endif
