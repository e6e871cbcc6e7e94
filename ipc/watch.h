/*
 * ipc/watch.h - file descriptors that are readable while there is something in a belt
 *
 * A thread for each belt that this process watches: it sleeps on the belt's bells, and keeps an eventfd at the level
 * that the belt is at. So it works in any process, also in one that is older than the object.
 */
#ifndef MP_IPC_WATCH_H
#define MP_IPC_WATCH_H

#include "ipc/belt.h"

#include <mpool/error.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define MP_WATCHERS_MOST 64

/* In the shared object: who watches it, so that it is not released under their hands. All zero is nobody. */
struct mp_watchers {
    /* The watching threads; 0: nobody. By compare-and-swap, from 0 or from a dead one; back to 0 by itself. */
    _Atomic mp_member members[MP_WATCHERS_MOST];
    _Atomic uint32_t released; /* not 0: they are to go away. Set by the host, once */
};

/*
 * mp_watch_fd - the descriptor of an object; the same each time
 *
 * object    in   what it is known by, and checked
 * fd        out  set on MPOOL_OK; valid until mp_watch_release() by the host, or the end of the process
 *
 * Errors: MPOOL_E_SYSTEM, MPOOL_E_NOMEM, MPOOL_E_FULL (MP_WATCHERS_MOST processes watch it).
 * Calls:  any thread of any process.
 */
mpool_err mp_watch_fd(const void *object, const struct mp_belt *belt, struct mp_watchers *watchers, int *fd);

/*
 * mp_watch_release - nobody watches the object any more, in any process
 *
 * Returns false if somebody still does, who does not react: its process may have been stopped. Calls: the host, before
 * it releases the object.
 */
bool mp_watch_release(const void *object, const struct mp_belt *belt, struct mp_watchers *watchers);

/* How many objects this process watches. */
extern atomic_uint mp_watch_count;

/* mp_watch_look - what mp_watch_refresh() does if this process watches something. */
void mp_watch_look(const void *object);

/*
 * mp_watch_refresh - behind a change of this thread's: the descriptor is at the level of the belt
 *
 * The watching thread would do that too, a moment later. So with respect to a thread's own calls there is no delay, and
 * nobody polls again and again for what has been taken.
 */
static inline void mp_watch_refresh(const void *object)
{
    if (atomic_load_explicit(&mp_watch_count, memory_order_relaxed) > 0)
        mp_watch_look(object);
}

#endif
