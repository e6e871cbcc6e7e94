/*
 * ipc/member.c - the threads that use shared objects, and which of them are dead
 *
 * Runs in: any process, any thread. Owns: the table of the members, in the arena.
 *
 * Each place of the table has a robust mutex that its member locks and never unlocks. When the thread ends, by whatever
 * death, the kernel marks the mutex; who tries to lock it is told so, and the place is free. So the kernel keeps the
 * books, and they are right at any moment: no report has to arrive first, and no process id can be mistaken for another
 * one's.
 *
 * `times` rises whenever a place changes hands, by the one who has just got the mutex. A death between the lock and
 * that leaves the old number: whoever comes next gets the mutex as of a dead owner again, and raises it. So a number
 * once seen with an unlocked mutex never comes back to life.
 *
 * A place that is looked at by two at once may seem locked, by the other one who looks: a dead member then counts as
 * alive for that moment, and who waits looks again.
 */
#include "ipc/member.h"

#include "base/error.h"
#include "ipc/mutex.h"
#include "ipc/shared.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

struct place {
    struct mp_mutex life;   /* held by the member while it lives */
    _Atomic uint32_t times; /* under the mutex; read by all */
} __attribute__((aligned(64)));

/* This thread's. A process that was forked by one of ours has a copy of it, and is not asked: mp_shared_check(). */
static _Thread_local mp_member self;

static struct place *table(size_t *count)
{
    return mp_shared_members(sizeof(struct place), count);
}

size_t mp_member_places(void)
{
    size_t count;

    (void)table(&count);
    return count;
}

mpool_err mp_members_begin(void)
{
    size_t count;
    struct place *places = table(&count);
    mpool_err err = MPOOL_OK;

    for (size_t i = 0; i < count && err == MPOOL_OK; i++)
        err = mp_mutex_init(&places[i].life, false);
    return err;
}

/* Gets the mutex of a place that nobody alive has; then its last member is dead for good. */
static bool take(struct place *place)
{
    switch (pthread_mutex_trylock(&place->life.mutex)) {
    case EOWNERDEAD:
        (void)pthread_mutex_consistent(&place->life.mutex);
        break;
    case 0:
        break;
    default:
        return false;
    }
    atomic_fetch_add_explicit(&place->times, 1, memory_order_acq_rel);
    return true;
}

static mpool_err join(mp_member *member)
{
    size_t count;
    struct place *places = table(&count);

    for (size_t i = 0; i < count; i++) {
        if (!take(&places[i]))
            continue;
        self = (mp_member)atomic_load_explicit(&places[i].times, memory_order_relaxed) << 32 | i;
        *member = self;
        return MPOOL_OK;
    }
    return mp_error(MPOOL_E_FULL, "%zu threads use shared objects, more than there can be", count);
}

mpool_err mp_member_self(mp_member *member)
{
    if (self == 0)
        return join(member);
    *member = self;
    return MPOOL_OK;
}

bool mp_member_alive(mp_member member)
{
    size_t count, at = mp_member_place(member);
    struct place *places = table(&count);

    if (member == self && member != 0)
        return true;
    if (at >= count || atomic_load_explicit(&places[at].times, memory_order_acquire) != (uint32_t)(member >> 32))
        return false;
    if (!take(&places[at]))
        return true;
    (void)pthread_mutex_unlock(&places[at].life.mutex);
    return false;
}
