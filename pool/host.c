/*
 * pool/host.c - this process as a host: mpool_init() and mpool_fini()
 *
 * Runs in: the host. Owns: the arena, the fork server, and the socket to it.
 *
 * The fork server is made by clone() with exit signal 0: it raises no SIGCHLD, and the host's wait() and waitpid(-1)
 * neither see nor steal it. All its children, the workers, are its own. Or it is spawned, see pool/spawn.c.
 */
#include "pool/host.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/here.h"
#include "ipc/forkpipe.h"
#include "ipc/shared.h"
#include "pool/credentials.h"
#include "pool/directory.h"
#include "pool/forkserver.h"
#include "pool/process.h"
#include "pool/spawn.h"
#include "pool/threads.h"
#include "workers/local.h"
#include "workers/process.h"
#include "workers/registry.h"
#include "workers/worker.h"

#include <mpool/init.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a fork server may take for its next word, while it starts. */
#define WORD_MS 10000

/* Address space, not memory: so much that memory runs out first. */
#define ARENA_BYTES ((size_t)64 << 30)

static struct {
    pthread_mutex_t lock; /* of the arena's table and the pools' numbers */
    bool ready;
    bool finished;
    pid_t pid;
    const bool *here; /* true in this process, and by MADV_WIPEONFORK in no child of it; NULL before mpool_init() */
    struct mp_arena arena;
    int control;
    pid_t server;              /* if it was forked */
    struct mp_spawned spawned; /* if it was spawned */
    char directory[MP_FORK_PATH_MAX];
    const char *program; /* of the fork server; NULL: it is our own, and was forked */
    char program_path[PATH_MAX];
    uint32_t pools; /* so many were opened */
    uint32_t open;  /* and so many are */
} host = {.lock = PTHREAD_MUTEX_INITIALIZER};

const char *mpool_version(void)
{
    return MPOOL_VERSION;
}

/* ---- who we are -------------------------------------------------------------------------------------------------- */

mpool_err mp_host_check_process(void)
{
    if (host.here != NULL && *host.here)
        return MPOOL_OK;
    if (mp_worker_is())
        return mp_error(MPOOL_E_NESTED, "this is a worker: it cannot use pools or start processes; a job "
                                        "submits others by mpool_job_submit()");
    if (mp_process_is())
        return mp_error(MPOOL_E_NESTED, "this process was started by mpool: only the host can use pools and start "
                                        "processes");
    if (host.here == NULL)
        return mp_error(MPOOL_E_NOINIT, "call mpool_init() early in main()");
    return mp_error(MPOOL_E_FORKED, "process %d was forked from %d after mpool_init(); only that one has the pool",
                    (int)getpid(), (int)host.pid);
}

mpool_err mp_host_check(void)
{
    mpool_err err = mp_host_check_process();

    if (err == MPOOL_OK && !host.ready)
        err = mp_error(MPOOL_E_NOINIT, host.finished ? "mpool_fini() has been called" : "mpool_init() has failed");
    return err;
}

/* ---- mpool_init() ------------------------------------------------------------------------------------------------ */

/* A program that is no worker program may end, or run for ever; it is ended then. */
static mpool_err no_word(const char *what)
{
    if (host.program == NULL) {
        (void)kill(host.server, SIGKILL);
        return mp_error(MPOOL_E_SYSTEM, "the fork server %s while it started", what);
    }
    mp_spawn_kill(&host.spawned);
    return mp_error(MPOOL_E_SYSTEM, "the worker program %s %s; it has to call mpool_worker_program_main()",
                    host.program, what);
}

/* What the fork server says next, while it starts. */
static mpool_err hear_word(struct mp_fork_message *word)
{
    struct pollfd fd = {.fd = host.control, .events = POLLIN};
    int64_t until = mp_clock_ms() + WORD_MS, now;
    int ready = 0;

    while (ready != 1 && (now = mp_clock_ms()) < until)
        ready = poll(&fd, 1, (int)(until - now));
    if (ready != 1)
        return no_word("said nothing for 10 s");
    return mp_forkpipe_recv(host.control, false, word, NULL) == MP_FORKPIPE_MESSAGE ? MPOOL_OK : no_word("ended");
}

/* The fork server says what functions it has, if need be, and where the runtime directory is, or why there is none. */
static mpool_err hear_ready(struct mp_buf *functions)
{
    struct mp_fork_message word;
    mpool_err err;

    while ((err = hear_word(&word)) == MPOOL_OK && word.kind == MP_FORK_FUNCTION)
        if (!mp_buf_add(functions, word.path, strlen(word.path) + 1))
            return mp_error_nomem();
    if (err != MPOOL_OK)
        return err;
    if (word.kind != MP_FORK_READY)
        return no_word("sent what is no word of a fork server");
    if (word.error == EPROTO)
        return mp_error(MPOOL_E_SYSTEM, "the worker program %s is of mpool %s, and this is %s", host.program, word.path,
                        MPOOL_VERSION);
    if (word.error != 0)
        return mp_error(MPOOL_E_SYSTEM, "the fork server cannot start: %s", strerror(word.error));
    memcpy(host.directory, word.path, sizeof host.directory);
    return MPOOL_OK;
}

static void reap_server(void)
{
    if (host.program != NULL) {
        mp_spawn_join(&host.spawned);
        return;
    }
    while (waitpid(host.server, NULL, __WALL) < 0 && errno == EINTR)
        continue;
}

static mpool_err fork_server(const struct mp_forkserver_start *start)
{
    (void)fflush(NULL);
    host.server = (pid_t)syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
    if (host.server == 0)
        mp_forkserver_main(start);
    return host.server > 0 ? MPOOL_OK : mp_error(MPOOL_E_SYSTEM, "cannot fork: %m");
}

/* Until it is ready; what functions another program has are our functions from then on. */
static mpool_err await_server(void)
{
    struct mp_buf functions = {0};
    mpool_err err = hear_ready(&functions);

    if (err == MPOOL_OK && host.program != NULL)
        err = mp_registry_replace(functions.data, functions.size);
    mp_buf_free(&functions);
    return err;
}

/* What workers are to keep has to be there. */
static mpool_err check_options(const mpool_init_options *options)
{
    if (options == NULL)
        return MPOOL_OK;
    if (options->keep_fds == NULL && options->keep_fd_count > 0)
        return mp_error(MPOOL_E_INVAL, "keep_fd_count is %zu, and keep_fds is NULL", options->keep_fd_count);
    for (size_t i = 0; i < options->keep_fd_count; i++)
        if (fcntl(options->keep_fds[i], F_GETFD) < 0)
            return mp_error(MPOOL_E_INVAL, "keep_fds[%zu]: no file descriptor %d is open", i, options->keep_fds[i]);
    if (options->worker_program != NULL && options->start_method != MPOOL_START_SPAWN)
        return mp_error(MPOOL_E_INVAL, "worker_program is for the start method MPOOL_START_SPAWN");
    return MPOOL_OK;
}

static mpool_err start_server(const mpool_init_options *options, const char *parent)
{
    struct mp_forkserver_start start = {.arena = &host.arena, .host = getpid(), .parent_directory = parent};
    mpool_err err;
    int ends[2];

    err = mp_forkpipe_pair(ends);
    if (err != MPOOL_OK)
        return err;
    start.control = ends[1];
    if (options != NULL) {
        start.keep_fds = options->keep_fds;
        start.keep_fd_count = options->keep_fd_count;
    }
    host.control = ends[0];
    err = host.program != NULL ? mp_spawn(host.program, &start, &host.spawned) : fork_server(&start);
    (void)close(ends[1]);
    if (err != MPOOL_OK) {
        (void)close(host.control);
        return err;
    }
    err = await_server();
    if (err != MPOOL_OK) {
        (void)close(host.control);
        reap_server();
    }
    return err;
}

static mpool_err choose_method(const mpool_init_options *options)
{
    mpool_start_method method = options != NULL ? options->start_method : MPOOL_START_FORK;

    /* Else it would spawn itself, and that one itself, and so on. */
    if (getenv(MP_SPAWN_VARIABLE) != NULL)
        return mp_error(MPOOL_E_NESTED, "this program was started as a worker program; it has to call "
                                        "mpool_worker_program_main() first in main()");
    if (method != MPOOL_START_FORK && method != MPOOL_START_SPAWN)
        return mp_error(MPOOL_E_INVAL, "start_method is %d; there are MPOOL_START_FORK and MPOOL_START_SPAWN",
                        (int)method);
    host.program = method == MPOOL_START_SPAWN ? mp_spawn_program(options->worker_program) : NULL;
    if (host.program != NULL && strlen(host.program) >= sizeof host.program_path)
        return mp_error(MPOOL_E_INVAL, "worker_program has %zu bytes", strlen(host.program));
    if (host.program != NULL)
        host.program = memcpy(host.program_path, host.program, strlen(host.program) + 1);
    return MPOOL_OK;
}

mpool_err mpool_init(const mpool_init_options *options)
{
    const char *parent;
    mpool_err err;

    if (host.finished && *host.here)
        return mp_error(MPOOL_E_ALREADY, "mpool_fini() was called; mpool cannot start again in this process");
    if (host.ready || host.finished || mp_worker_is() || mp_process_is()) {
        err = mp_host_check_process();
        return err != MPOOL_OK ? err : mp_error(MPOOL_E_ALREADY, "mpool_init() has been called before in this process");
    }
    err = check_options(options);
    if (err == MPOOL_OK)
        err = choose_method(options);
    if (err == MPOOL_OK)
        err = mp_registry_check();
    if (err == MPOOL_OK && host.program == NULL)
        err = mp_threads_check_single();
    if (err == MPOOL_OK)
        err = mp_here_mark(&host.here);
    if (err == MPOOL_OK)
        err = mp_directory_choose(options != NULL ? options->directory : NULL, &parent);
    if (err == MPOOL_OK)
        err = mp_arena_open(options != NULL && options->arena_bytes > 0 ? options->arena_bytes : ARENA_BYTES,
                            &host.arena);
    if (err != MPOOL_OK)
        return err;
    mp_registry_freeze(true);
    host.pid = getpid();
    err = mp_shared_begin(&host.arena);
    if (err == MPOOL_OK) {
        err = start_server(options, parent);
        if (err != MPOOL_OK)
            mp_shared_end();
    }
    if (err != MPOOL_OK) {
        mp_registry_freeze(false);
        mp_arena_close(&host.arena);
        return err;
    }
    mp_credentials_note();
    host.ready = true;
    return MPOOL_OK;
}

/* With the lock held. The supervisor of a pool that was not freed still looks at its pages, a future has a value. */
static void close_arena(void)
{
    if (host.finished && host.arena.taken == 0)
        mp_arena_close(&host.arena);
}

void mpool_fini(void)
{
    if (mp_host_check() != MPOOL_OK)
        return;
    mp_processes_end();
    mp_locals_end();
    mp_shared_end();
    host.ready = false;
    host.finished = true;
    /* A child that we have forked may hold a copy of the socket: closing ours alone would say nothing. */
    (void)shutdown(host.control, SHUT_RDWR);
    (void)close(host.control);
    reap_server();
    mp_directory_remove(host.directory); /* the server has done that, unless it was killed */
    (void)pthread_mutex_lock(&host.lock);
    close_arena();
    (void)pthread_mutex_unlock(&host.lock);
}

/* ---- for pools --------------------------------------------------------------------------------------------------- */

const char *mp_host_program(void)
{
    return host.program;
}

bool mp_host_lost(void)
{
    struct pollfd fd = {.fd = host.control};

    return poll(&fd, 1, 0) == 1;
}

const char *mp_host_directory(void)
{
    return host.directory;
}

mpool_err mp_host_take(size_t bytes, size_t *offset)
{
    mpool_err err;

    (void)pthread_mutex_lock(&host.lock);
    err = mp_arena_take(&host.arena, bytes, MP_ARENA_LOW, offset);
    (void)pthread_mutex_unlock(&host.lock);
    if (err == MPOOL_E_FULL)
        return MPOOL_E_NOMEM;
    if (err != MPOOL_OK)
        return err;
    err = mp_arena_back(&host.arena, *offset, bytes);
    if (err != MPOOL_OK)
        mp_host_give(*offset, bytes);
    return err;
}

void mp_host_give(size_t offset, size_t bytes)
{
    mp_arena_empty(&host.arena, offset, bytes);
    mp_host_give_value(offset, bytes);
}

mpool_err mp_host_take_value(size_t bytes, size_t *offset)
{
    mpool_err err;

    (void)pthread_mutex_lock(&host.lock);
    err = mp_arena_take(&host.arena, bytes, MP_ARENA_HIGH, offset);
    (void)pthread_mutex_unlock(&host.lock);
    return err;
}

void mp_host_give_value(size_t offset, size_t bytes)
{
    (void)pthread_mutex_lock(&host.lock);
    mp_arena_give(&host.arena, offset, bytes);
    close_arena();
    (void)pthread_mutex_unlock(&host.lock);
}

const struct mp_arena *mp_host_arena(void)
{
    return &host.arena;
}

void *mp_host_at(size_t offset, size_t bytes)
{
    return mp_arena_at(&host.arena, offset, bytes);
}

mpool_err mp_host_open_family(uint32_t *id, int *fd)
{
    struct mp_fork_message message = {.kind = MP_FORK_OPEN};
    int ends[2];
    mpool_err err = mp_forkpipe_pair(ends);

    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&host.lock);
    message.pool = host.pools++;
    (void)pthread_mutex_unlock(&host.lock);
    err = mp_forkpipe_send(host.control, &message, ends[1], true);
    (void)close(ends[1]);
    if (err != MPOOL_OK) {
        (void)close(ends[0]);
        return mp_error(MPOOL_E_BROKEN, "the fork server is gone");
    }
    *id = message.pool;
    *fd = ends[0];
    return MPOOL_OK;
}

mpool_err mp_host_open_pool(uint32_t *id, int *fd)
{
    mpool_err err = mp_host_open_family(id, fd);

    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&host.lock);
    host.open++;
    (void)pthread_mutex_unlock(&host.lock);
    return MPOOL_OK;
}

void mp_host_close_pool(int fd)
{
    (void)shutdown(fd, SHUT_RDWR);
    (void)close(fd);
    (void)pthread_mutex_lock(&host.lock);
    host.open--;
    (void)pthread_mutex_unlock(&host.lock);
}
