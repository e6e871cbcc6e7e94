/*
 * ipc/room.h - do the limits of the process leave room for what nng needs?
 *
 * nng 1.5.2 crashes, aborts or hangs in its first call where a limit (ulimit -u, -v, a cgroup) keeps it from starting
 * its threads [measured]. So it is tried out before.
 */
#ifndef MP_IPC_ROOM_H
#define MP_IPC_ROOM_H

#include <mpool/error.h>

/* mp_room_check_worker - as many threads as it will have are started, and end at once. Errors: MPOOL_E_SYSTEM. */
mpool_err mp_room_check_worker(void);

/* mp_room_check_host - the same, and are there file descriptors for so many channels? Errors: MPOOL_E_SYSTEM. */
mpool_err mp_room_check_host(unsigned channels);

#endif
