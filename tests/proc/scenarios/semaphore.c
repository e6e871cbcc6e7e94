/*
 * tests/proc/scenarios/semaphore.c - scenarios: semaphores, bounded and transferable
 */
#include "tests/proc/helper.h"
#include "tests/proc/sharing.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#define PERMITS 3
#define TIMES 300
#define PARTIES 6 /* who wants a permit: two jobs, two processes, two threads of the host */

static mpool_semaphore *semaphore_of(const msgpack_object *args)
{
    mpool_handle handle;
    mpool_semaphore *semaphore;

    CHECK_OK(mpool_unpack(args, "h", &handle));
    CHECK_OK(mpool_semaphore_open(handle, &semaphore));
    return semaphore;
}

static mpool_semaphore *bounded(uint32_t permits)
{
    mpool_semaphore *semaphore;

    CHECK_OK(mpool_semaphore_new(&(mpool_semaphore_options){.permits = permits}, &semaphore));
    return semaphore;
}

static mpool_semaphore *transferable(uint32_t permits, uint32_t most)
{
    const mpool_semaphore_options options = {.permits = permits, .transferable = true, .most = most};
    mpool_semaphore *semaphore;

    CHECK_OK(mpool_semaphore_new(&options, &semaphore));
    return semaphore;
}

/* ---- bounded ----------------------------------------------------------------------------------------------------- */

/* counter: how many are in; begun[0]: the most there ever were; ended[0]: how often somebody was. */
static void use_permits(mpool_semaphore *semaphore)
{
    for (int i = 0; i < TIMES; i++)
        MPOOL_WITH_PERMIT (semaphore) {
            int inside = atomic_fetch_add(&board->counter, 1) + 1, most = atomic_load(&board->begun[0]);

            while (inside > most && !atomic_compare_exchange_weak(&board->begun[0], &most, inside))
                continue;
            if (i % 16 == 0)
                nap();
            atomic_fetch_add(&board->ended[0], 1);
            atomic_fetch_sub(&board->counter, 1);
        }
}

MPOOL_FUNCTION(go_in_and_out)
{
    (void)job;
    (void)result;
    use_permits(semaphore_of(args));
    return 0;
}

static void *thread_goes_in_and_out(void *semaphore)
{
    use_permits(semaphore);
    return NULL;
}

SCENARIO(semaphore, lets_in_as_many_as_it_has_permits)
{
    const mpool_task task = {.function = "go_in_and_out"};
    mpool_pool *pool = open_pool(2);
    mpool_semaphore *semaphore = bounded(PERMITS);
    mpool_process *processes[2];
    mpool_future *futures[2];
    pthread_t threads[2];

    for (int i = 0; i < 2; i++) {
        CHECK_OK(mpool_pool_submit(pool, &task, &futures[i], "h", mpool_semaphore_handle(semaphore)));
        processes[i] = start_with("go_in_and_out", mpool_semaphore_handle(semaphore));
        CHECK(pthread_create(&threads[i], NULL, thread_goes_in_and_out, semaphore) == 0);
    }
    for (int i = 0; i < 2; i++) {
        wait_free(futures[i], MPOOL_DONE);
        join_free(processes[i], 0);
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK_INT(atomic_load(&board->begun[0]), PERMITS);
    CHECK_INT(atomic_load(&board->ended[0]), PARTIES * TIMES);
    CHECK_INT(mpool_semaphore_value(semaphore), PERMITS);
    finish_pool(pool);
}

MPOOL_FUNCTION(take_two_and_stay)
{
    mpool_semaphore *semaphore = semaphore_of(args);

    (void)job;
    (void)result;
    CHECK_OK(mpool_semaphore_acquire(semaphore, MPOOL_FOREVER));
    CHECK_OK(mpool_semaphore_acquire(semaphore, MPOOL_FOREVER));
    atomic_fetch_add(&board->held, 1);
    while (pause() != 0)
        continue;
    return 0;
}

SCENARIO(semaphore, gets_back_what_a_dead_thread_held)
{
    mpool_semaphore *semaphore;

    CHECK_OK(mpool_init(NULL));
    semaphore = bounded(PERMITS);
    for (int i = 1; i <= 10; i++) {
        mpool_process *holder = start_with("take_two_and_stay", mpool_semaphore_handle(semaphore));

        AWAIT(atomic_load(&board->held) == i);
        CHECK_INT(mpool_semaphore_value(semaphore), 1);
        CHECK_OK(mpool_semaphore_acquire(semaphore, 0));
        CHECK_ERR(mpool_semaphore_acquire(semaphore, 0), MPOOL_E_TIMEOUT);
        CHECK(kill(mpool_process_pid(holder), SIGKILL) == 0);
        CHECK_OK(mpool_semaphore_acquire(semaphore, LONG_MS));
        CHECK_OK(mpool_semaphore_acquire(semaphore, LONG_MS));
        CHECK_INT(mpool_semaphore_value(semaphore), 0);
        for (int k = 0; k < 3; k++)
            CHECK_OK(mpool_semaphore_release(semaphore));
        CHECK_INT(mpool_semaphore_value(semaphore), PERMITS);
        join_free(holder, -SIGKILL);
    }
    mpool_fini();
}

static void *take_one(void *semaphore)
{
    CHECK_OK(mpool_semaphore_acquire(semaphore, 0));
    return NULL;
}

/* The places of members are given away again: the next one there has nothing of the last one's. */
SCENARIO(semaphore, knows_those_apart_who_have_a_place_one_after_the_other)
{
    mpool_semaphore *semaphore;
    pthread_t thread;

    CHECK_OK(mpool_init(NULL));
    semaphore = bounded(1);
    for (int i = 0; i < 100; i++) {
        CHECK(pthread_create(&thread, NULL, take_one, semaphore) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK_INT(mpool_semaphore_value(semaphore), 1);
    }
    CHECK_ERR(mpool_semaphore_release(semaphore), MPOOL_E_NOT_OWNER);
    mpool_fini();
}

MPOOL_FUNCTION(release_what_others_hold)
{
    mpool_err err = mpool_semaphore_release(semaphore_of(args));

    return err == MPOOL_E_NOT_OWNER ? 0 : mpool_job_fail(job, "%s", mpool_err_name(err));
}

SCENARIO(semaphore, refuses_a_permit_from_who_has_none)
{
    mpool_semaphore *semaphore;

    CHECK_OK(mpool_init(NULL));
    semaphore = bounded(2);
    CHECK_ERR(mpool_semaphore_release(semaphore), MPOOL_E_NOT_OWNER);
    CHECK_OK(mpool_semaphore_acquire(semaphore, 0));
    join_free(start_with("release_what_others_hold", mpool_semaphore_handle(semaphore)), 0);
    CHECK_OK(mpool_semaphore_release(semaphore));
    CHECK_ERR(mpool_semaphore_release(semaphore), MPOOL_E_NOT_OWNER);
    CHECK_INT(mpool_semaphore_value(semaphore), 2);
    mpool_fini();
}

SCENARIO(semaphore, waits_as_long_as_it_was_told)
{
    mpool_semaphore *semaphores[2];

    CHECK_OK(mpool_init(NULL));
    semaphores[0] = bounded(1);
    semaphores[1] = transferable(1, 0);
    for (int i = 0; i < 2; i++) {
        int64_t begun;

        CHECK_OK(mpool_semaphore_acquire(semaphores[i], 0));
        begun = monotonic_ms();
        CHECK_ERR(mpool_semaphore_acquire(semaphores[i], 120), MPOOL_E_TIMEOUT); /* longer than one slice of sleep */
        CHECK(monotonic_ms() - begun >= 119);
        CHECK_ERR(mpool_semaphore_acquire(semaphores[i], 0), MPOOL_E_TIMEOUT);
        CHECK_SAYS(mpool_error_detail(), "no permit");
        CHECK_OK(mpool_semaphore_release(semaphores[i]));
    }
    mpool_fini();
}

/* ---- transferable ------------------------------------------------------------------------------------------------ */

#define TRIPS 200

MPOOL_FUNCTION(return_the_ball)
{
    mpool_handle handles[2];
    mpool_semaphore *ping, *pong;

    (void)result;
    if (mpool_unpack(args, "[h,h]", &handles[0], &handles[1]) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    CHECK_OK(mpool_semaphore_open(handles[0], &ping));
    CHECK_OK(mpool_semaphore_open(handles[1], &pong));
    for (int i = 0; i < TRIPS; i++) {
        CHECK_OK(mpool_semaphore_acquire(ping, LONG_MS));
        CHECK_OK(mpool_semaphore_release(pong));
    }
    return 0;
}

/* Who is not woken wakes up at the end of a slice of sleep, after 50 ms. On a busy machine a trip may take as long. */
SCENARIO(semaphore, of_kind_transferable_is_a_signal_to_another_process)
{
    const mpool_process_options options = {.function = "return_the_ball"};
    mpool_semaphore *ping, *pong;
    mpool_process *process;
    int slow = 0;

    CHECK_OK(mpool_init(NULL));
    ping = transferable(0, 1);
    pong = transferable(0, 1);
    CHECK_OK(
        mpool_process_start(&options, &process, "[h,h]", mpool_semaphore_handle(ping), mpool_semaphore_handle(pong)));
    for (int i = 0; i < TRIPS; i++) {
        int64_t begun = monotonic_ms();

        CHECK_OK(mpool_semaphore_release(ping));
        CHECK_OK(mpool_semaphore_acquire(pong, LONG_MS));
        slow += monotonic_ms() - begun >= 45;
    }
    CHECK(slow < TRIPS / 10);
    join_free(process, 0);
    CHECK_INT(mpool_semaphore_value(ping), 0);
    mpool_fini();
}

SCENARIO(semaphore, of_kind_transferable_has_no_more_free_than_it_may)
{
    mpool_semaphore *semaphore;

    CHECK_OK(mpool_init(NULL));
    semaphore = transferable(1, 3);
    CHECK_OK(mpool_semaphore_release(semaphore));
    CHECK_OK(mpool_semaphore_release(semaphore));
    CHECK_ERR(mpool_semaphore_release(semaphore), MPOOL_E_OVERFLOW);
    CHECK_INT(mpool_semaphore_value(semaphore), 3);
    for (int i = 0; i < 3; i++)
        CHECK_OK(mpool_semaphore_acquire(semaphore, 0));
    CHECK_ERR(mpool_semaphore_acquire(semaphore, 0), MPOOL_E_TIMEOUT);
    semaphore = transferable(MPOOL_PERMITS_MAX, 0);
    CHECK_INT(mpool_semaphore_value(semaphore), MPOOL_PERMITS_MAX);
    CHECK_ERR(mpool_semaphore_release(semaphore), MPOOL_E_OVERFLOW);
    mpool_fini();
}

/* ---- what may go wrong ------------------------------------------------------------------------------------------- */

SCENARIO(semaphore, refuses_options_that_make_no_sense)
{
    static const mpool_semaphore_options odd[] = {
        {.permits = 0},
        {.permits = MPOOL_PERMITS_MAX + 1},
        {.permits = UINT32_MAX},
        {.permits = 1, .most = 1},
        {.permits = 2, .transferable = true, .most = 1},
        {.permits = 0, .transferable = true, .most = MPOOL_PERMITS_MAX + 1},
        {.permits = UINT32_MAX, .transferable = true},
    };
    mpool_semaphore *semaphore = NULL;

    CHECK_ERR(mpool_semaphore_new(&(mpool_semaphore_options){.permits = 1}, &semaphore), MPOOL_E_NOINIT);
    CHECK_OK(mpool_init(NULL));
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        CHECK_ERR(mpool_semaphore_new(&odd[i], &semaphore), MPOOL_E_INVAL);
    CHECK(semaphore == NULL);
    semaphore = bounded(MPOOL_PERMITS_MAX);
    CHECK_INT(mpool_semaphore_value(semaphore), MPOOL_PERMITS_MAX);
    mpool_semaphore_free(semaphore);
    CHECK_ERR(mpool_semaphore_acquire(semaphore, 0), MPOOL_E_STALE);
    CHECK_ERR(mpool_semaphore_release(semaphore), MPOOL_E_STALE);
    CHECK_INT(mpool_semaphore_value(semaphore), 0);
    MPOOL_WITH_PERMIT (semaphore)
        CHECK(false);
    mpool_semaphore_free(NULL);
    mpool_fini();
}

static void use_garbage(void *object)
{
    mpool_semaphore *semaphore = object;

    (void)mpool_semaphore_value(semaphore);
    (void)mpool_semaphore_acquire(semaphore, 0);
    (void)mpool_semaphore_acquire(semaphore, 1);
    (void)mpool_semaphore_release(semaphore);
}

SCENARIO(semaphore, survives_whatever_lies_in_it)
{
    CHECK_OK(mpool_init(NULL));
    for (unsigned seed = 0; seed < 100; seed++) {
        mpool_semaphore *semaphore = seed % 2 != 0 ? bounded(1) : transferable(1, 0);

        scribble(semaphore, seed % 2 != 0 ? SEATED_BYTES : 4096, seed);
        use_garbage(semaphore);
        mpool_semaphore_free(semaphore);
    }
    mpool_fini();
}
