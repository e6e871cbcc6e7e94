/*
 * ipc/server.c - a queue of this host for other programs of the same user
 *
 * Runs in: the host, and a thread of its own for each server. Owns: the thread, the socket, and the connections.
 *
 * The thread goes its rounds: it lets visitors in, looks what they have said, and tries their errands. When a round has
 * changed nothing it sleeps, at the bell that rings for what the errands wait for, which another process may ring; and
 * what comes over a connection rings that bell, too. Only the thread touches the visitors, so there is no lock; nng's
 * threads do no more than to wake it.
 *
 * Where errands of several kinds wait at once, it sleeps at the bell of one kind. That is as it should be for those
 * that want items and those that want room, since only one of these can be in want; the end of a join may be noticed
 * MP_BELL_SLICE_NS late then.
 *
 * A server must end before the memory of its queue does: mpool_fini() sees to that. So there is a list of all servers,
 * and one is released once, by whoever takes it out of the list.
 */
#include "ipc/server.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/thread.h"
#include "ipc/address.h"
#include "ipc/queue.h"
#include "ipc/shared.h"
#include "ipc/visitor.h"

#include <mpool/pool.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

/* Who comes when there are so many visitors has to wait until one goes. */
#define VISITORS_MOST 1000

/* When a connection could not be had, which is for lack of file descriptors or memory, it is tried again after that. */
#define RETRY_NS INT64_C(100000000)

struct mpool_queue_server {
    struct mpool_queue_server *next; /* in the list of all */
    struct mp_house house;
    struct mp_address address;
    struct mp_listener *listener;
    pthread_t thread;
    atomic_bool ending;
    atomic_bool woken;
    struct mp_bell idle;             /* where the thread sleeps when no errand waits */
    _Atomic(struct mp_bell *) sleep; /* where it sleeps, or is about to */

    /* The thread's. */
    struct mp_visitor *visitors;
    size_t visitor_count;
    int64_t retry_ns; /* no connection is waited for before that */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct mpool_queue_server *servers;

/* ---- waking and sleeping ----------------------------------------------------------------------------------------- */

/*
 * On any thread. The thread says where it will sleep, looks at that bell, and looks whether it was woken, in this
 * order; we say that it is woken, and ring where it says. So either it sees what we say, or we ring the bell it looks
 * at.
 */
static void wake(void *data)
{
    struct mpool_queue_server *server = data;

    atomic_store(&server->woken, true);
    mp_bell_ring(atomic_load(&server->sleep), MP_BELL_ALL);
}

/* The bell of the errand that is first in want, by kind; and until when none of them is out of time. */
static struct mp_bell *choose_bell(struct mpool_queue_server *server, int64_t *until_ns)
{
    struct mp_bell *bells[MP_REPLY_ANSWER] = {NULL}, *bell;

    *until_ns = server->retry_ns > 0 ? server->retry_ns : INT64_MAX;
    for (const struct mp_visitor *visitor = server->visitors; visitor != NULL; visitor = visitor->next) {
        if (!visitor->waiting)
            continue;
        if (visitor->errand.until_ns < *until_ns)
            *until_ns = visitor->errand.until_ns;
        bells[visitor->errand.request.type] = mp_errand_bell(&visitor->errand, server->house.queue);
    }
    bell = bells[MP_REQUEST_GET] != NULL ? bells[MP_REQUEST_GET] : bells[MP_REQUEST_PUT];
    bell = bell != NULL ? bell : bells[MP_REQUEST_JOIN];
    return bell != NULL ? bell : &server->idle;
}

/* ---- a round ----------------------------------------------------------------------------------------------------- */

static void let_in(struct mpool_queue_server *server)
{
    struct mp_stream *stream = NULL;
    struct mp_visitor *visitor;
    enum mp_stream_state state = mp_listener_accept(server->listener, &stream);

    if (state == MP_STREAM_GONE && server->retry_ns == 0)
        server->retry_ns = mp_clock_ns() + RETRY_NS;
    if (stream != NULL && (visitor = mp_visitor_new(&server->house, stream)) != NULL) {
        visitor->next = server->visitors;
        server->visitors = visitor;
        server->visitor_count++;
    }
    if (state == MP_STREAM_BUSY || server->visitor_count >= VISITORS_MOST ||
        (server->retry_ns > 0 && mp_clock_ns() < server->retry_ns))
        return;
    server->retry_ns = 0;
    mp_listener_wait(server->listener);
}

static void look_at_all(struct mpool_queue_server *server)
{
    struct mp_visitor **at = &server->visitors, *visitor;

    while ((visitor = *at) != NULL) {
        if (mp_visitor_look(visitor)) {
            at = &visitor->next;
            continue;
        }
        *at = visitor->next;
        server->visitor_count--;
        mp_visitor_free(visitor);
    }
}

/* Has anything been done? Who was served is behind all others the next time. */
static bool serve_all(struct mpool_queue_server *server)
{
    struct mp_visitor **at = &server->visitors, *served = NULL, **end_of_served = &served, *visitor;

    while ((visitor = *at) != NULL) {
        if (!mp_visitor_serve(visitor)) {
            at = &visitor->next;
            continue;
        }
        *at = visitor->next;
        visitor->next = NULL;
        *end_of_served = visitor;
        end_of_served = &visitor->next;
    }
    *at = served;
    return served != NULL;
}

static void *run(void *data)
{
    struct mpool_queue_server *server = data;
    struct mp_bell *bell;
    int64_t until_ns;
    uint32_t seen;
    bool woken;

    while (!atomic_load(&server->ending)) {
        bell = choose_bell(server, &until_ns);
        atomic_store(&server->sleep, bell);
        seen = mp_bell_look(bell);
        woken = atomic_exchange(&server->woken, false);
        let_in(server);
        look_at_all(server);
        woken = serve_all(server) || woken;
        if (!woken && !atomic_load(&server->ending))
            mp_bell_wait(bell, seen, until_ns);
    }
    return NULL;
}

/* ---- its life ---------------------------------------------------------------------------------------------------- */

/* What is there of it. The thread has ended, or never was. */
static void release(struct mpool_queue_server *server)
{
    struct mp_visitor *visitor;

    mp_listener_close(server->listener);
    while ((visitor = server->visitors) != NULL) {
        server->visitors = visitor->next;
        mp_visitor_free(visitor);
    }
    mp_address_close(&server->address);
    free(server);
}

static void end(struct mpool_queue_server *server)
{
    atomic_store(&server->ending, true);
    wake(server);
    (void)pthread_join(server->thread, NULL);
    release(server);
}

/* A server that listens where its address will be. */
static mpool_err make(mpool_queue *queue, const struct mp_belt *belt, const struct mp_address *address,
                      struct mpool_queue_server **result)
{
    struct mpool_queue_server *server = calloc(1, sizeof *server);
    mpool_err err;

    if (server == NULL)
        return mp_error_nomem();
    server->house.queue = queue;
    server->house.item_most = belt->ring.units * MP_RING_UNIT - sizeof(uint32_t);
    if (server->house.item_most > MPOOL_VALUE_MAX)
        server->house.item_most = MPOOL_VALUE_MAX;
    atomic_init(&server->sleep, &server->idle);
    if (getrandom(&server->house.server, sizeof server->house.server, 0) != (ssize_t)sizeof server->house.server)
        err = mp_error(MPOOL_E_SYSTEM, "getrandom: %m");
    else
        err =
            mp_listener_open(address->fresh, (struct mp_stream_owner){.wake = wake, .user = server}, &server->listener);
    if (err != MPOOL_OK) {
        free(server);
        return err;
    }
    server->address = *address;
    *result = server;
    return MPOOL_OK;
}

/* Takes one out of the list, or the first one of a queue; NULL: any. Whoever takes it out ends it. */
static struct mpool_queue_server *take_out(const mpool_queue_server *wanted, const mpool_queue *queue)
{
    struct mpool_queue_server **at = &servers, *taken;

    (void)pthread_mutex_lock(&lock);
    while (*at != NULL && ((wanted != NULL && *at != wanted) || (queue != NULL && (*at)->house.queue != queue)))
        at = &(*at)->next;
    taken = *at;
    if (taken != NULL)
        *at = taken->next;
    (void)pthread_mutex_unlock(&lock);
    return taken;
}

void mp_servers_end(const mpool_queue *queue)
{
    struct mpool_queue_server *server;

    while ((server = take_out(NULL, queue)) != NULL)
        end(server);
}

static void end_all(void)
{
    mp_servers_end(NULL);
}

void mpool_queue_server_free(mpool_queue_server *server)
{
    if (server == NULL || mp_shared_check_process() != MPOOL_OK)
        return;
    server = take_out(server, NULL);
    if (server != NULL)
        end(server);
}

mpool_err mpool_queue_serve(mpool_queue *queue, const char *path, mpool_queue_server **result)
{
    struct mpool_queue_server *server = NULL;
    struct mp_address address;
    struct mp_belt belt;
    mpool_err err = mp_shared_check_process();

    if (err == MPOOL_OK && !mp_shared_is_host())
        err = mp_error(MPOOL_E_NESTED, "only the host serves queues");
    if (err == MPOOL_OK)
        err = mp_shared_queue_belt(queue, &belt);
    if (err == MPOOL_OK)
        err = mp_stream_check_process();
    if (err == MPOOL_OK)
        err = mp_address_open(path, &address);
    if (err != MPOOL_OK)
        return err;
    err = make(queue, &belt, &address, &server);
    if (err != MPOOL_OK) {
        mp_address_close(&address);
        return err;
    }
    err = mp_address_publish(&server->address);
    if (err == MPOOL_OK)
        err = mp_thread_start(&server->thread, run, server);
    if (err != MPOOL_OK) {
        release(server);
        return err;
    }
    mp_shared_on_end(end_all);
    (void)pthread_mutex_lock(&lock);
    server->next = servers;
    servers = server;
    (void)pthread_mutex_unlock(&lock);
    *result = server;
    return MPOOL_OK;
}
