/*
 * tests/stress/sync.c - locks, semaphores, events, conditions and barriers from several threads of one host at once
 *
 *     sync [ROUNDS]     default 300
 *
 * In each round every thread uses every object once or more. ThreadSanitizer watches; the program itself checks that
 * what a lock guards is whole, that no more threads are in than there are permits, that nobody misses an event, that
 * each item of a condition is taken once, and that all go on from a barrier together.
 */
#include "tests/stress/must.h"

#include <mpool/mpool.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 4
#define TIMES 20
#define PERMITS 2
#define LONG_MS 60000

static int rounds;
static mpool_lock *lock;
static mpool_rlock *rlock;
static mpool_semaphore *permits, *signals;
static mpool_event *event;
static mpool_condition *condition;
static mpool_barrier *barrier;

/* No atomics: what guards them is what is tested. */
static long by_lock, by_rlock, items, taken;

static atomic_int inside, arrived;

static void use_locks(void)
{
    for (int i = 0; i < TIMES; i++) {
        MPOOL_WITH_LOCK (lock)
            by_lock++;
        MPOOL_WITH_RLOCK (rlock)
            MPOOL_WITH_RLOCK (rlock)
                by_rlock++;
    }
}

static void use_semaphores(void)
{
    for (int i = 0; i < TIMES; i++) {
        MPOOL_WITH_PERMIT (permits) {
            MUST(atomic_fetch_add(&inside, 1) < PERMITS);
            MUST(mpool_semaphore_value(permits) < PERMITS);
            atomic_fetch_sub(&inside, 1);
        }
        MUST(mpool_semaphore_release(signals) == MPOOL_OK);
        MUST(mpool_semaphore_acquire(signals, LONG_MS) == MPOOL_OK);
    }
}

static bool has_items(void *user)
{
    (void)user;
    return items > 0;
}

/* Each thread puts as many as it takes. */
static void use_condition(void)
{
    for (int i = 0; i < TIMES; i++) {
        MPOOL_WITH_LOCK (mpool_condition_lock(condition)) {
            items++;
            MUST((i % 2 != 0 ? mpool_condition_notify(condition, 1) : mpool_condition_notify_all(condition)) ==
                 MPOOL_OK);
        }
        MPOOL_WITH_LOCK (mpool_condition_lock(condition)) {
            MUST(mpool_condition_wait_for(condition, has_items, NULL, LONG_MS) == MPOOL_OK);
            items--;
            taken++;
        }
    }
}

/* The last one at the barrier lets the others go on, and takes the event back when all have. */
static void use_barrier_and_event(int round)
{
    uint32_t index;

    atomic_fetch_add(&arrived, 1);
    MUST(mpool_barrier_wait(barrier, LONG_MS, &index) == MPOOL_OK && index < THREADS);
    MUST(atomic_load(&arrived) >= (round + 1) * THREADS);
    if (index == THREADS - 1)
        MUST(mpool_event_set(event) == MPOOL_OK);
    MUST(mpool_event_wait(event, LONG_MS) == MPOOL_OK);
    MUST(mpool_barrier_wait(barrier, LONG_MS, &index) == MPOOL_OK);
    if (index == 0)
        MUST(mpool_event_clear(event) == MPOOL_OK && !mpool_event_is_set(event));
    MUST(mpool_barrier_wait(barrier, LONG_MS, NULL) == MPOOL_OK);
}

static void *play(void *data)
{
    for (int round = 0; round < rounds; round++) {
        use_locks();
        use_semaphores();
        use_condition();
        use_barrier_and_event(round);
    }
    return data;
}

/* Who waits at a barrier that is aborted and reset under its hands is told so, and never left behind. */
static void *come_and_go(void *data)
{
    atomic_bool *stop = data;

    while (!atomic_load(stop)) {
        mpool_err err = mpool_barrier_wait(barrier, 1, NULL);

        MUST(err == MPOOL_OK || err == MPOOL_E_BARRIER || err == MPOOL_E_TIMEOUT);
        MUST(mpool_barrier_waiting(barrier) < THREADS);
    }
    return NULL;
}

static void break_and_mend(void)
{
    pthread_t threads[THREADS];
    atomic_bool stop = false;

    for (int i = 0; i < THREADS; i++)
        MUST(pthread_create(&threads[i], NULL, come_and_go, &stop) == 0);
    for (int i = 0; i < rounds * 10; i++) {
        if (i % 3 == 0)
            MUST(mpool_barrier_abort(barrier) == MPOOL_OK);
        MUST(mpool_barrier_reset(barrier) == MPOOL_OK);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++)
        MUST(pthread_join(threads[i], NULL) == 0);
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];

    rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 300;
    MUST(mpool_init(NULL) == MPOOL_OK);
    MUST(mpool_lock_new(&lock) == MPOOL_OK && mpool_rlock_new(&rlock) == MPOOL_OK);
    MUST(mpool_semaphore_new(&(mpool_semaphore_options){.permits = PERMITS}, &permits) == MPOOL_OK);
    MUST(mpool_semaphore_new(&(mpool_semaphore_options){.transferable = true}, &signals) == MPOOL_OK);
    MUST(mpool_event_new(&event) == MPOOL_OK && mpool_condition_new(&condition) == MPOOL_OK);
    MUST(mpool_barrier_new(THREADS, &barrier) == MPOOL_OK);
    for (int i = 0; i < THREADS; i++)
        MUST(pthread_create(&threads[i], NULL, play, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        MUST(pthread_join(threads[i], NULL) == 0);
    MUST(by_lock == (long)rounds * THREADS * TIMES && by_rlock == by_lock && taken == by_lock && items == 0);
    break_and_mend();
    mpool_fini();
    (void)printf("%d rounds\n", rounds);
    return 0;
}
