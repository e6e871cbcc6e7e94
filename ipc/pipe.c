/*
 * ipc/pipe.c - two ends, and what is sent into one comes out at the other
 *
 * Runs in: any process, any thread. Owns: the memory of the pipes and their ends, in the arena.
 *
 * A pipe is an object of its own, with a belt (ipc/belt.h) for each direction, and each end another one, which refers
 * to it by its handle. The pipe goes with the second of its ends: so that who uses one end is never without it.
 *
 * Each end has the member that used it last. If that is dead, the end counts as closed until somebody else uses it:
 * what waits at the other end looks there whenever it wakes up, and that is every MP_BELL_SLICE_NS.
 */
#include <mpool/pipe.h>

#include "base/error.h"
#include "ipc/belt.h"
#include "ipc/item.h"
#include "ipc/member.h"
#include "ipc/shared.h"
#include "ipc/watch.h"

#include <pthread.h>
#include <stdatomic.h>

#define BYTES_LEAST MP_ARENA_PAGE
#define BYTES_DEFAULT ((size_t)64 << 10)

enum { LEFT, RIGHT, SIDES };

/* The first page; the rings' bytes follow, for each direction the same. All but `user` and `closed` is constant. */
struct mp_pipe {
    struct mp_belt_state belts[SIDES]; /* of what each side sends */
    mpool_handle ends[SIDES];
    uint32_t duplex; /* 0: the left side sends nothing, and the whole memory is the right side's */
    /* Who used the end last, 0: nobody. Stored by that thread, with release; a death leaves it: that is its sense. */
    _Atomic mp_member user[SIDES];
    _Atomic uint32_t closed[SIDES]; /* not 0: by mpool_pipe_close(). Set by anybody, once */
};

_Static_assert(sizeof(struct mp_pipe) <= MP_ARENA_PAGE, "the rings begin behind a page");

/* Constant, but for the watchers. */
struct mpool_pipe_end {
    mpool_handle pipe;
    uint32_t side;
    struct mp_watchers watchers;
};

/* What a call knows of the end it was given: all of it checked, whatever is written there. */
struct view {
    struct mp_pipe *pipe;
    unsigned side;
};

static unsigned other(unsigned side)
{
    return side == LEFT ? RIGHT : LEFT;
}

static mpool_err look(const mpool_pipe_end *end, struct view *view)
{
    void *pipe;
    mpool_err err = mp_shared_check(end);

    if (err == MPOOL_OK)
        err = mp_shared_open(end->pipe, MP_KIND_PIPE, &pipe);
    if (err == MPOOL_OK)
        *view = (struct view){.pipe = pipe, .side = end->side == LEFT ? LEFT : RIGHT};
    return err;
}

/* The belt of what a side sends. Whatever `duplex` says by now, it lies within the pipe. */
static void find_belt(const struct view *view, unsigned side, struct mp_belt *belt)
{
    size_t bytes = mp_shared_bytes(view->pipe) - MP_ARENA_PAGE;
    char *memory = (char *)view->pipe + MP_ARENA_PAGE;

    if (view->pipe->duplex != 0) {
        bytes /= 2;
        memory += side * bytes;
    }
    mp_belt_init(belt, &view->pipe->belts[side], memory, bytes);
    belt->other = &view->pipe->user[other(view->side)];
}

/* The calling thread is who uses the end. */
static mpool_err use(const struct view *view)
{
    _Atomic mp_member *user = &view->pipe->user[view->side];
    mp_member self;
    mpool_err err = mp_member_self(&self);

    if (err == MPOOL_OK && atomic_load_explicit(user, memory_order_relaxed) != self)
        atomic_store_explicit(user, self, memory_order_release);
    return err;
}

/* ---- making and releasing ---------------------------------------------------------------------------------------- */

static mpool_err make_end(struct mp_pipe *pipe, unsigned side, mpool_pipe_end **end)
{
    void *made;
    mpool_err err = mp_shared_new(MP_KIND_PIPE_END, sizeof **end, &made);

    if (err != MPOOL_OK)
        return err;
    *end = made;
    (*end)->pipe = mp_shared_handle(pipe);
    (*end)->side = side;
    pipe->ends[side] = mp_shared_handle(*end);
    return MPOOL_OK;
}

mpool_err mpool_pipe_new(bool duplex, size_t bytes, mpool_pipe_end **left, mpool_pipe_end **right)
{
    size_t wanted = bytes > 0 ? bytes : BYTES_DEFAULT, room = BYTES_LEAST;
    mpool_pipe_end *ends[SIDES];
    struct mp_pipe *pipe;
    void *made;
    mpool_err err;

    if (wanted > MP_RING_UNITS_MAX * MP_RING_UNIT)
        return mp_error(MPOOL_E_INVAL, "a pipe of %zu bytes; %zu are the most", wanted,
                        MP_RING_UNITS_MAX * MP_RING_UNIT);
    while (room < wanted)
        room *= 2;
    err = mp_shared_new(MP_KIND_PIPE, MP_ARENA_PAGE + (duplex ? 2 : 1) * room, &made);
    if (err != MPOOL_OK)
        return err;
    pipe = made;
    pipe->duplex = duplex;
    err = make_end(pipe, LEFT, &ends[LEFT]);
    if (err != MPOOL_OK)
        goto fail;
    err = make_end(pipe, RIGHT, &ends[RIGHT]);
    if (err != MPOOL_OK)
        goto fail_left;
    *left = ends[LEFT];
    *right = ends[RIGHT];
    return MPOOL_OK;
fail_left:
    mp_shared_free(ends[LEFT]);
fail:
    mp_shared_free(pipe);
    return err;
}

/* The other side is told, since this one is used no more. */
static void close_both(const struct view *view)
{
    struct mp_belt belt;

    for (unsigned side = LEFT; side < SIDES; side++) {
        find_belt(view, side, &belt);
        mp_belt_close(&belt);
    }
}

void mpool_pipe_end_free(mpool_pipe_end *end)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* one of two ends is the last */
    struct mp_belt belt;
    struct view view;
    void *peer;

    if (end == NULL || !mp_shared_is_host() || look(end, &view) != MPOOL_OK)
        return;
    find_belt(&view, other(view.side), &belt);
    close_both(&view);
    if (!mp_watch_release(end, &belt, &end->watchers))
        return; /* somebody may still look at it: it stays, closed, until mpool_fini() */
    (void)pthread_mutex_lock(&lock);
    mp_shared_free(end);
    if (mp_shared_open(view.pipe->ends[other(view.side)], MP_KIND_PIPE_END, &peer) != MPOOL_OK)
        mp_shared_free(view.pipe);
    (void)pthread_mutex_unlock(&lock);
}

mpool_handle mpool_pipe_end_handle(const mpool_pipe_end *end)
{
    return mp_shared_handle(end);
}

mpool_err mpool_pipe_end_open(mpool_handle handle, mpool_pipe_end **end)
{
    struct view view;
    void *found;
    mpool_err err = mp_shared_open(handle, MP_KIND_PIPE_END, &found);

    if (err == MPOOL_OK)
        err = look(found, &view);
    if (err == MPOOL_OK)
        err = use(&view);
    if (err == MPOOL_OK)
        *end = found;
    return err;
}

/* ---- sending and receiving --------------------------------------------------------------------------------------- */

/* The belt that an end sends into, or receives from. */
static mpool_err begin(mpool_pipe_end *end, bool sends, struct mp_belt *belt)
{
    struct view view;
    unsigned sender;
    mpool_err err = look(end, &view);

    if (err != MPOOL_OK)
        return err;
    sender = sends ? view.side : other(view.side);
    if (view.pipe->duplex == 0 && sender == LEFT)
        return mp_error(MPOOL_E_INVAL,
                        sends ? "this end of the pipe only receives" : "this end of the pipe only sends");
    if (atomic_load_explicit(&view.pipe->closed[view.side], memory_order_relaxed) != 0)
        return mp_error(MPOOL_E_CLOSED, "this end of the pipe was closed");
    find_belt(&view, sender, belt);
    return use(&view);
}

mpool_err mpool_pipe_send(mpool_pipe_end *end, int64_t timeout_ms, const char *format, ...)
{
    struct mp_belt belt;
    va_list args;
    mpool_err err = begin(end, true, &belt);

    if (err != MPOOL_OK)
        return err;
    va_start(args, format);
    err = mp_item_put(&belt, timeout_ms, format, args);
    va_end(args);
    return err;
}

mpool_err mpool_pipe_recv(mpool_pipe_end *end, int64_t timeout_ms, const char *format, ...)
{
    struct mp_belt belt;
    va_list args;
    mpool_err err = begin(end, false, &belt);

    if (err != MPOOL_OK)
        return err;
    va_start(args, format);
    err = mp_item_get(&belt, timeout_ms, format, args);
    va_end(args);
    mp_watch_refresh(end);
    return err;
}

mpool_err mpool_pipe_poll(mpool_pipe_end *end, int64_t timeout_ms)
{
    struct mp_deadline deadline = {.timeout_ms = timeout_ms};
    struct mp_ring_reader reader;
    struct mp_belt belt;
    mpool_err err = begin(end, false, &belt);

    if (err != MPOOL_OK)
        return err;
    err = mp_belt_get(&belt, &deadline, &reader);
    if (err == MPOOL_OK)
        mp_belt_got(&belt, &reader);
    return err == MPOOL_E_END ? MPOOL_OK : err;
}

mpool_err mpool_pipe_close(mpool_pipe_end *end)
{
    struct view view;
    mpool_err err = look(end, &view);

    if (err != MPOOL_OK)
        return err;
    atomic_store_explicit(&view.pipe->closed[view.side], 1, memory_order_relaxed);
    close_both(&view);
    return MPOOL_OK;
}

mpool_err mpool_pipe_fd(mpool_pipe_end *end, int *fd)
{
    struct mp_belt belt;
    mpool_err err = begin(end, false, &belt);

    return err == MPOOL_OK ? mp_watch_fd(end, &belt, &end->watchers, fd) : err;
}
