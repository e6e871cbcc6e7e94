/*
 * pool/children.h - the fork server's children: workers, by the pool they belong to, processes, and their orphans
 *
 * A pool's record lives from MP_FORK_OPEN until the host has closed its socket and all its workers are dead; a child's
 * from its fork, or the failure to fork, until that and its death have been reported.
 */
#ifndef MP_POOL_CHILDREN_H
#define MP_POOL_CHILDREN_H

#include "ipc/page.h"
#include "ipc/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* What becomes of a child before it dies, see pool/autopsy.h. */
enum mp_autopsy_state { MP_AUTOPSY_NONE, MP_AUTOPSY_WANTED, MP_AUTOPSY_RUNNING, MP_AUTOPSY_OVER };

struct mp_child {
    struct mp_child *next;
    uint32_t slot;
    uint64_t generation;
    pid_t pid;
    bool born_told;
    bool dead;
    int error; /* the fork failed */
    int status;
    struct rusage usage;
    uint64_t oom_before; /* kills for want of memory, when it was forked; see mp_fork_message */
    uint64_t oom_after;
    bool oom_known;
    const struct mp_page *page; /* its slot's */
    struct mp_trace *trace;     /* likewise */
    enum mp_autopsy_state autopsy;
    bool autopsy_late;      /* the unwinder was killed because it took too long */
    bool kill_after;        /* it is killed when it has been looked at; otherwise it dies of itself */
    pid_t unwinder;         /* RUNNING: who looks at it */
    int64_t autopsy_due_ms; /* WANTED, RUNNING: until when */
};

struct mp_family {
    struct mp_family *next;
    uint32_t pool;
    int fd; /* to the supervisor; -1: the host has closed it */
    struct mp_child *children;
};

/* mp_children_begin - before all others. */
void mp_children_begin(void);

/* mp_families - all pools. */
struct mp_family *mp_families(void);

/* mp_family_open - a new pool. Takes the file descriptor. */
void mp_family_open(uint32_t pool, int fd);

/* mp_family_close - the host has closed the pool: its workers are killed, and nobody is told. */
void mp_family_close(struct mp_family *family);

/* mp_family_add - a record for a child that is about to be forked. */
struct mp_child *mp_family_add(struct mp_family *family, uint32_t slot, uint64_t generation);

/* mp_child_kill - kill a worker and its process group, if it still lives. */
void mp_child_kill(const struct mp_child *child);

/* mp_family_find - the record of a worker; NULL if there is none any more. */
struct mp_child *mp_family_find(const struct mp_family *family, uint32_t slot, uint64_t generation);

/* mp_family_signal - send a signal to a child alone, if it still lives. */
void mp_family_signal(const struct mp_family *family, uint32_t slot, uint64_t generation, int number);

/* mp_family_report - tell the supervisor what it has not been told. True: something waits for room in the socket. */
bool mp_family_report(struct mp_family *family);

/* mp_children_reap - take note of every child that is dead or has stopped, and kill the orphans of workers. */
void mp_children_reap(void);

/* mp_children_forget - drop the pools that the host has closed and whose workers are gone. */
void mp_children_forget(void);

/* mp_children_end - kill everything until there is nothing left to kill. Waits. */
void mp_children_end(void);

#endif
