/*
 * ipc/watch.c - file descriptors that are readable while there is something in a belt
 *
 * Runs in: any process, any thread. Owns: a thread and an eventfd for each object that the process watches; they end
 * when the host releases the object, with mpool_fini(), or with the process.
 *
 * The level is changed under a lock, by whoever finds that it is not that of the belt: the watching thread, or a thread
 * of this process behind a call of its own.
 *
 * A watching thread looks at the object as long as it lives, also when nobody else in its process does. So it has a
 * place in the object, as a member: the host asks all of them to go, and releases the memory when their places are
 * empty or those in them dead.
 */
#include "ipc/watch.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/thread.h"
#include "ipc/shared.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define RELEASE_NS (4 * MP_BELL_SLICE_NS)

struct watch {
    const void *object;
    struct mp_belt belt;
    struct mp_watchers *watchers;
    pthread_t thread;
    int fd;
    bool level;       /* is the descriptor readable? Under the lock */
    atomic_bool stop; /* somebody waits for the thread's end */
    mpool_err err;    /* of the thread's beginning; under the lock, as `begun` */
    bool begun;
    struct watch *next;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t begun;
    struct watch *first;
} watches = {.lock = PTHREAD_MUTEX_INITIALIZER, .begun = PTHREAD_COND_INITIALIZER};

atomic_uint mp_watch_count;

/* ---- the list; with the lock held -------------------------------------------------------------------------------- */

static struct watch **find(const void *object)
{
    struct watch **at = &watches.first;

    while (*at != NULL && (*at)->object != object)
        at = &(*at)->next;
    return at;
}

/* Takes it out of the list; NULL: it is not there. Whoever takes it out disposes of it. */
static struct watch *take_out(const void *object)
{
    struct watch **at = find(object), *watch = *at;

    if (watch == NULL)
        return NULL;
    *at = watch->next;
    atomic_fetch_sub_explicit(&mp_watch_count, 1, memory_order_relaxed);
    return watch;
}

static void dispose(struct watch *watch)
{
    (void)close(watch->fd);
    free(watch);
}

/* Returns the level. */
static bool adjust(struct watch *watch)
{
    bool readable = mp_belt_readable(&watch->belt);

    if (readable && !watch->level)
        (void)eventfd_write(watch->fd, 1);
    if (!readable && watch->level)
        (void)eventfd_read(watch->fd, &(eventfd_t){0});
    watch->level = readable;
    return readable;
}

void mp_watch_look(const void *object)
{
    struct watch *watch;

    (void)pthread_mutex_lock(&watches.lock);
    watch = *find(object);
    if (watch != NULL)
        (void)adjust(watch);
    (void)pthread_mutex_unlock(&watches.lock);
}

/* ---- the thread -------------------------------------------------------------------------------------------------- */

static mpool_err sign_in(struct mp_watchers *watchers, unsigned *place)
{
    mp_member self, there;
    mpool_err err = mp_member_self(&self);

    for (unsigned i = 0; err == MPOOL_OK && i < MP_WATCHERS_MOST; i++) {
        there = atomic_load_explicit(&watchers->members[i], memory_order_relaxed);
        if ((there == 0 || !mp_member_alive(there)) &&
            atomic_compare_exchange_strong_explicit(&watchers->members[i], &there, self, memory_order_seq_cst,
                                                    memory_order_relaxed)) {
            *place = i;
            return MPOOL_OK;
        }
    }
    return err != MPOOL_OK ? err : mp_error(MPOOL_E_FULL, "%d processes have a descriptor of it", MP_WATCHERS_MOST);
}

static bool over(struct watch *watch)
{
    return atomic_load_explicit(&watch->stop, memory_order_seq_cst) ||
           atomic_load_explicit(&watch->watchers->released, memory_order_seq_cst) != 0;
}

/* Until the level has changed, or it is over. */
static void sleep_once(struct watch *watch)
{
    struct mp_belt_state *state = watch->belt.state;
    struct mp_bell *bell;
    uint32_t seen;
    bool level;

    (void)pthread_mutex_lock(&watches.lock);
    level = adjust(watch);
    (void)pthread_mutex_unlock(&watches.lock);
    bell = level ? &state->drained : &state->filled;
    seen = mp_bell_look(bell);
    if (!over(watch) && mp_belt_readable(&watch->belt) == level)
        mp_bell_wait(bell, seen, INT64_MAX);
}

static void *run(void *data)
{
    struct watch *watch = data;
    unsigned place = 0;
    mpool_err err = sign_in(watch->watchers, &place);

    (void)pthread_mutex_lock(&watches.lock);
    watch->err = err;
    watch->begun = true;
    (void)pthread_cond_broadcast(&watches.begun);
    (void)pthread_mutex_unlock(&watches.lock);
    if (err != MPOOL_OK)
        return NULL;
    while (!over(watch))
        sleep_once(watch);
    atomic_store_explicit(&watch->watchers->members[place], 0, memory_order_seq_cst);
    (void)pthread_mutex_lock(&watches.lock);
    if (!atomic_load_explicit(&watch->stop, memory_order_relaxed)) { /* nobody waits for our end */
        (void)take_out(watch->object);
        (void)pthread_detach(watch->thread);
        dispose(watch);
    }
    (void)pthread_mutex_unlock(&watches.lock);
    return NULL;
}

/* ---- the beginning and the end ----------------------------------------------------------------------------------- */

/* With the lock held, which is given up while the thread ends. The watch is not in the list any more. */
static void end(struct watch *watch)
{
    struct mp_belt_state *state = watch->belt.state;

    atomic_store_explicit(&watch->stop, true, memory_order_seq_cst);
    (void)pthread_mutex_unlock(&watches.lock);
    mp_bell_ring(&state->drained, MP_BELL_ALL);
    mp_bell_ring(&state->filled, MP_BELL_ALL);
    (void)pthread_join(watch->thread, NULL);
    dispose(watch);
    (void)pthread_mutex_lock(&watches.lock);
}

static void end_all(void)
{
    (void)pthread_mutex_lock(&watches.lock);
    while (watches.first != NULL)
        end(take_out(watches.first->object));
    (void)pthread_mutex_unlock(&watches.lock);
}

/* With the lock held. */
static mpool_err begin(const void *object, const struct mp_belt *belt, struct mp_watchers *watchers,
                       struct watch **begun)
{
    struct watch *watch = calloc(1, sizeof *watch);
    mpool_err err;

    if (watch == NULL)
        return mp_error_nomem();
    *watch = (struct watch){.object = object, .belt = *belt, .watchers = watchers};
    watch->fd = mp_fd_raise(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (watch->fd < 0) {
        free(watch);
        return mp_error(MPOOL_E_SYSTEM, "eventfd: %m");
    }
    err = mp_thread_start(&watch->thread, run, watch);
    if (err != MPOOL_OK) {
        dispose(watch);
        return err;
    }
    while (!watch->begun)
        (void)pthread_cond_wait(&watches.begun, &watches.lock);
    err = watch->err;
    if (err != MPOOL_OK) {
        (void)pthread_join(watch->thread, NULL);
        dispose(watch);
        return mp_error(err, "%d processes have a descriptor of it, or too many threads use shared objects",
                        MP_WATCHERS_MOST);
    }
    watch->next = watches.first;
    watches.first = *begun = watch;
    atomic_fetch_add_explicit(&mp_watch_count, 1, memory_order_relaxed);
    return MPOOL_OK;
}

mpool_err mp_watch_fd(const void *object, const struct mp_belt *belt, struct mp_watchers *watchers, int *fd)
{
    struct watch *watch;
    mpool_err err = MPOOL_OK;

    mp_shared_on_end(end_all);
    (void)pthread_mutex_lock(&watches.lock);
    watch = *find(object);
    if (watch == NULL)
        err = begin(object, belt, watchers, &watch);
    if (err == MPOOL_OK) {
        (void)adjust(watch);
        *fd = watch->fd;
    }
    (void)pthread_mutex_unlock(&watches.lock);
    return err;
}

static bool somebody_watches(struct mp_watchers *watchers)
{
    for (unsigned i = 0; i < MP_WATCHERS_MOST; i++) {
        mp_member member = atomic_load_explicit(&watchers->members[i], memory_order_seq_cst);

        if (member != 0 && mp_member_alive(member))
            return true;
    }
    return false;
}

bool mp_watch_release(const void *object, const struct mp_belt *belt, struct mp_watchers *watchers)
{
    const struct timespec moment = {.tv_nsec = 200000};
    int64_t until = mp_clock_ns() + RELEASE_NS;
    struct watch *own;

    (void)pthread_mutex_lock(&watches.lock);
    own = take_out(object);
    if (own != NULL)
        end(own);
    (void)pthread_mutex_unlock(&watches.lock);
    atomic_store_explicit(&watchers->released, 1, memory_order_seq_cst);
    mp_bell_ring(&belt->state->drained, MP_BELL_ALL);
    mp_bell_ring(&belt->state->filled, MP_BELL_ALL);
    while (somebody_watches(watchers)) {
        if (mp_clock_ns() >= until)
            return false;
        (void)nanosleep(&moment, NULL);
    }
    return true;
}
