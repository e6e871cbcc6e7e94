/*
 * workers/process.h - what all children of the fork server are, and those that run one function
 */
#ifndef MP_WORKERS_PROCESS_H
#define MP_WORKERS_PROCESS_H

#include "ipc/arena.h"

#include <mpool/process.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What a process is to do, as the host writes it into a memfd: this, then the function's name with its NUL, then the
 * arguments, one msgpack value.
 */
struct mp_process_order {
    char name[MPOOL_NAME_MAX + 1];
    bool daemon;
    uint32_t function_size; /* bytes, the NUL included */
    uint64_t args_size;     /* bytes */
};

/* What the fork server gives a process. */
struct mp_process_start {
    const struct mp_arena *arena;
    int order; /* a memfd with its struct mp_process_order */
    pid_t parent;
    pid_t host;
};

/*
 * mp_process_begin - the first that a child of the fork server does
 *
 * From now on it dies with its parent, leads a group, keeps what it starts below itself, has nothing in its locals, and
 * knows who it is. `name` is copied.
 */
void mp_process_begin(pid_t parent, pid_t host, const char *name, bool daemon);

/* mp_process_say - "WHO: TEXT" on stderr, in one line and one write: for what nobody else can be told. */
void mp_process_say(const char *who, const char *format, ...) MPOOL_PRINTF(2, 3);

/* mp_process_leave - the orderly end of a child of the fork server: its locals are destroyed, its streams flushed. */
_Noreturn void mp_process_leave(int code);

/* mp_process_main - be a process that runs one function; does not return. As mp_worker_main(). */
_Noreturn void mp_process_main(const struct mp_process_start *start);

/* mp_process_is - is this process one that runs one function? */
bool mp_process_is(void);

#endif
