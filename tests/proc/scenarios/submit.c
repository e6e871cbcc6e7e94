/*
 * tests/proc/scenarios/submit.c - scenarios: jobs one by one, and their futures
 */
#include "tests/proc/helper.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

SCENARIO(submit, a_wait_for_a_job_that_runs_is_over_when_its_time_is_up)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *held = hold_worker(pool), *queued = submit(pool, &(mpool_task){.function = "square"}, 5);
    const mpool_result *result = NULL;

    CHECK_ERR(mpool_future_wait(held, 0, &result), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_future_wait(queued, 20, &result), MPOOL_E_TIMEOUT);
    CHECK_SAYS(mpool_error_detail(), "20 ms");
    CHECK(result == NULL);
    open_gate();
    CHECK_OK(mpool_future_wait(held, MPOOL_FOREVER, NULL));
    CHECK_OK(mpool_future_wait(held, 0, &result));
    CHECK_INT(result->status, MPOOL_DONE);
    mpool_future_free(held);
    wait_free(queued, MPOOL_DONE);
    finish_pool(pool);
}

SCENARIO(submit, a_job_whose_future_is_freed_or_not_wanted_is_done_all_the_same)
{
    const mpool_task task = {.function = "count"};
    mpool_pool *pool = open_pool(2);

    mpool_future_free(hold_worker(pool));
    for (int i = 0; i < 100; i++) {
        mpool_future_free(submit(pool, &task, i));
        CHECK_OK(mpool_pool_submit(pool, &task, NULL, NULL));
    }
    open_gate();
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(atomic_load(&board->counter), 200);
    CHECK_INT(stats_of(pool).jobs_ended, 201);
    close_pool(pool);
}

SCENARIO(submit, a_result_outlives_its_pool)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *done = submit(pool, &(mpool_task){.function = "square"}, 12), *held, *queued;
    int64_t value;

    CHECK_INT(result_of(done)->status, MPOOL_DONE);
    held = hold_worker(pool);
    queued = submit(pool, &(mpool_task){.function = "square"}, 13);
    close_pool(pool);
    CHECK_OK(mpool_result_unpack(result_of(done), "I", &value));
    CHECK_INT(value, 144);
    mpool_future_free(done);
    CHECK_SAYS(result_of(held)->error, "ended before the job");
    wait_free(held, MPOOL_CANCELLED);
    CHECK_INT(result_of(queued)->attempts, 0);
    wait_free(queued, MPOOL_CANCELLED);
}

SCENARIO(submit, a_result_has_the_jobs_tag_number_and_slot)
{
    mpool_pool *pool = open_pool(2);
    mpool_future *futures[100];
    int64_t value;

    for (int i = 0; i < 100; i++) {
        const mpool_task task = {.function = "square", .tag = UINT64_MAX - (uint64_t)i, .measure = i % 2 == 0};

        futures[i] = submit(pool, &task, i);
    }
    for (int i = 0; i < 100; i++) {
        const mpool_result *result = result_of(futures[i]);

        CHECK_INT(result->index, i);
        CHECK(result->tag == UINT64_MAX - (uint64_t)i);
        CHECK_INT(result->attempts, 1);
        CHECK(result->worker < 2);
        CHECK(i % 2 == 0 ? result->run_ns >= 0 : result->run_ns == -1);
        CHECK(result->error == NULL);
        CHECK_OK(mpool_result_unpack(result, "I", &value));
        CHECK_INT(value, (int64_t)i * i);
        mpool_future_free(futures[i]);
    }
    finish_pool(pool);
}

/* P7 */
SCENARIO(submit, a_full_queue_says_so_or_waits)
{
    const mpool_pool_options options = {.workers = 1, .queue_jobs = 3};
    const mpool_task task = {.function = "count"}, hasty = {.function = "count", .nowait = true};
    mpool_future *future = NULL;
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(&options);
    mpool_future_free(hold_worker(pool));
    CHECK_OK(mpool_pool_submit(pool, &hasty, NULL, NULL));
    CHECK_OK(mpool_pool_submit(pool, &hasty, NULL, NULL));
    CHECK_ERR(mpool_pool_submit(pool, &hasty, &future, NULL), MPOOL_E_FULL);
    CHECK_SAYS(mpool_error_detail(), "it takes 3");
    CHECK(future == NULL);
    open_gate();
    for (int i = 0; i < 100; i++)
        CHECK_OK(mpool_pool_submit(pool, &task, NULL, NULL));
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(atomic_load(&board->counter), 102);
    close_pool(pool);
}

MPOOL_FUNCTION(give_two_values)
{
    (void)job;
    (void)args;
    (void)mpool_pack(result, "i", 1);
    (void)mpool_pack(result, "i", 2);
    return 0;
}

MPOOL_FUNCTION(give_rubbish)
{
    (void)job;
    (void)args;
    (void)msgpack_pack_array(result, 3);
    (void)mpool_pack(result, "i", 1);
    return 0;
}

/* D6, D12: another attempt would give the same. */
SCENARIO(submit, a_result_that_is_none_fails_its_job_and_is_not_tried_again)
{
    static const struct {
        const char *function;
        const char *says;
    } bad[] = {{"give_two_values", "more than one value"}, {"give_rubbish", "bad result"}};
    mpool_pool *pool = open_pool(2);
    mpool_future *future;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const mpool_task task = {.function = bad[i].function, .retries = 5};

        future = submit(pool, &task, 1);
        CHECK_SAYS(result_of(future)->error, bad[i].says);
        CHECK_INT(result_of(future)->attempts, 1);
        wait_free(future, MPOOL_FAILED);
    }
    future = submit(pool, &(mpool_task){.function = "count"}, 0);
    CHECK_OK(mpool_result_unpack(result_of(future), "n")); /* nothing packed is nil */
    wait_free(future, MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers_started, 2);
    finish_pool(pool);
}

SCENARIO(submit, what_cannot_be_queued_is_refused_and_leaves_nothing)
{
    const mpool_collect collect = {.total = "no such"};
    mpool_task task = {.function = "square"};
    mpool_pool *pool = open_pool(1);
    mpool_future *future = NULL;

    CHECK_ERR(mpool_pool_submit(pool, &(mpool_task){.function = "nothing"}, &future, NULL), MPOOL_E_NOFUNC);
    CHECK_SAYS(mpool_error_detail(), "nothing");
    CHECK_ERR(mpool_pool_submit(pool, &(mpool_task){0}, &future, NULL), MPOOL_E_INVAL);
    CHECK_ERR(mpool_pool_submit(pool, NULL, &future, NULL), MPOOL_E_INVAL);
    CHECK_ERR(mpool_pool_submit(pool, &task, &future, "{s:", "half"), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_pool_submit(pool, &task, &future, "q"), MPOOL_E_FORMAT);
    task.collect = &collect;
    task.collect_count = 1;
    CHECK_ERR(mpool_pool_submit(pool, &task, &future, "i", 1), MPOOL_E_NOTFOUND);
    CHECK_SAYS(mpool_error_detail(), "no such");
    task = (mpool_task){.function = "square", .timeout_ms = -1};
    CHECK_ERR(mpool_pool_submit(pool, &task, &future, "i", 1), MPOOL_E_INVAL);
    CHECK(future == NULL);
    CHECK_INT(stats_of(pool).jobs_submitted, 0);
    still_works(pool);
    finish_pool(pool);
}

#define SUBMITTERS 6
#define EACH 300

struct submitter {
    mpool_pool *pool;
    pthread_t thread;
    int from;
    int64_t sum;
};

static void *submit_many(void *data)
{
    struct submitter *submitter = data;
    const mpool_task task = {.function = "square"};
    mpool_future *futures[EACH];

    for (int i = 0; i < EACH; i++)
        futures[i] = submit(submitter->pool, &task, submitter->from + i);
    for (int i = 0; i < EACH; i++) {
        int64_t value;

        CHECK_OK(mpool_result_unpack(result_of(futures[i]), "I", &value));
        CHECK_INT(value, (int64_t)(submitter->from + i) * (submitter->from + i));
        submitter->sum += value;
        mpool_future_free(futures[i]);
    }
    return NULL;
}

SCENARIO(submit, several_threads_share_a_small_queue)
{
    const mpool_pool_options options = {.workers = 2, .queue_jobs = 50};
    struct submitter submitters[SUBMITTERS];
    int64_t sum = 0, wanted = 0;
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(&options);
    for (int i = 0; i < SUBMITTERS; i++) {
        submitters[i] = (struct submitter){.pool = pool, .from = i * EACH};
        CHECK(pthread_create(&submitters[i].thread, NULL, submit_many, &submitters[i]) == 0);
    }
    for (int i = 0; i < SUBMITTERS; i++) {
        CHECK(pthread_join(submitters[i].thread, NULL) == 0);
        sum += submitters[i].sum;
    }
    for (int64_t i = 0; i < SUBMITTERS * EACH; i++)
        wanted += i * i;
    CHECK_INT(sum, wanted);
    CHECK_INT(stats_of(pool).jobs_ended, SUBMITTERS * EACH);
    finish_pool(pool);
}
