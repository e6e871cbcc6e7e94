/*
 * ipc/remote.c - queues of other programs
 *
 * Runs in: programs that have connected, any thread. Owns: for each queue its connections (ipc/client.h), and the items
 * that were given back.
 *
 * An item has left the server before anybody here can see what it looks like. One that does not look like what a get
 * asked for stays here, for the next get. So does what a get of many has brought along and could not use.
 *
 * There is a list of all such queues: whether a pointer is one of them is found out without a look at what it points
 * to.
 */
#include "ipc/remote.h"

#include "base/clock.h"
#include "base/error.h"
#include "ipc/client.h"
#include "ipc/scratch.h"
#include "serialize/decode.h"
#include "serialize/element.h"

#include <mpool/pool.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Items that were received together, less those that were taken. */
struct parcel {
    struct parcel *next;
    struct mp_items items;
    char bytes[];
};

struct remote {
    struct remote *next; /* in the list of all */
    struct mp_client client;
    pthread_mutex_t lock; /* of what follows */
    struct parcel *kept;  /* what was given back, the oldest first */
    size_t kept_count;    /* items in these */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct remote *remotes;
static atomic_bool any; /* there was one, ever */

/* ---- their life -------------------------------------------------------------------------------------------------- */

mpool_err mpool_queue_connect(const char *address, int64_t timeout_ms, mpool_queue **queue)
{
    struct remote *remote;
    mpool_err err = mp_address_check(address);

    if (err == MPOOL_OK)
        err = mp_stream_check_process();
    if (err != MPOOL_OK)
        return err;
    remote = calloc(1, sizeof *remote);
    if (remote == NULL)
        return mp_error_nomem();
    err = mp_client_open(&remote->client, address, timeout_ms);
    if (err != MPOOL_OK) {
        free(remote);
        return err;
    }
    (void)pthread_mutex_init(&remote->lock, NULL);
    (void)pthread_mutex_lock(&lock);
    remote->next = remotes;
    remotes = remote;
    (void)pthread_mutex_unlock(&lock);
    atomic_store(&any, true);
    *queue = (mpool_queue *)(void *)remote;
    return MPOOL_OK;
}

/* Where it hangs in the list; where NULL does, if it is not there. With the lock held. */
static struct remote **place_of(const mpool_queue *queue)
{
    struct remote **at = &remotes;

    while (*at != NULL && (const void *)*at != (const void *)queue)
        at = &(*at)->next;
    return at;
}

static mpool_err find(const mpool_queue *queue, mpool_err err, struct remote **found)
{
    struct remote *remote;

    if (!atomic_load(&any))
        return err;
    if (mp_stream_check_process() != MPOOL_OK)
        return MPOOL_E_FORKED;
    (void)pthread_mutex_lock(&lock);
    remote = *place_of(queue);
    (void)pthread_mutex_unlock(&lock);
    if (remote == NULL)
        return err;
    *found = remote;
    return MPOOL_OK;
}

bool mp_remote_is(const mpool_queue *queue)
{
    struct remote *remote;

    return find(queue, MPOOL_E_STALE, &remote) == MPOOL_OK;
}

bool mp_remote_free(mpool_queue *queue)
{
    struct remote *remote;
    struct parcel *parcel;

    if (find(queue, MPOOL_E_STALE, &remote) != MPOOL_OK)
        return false;
    (void)pthread_mutex_lock(&lock);
    *place_of(queue) = remote->next;
    (void)pthread_mutex_unlock(&lock);
    mp_client_close(&remote->client);
    while ((parcel = remote->kept) != NULL) {
        remote->kept = parcel->next;
        free(parcel);
    }
    (void)pthread_mutex_destroy(&remote->lock);
    free(remote);
    return true;
}

/* ---- what is neither put nor taken ------------------------------------------------------------------------------- */

/* A request that has no items, and its answer neither. */
static mpool_err tell(struct remote *remote, enum mp_request_type type, int64_t timeout_ms, struct mp_reply *reply)
{
    const struct mp_request request = {.type = type, .timeout_ms = timeout_ms};
    struct mp_line *line;
    mpool_err err = mp_client_ask(&remote->client, &request, &line, reply);

    if (err == MPOOL_OK)
        mp_client_give(&remote->client, line);
    return err;
}

static mpool_err find_and_tell(mpool_queue *queue, mpool_err err, enum mp_request_type type, int64_t timeout_ms)
{
    struct remote *remote;
    struct mp_reply reply;

    err = find(queue, err, &remote);
    return err == MPOOL_OK ? tell(remote, type, timeout_ms, &reply) : err;
}

mpool_err mp_remote_close(mpool_queue *queue, mpool_err err)
{
    return find_and_tell(queue, err, MP_REQUEST_CLOSE, 0);
}

mpool_err mp_remote_task_done(mpool_queue *queue, mpool_err err)
{
    return find_and_tell(queue, err, MP_REQUEST_TASK_DONE, 0);
}

mpool_err mp_remote_join(mpool_queue *queue, mpool_err err, int64_t timeout_ms)
{
    return find_and_tell(queue, err, MP_REQUEST_JOIN, timeout_ms);
}

mpool_err mp_remote_size(mpool_queue *queue, mpool_err err, struct mp_queue_size *size)
{
    struct remote *remote;
    struct mp_reply reply;

    err = find(queue, err, &remote);
    if (err == MPOOL_OK)
        err = tell(remote, MP_REQUEST_SIZE, 0, &reply);
    if (err != MPOOL_OK)
        return err;
    size->full = reply.full;
    (void)pthread_mutex_lock(&remote->lock);
    size->items = (size_t)reply.number + remote->kept_count;
    (void)pthread_mutex_unlock(&remote->lock);
    return MPOOL_OK;
}

/* ---- putting ----------------------------------------------------------------------------------------------------- */

/* *put of the items were put; all of them, on MPOOL_OK. */
static mpool_err put_items(struct remote *remote, int64_t timeout_ms, const struct mp_items *items, size_t *put)
{
    const struct mp_request request = {.type = MP_REQUEST_PUT, .timeout_ms = timeout_ms, .items = *items};
    struct mp_reply reply = {0};
    struct mp_line *line;
    mpool_err err = mp_client_ask(&remote->client, &request, &line, &reply);

    *put = reply.number < items->count ? (size_t)reply.number : items->count;
    if (err == MPOOL_OK)
        mp_client_give(&remote->client, line);
    return err;
}

static mpool_err check_size(const struct remote *remote, size_t size)
{
    return size <= remote->client.item_most ? MPOOL_OK
                                            : mp_error(MPOOL_E_TOOBIG, "an item of %zu bytes; there is room for %zu",
                                                       size, remote->client.item_most);
}

mpool_err mp_remote_put(mpool_queue *queue, mpool_err err, int64_t timeout_ms, const char *format, va_list args)
{
    struct mp_items item = {.count = 1};
    struct remote *remote;
    size_t put;

    err = find(queue, err, &remote);
    if (err == MPOOL_OK)
        err = mp_scratch_pack(format, args, &item.bytes, &item.size);
    if (err == MPOOL_OK)
        err = check_size(remote, item.size);
    return err == MPOOL_OK ? put_items(remote, timeout_ms, &item, &put) : err;
}

static mpool_err check_items(const struct remote *remote, const struct mp_element *element, const char *items,
                             size_t count)
{
    struct mp_packed packed;
    mpool_err err = MPOOL_OK;

    for (size_t i = 0; i < count && err == MPOOL_OK; i++) {
        err = mp_element_pack(element, items + i * element->size, &packed);
        if (err == MPOOL_OK)
            err = check_size(remote, mp_packed_bytes(&packed));
    }
    return err;
}

/* As many of the items as travel together; they were checked. */
static mpool_err pack_some(const struct mp_element *element, const char *items, size_t count, struct mp_buf *bytes,
                           struct mp_items *some)
{
    struct mp_packed packed;

    bytes->size = 0;
    *some = (struct mp_items){0};
    while (some->count < count && some->count < MP_REQUEST_ITEMS) {
        (void)mp_element_pack(element, items + some->count * element->size, &packed);
        if (some->count > 0 && bytes->size + mp_packed_bytes(&packed) > MP_REQUEST_BYTES)
            break;
        if (!mp_buf_add(bytes, packed.head, packed.head_size) || !mp_buf_add(bytes, packed.body, packed.body_size))
            return mp_error_nomem();
        some->count++;
    }
    some->bytes = bytes->data;
    some->size = bytes->size;
    return MPOOL_OK;
}

static int64_t left_ms(int64_t timeout_ms, int64_t until_ns)
{
    int64_t now = mp_clock_ns();

    if (timeout_ms < 0)
        return timeout_ms;
    return until_ns > now ? (until_ns - now + 999999) / 1000000 : 0;
}

mpool_err mp_remote_put_many(mpool_queue *queue, mpool_err err, int64_t timeout_ms, const char *item_format,
                             const void *items, size_t count, size_t item_size, size_t *done)
{
    int64_t until = mp_clock_until_ns(timeout_ms);
    struct mp_element element;
    struct mp_buf bytes = {0};
    struct mp_items some;
    struct remote *remote;
    size_t so_far = 0, put;

    err = find(queue, err, &remote);
    if (err == MPOOL_OK && items == NULL && count > 0)
        err = mp_error(MPOOL_E_INVAL, "items is NULL");
    if (err == MPOOL_OK)
        err = mp_element_check("item", item_format, "iIUdbs", item_size, &element);
    if (err == MPOOL_OK)
        err = check_items(remote, &element, items, count);
    if (err != MPOOL_OK)
        return err;
    while (err == MPOOL_OK && so_far < count) {
        err = pack_some(&element, (const char *)items + so_far * item_size, count - so_far, &bytes, &some);
        if (err == MPOOL_OK) {
            err = put_items(remote, left_ms(timeout_ms, until), &some, &put);
            so_far += put;
        }
    }
    mp_buf_free(&bytes);
    if (done != NULL && (err == MPOOL_OK || err == MPOOL_E_TIMEOUT || err == MPOOL_E_CLOSED))
        *done = so_far;
    return err;
}

/* ---- getting ----------------------------------------------------------------------------------------------------- */

static struct parcel *take_kept(struct remote *remote)
{
    struct parcel *parcel;

    (void)pthread_mutex_lock(&remote->lock);
    parcel = remote->kept;
    if (parcel != NULL) {
        remote->kept = parcel->next;
        remote->kept_count -= parcel->items.count;
    }
    (void)pthread_mutex_unlock(&remote->lock);
    return parcel;
}

/* What is left in it. */
static void give_back(struct remote *remote, struct parcel *parcel)
{
    if (parcel->items.count == 0) {
        free(parcel);
        return;
    }
    (void)pthread_mutex_lock(&remote->lock);
    parcel->next = remote->kept;
    remote->kept = parcel;
    remote->kept_count += parcel->items.count;
    (void)pthread_mutex_unlock(&remote->lock);
}

/* Up to so many items of the server's, one at least. */
static mpool_err receive(struct remote *remote, int64_t timeout_ms, uint32_t wanted, struct parcel **parcel)
{
    const struct mp_request request = {.type = MP_REQUEST_GET, .timeout_ms = timeout_ms, .wanted = wanted};
    struct mp_reply reply;
    struct mp_line *line;
    mpool_err err = mp_client_ask(&remote->client, &request, &line, &reply);

    if (err != MPOOL_OK)
        return err;
    if (reply.items.count == 0 || reply.items.count > wanted)
        return mp_client_break(&remote->client, line);
    *parcel = malloc(sizeof **parcel + reply.items.size);
    if (*parcel != NULL) {
        (*parcel)->items = reply.items;
        (*parcel)->items.bytes = memcpy((*parcel)->bytes, reply.items.bytes, reply.items.size);
    }
    mp_client_give(&remote->client, line);
    return *parcel != NULL ? MPOOL_OK : mp_error_nomem();
}

/* What is here comes before what the server has. */
static mpool_err take(struct remote *remote, int64_t timeout_ms, uint32_t wanted, struct parcel **parcel)
{
    *parcel = take_kept(remote);
    return *parcel != NULL ? MPOOL_OK : receive(remote, timeout_ms, wanted, parcel);
}

/* The first item, of so many bytes, as an object in the thread's scratch memory. */
static mpool_err object_of(const struct parcel *parcel, size_t *size, msgpack_object *object)
{
    char *copy;
    mpool_err err;

    *size = mp_items_first(&parcel->items);
    if (mp_decode_plain(parcel->items.bytes, *size, object) == *size)
        return MPOOL_OK;
    err = mp_scratch_room(*size, &copy);
    if (err != MPOOL_OK)
        return err;
    memcpy(copy, parcel->items.bytes, *size);
    return mp_scratch_decode(*size, object);
}

mpool_err mp_remote_get(mpool_queue *queue, mpool_err err, int64_t timeout_ms, const char *format, va_list args)
{
    struct remote *remote;
    struct parcel *parcel;
    msgpack_object object;
    size_t size;

    err = find(queue, err, &remote);
    if (err == MPOOL_OK)
        err = take(remote, timeout_ms, 1, &parcel);
    if (err != MPOOL_OK)
        return err;
    err = object_of(parcel, &size, &object);
    if (err == MPOOL_OK && format != NULL)
        err = mpool_vunpack(&object, format, args);
    if (err == MPOOL_OK)
        mp_items_pass(&parcel->items, size);
    give_back(remote, parcel);
    return err;
}

/* An array that is filled. */
struct filling {
    struct mp_element element;
    char *array;
    size_t count, taken;
};

static mpool_err fill(struct filling *filling, struct parcel *parcel)
{
    msgpack_object object;
    mpool_err err = MPOOL_OK;
    size_t size;

    while (err == MPOOL_OK && parcel->items.count > 0 && filling->taken < filling->count) {
        err = object_of(parcel, &size, &object);
        if (err == MPOOL_OK)
            err =
                mp_element_unpack(&filling->element, &object, filling->array + filling->taken * filling->element.size);
        if (err == MPOOL_OK) {
            filling->taken++;
            mp_items_pass(&parcel->items, size);
        }
    }
    return err;
}

mpool_err mp_remote_get_many(mpool_queue *queue, mpool_err err, int64_t timeout_ms, const char *item_format,
                             void *items, size_t count, size_t item_size, size_t *done)
{
    struct filling filling = {.array = items, .count = count};
    struct remote *remote;
    struct parcel *parcel;

    err = find(queue, err, &remote);
    if (err == MPOOL_OK && (items == NULL || count == 0 || done == NULL))
        err = mp_error(MPOOL_E_INVAL, "items or done is NULL, or count is 0");
    if (err == MPOOL_OK)
        err = mp_element_check("item", item_format, "iIUdb", item_size, &filling.element);
    if (err == MPOOL_OK)
        err = take(remote, timeout_ms, count < MP_REQUEST_ITEMS ? (uint32_t)count : MP_REQUEST_ITEMS, &parcel);
    if (err != MPOOL_OK)
        return err;
    do {
        err = fill(&filling, parcel);
        give_back(remote, parcel);
    } while (err == MPOOL_OK && filling.taken < count && (parcel = take_kept(remote)) != NULL);
    if (filling.taken == 0)
        return err;
    *done = filling.taken;
    return MPOOL_OK;
}
