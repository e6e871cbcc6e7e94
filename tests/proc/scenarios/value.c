/*
 * tests/proc/scenarios/value.c - scenarios: values and arrays
 */
#include "tests/proc/arena.h"
#include "tests/proc/helper.h"
#include "tests/proc/sharing.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TIMES 30000

static const mpool_value_options number = {.type = MPOOL_I64};

static mpool_value *new_number(int64_t initial)
{
    mpool_value *value;

    CHECK_OK(mpool_value_new(&number, &initial, &value));
    return value;
}

/* ---- what they hold ---------------------------------------------------------------------------------------------- */

#define DEFINE_CHECK(number_, name, c_type)                                                                            \
    static void check_##name(void)                                                                                     \
    {                                                                                                                  \
        const mpool_value_options options = {.type = MPOOL_##name, .size = MPOOL_##name == MPOOL_BYTES};               \
        const c_type one = 1;                                                                                          \
        c_type found = 0;                                                                                              \
        mpool_value *value;                                                                                            \
                                                                                                                       \
        CHECK_OK(mpool_value_new(&options, &one, &value));                                                             \
        CHECK_INT(mpool_value_size(value), sizeof(c_type));                                                            \
        CHECK_OK(mpool_value_get(value, &found, sizeof found));                                                        \
        CHECK(found == 1 && *(c_type *)mpool_value_data(value) == 1);                                                  \
        CHECK_OK(mpool_value_new(&options, NULL, &value));                                                             \
        CHECK(*(c_type *)mpool_value_data(value) == 0);                                                                \
    }
MPOOL_TYPES(DEFINE_CHECK)

struct point {
    double x, y;
    char name[21];
};

SCENARIO(value, holds_any_c_type)
{
    const mpool_value_options options = {.type = MPOOL_BYTES, .size = sizeof(struct point)};
    struct point point = {1.5, -2, "here"}, found;
    mpool_value *value;

    CHECK_OK(mpool_init(NULL));
#define CALL_CHECK(number_, name, c_type) check_##name();
    MPOOL_TYPES(CALL_CHECK)
#undef CALL_CHECK
    CHECK_OK(mpool_value_new(&options, &point, &value));
    CHECK_INT((uintptr_t)mpool_value_data(value) % 64, 0);
    CHECK_OK(mpool_value_get(value, &found, sizeof found));
    CHECK(found.x == 1.5 && found.y == -2);
    CHECK_TEXT(found.name, "here");
    point.x = 7;
    CHECK_OK(mpool_value_set(value, &point, sizeof point));
    CHECK(((struct point *)mpool_value_data(value))->x == 7);
    mpool_fini();
}

SCENARIO(value, of_odd_types_and_sizes_is_refused)
{
    int64_t initial = 1, found = 2;
    mpool_value *value = NULL;
    mpool_array *array = NULL;
    mpool_lock *lock;

    CHECK_ERR(mpool_value_new(&number, NULL, &value), MPOOL_E_NOINIT);
    CHECK_OK(mpool_init(NULL));
    CHECK_ERR(mpool_value_new(&(mpool_value_options){.type = (mpool_type)12}, NULL, &value), MPOOL_E_INVAL);
    CHECK_ERR(mpool_value_new(&(mpool_value_options){.type = (mpool_type)-1}, NULL, &value), MPOOL_E_INVAL);
    CHECK_ERR(mpool_value_new(&(mpool_value_options){0}, NULL, &value), MPOOL_E_INVAL);
    CHECK_SAYS(mpool_error_detail(), "size");
    CHECK_ERR(mpool_value_new(&(mpool_value_options){.type = MPOOL_I64, .size = 4}, NULL, &value), MPOOL_E_INVAL);
    CHECK_ERR(mpool_value_new(&(mpool_value_options){.size = SIZE_MAX}, NULL, &value), MPOOL_E_TOOBIG);
    CHECK_ERR(mpool_value_new(&(mpool_value_options){.size = (size_t)1 << 62}, NULL, &value), MPOOL_E_TOOBIG);
    CHECK_ERR(mpool_array_new(&number, SIZE_MAX / 8 + 2, NULL, &array), MPOOL_E_TOOBIG);
    CHECK_ERR(mpool_array_new(&number, (size_t)1 << 50, NULL, &array), MPOOL_E_TOOBIG);
    CHECK(value == NULL && array == NULL);

    value = new_number(initial);
    CHECK_ERR(mpool_value_get(value, &found, 4), MPOOL_E_INVAL);
    CHECK_ERR(mpool_value_set(value, &found, 9), MPOOL_E_INVAL);
    CHECK_ERR(mpool_value_set(value, &found, 0), MPOOL_E_INVAL);
    CHECK(found == 2 && *(int64_t *)mpool_value_data(value) == 1);
    CHECK_OK(mpool_lock_new(&lock));
    CHECK_ERR(mpool_value_get((mpool_value *)(void *)lock, &found, 8), MPOOL_E_STALE); /* of another kind */
    CHECK_ERR(mpool_value_get((mpool_value *)((char *)value + 64), &found, 8), MPOOL_E_STALE);
    mpool_value_free(value);
    CHECK_ERR(mpool_value_get(value, &found, 8), MPOOL_E_STALE);
    CHECK(mpool_value_data(value) == NULL && mpool_value_get_lock(value) == NULL && mpool_value_size(value) == 0);
    mpool_fini();
    CHECK_ERR(mpool_value_set(value, &found, 8), MPOOL_E_NOINIT);
    CHECK(mpool_value_data(value) == NULL);
}

SCENARIO(value, of_an_array_has_as_many_elements_as_it_was_made_with)
{
    const int32_t initial[3] = {10, 20, 30};
    int32_t found = 0, other = 99;
    mpool_array *array, *empty;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_array_new(&(mpool_value_options){.type = MPOOL_I32}, 3, initial, &array));
    CHECK(mpool_array_count(array) == 3 && mpool_array_size(array) == 4);
    for (size_t i = 0; i < 3; i++) {
        CHECK_OK(mpool_array_get(array, i, &found, sizeof found));
        CHECK_INT(found, initial[i]);
    }
    CHECK_OK(mpool_array_set(array, 2, &other, sizeof other));
    CHECK_INT(((int32_t *)mpool_array_data(array))[2], 99);
    CHECK_ERR(mpool_array_get(array, 3, &found, sizeof found), MPOOL_E_INVAL);
    CHECK_SAYS(mpool_error_detail(), "3");
    CHECK_ERR(mpool_array_set(array, SIZE_MAX, &other, sizeof other), MPOOL_E_INVAL);
    CHECK_ERR(mpool_array_set(array, 0, &other, 8), MPOOL_E_INVAL);
    CHECK_OK(mpool_array_new(&number, 0, NULL, &empty));
    CHECK_INT(mpool_array_count(empty), 0);
    CHECK_ERR(mpool_array_get(empty, 0, &found, 8), MPOOL_E_INVAL);
    CHECK_ERR(mpool_value_get((mpool_value *)(void *)array, &found, 4), MPOOL_E_STALE);
    mpool_array_free(array);
    CHECK_ERR(mpool_array_get(array, 0, &found, 4), MPOOL_E_STALE);
    CHECK(mpool_array_data(array) == NULL && mpool_array_count(array) == 0 && mpool_array_size(array) == 0);
    mpool_fini();
}

/* What is in front of the elements is in reach of all. Whatever is there, no call looks beyond the object. */
SCENARIO(value, whose_head_was_written_over_is_refused)
{
    static const uint64_t odd[] = {0, 5, 4033, UINT64_MAX, UINT64_MAX / 2 + 1, (uint64_t)1 << 32};
    mpool_array *array;
    int64_t found;
    uint64_t *head;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_array_new(&number, 4, NULL, &array));
    head = (uint64_t *)(void *)((char *)mpool_array_data(array) - 24); /* size, count, raw */
    CHECK(head[0] == 8 && head[1] == 4 && head[2] == 0);
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        head[0] = odd[i];
        CHECK(mpool_array_get(array, 3, &found, 8) != MPOOL_OK);
        CHECK(mpool_array_size(array) * mpool_array_count(array) <= 4096);
        head[0] = 8;
        head[1] = odd[i] > 503 ? odd[i] : 505;
        CHECK_ERR(mpool_array_get(array, 504, &found, 8), MPOOL_E_STALE);
        CHECK(mpool_array_count(array) == 0 && mpool_array_get_lock(array) == NULL);
        head[1] = 4;
    }
    memset(mpool_array_get_lock(array), 0x5a, 40);
    CHECK(mpool_array_get(array, 0, &found, 8) != MPOOL_OK);
    mpool_fini();
}

/* ---- shared ------------------------------------------------------------------------------------------------------ */

static mpool_value *open_value(const msgpack_object *args)
{
    mpool_handle handle;
    mpool_value *value;

    CHECK_OK(mpool_unpack(args, "h", &handle));
    CHECK_OK(mpool_value_open(handle, &value));
    return value;
}

MPOOL_FUNCTION(add_to_value)
{
    mpool_value *value = open_value(args);

    (void)job;
    start_together(4);
    for (int i = 0; i < TIMES; i++)
        MPOOL_WITH_RLOCK (mpool_value_get_lock(value)) {
            int64_t found;

            CHECK_OK(mpool_value_get(value, &found, sizeof found)); /* the lock may be acquired again */
            found++;
            CHECK_OK(mpool_value_set(value, &found, sizeof found));
        }
    return 0;
}

SCENARIO(value, is_exact_under_its_lock_from_processes_and_jobs)
{
    const mpool_task task = {.function = "add_to_value"};
    mpool_pool *pool = open_pool(2);
    mpool_value *value = new_number(5);
    mpool_process *processes[2];
    mpool_future *futures[2];
    int64_t found;

    for (int i = 0; i < 2; i++) {
        processes[i] = start_with("add_to_value", mpool_value_handle(value));
        CHECK_OK(mpool_pool_submit(pool, &task, &futures[i], "h", mpool_value_handle(value)));
    }
    for (int i = 0; i < 2; i++) {
        join_free(processes[i], 0);
        wait_free(futures[i], MPOOL_DONE);
    }
    CHECK_OK(mpool_value_get(value, &found, sizeof found));
    CHECK_INT(found, 5 + 4 * TIMES);
    finish_pool(pool);
}

#define LARGE ((size_t)3 << 20)

/* Checks a large array, and leaves another one behind. */
MPOOL_FUNCTION(check_large)
{
    mpool_handle handle;
    mpool_array *array;
    unsigned char *data, last = 'z';

    (void)job;
    CHECK_OK(mpool_unpack(args, "h", &handle));
    CHECK_OK(mpool_array_open(handle, &array));
    CHECK_INT(mpool_array_count(array), LARGE);
    data = mpool_array_data(array);
    for (size_t i = 0; i < LARGE; i++)
        CHECK_INT(data[i], (unsigned char)(i / 1000));
    memset(data, 'y', LARGE - 1);
    CHECK_OK(mpool_array_set(array, LARGE - 1, &last, 1));
    return 0;
}

SCENARIO(value, of_a_large_raw_array_is_there_in_another_process)
{
    mpool_array *array;
    unsigned char *data;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_array_new(&(mpool_value_options){.type = MPOOL_U8, .raw = true}, LARGE, NULL, &array));
    CHECK(mpool_array_get_lock(array) == NULL);
    data = mpool_array_data(array);
    for (size_t i = 0; i < LARGE; i++)
        data[i] = (unsigned char)(i / 1000);
    join_free(start_with("check_large", mpool_array_handle(array)), 0);
    CHECK(data[0] == 'y' && data[LARGE - 2] == 'y' && data[LARGE - 1] == 'z');
    mpool_fini();
}

/* ---- deaths ------------------------------------------------------------------------------------------------------ */

/* A number twice: equal whenever nobody holds the lock, unless somebody has died in between. */
struct pair {
    volatile int64_t first;
    volatile int64_t second;
};

/* Raises both for ever; who finds that the last holder died mends what it has left. */
MPOOL_FUNCTION(raise_pair_for_ever)
{
    mpool_value *value = open_value(args);
    struct pair *pair = mpool_value_data(value);
    mpool_rlock *lock = mpool_value_get_lock(value);

    (void)job;
    atomic_fetch_add(&board->held, 1);
    for (;;) {
        mpool_err err = mpool_rlock_acquire(lock, MPOOL_FOREVER);

        CHECK(err == MPOOL_OK || err == MPOOL_E_OWNER_DIED);
        CHECK(pair->first == pair->second || (err == MPOOL_E_OWNER_DIED && pair->first == pair->second + 1));
        pair->second = pair->first;
        pair->first++;
        for (volatile int i = 0; i < 200; i++)
            continue;
        pair->second++;
        CHECK_OK(mpool_rlock_release(lock));
    }
}

/* The host looks after each death of its only user. */
SCENARIO(value, goes_on_from_holders_that_are_killed)
{
    const mpool_value_options options = {.size = sizeof(struct pair)};
    unsigned kills = 0, told = 0, half = 0, wanted = kills_wanted();
    mpool_rlock *lock;
    struct pair *pair;
    mpool_value *value;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_value_new(&options, NULL, &value));
    lock = mpool_value_get_lock(value);
    pair = mpool_value_data(value);
    while (told < wanted) {
        mpool_process *process = start_with("raise_pair_for_ever", mpool_value_handle(value));
        struct pair copy;
        mpool_err err;

        AWAIT(atomic_load(&board->held) > (int)kills);
        kill_after(process, 500);
        kills++;
        err = kills % 2 == 0 ? mpool_rlock_acquire(lock, 0) : mpool_value_get(value, &copy, sizeof copy);
        CHECK(err == MPOOL_OK || err == MPOOL_E_OWNER_DIED);
        told += err == MPOOL_E_OWNER_DIED;
        half += pair->first != pair->second;
        CHECK(pair->first == pair->second || (err == MPOOL_E_OWNER_DIED && pair->first == pair->second + 1));
        pair->second = pair->first;
        if (kills % 2 == 0)
            CHECK_OK(mpool_rlock_release(lock));
        CHECK_OK(mpool_value_get(value, &copy, sizeof copy)); /* told once */
    }
    (void)printf("%u kills: %u held the lock, %u of them half way between the two numbers; %lld changes\n", kills, told,
                 half, (long long)pair->first);
    CHECK(half > 0);
    mpool_fini();
}

/* The others of three mend it and go on. */
SCENARIO(value, is_mended_by_those_who_survive)
{
    const mpool_value_options options = {.size = sizeof(struct pair)};
    mpool_process *processes[3];
    mpool_value *value;
    int64_t before = 0;
    int started = 3;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_value_new(&options, NULL, &value));
    for (int i = 0; i < 3; i++)
        processes[i] = start_with("raise_pair_for_ever", mpool_value_handle(value));
    for (unsigned i = 0; i < kills_wanted(); i++) {
        AWAIT(atomic_load(&board->held) == started);
        kill_after(processes[i % 3], 500);
        AWAIT(((struct pair *)mpool_value_data(value))->first > before);
        before = ((struct pair *)mpool_value_data(value))->first;
        processes[i % 3] = start_with("raise_pair_for_ever", mpool_value_handle(value));
        started++;
    }
    for (int i = 0; i < 3; i++) {
        CHECK(mpool_process_is_alive(processes[i]));
        kill_after(processes[i], 500);
    }
    mpool_fini();
}
