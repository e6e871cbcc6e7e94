/*
 * ipc/room.h - do the limits of the process leave room for what nng needs?
 *
 * nng 1.5.2 crashes, aborts or hangs in its first call where a limit (ulimit -u, -v, a cgroup) keeps it from starting
 * its threads [measured]. So it is tried out before.
 */
#ifndef MP_IPC_ROOM_H
#define MP_IPC_ROOM_H

#include <mpool/error.h>

/* mp_room_check_threads - as many threads as nng has are started, and end at once. Errors: MPOOL_E_SYSTEM. */
mpool_err mp_room_check_threads(void);

/* mp_room_check - the host: and are there file descriptors for so many channels? Errors: MPOOL_E_SYSTEM. */
mpool_err mp_room_check(unsigned channels);

#endif
