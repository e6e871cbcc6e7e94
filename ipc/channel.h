/*
 * ipc/channel.h - messages between the supervisor and one worker
 *
 * Two nng pair1 sockets, one for each direction, on ipc:// paths that no other generation ever uses. Nobody who
 * includes this file knows of nng. The supervisor polls, the worker is called back:
 *
 *     supervisor   mp_channel_listen(), then mp_channel_recv() whenever mp_channel_fd() is readable, mp_channel_send()
 *     worker       mp_channel_dial(), then its handler is called on threads of nng's, mp_channel_post()
 *
 * A message that was sent is not delivered: it may be lost with its receiver at any time.
 */
#ifndef MP_IPC_CHANNEL_H
#define MP_IPC_CHANNEL_H

#include <mpool/error.h>

#include <stdbool.h>
#include <stddef.h>

struct mp_channel;

/* A message that came in or is to go out. It has one owner, who frees it or hands it on. */
struct mp_packet;

/* mp_packet_copy - a packet with a copy of the bytes; NULL: out of memory. */
struct mp_packet *mp_packet_copy(const char *data, size_t size);

const char *mp_packet_data(const struct mp_packet *packet);
size_t mp_packet_size(const struct mp_packet *packet);
void mp_packet_free(struct mp_packet *packet);

/*
 * mp_channel_listen - the supervisor's end
 *
 * path      in   what the paths of the sockets begin with; nothing is there, in a directory that only this user can use
 * most      in   bytes of the largest message; the connection of a peer that sends a larger one is dropped
 * wake_fd   in   an eventfd, written to when the peer goes
 *
 * Errors: MPOOL_E_SYSTEM.
 */
mpool_err mp_channel_listen(const char *path, size_t most, int wake_fd, struct mp_channel **result);

/* mp_channel_hide - remove the paths: nobody else is to connect. */
void mp_channel_hide(struct mp_channel *channel);

/* mp_channel_fd - readable when mp_channel_recv() might give something. Belongs to the channel. */
int mp_channel_fd(const struct mp_channel *channel);

/* mp_channel_recv - the next message, or NULL. Never waits. */
struct mp_packet *mp_channel_recv(struct mp_channel *channel);

/*
 * mp_channel_send - send without waiting; takes the packet on MPOOL_OK only
 *
 * Errors: MPOOL_E_FULL, MPOOL_E_SYSTEM.
 */
mpool_err mp_channel_send(struct mp_channel *channel, struct mp_packet *packet);

/* mp_channel_peer_gone - was there a connection, and is it closed? Messages may still be there to be received. */
bool mp_channel_peer_gone(const struct mp_channel *channel);

/* What a worker does about its channel. On threads of nng's, with all signals blocked, one call of each at a time. */
struct mp_channel_handler {
    void (*received)(void *user, struct mp_packet *packet); /* takes the packet */
    void (*sent)(void *user);                               /* the packet posted last is on its way */
    void (*gone)(void *user);                               /* the supervisor is gone */
    void *user;
};

/*
 * mp_channel_dial - the worker's end
 *
 * handler   in   copied; received() is called from now on
 *
 * Errors: MPOOL_E_SYSTEM.
 */
mpool_err mp_channel_dial(const char *path, size_t most, const struct mp_channel_handler *handler,
                          struct mp_channel **result);

/* mp_channel_post - send in the background; takes the packet. sent() follows before the next post is allowed. */
void mp_channel_post(struct mp_channel *channel, struct mp_packet *packet);

/*
 * mp_channel_close - the supervisor's end: close the connections, remove the paths, release all. NULL is allowed.
 *
 * Nothing must be coming in any more: the peer is gone, or has never been there, or is dead for some time.
 */
void mp_channel_close(struct mp_channel *channel);

#endif
