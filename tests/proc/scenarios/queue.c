/*
 * tests/proc/scenarios/queue.c - scenarios: queues
 */
#include "tests/proc/arena.h"
#include "tests/proc/helper.h"
#include "tests/proc/queues.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

/* ---- what goes in comes out -------------------------------------------------------------------------------------- */

SCENARIO(queue, gives_back_what_was_put_in_by_every_format)
{
    mpool_queue *queue = new_queue(0, 0);
    mpool_handle handle = mpool_queue_handle(queue), h;
    unsigned char *large = new_pattern(3000, 1);
    const char *s, *key;
    const void *z;
    size_t size;
    int64_t I;
    uint64_t U;
    double d;
    bool b;
    int i;

    for (int shift = 0; shift < 32; shift++) {
        CHECK_OK(mpool_queue_put(queue, 0, "i", (int)(1U << shift)));
        CHECK_OK(mpool_queue_put(queue, 0, "i", -(int)(1U << (shift / 2))));
        CHECK_OK(mpool_queue_get(queue, 0, "i", &i));
        CHECK_INT(i, (int)(1U << shift));
        CHECK_OK(mpool_queue_get(queue, 0, "i", &i));
        CHECK_INT(i, -(int)(1U << (shift / 2)));
    }
    for (int shift = 0; shift < 64; shift++) {
        CHECK_OK(mpool_queue_put(queue, 0, "I", (int64_t)(UINT64_C(1) << shift)));
        CHECK_OK(mpool_queue_put(queue, 0, "U", UINT64_C(1) << shift));
        CHECK_OK(mpool_queue_get(queue, 0, "I", &I));
        CHECK(I == (int64_t)(UINT64_C(1) << shift));
        CHECK_OK(mpool_queue_get(queue, 0, "U", &U));
        CHECK(U == UINT64_C(1) << shift);
    }
    CHECK_OK(mpool_queue_put(queue, 0, "d", 1.5));
    CHECK_OK(mpool_queue_put(queue, 0, "i", 7));
    CHECK_OK(mpool_queue_put(queue, 0, "b", true));
    CHECK_OK(mpool_queue_get(queue, 0, "d", &d));
    CHECK(d == 1.5);
    CHECK_OK(mpool_queue_get(queue, 0, "d", &d));
    CHECK(d == 7);
    CHECK_OK(mpool_queue_get(queue, 0, "b", &b));
    CHECK(b);
    CHECK_OK(mpool_queue_put(queue, 0, "s", ""));
    CHECK_OK(mpool_queue_put(queue, 0, "s", "a word"));
    CHECK_OK(mpool_queue_put(queue, 0, "z", NULL, (size_t)0));
    CHECK_OK(mpool_queue_put(queue, 0, "z", large, (size_t)3000));
    CHECK_OK(mpool_queue_put(queue, 0, "h", handle));
    CHECK_OK(mpool_queue_put(queue, 0, "n"));
    CHECK_OK(mpool_queue_put(queue, 0, "{s:s,s:[i,i,n]}", "name", "x", "list", 1, 2));
    CHECK_OK(mpool_queue_put(queue, 0, "[]"));
    CHECK_INT(mpool_queue_qsize(queue), 8);
    CHECK_OK(mpool_queue_get(queue, 0, "s", &s));
    CHECK_TEXT(s, "");
    CHECK_OK(mpool_queue_get(queue, 0, "s", &s));
    CHECK_TEXT(s, "a word");
    CHECK_OK(mpool_queue_get(queue, 0, "z", &z, &size));
    CHECK_INT(size, 0);
    CHECK_OK(mpool_queue_get(queue, 0, "z", &z, &size));
    CHECK(size == 3000 && is_pattern(z, size, 1));
    CHECK_OK(mpool_queue_get(queue, 0, "h", &h));
    CHECK(h.word == handle.word);
    CHECK_OK(mpool_queue_get(queue, 0, "n"));
    CHECK_OK(mpool_queue_get(queue, 0, "{s:[i,i,n],s:s}", "list", &i, &i, "name", &key));
    CHECK(i == 2 && strcmp(key, "x") == 0);
    CHECK_OK(mpool_queue_get(queue, 0, NULL));
    CHECK(mpool_queue_empty(queue));
    free(large);
    mpool_queue_free(queue);
    mpool_fini();
}

/* Every size of an item up to all of the ring, beginning at every place of it. */
SCENARIO(queue, carries_items_of_any_size_around_its_end)
{
    enum { BYTES = 4096, MOST = BYTES - 4 - 3 };
    mpool_queue *queue = new_queue(0, BYTES);
    unsigned char *bytes = new_pattern(BYTES, 5);
    const void *found;
    size_t size;

    CHECK_ERR(mpool_queue_put(queue, 0, "z", bytes, (size_t)MOST + 1), MPOOL_E_TOOBIG);
    CHECK_OK(mpool_queue_put(queue, 0, "z", bytes, (size_t)MOST));
    CHECK(mpool_queue_full(queue));
    CHECK_ERR(mpool_queue_put(queue, 0, "n"), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_queue_get(queue, 0, "z", &found, &size));
    CHECK(size == MOST && is_pattern(found, size, 5));
    for (size_t step = 1; step <= MOST; step += step < 64 ? 1 : 61)
        for (int place = 0; place < BYTES / 8; place += step < 64 ? 3 : 16) {
            CHECK_OK(mpool_queue_put(queue, 0, "z", bytes, step));
            CHECK_OK(mpool_queue_get(queue, 0, "z", &found, &size));
            CHECK(size == step && is_pattern(found, size, 5));
            CHECK_OK(mpool_queue_put(queue, 0, "n"));
            CHECK_OK(mpool_queue_get(queue, 0, "n"));
        }
    free(bytes);
    mpool_fini();
}

/* An int: takes that many items of a MiB, and sends their seeds back. */
MPOOL_FUNCTION(take_large)
{
    mpool_queue *from, *to;
    int count;

    if (!find_queues(args, &from, &to, &count))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (int i = 0; i < count; i++) {
        const void *bytes;
        size_t size;
        int seed;

        if (mpool_queue_get(from, LONG_MS, "[i,z]", &seed, &bytes, &size) != MPOOL_OK || size != MIB ||
            !is_pattern(bytes, size, (unsigned)seed) || mpool_queue_put(to, LONG_MS, "i", seed) != MPOOL_OK)
            return mpool_job_fail(job, "item %d: %s", i, mpool_error_detail());
    }
    return 0;
}

SCENARIO(queue, carries_a_mebibyte)
{
    enum { COUNT = 20 };
    mpool_queue *queue = new_queue(0, 4 * MIB), *back;
    mpool_process *process;
    unsigned char *bytes;
    int seed;

    CHECK_OK(mpool_queue_new(NULL, &back));
    process = start_between("take_large", queue, back, COUNT);
    for (int i = 0; i < COUNT; i++) {
        bytes = new_pattern(MIB, (unsigned)i);
        CHECK_OK(mpool_queue_put(queue, LONG_MS, "[i,z]", i, bytes, MIB));
        free(bytes);
    }
    for (int i = 0; i < COUNT; i++) {
        CHECK_OK(mpool_queue_get(back, LONG_MS, "i", &seed));
        CHECK_INT(seed, i);
    }
    join_free(process, 0);
    mpool_fini();
}

SCENARIO(queue, keeps_an_item_of_another_shape)
{
    mpool_queue *queue = new_queue(0, 0);
    const char *text;
    int number;
    bool truth;

    CHECK_OK(mpool_queue_put(queue, 0, "i", 300));
    CHECK_OK(mpool_queue_put(queue, 0, "s", "word"));
    for (int i = 0; i < 3; i++) {
        CHECK_ERR(mpool_queue_get(queue, 0, "s", &text), MPOOL_E_FORMAT);
        CHECK_SAYS(mpool_error_detail(), "integer");
        CHECK_ERR(mpool_queue_get(queue, LONG_MS, "b", &truth), MPOOL_E_FORMAT);
        CHECK_ERR(mpool_queue_get(queue, 0, "[i]", &number), MPOOL_E_FORMAT);
        CHECK_ERR(mpool_queue_get(queue, 0, "?", &number), MPOOL_E_FORMAT);
        CHECK_ERR(mpool_queue_get(queue, 0, ""), MPOOL_E_FORMAT);
        CHECK_INT(mpool_queue_qsize(queue), 2);
    }
    CHECK_OK(mpool_queue_get(queue, 0, "i", &number));
    CHECK_INT(number, 300);
    CHECK_ERR(mpool_queue_get(queue, 0, "i", &number), MPOOL_E_FORMAT);
    CHECK_INT(number, 300);
    CHECK_OK(mpool_queue_get(queue, 0, "s", &text));
    CHECK_TEXT(text, "word");
    mpool_fini();
}

SCENARIO(queue, refuses_what_is_no_item_and_no_queue)
{
    mpool_queue *queue, *none = (mpool_queue *)(void *)&queue;
    mpool_queue_options large = {.bytes = MPOOL_QUEUE_BYTES_MAX + 1};
    mpool_handle handle;
    size_t done;
    int number, fd;

    CHECK_ERR(mpool_queue_new(NULL, &queue), MPOOL_E_NOINIT);
    CHECK_OK(mpool_init(NULL));
    CHECK_ERR(mpool_queue_new(&large, &queue), MPOOL_E_INVAL);
    CHECK_OK(mpool_queue_new(NULL, &queue));
    CHECK_ERR(mpool_queue_put(queue, 0, ""), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_queue_put(queue, 0, "?"), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_queue_put(queue, 0, "[i", 1), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_queue_put(queue, 0, "s", (char *)NULL), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_queue_put(queue, 0, "z", NULL, (size_t)1), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_queue_put(queue, 0, "z", zeros(MPOOL_VALUE_MAX), MPOOL_VALUE_MAX), MPOOL_E_TOOBIG);
    CHECK_ERR(mpool_queue_put(queue, 0, "[z]", zeros(2 * MIB), 2 * MIB), MPOOL_E_TOOBIG);
    CHECK(mpool_queue_empty(queue));
    CHECK_ERR(mpool_queue_task_done(queue), MPOOL_E_OVERFLOW);
    CHECK_OK(mpool_queue_join(queue, 0));

    handle = mpool_queue_handle(queue);
    mpool_queue_free(queue);
    mpool_queue_free(NULL);
    CHECK_ERR(mpool_queue_open(handle, &queue), MPOOL_E_STALE);
    for (int i = 0; i < 2; i++, queue = none) {
        CHECK_ERR(mpool_queue_put(queue, 0, "i", 1), MPOOL_E_STALE);
        CHECK_ERR(mpool_queue_get(queue, 0, "i", &number), MPOOL_E_STALE);
        CHECK_ERR(mpool_queue_put_many(queue, 0, "i", &number, 1, sizeof number, &done), MPOOL_E_STALE);
        CHECK_ERR(mpool_queue_get_many(queue, 0, "i", &number, 1, sizeof number, &done), MPOOL_E_STALE);
        CHECK_ERR(mpool_queue_close(queue), MPOOL_E_STALE);
        CHECK_ERR(mpool_queue_task_done(queue), MPOOL_E_STALE);
        CHECK_ERR(mpool_queue_join(queue, 0), MPOOL_E_STALE);
        CHECK_ERR(mpool_queue_fd(queue, &fd), MPOOL_E_STALE);
        CHECK_INT(mpool_queue_qsize(queue), 0);
        CHECK(mpool_queue_empty(queue) && !mpool_queue_full(queue));
    }
    mpool_fini();
}

/* ---- several of them --------------------------------------------------------------------------------------------- */

#define PRODUCERS 3
#define NUMBERS 3000

SCENARIO(queue, is_in_order_for_each_producer)
{
    mpool_queue *queue = new_queue(0, 4096), *back;
    mpool_process *producers[PRODUCERS], *consumers[2];
    int next[PRODUCERS] = {0}, producer, number;

    CHECK_OK(mpool_queue_new(NULL, &back));
    for (int i = 0; i < PRODUCERS; i++)
        producers[i] = start_between("put_numbers", queue, back, i * 65536 + NUMBERS);
    for (int i = 0; i < 2; i++)
        consumers[i] = start_between("pass_on_in_order", queue, back, 0);
    for (int i = 0; i < PRODUCERS * NUMBERS; i++) {
        CHECK_OK(mpool_queue_get(back, LONG_MS, "[i,i]", &producer, &number));
        CHECK(producer >= 0 && producer < PRODUCERS);
        next[producer] += number;
    }
    for (int i = 0; i < PRODUCERS; i++) {
        join_free(producers[i], 0);
        CHECK_INT(next[i], NUMBERS * (NUMBERS - 1) / 2);
    }
    CHECK_OK(mpool_queue_close(queue));
    for (int i = 0; i < 2; i++)
        join_free(consumers[i], 0);
    CHECK(mpool_queue_empty(back));
    mpool_fini();
}

SCENARIO(queue, holds_as_many_as_it_may_and_not_one_more)
{
    enum { MAXSIZE = 7 };
    mpool_queue *queue = new_queue(MAXSIZE, 0), *back;
    mpool_process *producers[PRODUCERS];
    int producer, number;

    CHECK_OK(mpool_queue_new(NULL, &back));
    for (int i = 0; i < PRODUCERS; i++)
        producers[i] = start_between("put_numbers", queue, back, i * 65536 + NUMBERS);
    for (int i = 0; i < PRODUCERS * NUMBERS; i++) {
        if (i % 500 == 0) {
            AWAIT(mpool_queue_full(queue));
            CHECK_INT(mpool_queue_qsize(queue), MAXSIZE);
            CHECK_ERR(mpool_queue_put(queue, 0, "n"), MPOOL_E_TIMEOUT);
        }
        CHECK(mpool_queue_qsize(queue) <= MAXSIZE);
        CHECK_OK(mpool_queue_get(queue, LONG_MS, "[i,i]", &producer, &number));
    }
    for (int i = 0; i < PRODUCERS; i++)
        join_free(producers[i], 0);
    mpool_fini();
}

static void *put_from_thread(void *queue)
{
    for (int i = 0; i < NUMBERS; i++)
        CHECK_OK(mpool_queue_put(queue, LONG_MS, "i", 1));
    return NULL;
}

/* An int: so many items are taken from one queue, and put into the other. */
MPOOL_FUNCTION(move_items)
{
    mpool_queue *from, *to;
    int count, item;

    if (!find_queues(args, &from, &to, &count))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (int i = 0; i < count; i++)
        if (mpool_queue_get(from, LONG_MS, "i", &item) != MPOOL_OK ||
            mpool_queue_put(to, LONG_MS, "i", item) != MPOOL_OK)
            return mpool_job_fail(job, "item %d: %s", i, mpool_error_detail());
    return 0;
}

/* Threads of the host put, jobs take and put, a process takes and puts, the host takes. */
SCENARIO(queue, connects_jobs_processes_and_threads)
{
    const mpool_task task = {.function = "move_items"};
    mpool_pool *pool = open_pool(2);
    mpool_queue *queues[3];
    mpool_future *futures[2];
    mpool_process *process;
    pthread_t threads[2];
    int sum = 0, item;

    for (int i = 0; i < 3; i++)
        CHECK_OK(mpool_queue_new(&(mpool_queue_options){.maxsize = 50}, &queues[i]));
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], NULL, put_from_thread, queues[0]) == 0);
        CHECK_OK(mpool_pool_submit(pool, &task, &futures[i], "[h,h,i]", mpool_queue_handle(queues[0]),
                                   mpool_queue_handle(queues[1]), NUMBERS));
    }
    process = start_between("move_items", queues[1], queues[2], 2 * NUMBERS);
    for (int i = 0; i < 2 * NUMBERS; i++) {
        CHECK_OK(mpool_queue_get(queues[2], LONG_MS, "i", &item));
        sum += item;
    }
    CHECK_INT(sum, 2 * NUMBERS);
    join_free(process, 0);
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        wait_free(futures[i], MPOOL_DONE);
    }
    for (int i = 0; i < 3; i++)
        CHECK(mpool_queue_empty(queues[i]));
    finish_pool(pool);
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

SCENARIO(queue, waits_as_long_as_it_was_told)
{
    mpool_queue *queue = new_queue(1, 0);
    int64_t begun = monotonic_ms();
    int number;

    CHECK_ERR(mpool_queue_get(queue, 0, "i", &number), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_queue_get(queue, 120, "i", &number), MPOOL_E_TIMEOUT); /* longer than one slice of sleep */
    CHECK(monotonic_ms() - begun >= 119);
    CHECK_OK(mpool_queue_put(queue, 0, "i", 1));
    begun = monotonic_ms();
    CHECK_ERR(mpool_queue_put(queue, 0, "i", 2), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_queue_put(queue, 120, "i", 2), MPOOL_E_TIMEOUT);
    CHECK(monotonic_ms() - begun >= 119);
    CHECK_ERR(mpool_queue_join(queue, 120), MPOOL_E_TIMEOUT);
    CHECK(monotonic_ms() - begun >= 238);
    CHECK_OK(mpool_queue_get(queue, 120, "i", &number));
    CHECK_INT(number, 1);
    mpool_fini();
}

/* A process that has come to its call, and waits there: what it says on the board changes when it is through. */
SCENARIO(queue, that_is_closed_tells_those_who_wait)
{
    mpool_queue *empty = new_queue(0, 0), *full, *back;
    mpool_process *waiting[4];
    int number;

    CHECK_OK(mpool_queue_new(&(mpool_queue_options){.maxsize = 1}, &full));
    CHECK_OK(mpool_queue_new(NULL, &back));
    CHECK_OK(mpool_queue_put(full, 0, "i", 8));
    for (int i = 0; i < 4; i++)
        waiting[i] = start_between("get_or_put_once", i < 2 ? empty : full, back, i < 2 ? MPOOL_E_END : MPOOL_E_CLOSED);
    AWAIT(atomic_load(&board->held) == 4);
    let_pass(100); /* they are asleep, or about to be: it holds in either case */
    CHECK_INT(atomic_load(&board->counter), 0);
    CHECK_OK(mpool_queue_close(empty));
    CHECK_OK(mpool_queue_close(full));
    for (int i = 0; i < 4; i++)
        join_free(waiting[i], 0);
    CHECK_OK(mpool_queue_close(full));
    CHECK_ERR(mpool_queue_put(full, LONG_MS, "i", 9), MPOOL_E_CLOSED);
    CHECK_OK(mpool_queue_get(full, 0, "i", &number));
    CHECK_INT(number, 8);
    CHECK_ERR(mpool_queue_get(full, LONG_MS, "i", &number), MPOOL_E_END);
    CHECK_ERR(mpool_queue_get(full, 0, "i", &number), MPOOL_E_END);
    CHECK_ERR(mpool_queue_put(full, 0, "i", 9), MPOOL_E_CLOSED);
    mpool_fini();
}

SCENARIO(queue, is_joined_when_all_is_done)
{
    enum { COUNT = 500 };
    mpool_queue *queue = new_queue(0, 0), *back;
    mpool_process *consumers[2];

    CHECK_OK(mpool_queue_new(NULL, &back));
    CHECK_OK(mpool_queue_join(queue, MPOOL_FOREVER));
    for (int i = 0; i < COUNT; i++)
        CHECK_OK(mpool_queue_put(queue, 0, "i", i));
    CHECK_ERR(mpool_queue_join(queue, 0), MPOOL_E_TIMEOUT);
    for (int i = 0; i < 2; i++)
        consumers[i] = start_between("do_tasks", queue, back, 0);
    CHECK_OK(mpool_queue_join(queue, LONG_MS));
    CHECK_INT(atomic_load(&board->counter), COUNT);
    CHECK_ERR(mpool_queue_task_done(queue), MPOOL_E_OVERFLOW);
    CHECK_OK(mpool_queue_put(queue, 0, "i", 0));
    CHECK_OK(mpool_queue_join(queue, LONG_MS));
    CHECK_INT(atomic_load(&board->counter), COUNT + 1);
    CHECK_OK(mpool_queue_close(queue));
    for (int i = 0; i < 2; i++)
        join_free(consumers[i], 0);
    mpool_fini();
}

/* Who is killed while it waits has taken nothing along, not even a wake-up for longer than a moment. */
SCENARIO(queue, goes_on_when_those_who_wait_are_killed)
{
    mpool_queue *queue = new_queue(0, 0), *back;
    mpool_process *waiting[3];

    CHECK_OK(mpool_queue_new(NULL, &back));
    for (int round = 1; round <= 10; round++) {
        for (int i = 0; i < 3; i++)
            waiting[i] = start_between("get_or_put_once", queue, back, MPOOL_OK);
        AWAIT(atomic_load(&board->held) == 3 * round);
        for (int i = 0; i < 2; i++) {
            CHECK_OK(mpool_process_kill(waiting[i]));
            join_free(waiting[i], -SIGKILL);
        }
        CHECK_OK(mpool_queue_put(queue, 0, "i", round));
        join_free(waiting[2], 0);
        CHECK(mpool_queue_empty(queue));
    }
    mpool_fini();
}
