/*
 * tests/unit/atomic.c - the inline operations on atomics, which need no process: here they are on the stack
 */
#include <mpool/atomic.h>

#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>

/* The same for each kind of number: from 40 on, by 2. */
#define CHECK_NUMBER(name, type)                                                                                       \
    static type name##_twice(type old, void *user)                                                                     \
    {                                                                                                                  \
        ++*(int *)user;                                                                                                \
        return old * 2;                                                                                                \
    }                                                                                                                  \
    static type name##_least(type old, type number)                                                                    \
    {                                                                                                                  \
        return old < number ? old : number;                                                                            \
    }                                                                                                                  \
    Test(atomic, name##_operations_return_the_new_or_the_old_number)                                                   \
    {                                                                                                                  \
        mpool_atomic_##name it;                                                                                        \
        int calls = 0;                                                                                                 \
                                                                                                                       \
        mpool_atomic_##name##_set(&it, 40);                                                                            \
        cr_expect(mpool_atomic_##name##_get(&it) == 40);                                                               \
        cr_expect(mpool_atomic_##name##_add_and_get(&it, 2) == 42);                                                    \
        cr_expect(mpool_atomic_##name##_get_and_add(&it, 2) == 42);                                                    \
        cr_expect(mpool_atomic_##name##_subtract_and_get(&it, 2) == 42);                                               \
        cr_expect(mpool_atomic_##name##_get_and_subtract(&it, 2) == 42);                                               \
        cr_expect(mpool_atomic_##name##_increment_and_get(&it) == 41);                                                 \
        cr_expect(mpool_atomic_##name##_get_and_increment(&it) == 41);                                                 \
        cr_expect(mpool_atomic_##name##_decrement_and_get(&it) == 41);                                                 \
        cr_expect(mpool_atomic_##name##_get_and_decrement(&it) == 41);                                                 \
        cr_expect(mpool_atomic_##name##_update_and_get(&it, name##_twice, &calls) == 80);                              \
        cr_expect(mpool_atomic_##name##_get_and_update(&it, name##_twice, &calls) == 80);                              \
        cr_expect(mpool_atomic_##name##_accumulate_and_get(&it, 7, name##_least) == 7);                                \
        cr_expect(mpool_atomic_##name##_get_and_accumulate(&it, 9, name##_least) == 7);                                \
        cr_expect(mpool_atomic_##name##_get_and_set(&it, 1) == 7);                                                     \
        cr_expect(!mpool_atomic_##name##_compare_and_set(&it, 7, 5));                                                  \
        cr_expect(mpool_atomic_##name##_get(&it) == 1);                                                                \
        cr_expect(mpool_atomic_##name##_compare_and_set(&it, 1, 5));                                                   \
        cr_expect(mpool_atomic_##name##_get(&it) == 5);                                                                \
        cr_expect(calls == 2);                                                                                         \
    }

CHECK_NUMBER(i64, int64_t)
CHECK_NUMBER(u64, uint64_t)
CHECK_NUMBER(f64, double)

Test(atomic, bool_operations)
{
    mpool_atomic_bool it;

    mpool_atomic_bool_set(&it, false);
    cr_expect(!mpool_atomic_bool_get(&it));
    cr_expect(!mpool_atomic_bool_get_and_set(&it, true));
    cr_expect(mpool_atomic_bool_get_and_set(&it, true));
    cr_expect(!mpool_atomic_bool_compare_and_set(&it, false, true));
    cr_expect(mpool_atomic_bool_compare_and_set(&it, true, false));
    cr_expect(!mpool_atomic_bool_get(&it));
    it.word = 77; /* somebody has written over it: no bool that is neither */
    cr_expect(mpool_atomic_bool_get(&it) == true);
}

/* UndefinedBehaviorSanitizer looks on. */
Test(atomic, integers_wrap_around)
{
    mpool_atomic_i64 i;
    mpool_atomic_u64 u;

    mpool_atomic_i64_set(&i, INT64_MAX);
    cr_expect_eq(mpool_atomic_i64_increment_and_get(&i), INT64_MIN);
    cr_expect_eq(mpool_atomic_i64_get_and_decrement(&i), INT64_MIN);
    cr_expect_eq(mpool_atomic_i64_add_and_get(&i, INT64_MAX), -2);
    cr_expect_eq(mpool_atomic_i64_subtract_and_get(&i, INT64_MIN), INT64_MAX - 1);
    mpool_atomic_i64_set(&i, INT64_MIN);
    cr_expect_eq(mpool_atomic_i64_get_and_subtract(&i, 1), INT64_MIN);
    cr_expect_eq(mpool_atomic_i64_get(&i), INT64_MAX);
    cr_expect_eq(mpool_atomic_i64_subtract_and_get(&i, INT64_MIN), -1);
    mpool_atomic_u64_set(&u, 0);
    cr_expect_eq(mpool_atomic_u64_decrement_and_get(&u), UINT64_MAX);
    cr_expect_eq(mpool_atomic_u64_add_and_get(&u, 3), 2);
}

Test(atomic, doubles_are_compared_by_their_bits)
{
    mpool_atomic_f64 it;

    mpool_atomic_f64_set(&it, NAN);
    cr_expect(mpool_atomic_f64_compare_and_set(&it, NAN, 0.0));
    cr_expect(!mpool_atomic_f64_compare_and_set(&it, -0.0, 1.0));
    cr_expect(mpool_atomic_f64_compare_and_set(&it, 0.0, INFINITY));
    cr_expect(isnan(mpool_atomic_f64_subtract_and_get(&it, INFINITY)));
    cr_expect(isnan(mpool_atomic_f64_increment_and_get(&it)), "a loop over a NaN ends");
    mpool_atomic_f64_set(&it, 0x1p53);
    cr_expect_eq(mpool_atomic_f64_increment_and_get(&it), 0x1p53, "as doubles are rounded");
}

#define TIMES 20000

static struct {
    mpool_atomic_i64 i;
    mpool_atomic_f64 f;
    mpool_atomic_u64 updated;
} shared;

static uint64_t add_three(uint64_t old, void *user)
{
    (void)user;
    return old + 3;
}

static void *raise(void *data)
{
    for (int i = 0; i < TIMES; i++) {
        (void)mpool_atomic_i64_increment_and_get(&shared.i);
        (void)mpool_atomic_f64_add_and_get(&shared.f, 0.5);
        (void)mpool_atomic_u64_get_and_update(&shared.updated, add_three, NULL);
    }
    return data;
}

Test(atomic, no_change_of_several_threads_is_lost)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, raise, NULL), 0);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    cr_expect_eq(mpool_atomic_i64_get(&shared.i), 4 * TIMES);
    cr_expect_eq(mpool_atomic_f64_get(&shared.f), 2 * TIMES);
    cr_expect_eq(mpool_atomic_u64_get(&shared.updated), 12 * TIMES);
}
