/*
 * tests/proc/scenarios/watch.c - scenarios: descriptors that are readable while there is something in a queue or a pipe
 */
#include "tests/proc/helper.h"
#include "tests/proc/queues.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

SCENARIO(watch, is_at_the_level_of_its_queue_behind_each_call)
{
    enum { ROUNDS = 2000 };
    mpool_queue *queue = new_queue(0, 0);
    int items[3] = {1, 2, 3}, fd, again, number;
    size_t done;

    CHECK_OK(mpool_queue_fd(queue, &fd));
    CHECK_OK(mpool_queue_fd(queue, &again));
    CHECK_INT(again, fd);
    CHECK(!readable(fd, 0));
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_OK(mpool_queue_put(queue, 0, "i", i));
        CHECK(readable(fd, 0));
        CHECK_OK(mpool_queue_put(queue, 0, "i", i));
        CHECK(readable(fd, 0));
        CHECK_OK(mpool_queue_get(queue, 0, "i", &number));
        CHECK(readable(fd, 0));
        CHECK_OK(mpool_queue_get(queue, 0, "i", &number));
        CHECK(!readable(fd, 0));
        CHECK_OK(mpool_queue_put_many(queue, 0, "i", items, 3, sizeof items[0], NULL));
        CHECK(readable(fd, 0));
        CHECK_OK(mpool_queue_get_many(queue, 0, "i", items, 3, sizeof items[0], &done));
        CHECK(!readable(fd, 0));
        CHECK_ERR(mpool_queue_get(queue, 0, "i", &number), MPOOL_E_TIMEOUT);
    }
    CHECK_OK(mpool_queue_close(queue));
    CHECK(readable(fd, 0));
    CHECK_ERR(mpool_queue_get(queue, 0, "i", &number), MPOOL_E_END);
    CHECK(readable(fd, 0));
    mpool_fini();
}

/* An int: polls the descriptor of one queue, and passes so many items on to the other. */
MPOOL_FUNCTION(poll_and_pass)
{
    mpool_queue *from, *to;
    int count, item, fd;
    mpool_err err;

    if (!find_queues(args, &from, &to, &count) || mpool_queue_fd(from, &fd) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->held, 1);
    while (count > 0) {
        if (!readable(fd, LONG_MS))
            return mpool_job_fail(job, "the descriptor never was readable");
        err = mpool_queue_get(from, 0, "i", &item);
        if (err == MPOOL_E_TIMEOUT)
            continue; /* somebody else was quicker */
        if (err != MPOOL_OK || mpool_queue_put(to, LONG_MS, "i", item) != MPOOL_OK)
            return mpool_job_fail(job, "%s", mpool_error_detail());
        count--;
    }
    return 0;
}

/* Also in workers that were there before the queue. */
SCENARIO(watch, wakes_any_process_that_polls)
{
    enum { COUNT = 500 };
    const mpool_task task = {.function = "poll_and_pass"};
    mpool_pool *pool = open_pool(2);
    mpool_queue *queue, *back;
    mpool_process *process;
    mpool_future *futures[2];
    int item, fd, sum = 0;

    CHECK_OK(mpool_queue_new(NULL, &queue));
    CHECK_OK(mpool_queue_new(NULL, &back));
    for (int i = 0; i < 2; i++)
        CHECK_OK(mpool_pool_submit(pool, &task, &futures[i], "[h,h,i]", mpool_queue_handle(queue),
                                   mpool_queue_handle(back), COUNT));
    process = start_between("poll_and_pass", queue, back, COUNT);
    CHECK_OK(mpool_queue_fd(back, &fd));
    for (int i = 0; i < 3 * COUNT; i++) {
        CHECK_OK(mpool_queue_put(queue, LONG_MS, "i", i));
        if (i % 100 == 0) {
            CHECK(readable(fd, LONG_MS));
            let_pass(2); /* so that they are asleep now and then */
        }
    }
    for (int i = 0; i < 3 * COUNT; i++) {
        CHECK(readable(fd, LONG_MS));
        CHECK_OK(mpool_queue_get(back, 0, "i", &item));
        sum += item;
    }
    CHECK(!readable(fd, 0));
    CHECK_INT(sum, 3 * COUNT * (3 * COUNT - 1) / 2);
    wait_free(futures[0], MPOOL_DONE);
    wait_free(futures[1], MPOOL_DONE);
    join_free(process, 0);
    finish_pool(pool);
}

/* The emptying by another process is seen, too. */
SCENARIO(watch, is_not_readable_when_another_process_has_taken_all)
{
    mpool_queue *queue = new_queue(0, 0), *back;
    mpool_process *process;
    int fd;

    CHECK_OK(mpool_queue_new(NULL, &back));
    CHECK_OK(mpool_queue_fd(queue, &fd));
    for (int i = 0; i < 20; i++) {
        CHECK_OK(mpool_queue_put(queue, 0, "i", i));
        CHECK(readable(fd, 0));
        process = start_between("get_or_put_once", queue, back, MPOOL_OK);
        AWAIT(!readable(fd, 0));
        join_free(process, 0);
    }
    mpool_fini();
}

/* (count_fds() does not count the first eventfd of a process.) */
static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

SCENARIO(watch, ends_with_its_queue_in_every_process)
{
    mpool_process *process;
    mpool_queue *queue, *other, *back;
    unsigned threads;
    int fd, other_fd;

    CHECK_OK(mpool_init(NULL));
    threads = count_threads();
    CHECK_OK(mpool_queue_new(NULL, &back));
    for (int i = 0; i < 20; i++) {
        CHECK_OK(mpool_queue_new(NULL, &queue));
        CHECK_OK(mpool_queue_new(NULL, &other));
        CHECK_OK(mpool_queue_fd(queue, &fd));
        CHECK_OK(mpool_queue_fd(other, &other_fd));
        CHECK(is_open(fd) && is_open(other_fd));
        CHECK_INT(count_threads(), threads + 2);
        mpool_queue_free(queue);
        CHECK(!is_open(fd) && is_open(other_fd));
        CHECK_INT(count_threads(), threads + 1);
        mpool_queue_free(other);
        CHECK(!is_open(other_fd));
    }
    /* One that is watched elsewhere. */
    for (int i = 1; i <= 5; i++) {
        CHECK_OK(mpool_queue_new(NULL, &queue));
        process = start_between("watch_and_count", queue, back, i);
        AWAIT(atomic_load(&board->held) == i);
        mpool_queue_free(queue);
        CHECK_OK(mpool_queue_new(NULL, &queue)); /* at the same place */
        join_free(process, 0);
        mpool_queue_free(queue);
    }
    CHECK_OK(mpool_queue_fd(back, &fd)); /* and one is left to mpool_fini() */
    mpool_fini();
    CHECK(!is_open(fd));
    CHECK_INT(count_threads(), threads);
}

/* Watches a queue until that is released; then its threads and descriptors are as before. */
MPOOL_FUNCTION(watch_and_count)
{
    unsigned threads = count_threads();
    mpool_queue *queue, *other;
    int number, fd;

    if (!find_queues(args, &queue, &other, &number) || mpool_queue_fd(queue, &fd) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (!is_open(fd) || count_threads() != threads + 1)
        return mpool_job_fail(job, "%u threads, and %u before", count_threads(), threads);
    atomic_fetch_add(&board->held, 1);
    AWAIT(!is_open(fd) && count_threads() == threads);
    return 0;
}

/* Who watched it and is dead, or was stopped, keeps nobody from releasing it. */
SCENARIO(watch, does_not_hold_up_the_release)
{
    mpool_queue *queue = new_queue(0, 0), *back;
    mpool_process *process;
    int64_t begun;

    CHECK_OK(mpool_queue_new(NULL, &back));
    for (int i = 1; i <= 6; i++) {
        process = start_between("watch_and_count", queue, back, i);
        AWAIT(atomic_load(&board->held) == i);
        CHECK(kill(mpool_process_pid(process), i % 2 != 0 ? SIGKILL : SIGSTOP) == 0);
        if (i % 2 != 0)
            join_free(process, -SIGKILL);
        begun = monotonic_ms();
        mpool_queue_free(queue);
        CHECK(monotonic_ms() - begun < 10000);
        CHECK_OK(mpool_queue_new(NULL, &queue));
        if (i % 2 == 0) {
            CHECK(kill(mpool_process_pid(process), SIGCONT) == 0);
            join_free(process, 0);
        }
    }
    mpool_fini();
}
