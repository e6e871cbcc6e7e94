/*
 * ipc/client.h - a server as its client has it: so many connections as there are calls at a time
 */
#ifndef MP_IPC_CLIENT_H
#define MP_IPC_CLIENT_H

#include "ipc/address.h"
#include "ipc/line.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mp_client {
    char address[MP_ADDRESS_MAX + 1];
    uint64_t server;      /* the number that it has said */
    size_t item_most;     /* bytes of the largest item */
    pthread_mutex_t lock; /* of what follows */
    bool broken;
    struct mp_line *idle; /* connections that nobody uses */
};

/*
 * mp_client_open - connect to the server at an address
 *
 * timeout_ms in  how long to wait for one to be there
 *
 * Errors: those of mpool_queue_connect().
 */
mpool_err mp_client_open(struct mp_client *client, const char *address, int64_t timeout_ms);

/*
 * mp_client_ask - send a request, and wait for the answer, for as long as the request has time and the server needs
 *
 * line      out  set on MPOOL_OK: whose the reply's memory is; give it to mp_client_give()
 * reply     in/out  it may be set without MPOOL_OK, too
 *
 * Errors: what the server has answered; MPOOL_E_BROKEN (it is gone), MPOOL_E_TIMEOUT (it has no room for another
 *         connection), MPOOL_E_NOMEM, MPOOL_E_SYSTEM.
 * Calls:  any thread.
 */
mpool_err mp_client_ask(struct mp_client *client, const struct mp_request *request, struct mp_line **line,
                        struct mp_reply *reply);

/* mp_client_give - the reply was looked at. */
void mp_client_give(struct mp_client *client, struct mp_line *line);

/* mp_client_break - the server said what cannot be: the line is closed, and it is broken. Returns MPOOL_E_BROKEN. */
mpool_err mp_client_break(struct mp_client *client, struct mp_line *line);

/* mp_client_close - close all connections; nobody asks any more. */
void mp_client_close(struct mp_client *client);

#endif
