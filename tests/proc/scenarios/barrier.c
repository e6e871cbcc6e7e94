/*
 * tests/proc/scenarios/barrier.c - scenarios: barriers
 */
#include "tests/proc/helper.h"
#include "tests/proc/sharing.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#define PARTIES 6
#define ROUNDS 200

static mpool_barrier *barrier_of(const msgpack_object *args)
{
    mpool_handle handle;
    mpool_barrier *barrier;

    CHECK_OK(mpool_unpack(args, "h", &handle));
    CHECK_OK(mpool_barrier_open(handle, &barrier));
    return barrier;
}

static mpool_barrier *new_barrier(uint32_t parties)
{
    mpool_barrier *barrier;

    CHECK_OK(mpool_barrier_new(parties, &barrier));
    return barrier;
}

/* ---- rounds ------------------------------------------------------------------------------------------------------ */

/* begun[r]: who has come to round r; ended[r]: the sum of the indices that were given, as bits. */
static void take_part(mpool_barrier *barrier)
{
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t index = PARTIES;

        atomic_fetch_add(&board->begun[round], 1);
        CHECK_OK(mpool_barrier_wait(barrier, LONG_MS, &index));
        CHECK_INT(atomic_load(&board->begun[round]), PARTIES);
        CHECK(index < PARTIES);
        CHECK((atomic_fetch_or(&board->ended[round], 1 << index) & 1 << index) == 0);
    }
}

MPOOL_FUNCTION(go_round)
{
    (void)job;
    (void)result;
    take_part(barrier_of(args));
    return 0;
}

static void *thread_goes_round(void *barrier)
{
    take_part(barrier);
    return NULL;
}

SCENARIO(barrier, lets_jobs_processes_and_threads_go_on_together)
{
    const mpool_task task = {.function = "go_round"};
    mpool_pool *pool = open_pool(2);
    mpool_barrier *barrier = new_barrier(PARTIES);
    mpool_process *processes[2];
    mpool_future *futures[2];
    pthread_t threads[2];

    for (int i = 0; i < 2; i++) {
        CHECK_OK(mpool_pool_submit(pool, &task, &futures[i], "h", mpool_barrier_handle(barrier)));
        processes[i] = start_with("go_round", mpool_barrier_handle(barrier));
        CHECK(pthread_create(&threads[i], NULL, thread_goes_round, barrier) == 0);
    }
    for (int i = 0; i < 2; i++) {
        wait_free(futures[i], MPOOL_DONE);
        join_free(processes[i], 0);
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    for (int round = 0; round < ROUNDS; round++)
        CHECK_INT(atomic_load(&board->ended[round]), (1 << PARTIES) - 1);
    CHECK(!mpool_barrier_broken(barrier));
    CHECK_INT(mpool_barrier_waiting(barrier), 0);
    finish_pool(pool);
}

SCENARIO(barrier, of_one_party_never_waits)
{
    mpool_barrier *barrier;
    uint32_t index = 7;

    CHECK_OK(mpool_init(NULL));
    barrier = new_barrier(1);
    for (int i = 0; i < 10; i++) {
        CHECK_OK(mpool_barrier_wait(barrier, 0, &index));
        CHECK_INT(index, 0);
        CHECK_OK(mpool_barrier_wait(barrier, MPOOL_FOREVER, NULL));
    }
    mpool_fini();
}

/* ---- breaking ---------------------------------------------------------------------------------------------------- */

/* Waits once. counter: who has gone on; ended[0]: who was told that it is broken. */
static void wait_once(mpool_barrier *barrier)
{
    mpool_err err = mpool_barrier_wait(barrier, LONG_MS, NULL);

    CHECK(err == MPOOL_OK || err == MPOOL_E_BARRIER);
    atomic_fetch_add(err == MPOOL_OK ? &board->counter : &board->ended[0], 1);
}

MPOOL_FUNCTION(wait_at_barrier)
{
    (void)job;
    (void)result;
    wait_once(barrier_of(args));
    return 0;
}

static void *thread_waits(void *barrier)
{
    wait_once(barrier);
    return NULL;
}

/* Starts a process, and awaits that it waits as the nth. */
static mpool_process *start_nth(mpool_barrier *barrier, uint32_t nth)
{
    mpool_process *process = start_with("wait_at_barrier", mpool_barrier_handle(barrier));

    AWAIT(mpool_barrier_waiting(barrier) == nth && sleeps(mpool_process_pid(process)));
    return process;
}

SCENARIO(barrier, breaks_when_one_gives_up_and_is_mended_by_a_reset)
{
    mpool_process *process;
    mpool_barrier *barrier;
    int64_t begun;

    CHECK_OK(mpool_init(NULL));
    barrier = new_barrier(3);
    process = start_nth(barrier, 1);
    begun = monotonic_ms();
    CHECK_ERR(mpool_barrier_wait(barrier, 120, NULL), MPOOL_E_TIMEOUT); /* longer than one slice of sleep */
    CHECK(monotonic_ms() - begun >= 119);
    CHECK_SAYS(mpool_error_detail(), "2 of 3");
    join_free(process, 0);
    CHECK_INT(atomic_load(&board->ended[0]), 1);
    CHECK(mpool_barrier_broken(barrier));
    CHECK_ERR(mpool_barrier_wait(barrier, LONG_MS, NULL), MPOOL_E_BARRIER);
    CHECK_SAYS(mpool_error_detail(), "mpool_barrier_reset");
    CHECK_OK(mpool_barrier_reset(barrier));
    CHECK(!mpool_barrier_broken(barrier));
    CHECK_ERR(mpool_barrier_wait(barrier, 0, NULL), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_barrier_wait(barrier, 0, NULL), MPOOL_E_BARRIER);
    mpool_fini();
}

SCENARIO(barrier, that_is_broken_or_reset_lets_nobody_wait)
{
    mpool_process *processes[2];
    mpool_barrier *barrier;

    CHECK_OK(mpool_init(NULL));
    barrier = new_barrier(3);
    for (int way = 0; way < 2; way++) {
        for (uint32_t i = 0; i < 2; i++)
            processes[i] = start_nth(barrier, i + 1);
        CHECK_OK(way == 0 ? mpool_barrier_abort(barrier) : mpool_barrier_reset(barrier));
        CHECK(mpool_barrier_broken(barrier) == (way == 0));
        CHECK_INT(mpool_barrier_waiting(barrier), 0);
        for (int i = 0; i < 2; i++)
            join_free(processes[i], 0);
        CHECK_INT(atomic_load(&board->ended[0]), 2 * (way + 1));
        CHECK_OK(mpool_barrier_reset(barrier));
    }
    mpool_fini();
}

SCENARIO(barrier, breaks_when_one_who_waits_dies)
{
    mpool_process *process;
    mpool_barrier *barrier;

    CHECK_OK(mpool_init(NULL));
    barrier = new_barrier(3);
    for (int i = 0; i < 5; i++) {
        process = start_nth(barrier, 1);
        CHECK(kill(mpool_process_pid(process), SIGKILL) == 0);
        CHECK_ERR(mpool_barrier_wait(barrier, LONG_MS, NULL), MPOOL_E_BARRIER);
        join_free(process, -SIGKILL);
        CHECK_OK(mpool_barrier_reset(barrier));
    }
    /* Also if all the others come before anybody has noticed. */
    barrier = new_barrier(2);
    process = start_nth(barrier, 1);
    CHECK(kill(mpool_process_pid(process), SIGKILL) == 0);
    join_free(process, -SIGKILL);
    CHECK_ERR(mpool_barrier_wait(barrier, 0, NULL), MPOOL_E_BARRIER);
    mpool_fini();
}

MPOOL_FUNCTION(wait_at_barrier_and_stay)
{
    (void)job;
    (void)result;
    wait_once(barrier_of(args));
    while (pause() != 0)
        continue;
    return 0;
}

SCENARIO(barrier, breaks_when_one_of_the_last_round_dies_and_has_not_come)
{
    mpool_process *process;
    mpool_barrier *barrier;
    pthread_t thread;

    CHECK_OK(mpool_init(NULL));
    barrier = new_barrier(2);
    for (int i = 0; i < 5; i++) {
        process = start_with("wait_at_barrier_and_stay", mpool_barrier_handle(barrier));
        CHECK_OK(mpool_barrier_wait(barrier, LONG_MS, NULL));
        AWAIT(atomic_load(&board->counter) == i + 1);
        CHECK(kill(mpool_process_pid(process), SIGKILL) == 0);
        CHECK_ERR(mpool_barrier_wait(barrier, LONG_MS, NULL), MPOOL_E_BARRIER);
        CHECK_OK(mpool_barrier_reset(barrier));
        join_free(process, -SIGKILL);
    }
    /* Also if somebody else has its place among the members by then. */
    atomic_store(&board->counter, 0);
    process = start_with("wait_at_barrier_and_stay", mpool_barrier_handle(barrier));
    CHECK_OK(mpool_barrier_wait(barrier, LONG_MS, NULL));
    AWAIT(atomic_load(&board->counter) == 1);
    CHECK_OK(mpool_process_kill(process));
    join_free(process, -SIGKILL);
    CHECK(pthread_create(&thread, NULL, thread_waits, barrier) == 0);
    CHECK_ERR(mpool_barrier_wait(barrier, LONG_MS, NULL), MPOOL_E_BARRIER);
    CHECK(pthread_join(thread, NULL) == 0);
    mpool_fini();
}

/* A round of the host's own, with a thread. */
static void go_on(mpool_barrier *barrier)
{
    int before = atomic_load(&board->counter);
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, thread_waits, barrier) == 0);
    CHECK_OK(mpool_barrier_wait(barrier, LONG_MS, NULL));
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_INT(atomic_load(&board->counter), before + 1);
    CHECK_OK(mpool_barrier_reset(barrier)); /* the thread has ended */
}

/* One that was stopped while it waited finds the barrier far ahead, and is told how its own round has ended. */
SCENARIO(barrier, tells_who_is_slow_how_its_round_has_ended)
{
    CHECK_OK(mpool_init(NULL));
    for (int way = 0; way < 2; way++) {
        mpool_barrier *barrier = new_barrier(2);
        mpool_process *process;

        atomic_store(&board->counter, 0);
        atomic_store(&board->ended[0], 0);
        process = start_nth(barrier, 1);
        CHECK(kill(mpool_process_pid(process), SIGSTOP) == 0);
        if (way == 0)
            CHECK_OK(mpool_barrier_wait(barrier, LONG_MS, NULL));
        CHECK_OK(mpool_barrier_reset(barrier));
        for (int i = 0; i < 5; i++)
            go_on(barrier);
        CHECK_OK(mpool_barrier_abort(barrier));
        CHECK(kill(mpool_process_pid(process), SIGCONT) == 0);
        join_free(process, 0);
        CHECK_INT(atomic_load(&board->counter), way == 0 ? 6 : 5);
        CHECK_INT(atomic_load(&board->ended[0]), way);
    }
    mpool_fini();
}

/* ---- what may go wrong ------------------------------------------------------------------------------------------- */

SCENARIO(barrier, refuses_what_makes_no_sense)
{
    mpool_barrier *barrier = NULL;

    CHECK_ERR(mpool_barrier_new(2, &barrier), MPOOL_E_NOINIT);
    CHECK_OK(mpool_init(NULL));
    CHECK_ERR(mpool_barrier_new(0, &barrier), MPOOL_E_INVAL);
    CHECK_ERR(mpool_barrier_new(MPOOL_PARTIES_MAX + 1, &barrier), MPOOL_E_INVAL);
    CHECK_ERR(mpool_barrier_new(UINT32_MAX, &barrier), MPOOL_E_INVAL);
    CHECK(barrier == NULL);
    barrier = new_barrier(MPOOL_PARTIES_MAX);
    CHECK_ERR(mpool_barrier_wait(barrier, 0, NULL), MPOOL_E_TIMEOUT);
    mpool_barrier_free(barrier);
    CHECK_ERR(mpool_barrier_wait(barrier, 0, NULL), MPOOL_E_STALE);
    CHECK_ERR(mpool_barrier_abort(barrier), MPOOL_E_STALE);
    CHECK_ERR(mpool_barrier_reset(barrier), MPOOL_E_STALE);
    CHECK(!mpool_barrier_broken(barrier));
    CHECK_INT(mpool_barrier_waiting(barrier), 0);
    mpool_barrier_free(NULL);
    mpool_fini();
}

SCENARIO(barrier, survives_whatever_lies_in_it)
{
    CHECK_OK(mpool_init(NULL));
    for (unsigned seed = 0; seed < 100; seed++) {
        mpool_barrier *barrier = new_barrier(2);

        scribble(barrier, SEATED_BYTES, seed);
        (void)mpool_barrier_wait(barrier, 1, NULL);
        (void)mpool_barrier_waiting(barrier);
        (void)mpool_barrier_wait(barrier, 1, NULL);
        CHECK_OK(mpool_barrier_abort(barrier));
        CHECK_OK(mpool_barrier_reset(barrier));
        CHECK(!mpool_barrier_broken(barrier));
        (void)mpool_barrier_wait(barrier, 1, NULL);
        mpool_barrier_free(barrier);
    }
    mpool_fini();
}
