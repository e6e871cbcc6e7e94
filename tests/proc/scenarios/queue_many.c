/*
 * tests/proc/scenarios/queue_many.c - scenarios: arrays into queues and out of them
 */
#include "tests/proc/arena.h"
#include "tests/proc/helper.h"
#include "tests/proc/queues.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define COUNT 1000

SCENARIO(array, items_of_every_format_come_out_as_they_went_in)
{
    static int i[COUNT], i2[COUNT];
    static int64_t I[COUNT], I2[COUNT];
    static uint64_t U[COUNT], U2[COUNT];
    static double d[COUNT], d2[COUNT];
    static bool b[COUNT], b2[COUNT];
    static struct {
        char name[11];
        short number;
    } structs[COUNT], structs2[COUNT];
    mpool_queue *queue = new_queue(0, 0);
    size_t done;

    for (int n = 0; n < COUNT; n++) {
        U[n] = (UINT64_C(1) << (n % 64)) + (uint64_t)n;
        I[n] = n % 2 != 0 ? (int64_t)U[n] : -(int64_t)(U[n] / 2);
        i[n] = (int)I[n];
        d[n] = n / 3.0;
        b[n] = n % 3 == 0;
        memset(structs[n].name, n, sizeof structs[n].name);
        structs[n].number = (short)n;
    }
#define THERE_AND_BACK(format, from, to)                                                                               \
    CHECK_OK(mpool_queue_put_many(queue, 0, format, from, COUNT, sizeof(from)[0], &done));                             \
    CHECK_INT(done, COUNT);                                                                                            \
    CHECK_INT(mpool_queue_qsize(queue), COUNT);                                                                        \
    CHECK_OK(mpool_queue_get_many(queue, 0, format, to, COUNT, sizeof(to)[0], &done));                                 \
    CHECK_INT(done, COUNT);                                                                                            \
    CHECK(memcmp(from, to, sizeof(from)) == 0)
    THERE_AND_BACK("i", i, i2);
    THERE_AND_BACK("I", I, I2);
    THERE_AND_BACK("U", U, U2);
    THERE_AND_BACK("d", d, d2);
    THERE_AND_BACK("b", b, b2);
    THERE_AND_BACK(NULL, structs, structs2);
    CHECK(mpool_queue_empty(queue));
    mpool_fini();
}

SCENARIO(array, strings_and_single_items_mix_with_them)
{
    const char *strings[3] = {"", "one", "a string of more than thirty-two bytes, which has a longer head"}, *text;
    mpool_queue *queue = new_queue(0, 0);
    int numbers[5] = {1, 2, 3};
    bool truths[2];
    size_t done;

    CHECK_OK(mpool_queue_put_many(queue, 0, "s", strings, 3, sizeof strings[0], NULL));
    for (int n = 0; n < 3; n++) {
        CHECK_OK(mpool_queue_get(queue, 0, "s", &text));
        CHECK_TEXT(text, strings[n]);
    }
    /* It stops in front of another shape, and does not begin with one. */
    CHECK_OK(mpool_queue_put_many(queue, 0, "i", numbers, 3, sizeof numbers[0], NULL));
    CHECK_OK(mpool_queue_put(queue, 0, "b", true));
    CHECK_OK(mpool_queue_put(queue, 0, "z", "1234", (size_t)4));
    CHECK_OK(mpool_queue_put(queue, 0, "s", "1234"));
    CHECK_ERR(mpool_queue_get_many(queue, 0, "b", truths, 2, sizeof truths[0], &done), MPOOL_E_FORMAT);
    CHECK_OK(mpool_queue_get_many(queue, 0, "i", numbers, 5, sizeof numbers[0], &done));
    CHECK(done == 3 && numbers[0] == 1 && numbers[2] == 3);
    CHECK_ERR(mpool_queue_get_many(queue, 0, "i", numbers, 5, sizeof numbers[0], &done), MPOOL_E_FORMAT);
    CHECK_OK(mpool_queue_get_many(queue, 0, "b", truths, 2, sizeof truths[0], &done));
    CHECK(done == 1 && truths[0]);
    CHECK_OK(mpool_queue_get_many(queue, 0, NULL, numbers, 5, sizeof numbers[0], &done)); /* bytes, and a string */
    CHECK(done == 2 && memcmp(numbers, "12341234", 8) == 0);
    CHECK_ERR(mpool_queue_get_many(queue, 0, NULL, numbers, 5, sizeof numbers[0], &done), MPOOL_E_TIMEOUT);
    mpool_fini();
}

SCENARIO(array, odd_calls_are_refused_and_put_nothing)
{
    const char *strings[2] = {"one", NULL};
    mpool_queue *queue = new_queue(0, 4096);
    char large[8192] = "";
    int numbers[3] = {0};
    size_t done = 99;

    CHECK_ERR(mpool_queue_put_many(queue, 0, "o", numbers, 3, sizeof numbers[0], &done), MPOOL_E_INVAL);
    CHECK_ERR(mpool_queue_put_many(queue, 0, "ii", numbers, 3, sizeof numbers[0], &done), MPOOL_E_INVAL);
    CHECK_ERR(mpool_queue_put_many(queue, 0, "", numbers, 3, sizeof numbers[0], &done), MPOOL_E_INVAL);
    CHECK_ERR(mpool_queue_put_many(queue, 0, "i", numbers, 3, 3, &done), MPOOL_E_INVAL);
    CHECK_ERR(mpool_queue_put_many(queue, 0, NULL, numbers, 3, 0, &done), MPOOL_E_INVAL);
    CHECK_ERR(mpool_queue_put_many(queue, 0, "i", NULL, 3, sizeof numbers[0], &done), MPOOL_E_INVAL);
    CHECK_ERR(mpool_queue_put_many(queue, 0, "s", strings, 2, sizeof strings[0], &done), MPOOL_E_FORMAT);
    CHECK_SAYS(mpool_error_detail(), "item 1");
    CHECK_ERR(mpool_queue_put_many(queue, 0, NULL, large, 1, sizeof large, &done), MPOOL_E_TOOBIG);
    strings[1] = memset(large, 'x', sizeof large - 1);
    CHECK_ERR(mpool_queue_put_many(queue, 0, "s", strings, 2, sizeof strings[0], &done), MPOOL_E_TOOBIG);
    CHECK_ERR(mpool_queue_get_many(queue, 0, "s", strings, 2, sizeof strings[0], &done), MPOOL_E_INVAL);
    CHECK_ERR(mpool_queue_get_many(queue, 0, "i", numbers, 0, sizeof numbers[0], &done), MPOOL_E_INVAL);
    CHECK_ERR(mpool_queue_get_many(queue, 0, "i", NULL, 3, sizeof numbers[0], &done), MPOOL_E_INVAL);
    CHECK_ERR(mpool_queue_get_many(queue, 0, "i", numbers, 3, sizeof numbers[0], NULL), MPOOL_E_INVAL);
    CHECK_ERR(mpool_queue_get_many(queue, 0, "i", numbers, 3, sizeof numbers[0], &done), MPOOL_E_TIMEOUT);
    CHECK_INT(done, 99);
    CHECK(mpool_queue_empty(queue));
    CHECK_OK(mpool_queue_put_many(queue, 0, "i", NULL, 0, sizeof numbers[0], &done));
    CHECK_INT(done, 0);
    mpool_fini();
}

SCENARIO(array, as_many_go_in_as_there_is_room_for)
{
    mpool_queue *queue = new_queue(10, 0), *small;
    int numbers[COUNT], sum = 0;
    size_t done;

    for (int n = 0; n < COUNT; n++)
        numbers[n] = n;
    CHECK_ERR(mpool_queue_put_many(queue, 0, "i", numbers, COUNT, sizeof numbers[0], &done), MPOOL_E_TIMEOUT);
    CHECK_INT(done, 10);
    CHECK_ERR(mpool_queue_put_many(queue, 60, "i", numbers, COUNT, sizeof numbers[0], &done), MPOOL_E_TIMEOUT);
    CHECK_INT(done, 0);
    CHECK_OK(mpool_queue_new(&(mpool_queue_options){.bytes = 4096}, &small));
    CHECK_ERR(mpool_queue_put_many(small, 0, "i", numbers, COUNT, sizeof numbers[0], &done), MPOOL_E_TIMEOUT);
    CHECK(done > 4096 / 16 && done < 4096 / 8 + 1);
    CHECK_INT(mpool_queue_qsize(small), done);
    CHECK_OK(mpool_queue_close(small));
    CHECK_ERR(mpool_queue_put_many(small, 0, "i", numbers, COUNT, sizeof numbers[0], &done), MPOOL_E_CLOSED);
    CHECK_INT(done, 0);
    while (mpool_queue_get_many(small, 0, "i", numbers, 7, sizeof numbers[0], &done) == MPOOL_OK)
        for (size_t n = 0; n < done; n++)
            CHECK_INT(numbers[n], sum++);
    CHECK_ERR(mpool_queue_get_many(small, LONG_MS, "i", numbers, 7, sizeof numbers[0], &done), MPOOL_E_END);
    mpool_fini();
}

/* A number of items by thousands; they are 0, 1, 2 ... */
MPOOL_FUNCTION(put_thousands)
{
    mpool_queue *queue, *other;
    int count, numbers[COUNT];

    if (!find_queues(args, &queue, &other, &count))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (int i = 0; i < count; i += COUNT) {
        for (int n = 0; n < COUNT; n++)
            numbers[n] = i + n;
        if (mpool_queue_put_many(queue, LONG_MS, "i", numbers, COUNT, sizeof numbers[0], NULL) != MPOOL_OK)
            return mpool_job_fail(job, "%s", mpool_error_detail());
    }
    return 0;
}

SCENARIO(array, items_wait_for_room_and_for_each_other)
{
    mpool_queue *queue = new_queue(0, 4096);
    mpool_process *process = start_between("put_thousands", queue, queue, 200 * COUNT);
    int numbers[333];
    size_t done, taken = 0;

    while (taken < (size_t)200 * COUNT) {
        CHECK_OK(mpool_queue_get_many(queue, LONG_MS, "i", numbers, 1 + taken % 333, sizeof numbers[0], &done));
        CHECK(done >= 1 && done <= 1 + taken % 333);
        for (size_t n = 0; n < done; n++)
            CHECK_INT(numbers[n], (int)taken++);
    }
    join_free(process, 0);
    CHECK(mpool_queue_empty(queue));
    mpool_fini();
}
