/*
 * workers/worker.h - a worker process, from the fork to its end
 */
#ifndef MP_WORKERS_WORKER_H
#define MP_WORKERS_WORKER_H

#include "ipc/arena.h"
#include "serialize/message.h"

#include <stdbool.h>
#include <sys/types.h>

/* What the fork server gives a worker. */
struct mp_worker_start {
    const struct mp_arena *arena;
    size_t page_offset;
    size_t totals_offset;
    size_t setup_offset;
    size_t setup_size; /* 0: there is none */
    struct mp_hello hello;
    const char *path; /* the socket to dial */
    pid_t parent;     /* the fork server */
    bool piped;       /* its output goes to the supervisor */
    bool check_room;  /* see ipc/room.h */
    pid_t host;
};

/*
 * mp_worker_main - be a worker; does not return
 *
 * The caller has just been forked by the fork server, and has closed all that is not a worker's.
 */
_Noreturn void mp_worker_main(const struct mp_worker_start *start);

/* mp_worker_is - is this process a worker? */
bool mp_worker_is(void);

#endif
