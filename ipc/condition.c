/*
 * ipc/condition.c - what a lock guards has changed, over all processes
 *
 * Runs in: any process, any thread. Owns: the memory of the conditions, in the arena.
 *
 * Who waits looks at the bell before it releases the lock, so that no notification is missed in between: who notifies
 * holds the lock. The kernel says how many it has woken, and thereby keeps the books of who waits: a killed one is none
 * any more.
 *
 * If it has woken as many as it was asked for, so many notifications are `owed`, and each waiter that comes back to the
 * lock takes one. One that is killed on its way leaves it, and another waiter takes it when it looks, which it does
 * after each slice of sleep. If there were fewer, all that wait are notified, those included that are between two
 * slices: that is a `sweep`.
 *
 * After each slice the lock is acquired. So the death of one who held it, and would have notified, is noticed too.
 */
#include <mpool/event.h>

#include "base/clock.h"
#include "base/error.h"
#include "ipc/bell.h"
#include "ipc/mutex.h"
#include "ipc/shared.h"

#include <stdatomic.h>

/*
 * `owed` and `sweeps` are written under the mutex, relaxed. A death half way leaves one too many owed, so that somebody
 * returns without a notification, or one too few; then the mutex tells of that death instead.
 */
struct mpool_condition {
    struct mp_mutex mutex;   /* what mpool_condition_lock() gives: an mpool_lock is nothing else */
    struct mp_bell bell;     /* rung by notifications */
    _Atomic uint32_t owed;   /* those whom a notification has woken, and who have not come back */
    _Atomic uint32_t sweeps; /* how often all were notified who waited */
};

MP_SHARED_CALLS(mpool_condition, MP_KIND_CONDITION)

mpool_err mpool_condition_new(mpool_condition **condition)
{
    mpool_condition *made;
    void *memory;
    mpool_err err = mp_shared_new(MP_KIND_CONDITION, sizeof *made, &memory);

    if (err != MPOOL_OK)
        return err;
    made = memory;
    err = mp_mutex_init(&made->mutex, false);
    if (err == MPOOL_OK)
        *condition = made;
    else
        mp_shared_free(made);
    return err;
}

mpool_lock *mpool_condition_lock(mpool_condition *condition)
{
    return (mpool_lock *)(void *)&condition->mutex;
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

/* Under the mutex: is the caller notified? It takes what is owed to it, or to one who is dead. */
static bool answer(mpool_condition *condition, uint32_t sweeps, bool woken)
{
    uint32_t owed = atomic_load_explicit(&condition->owed, memory_order_relaxed);

    if (atomic_load_explicit(&condition->sweeps, memory_order_relaxed) != sweeps)
        return true;
    if (owed > 0)
        atomic_store_explicit(&condition->owed, owed - 1, memory_order_relaxed);
    return owed > 0 || woken;
}

static mpool_err wait_until(mpool_condition *condition, int64_t until_ns)
{
    uint32_t sweeps = atomic_load_explicit(&condition->sweeps, memory_order_relaxed);

    for (;;) {
        uint32_t seen = mp_bell_look(&condition->bell);
        bool over = mp_clock_ns() >= until_ns, woken;
        mpool_err err = mp_mutex_unlock(&condition->mutex);

        if (err != MPOOL_OK)
            return err;
        woken = mp_bell_wait(&condition->bell, seen, until_ns);
        err = mp_mutex_lock(&condition->mutex, INT64_MAX);
        if (err != MPOOL_OK || answer(condition, sweeps, woken))
            return err;
        if (over)
            return mp_error(MPOOL_E_TIMEOUT, "nobody has notified the condition");
    }
}

mpool_err mpool_condition_wait(mpool_condition *condition, int64_t timeout_ms)
{
    mpool_err err = mp_shared_check(condition);

    return err == MPOOL_OK ? wait_until(condition, mp_clock_until_ns(timeout_ms)) : err;
}

static mpool_err not_owner(void)
{
    return mp_error(MPOOL_E_NOT_OWNER, "this thread does not hold the lock of the condition, mpool_condition_lock()");
}

mpool_err mpool_condition_wait_for(mpool_condition *condition, bool (*predicate)(void *user), void *user,
                                   int64_t timeout_ms)
{
    int64_t until_ns = mp_clock_until_ns(timeout_ms);
    mpool_err err = mp_shared_check(condition);

    if (err == MPOOL_OK && !mp_mutex_held(&condition->mutex))
        return not_owner();
    while (err == MPOOL_OK && !predicate(user))
        err = wait_until(condition, until_ns);
    return err == MPOOL_E_TIMEOUT && predicate(user) ? MPOOL_OK : err;
}

/* ---- notifying --------------------------------------------------------------------------------------------------- */

static void sweep(mpool_condition *condition)
{
    uint32_t sweeps = atomic_load_explicit(&condition->sweeps, memory_order_relaxed);

    atomic_store_explicit(&condition->sweeps, sweeps + 1, memory_order_relaxed);
    atomic_store_explicit(&condition->owed, 0, memory_order_relaxed);
}

static void owe(mpool_condition *condition, int woken)
{
    uint32_t owed = atomic_load_explicit(&condition->owed, memory_order_relaxed);

    atomic_store_explicit(&condition->owed, owed + (uint32_t)woken, memory_order_relaxed);
}

mpool_err mpool_condition_notify(mpool_condition *condition, uint32_t count)
{
    int most = count < MP_BELL_ALL ? (int)count : MP_BELL_ALL;
    mpool_err err = mp_shared_check(condition);
    int woken;

    if (err != MPOOL_OK)
        return err;
    if (!mp_mutex_held(&condition->mutex))
        return not_owner();
    if (count == 0)
        return MPOOL_OK;
    woken = mp_bell_ring(&condition->bell, most);
    if (woken < most)
        sweep(condition);
    else
        owe(condition, woken);
    return MPOOL_OK;
}

mpool_err mpool_condition_notify_all(mpool_condition *condition)
{
    return mpool_condition_notify(condition, UINT32_MAX);
}
