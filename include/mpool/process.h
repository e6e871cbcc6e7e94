/*
 * mpool/process.h - a function in a process of its own
 *
 *     mpool_process_options options = {.function = "hello"};
 *     mpool_process *process;
 *     int code;
 *
 *     if (mpool_process_start(&options, &process, "s", "world") == MPOOL_OK) {
 *         mpool_process_join(process, MPOOL_FOREVER);
 *         mpool_process_exitcode(process, &code);
 *         mpool_process_free(process);
 *     }
 *
 * A process runs one function, and ends with it: with exit code 0 if the function returned 0; otherwise with 1, and a
 * line "NAME: REASON" on stderr. What the function packs as its result is dropped. Like a worker it sees the program's
 * memory and its current directory as they were at mpool_init(); its stdin is /dev/null, stdout and stderr are the
 * host's, stdout buffered by lines; its signals have their default actions, and it leads a process group of its own.
 * What it has started itself is killed when it ends. It is no child that the host's wait() could see.
 *
 * In it, mpool_job_fail() says why the function fails; mpool_job_attempt() is 1, mpool_job_number() and
 * mpool_job_worker() are 0, there are no totals (MPOOL_E_NOTFOUND), and mpool_job_cancelled() is always false: who asks
 * a process to end is mpool_process_terminate(), by a SIGTERM that the function may handle, as any process may. It
 * cannot use pools or start processes: MPOOL_E_NESTED.
 *
 * mpool_fini() waits for processes that are no daemons. If the host ends without it, in whatever way, all processes are
 * killed.
 */
#ifndef MPOOL_PROCESS_H
#define MPOOL_PROCESS_H

#include <mpool/init.h>
#include <mpool/pool.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct mpool_process mpool_process;

/* The largest arguments of a process, in bytes of msgpack. */
#define MPOOL_PROCESS_ARGS_MAX ((size_t)8 << 20)

/* All zero but `function` means the defaults. */
typedef struct mpool_process_options {
    const char *function; /* as in mpool_task */
    const char *name;     /* 1..63 bytes, no control characters; default "Process-1", "Process-2" ... */
    bool daemon;          /* mpool_fini() does not wait for it, but ends it */
} mpool_process_options;

/*
 * mpool_process_start - run a function in a process of its own
 *
 * options   in   copied before return
 * process   out  set on MPOOL_OK; NULL if it is not wanted; release with mpool_process_free()
 * format    in   the function's arguments, as for mpool_pack(), up to MPOOL_PROCESS_ARGS_MAX bytes; NULL for nil
 *
 * Returns when the process has its process id.
 * Errors: MPOOL_E_NOFUNC, MPOOL_E_INVAL (name), MPOOL_E_FORMAT, MPOOL_E_TOOBIG, MPOOL_E_NOMEM, MPOOL_E_SYSTEM (it could
 *         not be forked), MPOOL_E_BROKEN (the fork server is gone), MPOOL_E_IDENTITY, MPOOL_E_NOINIT, MPOOL_E_FORKED,
 *         MPOOL_E_NESTED (in a worker or a process); on error nothing was started.
 * Calls:  any thread of the host.
 */
MPOOL_API mpool_err mpool_process_start(const mpool_process_options *options, mpool_process **process,
                                        const char *format, ...);

/*
 * mpool_process_join - wait until a process has ended
 *
 * Its group has ended too, then.
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_BROKEN (the fork server is gone, and the process with it), MPOOL_E_FORKED.
 * Calls:  any thread of the host, several at a time; also after mpool_fini().
 */
MPOOL_API mpool_err mpool_process_join(mpool_process *process, int64_t timeout_ms);

/* mpool_process_is_alive - has it not ended? Calls: any thread of the host; false in any other process. */
MPOOL_API bool mpool_process_is_alive(mpool_process *process);

/*
 * mpool_process_exitcode - how it ended
 *
 * code      out  set on MPOOL_OK: what it exited with, or -N if it was killed by signal N
 *
 * Errors: MPOOL_E_TIMEOUT (it has not ended yet), MPOOL_E_BROKEN (the fork server was gone first), MPOOL_E_FORKED.
 * Calls:  any thread of the host; also after mpool_fini().
 */
MPOOL_API mpool_err mpool_process_exitcode(mpool_process *process, int *code);

/* mpool_process_pid - its process id; of a process that has ended, the one it had. Calls: any thread. */
MPOOL_API pid_t mpool_process_pid(const mpool_process *process);

/* mpool_process_name - its name; valid as long as the handle. Calls: any thread. */
MPOOL_API const char *mpool_process_name(const mpool_process *process);

/* mpool_process_daemon - was it started as a daemon? Calls: any thread. */
MPOOL_API bool mpool_process_daemon(const mpool_process *process);

/*
 * mpool_process_sentinel - a file descriptor that becomes readable when the process has ended, and stays so
 *
 * For poll(), select() and epoll; it must not be read, written or closed. Valid as long as the handle.
 * Calls: any thread of the host.
 */
MPOOL_API int mpool_process_sentinel(const mpool_process *process);

/*
 * mpool_process_terminate - send SIGTERM to the process; mpool_process_kill - SIGKILL to it and its group
 *
 * Do not wait. To a process that has ended they do nothing.
 * Errors: MPOOL_E_BROKEN (the fork server is gone, and the process with it), MPOOL_E_FORKED.
 * Calls:  any thread of the host.
 */
MPOOL_API mpool_err mpool_process_terminate(mpool_process *process);
MPOOL_API mpool_err mpool_process_kill(mpool_process *process);

/*
 * mpool_process_free - release a handle; a process that has not ended goes on. NULL is allowed.
 *
 * Calls: any thread of the host, once for each mpool_process_start() and each mpool_process_active_children() that gave
 * the handle.
 */
MPOOL_API void mpool_process_free(mpool_process *process);

/*
 * mpool_process_active_children - the processes that have not ended, those without a handle included
 *
 * processes out  room for `room` handles, the oldest process first; release each with mpool_process_free()
 * count     out  how many there are, also if room is less
 *
 * Errors: MPOOL_E_NOINIT, MPOOL_E_FORKED, MPOOL_E_NESTED. Calls: any thread of the host.
 */
MPOOL_API mpool_err mpool_process_active_children(mpool_process **processes, size_t room, size_t *count);

/* ---- about the process that calls -------------------------------------------------------------------------------- */

/* Who one is. */
typedef struct mpool_process_info {
    const char *name; /* "MainProcess" in the host, "Worker-N" in a pool's worker of slot N */
    bool daemon;      /* a worker is one */
} mpool_process_info;

/* mpool_process_current - this process. Constant. Calls: any thread of any process. */
MPOOL_API const mpool_process_info *mpool_process_current(void);

/* mpool_process_parent - the process id of the host; 0 in the host itself. Calls: any thread of any process. */
MPOOL_API pid_t mpool_process_parent(void);

#endif
