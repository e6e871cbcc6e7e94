/*
 * tests/proc/scenarios/children_tasks.c - scenarios: jobs that are submitted by jobs: what they can be
 */
#include "tests/proc/sums.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- job functions ----------------------------------------------------------------------------------------------- */

/* Submits one of each kind of task; the tag says which. */
MPOOL_FUNCTION(sort_of_each)
{
    const mpool_collect collect = {.total = "sum", .field = NULL};
    const mpool_task tasks[] = {
        {.function = "refuse", .tag = 0, .retries = 2},
        {.function = "square", .tag = 1, .collect = &collect, .collect_count = 1},
        {.function = "square", .tag = 2, .measure = true},
        {.function = "doze", .tag = 3, .timeout_ms = 50},
        {.function = "crash", .tag = 4, .retries = 9, .crash_limit = 2},
        {.function = "square", .tag = 5, .discard_value = true, .priority = -3, .delay_ms = 5, .at_most = 1},
        {.function = "say_hello",
         .tag = 6,
         .capture = true,
         .capture_bytes = 100,
         .at_most = 2,
         .at_most_key = "hello"},
        {.function = "crash", .tag = 7, .retries = 1, .retry_on = "exit:3"},
        {.function = "crash", .tag = 8, .retries = 1, .retry_on = "exit:3"},
    };
    static const int args_of[] = {13, 14, 15, 60000, CRASH_SEGV, 16, 17, CRASH_EXIT_3, CRASH_EXIT};

    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++)
        if (mpool_job_submit(job, &tasks[i], "i", args_of[i]) != MPOOL_OK)
            return give_up(job);
    return 0;
}

MPOOL_FUNCTION(say_hello)
{
    (void)printf("hello\n");
    return 0;
}

static bool refused(mpool_job *job, const mpool_task *task, mpool_err wanted)
{
    mpool_err err = mpool_job_submit(job, task, "i", 1);

    if (err != wanted)
        (void)mpool_job_fail(job, "%s instead of %s", mpool_err_text(err), mpool_err_text(wanted));
    return err == wanted;
}

static void never_called(void *user, const mpool_result *result)
{
    (void)user;
    (void)result;
    abort();
}

/* Submits what cannot be, and one "add" that can. */
MPOOL_FUNCTION(submit_badly)
{
    static char large[2 << 20];
    const mpool_task add = {.function = "add"};
    const mpool_collect nowhere = {.total = "nothing"};

    if (!refused(job, &(mpool_task){.function = "no_such_function"}, MPOOL_E_NOFUNC) ||
        !refused(job, &(mpool_task){.function = "./no_such_file.so:f"}, MPOOL_E_NOFUNC) ||
        !refused(job, &(mpool_task){.function = "add", .timeout_ms = -1}, MPOOL_E_INVAL) ||
        !refused(job, &(mpool_task){.function = "add", .retry_on = "crash"}, MPOOL_E_INVAL) ||
        !refused(job, &(mpool_task){.function = NULL}, MPOOL_E_INVAL) || !refused(job, NULL, MPOOL_E_INVAL) ||
        !refused(job, &(mpool_task){.function = "add", .callback = never_called}, MPOOL_E_INVAL) ||
        !refused(job, &(mpool_task){.function = "add", .collect = &nowhere, .collect_count = 1}, MPOOL_E_NOTFOUND))
        return -1;
    if (mpool_job_submit(job, &add, "z", large, sizeof large) != MPOOL_E_TOOBIG)
        return mpool_job_fail(job, "large arguments were taken");
    if (mpool_job_submit(job, &add, "[i", 1) != MPOOL_E_FORMAT)
        return mpool_job_fail(job, "a bad format was taken");
    return mpool_job_submit(job, &add, "i", 1) == MPOOL_OK ? 0 : give_up(job);
}

/* An initializer: it has no job to submit from. */
MPOOL_FUNCTION(submit_too_early)
{
    mpool_err err = mpool_job_submit(job, &(mpool_task){.function = "add"}, "i", 1);

    return err == MPOOL_E_NESTED ? 0 : mpool_job_fail(job, "%s", mpool_err_text(err));
}

/* ---- tasks ------------------------------------------------------------------------------------------------------- */

#define KINDS 9

struct kinds {
    atomic_int calls[KINDS];
    atomic_int wrong;
};

static void look(void *user, const mpool_result *result)
{
    struct kinds *kinds = user;
    static const struct {
        mpool_status status;
        unsigned attempts;
    } wanted[KINDS] = {{MPOOL_FAILED, 3}, {MPOOL_DONE, 1}, {MPOOL_DONE, 1},    {MPOOL_TIMED_OUT, 1}, {MPOOL_CRASHED, 2},
                       {MPOOL_DONE, 1},   {MPOOL_DONE, 1}, {MPOOL_CRASHED, 2}, {MPOOL_CRASHED, 1}};
    int64_t value = 0;

    if (!result->child)
        return;
    CHECK(result->tag < KINDS);
    atomic_fetch_add(&kinds->calls[result->tag], 1);
    CHECK_INT(result->status, wanted[result->tag].status);
    CHECK_INT(result->attempts, wanted[result->tag].attempts);
    CHECK((result->run_ns >= 0) == (result->tag == 2));
    CHECK((result->output != NULL) == (result->tag == 6));
    if (result->tag == 0)
        CHECK_TEXT(result->error, "no 13 today");
    if (result->tag == 2)
        CHECK_OK(mpool_result_unpack(result, "I", &value));
    CHECK(result->tag != 2 || value == 15 * 15);
    if (result->tag == 5)
        CHECK(result->value == NULL);
    if (result->tag == 6)
        CHECK_TEXT(result->output, "hello\n");
}

SCENARIO(children, have_tasks_as_all_jobs_have)
{
    mpool_pool *pool = open_pool(2);
    struct kinds kinds = {0};

    open_sums(pool);
    CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "sort_of_each", .callback = look, .user = &kinds}, NULL,
                               NULL));
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    for (int i = 0; i < KINDS; i++)
        CHECK_INT(kinds.calls[i], 1);
    CHECK_INT(sum_now(), 14 * 14);
    close_pool(pool);
}

SCENARIO(children, that_cannot_be_are_refused_in_the_job)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *future;

    open_sums(pool);
    CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "submit_badly"}, &future, NULL));
    if (result_of(future)->status != MPOOL_DONE)
        fail(__FILE__, __LINE__, "%s", result_of(future)->error);
    mpool_future_free(future);
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(count_now(), 1);
    CHECK_INT(stats_of(pool).jobs_submitted, 2);
    close_pool(pool);
}

SCENARIO(children, are_for_jobs_to_have)
{
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(&(mpool_pool_options){.workers = 1,
                                              .initializer = "submit_too_early",
                                              .finalizer = "submit_too_early",
                                              .output = MPOOL_OUTPUT_INHERIT});
    still_works(pool);
    join_free(start_process("submit_too_early", 1), 0);
    finish_pool(pool);
    CHECK_INT(count_in_output("its finalizer"), 0);
}
