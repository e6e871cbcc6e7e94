/*
 * tests/proc/scenarios/killed.c - scenarios: who uses a shared object is killed at any moment
 *
 * After each kill the survivors have to get on, and in the end the object has to be as its header says. The victims
 * wait for the object and hold it, over and over; what that means is said for each kind below. Barriers are in
 * killed_barrier.c.
 */
#include "tests/proc/sharing.h"
#include "tests/proc/victims.h"

#include <pthread.h>
#include <stdio.h>

#define VICTIMS 4
#define HOST 8 /* is no victim, and has no slot */
#define PERMITS 2

/* On the board. */
#define TOLD (board->ended[0])      /* of deaths of those who certainly held the lock */
#define TOLD_MORE (board->ended[1]) /* of others: who died in acquire or release */
#define HOLDER (board->ended[2])    /* guarded by a lock: who holds it, or 0 */
#define ITEMS (board->ended[3])     /* guarded by the condition's lock */
#define FED (board->ended[4])       /* permits that the host has released */
#define EATEN (board->ended[5])     /* and that victims have acquired */

/* What is done with an object of one kind. */
struct trial {
    const char *name;
    int victims;
    mpool_err (*open)(mpool_handle handle, void **object);
    mpool_err (*enter)(void *object, const struct victim *self, int64_t timeout_ms);
    void (*leave)(void *object, const struct victim *self);
    void (*feed)(void *object); /* what a thread of the host does all the time; may be NULL */
};

/* ---- lock, rlock ------------------------------------------------------------------------------------------------- */

/* With a lock held: was its last holder's death told, and nothing else? */
static mpool_err look_who_held(mpool_err err, const struct victim *self)
{
    if (err != MPOOL_OK && err != MPOOL_E_OWNER_DIED)
        return err;
    CHECK(err == MPOOL_E_OWNER_DIED || atomic_load(&HOLDER) == 0);
    if (err == MPOOL_E_OWNER_DIED)
        atomic_fetch_add(atomic_load(&HOLDER) != 0 ? &TOLD : &TOLD_MORE, 1);
    atomic_store(&HOLDER, self->slot + 1);
    return MPOOL_OK;
}

static mpool_err lock_open(mpool_handle handle, void **object)
{
    return mpool_lock_open(handle, (mpool_lock **)object);
}

static mpool_err lock_enter(void *object, const struct victim *self, int64_t timeout_ms)
{
    return look_who_held(mpool_lock_acquire(object, timeout_ms), self);
}

static void lock_leave(void *object, const struct victim *self)
{
    CHECK_INT(atomic_exchange(&HOLDER, 0), self->slot + 1);
    CHECK_OK(mpool_lock_release(object));
}

static mpool_err rlock_open(mpool_handle handle, void **object)
{
    return mpool_rlock_open(handle, (mpool_rlock **)object);
}

static mpool_err rlock_enter(void *object, const struct victim *self, int64_t timeout_ms)
{
    mpool_err err = look_who_held(mpool_rlock_acquire(object, timeout_ms), self);

    return err == MPOOL_OK ? mpool_rlock_acquire(object, 0) : err;
}

static void rlock_leave(void *object, const struct victim *self)
{
    CHECK_OK(mpool_rlock_release(object));
    CHECK_INT(atomic_exchange(&HOLDER, 0), self->slot + 1);
    CHECK_OK(mpool_rlock_release(object));
}

/* ---- semaphores: a transferable one's permits are eaten ---------------------------------------------------------- */

static mpool_err semaphore_open(mpool_handle handle, void **object)
{
    return mpool_semaphore_open(handle, (mpool_semaphore **)object);
}

static mpool_err semaphore_enter(void *object, const struct victim *self, int64_t timeout_ms)
{
    (void)self;
    return mpool_semaphore_acquire(object, timeout_ms);
}

static void bounded_leave(void *object, const struct victim *self)
{
    (void)self;
    CHECK_OK(mpool_semaphore_release(object));
}

static void transferable_leave(void *object, const struct victim *self)
{
    (void)object;
    (void)self;
    atomic_fetch_add(&EATEN, 1);
}

static void transferable_feed(void *object)
{
    if (mpool_semaphore_value(object) > 0)
        return;
    CHECK_OK(mpool_semaphore_release(object));
    atomic_fetch_add(&FED, 1);
}

/* ---- events: who has been woken wakes others --------------------------------------------------------------------- */

static mpool_err event_open(mpool_handle handle, void **object)
{
    return mpool_event_open(handle, (mpool_event **)object);
}

static mpool_err event_enter(void *object, const struct victim *self, int64_t timeout_ms)
{
    (void)self;
    return mpool_event_wait(object, timeout_ms);
}

static void event_feed(void *object)
{
    CHECK_OK(mpool_event_set(object));
    CHECK_OK(mpool_event_clear(object));
}

static void event_leave(void *object, const struct victim *self)
{
    (void)self;
    event_feed(object);
}

/* ---- conditions: items, each of which is told of by one notification --------------------------------------------- */

static mpool_err condition_open(mpool_handle handle, void **object)
{
    return mpool_condition_open(handle, (mpool_condition **)object);
}

static mpool_err condition_enter(void *object, const struct victim *self, int64_t timeout_ms)
{
    mpool_lock *lock = mpool_condition_lock(object);
    mpool_err err = look_who_held(mpool_lock_acquire(lock, LONG_MS), self);

    while (err == MPOOL_OK && atomic_load(&ITEMS) == 0) {
        atomic_store(&HOLDER, 0);
        err = look_who_held(mpool_condition_wait(object, timeout_ms), self);
    }
    if (err == MPOOL_OK)
        atomic_fetch_sub(&ITEMS, 1);
    if (err == MPOOL_E_TIMEOUT)
        CHECK_OK(mpool_lock_release(lock));
    return err;
}

static void condition_leave(void *object, const struct victim *self)
{
    lock_leave(mpool_condition_lock(object), self);
}

/* As a victim more, which is never killed. */
static void condition_feed(void *object)
{
    static const struct victim host = {.slot = HOST};

    CHECK_OK(look_who_held(mpool_lock_acquire(mpool_condition_lock(object), LONG_MS), &host));
    if (atomic_load(&ITEMS) == 0) {
        atomic_fetch_add(&ITEMS, 1);
        CHECK_OK(mpool_condition_notify(object, 1));
    }
    condition_leave(object, &host);
}

/* ---- victims ----------------------------------------------------------------------------------------------------- */

enum { LOCK, RLOCK, BOUNDED, TRANSFERABLE, EVENT, CONDITION };

static const struct trial trials[] = {
    [LOCK] = {"lock", VICTIMS, lock_open, lock_enter, lock_leave, NULL},
    [RLOCK] = {"rlock", VICTIMS, rlock_open, rlock_enter, rlock_leave, NULL},
    [BOUNDED] = {"semaphore, bounded", VICTIMS + PERMITS, semaphore_open, semaphore_enter, bounded_leave, NULL},
    [TRANSFERABLE] = {"semaphore, transferable", VICTIMS, semaphore_open, semaphore_enter, transferable_leave,
                      transferable_feed},
    [EVENT] = {"event", VICTIMS, event_open, event_enter, event_leave, event_feed},
    [CONDITION] = {"condition", VICTIMS, condition_open, condition_enter, condition_leave, condition_feed},
};

static void live(const struct trial *trial, void *object, struct victim *self)
{
    int64_t until_us;
    mpool_err err;

    victim_says(self, IDLE);
    victim_rests(self);
    victim_says(self, ABOUT);
    victim_rests(self);
    until_us = victim_has_time(self);
    do
        err = trial->enter(object, self, 0);
    while (err == MPOOL_E_TIMEOUT && now_us() < until_us);
    if (err == MPOOL_E_TIMEOUT) {
        victim_says(self, WAITS);
        err = trial->enter(object, self, LONG_MS);
    }
    CHECK_ERR(err, MPOOL_OK);
    victim_says(self, HOLDS);
    victim_rests(self);
    victim_says(self, LEAVES);
    trial->leave(object, self);
    atomic_fetch_add(&MADE(self->slot), 1);
}

MPOOL_FUNCTION(be_a_victim)
{
    struct victim self = {.random = (uint64_t)now_us()};
    mpool_handle handle;
    void *object;
    int which;

    (void)result;
    if (mpool_unpack(args, "[h,i,i]", &handle, &which, &self.slot) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    CHECK_OK(trials[which].open(handle, &object));
    while (self.slot >= 0)
        live(&trials[which], object, &self);
    return 0;
}

/* ---- the host ---------------------------------------------------------------------------------------------------- */

struct feeder {
    pthread_t thread;
    const struct trial *trial;
    void *object;
    atomic_bool stop;
};

static void *feed(void *data)
{
    struct feeder *feeder = data;
    struct victim self = {.random = 1};

    while (!atomic_load(&feeder->stop)) {
        victim_rests(&self);
        feeder->trial->feed(feeder->object);
    }
    return NULL;
}

static int made_by_others(int slot)
{
    int sum = 0;

    for (int i = 0; i < VICTIMS_MAX; i++)
        sum += i != slot ? atomic_load(&MADE(i)) : 0;
    return sum;
}

static struct ward kill_users(int which, mpool_handle handle)
{
    struct ward ward = {.function = "be_a_victim", .handle = handle, .argument = which};
    struct feeder feeder = {.trial = &trials[which]};

    ward.name = feeder.trial->name;
    ward.victims = feeder.trial->victims;
    CHECK_OK(feeder.trial->open(handle, &feeder.object));
    ward_open(&ward);
    if (feeder.trial->feed != NULL)
        CHECK(pthread_create(&feeder.thread, NULL, feed, &feeder) == 0);
    while (!ward_is_through(&ward)) {
        int slot, before;

        (void)ward_kill(&ward, &slot);
        before = made_by_others(slot);
        AWAIT(made_by_others(slot) > before);
        ward_start(&ward, slot);
    }
    atomic_store(&feeder.stop, true);
    if (feeder.trial->feed != NULL)
        CHECK(pthread_join(feeder.thread, NULL) == 0);
    ward_close(&ward);
    return ward;
}

/* Each death of a holder was told once, and of the others at most those who may have been holders for a moment. */
static void check_told(const struct ward *ward, mpool_err last)
{
    int holders = ward_kills(ward, HOLDS);

    CHECK_OK(look_who_held(last, &(struct victim){.slot = HOST}));
    (void)printf("%s: %d deaths of holders were told, and %d of others, in acquire or release\n", ward->name,
                 atomic_load(&TOLD), atomic_load(&TOLD_MORE));
    CHECK(atomic_load(&TOLD) >= holders);
    CHECK(atomic_load(&TOLD) + atomic_load(&TOLD_MORE) <=
          holders + ward_kills(ward, ABOUT) + ward_kills(ward, WAITS) + ward_kills(ward, LEAVES) + VICTIMS);
}

SCENARIO(killed, holders_of_a_lock)
{
    struct ward ward;
    mpool_lock *lock;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_lock_new(&lock));
    ward = kill_users(LOCK, mpool_lock_handle(lock));
    check_told(&ward, mpool_lock_acquire(lock, LONG_MS));
    CHECK_OK(mpool_lock_release(lock));
    CHECK_OK(mpool_lock_acquire(lock, 0));
    mpool_fini();
}

SCENARIO(killed, holders_of_an_rlock)
{
    struct ward ward;
    mpool_rlock *lock;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_rlock_new(&lock));
    ward = kill_users(RLOCK, mpool_rlock_handle(lock));
    check_told(&ward, mpool_rlock_acquire(lock, LONG_MS));
    CHECK_OK(mpool_rlock_release(lock));
    CHECK_OK(mpool_rlock_acquire(lock, 0));
    mpool_fini();
}

/* All permits are free again, and there are no more than that. */
SCENARIO(killed, holders_of_permits)
{
    mpool_semaphore *semaphore;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_semaphore_new(&(mpool_semaphore_options){.permits = PERMITS}, &semaphore));
    (void)kill_users(BOUNDED, mpool_semaphore_handle(semaphore));
    CHECK_INT(mpool_semaphore_value(semaphore), PERMITS);
    for (int i = 0; i < PERMITS; i++)
        CHECK_OK(mpool_semaphore_acquire(semaphore, LONG_MS));
    CHECK_ERR(mpool_semaphore_acquire(semaphore, 120), MPOOL_E_TIMEOUT);
    mpool_fini();
}

/* What is lost was on its way to one that was killed. */
SCENARIO(killed, receivers_of_permits)
{
    const mpool_semaphore_options options = {.transferable = true, .most = PERMITS};
    mpool_semaphore *semaphore;
    struct ward ward;
    int lost;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_semaphore_new(&options, &semaphore));
    ward = kill_users(TRANSFERABLE, mpool_semaphore_handle(semaphore));
    lost = atomic_load(&FED) - atomic_load(&EATEN) - (int)mpool_semaphore_value(semaphore);
    (void)printf("%s: %d of %d permits were lost with their holders\n", ward.name, lost, atomic_load(&FED));
    CHECK(lost >= ward_kills(&ward, HOLDS) && lost <= ward_kills(&ward, PHASES) + VICTIMS);
    while (mpool_semaphore_value(semaphore) < PERMITS)
        CHECK_OK(mpool_semaphore_release(semaphore));
    CHECK_ERR(mpool_semaphore_release(semaphore), MPOOL_E_OVERFLOW);
    mpool_fini();
}

SCENARIO(killed, who_waits_for_an_event_or_sets_it)
{
    mpool_event *event;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_event_new(&event));
    (void)kill_users(EVENT, mpool_event_handle(event));
    CHECK_OK(mpool_event_clear(event));
    CHECK_ERR(mpool_event_wait(event, 0), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_event_set(event));
    CHECK_OK(mpool_event_wait(event, 0));
    mpool_fini();
}

SCENARIO(killed, who_waits_for_a_condition_or_holds_its_lock)
{
    mpool_condition *condition;
    struct ward ward;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_condition_new(&condition));
    ward = kill_users(CONDITION, mpool_condition_handle(condition));
    check_told(&ward, mpool_lock_acquire(mpool_condition_lock(condition), LONG_MS));
    (void)mpool_condition_wait(condition, 0);
    CHECK_ERR(mpool_condition_wait(condition, 0), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_lock_release(mpool_condition_lock(condition)));
    mpool_fini();
}
