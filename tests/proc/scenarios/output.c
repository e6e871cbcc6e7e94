/*
 * tests/proc/scenarios/output.c - scenarios: what becomes of what jobs print
 */
#include "tests/proc/helper.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An int: prints so many lines of a hundred bytes, on stdout and stderr by turns. */
MPOOL_FUNCTION(chat)
{
    int lines;

    (void)result;
    if (mpool_unpack(args, "i", &lines) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (int i = 0; i < lines; i++)
        if (fprintf(i % 2 == 0 ? stdout : stderr, "chat %093d\n", i) != 99)
            return mpool_job_fail(job, "cannot print: %m");
    return 0;
}

/* A pipe holds 64 KiB, and nobody reads it but the supervisor. */
SCENARIO(output, of_ten_megabytes_does_not_stall)
{
    mpool_pool *pool = open_pool(2);
    mpool_future *loud[4], *others[20];

    for (int i = 0; i < 4; i++)
        loud[i] = submit(pool, &(mpool_task){.function = "chat"}, 100000);
    for (int i = 0; i < 20; i++)
        others[i] = submit(pool, &(mpool_task){.function = "square"}, i);
    for (int i = 0; i < 4; i++)
        wait_free(loud[i], MPOOL_DONE);
    for (int i = 0; i < 20; i++)
        wait_free(others[i], MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers_started, 2);
    finish_pool(pool);
}

/* What this process and its workers have printed so far: the runner gave them a file for it. */
static off_t output_size(void)
{
    (void)fflush(NULL);
    return lseek(STDOUT_FILENO, 0, SEEK_END);
}

SCENARIO(output, does_not_reach_the_host_unless_it_is_inherited)
{
    mpool_pool *pool = open_pool(1), *open;
    off_t before = output_size();

    if (before < 0)
        skip("its output is not a file");
    run_one(pool, &(mpool_task){.function = "chat"}, 1000, MPOOL_DONE);
    CHECK_INT(output_size(), before);
    open = open_another(&(mpool_pool_options){.workers = 1, .output = MPOOL_OUTPUT_INHERIT});
    run_one(open, &(mpool_task){.function = "chat"}, 10, MPOOL_DONE);
    CHECK_INT(output_size(), before + 10 * 99);
    mpool_pool_free(open);
    finish_pool(pool);
}

/* A job that does not want its output any more, and one whose child keeps the pipe and prints into it. */
MPOOL_FUNCTION(close_output)
{
    (void)job;
    (void)args;
    (void)result;
    (void)close(STDOUT_FILENO);
    (void)close(STDERR_FILENO);
    return 0;
}

MPOOL_FUNCTION(leave_a_printer)
{
    (void)job;
    (void)args;
    (void)result;
    if (fork() == 0)
        for (;;)
            if (write(STDOUT_FILENO, "and on and on\n", 14) < 0)
                _exit(0);
    return 0;
}

SCENARIO(output, may_have_an_end_and_may_have_none)
{
    mpool_pool *pool = open_pool(1);

    run_one(pool, &(mpool_task){.function = "close_output"}, 0, MPOOL_DONE);
    still_works(pool);
    run_one(pool, &(mpool_task){.function = "crash"}, CRASH_KILL, MPOOL_CRASHED);
    run_one(pool, &(mpool_task){.function = "leave_a_printer"}, 0, MPOOL_DONE);
    still_works(pool);
    run_one(pool, &(mpool_task){.function = "crash"}, CRASH_KILL, MPOOL_CRASHED);
    still_works(pool);
    finish_pool(pool);
}

SCENARIO(output, that_is_no_choice_is_refused)
{
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    CHECK_ERR(mpool_pool_open(&(mpool_pool_options){.output = (mpool_output)7}, &pool), MPOOL_E_INVAL);
    CHECK_SAYS(mpool_error_detail(), "output is 7");
    mpool_fini();
}

/* ---- capture ----------------------------------------------------------------------------------------------------- */

static const mpool_task captured = {.function = "chat", .capture = true};

/* What chat prints. */
static char *chat_of(int lines)
{
    char *text = malloc((size_t)lines * 99 + 1);

    CHECK(text != NULL);
    text[0] = '\0';
    for (int i = 0; i < lines; i++)
        (void)snprintf(text + (size_t)i * 99, 100, "chat %093d\n", i);
    return text;
}

/* The first bytes of what chat prints, and whether there was more. */
static void is_chat(const mpool_result *result, int lines, size_t most)
{
    char *text = chat_of(lines);
    size_t size = strlen(text) < most ? strlen(text) : most;

    CHECK_INT(result->status, MPOOL_DONE);
    CHECK(result->output != NULL);
    CHECK_INT(result->output_size, size);
    CHECK_INT(result->output_cut, size < strlen(text));
    CHECK(memcmp(result->output, text, size) == 0 && result->output[size] == '\0');
    free(text);
}

SCENARIO(output, that_is_captured_is_the_jobs_own_to_the_byte)
{
    static const int lines[] = {0, 1, 2, 661, 662, 663, 5000, 3, 10591};
    mpool_pool *pool = open_pool(2);
    mpool_future *futures[27], *others[27];

    for (int i = 0; i < 27; i++) {
        futures[i] = submit(pool, &captured, lines[i % 9]);
        others[i] = submit(pool, &(mpool_task){.function = "chat"}, 10);
    }
    for (int i = 0; i < 27; i++) {
        is_chat(result_of(futures[i]), lines[i % 9], 1 << 20);
        CHECK(result_of(others[i])->output == NULL);
        wait_free(others[i], MPOOL_DONE);
        mpool_future_free(futures[i]);
    }
    finish_pool(pool);
}

SCENARIO(output, that_is_captured_is_cut_at_its_cap)
{
    static const size_t caps[] = {1, 99, 100, 4096, 65536, MPOOL_CAPTURE_MAX};
    mpool_pool *pool = open_pool(1);
    mpool_task task = captured;
    mpool_future *future;

    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        task.capture_bytes = caps[i];
        for (int lines = 1; lines <= 100000; lines *= 100) {
            future = submit(pool, &task, lines);
            is_chat(result_of(future), lines, caps[i]);
            mpool_future_free(future);
        }
    }
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

/* An int: prints "attempt N" for each, and ends by the crash of this kind, or fails if it is below 0. */
MPOOL_FUNCTION(say_and_end)
{
    int kind;

    (void)result;
    if (mpool_unpack(args, "i", &kind) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    (void)printf("attempt %u\n", mpool_job_attempt(job));
    if (kind == CRASH_SEGV)
        (void)raise(SIGSEGV);
    if (kind == CRASH_EXIT_3)
        _exit(3);
    while (kind == CRASH_KILL) /* until its time is up */
        nap();
    return mpool_job_fail(job, "as told");
}

static void says_and_ends(mpool_pool *pool, int kind, mpool_status status)
{
    const mpool_task task = {.function = "say_and_end", .capture = true, .retries = 1, .timeout_ms = 300};
    mpool_future *future = submit(pool, &task, kind);

    CHECK_INT(result_of(future)->status, status);
    CHECK_TEXT(result_of(future)->output, "attempt 2\n");
    CHECK_TEXT(result_of(future)->dossier->output, "attempt 2\n");
    CHECK(!result_of(future)->output_cut && !result_of(future)->dossier->output_shared);
    mpool_future_free(future);
}

SCENARIO(output, is_captured_of_the_last_attempt_however_it_ended)
{
    mpool_pool *pool = open_pool(2);

    says_and_ends(pool, -1, MPOOL_FAILED);
    says_and_ends(pool, CRASH_SEGV, MPOOL_CRASHED);
    says_and_ends(pool, CRASH_EXIT_3, MPOOL_CRASHED);
    says_and_ends(pool, CRASH_KILL, MPOOL_TIMED_OUT);
    finish_pool(pool);
}

static mpool_err generate(void *user, msgpack_packer *args, uint64_t *tag)
{
    int *next = user;

    *tag = (uint64_t)*next;
    return *next == 200 ? MPOOL_E_END : mpool_pack(args, "i", (*next)++);
}

/* From an iterator; a cancelled job has none. */
SCENARIO(output, is_captured_of_each_job_of_an_iterator)
{
    mpool_pool *pool = open_pool(3);
    const mpool_result *result;
    mpool_future *held, *cancelled;
    mpool_iter *iter;
    int next = 0, count = 0;

    CHECK_OK(mpool_pool_imap_unordered(pool, &captured, generate, &next, &iter));
    for (; mpool_iter_next(iter, LONG_MS, &result) == MPOOL_OK; count++)
        is_chat(result, (int)result->tag, 1 << 20);
    CHECK_INT(count, 200);
    mpool_iter_free(iter);
    held = submit(pool, &(mpool_task){.function = "hold", .capture = true}, 0);
    AWAIT(atomic_load(&board->held) == 1);
    cancelled = submit(pool, &(mpool_task){.function = "hold", .capture = true}, 0);
    mpool_pool_free(pool);
    CHECK(result_of(held)->output == NULL && result_of(cancelled)->output == NULL);
    mpool_future_free(held);
    mpool_future_free(cancelled);
    mpool_fini();
}

SCENARIO(output, that_cannot_be_captured_is_refused)
{
    mpool_task task = captured;
    mpool_pool *pool, *open;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(NULL);
    open = open_another(&(mpool_pool_options){.workers = 1, .output = MPOOL_OUTPUT_INHERIT});
    CHECK_ERR(mpool_pool_submit(open, &task, NULL, "i", 1), MPOOL_E_INVAL);
    CHECK_SAYS(mpool_error_detail(), "inherited");
    task.capture_bytes = MPOOL_CAPTURE_MAX + 1;
    CHECK_ERR(mpool_pool_submit(pool, &task, NULL, "i", 1), MPOOL_E_INVAL);
    CHECK_SAYS(mpool_error_detail(), "capture_bytes is 8388609");
    CHECK_INT(stats_of(pool).jobs_submitted, 0);
    mpool_pool_free(open);
    close_pool(pool);
}
