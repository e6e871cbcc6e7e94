/*
 * tests/proc/scenarios/adder.c - scenarios: adders
 */
#include "tests/proc/helper.h"
#include "tests/proc/sharing.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMES 2000000

static mpool_adder *new_adder(mpool_adder_kind kind)
{
    mpool_adder *adder;

    CHECK_OK(mpool_adder_new(kind, &adder));
    return adder;
}

static int64_t sum_of(const mpool_adder *adder)
{
    int64_t sum = 77;

    CHECK_OK(mpool_adder_get(adder, &sum));
    return sum;
}

static mpool_adder *open_adder(const msgpack_object *args)
{
    mpool_handle handle;
    mpool_adder *adder;

    CHECK_OK(mpool_unpack(args, "h", &handle));
    CHECK_OK(mpool_adder_open(handle, &adder));
    return adder;
}

/* ---- what they hold ---------------------------------------------------------------------------------------------- */

SCENARIO(adder, begins_with_nothing_and_keeps_what_its_kind_says)
{
    static const int64_t numbers[] = {3, -5, INT64_MAX, 0, INT64_MIN, 1};
    mpool_adder *sum, *most, *least;
    int64_t wrapped = 0;

    CHECK_OK(mpool_init(NULL));
    sum = new_adder(MPOOL_ADDER_SUM);
    most = new_adder(MPOOL_ADDER_MAX);
    least = new_adder(MPOOL_ADDER_MIN);
    for (int round = 0; round < 3; round++) {
        CHECK_INT(sum_of(sum), 0);
        CHECK_INT(sum_of(most), INT64_MIN);
        CHECK_INT(sum_of(least), INT64_MAX);
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            CHECK_OK(mpool_adder_add(sum, numbers[i]));
            CHECK_OK(mpool_adder_add(most, numbers[i]));
            CHECK_OK(mpool_adder_add(least, numbers[i]));
            wrapped = (int64_t)((uint64_t)wrapped + (uint64_t)numbers[i]);
            CHECK_INT(sum_of(sum), wrapped);
            CHECK_INT(sum_of(most), i < 2 ? 3 : INT64_MAX);
            CHECK_INT(sum_of(least), i == 0 ? 3 : i < 4 ? -5 : INT64_MIN);
        }
        CHECK_OK(mpool_adder_reset(sum));
        CHECK_OK(mpool_adder_reset(most));
        CHECK_OK(mpool_adder_reset(least));
        wrapped = 0;
    }
    mpool_fini();
}

/* Also inline, when the thread has added to it before. */
MPOOL_FUNCTION(fork_and_add)
{
    mpool_adder *adder = open_adder(args);
    int status;
    pid_t child;

    (void)job;
    CHECK_OK(mpool_adder_add(adder, 1));
    child = fork();
    if (child == 0)
        _exit(mpool_adder_add(adder, 100) == MPOOL_E_FORKED && mpool_adder_reset(adder) == MPOOL_E_FORKED);
    CHECK_OK(mpool_adder_add(adder, 1));
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 1);
    CHECK_OK(mpool_adder_add(adder, 1));
    return 0;
}

SCENARIO(adder, that_is_none_is_refused)
{
    mpool_adder *adder, *second;
    mpool_array *array;
    int64_t sum = 77;

    CHECK_ERR(mpool_adder_new(MPOOL_ADDER_SUM, &adder), MPOOL_E_NOINIT);
    CHECK_OK(mpool_init(NULL));
    CHECK_ERR(mpool_adder_new((mpool_adder_kind)3, &adder), MPOOL_E_INVAL);
    CHECK_ERR(mpool_adder_new((mpool_adder_kind)-1, &adder), MPOOL_E_INVAL);
    CHECK_OK(mpool_array_new(&(mpool_value_options){.type = MPOOL_I64}, 2048, NULL, &array));
    CHECK_ERR(mpool_adder_add((mpool_adder *)(void *)array, 1), MPOOL_E_STALE);
    CHECK_ERR(mpool_adder_get((mpool_adder *)(void *)array, &sum), MPOOL_E_STALE);
    mpool_array_free(array);

    adder = new_adder(MPOOL_ADDER_SUM);
    join_free(start_with("fork_and_add", mpool_adder_handle(adder)), 0);
    CHECK_INT(sum_of(adder), 3);
    for (int i = 0; i < 3; i++) {
        CHECK_OK(mpool_adder_add(adder, 1));
        CHECK_OK(mpool_adder_add(adder, 1));
        mpool_adder_free(adder);
        CHECK_ERR(mpool_adder_add(adder, 1), MPOOL_E_STALE);
        CHECK_ERR(mpool_adder_reset(adder), MPOOL_E_STALE);
        CHECK_ERR(mpool_adder_get(adder, &sum), MPOOL_E_STALE);
        second = new_adder(i % 2 == 0 ? MPOOL_ADDER_MAX : MPOOL_ADDER_SUM);
        CHECK(second == adder); /* the same place, and another adder */
        CHECK_OK(mpool_adder_add(second, 5));
        CHECK_OK(mpool_adder_add(second, 4));
        CHECK_INT(sum_of(second), i % 2 == 0 ? 5 : 9);
    }
    CHECK_INT(sum, 77);
    mpool_fini();
    CHECK_ERR(mpool_adder_get(adder, &sum), MPOOL_E_NOINIT);
    CHECK_ERR(mpool_adder_reset(adder), MPOOL_E_NOINIT);
}

/* ---- shared ------------------------------------------------------------------------------------------------------ */

/* To two at a time. */
MPOOL_FUNCTION(add_to_adders)
{
    mpool_handle sum_handle, most_handle;
    mpool_adder *sum, *most;
    int first;

    (void)job;
    CHECK_OK(mpool_unpack(args, "[h,h,i]", &sum_handle, &most_handle, &first));
    CHECK_OK(mpool_adder_open(sum_handle, &sum));
    CHECK_OK(mpool_adder_open(most_handle, &most));
    start_together(5);
    for (int i = first; i < first + TIMES; i++) {
        CHECK_OK(mpool_adder_add(sum, i));
        CHECK_OK(mpool_adder_add(most, i));
    }
    return 0;
}

/* 1 + 2 + ... + count */
static int64_t gauss(int64_t count)
{
    return count * (count + 1) / 2;
}

SCENARIO(adder, is_exact_from_processes_and_jobs)
{
    const mpool_process_options process = {.function = "add_to_adders"};
    const mpool_task task = {.function = "add_to_adders"};
    mpool_pool *pool = open_pool(2);
    mpool_adder *sum = new_adder(MPOOL_ADDER_SUM), *most = new_adder(MPOOL_ADDER_MAX);
    mpool_process *processes[3];
    mpool_future *futures[3];

    for (int i = 0; i < 3; i++) {
        CHECK_OK(mpool_process_start(&process, &processes[i], "[h,h,i]", mpool_adder_handle(sum),
                                     mpool_adder_handle(most), 2 * i * TIMES + 1));
        CHECK_OK(mpool_pool_submit(pool, &task, &futures[i], "[h,h,i]", mpool_adder_handle(sum),
                                   mpool_adder_handle(most), (2 * i + 1) * TIMES + 1));
    }
    for (int64_t last = 0, next; last < gauss(5 * TIMES); last = next) {
        next = sum_of(sum);
        CHECK(next >= last && next <= gauss(6 * TIMES));
    }
    for (int i = 0; i < 3; i++) {
        join_free(processes[i], 0);
        wait_free(futures[i], MPOOL_DONE);
    }
    CHECK_INT(sum_of(sum), gauss(6 * TIMES));
    CHECK_INT(sum_of(most), 6 * TIMES);
    finish_pool(pool);
}

/* More threads than there are cells: the last ones share one. */
#define THREADS 200

static mpool_adder *crowded[3];
static pthread_barrier_t all_here;

static void *add_in_a_crowd(void *data)
{
    for (int i = 0; i < 200; i++) {
        for (int kind = 0; kind < 3; kind++)
            CHECK_OK(mpool_adder_add(crowded[kind], (int64_t)(intptr_t)data + i));
        if (i == 0)
            (void)pthread_barrier_wait(&all_here); /* all are members at the same time */
    }
    return NULL;
}

SCENARIO(adder, takes_more_threads_than_it_has_cells)
{
    static pthread_t threads[THREADS];
    int64_t wanted = 0;

    CHECK_OK(mpool_init(NULL));
    for (int kind = 0; kind < 3; kind++)
        crowded[kind] = new_adder((mpool_adder_kind)kind);
    CHECK(pthread_barrier_init(&all_here, NULL, THREADS) == 0);
    for (int round = 0; round < 2; round++) { /* the second one's threads get the cells of the first one's */
        for (int i = 0; i < THREADS; i++) {
            CHECK(pthread_create(&threads[i], NULL, add_in_a_crowd, (void *)(intptr_t)i) == 0);
            wanted += 200 * i + gauss(199);
        }
        for (int i = 0; i < THREADS; i++)
            CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK_INT(sum_of(crowded[0]), wanted);
        CHECK_INT(sum_of(crowded[1]), THREADS - 1 + 199);
        CHECK_INT(sum_of(crowded[2]), 0);
    }
    CHECK_OK(mpool_adder_reset(crowded[0]));
    CHECK_INT(sum_of(crowded[0]), 0);
    CHECK(pthread_barrier_destroy(&all_here) == 0);
    mpool_fini();
}

/* A job: adds 1 for a round, tells, waits to be told that a new one has begun, and adds 1 again. */
MPOOL_FUNCTION(add_by_rounds)
{
    mpool_adder *adder = open_adder(args);

    (void)job;
    for (int round = 1; round <= 50; round++) {
        for (int i = 0; i < round; i++)
            CHECK_OK(mpool_adder_add(adder, 1));
        atomic_fetch_add(&board->held, 1);
        AWAIT(atomic_load(&board->gate) == round);
    }
    return 0;
}

/* Whatever was added before a reset is gone, and whatever comes after it counts, in the cells of others, too. */
SCENARIO(adder, begins_anew_in_all_cells_at_once)
{
    mpool_process *processes[2];
    mpool_adder *adder;

    CHECK_OK(mpool_init(NULL));
    adder = new_adder(MPOOL_ADDER_SUM);
    for (int i = 0; i < 2; i++)
        processes[i] = start_with("add_by_rounds", mpool_adder_handle(adder));
    for (int round = 1; round <= 50; round++) {
        CHECK_OK(mpool_adder_add(adder, 1000));
        AWAIT(atomic_load(&board->held) == 2 * round);
        CHECK_INT(sum_of(adder), 1000 + 2 * round);
        CHECK_OK(mpool_adder_reset(adder));
        CHECK_INT(sum_of(adder), 0);
        atomic_store(&board->gate, round);
    }
    for (int i = 0; i < 2; i++)
        join_free(processes[i], 0);
    mpool_fini();
}

/* ---- deaths ------------------------------------------------------------------------------------------------------ */

/* Adds 1 for ever, and tells before and after each. */
MPOOL_FUNCTION(add_for_ever)
{
    mpool_handle handle;
    mpool_adder *adder;
    int slot;

    (void)job;
    CHECK_OK(mpool_unpack(args, "[h,i]", &handle, &slot));
    CHECK_OK(mpool_adder_open(handle, &adder));
    atomic_fetch_add(&board->held, 1);
    for (int i = 1; i < INT_MAX; i++) {
        atomic_store_explicit(&board->begun[slot], i, memory_order_release);
        CHECK_OK(mpool_adder_add(adder, 1));
        atomic_store_explicit(&board->ended[slot], i, memory_order_release);
    }
    return 0;
}

static mpool_process *start_adding(mpool_adder *adder, int slot)
{
    const mpool_process_options options = {.function = "add_for_ever"};
    int held = atomic_load(&board->held);
    mpool_process *process;

    atomic_store(&board->begun[slot], 0);
    atomic_store(&board->ended[slot], 0);
    CHECK_OK(mpool_process_start(&options, &process, "[h,i]", mpool_adder_handle(adder), slot));
    AWAIT(atomic_load(&board->held) > held);
    return process;
}

/* Two at a time. What they had told is in it, to the one addition that each may have been at. */
SCENARIO(adder, has_what_the_killed_had_added)
{
    unsigned kills = 0, hits = 0, added = 0, wanted = kills_wanted();
    mpool_process *processes[2];
    mpool_adder *adder;
    int64_t sum = 0, last;

    CHECK_OK(mpool_init(NULL));
    adder = new_adder(MPOOL_ADDER_SUM);
    while (hits < wanted) {
        int64_t told = sum, begun = sum;

        for (int i = 0; i < 2; i++)
            processes[i] = start_adding(adder, i);
        for (int i = 0; i < 2; i++) {
            last = sum_of(adder);
            kill_after(processes[i], 300);
            CHECK(sum_of(adder) >= last);
        }
        for (int i = 0; i < 2; i++) {
            told += atomic_load(&board->ended[i]);
            begun += atomic_load(&board->begun[i]);
        }
        sum = sum_of(adder);
        CHECK(told <= sum && sum <= begun && begun <= told + 2);
        kills += 2;
        hits += (unsigned)(begun - told);
        added += (unsigned)(sum - told);
    }
    (void)printf("%u kills: %u hit an addition, of which %u had happened; the sum is %lld\n", kills, hits, added,
                 (long long)sum);
    mpool_fini();
}
