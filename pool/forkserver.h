/*
 * pool/forkserver.h - the parent of all workers
 */
#ifndef MP_POOL_FORKSERVER_H
#define MP_POOL_FORKSERVER_H

#include "ipc/arena.h"

#include <stdbool.h>
#include <sys/types.h>

/* What the host gives it. */
struct mp_forkserver_start {
    const struct mp_arena *arena;
    int control; /* its end of the pair that mp_fork_message OPEN comes through */
    pid_t host;
    const char *parent_directory; /* where to make the runtime directory */
    const int *keep_fds;          /* for the workers */
    size_t keep_fd_count;
    bool spawned; /* it is a program of its own, and no child of the host, which does not know what functions it has */
    int host_fd;  /* if so, a pidfd of the host */
};

/*
 * mp_forkserver_main - be the fork server; does not return
 *
 * Runs in a child that was just cloned from the host, or in a worker program (pool/program.c).
 */
_Noreturn void mp_forkserver_main(const struct mp_forkserver_start *start);

#endif
