/*
 * tests/proc/scenarios/output.c - scenarios: what becomes of what jobs print
 */
#include "tests/proc/helper.h"

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
    CHECK_SAYS(mpool_error_detail(), "output 7");
    mpool_fini();
}
