/*
 * pool/host.h - this process as a host: what mpool_init() has set up
 */
#ifndef MP_POOL_HOST_H
#define MP_POOL_HOST_H

#include "ipc/arena.h"

#include <mpool/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * mp_host_check - may this process use pools?
 *
 * Errors: MPOOL_E_NOINIT, MPOOL_E_FORKED, MPOOL_E_NESTED. Calls: any thread; it costs a getpid().
 */
mpool_err mp_host_check(void);

/* mp_host_check_process - the same for what may outlive mpool_fini(): futures and iterators. */
mpool_err mp_host_check_process(void);

/* mp_host_program - the program that the workers are processes of; NULL if it is our own, and was forked. */
const char *mp_host_program(void);

/* mp_host_lost - is the fork server gone? */
bool mp_host_lost(void);

/* mp_host_directory - the runtime directory's path. */
const char *mp_host_directory(void);

/*
 * mp_host_take, mp_host_give, mp_host_at - pages of the arena (ipc/arena.h) that live as long as a pool, with memory
 *
 * Errors: MPOOL_E_NOMEM.
 */
mpool_err mp_host_take(size_t bytes, size_t *offset);
void mp_host_give(size_t offset, size_t bytes);
void *mp_host_at(size_t offset, size_t bytes);

/*
 * mp_host_take_value, mp_host_give_value - pages for a value, without memory; see pool/block.h
 *
 * They may be given back after mpool_fini(), which leaves the arena to the last of them.
 * Errors: MPOOL_E_FULL, MPOOL_E_NOMEM.
 */
mpool_err mp_host_take_value(size_t bytes, size_t *offset);
void mp_host_give_value(size_t offset, size_t bytes);

/* mp_host_arena - the arena, for the memory of what was taken. */
const struct mp_arena *mp_host_arena(void);

/*
 * mp_host_open_family - a conversation of its own with the fork server
 *
 * id        out  its number
 * fd        out  our end of its socket; closing it ends what was started through it
 *
 * Errors: MPOOL_E_SYSTEM, MPOOL_E_BROKEN (the fork server is gone).
 */
mpool_err mp_host_open_family(uint32_t *id, int *fd);

/*
 * mp_host_open_pool - the same for a pool, whose pages in the arena are used until it is closed
 */
mpool_err mp_host_open_pool(uint32_t *id, int *fd);

/* mp_host_close_pool - a pool that was opened is gone. */
void mp_host_close_pool(int fd);

#endif
