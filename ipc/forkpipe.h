/*
 * ipc/forkpipe.h - what the host and the fork server say to each other
 *
 * AF_UNIX SOCK_SEQPACKET pairs, so a message is whole or not there; fixed structs, since both ends are the same
 * program. One pair is made with the fork server and carries only MP_FORK_OPEN, with one end of a new pair for each
 * pool. A closed end means: kill everything that belongs to it. The conversation of a pool:
 *
 *     host -> server   MP_FORK_SPAWN   fork a worker for this slot and generation; if piped, the pipe for its output
 *                                     comes along
 *     host -> server   MP_FORK_PROCESS fork a process that runs one function; the memfd that comes along says which
 *     host -> server   MP_FORK_SIGNAL  send a signal to it alone, if it still lives
 *     host -> server   MP_FORK_KILL    kill it and its process group, if it still lives; if look_first, stop
 *                                     it at once, and kill it when its trace is written
 *     server -> host   MP_FORK_BORN    its process id
 *     server -> host   MP_FORK_FAILED  it could not be forked
 *     server -> host   MP_FORK_DIED    it and its group are dead and reaped; its trace is what it will be
 *
 * Every BORN is followed by exactly one DIED. A process (pool/process.c) has a pair of its own, as a pool with a single
 * child in slot 0.
 */
#ifndef MP_IPC_FORKPIPE_H
#define MP_IPC_FORKPIPE_H

#include "base/oom.h"

#include <mpool/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* What sun_path takes, with its NUL. */
#define MP_FORK_PATH_MAX 108
#define MP_FORK_TOKEN_BYTES 16

enum mp_fork_kind {
    MP_FORK_READY = 1, /* server -> host, once: error is an errno, path the runtime directory */
    MP_FORK_OPEN,
    MP_FORK_SPAWN,
    MP_FORK_KILL,
    MP_FORK_BORN,
    MP_FORK_FAILED,
    MP_FORK_DIED,
    MP_FORK_PROCESS,
    MP_FORK_SIGNAL,
    MP_FORK_FUNCTION, /* server -> host, before READY, if it is a program of its own: path is the name of a function */
};

struct mp_fork_message {
    enum mp_fork_kind kind;
    uint32_t pool;
    uint32_t slot;
    uint64_t generation;
    size_t page_offset;   /* SPAWN: the slot's page */
    size_t trace_offset;  /* SPAWN: the slot's trace */
    size_t totals_offset; /* SPAWN: the pool's totals */
    size_t setup_offset;  /* SPAWN: its struct mp_setup, see workers/setup.h */
    size_t setup_size;    /* SPAWN: of it; 0: it has none */
    bool piped;           /* SPAWN: a pipe for the worker's output comes along */
    bool check_room;      /* SPAWN: the worker tries first whether it can have as many threads as it will */
    unsigned char token[MP_FORK_TOKEN_BYTES];
    bool look_first;               /* KILL */
    pid_t pid;                     /* BORN, DIED */
    int status;                    /* DIED: as of wait4() */
    int error;                     /* FAILED, READY: errno */
    int signal;                    /* SIGNAL */
    struct rusage usage;           /* DIED */
    enum mp_oom_source oom_source; /* DIED, of SIGKILL: what has counted */
    uint64_t oom_before;           /* likewise: kills for want of memory, when it was forked */
    uint64_t oom_after;            /* likewise: when it was dead */
    char path[MP_FORK_PATH_MAX];   /* SPAWN: the socket to dial */
};

/* mp_forkpipe_pair - a new pair of sockets, close-on-exec. Errors: MPOOL_E_SYSTEM. */
mpool_err mp_forkpipe_pair(int ends[2]);

/*
 * mp_forkpipe_send - send a message
 *
 * passed    in   a file descriptor to go with it, or -1
 * wait      in   while the other end's buffer is full. The host waits, the fork server never does: so one of the two is
 *                always there to read.
 *
 * Errors: MPOOL_E_SYSTEM (the other end is gone), MPOOL_E_FULL.
 */
mpool_err mp_forkpipe_send(int fd, const struct mp_fork_message *message, int passed, bool wait);

enum mp_forkpipe_answer { MP_FORKPIPE_MESSAGE, MP_FORKPIPE_NOTHING, MP_FORKPIPE_END };

/*
 * mp_forkpipe_recv - take the next message
 *
 * wait      in   for a message, instead of answering MP_FORKPIPE_NOTHING
 * passed    out  the file descriptor that came along, -1 if none did; may be NULL if none is expected
 */
enum mp_forkpipe_answer mp_forkpipe_recv(int fd, bool wait, struct mp_fork_message *message, int *passed);

#endif
