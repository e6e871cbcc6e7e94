/*
 * pool/process.c - a function in a process of its own, as the host sees it
 *
 * Runs in: the host, on application threads. Owns: the list of the processes that may still run.
 *
 * Each process is a conversation of its own with the fork server, as that of a pool with a single worker: PROCESS with
 * a sealed memfd is answered by BORN, which mpool_process_start() waits for; later there are SIGNAL and KILL, and DIED.
 * So the socket is readable when the process has ended, and not before: it is the sentinel. When DIED has been read we
 * shut the socket down, which keeps it readable, and lets the fork server forget the process.
 *
 * If the fork server is killed, the process dies with it, and the end of the socket says that much; how it died is
 * known to nobody then.
 *
 * A handle is shared by the application and, until its process was seen to have ended, the list.
 */
#include "pool/process.h"

#include "base/clock.h"
#include "base/error.h"
#include "ipc/forkpipe.h"
#include "pool/credentials.h"
#include "pool/function.h"
#include "pool/host.h"
#include "pool/order.h"

#include <mpool/process.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long daemons have in mpool_fini() to end by SIGTERM. */
#define GRACE_MS 1000

enum state { RUNNING, ENDED, LOST };

struct mpool_process {
    mpool_process *next; /* under the list's lock */
    atomic_uint refs;

    /* Constant. */
    int fd; /* the conversation's */
    uint32_t family;
    pid_t pid;
    bool daemon;
    char name[MPOOL_NAME_MAX + 1];

    pthread_mutex_t lock; /* taken after the list's */
    enum state state;     /* under it */
    int status;           /* as of wait4(), if ENDED */
};

static struct {
    pthread_mutex_t lock;
    mpool_process *first; /* the oldest */
    mpool_process *last;
    unsigned named; /* so many got a name */
} list = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- the handle -------------------------------------------------------------------------------------------------- */

static void unref(mpool_process *process)
{
    if (atomic_fetch_sub_explicit(&process->refs, 1, memory_order_acq_rel) != 1)
        return;
    (void)close(process->fd);
    (void)pthread_mutex_destroy(&process->lock);
    free(process);
}

/* With the process's lock held. What it has started may live on without the fork server, so it is killed from here. */
static void lose(mpool_process *process)
{
    process->state = LOST;
    (void)kill(-process->pid, SIGKILL);
}

/* Hears what the fork server says; what has become of the process so far. */
static enum state observe(mpool_process *process)
{
    struct mp_fork_message message;
    enum mp_forkpipe_answer answer = MP_FORKPIPE_NOTHING;
    enum state state;

    (void)pthread_mutex_lock(&process->lock);
    if (process->state == RUNNING)
        answer = mp_forkpipe_recv(process->fd, false, &message, NULL);
    if (answer == MP_FORKPIPE_MESSAGE && message.kind == MP_FORK_DIED) {
        process->state = ENDED;
        process->status = message.status;
        (void)shutdown(process->fd, SHUT_RDWR);
    } else if (answer == MP_FORKPIPE_END) {
        lose(process);
    }
    state = process->state;
    (void)pthread_mutex_unlock(&process->lock);
    return state;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static void enlist(mpool_process *process)
{
    (void)pthread_mutex_lock(&list.lock);
    if (list.last != NULL)
        list.last->next = process;
    else
        list.first = process;
    list.last = process;
    (void)pthread_mutex_unlock(&list.lock);
}

/* Drops the processes that have ended: of all, or of those that nobody but the list knows, and of `also`. */
static void forget_ended(bool all, const mpool_process *also)
{
    mpool_process *before = NULL, *next;

    (void)pthread_mutex_lock(&list.lock);
    for (mpool_process *process = list.first; process != NULL; process = next) {
        bool asked = all || process == also || atomic_load_explicit(&process->refs, memory_order_acquire) == 1;

        next = process->next;
        if (!asked || observe(process) == RUNNING) {
            before = process;
            continue;
        }
        if (before != NULL)
            before->next = next;
        else
            list.first = next;
        if (list.last == process)
            list.last = before;
        unref(process);
    }
    (void)pthread_mutex_unlock(&list.lock);
}

/* ---- start ------------------------------------------------------------------------------------------------------- */

static bool good_name(const char *name)
{
    size_t size = 0;

    for (; name[size] != '\0'; size++)
        if ((unsigned char)name[size] < ' ' || name[size] == 127)
            return false;
    return size >= 1 && size <= MPOOL_NAME_MAX;
}

static mpool_err check_options(const mpool_process_options *options, struct mp_function *function)
{
    mpool_err err = mp_host_check();

    if (err == MPOOL_OK)
        err = mp_credentials_check();
    if (err != MPOOL_OK)
        return err;
    if (options == NULL || options->function == NULL)
        return mp_error(MPOOL_E_INVAL, "a process without a function");
    if (options->name != NULL && !good_name(options->name))
        return mp_error(MPOOL_E_INVAL, "\"%.80s\" is not the name of a process: 1 to %d bytes, no control character",
                        options->name, MPOOL_NAME_MAX);
    return mp_function_find(options->function, function);
}

static mpool_err too_many(void)
{
    return mp_error(MPOOL_E_SYSTEM, "too many open files in the fork server; raise the limit (ulimit -n) before "
                                    "mpool_init(), or have fewer processes");
}

/* The other end of the conversation is closed: it may never have been received. */
static mpool_err no_answer(void)
{
    return mp_host_lost() ? mp_error(MPOOL_E_BROKEN, "the fork server is gone; it may have been killed") : too_many();
}

/* Hands the memfd to the fork server, and waits until the process is there. */
static mpool_err give_birth(mpool_process *process, int order)
{
    struct mp_fork_message message = {.kind = MP_FORK_PROCESS, .pool = process->family};

    if (mp_forkpipe_send(process->fd, &message, order, true) != MPOOL_OK ||
        mp_forkpipe_recv(process->fd, true, &message, NULL) != MP_FORKPIPE_MESSAGE)
        return no_answer();
    if (message.kind == MP_FORK_FAILED && message.error == EMFILE)
        return too_many();
    if (message.kind == MP_FORK_FAILED)
        return mp_error(MPOOL_E_SYSTEM, "process %s cannot be forked: %s", process->name, strerror(message.error));
    process->pid = message.pid;
    return MPOOL_OK;
}

/* The number counts those with names of their own, too, as Python's does. */
static void choose_name(const char *wanted, char name[MPOOL_NAME_MAX + 1])
{
    unsigned number;

    (void)pthread_mutex_lock(&list.lock);
    number = ++list.named;
    (void)pthread_mutex_unlock(&list.lock);
    if (wanted != NULL)
        (void)snprintf(name, MPOOL_NAME_MAX + 1, "%s", wanted);
    else
        (void)snprintf(name, MPOOL_NAME_MAX + 1, "Process-%u", number);
}

static mpool_err start(const struct mp_process_order *order, int order_fd, mpool_process **result)
{
    mpool_process *process = calloc(1, sizeof *process);
    mpool_err err;

    if (process == NULL)
        return mp_error_nomem();
    atomic_init(&process->refs, 2);
    process->daemon = order->daemon;
    memcpy(process->name, order->name, sizeof process->name);
    (void)pthread_mutex_init(&process->lock, NULL);
    err = mp_host_open_family(&process->family, &process->fd);
    if (err != MPOOL_OK)
        goto fail;
    err = give_birth(process, order_fd);
    if (err != MPOOL_OK) {
        (void)close(process->fd);
        goto fail;
    }
    enlist(process);
    *result = process;
    return MPOOL_OK;
fail:
    (void)pthread_mutex_destroy(&process->lock);
    free(process);
    return err;
}

mpool_err mpool_process_start(const mpool_process_options *options, mpool_process **result, const char *format, ...)
{
    struct mp_process_order order = {0};
    mpool_process *process = NULL;
    struct mp_function function;
    mpool_err err = check_options(options, &function);
    int order_fd;
    va_list args;

    if (err != MPOOL_OK)
        return err;
    forget_ended(false, NULL);
    choose_name(options->name, order.name);
    order.daemon = options->daemon;
    va_start(args, format);
    err = mp_order_seal(&order, function.name, format, args, &order_fd);
    va_end(args);
    if (err != MPOOL_OK)
        return err;
    err = start(&order, order_fd, &process);
    (void)close(order_fd);
    if (err != MPOOL_OK)
        return err;
    if (result != NULL)
        *result = process;
    else
        unref(process);
    return MPOOL_OK;
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

/* Until the process has ended, or the time is up. */
static enum state await(mpool_process *process, int64_t timeout_ms)
{
    int64_t now = mp_clock_ms(), until = INT64_MAX;
    struct pollfd fd = {.fd = process->fd, .events = POLLIN};
    enum state state;

    if (timeout_ms >= 0 && timeout_ms < INT64_MAX - now)
        until = now + timeout_ms;
    while ((state = observe(process)) == RUNNING && (now = mp_clock_ms()) < until)
        (void)poll(&fd, 1, until == INT64_MAX ? -1 : (int)(until - now < 1000000 ? until - now : 1000000));
    return state;
}

static mpool_err lost(const mpool_process *process)
{
    return mp_error(MPOOL_E_BROKEN, "process %s died with the fork server, which is gone; it may have been killed",
                    process->name);
}

mpool_err mpool_process_join(mpool_process *process, int64_t timeout_ms)
{
    mpool_err err = mp_host_check_process();

    if (err != MPOOL_OK)
        return err;
    switch (await(process, timeout_ms)) {
    case RUNNING:
        return mp_error(MPOOL_E_TIMEOUT, "process %s has not ended within %lld ms", process->name,
                        (long long)timeout_ms);
    case LOST:
        return lost(process);
    case ENDED:
        break;
    }
    return MPOOL_OK;
}

bool mpool_process_is_alive(mpool_process *process)
{
    return mp_host_check_process() == MPOOL_OK && observe(process) == RUNNING;
}

mpool_err mpool_process_exitcode(mpool_process *process, int *code)
{
    mpool_err err = mp_host_check_process();

    if (err != MPOOL_OK)
        return err;
    switch (observe(process)) {
    case RUNNING:
        return mp_error(MPOOL_E_TIMEOUT, "process %s has not ended yet", process->name);
    case LOST:
        return lost(process);
    case ENDED:
        break;
    }
    *code = WIFSIGNALED(process->status) ? -WTERMSIG(process->status) : WEXITSTATUS(process->status);
    return MPOOL_OK;
}

/* ---- what one can do with it ------------------------------------------------------------------------------------- */

static mpool_err order(mpool_process *process, enum mp_fork_kind kind, int number)
{
    const struct mp_fork_message message = {.kind = kind, .pool = process->family, .signal = number};
    mpool_err err = mp_host_check_process();

    if (err != MPOOL_OK)
        return err;
    (void)observe(process);
    (void)pthread_mutex_lock(&process->lock);
    if (process->state == LOST ||
        (process->state == RUNNING && mp_forkpipe_send(process->fd, &message, -1, true) != MPOOL_OK))
        err = lost(process);
    (void)pthread_mutex_unlock(&process->lock);
    return err;
}

mpool_err mpool_process_terminate(mpool_process *process)
{
    return order(process, MP_FORK_SIGNAL, SIGTERM);
}

mpool_err mpool_process_kill(mpool_process *process)
{
    return order(process, MP_FORK_KILL, 0);
}

pid_t mpool_process_pid(const mpool_process *process)
{
    return process->pid;
}

const char *mpool_process_name(const mpool_process *process)
{
    return process->name;
}

bool mpool_process_daemon(const mpool_process *process)
{
    return process->daemon;
}

int mpool_process_sentinel(const mpool_process *process)
{
    return process->fd;
}

void mpool_process_free(mpool_process *process)
{
    if (process == NULL || mp_host_check_process() != MPOOL_OK)
        return;
    forget_ended(false, process);
    unref(process);
}

mpool_err mpool_process_active_children(mpool_process **processes, size_t room, size_t *count)
{
    mpool_err err = mp_host_check();
    size_t found = 0;

    if (err != MPOOL_OK)
        return err;
    forget_ended(true, NULL);
    (void)pthread_mutex_lock(&list.lock);
    for (mpool_process *process = list.first; process != NULL; process = process->next) {
        if (found < room) {
            atomic_fetch_add_explicit(&process->refs, 1, memory_order_relaxed);
            processes[found] = process;
        }
        found++;
    }
    (void)pthread_mutex_unlock(&list.lock);
    *count = found;
    return MPOOL_OK;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

void mp_processes_end(void)
{
    int64_t until;
    mpool_process *process, *next;

    (void)pthread_mutex_lock(&list.lock);
    process = list.first;
    list.first = list.last = NULL;
    (void)pthread_mutex_unlock(&list.lock);
    for (mpool_process *each = process; each != NULL; each = each->next)
        if (!each->daemon)
            (void)await(each, MPOOL_FOREVER);
    for (mpool_process *each = process; each != NULL; each = each->next)
        (void)mpool_process_terminate(each);
    until = mp_clock_ms() + GRACE_MS;
    for (; process != NULL; process = next) {
        int64_t left = until - mp_clock_ms();

        next = process->next;
        if (await(process, left > 0 ? left : 0) == RUNNING) {
            (void)mpool_process_kill(process);
            (void)await(process, MPOOL_FOREVER);
        }
        unref(process);
    }
}
