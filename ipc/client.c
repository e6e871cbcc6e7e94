/*
 * ipc/client.c - a server as its client has it: so many connections as there are calls at a time
 *
 * Runs in: programs that have connected, any thread. Owns: the connections.
 *
 * A call has a connection to itself: it takes one that nobody uses, or makes one. So calls of several threads do not
 * wait for each other, and on each connection there is a request, its answer, and nothing else. When one is lost the
 * server is given up for good: nothing is sent twice, so nothing is done twice. Nor is another server at the same
 * address taken for this one.
 */
#include "ipc/client.h"

#include "base/clock.h"
#include "base/error.h"

#include <stdio.h>
#include <time.h>

/* So much longer than a request has time, a server may take to say so. */
#define PATIENCE_NS INT64_C(5000000000)

/* Who connects and does not want to wait gives a server so long to answer. */
#define HELLO_NS INT64_C(1000000000)

/* How often to look whether a server has come. */
#define LOOK_NS INT64_C(10000000)

static void nap_until(int64_t until_ns)
{
    int64_t left = until_ns - mp_clock_ns();
    struct timespec pause = {.tv_nsec = left < LOOK_NS ? left : LOOK_NS};

    if (left > 0)
        (void)nanosleep(&pause, NULL);
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

mpool_err mp_client_open(struct mp_client *client, const char *address, int64_t timeout_ms)
{
    int64_t until = mp_clock_until_ns(timeout_ms), hello;
    struct mp_reply welcome;
    struct mp_line *line;
    mpool_err err;

    for (;;) {
        hello = mp_clock_ns() + HELLO_NS;
        err = mp_address_look(address);
        if (err == MPOOL_OK)
            err = mp_line_open(address, until > hello ? until : hello, &line, &welcome);
        if ((err != MPOOL_E_NOTFOUND && err != MPOOL_E_FULL) || mp_clock_ns() >= until)
            break;
        nap_until(until);
    }
    if (err == MPOOL_E_NOTFOUND || err == MPOOL_E_FULL)
        return mp_error(MPOOL_E_TIMEOUT, "nobody serves a queue at %s", address);
    if (err != MPOOL_OK)
        return err;
    *client = (struct mp_client){.server = welcome.server, .item_most = welcome.most, .idle = line};
    (void)snprintf(client->address, sizeof client->address, "%s", address);
    (void)pthread_mutex_init(&client->lock, NULL);
    return MPOOL_OK;
}

void mp_client_close(struct mp_client *client)
{
    struct mp_line *line;

    while ((line = client->idle) != NULL) {
        client->idle = line->next;
        mp_line_close(line);
    }
    (void)pthread_mutex_destroy(&client->lock);
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static mpool_err broken(struct mp_client *client)
{
    (void)pthread_mutex_lock(&client->lock);
    client->broken = true;
    (void)pthread_mutex_unlock(&client->lock);
    return mp_error(MPOOL_E_BROKEN,
                    "the program that served the queue at %s has ended, has stopped, or does not serve it any more",
                    client->address);
}

/* Another connection. */
static mpool_err open_line(struct mp_client *client, struct mp_line **line)
{
    int64_t until = mp_clock_ns() + PATIENCE_NS;
    struct mp_reply welcome;
    mpool_err err;

    while ((err = mp_line_open(client->address, until, line, &welcome)) == MPOOL_E_FULL && mp_clock_ns() < until)
        nap_until(until);
    if (err == MPOOL_E_FULL || err == MPOOL_E_TIMEOUT)
        return mp_error(MPOOL_E_TIMEOUT, "the server at %s has no room for another connection", client->address);
    if (err == MPOOL_E_NOMEM || err == MPOOL_E_SYSTEM)
        return err;
    if (err != MPOOL_OK)
        return broken(client);
    return welcome.server == client->server ? MPOOL_OK : mp_client_break(client, *line);
}

static mpool_err take_line(struct mp_client *client, struct mp_line **line)
{
    bool is_broken;

    (void)pthread_mutex_lock(&client->lock);
    is_broken = client->broken;
    *line = is_broken ? NULL : client->idle;
    if (*line != NULL)
        client->idle = (*line)->next;
    (void)pthread_mutex_unlock(&client->lock);
    if (is_broken)
        return broken(client);
    return *line != NULL ? MPOOL_OK : open_line(client, line);
}

mpool_err mp_client_ask(struct mp_client *client, const struct mp_request *request, struct mp_line **line,
                        struct mp_reply *reply)
{
    int64_t until = mp_clock_until_ns(request->timeout_ms);
    mpool_err err = take_line(client, line);

    if (err != MPOOL_OK)
        return err;
    err = mp_line_ask(*line, request, until < INT64_MAX - PATIENCE_NS ? until + PATIENCE_NS : until, reply);
    if (err == MPOOL_E_NOMEM) {
        mp_line_close(*line); /* the answer may be on its way */
        return err;
    }
    if (err != MPOOL_OK || reply->type != MP_REPLY_ANSWER)
        return mp_client_break(client, *line);
    if (reply->err == MPOOL_OK)
        return MPOOL_OK;
    err = mp_error(reply->err, "%.*s", (int)reply->text_size, reply->text);
    mp_client_give(client, *line);
    return err;
}

void mp_client_give(struct mp_client *client, struct mp_line *line)
{
    (void)pthread_mutex_lock(&client->lock);
    line->next = client->idle;
    client->idle = line;
    (void)pthread_mutex_unlock(&client->lock);
}

mpool_err mp_client_break(struct mp_client *client, struct mp_line *line)
{
    mp_line_close(line);
    return broken(client);
}
