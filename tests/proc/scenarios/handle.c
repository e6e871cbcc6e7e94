/*
 * tests/proc/scenarios/handle.c - scenarios: shared objects as such, whatever they are
 */
#include "tests/proc/arena.h"
#include "tests/proc/helper.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* An object's handle, and what opening it as a lock has to say. */
MPOOL_FUNCTION(open_as_lock)
{
    mpool_handle handle;
    mpool_lock *lock, *again;
    int wanted;
    mpool_err err;

    if (mpool_unpack(args, "[h,i]", &handle, &wanted) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    err = mpool_lock_open(handle, &lock);
    if (err != (mpool_err)wanted)
        return mpool_job_fail(job, "%s instead of %d", mpool_err_name(err), wanted);
    if (err == MPOOL_OK && (mpool_lock_open(handle, &again) != MPOOL_OK || again != lock))
        return mpool_job_fail(job, "opened again, it is another one");
    if (err == MPOOL_OK && mpool_lock_handle(lock).word != handle.word)
        return mpool_job_fail(job, "its handle is another one");
    return err == MPOOL_OK && mpool_lock_acquire(lock, 0) == MPOOL_OK ? (int)mpool_lock_release(lock) : 0;
}

static void job_opens(mpool_pool *pool, mpool_handle handle, mpool_err wanted)
{
    const mpool_task task = {.function = "open_as_lock"};
    mpool_future *future;

    CHECK_OK(mpool_pool_submit(pool, &task, &future, "[h,i]", handle, (int)wanted));
    wait_free(future, MPOOL_DONE);
}

SCENARIO(handle, a_stale_or_forged_one_is_refused)
{
    mpool_pool *pool = open_pool(1);
    mpool_lock *lock, *found;
    mpool_rlock *rlock;
    mpool_handle handle, other;

    CHECK_OK(mpool_lock_new(&lock));
    CHECK_OK(mpool_rlock_new(&rlock));
    handle = mpool_lock_handle(lock);
    job_opens(pool, handle, MPOOL_OK);
    job_opens(pool, mpool_rlock_handle(rlock), MPOOL_E_STALE);
    for (unsigned bit = 0; bit < 64; bit++)
        job_opens(pool, (mpool_handle){handle.word ^ UINT64_C(1) << bit}, MPOOL_E_STALE);
    job_opens(pool, (mpool_handle){0}, MPOOL_E_STALE);
    job_opens(pool, (mpool_handle){UINT64_MAX}, MPOOL_E_STALE);

    mpool_lock_free(lock);
    job_opens(pool, handle, MPOOL_E_STALE);
    CHECK_ERR(mpool_lock_open(handle, &found), MPOOL_E_STALE);
    CHECK_ERR(mpool_lock_acquire(lock, 0), MPOOL_E_STALE);
    CHECK_OK(mpool_lock_new(&found));
    CHECK(found == lock); /* the same place, and another object */
    other = mpool_lock_handle(found);
    job_opens(pool, handle, MPOOL_E_STALE);
    job_opens(pool, other, MPOOL_OK);

    /* What is no object at all. */
    CHECK_ERR(mpool_lock_acquire((mpool_lock *)(void *)&pool, 0), MPOOL_E_STALE);
    CHECK_ERR(mpool_lock_release((mpool_lock *)(void *)&pool), MPOOL_E_STALE);
    mpool_lock_free(NULL);
    close_pool(pool);
    CHECK_ERR(mpool_lock_open(other, &found), MPOOL_E_NOINIT);
    CHECK_ERR(mpool_lock_new(&found), MPOOL_E_NOINIT);
}

MPOOL_FUNCTION(make_lock)
{
    mpool_lock *lock;
    mpool_err err = mpool_lock_new(&lock);

    return err == MPOOL_E_NESTED ? 0 : mpool_job_fail(job, "%s", mpool_err_name(err));
}

/* A job forks, and its child finds that objects are not for it. */
MPOOL_FUNCTION(fork_and_acquire)
{
    mpool_handle handle;
    mpool_lock *lock;
    int status;
    pid_t child;

    if (mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_lock_open(handle, &lock) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    child = fork();
    if (child == 0)
        _exit(mpool_lock_acquire(lock, 0) == MPOOL_E_FORKED && mpool_lock_open(handle, &lock) == MPOOL_E_FORKED);
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 1 ? 0 : 1;
}

SCENARIO(handle, objects_are_made_by_the_host_alone)
{
    const mpool_task task = {.function = "fork_and_acquire"};
    mpool_lock *lock;
    mpool_pool *pool;
    mpool_future *future;

    CHECK_ERR(mpool_lock_new(&lock), MPOOL_E_NOINIT);
    CHECK_ERR(mpool_lock_open((mpool_handle){0}, &lock), MPOOL_E_NOINIT);
    pool = open_pool(1);
    run_one(pool, &(mpool_task){.function = "make_lock"}, 0, MPOOL_DONE);
    CHECK_OK(mpool_lock_new(&lock));
    CHECK_OK(mpool_pool_submit(pool, &task, &future, "h", mpool_lock_handle(lock)));
    wait_free(future, MPOOL_DONE);
    finish_pool(pool);
}

#define MANY 3000

SCENARIO(handle, what_is_released_is_memory_again)
{
    mpool_pool *pool = open_pool(1);
    static mpool_lock *locks[MANY];
    size_t before, first;

    CHECK_OK(mpool_lock_new(&locks[0])); /* the tables get their memory */
    for (int i = 1; i < MANY; i++)
        CHECK_OK(mpool_lock_new(&locks[i]));
    before = arena_memory();
    for (int i = 1; i < MANY; i++)
        mpool_lock_free(locks[i]);
    first = arena_memory();
    CHECK(before - first >= (size_t)(MANY - 1) * 4096);
    for (int round = 0; round < 3; round++) {
        for (int i = 1; i < MANY; i++)
            CHECK_OK(mpool_lock_new(&locks[i]));
        CHECK_INT(arena_memory(), before);
        for (int i = MANY - 1; i > 0; i--)
            mpool_lock_free(locks[i]);
        CHECK_INT(arena_memory(), first);
    }
    close_pool(pool);
}

SCENARIO(handle, objects_without_room_are_refused_when_they_are_made)
{
    mpool_pool *pool = open_small_arena(1U << 20, &(mpool_pool_options){.workers = 1});
    mpool_lock *locks[64], *lock;
    size_t count = 0;

    while (count < 64 && mpool_lock_new(&locks[count]) == MPOOL_OK)
        count++;
    CHECK(count > 8 && count < 64);
    CHECK_ERR(mpool_lock_new(&lock), MPOOL_E_NOMEM);
    CHECK_SAYS(mpool_error_detail(), "arena_bytes");
    mpool_lock_free(locks[3]);
    CHECK_OK(mpool_lock_new(&lock));
    CHECK(lock == locks[3]);
    close_pool(pool);
}
