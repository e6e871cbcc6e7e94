/*
 * pool/spawn.h - a fork server that is a program of its own: what the host hands over to it
 *
 * The program is started with an environment variable, which says by numbers what it has inherited:
 *
 *     MPOOL_FORK_SERVER=VERSION CONTROL ARENA SIZE HOST PIDFD KEEP DIRECTORY
 *
 * VERSION is mpool's, CONTROL and ARENA are file descriptors, SIZE is the arena's in bytes, HOST the host's process id
 * and PIDFD stands for it, KEEP is "-" or file descriptors with commas, and DIRECTORY is where the runtime directory is
 * to be made. The program takes the
 * variable out of its environment, and is from then on what a forked fork server is.
 */
#ifndef MP_POOL_SPAWN_H
#define MP_POOL_SPAWN_H

#include "pool/forkserver.h"

#include <mpool/error.h>

#include <sys/types.h>

#define MP_SPAWN_VARIABLE "MPOOL_FORK_SERVER"

/*
 * mp_spawn_program - which program
 *
 * wanted    in   the application's wish; NULL: $MPOOL_WORKER, or the one that was installed with the library
 */
const char *mp_spawn_program(const char *wanted);

/* A program that was started. */
struct mp_spawned {
    int fd; /* a pidfd */
    pid_t pid;
};

/*
 * mp_spawn - start the program
 *
 * start     in   what a forked fork server would be given; host_fd is filled in
 * server    out  set on MPOOL_OK. It is no child of ours, unless we are the process that inherits orphans.
 *
 * Errors: MPOOL_E_SYSTEM, MPOOL_E_NOMEM. Calls: any thread of the host.
 */
mpool_err mp_spawn(const char *program, struct mp_forkserver_start *start, struct mp_spawned *server);

/* mp_spawn_kill - the program does not behave: kill it and its process group, if it still lives. */
void mp_spawn_kill(const struct mp_spawned *server);

/* mp_spawn_join - wait for the program's end; closes the pidfd. */
void mp_spawn_join(const struct mp_spawned *server);

#endif
