/*
 * tests/proc/scenarios/lock.c - scenarios: locks, and rlocks where they differ
 */
#include "tests/proc/helper.h"
#include "tests/proc/sharing.h"

#include <signal.h>
#include <unistd.h>

#define TIMES 2000

/* Two numbers that are equal whenever nobody holds the lock. They are raised by a read and a write, and not at once. */
static void raise_pair(void)
{
    atomic_store(&board->begun[0], atomic_load(&board->begun[0]) + 1);
    atomic_store(&board->begun[1], atomic_load(&board->begun[1]) + 1);
}

MPOOL_FUNCTION(raise_pair_often)
{
    mpool_handle handle;
    mpool_lock *lock;

    if (mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_lock_open(handle, &lock) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (int i = 0; i < TIMES; i++)
        MPOOL_WITH_LOCK (lock) {
            if (atomic_load(&board->begun[0]) != atomic_load(&board->begun[1]))
                return mpool_job_fail(job, "%d and %d", board->begun[0], board->begun[1]);
            raise_pair();
        }
    return 0;
}

SCENARIO(lock, is_held_by_one_process_at_a_time)
{
    mpool_process *processes[4];
    mpool_lock *lock;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_lock_new(&lock));
    for (int i = 0; i < 4; i++)
        processes[i] = start_with("raise_pair_often", mpool_lock_handle(lock));
    for (int i = 0; i < 4; i++)
        join_free(processes[i], 0);
    CHECK_INT(atomic_load(&board->begun[0]), 4 * TIMES);
    mpool_lock_free(lock);
    mpool_fini();
}

/* Holds it until somebody kills us. */
MPOOL_FUNCTION(acquire_and_stay)
{
    mpool_handle handle;
    mpool_lock *lock;

    if (mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_lock_open(handle, &lock) != MPOOL_OK ||
        mpool_lock_acquire(lock, MPOOL_FOREVER) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->held, 1);
    for (;;)
        pause();
}

SCENARIO(lock, goes_on_from_a_dead_holder_who_is_told_of_once)
{
    mpool_process *holder;
    mpool_lock *lock;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_lock_new(&lock));
    for (int i = 1; i <= 20; i++) {
        holder = start_with("acquire_and_stay", mpool_lock_handle(lock));
        AWAIT(atomic_load(&board->held) == i);
        CHECK_ERR(mpool_lock_acquire(lock, 0), MPOOL_E_TIMEOUT);
        CHECK(kill(mpool_process_pid(holder), SIGKILL) == 0);
        CHECK_ERR(mpool_lock_acquire(lock, LONG_MS), MPOOL_E_OWNER_DIED);
        CHECK_OK(mpool_lock_release(lock));
        CHECK_OK(mpool_lock_acquire(lock, 0));
        CHECK_OK(mpool_lock_release(lock));
        join_free(holder, -SIGKILL);
    }
    /* A block is entered all the same. */
    holder = start_with("acquire_and_stay", mpool_lock_handle(lock));
    AWAIT(atomic_load(&board->held) == 21);
    CHECK_OK(mpool_process_kill(holder));
    MPOOL_WITH_LOCK (lock)
        atomic_store(&board->counter, 1);
    CHECK_INT(atomic_load(&board->counter), 1);
    join_free(holder, -SIGKILL);
    mpool_fini();
}

static int leave_by(mpool_lock *lock, int how)
{
    for (int i = 0; i < 2; i++)
        MPOOL_WITH_LOCK (lock) {
            if (how == 0)
                return i;
            if (how == 1)
                break;
            if (how == 2)
                goto out;
            if (how == 3)
                continue;
            MPOOL_WITH_LOCK (lock) /* held: passed over */
                return 99;
        }
    return 2;
out:
    return 3;
}

SCENARIO(lock, is_released_at_every_exit_from_its_block)
{
    static const int wanted[] = {0, 2, 3, 2, 2};
    mpool_lock *lock;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_lock_new(&lock));
    for (int how = 0; how < 5; how++) {
        CHECK_INT(leave_by(lock, how), wanted[how]);
        CHECK_OK(mpool_lock_acquire(lock, 0));
        CHECK_OK(mpool_lock_release(lock));
    }
    mpool_fini();
}

SCENARIO(lock, waits_as_long_as_it_was_told)
{
    mpool_process *holder;
    mpool_lock *lock;
    int64_t begun;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_lock_new(&lock));
    holder = start_with("acquire_and_stay", mpool_lock_handle(lock));
    AWAIT(atomic_load(&board->held) == 1);
    begun = monotonic_ms();
    CHECK_ERR(mpool_lock_acquire(lock, 120), MPOOL_E_TIMEOUT); /* longer than one slice of sleep */
    CHECK(monotonic_ms() - begun >= 119);
    CHECK_OK(mpool_process_kill(holder));
    join_free(holder, -SIGKILL);
    mpool_fini();
}

SCENARIO(lock, refuses_who_does_not_hold_it)
{
    mpool_lock *lock;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_lock_new(&lock));
    CHECK_ERR(mpool_lock_release(lock), MPOOL_E_NOT_OWNER);
    CHECK_OK(mpool_lock_acquire(lock, 0));
    CHECK_ERR(mpool_lock_acquire(lock, 0), MPOOL_E_INVAL);
    CHECK_ERR(mpool_lock_acquire(lock, MPOOL_FOREVER), MPOOL_E_INVAL);
    CHECK_OK(mpool_lock_release(lock));
    mpool_fini();
}

MPOOL_FUNCTION(poll_rlock)
{
    mpool_handle handle;
    mpool_rlock *lock;
    mpool_err err;

    if (mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_rlock_open(handle, &lock) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (mpool_rlock_release(lock) != MPOOL_E_NOT_OWNER)
        return mpool_job_fail(job, "released what it does not hold");
    err = mpool_rlock_acquire(lock, 0);
    if (err == MPOOL_OK)
        (void)mpool_rlock_release(lock);
    return err == MPOOL_OK ? 0 : 1;
}

SCENARIO(lock, of_kind_rlock_may_be_acquired_again)
{
    mpool_rlock *lock;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_rlock_new(&lock));
    for (int i = 0; i < 3; i++)
        CHECK_OK(mpool_rlock_acquire(lock, MPOOL_FOREVER));
    for (int i = 0; i < 3; i++) {
        join_free(start_with("poll_rlock", mpool_rlock_handle(lock)), 1);
        CHECK_OK(mpool_rlock_release(lock));
    }
    join_free(start_with("poll_rlock", mpool_rlock_handle(lock)), 0);
    CHECK_ERR(mpool_rlock_release(lock), MPOOL_E_NOT_OWNER);
    MPOOL_WITH_RLOCK (lock)
        MPOOL_WITH_RLOCK (lock)
            CHECK_ERR(mpool_rlock_acquire(lock, 0), MPOOL_OK);
    CHECK_OK(mpool_rlock_release(lock));
    mpool_fini();
}
