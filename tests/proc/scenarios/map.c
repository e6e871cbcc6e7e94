/*
 * tests/proc/scenarios/map.c - scenarios: a function over an array
 */
#include "tests/proc/helper.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 30000

SCENARIO(map, results_are_where_their_items_are)
{
    const mpool_task task = {.function = "square", .item_format = "I", .result_format = "I"};
    int64_t *items = calloc(MANY, sizeof *items), *results = calloc(MANY, sizeof *results);
    mpool_pool *pool = open_pool(3);

    CHECK(items != NULL && results != NULL);
    for (int i = 0; i < MANY; i++)
        items[i] = i % 2 == 0 ? i : -i;
    CHECK_OK(mpool_pool_map(pool, &task, items, MANY, sizeof *items, results, sizeof *results, NULL));
    for (int i = 0; i < MANY; i++)
        CHECK_INT(results[i], (int64_t)i * i);
    free(items);
    free(results);
    finish_pool(pool);
}

struct place {
    double x, y;
    char name[24];
    int number;
};

/* A struct place; the same, further on. */
MPOOL_FUNCTION(move)
{
    struct place place;

    if (mpool_unpack_bytes(args, &place, sizeof place) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    place.x += 1;
    place.y = -place.y;
    place.number++;
    (void)mpool_pack(result, "z", &place, sizeof place);
    return 0;
}

SCENARIO(map, structs_travel_as_they_are)
{
    const mpool_task task = {.function = "move"};
    struct place items[500], results[500];
    mpool_status statuses[500];
    mpool_pool *pool = open_pool(2);

    memset(items, 0, sizeof items);
    for (int i = 0; i < 500; i++) {
        items[i] = (struct place){.x = i, .y = i / 7.0, .number = i};
        (void)snprintf(items[i].name, sizeof items[i].name, "place %d", i);
    }
    CHECK_OK(mpool_pool_map(pool, &task, items, 500, sizeof items[0], results, sizeof results[0], statuses));
    for (int i = 0; i < 500; i++) {
        CHECK_INT(statuses[i], MPOOL_DONE);
        CHECK(results[i].x == i + 1 && results[i].y == -(i / 7.0));
        CHECK_TEXT(results[i].name, items[i].name);
        CHECK_INT(results[i].number, i + 1);
    }
    finish_pool(pool);
}

/* There and back by each format; the last item of each array is at the edge of its type. */
#define CHECK_FORMAT(pool, type, format, ...)                                                                          \
    do {                                                                                                               \
        const mpool_task task_ = {.function = "echo", .item_format = format, .result_format = format};                 \
        const type items_[] = {__VA_ARGS__};                                                                           \
        type results_[sizeof items_ / sizeof items_[0]];                                                               \
        memset(results_, 0x55, sizeof results_);                                                                       \
        CHECK_OK(mpool_pool_map(pool, &task_, items_, sizeof items_ / sizeof items_[0], sizeof(type), results_,        \
                                sizeof(type), NULL));                                                                  \
        for (size_t i_ = 0; i_ < sizeof items_ / sizeof items_[0]; i_++)                                               \
            CHECK(results_[i_] == items_[i_]);                                                                         \
    } while (0)

/* A string; its length. */
MPOOL_FUNCTION(length)
{
    const char *text;

    if (mpool_unpack(args, "s", &text) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    (void)mpool_pack(result, "i", (int)strlen(text));
    return 0;
}

SCENARIO(map, every_format_goes_there_and_back)
{
    const mpool_task task = {.function = "length", .item_format = "s", .result_format = "i"};
    const char *const texts[] = {"", "a", "four", "thirty-two bytes are one too many"};
    int lengths[4];
    mpool_pool *pool = open_pool(2);

    CHECK_FORMAT(pool, int, "i", 0, 1, -1, INT32_MIN, INT32_MAX);
    CHECK_FORMAT(pool, int64_t, "I", 0, -129, INT64_MIN, INT64_MAX);
    CHECK_FORMAT(pool, uint64_t, "U", 0, 256, UINT64_MAX);
    CHECK_FORMAT(pool, double, "d", 0, -0.5, 1e300, 5e-324);
    CHECK_FORMAT(pool, bool, "b", true, false, true);
    CHECK_OK(mpool_pool_map(pool, &task, texts, 4, sizeof texts[0], lengths, sizeof lengths[0], NULL));
    for (int i = 0; i < 4; i++)
        CHECK_INT(lengths[i], strlen(texts[i]));
    finish_pool(pool);
}

SCENARIO(map, one_bad_item_leaves_its_place_and_the_others_as_they_should_be)
{
    const mpool_task task = {.function = "square_or_fail", .item_format = "I", .result_format = "I", .retries = 1};
    int64_t items[40], results[40];
    mpool_status statuses[40];
    mpool_pool *pool = open_pool(2);

    for (int i = 0; i < 40; i++) {
        items[i] = i;
        results[i] = -4711;
    }
    CHECK_ERR(mpool_pool_map(pool, &task, items, 40, sizeof items[0], results, sizeof results[0], statuses),
              MPOOL_E_JOB);
    CHECK_SAYS(mpool_error_detail(), "item 17 failed: 17 is poison");
    for (int i = 0; i < 40; i++) {
        CHECK_INT(statuses[i], i == POISON ? MPOOL_FAILED : MPOOL_DONE);
        CHECK_INT(results[i], i == POISON ? -4711 : (int64_t)i * i);
    }
    CHECK_INT(stats_of(pool).attempts_retried, 1);
    finish_pool(pool);
}

SCENARIO(map, of_no_items_is_nothing_and_results_need_not_be_wanted)
{
    const mpool_task square = {.function = "square", .item_format = "I", .result_format = "I"};
    const mpool_task count = {.function = "count", .item_format = "I"};
    int64_t items[1000] = {0}, result = -1;
    mpool_pool *pool = open_pool(2);

    CHECK_OK(mpool_pool_map(pool, &square, items, 0, sizeof items[0], &result, sizeof result, NULL));
    CHECK_OK(mpool_pool_map(pool, &square, NULL, 0, sizeof items[0], &result, sizeof result, NULL));
    CHECK_INT(result, -1);
    CHECK_INT(stats_of(pool).jobs_submitted, 0);
    CHECK_OK(mpool_pool_map(pool, &count, items, 1000, sizeof items[0], NULL, 0, NULL));
    CHECK_INT(atomic_load(&board->counter), 1000);
    finish_pool(pool);
}

SCENARIO(map, a_result_of_another_shape_is_told_and_the_others_stand)
{
    mpool_task task = {.function = "echo", .item_format = "I", .result_format = "i"};
    const int64_t items[3] = {1, INT64_C(1) << 40, 3};
    int results[3] = {-1, -1, -1};
    mpool_pool *pool = open_pool(1);

    CHECK_ERR(mpool_pool_map(pool, &task, items, 3, sizeof items[0], results, sizeof results[0], NULL), MPOOL_E_FORMAT);
    CHECK_SAYS(mpool_error_detail(), "item 1");
    CHECK_INT(results[0], 1);
    CHECK_INT(results[2], 3);
    CHECK_ERR(mpool_pool_map(pool, &task, items, 3, 4, results, sizeof results[0], NULL), MPOOL_E_INVAL);
    CHECK_ERR(mpool_pool_map(pool, &task, items, 3, 8, results, 8, NULL), MPOOL_E_INVAL);
    task.item_format = "x";
    CHECK_ERR(mpool_pool_map(pool, &task, items, 3, 8, results, 4, NULL), MPOOL_E_INVAL);
    task = (mpool_task){.function = "none", .item_format = "I"};
    CHECK_ERR(mpool_pool_map(pool, &task, items, 3, 8, NULL, 0, NULL), MPOOL_E_NOFUNC);
    CHECK_ERR(mpool_pool_map(pool, &task, NULL, 3, 8, NULL, 0, NULL), MPOOL_E_INVAL);
    finish_pool(pool);
}

static void *map_again_and_again(void *pool)
{
    for (int i = 0; i < 20; i++)
        still_works(pool);
    return NULL;
}

SCENARIO(map, several_threads_map_at_a_time)
{
    mpool_pool *pool = open_pool(2);
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, map_again_and_again, pool) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK_INT(stats_of(pool).jobs_ended, 4 * 20 * 100);
    finish_pool(pool);
}

/* Half of the items are done when the pool is terminated: the map ends, and says which are not. */
static void *terminate_soon(void *pool)
{
    AWAIT(atomic_load(&board->held) == 1);
    CHECK_OK(mpool_pool_terminate(pool));
    return NULL;
}

/* An int: the square of any number but 17, which waits at the gate. */
MPOOL_FUNCTION(square_or_wait)
{
    int64_t x;

    if (mpool_unpack(args, "I", &x) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (x == POISON)
        atomic_fetch_add(&board->held, 1);
    while (x == POISON && atomic_load(&board->gate) == 0)
        nap();
    (void)mpool_pack(result, "I", x * x);
    return 0;
}

static void *submit_without_end(void *data)
{
    const mpool_task task = {.function = "doze"};

    while (atomic_load(&board->gate) == 0)
        CHECK_OK(mpool_pool_submit(data, &task, NULL, "i", 1));
    return NULL;
}

SCENARIO(map, has_its_turn_while_another_thread_fills_the_queue)
{
    const mpool_pool_options options = {.workers = 1, .queue_jobs = 20};
    const mpool_task task = {.function = "square", .item_format = "I", .result_format = "I"};
    int64_t items[100], results[100];
    mpool_pool *pool;
    pthread_t thread;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(&options);
    for (int i = 0; i < 100; i++)
        items[i] = i;
    CHECK(pthread_create(&thread, NULL, submit_without_end, pool) == 0);
    CHECK_OK(mpool_pool_map(pool, &task, items, 100, sizeof items[0], results, sizeof results[0], NULL));
    open_gate();
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_INT(results[99], 99 * 99);
    finish_pool(pool);
}

SCENARIO(map, of_an_item_that_cannot_be_packed_says_which)
{
    const mpool_task task = {.function = "echo", .item_format = "s"};
    const char *items[] = {"a", "b", NULL, "d"};
    mpool_pool *pool = open_pool(1);

    CHECK_ERR(mpool_pool_map(pool, &task, items, 4, sizeof items[0], NULL, 0, NULL), MPOOL_E_FORMAT);
    CHECK_SAYS(mpool_error_detail(), "item 2");
    finish_pool(pool);
}

SCENARIO(map, in_a_pool_that_is_terminated_ends_with_what_is_done)
{
    const mpool_task task = {.function = "square_or_wait", .item_format = "I", .result_format = "I"};
    int64_t items[40], results[40];
    mpool_status statuses[40];
    mpool_pool *pool = open_pool(1);
    pthread_t thread;

    for (int i = 0; i < 40; i++) {
        items[i] = i;
        results[i] = -1;
    }
    CHECK(pthread_create(&thread, NULL, terminate_soon, pool) == 0);
    CHECK(mpool_pool_map(pool, &task, items, 40, sizeof items[0], results, sizeof results[0], statuses) != MPOOL_OK);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_INT(statuses[POISON], MPOOL_CANCELLED);
    for (int i = 0; i < 40; i++)
        CHECK_INT(results[i], statuses[i] == MPOOL_DONE ? (int64_t)i * i : -1);
    close_pool(pool);
}
