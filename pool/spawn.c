/*
 * pool/spawn.c - a fork server that is a program of its own: the host's side
 *
 * Runs in: the host, which may have threads and may have used nng. Owns: nothing.
 *
 * exec gives every child back the exit signal that a fork server must not have, and makes it one that wait() sees. So
 * it is a grandchild: we make a child without an exit signal, which makes the one that calls exec, and is gone. Whoever
 * inherits orphans, init as a rule, inherits and reaps the fork server; we hold a pidfd.
 *
 * Both share our memory, and we stand still, until there was the exec: so nothing is copied, and whatever locks other
 * threads hold does not matter. They do no more than to let file descriptors be inherited, in a table of their own. All
 * signals are blocked meanwhile, as our handlers must not run in them; the program unblocks them.
 */
#include "pool/spawn.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/fd.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_BYTES ((size_t)65536)

/* What the children are to do. */
struct leap {
    const char *program;
    char *const *arguments;
    char *const *environment;
    const struct mp_forkserver_start *start;
    char *stack_end;          /* of the grandchild */
    int error;                /* out: why there is no program */
    struct mp_spawned server; /* out */
};

/* As it was installed: where that was meant to be, or from where the shared library is, if both have been moved. */
static const char *installed_program(void)
{
    static char moved[PATH_MAX];
    const char *slash;
    Dl_info library;

    if (access(MPOOL_WORKER_PROGRAM, X_OK) == 0 || dladdr((void *)(uintptr_t)&mp_spawn_program, &library) == 0 ||
        (slash = strrchr(library.dli_fname, '/')) == NULL || strncmp(slash, "/libmpool.so", 12) != 0)
        return MPOOL_WORKER_PROGRAM;
    (void)snprintf(moved, sizeof moved, "%.*s/%s", (int)(slash - library.dli_fname), library.dli_fname,
                   MPOOL_WORKER_FROM_LIBRARY);
    return access(moved, X_OK) == 0 ? moved : MPOOL_WORKER_PROGRAM;
}

const char *mp_spawn_program(const char *wanted)
{
    const char *set = secure_getenv("MPOOL_WORKER");

    if (wanted != NULL)
        return wanted;
    return set != NULL && set[0] != '\0' ? set : installed_program();
}

/* They run on stacks of their own with this thread's identity, which sanitizers would take for a mistake. */
#define UNSANITIZED __attribute__((no_sanitize("address", "thread", "undefined")))

/* Runs in the grandchild. */
UNSANITIZED static int leap(void *data)
{
    struct leap *leap = data;
    const struct mp_forkserver_start *start = leap->start;

    (void)setpgid(0, 0);
    (void)fcntl(start->control, F_SETFD, 0);
    (void)fcntl(start->arena->fd, F_SETFD, 0);
    (void)fcntl(start->host_fd, F_SETFD, 0);
    for (size_t i = 0; i < start->keep_fd_count; i++)
        (void)fcntl(start->keep_fds[i], F_SETFD, 0);
    (void)execve(leap->program, leap->arguments, leap->environment);
    leap->error = errno;
    (void)syscall(SYS_exit, 127);
    return 127;
}

/* Runs in the child. It has our table of file descriptors, so that the pidfd is ours. */
UNSANITIZED static int step(void *data)
{
    struct leap *plan = data;

    plan->server.pid = clone(leap, plan->stack_end, CLONE_VM | CLONE_VFORK | CLONE_PIDFD, plan, &plan->server.fd);
    if (plan->server.pid < 0)
        plan->error = errno;
    (void)syscall(SYS_exit, 0);
    return 0;
}

/* Adds "NAME=VALUE" as pool/spawn.h says, with its NUL. */
static mpool_err write_variable(const struct mp_forkserver_start *start, struct mp_buf *buf)
{
    char text[PATH_MAX + 200];
    bool added;
    int size = snprintf(text, sizeof text, "%s=%s %d %d %zu %d %d ", MP_SPAWN_VARIABLE, MPOOL_VERSION, start->control,
                        start->arena->fd, start->arena->size, (int)start->host, start->host_fd);

    added = mp_buf_add(buf, text, (size_t)size);
    for (size_t i = 0; added && i < start->keep_fd_count; i++) {
        size = snprintf(text, sizeof text, "%s%d", i > 0 ? "," : "", start->keep_fds[i]);
        added = mp_buf_add(buf, text, (size_t)size);
    }
    if (added && start->keep_fd_count == 0)
        added = mp_buf_add(buf, "-", 1);
    size = snprintf(text, sizeof text, " %s", start->parent_directory);
    if (added && (size_t)size < sizeof text)
        added = mp_buf_add(buf, text, (size_t)size + 1);
    return added ? MPOOL_OK : mp_error_nomem();
}

/* Our environment with one variable more. The caller frees the array. */
static char **write_environment(char *variable)
{
    size_t count = 0, used = 0;
    char **list;

    while (environ[count] != NULL)
        count++;
    list = calloc(count + 2, sizeof *list);
    for (size_t i = 0; list != NULL && i < count; i++)
        if (strncmp(environ[i], MP_SPAWN_VARIABLE "=", sizeof MP_SPAWN_VARIABLE) != 0)
            list[used++] = environ[i];
    if (list != NULL)
        list[used] = variable;
    return list;
}

/* With all signals blocked. */
static mpool_err start_children(struct leap *plan)
{
    char *stacks = mmap(NULL, 2 * STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    pid_t child;

    if (stacks == MAP_FAILED)
        return mp_error(MPOOL_E_NOMEM, "no memory for the start of a process: %m");
    plan->stack_end = stacks + 2 * STACK_BYTES;
    child = clone(step, stacks + STACK_BYTES, CLONE_VM | CLONE_VFORK | CLONE_FILES, plan);
    if (child < 0)
        plan->error = errno;
    while (child > 0 && waitpid(child, NULL, __WALL) < 0 && errno == EINTR)
        continue;
    (void)munmap(stacks, 2 * STACK_BYTES);
    if (plan->error == 0)
        return MPOOL_OK;
    if (plan->server.fd >= 0)
        mp_spawn_join(&plan->server);
    return mp_error(MPOOL_E_SYSTEM,
                    "cannot execute the worker program %s: %s; see mpool_init_options.worker_program "
                    "and $MPOOL_WORKER",
                    plan->program, strerror(plan->error));
}

mpool_err mp_spawn(const char *program, struct mp_forkserver_start *start, struct mp_spawned *server)
{
    char *arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t) "--mpool-fork-server", NULL};
    struct leap plan = {.program = program, .arguments = arguments, .start = start, .server.fd = -1};
    struct mp_buf variable = {0};
    char **environment = NULL;
    sigset_t every, before;
    mpool_err err;

    start->host_fd = mp_fd_raise((int)syscall(SYS_pidfd_open, getpid(), 0));
    if (start->host_fd < 0)
        return mp_error(MPOOL_E_SYSTEM, "pidfd_open: %m");
    err = write_variable(start, &variable);
    if (err == MPOOL_OK && (environment = write_environment(variable.data)) == NULL)
        err = mp_error_nomem();
    plan.environment = environment;
    (void)sigfillset(&every);
    (void)pthread_sigmask(SIG_SETMASK, &every, &before);
    if (err == MPOOL_OK)
        err = start_children(&plan);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (err == MPOOL_OK)
        *server = plan.server;
    (void)close(start->host_fd);
    free(environment);
    mp_buf_free(&variable);
    return err;
}

void mp_spawn_kill(const struct mp_spawned *server)
{
    struct pollfd fd = {.fd = server->fd, .events = POLLIN};

    /* Once it is dead, its number may be that of somebody else's group. */
    if (poll(&fd, 1, 0) == 0)
        (void)kill(-server->pid, SIGKILL);
    (void)syscall(SYS_pidfd_send_signal, server->fd, SIGKILL, NULL, 0);
}

void mp_spawn_join(const struct mp_spawned *server)
{
    struct pollfd fd = {.fd = server->fd, .events = POLLIN};
    siginfo_t info;

    while (poll(&fd, 1, -1) < 0 && errno == EINTR)
        continue;
    /* If it was we who inherited it. */
    (void)waitid(P_PIDFD, (id_t)server->fd, &info, WEXITED | WNOHANG | __WALL);
    (void)close(server->fd);
}
