/*
 * tests/proc/scenarios/atomic.c - scenarios: atomics, shared. What their operations do is in tests/unit/atomic.c
 */
#include "tests/proc/helper.h"
#include "tests/proc/sharing.h"

#include <limits.h>
#include <stdio.h>

#define TIMES 500000

SCENARIO(atomic, begins_with_its_first_number_and_is_found_by_its_handle)
{
    mpool_atomic_bool *b, *b_again;
    mpool_atomic_i64 *i, *i_again;
    mpool_atomic_u64 *u, *u_again;
    mpool_atomic_f64 *f, *f_again;

    CHECK_ERR(mpool_atomic_i64_new(1, &i), MPOOL_E_NOINIT);
    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_atomic_bool_new(true, &b));
    CHECK_OK(mpool_atomic_i64_new(INT64_MIN, &i));
    CHECK_OK(mpool_atomic_u64_new(UINT64_MAX, &u));
    CHECK_OK(mpool_atomic_f64_new(-0.5, &f));
    CHECK(mpool_atomic_bool_get(b) && mpool_atomic_i64_get(i) == INT64_MIN && mpool_atomic_u64_get(u) == UINT64_MAX &&
          mpool_atomic_f64_get(f) == -0.5);
    CHECK_OK(mpool_atomic_bool_open(mpool_atomic_bool_handle(b), &b_again));
    CHECK_OK(mpool_atomic_i64_open(mpool_atomic_i64_handle(i), &i_again));
    CHECK_OK(mpool_atomic_u64_open(mpool_atomic_u64_handle(u), &u_again));
    CHECK_OK(mpool_atomic_f64_open(mpool_atomic_f64_handle(f), &f_again));
    CHECK(b_again == b && i_again == i && u_again == u && f_again == f);
    CHECK_ERR(mpool_atomic_u64_open(mpool_atomic_i64_handle(i), &u_again), MPOOL_E_STALE);
    CHECK_ERR(mpool_atomic_bool_open(mpool_atomic_f64_handle(f), &b_again), MPOOL_E_STALE);
    mpool_atomic_bool_free(b);
    mpool_atomic_i64_free(i);
    mpool_atomic_i64_free(NULL);
    CHECK_ERR(mpool_atomic_i64_open(mpool_atomic_i64_handle(i), &i_again), MPOOL_E_STALE);
    mpool_fini();
}

/* Three counters in one array, by the same operations. */
struct counters {
    mpool_atomic_i64 added;
    mpool_atomic_f64 halves;
    mpool_atomic_u64 set; /* by compare_and_set */
};

static struct counters *open_counters(const msgpack_object *args)
{
    mpool_handle handle;
    mpool_value *value;

    CHECK_OK(mpool_unpack(args, "h", &handle));
    CHECK_OK(mpool_value_open(handle, &value));
    return mpool_value_data(value);
}

MPOOL_FUNCTION(count_atomically)
{
    struct counters *counters = open_counters(args);

    (void)job;
    start_together(4);
    for (int i = 0; i < TIMES; i++) {
        uint64_t old;

        (void)mpool_atomic_i64_increment_and_get(&counters->added);
        (void)mpool_atomic_f64_add_and_get(&counters->halves, 0.5);
        do
            old = mpool_atomic_u64_get(&counters->set);
        while (!mpool_atomic_u64_compare_and_set(&counters->set, old, old + 3));
    }
    return 0;
}

SCENARIO(atomic, changes_from_processes_and_jobs_are_all_there)
{
    const mpool_value_options options = {.size = sizeof(struct counters), .raw = true};
    const mpool_task task = {.function = "count_atomically"};
    mpool_pool *pool = open_pool(2);
    mpool_process *processes[2];
    mpool_future *futures[2];
    struct counters *counters;
    mpool_value *value;

    CHECK_OK(mpool_value_new(&options, NULL, &value));
    counters = mpool_value_data(value);
    for (int i = 0; i < 2; i++) {
        processes[i] = start_with("count_atomically", mpool_value_handle(value));
        CHECK_OK(mpool_pool_submit(pool, &task, &futures[i], "h", mpool_value_handle(value)));
    }
    for (int i = 0; i < 2; i++) {
        join_free(processes[i], 0);
        wait_free(futures[i], MPOOL_DONE);
    }
    CHECK_INT(mpool_atomic_i64_get(&counters->added), 4 * TIMES);
    CHECK_INT(mpool_atomic_f64_get(&counters->halves), 2 * TIMES);
    CHECK_INT(mpool_atomic_u64_get(&counters->set), 12 * TIMES);
    finish_pool(pool);
}

MPOOL_FUNCTION(count_for_ever)
{
    mpool_handle handle;
    mpool_atomic_i64 *atomic;

    (void)job;
    CHECK_OK(mpool_unpack(args, "h", &handle));
    CHECK_OK(mpool_atomic_i64_open(handle, &atomic));
    atomic_fetch_add(&board->held, 1);
    for (int i = 1; i < INT_MAX; i++) {
        atomic_store_explicit(&board->begun[0], i, memory_order_release);
        (void)mpool_atomic_i64_increment_and_get(atomic);
        atomic_store_explicit(&board->ended[0], i, memory_order_release);
    }
    return 0;
}

SCENARIO(atomic, changes_of_the_killed_have_happened_or_have_not)
{
    unsigned kills = 0, hits = 0, happened = 0, wanted = kills_wanted();
    mpool_atomic_i64 *atomic;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_atomic_i64_new(0, &atomic));
    while (hits < wanted) {
        mpool_process *process;
        int64_t before = mpool_atomic_i64_get(atomic), change;

        atomic_store(&board->begun[0], 0);
        atomic_store(&board->ended[0], 0);
        process = start_with("count_for_ever", mpool_atomic_i64_handle(atomic));
        AWAIT(atomic_load(&board->held) > (int)kills);
        kill_after(process, 300);
        kills++;
        change = mpool_atomic_i64_get(atomic) - before;
        CHECK(change == atomic_load(&board->ended[0]) || change == atomic_load(&board->begun[0]));
        hits += atomic_load(&board->begun[0]) != atomic_load(&board->ended[0]);
        happened += change != atomic_load(&board->ended[0]);
    }
    (void)printf("%u kills: %u hit a change, of which %u had happened; %lld changes\n", kills, hits, happened,
                 (long long)mpool_atomic_i64_get(atomic));
    mpool_fini();
}
