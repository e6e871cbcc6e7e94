/*
 * pool/supervisor.h - the thread that owns a pool
 *
 * pool/supervisor.c has its loop, pool/hear.c what it hears, pool/feed.c what comes of that, pool/news.c what is told
 * of it. All that they share is here, and belongs to that thread.
 */
#ifndef MP_POOL_SUPERVISOR_H
#define MP_POOL_SUPERVISOR_H

#include "base/clock.h"
#include "pool/core.h"
#include "pool/deliver.h"
#include "pool/pool.h"
#include "pool/seat.h"

#include <stdbool.h>
#include <stdint.h>

struct pollfd;

struct mp_supervisor {
    mpool_pool *pool;
    struct mp_core core;
    struct mp_seat *seats;
    struct pollfd *fds; /* the fork server, the wake-up, then of each seat that has a channel that and its output */
    unsigned *readers;  /* which seats those are */
    unsigned reader_count;
    struct mp_deliver deliver;
    struct mp_buf message; /* scratch */
    msgpack_zone *zone;    /* of the message being heard; cleared before each */
    int64_t stall_ms;      /* time that does not count, altogether */
    bool sweeping;         /* there are blocks to be released */
    bool starving;         /* a worker waits for a block */
    bool server_lost;
};

/* mp_supervisor_now_ms - the core's clock, which stands still while nothing can happen. */
static inline int64_t mp_supervisor_now_ms(const struct mp_supervisor *sup)
{
    return mp_clock_ms() - sup->stall_ms;
}

/*
 * mp_supervisor_start - start the supervisor thread of a pool, with all signals blocked
 *
 * It sets pool->ready once a worker is up, pool->broken if none can be, and pool->ended as the last thing it does; the
 * caller then joins pool->supervisor. Errors: MPOOL_E_SYSTEM, MPOOL_E_NOMEM.
 */
mpool_err mp_supervisor_start(mpool_pool *pool);

#endif
