/*
 * mpool/event.h - events, conditions and barriers between processes
 *
 * Made by the host and passed on as handles: mpool/handle.h. Each kind has the calls that mpool/lock.h describes: _new
 * makes one, _free releases it, _handle gives what stands for it elsewhere, and _open finds it there; their errors and
 * who may call them are the same. Whoever waits may be killed, and those who signal never notice; whoever was to signal
 * may be killed, and those who wait have their deadlines.
 */
#ifndef MPOOL_EVENT_H
#define MPOOL_EVENT_H

#include <mpool/error.h>
#include <mpool/handle.h>
#include <mpool/lock.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- event: a flag that can be waited for ------------------------------------------------------------------------ */

typedef struct mpool_event mpool_event;

/* mpool_event_new - make an event that is not set. Errors and calls: as mpool_lock_new(). */
MPOOL_API mpool_err mpool_event_new(mpool_event **event);
MPOOL_API void mpool_event_free(mpool_event *event);
MPOOL_API mpool_handle mpool_event_handle(const mpool_event *event);
MPOOL_API mpool_err mpool_event_open(mpool_handle handle, mpool_event **event);

/*
 * mpool_event_set - set it, and wake all who wait
 *
 * Does not wait. One that is set stays so.
 * Errors: MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT. Calls: any thread of any process.
 */
MPOOL_API mpool_err mpool_event_set(mpool_event *event);

/* mpool_event_clear - who waits from now on, waits for the next mpool_event_set(). Errors and calls: as there. */
MPOOL_API mpool_err mpool_event_clear(mpool_event *event);

/* mpool_event_is_set - false also of what is no event. Calls: any thread of any process. */
MPOOL_API bool mpool_event_is_set(const mpool_event *event);

/*
 * mpool_event_wait - wait until it is set
 *
 * Who was waiting when it was set returns MPOOL_OK, also if it has been cleared again by then.
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT.
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_event_wait(mpool_event *event, int64_t timeout_ms);

/* ---- condition: what a lock guards has changed ------------------------------------------------------------------- */

typedef struct mpool_condition mpool_condition;

/*
 * mpool_condition_new - make a condition
 *
 * It has a lock of its own, mpool_condition_lock(), which is released with it.
 * Errors and calls: as mpool_lock_new().
 */
MPOOL_API mpool_err mpool_condition_new(mpool_condition **condition);
MPOOL_API void mpool_condition_free(mpool_condition *condition);
MPOOL_API mpool_handle mpool_condition_handle(const mpool_condition *condition);
MPOOL_API mpool_err mpool_condition_open(mpool_handle handle, mpool_condition **condition);

/*
 * mpool_condition_lock - its lock
 *
 *     MPOOL_WITH_LOCK(mpool_condition_lock(condition)) { ... }
 *
 * Not to be released by mpool_lock_free(). It has no handle: another process opens the condition, and asks for its
 * lock.
 * Calls: any thread of any process.
 */
MPOOL_API mpool_lock *mpool_condition_lock(mpool_condition *condition);

/*
 * mpool_condition_wait - release the lock, wait to be notified, and acquire the lock again
 *
 * Seldom, it returns without having been notified: look whether what you wait for is so, and wait again if not; or use
 * mpool_condition_wait_for(). On MPOOL_E_TIMEOUT the lock is held again, too, and for that it may have to be waited for
 * beyond the time.
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_NOT_OWNER (this thread does not hold the lock), MPOOL_E_STALE, MPOOL_E_FORKED,
 *         MPOOL_E_NOINIT. MPOOL_E_OWNER_DIED: the lock is held again, and its last holder died with it; whoever waits
 *         is told so within a tenth of a second, notified or not, and then no other one is.
 * Calls:  a thread of any process that holds the lock.
 */
MPOOL_API mpool_err mpool_condition_wait(mpool_condition *condition, int64_t timeout_ms);

/*
 * mpool_condition_wait_for - wait until a predicate holds
 *
 * predicate in   called on this thread with the lock held: at first, whenever there was a notification, and when the
 *                time is up
 * user      in   passed to it
 *
 * Errors: as mpool_condition_wait(); MPOOL_E_OWNER_DIED is given at once, whatever the predicate says.
 * Calls:  as there.
 */
MPOOL_API mpool_err mpool_condition_wait_for(mpool_condition *condition, bool (*predicate)(void *user), void *user,
                                             int64_t timeout_ms);

/*
 * mpool_condition_notify - wake up to `count` of those who wait; mpool_condition_notify_all - all of them
 *
 * Those who come to wait later are not notified. If a thread is killed before it has come back from its wait, its
 * notification goes to another one that waits, within a tenth of a second.
 * Errors: MPOOL_E_NOT_OWNER, MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT.
 * Calls:  a thread of any process that holds the lock.
 */
MPOOL_API mpool_err mpool_condition_notify(mpool_condition *condition, uint32_t count);
MPOOL_API mpool_err mpool_condition_notify_all(mpool_condition *condition);

/* ---- barrier: all go on together --------------------------------------------------------------------------------- */

typedef struct mpool_barrier mpool_barrier;

/* The most parties of a barrier. */
#define MPOOL_PARTIES_MAX 1024U

/*
 * mpool_barrier_new - make a barrier
 *
 * parties   in   so many have to come; 1 to MPOOL_PARTIES_MAX
 * barrier   out  set on MPOOL_OK; it takes 36 KiB
 *
 * Errors and calls: as mpool_lock_new(); MPOOL_E_INVAL (parties).
 */
MPOOL_API mpool_err mpool_barrier_new(uint32_t parties, mpool_barrier **barrier);
MPOOL_API void mpool_barrier_free(mpool_barrier *barrier);
MPOOL_API mpool_handle mpool_barrier_handle(const mpool_barrier *barrier);
MPOOL_API mpool_err mpool_barrier_open(mpool_handle handle, mpool_barrier **barrier);

/*
 * mpool_barrier_wait - wait until so many as it has parties do so; then all go on, and it can be used again
 *
 * index     out  set on MPOOL_OK: from 0 up, another one for each thread, in the order in which they came; NULL if not
 *                wanted
 *
 * The barrier breaks, for all who wait and all who come, when one who waits gives up (MPOOL_E_TIMEOUT, to that one),
 * when one who waits dies, when one dies that took part in the last round and has not come yet, and by
 * mpool_barrier_abort(). A death is noticed within a tenth of a second by those who wait. The end of a thread is its
 * death, too: if others are to take the places of some that have ended, mpool_barrier_reset() comes first.
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_BARRIER (it is broken), MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT, MPOOL_E_FULL
 *         (see MPOOL_MEMBERS_MAX).
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_barrier_wait(mpool_barrier *barrier, int64_t timeout_ms, uint32_t *index);

/*
 * mpool_barrier_abort - break it, until it is reset
 *
 * Does not wait. Errors: MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT. Calls: any thread of any process.
 */
MPOOL_API mpool_err mpool_barrier_abort(mpool_barrier *barrier);

/*
 * mpool_barrier_reset - mend it: who waits gets MPOOL_E_BARRIER, and a first round begins
 *
 * Errors and calls: as mpool_barrier_abort().
 */
MPOOL_API mpool_err mpool_barrier_reset(mpool_barrier *barrier);

/* mpool_barrier_waiting - how many wait at this moment; 0 of one that is broken, or is none. Calls: any thread. */
MPOOL_API uint32_t mpool_barrier_waiting(mpool_barrier *barrier);

/* mpool_barrier_broken - is it? false also of what is no barrier. Calls: any thread. */
MPOOL_API bool mpool_barrier_broken(mpool_barrier *barrier);

#endif
