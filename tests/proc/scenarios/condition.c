/*
 * tests/proc/scenarios/condition.c - scenarios: conditions
 */
#include "tests/proc/helper.h"
#include "tests/proc/sharing.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#define WAITERS 4
#define ROUNDS 10
#define ITEMS 500
#define ROOM 3

static mpool_condition *condition_of(const msgpack_object *args)
{
    mpool_handle handle;
    mpool_condition *condition;

    CHECK_OK(mpool_unpack(args, "h", &handle));
    CHECK_OK(mpool_condition_open(handle, &condition));
    return condition;
}

static mpool_condition *new_condition(void)
{
    mpool_condition *condition;

    CHECK_OK(mpool_condition_new(&condition));
    return condition;
}

static void acquire(mpool_condition *condition)
{
    CHECK_OK(mpool_lock_acquire(mpool_condition_lock(condition), LONG_MS));
}

static void release(mpool_condition *condition)
{
    CHECK_OK(mpool_lock_release(mpool_condition_lock(condition)));
}

/* ---- notifications ----------------------------------------------------------------------------------------------- */

/* held: who has come to wait; counter: who has been notified. */
MPOOL_FUNCTION(wait_to_be_notified)
{
    mpool_condition *condition = condition_of(args);

    (void)job;
    (void)result;
    for (int i = 0; i < ROUNDS; i++) {
        acquire(condition);
        atomic_fetch_add(&board->held, 1);
        CHECK_OK(mpool_condition_wait(condition, LONG_MS));
        atomic_fetch_add(&board->counter, 1);
        release(condition);
        AWAIT(atomic_load(&board->gate) > i);
    }
    return 0;
}

static bool all_sleep(mpool_process *const processes[WAITERS])
{
    bool all = true;

    for (int i = 0; i < WAITERS; i++)
        all = all && sleeps(mpool_process_pid(processes[i]));
    return all;
}

/* Notifies, and gives how many have woken up by the time that nobody has for two slices of sleep. */
static int count_woken(mpool_condition *condition, uint32_t count, int least)
{
    int before = atomic_load(&board->counter);

    acquire(condition);
    CHECK_OK(mpool_condition_notify(condition, count));
    release(condition);
    AWAIT(atomic_load(&board->counter) - before >= least);
    let_pass(60);
    return atomic_load(&board->counter) - before;
}

/*
 * Who is awake between two slices of sleep when there are not enough that sleep is woken too, so on a busy machine it
 * may be one more now and then. It is never one less.
 */
SCENARIO(condition, wakes_as_many_as_it_is_told)
{
    mpool_process *processes[WAITERS];
    mpool_condition *condition;
    int exact = 0;

    CHECK_OK(mpool_init(NULL));
    condition = new_condition();
    for (int i = 0; i < WAITERS; i++)
        processes[i] = start_with("wait_to_be_notified", mpool_condition_handle(condition));
    for (int round = 1; round <= ROUNDS; round++) {
        AWAIT(atomic_load(&board->held) == round * WAITERS && all_sleep(processes));
        exact += count_woken(condition, 1, 1) == 1;
        exact += count_woken(condition, 2, 0) == 2;
        acquire(condition);
        CHECK_OK(mpool_condition_notify(condition, 0));
        CHECK_OK(mpool_condition_notify_all(condition));
        release(condition);
        AWAIT(atomic_load(&board->counter) == round * WAITERS);
        atomic_store(&board->gate, round);
    }
    for (int i = 0; i < WAITERS; i++)
        join_free(processes[i], 0);
    CHECK(exact >= ROUNDS);
    /* Nobody waits: nothing is kept for who comes later. */
    acquire(condition);
    CHECK_OK(mpool_condition_notify(condition, 3));
    CHECK_ERR(mpool_condition_wait(condition, 60), MPOOL_E_TIMEOUT);
    release(condition);
    mpool_fini();
}

MPOOL_FUNCTION(wait_and_count)
{
    mpool_condition *condition = condition_of(args);

    (void)job;
    (void)result;
    acquire(condition);
    atomic_fetch_add(&board->held, 1);
    CHECK_OK(mpool_condition_wait(condition, LONG_MS));
    atomic_fetch_add(&board->counter, 1);
    release(condition);
    return 0;
}

/* The first of two that wait is woken, has to wait for the lock, and dies of it. */
SCENARIO(condition, gives_a_notification_that_dies_with_its_thread_to_another)
{
    mpool_process *processes[2];
    mpool_condition *condition;

    CHECK_OK(mpool_init(NULL));
    condition = new_condition();
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 2; i++) {
            processes[i] = start_with("wait_and_count", mpool_condition_handle(condition));
            AWAIT(atomic_load(&board->held) == 2 * round + i + 1 && sleeps(mpool_process_pid(processes[i])));
        }
        acquire(condition);
        CHECK_OK(mpool_condition_notify(condition, 1));
        CHECK(kill(mpool_process_pid(processes[0]), SIGKILL) == 0);
        join_free(processes[0], -SIGKILL);
        CHECK_INT(atomic_load(&board->counter), round);
        release(condition);
        join_free(processes[1], 0);
        CHECK_INT(atomic_load(&board->counter), round + 1);
    }
    mpool_fini();
}

/* ---- a store with little room: counter items are in it, begun[0] were put, ended[0] were taken ------------------- */

static bool has_room(void *user)
{
    (void)user;
    return atomic_load(&board->counter) < ROOM;
}

static bool has_items(void *user)
{
    (void)user;
    return atomic_load(&board->counter) > 0;
}

static void put_all(mpool_condition *condition)
{
    for (int i = 0; i < ITEMS; i++) {
        acquire(condition);
        CHECK_OK(mpool_condition_wait_for(condition, has_room, NULL, LONG_MS));
        CHECK_INT(atomic_fetch_add(&board->counter, 1) < ROOM, true);
        atomic_fetch_add(&board->begun[0], 1);
        CHECK_OK(mpool_condition_notify_all(condition));
        release(condition);
    }
}

static void take_all(mpool_condition *condition)
{
    for (int i = 0; i < ITEMS; i++) {
        acquire(condition);
        CHECK_OK(mpool_condition_wait_for(condition, has_items, NULL, LONG_MS));
        CHECK_INT(atomic_fetch_sub(&board->counter, 1) > 0, true);
        atomic_fetch_add(&board->ended[0], 1);
        CHECK_OK(mpool_condition_notify_all(condition));
        release(condition);
    }
}

MPOOL_FUNCTION(put_items)
{
    (void)job;
    (void)result;
    put_all(condition_of(args));
    return 0;
}

MPOOL_FUNCTION(take_items)
{
    (void)job;
    (void)result;
    take_all(condition_of(args));
    return 0;
}

static void *thread_takes(void *condition)
{
    take_all(condition);
    return NULL;
}

SCENARIO(condition, lets_jobs_processes_and_threads_wait_for_each_other)
{
    const mpool_task task = {.function = "put_items"};
    mpool_pool *pool = open_pool(1);
    mpool_condition *condition = new_condition();
    mpool_process *putter, *taker;
    mpool_future *future;
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, thread_takes, condition) == 0);
    taker = start_with("take_items", mpool_condition_handle(condition));
    putter = start_with("put_items", mpool_condition_handle(condition));
    CHECK_OK(mpool_pool_submit(pool, &task, &future, "h", mpool_condition_handle(condition)));
    wait_free(future, MPOOL_DONE);
    join_free(putter, 0);
    join_free(taker, 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_INT(atomic_load(&board->begun[0]), 2 * ITEMS);
    CHECK_INT(atomic_load(&board->ended[0]), 2 * ITEMS);
    CHECK_INT(atomic_load(&board->counter), 0);
    finish_pool(pool);
}

/* ---- what may go wrong ------------------------------------------------------------------------------------------- */

static bool never(void *user)
{
    ++*(int *)user;
    return false;
}

static bool second_time(void *user)
{
    return ++*(int *)user == 2;
}

SCENARIO(condition, waits_as_long_as_it_was_told_and_holds_the_lock_again)
{
    mpool_condition *condition;
    int64_t begun;
    int calls = 0;

    CHECK_OK(mpool_init(NULL));
    condition = new_condition();
    acquire(condition);
    begun = monotonic_ms();
    CHECK_ERR(mpool_condition_wait(condition, 120), MPOOL_E_TIMEOUT); /* longer than one slice of sleep */
    CHECK(monotonic_ms() - begun >= 119);
    CHECK_ERR(mpool_condition_wait(condition, 0), MPOOL_E_TIMEOUT);
    begun = monotonic_ms();
    CHECK_ERR(mpool_condition_wait_for(condition, never, &calls, 120), MPOOL_E_TIMEOUT);
    CHECK(monotonic_ms() - begun >= 119);
    CHECK_INT(calls, 2); /* at first, and when the time was up */
    calls = 0;
    CHECK_OK(mpool_condition_wait_for(condition, second_time, &calls, 1));
    calls = 1;
    CHECK_OK(mpool_condition_wait_for(condition, second_time, &calls, 0));
    release(condition);
    mpool_fini();
}

SCENARIO(condition, refuses_who_does_not_hold_its_lock)
{
    mpool_condition *condition;
    int calls = 1;

    CHECK_ERR(mpool_condition_new(&condition), MPOOL_E_NOINIT);
    CHECK_OK(mpool_init(NULL));
    condition = new_condition();
    CHECK_ERR(mpool_condition_wait(condition, LONG_MS), MPOOL_E_NOT_OWNER);
    CHECK_ERR(mpool_condition_wait_for(condition, second_time, &calls, LONG_MS), MPOOL_E_NOT_OWNER);
    CHECK_INT(calls, 1);
    CHECK_ERR(mpool_condition_notify(condition, 1), MPOOL_E_NOT_OWNER);
    CHECK_ERR(mpool_condition_notify_all(condition), MPOOL_E_NOT_OWNER);
    CHECK_SAYS(mpool_error_detail(), "mpool_condition_lock");
    acquire(condition); /* and nobody else holds it for that */
    release(condition);
    mpool_condition_free(condition);
    CHECK_ERR(mpool_condition_wait(condition, 0), MPOOL_E_STALE);
    CHECK_ERR(mpool_condition_notify_all(condition), MPOOL_E_STALE);
    mpool_condition_free(NULL);
    mpool_fini();
}

MPOOL_FUNCTION(acquire_and_die)
{
    (void)job;
    (void)result;
    acquire(condition_of(args));
    (void)raise(SIGKILL);
    return 0;
}

/* Nobody notifies. */
SCENARIO(condition, tells_who_waits_that_a_holder_of_its_lock_has_died)
{
    mpool_condition *condition;
    int calls = 0;

    CHECK_OK(mpool_init(NULL));
    condition = new_condition();
    acquire(condition);
    for (int i = 0; i < 10; i++) {
        mpool_process *process = start_with("acquire_and_die", mpool_condition_handle(condition));

        if (i % 2 == 0)
            CHECK_ERR(mpool_condition_wait(condition, LONG_MS), MPOOL_E_OWNER_DIED);
        else
            CHECK_ERR(mpool_condition_wait_for(condition, never, &calls, LONG_MS), MPOOL_E_OWNER_DIED);
        CHECK_ERR(mpool_condition_wait(condition, 0), MPOOL_E_TIMEOUT);
        join_free(process, -SIGKILL);
    }
    release(condition);
    mpool_fini();
}

SCENARIO(condition, survives_whatever_lies_in_it)
{
    CHECK_OK(mpool_init(NULL));
    for (unsigned seed = 0; seed < 100; seed++) {
        mpool_condition *condition = new_condition();

        scribble(condition, 4096, seed);
        acquire(condition);
        (void)mpool_condition_wait(condition, 1);
        CHECK_OK(mpool_condition_notify(condition, 1));
        (void)mpool_condition_wait(condition, 1);
        CHECK_OK(mpool_condition_notify_all(condition));
        CHECK_ERR(mpool_condition_wait(condition, 1), MPOOL_E_TIMEOUT);
        release(condition);
        mpool_condition_free(condition);
    }
    mpool_fini();
}
