/*
 * mpool/init.h - functions by name, and the start of mpool in a process
 *
 * mpool_init() maps the memory that the processes share and makes the fork server, the parent of all workers. It comes
 * early in main(): after daemon(), chroot() and dropping privileges, before the first thread and the first use of nng.
 * Workers see the program's memory as it is at that moment, so functions are registered before. A host that cannot be
 * so early has MPOOL_START_SPAWN.
 */
#ifndef MPOOL_INIT_H
#define MPOOL_INIT_H

#include <mpool/error.h>
#include <msgpack.h>
#include <stddef.h>

/* The attempt at a job that a function is called for; valid until the function returns. See mpool/job.h. */
typedef struct mpool_job mpool_job;

/*
 * A job function: runs in a worker, on its main thread, one at a time.
 *
 * job       in   this attempt
 * args      in   the arguments; they and all they point to are valid until the function returns
 * result    in   takes at most one value; nothing packed means nil, two values fail the job
 *
 * Returns 0 for done; anything else fails the job: `return mpool_job_fail(job, "%s: %m", path);`
 */
typedef int mpool_function(mpool_job *job, const msgpack_object *args, msgpack_packer *result);

/*
 * Functions of shared objects need no registration: where a function is named, "PATH:SYMBOL" may stand, with a slash
 * or ".so" in the path, "./libmine.so:parse". A worker or process loads the file when it first needs it, with dlopen();
 * the host does not. A path with a slash is looked up from the host's current directory; one without is searched as
 * dlopen() does. SYMBOL is a mpool_function that the file exports, or one that it defines with MPOOL_FUNCTION. If it
 * cannot be loaded the job fails with what dlerror() says, and is not tried again.
 *
 * The file finds mpool's own calls in the program: one that is linked with the static libmpool has to export them
 * (-rdynamic).
 */

/* The longest name of a registered function, in bytes. */
#define MPOOL_NAME_MAX 63

/*
 * mpool_register - give a function a name
 *
 * name      in   1..63 bytes, no spaces or control characters; must stay valid (a string constant)
 *
 * Registering the same name and function again is allowed and does nothing.
 * Errors: MPOOL_E_LATE (after mpool_init()), MPOOL_E_INVAL (name, or the name has another function), MPOOL_E_NOMEM.
 * Calls:  the main thread, before mpool_init().
 */
MPOOL_API mpool_err mpool_register(const char *name, mpool_function *function);

/*
 * mpool_define - mpool_register() for constructors, which have nobody to tell of an error
 *
 * The first error is kept, and mpool_init() fails with it.
 */
MPOOL_API void mpool_define(const char *name, mpool_function *function);

/* Defines a job function and registers it before main():  MPOOL_FUNCTION(square) { ...; return 0; }  */
#define MPOOL_FUNCTION(name)                                                                                           \
    static int name(mpool_job *job, const msgpack_object *args, msgpack_packer *result);                               \
    __attribute__((constructor)) static void mpool_register_##name(void)                                               \
    {                                                                                                                  \
        mpool_define(#name, name);                                                                                     \
    }                                                                                                                  \
    static int name(MPOOL_UNUSED mpool_job *job, MPOOL_UNUSED const msgpack_object *args,                              \
                    MPOOL_UNUSED msgpack_packer *result)

/*
 * mpool_object_functions - the functions that a shared object defines with MPOOL_FUNCTION
 *
 * path      in   as in "PATH:SYMBOL"
 * each      in   called with each name, in the order in which the file defines them
 *
 * For a program that lets people choose functions. The file is loaded into this process, and stays so: one that may
 * not be loaded here is asked in a child, by a program that forks before mpool_init().
 * Errors: MPOOL_E_NOFUNC (there is no such file, or it cannot be loaded: the detail says why), MPOOL_E_NOMEM.
 * Calls:  the main thread, before mpool_init().
 */
MPOOL_API mpool_err mpool_object_functions(const char *path, void (*each)(void *user, const char *name), void *user);

/* How the fork server comes to be. */
typedef enum mpool_start_method {
    MPOOL_START_FORK = 0,  /* forked from this process: workers have its functions and memory */
    MPOOL_START_SPAWN = 1, /* a program of its own: for hosts that have threads, or have used nng */
} mpool_start_method;

/* All zero means the defaults. */
typedef struct mpool_init_options {
    const int *keep_fds; /* file descriptors that workers keep besides 0, 1 and 2 (0 is /dev/null in workers) */
    size_t keep_fd_count;
    const char *directory; /* where the private runtime directory is made; default: the first of $XDG_RUNTIME_DIR,
                              $TMPDIR and /tmp that is a directory of ours with a short enough name */
    size_t arena_bytes;    /* address space to reserve for shared memory; default 64 GiB, halved until it fits RLIMIT_AS
                              (a quarter of it at most) and RLIMIT_FSIZE. Memory is used only as it is needed. An
                              eighth comes on top of it, for shared objects (mpool/handle.h). Of this,
                              arguments over 1 MiB that wait or run may have 4 GiB, and results over 1 MiB that are on
                              their way, too; if it is less than 8 GiB, a half each. */
    mpool_start_method start_method;
    const char *worker_program; /* MPOOL_START_SPAWN: the path of the program whose processes the workers are; default
                                   $MPOOL_WORKER, or mpool-worker as it was installed with the library (found from where
                                   libmpool.so is, if both have been moved), which has no functions but those of shared
                                   objects. See mpool_worker_program_main(). */
} mpool_init_options;

/*
 * mpool_init - make this process a host
 *
 * options   in   NULL for the defaults; not kept
 *
 * No signal handler is installed, no signal will be raised in this process (the fork server raises no SIGCHLD), and
 * wait() and waitpid(-1) never see a child of mpool's.
 * Errors: MPOOL_E_ALREADY (nothing changed), MPOOL_E_FORKED, MPOOL_E_NESTED, MPOOL_E_THREADS, MPOOL_E_SYSTEM,
 * MPOOL_E_INVAL (options;
 *         two functions of one name, or a name that is too long), MPOOL_E_NOMEM.
 * Calls:  main thread, once; after a failure it may be tried again. With MPOOL_START_SPAWN any one thread, and other
 *         threads may run; MPOOL_E_THREADS is then no error, and MPOOL_E_SYSTEM one if the program does not start.
 */
MPOOL_API mpool_err mpool_init(const mpool_init_options *options);

/*
 * mpool_worker_program_main - be the fork server, if a host has started this program for that
 *
 * A program that calls it can be a worker program (see mpool_init_options), with all its registered functions; so a
 * host that has threads by the time it calls mpool_init() can be its own: worker_program = "/proc/self/exe". It is
 * called first in main(), after mpool_register(), and before the program looks at its arguments, opens anything, or
 * starts a thread. Returns at once if the program was not started as a fork server; does not return if it was.
 * Workers have the program's memory as it was at this call; what the host has done by mpool_init() they do not see.
 * Calls: the main thread.
 */
MPOOL_API void mpool_worker_program_main(void);

/*
 * mpool_fini - end the fork server and whatever still runs under it, and wait until it is gone
 *
 * Pools have to be freed before. Without this call everything ends by itself with the process. mpool_init() cannot be
 * called again afterwards. In a process forked after mpool_init() it does nothing.
 */
MPOOL_API void mpool_fini(void);

/*
 * mpool_cpu_count - how many workers this process may use well
 *
 * The least of: online CPUs, the CPU affinity, the cgroup v1 and v2 CPU quotas of every ancestor (rounded up), and the
 * environment variable MPOOL_WORKERS. At least 1. Which of them it was, mpool_limits_read() says (mpool/limits.h).
 * Calls: any thread of any process.
 */
MPOOL_API unsigned mpool_cpu_count(void);

/* mpool_version - "MAJOR.MINOR.PATCH", a constant string. */
MPOOL_API const char *mpool_version(void);

#endif
