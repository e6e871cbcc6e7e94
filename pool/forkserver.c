/*
 * pool/forkserver.c - the parent of all workers: forks, kills, reaps, reports
 *
 * Runs in: the fork server, a single-threaded child of the host that never touches nng. Owns: the private runtime
 * directory, and all processes below it (pool/children.h).
 *
 * It hears the host on the sockets of ipc/forkpipe.h, and forks and kills as it is told. It ends with the host, which
 * it watches by a pidfd: a closed socket would not tell, since a child that the host forked may hold the other end.
 * With it end all workers, their descendants, and the runtime directory.
 *
 * Between fork and mp_worker_main() the child closes what is not a worker's, and nothing else.
 */
#include "pool/forkserver.h"

#include "base/error.h"
#include "base/leave.h"
#include "base/panic.h"
#include "ipc/forkpipe.h"
#include "ipc/page.h"
#include "pool/autopsy.h"
#include "pool/children.h"
#include "pool/directory.h"
#include "workers/process.h"
#include "workers/registry.h"
#include "workers/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    const struct mp_forkserver_start *start;
    char directory[MP_FORK_PATH_MAX];
    int host_fd;   /* pidfd */
    int signal_fd; /* SIGCHLD */
    bool ending;
} server;

/* ---- set-up ------------------------------------------------------------------------------------------------------ */

static bool is_kept(int fd)
{
    if (fd == server.start->control || (server.start->spawned && fd == server.start->host_fd))
        return true;
    for (size_t i = 0; i < server.start->keep_fd_count; i++)
        if (server.start->keep_fds[i] == fd)
            return true;
    return false;
}

/* Closes all but 0 to 2, what we were given and what workers keep. */
static void close_others(void)
{
    unsigned from = 3;

    for (int fd = 3; fd < 65536; fd++) {
        if (!is_kept(fd))
            continue;
        if (from < (unsigned)fd)
            (void)syscall(SYS_close_range, from, (unsigned)fd - 1, 0);
        from = (unsigned)fd + 1;
    }
    (void)syscall(SYS_close_range, from, ~0U, 0);
}

/* Workers read nothing from a terminal that is not theirs; whatever is closed becomes /dev/null. */
static void settle_stdio(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0)
        return;
    (void)dup2(null, STDIN_FILENO);
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)dup2(null, fd);
    if (null > STDERR_FILENO)
        (void)close(null);
}

static void handle(int number, void (*how)(int))
{
    const struct sigaction action = {.sa_handler = how};

    (void)sigaction(number, &action, NULL);
}

static void reset_signals(void)
{
    sigset_t mask;

    for (int number = 1; number < NSIG; number++)
        handle(number, SIG_DFL);
    handle(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&mask);
    (void)sigaddset(&mask, SIGCHLD);
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
    server.signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Returns 0 or an errno, which the host is told. */
static int set_up(void)
{
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_NAME, "mpool-server");
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    close_others();
    settle_stdio();
    reset_signals();
    server.host_fd =
        server.start->spawned ? server.start->host_fd : (int)syscall(SYS_pidfd_open, server.start->host, 0);
    if (server.host_fd < 0 || server.signal_fd < 0)
        return errno;
    if (!server.start->spawned && getppid() != server.start->host)
        mp_leave(0);
    mp_children_begin();
    return mp_directory_make(server.start->parent_directory, server.directory, sizeof server.directory);
}

/* ---- workers ----------------------------------------------------------------------------------------------------- */

/* Takes the pipe for its own output; nobody else is to hold it. */
static void print_into(int pipe)
{
    MP_MUST(dup2(pipe, STDOUT_FILENO) == STDOUT_FILENO && dup2(pipe, STDERR_FILENO) == STDERR_FILENO);
    (void)close(pipe);
}

/* What is open and not a child's. */
static void close_ours(void)
{
    for (const struct mp_family *family = mp_families(); family != NULL; family = family->next)
        if (family->fd >= 0)
            (void)close(family->fd);
    (void)close(server.start->control);
    (void)close(server.host_fd);
    (void)close(server.signal_fd);
    handle(SIGPIPE, SIG_DFL);
}

static void be_worker(const struct mp_family *family, const struct mp_fork_message *order, int pipe, pid_t parent)
{
    struct mp_worker_start start = {.arena = server.start->arena,
                                    .page_offset = order->page_offset,
                                    .totals_offset = order->totals_offset,
                                    .setup_offset = order->setup_offset,
                                    .setup_size = order->setup_size,
                                    .path = order->path,
                                    .parent = parent,
                                    .piped = order->piped,
                                    .check_room = order->check_room,
                                    .host = server.start->host,
                                    .hello = {.version = MP_PROTOCOL_VERSION,
                                              .pool = family->pool,
                                              .slot = order->slot,
                                              .generation = order->generation}};
    struct mp_fork_message *copy = malloc(sizeof *copy);

    MP_MUST(copy != NULL);
    *copy = *order;
    start.path = copy->path;
    memcpy(start.hello.token, order->token, sizeof start.hello.token);
    close_ours();
    if (order->piped)
        print_into(pipe);
    mp_worker_main(&start);
}

/* After the fork: the father of the child, or what there is to say of a child that is none. */
static void note_child(struct mp_child *child)
{
    if (child->pid < 0) {
        child->error = errno;
        child->dead = true;
        return;
    }
    (void)setpgid(child->pid, child->pid);
}

/* Without a file descriptor to spare, the pipe for a worker's output does not arrive here. */
static void spawn(struct mp_family *family, const struct mp_fork_message *order, int pipe)
{
    struct mp_child *child = mp_family_add(family, order->slot, order->generation);
    void *page = mp_arena_at(server.start->arena, order->page_offset, MP_PAGE_BYTES);
    void *trace = mp_arena_at(server.start->arena, order->trace_offset, MP_TRACE_BYTES);
    pid_t self = getpid();

    MP_MUST(page != NULL && trace != NULL);
    memset(page, 0, MP_PAGE_BYTES);
    memset(trace, 0, MP_TRACE_BYTES);
    child->page = page;
    child->trace = trace;
    errno = EMFILE;
    child->pid = order->piped && pipe < 0 ? -1 : fork();
    if (child->pid == 0)
        be_worker(family, order, pipe, self);
    note_child(child);
    if (pipe >= 0)
        (void)close(pipe);
}

/* Takes the memfd; there is none if we have no file descriptor left for it. */
static void spawn_process(struct mp_family *family, const struct mp_fork_message *order, int passed)
{
    struct mp_child *child = mp_family_add(family, order->slot, order->generation);
    struct mp_process_start start = {
        .arena = server.start->arena, .order = passed, .parent = getpid(), .host = server.start->host};

    errno = EMFILE;
    child->pid = passed >= 0 ? fork() : -1;
    if (child->pid == 0) {
        close_ours();
        mp_process_main(&start);
    }
    note_child(child);
    if (passed >= 0)
        (void)close(passed);
}

/* ---- the conversation -------------------------------------------------------------------------------------------- */

/* The control socket: new pools, and its end is the host's wish to end everything. */
static void hear_control(void)
{
    struct mp_fork_message message;
    int passed;

    for (;;) {
        switch (mp_forkpipe_recv(server.start->control, false, &message, &passed)) {
        case MP_FORKPIPE_MESSAGE:
            MP_MUST(message.kind == MP_FORK_OPEN);
            if (passed >= 0)
                mp_family_open(message.pool, passed);
            /* Else there is no file descriptor left for it, and the host finds the other end closed. */
            break;
        case MP_FORKPIPE_NOTHING:
            return;
        case MP_FORKPIPE_END:
            server.ending = true;
            return;
        }
    }
}

static void obey(struct mp_family *family, const struct mp_fork_message *order, int passed)
{
    struct mp_child *child;

    switch (order->kind) {
    case MP_FORK_SPAWN:
        spawn(family, order, passed);
        break;
    case MP_FORK_PROCESS:
        spawn_process(family, order, passed);
        break;
    case MP_FORK_KILL:
        child = mp_family_find(family, order->slot, order->generation);
        if (child != NULL && order->look_first)
            mp_autopsy_then_kill(child);
        else if (child != NULL)
            mp_child_kill(child);
        break;
    case MP_FORK_SIGNAL:
        mp_family_signal(family, order->slot, order->generation, order->signal);
        break;
    default:
        mp_panic("the host sent an order of kind %d", (int)order->kind);
    }
}

static void hear_family(struct mp_family *family)
{
    struct mp_fork_message message;
    int passed;

    for (;;) {
        switch (mp_forkpipe_recv(family->fd, false, &message, &passed)) {
        case MP_FORKPIPE_MESSAGE:
            obey(family, &message, passed);
            break;
        case MP_FORKPIPE_NOTHING:
            return;
        case MP_FORKPIPE_END:
            mp_family_close(family);
            return;
        }
    }
}

static size_t count_families(void)
{
    size_t count = 0;

    for (const struct mp_family *family = mp_families(); family != NULL; family = family->next)
        count++;
    return count;
}

/* Waits until there is something to do, and does it. */
static void turn(void)
{
    struct signalfd_siginfo info;
    size_t count = 3;
    struct pollfd *fds = calloc(3 + count_families(), sizeof *fds);

    if (fds == NULL)
        mp_panic("out of memory");
    fds[0] = (struct pollfd){.fd = server.host_fd, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = server.signal_fd, .events = POLLIN};
    fds[2] = (struct pollfd){.fd = server.start->control, .events = POLLIN};
    for (struct mp_family *family = mp_families(); family != NULL; family = family->next) {
        bool waits = mp_family_report(family);

        fds[count++] = (struct pollfd){.fd = family->fd, .events = (short)(POLLIN | (waits ? POLLOUT : 0))};
    }
    mp_autopsy_turn();
    while (poll(fds, count, mp_autopsy_wait_ms()) < 0)
        MP_MUST(errno == EINTR);
    if (fds[0].revents != 0)
        server.ending = true;
    if (fds[1].revents != 0) {
        while (read(server.signal_fd, &info, sizeof info) > 0)
            continue;
        mp_children_reap();
    }
    count = 3;
    for (struct mp_family *family = mp_families(); family != NULL; family = family->next, count++)
        if ((fds[count].revents & ~POLLOUT) != 0)
            hear_family(family);
    if (fds[2].revents != 0)
        hear_control();
    free(fds);
}

/* Nothing of ours outlives us. */
static _Noreturn void end_all(void)
{
    /* To look for orphans, and into the directory, takes a file descriptor, and there may be none left. */
    (void)close(server.signal_fd);
    (void)close(server.host_fd);
    mp_children_end();
    mp_directory_remove(server.directory);
    mp_leave(0);
}

static void tell_functions(void)
{
    for (size_t i = 0; i < mp_registry_count(); i++) {
        struct mp_fork_message message = {.kind = MP_FORK_FUNCTION};

        (void)snprintf(message.path, sizeof message.path, "%s", mp_registry_name((int)i));
        (void)mp_forkpipe_send(server.start->control, &message, -1, true);
    }
}

_Noreturn void mp_forkserver_main(const struct mp_forkserver_start *start)
{
    struct mp_fork_message ready = {.kind = MP_FORK_READY};

    server.start = start;
    ready.error = set_up();
    memcpy(ready.path, server.directory, sizeof ready.path);
    if (start->spawned)
        tell_functions();
    if (mp_forkpipe_send(start->control, &ready, -1, true) != MPOOL_OK || ready.error != 0)
        server.ending = true;
    while (!server.ending) {
        turn();
        mp_children_forget();
    }
    end_all();
}
