/*
 * ipc/queue.c - queues between processes
 *
 * Runs in: any process, any thread. Owns: the memory of the queues, in the arena.
 *
 * A queue is a belt (ipc/belt.h) and a count of what is done. The belt's position says how many items were put, since
 * ever; `done` how many of these are done. So what join() waits for has no moment of its own that a death could spoil:
 * an item is not done from the very store that puts it.
 */
#include "ipc/queue.h"

#include "base/clock.h"
#include "base/error.h"
#include "ipc/item.h"
#include "ipc/remote.h"
#include "ipc/server.h"
#include "ipc/shared.h"
#include "ipc/watch.h"

#include <stdatomic.h>

#define BYTES_LEAST MP_ARENA_PAGE
#define BYTES_DEFAULT ((size_t)1 << 20)

/* The first page; the ring's bytes follow. */
struct mpool_queue {
    struct mp_belt_state belt;
    uint32_t maxsize; /* constant; 0: as many as there is room for */
    /*
     * Items that are done, modulo 2^32, at most as many as were put. Raised by anybody, by compare-and-swap,
     * sequentially consistent for the bell behind it.
     */
    _Atomic uint32_t done;
    struct mp_bell all_done; /* rung when as many are done as were put */
    struct mp_watchers watchers;
};

_Static_assert(sizeof(struct mpool_queue) <= MP_ARENA_PAGE, "the ring begins behind a page");

MP_SHARED_HANDLES(mpool_queue, MP_KIND_QUEUE)

mpool_err mpool_queue_new(const mpool_queue_options *options, mpool_queue **queue)
{
    size_t wanted = options != NULL && options->bytes > 0 ? options->bytes : BYTES_DEFAULT;
    size_t bytes = BYTES_LEAST;
    void *made;
    mpool_err err;

    if (wanted > MPOOL_QUEUE_BYTES_MAX)
        return mp_error(MPOOL_E_INVAL, "a queue of %zu bytes; %zu are the most", wanted, MPOOL_QUEUE_BYTES_MAX);
    while (bytes < wanted)
        bytes *= 2;
    err = mp_shared_new(MP_KIND_QUEUE, MP_ARENA_PAGE + bytes, &made);
    if (err != MPOOL_OK)
        return err;
    *queue = made;
    (*queue)->maxsize = options != NULL ? options->maxsize : 0;
    return MPOOL_OK;
}

void mpool_queue_free(mpool_queue *queue)
{
    struct mp_belt belt;

    if (mp_remote_free(queue) || !mp_shared_is_host() || mp_shared_queue_belt(queue, &belt) != MPOOL_OK)
        return;
    mp_servers_end(queue);
    mp_belt_close(&belt);
    if (mp_watch_release(queue, &belt, &queue->watchers))
        mp_shared_free(queue); /* else somebody may still look at it: it stays, closed, until mpool_fini() */
}

mpool_err mp_shared_queue_belt(mpool_queue *queue, struct mp_belt *belt)
{
    mpool_err err = mp_shared_check(queue);

    if (err != MPOOL_OK)
        return err;
    mp_belt_init(belt, &queue->belt, (char *)queue + MP_ARENA_PAGE, mp_shared_bytes(queue) - MP_ARENA_PAGE);
    if (queue->maxsize > 0)
        belt->maxsize = queue->maxsize;
    return MPOOL_OK;
}

mpool_err mpool_queue_put(mpool_queue *queue, int64_t timeout_ms, const char *format, ...)
{
    struct mp_belt belt;
    va_list args;
    mpool_err err = mp_shared_queue_belt(queue, &belt);

    va_start(args, format);
    if (err == MPOOL_OK)
        err = mp_shared_queue_changed(queue, &belt, mp_item_put(&belt, timeout_ms, format, args));
    else
        err = mp_remote_put(queue, err, timeout_ms, format, args);
    va_end(args);
    return err;
}

mpool_err mpool_queue_get(mpool_queue *queue, int64_t timeout_ms, const char *format, ...)
{
    struct mp_belt belt;
    va_list args;
    mpool_err err = mp_shared_queue_belt(queue, &belt);

    va_start(args, format);
    if (err == MPOOL_OK)
        err = mp_shared_queue_changed(queue, &belt, mp_item_get(&belt, timeout_ms, format, args));
    else
        err = mp_remote_get(queue, err, timeout_ms, format, args);
    va_end(args);
    return err;
}

mpool_err mpool_queue_fd(mpool_queue *queue, int *fd)
{
    struct mp_belt belt;
    mpool_err err = mp_shared_queue_belt(queue, &belt);

    if (err == MPOOL_OK)
        return mp_watch_fd(queue, &belt, &queue->watchers, fd);
    return mp_remote_is(queue) ? mp_error(MPOOL_E_STALE, "a queue of another program has no file descriptor") : err;
}

mpool_err mpool_queue_close(mpool_queue *queue)
{
    struct mp_belt belt;
    mpool_err err = mp_shared_queue_belt(queue, &belt);

    if (err != MPOOL_OK)
        return mp_remote_close(queue, err);
    mp_belt_close(&belt);
    return mp_shared_queue_changed(queue, &belt, MPOOL_OK);
}

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

/* Of what is no queue, and of one that is broken: nothing. */
static struct mp_queue_size size_of(mpool_queue *queue)
{
    struct mp_queue_size size = {0};
    struct mp_ring_content content;
    struct mp_belt belt;
    mpool_err err = mp_shared_queue_belt(queue, &belt);

    if (err != MPOOL_OK)
        (void)mp_remote_size(queue, err, &size);
    else if (mp_ring_content(&belt.ring, &content) == MP_RING_READY) {
        size.items = content.items < belt.maxsize ? content.items : belt.maxsize;
        size.full = content.items >= belt.maxsize || content.units == belt.ring.units;
    }
    return size;
}

size_t mpool_queue_qsize(mpool_queue *queue)
{
    return size_of(queue).items;
}

bool mpool_queue_empty(mpool_queue *queue)
{
    return size_of(queue).items == 0;
}

bool mpool_queue_full(mpool_queue *queue)
{
    return size_of(queue).full;
}

/* ---- what is done ------------------------------------------------------------------------------------------------ */

static uint32_t items_put(const struct mp_belt *belt)
{
    return mp_ring_items(atomic_load_explicit(&belt->ring.in->at, memory_order_seq_cst));
}

/* So many more are done; false: there were not so many. */
static bool add_done(mpool_queue *queue, const struct mp_belt *belt, uint32_t count)
{
    uint32_t done = atomic_load_explicit(&queue->done, memory_order_seq_cst), left;

    do {
        left = items_put(belt) - done;
        if (count > left)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&queue->done, &done, done + count, memory_order_seq_cst,
                                                    memory_order_seq_cst));
    if (done + count == items_put(belt))
        mp_bell_ring(&queue->all_done, MP_BELL_ALL);
    return true;
}

mpool_err mp_shared_queue_changed(mpool_queue *queue, const struct mp_belt *belt, mpool_err err)
{
    mp_watch_refresh(queue);
    if (belt->lost == UINT32_MAX)
        atomic_store_explicit(&queue->done, items_put(belt), memory_order_seq_cst);
    else if (belt->lost > 0)
        (void)add_done(queue, belt, belt->lost);
    return err;
}

struct mp_bell *mp_shared_queue_all_done(mpool_queue *queue)
{
    return &queue->all_done;
}

mpool_err mpool_queue_task_done(mpool_queue *queue)
{
    struct mp_belt belt;
    mpool_err err = mp_shared_queue_belt(queue, &belt);

    if (err != MPOOL_OK)
        return mp_remote_task_done(queue, err);
    return add_done(queue, &belt, 1)
               ? MPOOL_OK
               : mp_error(MPOOL_E_OVERFLOW, "task_done() was called more often than items were put");
}

mpool_err mpool_queue_join(mpool_queue *queue, int64_t timeout_ms)
{
    struct mp_belt belt;
    int64_t until = mp_clock_until_ns(timeout_ms);
    uint32_t seen;
    mpool_err err = mp_shared_queue_belt(queue, &belt);

    if (err != MPOOL_OK)
        return mp_remote_join(queue, err, timeout_ms);
    while (err == MPOOL_OK) {
        seen = mp_bell_look(&queue->all_done);
        if (atomic_load_explicit(&queue->done, memory_order_seq_cst) == items_put(&belt))
            return MPOOL_OK;
        if (mp_clock_ns() >= until)
            return mp_error(MPOOL_E_TIMEOUT, "not all items are done; see mpool_queue_task_done()");
        mp_bell_wait(&queue->all_done, seen, until);
        err = mp_shared_check(queue);
    }
    return err;
}
