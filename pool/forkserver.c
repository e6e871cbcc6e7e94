/*
 * pool/forkserver.c - the parent of all workers: forks, kills, reaps, reports
 *
 * Runs in: the fork server, a single-threaded child of the host that never touches nng. Owns: the workers, all their
 * orphans, and the private runtime directory.
 *
 * The conversation is in ipc/forkpipe.h. The rules:
 *
 *  - Only this process kills and reaps. A worker's whole process group is killed before the worker is reaped, so that
 *    neither its process id nor its group can belong to somebody else by then.
 *  - Workers are subreapers, so that what they start stays below them; when one dies, what is left comes here. A child
 *    that is not a worker is therefore the orphan of a dead worker, and is killed, and so are those that its death
 *    brings.
 *  - It ends with the host, which it watches by a pidfd: a closed socket would not tell, since a child that the host
 *    forked may hold the other end. With it end all workers, their descendants, and the runtime directory.
 *  - It never waits for the host to read: a report that does not fit into the socket stays with its worker's record.
 *
 * Between fork and mp_worker_main() the child closes what is not a worker's, and nothing else.
 */
#include "pool/forkserver.h"

#include "base/error.h"
#include "base/leave.h"
#include "base/panic.h"
#include "ipc/forkpipe.h"
#include "ipc/page.h"
#include "pool/directory.h"
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

#define CHILDREN_MAX 4096 /* orphans looked at in one sweep; there is another one after each death */

/* A worker, from its fork until its death has been reported; or a fork that failed. */
struct child {
    struct child *next;
    uint32_t slot;
    uint64_t generation;
    pid_t pid;
    bool born_told;
    bool dead;
    int error; /* the fork failed */
    int status;
    struct rusage usage;
};

struct pool {
    struct pool *next;
    uint32_t id;
    int fd; /* -1: the host has closed it; it goes once its workers are dead */
    struct child *children;
};

static struct {
    const struct mp_forkserver_start *start;
    char directory[MP_FORK_PATH_MAX];
    int host_fd;   /* pidfd */
    int signal_fd; /* SIGCHLD */
    struct pool *pools;
    bool ending;
} server;

/* ---- set-up ------------------------------------------------------------------------------------------------------ */

static bool is_kept(int fd)
{
    for (size_t i = 0; i < server.start->keep_fd_count; i++)
        if (server.start->keep_fds[i] == fd)
            return true;
    return false;
}

/* Closes all but 0 to 2, the control socket and what workers keep. */
static void close_others(void)
{
    unsigned from = 3;

    for (int fd = 3; fd < 65536; fd++) {
        if (fd != server.start->control && !is_kept(fd))
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
    server.host_fd = (int)syscall(SYS_pidfd_open, server.start->host, 0);
    if (server.host_fd < 0 || server.signal_fd < 0)
        return errno;
    if (getppid() != server.start->host)
        mp_leave(0);
    return mp_directory_make(server.start->parent_directory, server.directory, sizeof server.directory);
}

/* ---- workers ----------------------------------------------------------------------------------------------------- */

static struct child *add_child(struct pool *pool, const struct mp_fork_message *order)
{
    struct child *child = calloc(1, sizeof *child);

    if (child == NULL)
        mp_panic("out of memory");
    child->slot = order->slot;
    child->generation = order->generation;
    child->next = pool->children;
    pool->children = child;
    return child;
}

static void be_worker(const struct pool *pool, const struct mp_fork_message *order, pid_t parent)
{
    struct mp_worker_start start = {
        .arena = server.start->arena,
        .page_offset = order->page_offset,
        .totals_offset = order->totals_offset,
        .path = order->path,
        .parent = parent,
        .hello = {
            .version = MP_PROTOCOL_VERSION, .pool = pool->id, .slot = order->slot, .generation = order->generation}};
    struct mp_fork_message *copy = malloc(sizeof *copy);

    MP_MUST(copy != NULL);
    *copy = *order;
    start.path = copy->path;
    memcpy(start.hello.token, order->token, sizeof start.hello.token);
    for (const struct pool *other = server.pools; other != NULL; other = other->next)
        if (other->fd >= 0)
            (void)close(other->fd);
    (void)close(server.start->control);
    (void)close(server.host_fd);
    (void)close(server.signal_fd);
    handle(SIGPIPE, SIG_DFL);
    mp_worker_main(&start);
}

static void spawn(struct pool *pool, const struct mp_fork_message *order)
{
    struct child *child = add_child(pool, order);
    void *page = mp_arena_at(server.start->arena, order->page_offset, MP_PAGE_BYTES);
    pid_t self = getpid();

    MP_MUST(page != NULL);
    memset(page, 0, MP_PAGE_BYTES);
    child->pid = fork();
    if (child->pid == 0)
        be_worker(pool, order, self);
    if (child->pid < 0) {
        child->error = errno;
        child->dead = true;
        return;
    }
    (void)setpgid(child->pid, child->pid);
}

static void kill_child(const struct child *child)
{
    if (child->dead)
        return;
    (void)kill(-child->pid, SIGKILL);
    (void)kill(child->pid, SIGKILL);
}

static struct child *find_by_pid(pid_t pid)
{
    for (struct pool *pool = server.pools; pool != NULL; pool = pool->next)
        for (struct child *child = pool->children; child != NULL; child = child->next)
            if (!child->dead && child->pid == pid)
                return child;
    return NULL;
}

/* ---- reports ----------------------------------------------------------------------------------------------------- */

static mpool_err report(const struct pool *pool, const struct child *child, enum mp_fork_kind kind)
{
    struct mp_fork_message message = {.kind = kind,
                                      .pool = pool->id,
                                      .slot = child->slot,
                                      .generation = child->generation,
                                      .pid = child->pid,
                                      .status = child->status,
                                      .error = child->error,
                                      .usage = child->usage};

    return mp_forkpipe_send(pool->fd, &message, -1, false);
}

/* True once all has been said about a child that there is to say. */
static bool report_child(const struct pool *pool, struct child *child)
{
    if (pool->fd < 0)
        return child->dead;
    if (child->error != 0)
        return report(pool, child, MP_FORK_FAILED) == MPOOL_OK;
    if (!child->born_told) {
        if (report(pool, child, MP_FORK_BORN) != MPOOL_OK)
            return false;
        child->born_told = true;
    }
    return child->dead && report(pool, child, MP_FORK_DIED) == MPOOL_OK;
}

/* Reports what has not been reported. True if something had to wait for room in the socket. */
static bool report_pool(struct pool *pool)
{
    struct child **link = &pool->children;
    bool waits = false;

    while (*link != NULL) {
        struct child *child = *link;

        if (report_child(pool, child)) {
            *link = child->next;
            free(child);
            continue;
        }
        waits = waits || child->dead || !child->born_told;
        link = &child->next;
    }
    return waits;
}

/* ---- reaping ----------------------------------------------------------------------------------------------------- */

/* The process ids of our children, living or dead; the kernel lists them. Returns how many. */
static size_t list_children(pid_t *pids, size_t room)
{
    char path[64], *word = NULL;
    size_t count = 0, word_room = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (count < room && getdelim(&word, &word_room, ' ', file) > 1)
        pids[count++] = (pid_t)strtol(word, NULL, 10);
    free(word);
    (void)fclose(file);
    return count;
}

/* Kills every child that is not a worker. */
static void sweep_orphans(void)
{
    static pid_t pids[CHILDREN_MAX];
    size_t count = list_children(pids, CHILDREN_MAX);

    for (size_t i = 0; i < count; i++)
        if (find_by_pid(pids[i]) == NULL)
            (void)kill(pids[i], SIGKILL);
}

/* Reaps one dead child, if there is one. Its group is killed while its zombie still holds the number. */
static bool reap_one(bool wait)
{
    siginfo_t info = {0};
    struct child *child;
    struct rusage usage;
    int status;

    if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | (wait ? 0 : WNOHANG)) != 0 || info.si_pid == 0)
        return false;
    child = find_by_pid(info.si_pid);
    if (child != NULL)
        (void)kill(-child->pid, SIGKILL);
    if (wait4(info.si_pid, &status, 0, &usage) == info.si_pid && child != NULL) {
        child->dead = true;
        child->status = status;
        child->usage = usage;
    }
    return true;
}

static void reap(void)
{
    struct signalfd_siginfo info;
    bool reaped = false;

    while (read(server.signal_fd, &info, sizeof info) > 0)
        continue;
    while (reap_one(false))
        reaped = true;
    if (reaped)
        sweep_orphans();
}

/* Everything is killed until there is nothing left to kill. */
static _Noreturn void end_all(void)
{
    for (struct pool *pool = server.pools; pool != NULL; pool = pool->next)
        for (struct child *child = pool->children; child != NULL; child = child->next)
            kill_child(child);
    do {
        sweep_orphans();
    } while (reap_one(true));
    /* To look into the directory takes a file descriptor, and there may be none left. */
    (void)close(server.signal_fd);
    (void)close(server.host_fd);
    mp_directory_remove(server.directory);
    mp_leave(0);
}

/* ---- the conversation -------------------------------------------------------------------------------------------- */

static void open_pool(uint32_t id, int fd)
{
    struct pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL || fd < 0)
        mp_panic("a pool without a socket, or no memory for it");
    pool->id = id;
    pool->fd = fd;
    pool->next = server.pools;
    server.pools = pool;
}

/* The control socket: new pools, and its end is the host's wish to end everything. */
static void hear_control(void)
{
    struct mp_fork_message message;
    int passed;

    for (;;) {
        switch (mp_forkpipe_recv(server.start->control, false, &message, &passed)) {
        case MP_FORKPIPE_MESSAGE:
            MP_MUST(message.kind == MP_FORK_OPEN);
            open_pool(message.pool, passed);
            break;
        case MP_FORKPIPE_NOTHING:
            return;
        case MP_FORKPIPE_END:
            server.ending = true;
            return;
        }
    }
}

static void close_pool(struct pool *pool)
{
    (void)close(pool->fd);
    pool->fd = -1;
    for (struct child *child = pool->children; child != NULL; child = child->next)
        kill_child(child);
}

static void hear_pool(struct pool *pool)
{
    struct mp_fork_message message;

    for (;;) {
        switch (mp_forkpipe_recv(pool->fd, false, &message, NULL)) {
        case MP_FORKPIPE_MESSAGE:
            if (message.kind == MP_FORK_SPAWN) {
                spawn(pool, &message);
                break;
            }
            MP_MUST(message.kind == MP_FORK_KILL);
            for (struct child *child = pool->children; child != NULL; child = child->next)
                if (child->slot == message.slot && child->generation == message.generation)
                    kill_child(child);
            break;
        case MP_FORKPIPE_NOTHING:
            return;
        case MP_FORKPIPE_END:
            close_pool(pool);
            return;
        }
    }
}

/* Pools that the host has closed and whose workers are gone. */
static void forget_pools(void)
{
    struct pool **link = &server.pools;

    while (*link != NULL) {
        struct pool *pool = *link;

        if (pool->fd >= 0 || pool->children != NULL) {
            link = &pool->next;
            continue;
        }
        *link = pool->next;
        free(pool);
    }
}

static size_t count_pools(void)
{
    size_t count = 0;

    for (const struct pool *pool = server.pools; pool != NULL; pool = pool->next)
        count++;
    return count;
}

/* Waits until there is something to do, and does it. */
static void turn(void)
{
    size_t count = 3;
    struct pollfd *fds = calloc(3 + count_pools(), sizeof *fds);

    if (fds == NULL)
        mp_panic("out of memory");
    fds[0] = (struct pollfd){.fd = server.host_fd, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = server.signal_fd, .events = POLLIN};
    fds[2] = (struct pollfd){.fd = server.start->control, .events = POLLIN};
    for (struct pool *pool = server.pools; pool != NULL; pool = pool->next) {
        bool waits = report_pool(pool);

        fds[count++] = (struct pollfd){.fd = pool->fd, .events = (short)(POLLIN | (waits ? POLLOUT : 0))};
    }
    while (poll(fds, count, -1) < 0)
        MP_MUST(errno == EINTR);
    if (fds[0].revents != 0)
        server.ending = true;
    if (fds[1].revents != 0)
        reap();
    count = 3;
    for (struct pool *pool = server.pools; pool != NULL; pool = pool->next, count++)
        if ((fds[count].revents & ~POLLOUT) != 0)
            hear_pool(pool);
    if (fds[2].revents != 0)
        hear_control();
    free(fds);
}

_Noreturn void mp_forkserver_main(const struct mp_forkserver_start *start)
{
    struct mp_fork_message ready = {.kind = MP_FORK_READY};

    server.start = start;
    ready.error = set_up();
    memcpy(ready.path, server.directory, sizeof ready.path);
    if (mp_forkpipe_send(start->control, &ready, -1, true) != MPOOL_OK || ready.error != 0)
        server.ending = true;
    while (!server.ending) {
        turn();
        forget_pools();
    }
    end_all();
}
