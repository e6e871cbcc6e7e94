/*
 * tests/proc/scenarios/pipe.c - scenarios: pipes
 */
#include "tests/proc/arena.h"
#include "tests/proc/helper.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static mpool_process *start_at(const char *function, mpool_pipe_end *end)
{
    mpool_process *process;

    CHECK_OK(
        mpool_process_start(&(mpool_process_options){.function = function}, &process, "h", mpool_pipe_end_handle(end)));
    return process;
}

static bool find_end(const msgpack_object *args, mpool_pipe_end **end)
{
    mpool_handle handle;

    return mpool_unpack(args, "h", &handle) == MPOOL_OK && mpool_pipe_end_open(handle, end) == MPOOL_OK;
}

/* Sends back what comes, until the end. */
MPOOL_FUNCTION(echo_pipe)
{
    msgpack_object item;
    mpool_pipe_end *end;
    mpool_err err;

    if (!find_end(args, &end))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    while ((err = mpool_pipe_recv(end, LONG_MS, "o", &item)) == MPOOL_OK)
        if (mpool_pipe_send(end, LONG_MS, "o", item) != MPOOL_OK)
            return mpool_job_fail(job, "%s", mpool_error_detail());
    return err == MPOOL_E_END ? 0 : mpool_job_fail(job, "%s", mpool_error_detail());
}

SCENARIO(pipe, carries_values_there_and_back)
{
    mpool_pipe_end *left, *right;
    mpool_process *process;
    unsigned char *bytes = new_pattern(60000, 3);
    const char *text;
    const void *found;
    size_t size;
    int number;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_pipe_new(true, 0, &left, &right));
    process = start_at("echo_pipe", right);
    for (int i = 0; i < 2000; i++) {
        CHECK_OK(mpool_pipe_send(left, LONG_MS, "[i,s]", i, "word"));
        CHECK_OK(mpool_pipe_recv(left, LONG_MS, "[i,s]", &number, &text));
        CHECK_INT(number, i);
        CHECK_TEXT(text, "word");
    }
    CHECK_OK(mpool_pipe_send(left, LONG_MS, "z", bytes, (size_t)60000));
    CHECK_OK(mpool_pipe_poll(left, LONG_MS));
    CHECK_OK(mpool_pipe_poll(left, 0));
    CHECK_ERR(mpool_pipe_recv(left, 0, "i", &number), MPOOL_E_FORMAT);
    CHECK_OK(mpool_pipe_recv(left, 0, "z", &found, &size));
    CHECK(size == 60000 && is_pattern(found, size, 3));
    CHECK_ERR(mpool_pipe_poll(left, 0), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_pipe_recv(left, 0, "i", &number), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_pipe_close(left));
    join_free(process, 0);
    free(bytes);
    mpool_fini();
}

SCENARIO(pipe, in_one_direction_is_refused_the_other)
{
    mpool_pipe_end *left, *right;
    int number, fd;

    CHECK_ERR(mpool_pipe_new(false, 0, &left, &right), MPOOL_E_NOINIT);
    CHECK_OK(mpool_init(NULL));
    CHECK_ERR(mpool_pipe_new(false, (size_t)1 << 40, &left, &right), MPOOL_E_INVAL);
    CHECK_OK(mpool_pipe_new(false, 0, &left, &right));
    CHECK_ERR(mpool_pipe_send(left, 0, "i", 1), MPOOL_E_INVAL);
    CHECK_ERR(mpool_pipe_recv(right, 0, "i", &number), MPOOL_E_INVAL);
    CHECK_ERR(mpool_pipe_poll(right, 0), MPOOL_E_INVAL);
    CHECK_ERR(mpool_pipe_fd(right, &fd), MPOOL_E_INVAL);
    CHECK_OK(mpool_pipe_send(right, 0, "i", 1));
    CHECK_ERR(mpool_pipe_send(right, 0, "z", zeros(1 << 17), (size_t)1 << 17), MPOOL_E_TOOBIG);
    CHECK_ERR(mpool_pipe_send(right, 0, "?"), MPOOL_E_FORMAT);
    CHECK_OK(mpool_pipe_recv(left, 0, "i", &number));
    CHECK_INT(number, 1);
    mpool_fini();
    CHECK_ERR(mpool_pipe_send(right, 0, "i", 1), MPOOL_E_NOINIT);
}

SCENARIO(pipe, that_is_closed_gives_what_is_in_it_and_then_the_end)
{
    mpool_pipe_end *left, *right;
    int number;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_pipe_new(true, 0, &left, &right));
    CHECK_OK(mpool_pipe_send(left, 0, "i", 1));
    CHECK_OK(mpool_pipe_send(right, 0, "i", 2));
    CHECK_OK(mpool_pipe_close(left));
    CHECK_OK(mpool_pipe_close(left));
    CHECK_ERR(mpool_pipe_send(left, 0, "i", 1), MPOOL_E_CLOSED);
    CHECK_ERR(mpool_pipe_recv(left, 0, "i", &number), MPOOL_E_CLOSED);
    CHECK_ERR(mpool_pipe_poll(left, 0), MPOOL_E_CLOSED);
    CHECK_ERR(mpool_pipe_send(right, 0, "i", 1), MPOOL_E_CLOSED);
    CHECK_OK(mpool_pipe_poll(right, 0));
    CHECK_OK(mpool_pipe_recv(right, 0, "i", &number));
    CHECK_INT(number, 1);
    CHECK_OK(mpool_pipe_poll(right, LONG_MS));
    CHECK_ERR(mpool_pipe_recv(right, 0, "i", &number), MPOOL_E_END);
    CHECK_ERR(mpool_pipe_recv(right, LONG_MS, "i", &number), MPOOL_E_END);
    mpool_fini();
}

/* Uses its end once, says so, and stays. */
MPOOL_FUNCTION(send_and_stay)
{
    mpool_pipe_end *end;

    if (!find_end(args, &end) || mpool_pipe_send(end, LONG_MS, "i", 7) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->held, 1);
    for (;;)
        nap();
}

/* Opens its end, and stays. */
MPOOL_FUNCTION(open_and_stay)
{
    mpool_pipe_end *end;

    if (!find_end(args, &end))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->held, 1);
    for (;;)
        nap();
}

/* Kills a process that waits at the gate, a little later, and leaves when. */
static void *kill_later(void *process)
{
    let_pass(60);
    atomic_store(&board->counter, (int)(monotonic_ms() & INT32_MAX));
    CHECK_OK(mpool_process_kill(process));
    return NULL;
}

static int ms_since_kill(void)
{
    return (int)(monotonic_ms() & INT32_MAX) - atomic_load(&board->counter);
}

SCENARIO(pipe, whose_other_end_has_died_ends)
{
    for (int round = 0; round < 6; round++) {
        mpool_pipe_end *left, *right;
        mpool_process *process;
        pthread_t killer;
        mpool_err err;
        int number, fd;

        if (round == 0)
            CHECK_OK(mpool_init(NULL));
        atomic_store(&board->held, 0);
        CHECK_OK(mpool_pipe_new(true, 4096, &left, &right));
        process = start_at(round % 2 == 0 ? "send_and_stay" : "open_and_stay", right);
        AWAIT(atomic_load(&board->held) == 1);
        if (round < 2) { /* while we receive; what it has sent comes first */
            CHECK(pthread_create(&killer, NULL, kill_later, process) == 0);
            if (round == 0)
                CHECK_OK(mpool_pipe_recv(left, 0, "i", &number));
            CHECK_ERR(mpool_pipe_recv(left, LONG_MS, "i", &number), MPOOL_E_END);
        } else if (round < 4) { /* while we send */
            CHECK(pthread_create(&killer, NULL, kill_later, process) == 0);
            while ((err = mpool_pipe_send(left, LONG_MS, "i", 1)) == MPOOL_OK)
                continue;
            CHECK_INT(err, MPOOL_E_CLOSED);
        } else { /* while we poll */
            if (round == 4)
                CHECK_OK(mpool_pipe_recv(left, 0, "i", &number));
            CHECK_OK(mpool_pipe_fd(left, &fd));
            CHECK(!readable(fd, 0));
            CHECK(pthread_create(&killer, NULL, kill_later, process) == 0);
            CHECK(readable(fd, LONG_MS));
        }
        CHECK(pthread_join(killer, NULL) == 0);
        CHECK(ms_since_kill() < 1000); /* a tenth of a second, on a machine that has nothing else to do */
        if (round == 2)
            CHECK_OK(mpool_pipe_recv(left, 0, "i", &number));
        CHECK_ERR(mpool_pipe_recv(left, 0, "i", &number), MPOOL_E_END);
        CHECK_ERR(mpool_pipe_send(left, 0, "i", 1), MPOOL_E_CLOSED);
        join_free(process, -SIGKILL);

        /* Another one goes on at that end. */
        process = start_at("send_and_stay", right);
        AWAIT(atomic_load(&board->held) == 2);
        CHECK_OK(mpool_pipe_recv(left, LONG_MS, "i", &number));
        CHECK_OK(mpool_process_kill(process));
        join_free(process, -SIGKILL);
        mpool_pipe_end_free(left);
        mpool_pipe_end_free(right);
    }
    mpool_fini();
}

SCENARIO(pipe, of_which_one_end_was_released_ends_for_the_other)
{
    mpool_pipe_end *left, *right;
    mpool_process *process;
    mpool_handle handle;
    size_t before;
    int number;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_pipe_new(true, 0, &left, &right));
    mpool_pipe_end_free(left);
    mpool_pipe_end_free(right);
    before = arena_memory();
    for (int i = 0; i < 10; i++) {
        CHECK_OK(mpool_pipe_new(i % 2 == 0, 0, &left, &right));
        handle = mpool_pipe_end_handle(left);
        CHECK_OK(mpool_pipe_send(right, 0, "i", i));
        process = start_at("echo_pipe", i % 2 == 0 ? left : right);
        if (i % 2 == 0) {
            CHECK_OK(mpool_pipe_recv(right, LONG_MS, "i", &number));
            mpool_pipe_end_free(right);
            join_free(process, 0);
            mpool_pipe_end_free(left);
        } else { /* the process cannot receive at its end, and says so */
            join_free(process, 1);
            mpool_pipe_end_free(left);
            CHECK_ERR(mpool_pipe_send(right, 0, "i", i), MPOOL_E_CLOSED);
            mpool_pipe_end_free(right);
        }
        CHECK_ERR(mpool_pipe_end_open(handle, &left), MPOOL_E_STALE);
        CHECK_ERR(mpool_pipe_send(right, 0, "i", i), MPOOL_E_STALE);
        CHECK_INT(arena_memory(), before);
    }
    mpool_pipe_end_free(NULL);
    mpool_fini();
}
