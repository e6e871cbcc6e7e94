/*
 * ipc/arena.h - the memory that all processes of a host have mapped
 *
 * One sparse memfd, without a name anywhere. Inside it everything is an offset. The host takes and gives back whole
 * pages; what was taken is backed by memory, so that using it can never raise SIGBUS.
 */
#ifndef MP_IPC_ARENA_H
#define MP_IPC_ARENA_H

#include <mpool/error.h>

#include <stddef.h>
#include <stdint.h>

struct mp_arena {
    int fd;
    char *base;
    size_t size;          /* bytes; a multiple of the page size */
    unsigned char *taken; /* host: one byte for each page, 1 if taken */
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

/*
 * mp_arena_take - get zeroed pages
 *
 * bytes     in   rounded up to whole pages
 * offset    out  set on MPOOL_OK
 *
 * Errors: MPOOL_E_NOMEM (the arena is full, or the system has no memory left). Calls: the host, under a lock of its
 * own.
 */
mpool_err mp_arena_take(struct mp_arena *arena, size_t bytes, size_t *offset);

/* mp_arena_give - give pages back; their memory is released at once. As mp_arena_take(). */
void mp_arena_give(struct mp_arena *arena, size_t offset, size_t bytes);

/* mp_arena_at - the memory at an offset; NULL if it does not lie in the arena. */
void *mp_arena_at(const struct mp_arena *arena, size_t offset, size_t bytes);

/*
 * mp_arena_guard - a worker: make everything read-only except one page
 *
 * A wild write to another slot's page or to the totals ends the worker, and nothing else.
 */
mpool_err mp_arena_guard(const struct mp_arena *arena, size_t offset, size_t bytes);

#endif
