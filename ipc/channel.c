/*
 * ipc/channel.c - messages between the supervisor and one worker, over nng
 *
 * Runs in: the supervisor (listen, recv, send) and workers (dial, post). Owns: the nng sockets, and the paths they are
 * bound to.
 *
 * Facts of nng 1.5.2 that shape this file, each measured:
 *
 *  - A listen unlinks whatever is at its path that does not answer, so the path must be fresh.
 *  - There is no limit on received messages unless one is set.
 *  - Timeouts run on the wall clock, so none is used.
 *  - pair0 leaks file descriptors where both poll descriptors are used, so it is pair1.
 *  - Callbacks of pipe events run under a lock of the socket, so they only set a flag and wake.
 *  - nng_close() hangs, a few times in a thousand, on a socket whose connection nng closed itself, for a failed send,
 *    while a message was coming in: between its header and its body the receive is refused without a callback, and
 *    somebody waits for that for ever. Where nobody sends, a connection ends by its receive, and this cannot be.
 *    Hence a socket for each direction; and ours is closed only when nothing can come in any more.
 *  - A receive after the connection was lost can crash while the receive buffer is full, so it is larger than what a
 *    worker can have under way.
 */
#include "ipc/channel.h"

#include "base/error.h"

#include <errno.h>
#include <nng/nng.h>
#include <nng/protocol/pair1/pair.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Messages. Of results: two frames of jobs are answered in pieces, of 1 to 10 ms or 256 KiB each. */
#define RECEIVE_BUFFER 1024

/* Of jobs: two frames, a recall, a stop, and BYE. */
#define SEND_BUFFER 8

/* Behind the path that the channel is given. */
#define DOWN_SUFFIX ".d"
#define UP_SUFFIX ".u"
#define URL_MAX 160

struct mp_channel {
    nng_socket down;    /* supervisor to worker */
    nng_socket up;      /* worker to supervisor */
    int fd;             /* supervisor: nng's poll descriptor of `up` */
    int wake_fd;        /* supervisor: to be written to when the peer goes */
    char *path;         /* supervisor: owned; NULL once nothing is there any more */
    atomic_bool gone;   /* supervisor: there was a connection of `up`, and is none; worker: of either */
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

/*
 * The most bytes of a message that comes in where none is due: a worker that sends one all the same loses its
 * connection. (0 would mean any number; every message of pair1 has a head of 4.)
 */
#define NOTHING 1

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

/*
 * What both ends set up, for one direction. `noted` hears of the end of its connection; NULL: nobody does. Returns an
 * nng error, and then there is no socket.
 */
static int open_socket(nng_socket *socket, struct mp_channel *noted, size_t most)
{
    int error = nng_pair1_open(socket);

    if (error != 0)
        return error;
    error = nng_socket_set_int(*socket, NNG_OPT_RECVBUF, RECEIVE_BUFFER);
    if (error == 0)
        error = nng_socket_set_int(*socket, NNG_OPT_SENDBUF, SEND_BUFFER);
    if (error == 0)
        error = nng_socket_set_size(*socket, NNG_OPT_RECVMAXSZ, most);
    if (error == 0)
        error = nng_pipe_notify(*socket, NNG_PIPE_EV_ADD_PRE, check_peer, NULL);
    if (error == 0 && noted != NULL)
        error = nng_pipe_notify(*socket, NNG_PIPE_EV_REM_POST, note_gone, noted);
    if (error != 0)
        (void)nng_close(*socket);
    return error;
}

/* The address of one direction. */
static const char *url_of(const char *path, const char *suffix, char url[URL_MAX])
{
    (void)snprintf(url, URL_MAX, "ipc://%s%s", path, suffix);
    return url;
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

/* Is a path free, and short enough for a socket's address? */
static mpool_err check_path(const char *path, const char *suffix)
{
    char whole[URL_MAX];
    struct stat found;
    int size = snprintf(whole, sizeof whole, "%s%s", path, suffix);

    if (size < 0 || (size_t)size >= sizeof((struct sockaddr_un *)NULL)->sun_path)
        return mp_error(MPOOL_E_SYSTEM, "%s: too long for the address of a socket", path);
    if (lstat(whole, &found) == 0 || errno != ENOENT)
        return mp_error(MPOOL_E_SYSTEM, "%s: there is something where a socket is to be made", whole);
    return MPOOL_OK;
}

/* Binds both sockets. Returns an nng error, and then there are none. */
static int listen_both(struct mp_channel *channel, const char *path, size_t most)
{
    char url[URL_MAX];
    int error = open_socket(&channel->down, NULL, NOTHING);

    if (error != 0)
        return error;
    error = open_socket(&channel->up, channel, most);
    if (error != 0) {
        (void)nng_close(channel->down);
        return error;
    }
    error = nng_listen(channel->down, url_of(path, DOWN_SUFFIX, url), NULL, 0);
    if (error == 0)
        error = nng_listen(channel->up, url_of(path, UP_SUFFIX, url), NULL, 0);
    if (error == 0)
        error = nng_socket_get_int(channel->up, NNG_OPT_RECVFD, &channel->fd);
    if (error != 0) {
        (void)nng_close(channel->up);
        (void)nng_close(channel->down);
    }
    return error;
}

mpool_err mp_channel_listen(const char *path, size_t most, int wake_fd, struct mp_channel **result)
{
    struct mp_channel *channel;
    mpool_err err = check_path(path, DOWN_SUFFIX);
    int error;

    if (err == MPOOL_OK)
        err = check_path(path, UP_SUFFIX);
    if (err != MPOOL_OK)
        return err;
    channel = new_channel();
    if (channel == NULL || (channel->path = strdup(path)) == NULL) {
        free(channel);
        return mp_error_nomem();
    }
    channel->wake_fd = wake_fd;
    error = listen_both(channel, path, most);
    if (error != 0) {
        free(channel->path);
        free(channel);
        return mp_error(MPOOL_E_SYSTEM, "cannot listen on %s: %s", path, nng_strerror(error));
    }
    *result = channel;
    return MPOOL_OK;
}

void mp_channel_hide(struct mp_channel *channel)
{
    char whole[URL_MAX];

    if (channel->path == NULL)
        return;
    (void)snprintf(whole, sizeof whole, "%s%s", channel->path, DOWN_SUFFIX);
    (void)unlink(whole);
    (void)snprintf(whole, sizeof whole, "%s%s", channel->path, UP_SUFFIX);
    (void)unlink(whole);
    free(channel->path);
    channel->path = NULL;
}

int mp_channel_fd(const struct mp_channel *channel)
{
    return channel->fd;
}

struct mp_packet *mp_channel_recv(struct mp_channel *channel)
{
    nng_msg *message;

    return nng_recvmsg(channel->up, &message, NNG_FLAG_NONBLOCK) == 0 ? packet_of(message) : NULL;
}

mpool_err mp_channel_send(struct mp_channel *channel, struct mp_packet *packet)
{
    int error = nng_sendmsg(channel->down, message_of(packet), NNG_FLAG_NONBLOCK);

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
    (void)nng_close(channel->down);
    (void)nng_close(channel->up);
    mp_channel_hide(channel);
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
    nng_recv_aio(channel->down, channel->receiving);
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

/*
 * nng means to serve a whole program and has threads for every CPU, in each worker. One with two connections is served
 * by two for callbacks, which is the least there is, and one of each other kind. nng 1.7 and later can be told so,
 * before its first use; in the host it is left alone, for the program may use it as well.
 */
static void limit_threads(void)
{
#if defined(MPOOL_NNG_LIMITS)
    nng_init_set_parameter(NNG_INIT_NUM_TASK_THREADS, 2);
    nng_init_set_parameter(NNG_INIT_NUM_EXPIRE_THREADS, 1);
    nng_init_set_parameter(NNG_INIT_NUM_POLLER_THREADS, 1);
    nng_init_set_parameter(NNG_INIT_NUM_RESOLVER_THREADS, 1);
#endif
}

mpool_err mp_channel_dial(const char *path, size_t most, const struct mp_channel_handler *handler,
                          struct mp_channel **result)
{
    struct mp_channel *channel = new_channel();
    char url[URL_MAX];
    int error;

    if (channel == NULL)
        return mp_error_nomem();
    limit_threads();
    channel->handler = *handler;
    error = open_socket(&channel->down, channel, most);
    if (error == 0)
        error = open_socket(&channel->up, channel, most);
    if (error == 0)
        error = nng_aio_alloc(&channel->receiving, on_received, channel);
    if (error == 0)
        error = nng_aio_alloc(&channel->sending, on_sent, channel);
    if (error == 0)
        error = nng_dial(channel->down, url_of(path, DOWN_SUFFIX, url), NULL, 0);
    if (error == 0)
        error = nng_dial(channel->up, url_of(path, UP_SUFFIX, url), NULL, 0);
    /* A worker that cannot talk exits at once, so nothing is taken down here. */
    if (error != 0)
        return mp_error(MPOOL_E_SYSTEM, "cannot dial %s: %s", path, nng_strerror(error));
    *result = channel;
    nng_recv_aio(channel->down, channel->receiving);
    return MPOOL_OK;
}

void mp_channel_post(struct mp_channel *channel, struct mp_packet *packet)
{
    nng_aio_set_msg(channel->sending, message_of(packet));
    nng_send_aio(channel->up, channel->sending);
}
