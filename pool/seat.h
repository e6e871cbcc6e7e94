/*
 * pool/seat.h - one worker as the supervisor sees it: a process and the channel to it
 *
 * A seat is a slot's hands, as the core's struct mp_slot is its head: it sends and receives, and decides nothing but
 * whether a generation is really dead. Each generation has a path, a token and a channel of its own.
 */
#ifndef MP_POOL_SEAT_H
#define MP_POOL_SEAT_H

#include "base/oom.h"
#include "ipc/channel.h"
#include "ipc/forkpipe.h"
#include "ipc/page.h"
#include "pool/core.h"
#include "pool/grant.h"
#include "pool/output.h"
#include "serialize/message.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

/* What the kernel has counted of processes that it killed for want of memory. */
struct mp_seat_oom {
    enum mp_oom_source source;
    uint64_t before; /* when the worker was forked */
    uint64_t after;  /* when it was dead */
};

struct mp_seat {
    const struct mp_page *page;
    const struct mp_trace *trace;
    struct mp_channel *channel; /* NULL: there is no generation */
    uint64_t generation;
    pid_t pid;              /* also when it is dead */
    bool greeted;           /* its HELLO was right */
    bool dead;              /* its exit status is in */
    int64_t dead_ms;        /* since when */
    int64_t weighed_ms;     /* when its memory was looked at */
    int status;             /* of wait4(), if dead */
    struct rusage usage;    /* likewise */
    struct mp_seat_oom oom; /* likewise, if it was killed */
    struct mp_output output;
    unsigned char token[MP_TOKEN_BYTES];
    struct mp_grant grant;
};

/*
 * mp_seat_open - listen for a new generation, and have a pipe for what it prints
 *
 * order     in/out  SPAWN for the fork server: pool, slot, generation and piped are given, path and token are set
 * pipe      out     the end of the pipe that goes with the order, which the caller closes; -1 if it is not piped
 *
 * Errors: MPOOL_E_SYSTEM.
 */
mpool_err mp_seat_open(struct mp_seat *seat, const char *directory, int wake_fd, struct mp_fork_message *order,
                       int *pipe);

/* mp_seat_greet - is this the hello that we wait for? If so, the paths have served their purpose and are removed. */
bool mp_seat_greet(struct mp_seat *seat, const struct mp_hello *hello, uint32_t pool, uint32_t slot);

/*
 * mp_seat_send - send a message to the worker
 *
 * scratch   in   a buffer to write it into
 *
 * Errors: MPOOL_E_NOMEM, MPOOL_E_FULL, MPOOL_E_SYSTEM.
 */
mpool_err mp_seat_send(struct mp_seat *seat, const struct mp_message *message, struct mp_buf *scratch);

/*
 * mp_seat_drain - take what the worker has printed
 *
 * most      in   as for mp_output_drain()
 */
void mp_seat_drain(struct mp_seat *seat, size_t most);

/* mp_seat_capture - a job is about to be sent, alone: keep what it will print, up to so many bytes. */
void mp_seat_capture(struct mp_seat *seat, size_t most);

/* mp_seat_look - what the slot's page says now. stall_ms: what the supervisor's clock is behind the monotonic one. */
struct mp_sight mp_seat_look(const struct mp_seat *seat, int64_t stall_ms);

/* mp_seat_death - how the worker, which is dead, has ended. */
struct mp_death mp_seat_death(const struct mp_seat *seat);

/* mp_seat_why - what a worker that did not start has said about it, in one line; false: nothing. */
bool mp_seat_why(const struct mp_seat *seat, char *why, size_t room);

/* mp_seat_write_end - how a worker that is dead has ended, "was killed by SIGSEGV (Segmentation fault)". */
void mp_seat_write_end(const struct mp_seat *seat, char *text, size_t room);

/* mp_seat_weigh - the worker's resident memory in bytes; 0: it was looked at just now, or it cannot be known. */
size_t mp_seat_weigh(struct mp_seat *seat, int64_t now_ms);

/*
 * mp_seat_over - is the generation dead, and nothing of it still to come?
 *
 * Results still arrive after the exit status; so also its connection must be gone, or a grace be over.
 */
bool mp_seat_over(const struct mp_seat *seat, int64_t now_ms);

/* mp_seat_due - when mp_seat_over() may become true by time alone; INT64_MAX if it will not. */
int64_t mp_seat_due(const struct mp_seat *seat);

/* mp_seat_wait_gone - the fork server is lost, and will not report: wait for the end of the connection, 2 s at most. */
void mp_seat_wait_gone(const struct mp_seat *seat);

/* mp_seat_close - the generation is dead: take down what leads to it, give back its grant, and keep what it printed. */
void mp_seat_close(struct mp_seat *seat);

#endif
