/*
 * ipc/channel.c - messages between the supervisor and one worker, over nng
 *
 * Runs in: the supervisor (listen, recv, send) and workers (dial, post). Owns: the nng socket, and the path it is bound
 * to.
 *
 * Facts of nng 1.5.2 that shape this file, each measured: a listen unlinks whatever is at its path that does not
 * answer, so the path must be fresh; there is no limit on received messages unless one is set; timeouts run on the
 * wall clock, so none is used; pair0 leaks file descriptors where both poll descriptors are used, so it is pair1;
 * callbacks of pipe events run under a lock of the socket, so they only set a flag and wake.
 */
#include "ipc/channel.h"

#include "base/error.h"

#include <errno.h>
#include <nng/nng.h>
#include <nng/protocol/pair1/pair.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than can be under way: two frames of jobs with their answers in pieces, a recall and a stop. */
#define RECEIVE_BUFFER 16
#define SEND_BUFFER 8

/* What the threads allocate besides their stacks. */
#define HEAP_BYTES ((size_t)32 << 20)

/* File descriptors: of a channel (listener, connection, poll descriptor); those of nng, the pool and the program. */
#define FDS_EACH 4
#define FDS_BESIDES 20

struct mp_channel {
    nng_socket socket;
    int fd;      /* supervisor: nng's poll descriptor */
    int wake_fd; /* supervisor: to be written to when the peer goes */
    atomic_bool gone;
    nng_aio *receiving; /* worker */
    nng_aio *sending;   /* worker */
    struct mp_channel_handler handler;
};

/* A packet is nng's message under a name of our own. */
static nng_msg *message_of(const struct mp_packet *packet)
{
    return (nng_msg *)(uintptr_t)packet;
}

static struct mp_packet *packet_of(nng_msg *message)
{
    return (struct mp_packet *)message;
}

struct mp_packet *mp_packet_copy(const char *data, size_t size)
{
    nng_msg *message;

    if (nng_msg_alloc(&message, size) != 0)
        return NULL;
    memcpy(nng_msg_body(message), data, size);
    return packet_of(message);
}

const char *mp_packet_data(const struct mp_packet *packet)
{
    return nng_msg_body(message_of(packet));
}

size_t mp_packet_size(const struct mp_packet *packet)
{
    return nng_msg_len(message_of(packet));
}

void mp_packet_free(struct mp_packet *packet)
{
    if (packet != NULL)
        nng_msg_free(message_of(packet));
}

/* Before a connection is used: only processes of this user may talk to us. */
static void check_peer(nng_pipe pipe, nng_pipe_ev event, void *data)
{
    uint64_t uid;

    (void)event;
    (void)data;
    if (nng_pipe_get_uint64(pipe, NNG_OPT_IPC_PEER_UID, &uid) != 0 || uid != geteuid())
        (void)nng_pipe_close(pipe);
}

static void note_gone(nng_pipe pipe, nng_pipe_ev event, void *data)
{
    struct mp_channel *channel = data;
    uint64_t one = 1;

    (void)pipe;
    (void)event;
    atomic_store(&channel->gone, true);
    if (channel->handler.gone != NULL)
        channel->handler.gone(channel->handler.user);
    else if (write(channel->wake_fd, &one, sizeof one) < 0) {
        /* The counter is full: whoever reads it is awake already. */
    }
}

/* What both ends set up. Returns an nng error. */
static int open_socket(struct mp_channel *channel, size_t most)
{
    int error = nng_pair1_open(&channel->socket);

    if (error != 0)
        return error;
    error = nng_socket_set_int(channel->socket, NNG_OPT_RECVBUF, RECEIVE_BUFFER);
    if (error == 0)
        error = nng_socket_set_int(channel->socket, NNG_OPT_SENDBUF, SEND_BUFFER);
    if (error == 0)
        error = nng_socket_set_size(channel->socket, NNG_OPT_RECVMAXSZ, most);
    if (error == 0)
        error = nng_pipe_notify(channel->socket, NNG_PIPE_EV_ADD_PRE, check_peer, NULL);
    if (error == 0)
        error = nng_pipe_notify(channel->socket, NNG_PIPE_EV_REM_POST, note_gone, channel);
    if (error != 0)
        (void)nng_close(channel->socket);
    return error;
}

static struct mp_channel *new_channel(void)
{
    struct mp_channel *channel = calloc(1, sizeof *channel);

    if (channel != NULL) {
        channel->wake_fd = -1;
        atomic_init(&channel->gone, false);
    }
    return channel;
}

static void *wait_for_go(void *go)
{
    (void)pthread_mutex_lock(go);
    (void)pthread_mutex_unlock(go);
    return NULL;
}

/* Starts `count` threads that live at the same time. Returns 0, or the error of the first that could not be started. */
static int try_threads(size_t count)
{
    pthread_mutex_t go = PTHREAD_MUTEX_INITIALIZER;
    pthread_t *threads = calloc(count, sizeof *threads);
    size_t started = 0;
    int error = threads == NULL ? ENOMEM : 0;

    (void)pthread_mutex_lock(&go);
    while (error == 0 && started < count) {
        error = pthread_create(&threads[started], NULL, wait_for_go, &go);
        started += error == 0;
    }
    (void)pthread_mutex_unlock(&go);
    while (started > 0)
        (void)pthread_join(threads[--started], NULL);
    free(threads);
    return error;
}

static mpool_err check_threads(void)
{
    size_t cpus = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    /* Task threads (two a CPU, at most 16), expiry threads (one a CPU), and nine others, ours included. */
    size_t count = (2 * cpus < 16 ? 2 * cpus : 16) + cpus + 9;
    void *heap = mmap(NULL, HEAP_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int error = heap == MAP_FAILED ? errno : try_threads(count);

    if (heap != MAP_FAILED)
        (void)munmap(heap, HEAP_BYTES);
    if (error == 0)
        return MPOOL_OK;
    return mp_error(MPOOL_E_SYSTEM,
                    "cannot start the %zu threads that nng needs: %s; a limit on processes (ulimit -u), on address "
                    "space (ulimit -v) or of the cgroup is too low",
                    count, strerror(error));
}

static mpool_err check_fds(unsigned channels)
{
    size_t needed = (size_t)channels * FDS_EACH + FDS_BESIDES;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || needed <= limit.rlim_cur)
        return MPOOL_OK;
    return mp_error(MPOOL_E_SYSTEM,
                    "%u workers need about %zu file descriptors, and the limit is %zu; raise it (ulimit -n), or use "
                    "fewer workers",
                    channels, needed, (size_t)limit.rlim_cur);
}

mpool_err mp_channel_check_room(unsigned channels)
{
    mpool_err err = check_fds(channels);

    return err == MPOOL_OK ? check_threads() : err;
}

mpool_err mp_channel_listen(const char *path, size_t most, int wake_fd, struct mp_channel **result)
{
    struct mp_channel *channel = new_channel();
    char url[160];
    struct stat found;
    int error;

    if (channel == NULL)
        return mp_error_nomem();
    if (lstat(path, &found) == 0 || errno != ENOENT) {
        free(channel);
        return mp_error(MPOOL_E_SYSTEM, "%s: there is something where a socket is to be made", path);
    }
    channel->wake_fd = wake_fd;
    (void)snprintf(url, sizeof url, "ipc://%s", path);
    error = open_socket(channel, most);
    if (error == 0) {
        error = nng_listen(channel->socket, url, NULL, 0);
        if (error == 0)
            error = nng_socket_get_int(channel->socket, NNG_OPT_RECVFD, &channel->fd);
        if (error != 0)
            (void)nng_close(channel->socket);
    }
    if (error != 0) {
        free(channel);
        return mp_error(MPOOL_E_SYSTEM, "cannot listen on %s: %s", path, nng_strerror(error));
    }
    *result = channel;
    return MPOOL_OK;
}

int mp_channel_fd(const struct mp_channel *channel)
{
    return channel->fd;
}

struct mp_packet *mp_channel_recv(struct mp_channel *channel)
{
    nng_msg *message;

    return nng_recvmsg(channel->socket, &message, NNG_FLAG_NONBLOCK) == 0 ? packet_of(message) : NULL;
}

mpool_err mp_channel_send(struct mp_channel *channel, struct mp_packet *packet)
{
    int error = nng_sendmsg(channel->socket, message_of(packet), NNG_FLAG_NONBLOCK);

    if (error == 0)
        return MPOOL_OK;
    return mp_error(error == NNG_EAGAIN ? MPOOL_E_FULL : MPOOL_E_SYSTEM, "cannot send to a worker: %s",
                    nng_strerror(error));
}

bool mp_channel_peer_gone(const struct mp_channel *channel)
{
    return atomic_load(&channel->gone);
}

void mp_channel_close(struct mp_channel *channel)
{
    if (channel == NULL)
        return;
    (void)nng_close(channel->socket);
    free(channel);
}

/* ---- the worker's end -------------------------------------------------------------------------------------------- */

static void on_received(void *data)
{
    struct mp_channel *channel = data;

    if (nng_aio_result(channel->receiving) != 0) {
        channel->handler.gone(channel->handler.user);
        return;
    }
    channel->handler.received(channel->handler.user, packet_of(nng_aio_get_msg(channel->receiving)));
    nng_recv_aio(channel->socket, channel->receiving);
}

static void on_sent(void *data)
{
    struct mp_channel *channel = data;

    if (nng_aio_result(channel->sending) != 0) {
        nng_msg_free(nng_aio_get_msg(channel->sending));
        channel->handler.gone(channel->handler.user);
        return;
    }
    channel->handler.sent(channel->handler.user);
}

mpool_err mp_channel_dial(const char *path, size_t most, const struct mp_channel_handler *handler,
                          struct mp_channel **result)
{
    struct mp_channel *channel = new_channel();
    mpool_err err = check_threads();
    char url[160];
    int error;

    if (err != MPOOL_OK)
        return err;
    if (channel == NULL)
        return mp_error_nomem();
    channel->handler = *handler;
    (void)snprintf(url, sizeof url, "ipc://%s", path);
    error = open_socket(channel, most);
    if (error == 0)
        error = nng_aio_alloc(&channel->receiving, on_received, channel);
    if (error == 0)
        error = nng_aio_alloc(&channel->sending, on_sent, channel);
    if (error == 0)
        error = nng_dial(channel->socket, url, NULL, 0);
    /* A worker that cannot talk exits at once, so nothing is taken down here. */
    if (error != 0)
        return mp_error(MPOOL_E_SYSTEM, "cannot dial %s: %s", path, nng_strerror(error));
    *result = channel;
    nng_recv_aio(channel->socket, channel->receiving);
    return MPOOL_OK;
}

void mp_channel_post(struct mp_channel *channel, struct mp_packet *packet)
{
    nng_aio_set_msg(channel->sending, message_of(packet));
    nng_send_aio(channel->socket, channel->sending);
}
