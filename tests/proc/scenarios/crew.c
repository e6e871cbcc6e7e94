/*
 * tests/proc/scenarios/crew.c - scenarios: how many workers there are, and when one is replaced
 */
#include "tests/proc/helper.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Nothing; its worker's process id. */
MPOOL_FUNCTION(who)
{
    (void)job;
    (void)args;
    (void)mpool_pack(result, "i", (int)getpid());
    return 0;
}

static mpool_pool *open_with(const mpool_pool_options *options)
{
    CHECK_OK(mpool_init(NULL));
    return open_another(options);
}

SCENARIO(crew, a_worker_is_replaced_after_its_number_of_jobs)
{
    enum { JOBS = 200, EACH = 25 };
    const mpool_pool_options options = {.workers = 1, .worker_max_jobs = EACH};
    const mpool_task task = {.function = "who", .item_format = "i", .result_format = "i"};
    static int items[JOBS], pids[JOBS];
    mpool_pool *pool = open_with(&options);
    int same = 1;

    CHECK_OK(mpool_pool_map(pool, &task, items, JOBS, sizeof items[0], pids, sizeof pids[0], NULL));
    for (int i = 0; i < JOBS; i++) {
        int jobs = 0;

        for (int k = 0; k < JOBS; k++)
            jobs += pids[k] == pids[i];
        CHECK(jobs <= EACH);
        same += i > 0 && pids[i] != pids[i - 1];
    }
    CHECK(same >= JOBS / EACH);
    CHECK_INT(stats_of(pool).deaths_startup, 0);
    CHECK_INT(stats_of(pool).deaths_ours, 0);
    CHECK_INT(stats_of(pool).deaths_idle, 0);
    finish_pool(pool);
}

SCENARIO(crew, the_successor_is_there_before_the_old_worker_goes)
{
    const mpool_pool_options options = {.workers = 1, .worker_max_jobs = 1};
    mpool_pool *pool = open_with(&options);
    mpool_future *holder = hold_worker(pool);

    AWAIT(stats_of(pool).workers_ready == 2);
    still_works(pool); /* by others, for it holds on */
    open_gate();
    wait_free(holder, MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers, 1);
    finish_pool(pool);
}

SCENARIO(crew, a_worker_is_replaced_when_it_is_old)
{
    const mpool_pool_options options = {.workers = 2, .worker_max_age_ms = 20, .worker_max_jitter = 50};
    mpool_pool *pool = open_with(&options);

    AWAIT(stats_of(pool).workers_started >= 6);
    still_works(pool);
    finish_pool(pool);
}

/* An int: keeps so many megabytes for good. */
MPOOL_FUNCTION(grow)
{
    int megabytes;
    char *memory;

    (void)result;
    if (mpool_unpack(args, "i", &megabytes) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    memory = malloc((size_t)megabytes << 20);
    if (memory == NULL)
        return mpool_job_fail(job, "no memory");
    memset(memory, 1, (size_t)megabytes << 20);
    atomic_store(&board->counter, memory[megabytes]);
    return 0;
}

SCENARIO(crew, a_worker_is_replaced_when_it_is_large)
{
    const mpool_pool_options options = {.workers = 1, .worker_max_bytes = (size_t)400 << 20};
    const mpool_task task = {.function = "grow"};
    mpool_pool *pool = open_with(&options);

    run_one(pool, &task, 1, MPOOL_DONE);
    let_pass(120); /* until it is looked at again */
    run_one(pool, &task, 1, MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers_started, 1);
    let_pass(120);
    run_one(pool, &task, 600, MPOOL_DONE);
    AWAIT(stats_of(pool).workers_started == 2 && stats_of(pool).workers_ready == 1);
    still_works(pool);
    finish_pool(pool);
}

static unsigned processes(mpool_pool *pool)
{
    pid_t pids[64];
    size_t count;
    unsigned there = 0;

    CHECK_OK(mpool_pool_pids(pool, pids, 64, &count));
    for (size_t i = 0; i < count; i++)
        there += pids[i] > 0;
    return there;
}

SCENARIO(crew, a_pool_is_resized_and_no_job_suffers)
{
    enum { JOBS = 3000 };
    const mpool_pool_options options = {.workers = 2, .workers_most = 6};
    const mpool_task task = {.function = "doze"};
    static mpool_future *futures[JOBS];
    mpool_pool *pool = open_with(&options);
    unsigned next = 1;

    CHECK_ERR(mpool_pool_resize(pool, 7), MPOOL_E_INVAL);
    CHECK_ERR(mpool_pool_resize(pool, 0), MPOOL_E_INVAL);
    for (int i = 0; i < JOBS; i++) {
        futures[i] = submit(pool, &task, 0);
        if (i % 100 == 0) {
            CHECK_OK(mpool_pool_resize(pool, 1 + next * 7 % 6));
            next++;
        }
    }
    for (int i = 0; i < JOBS; i++) {
        CHECK_INT(result_of(futures[i])->attempts, 1);
        wait_free(futures[i], MPOOL_DONE);
    }
    CHECK_OK(mpool_pool_resize(pool, 5));
    AWAIT(processes(pool) == 5 && stats_of(pool).workers_ready == 5);
    CHECK_OK(mpool_pool_resize(pool, 1));
    AWAIT(processes(pool) == 1);
    CHECK_INT(stats_of(pool).workers, 1);
    still_works(pool);
    CHECK_OK(mpool_pool_close(pool));
    CHECK_ERR(mpool_pool_resize(pool, 2), MPOOL_E_CLOSED);
    finish_pool(pool);
}

SCENARIO(crew, workers_come_when_jobs_wait_and_go_when_they_idle)
{
    const mpool_pool_options options = {.workers = 4, .workers_least = 1, .worker_idle_ms = 50};
    const mpool_task task = {.function = "hold"};
    mpool_future *futures[12];
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_pool_open(&options, &pool));
    CHECK_INT(stats_of(pool).workers, 1);
    for (int i = 0; i < 12; i++)
        futures[i] = submit(pool, &task, 0);
    AWAIT(atomic_load(&board->held) == 4);
    CHECK_INT(stats_of(pool).workers, 4);
    open_gate();
    for (int i = 0; i < 12; i++)
        wait_free(futures[i], MPOOL_DONE);
    AWAIT(processes(pool) == 1);
    CHECK_INT(stats_of(pool).workers, 1);
    still_works(pool);
    finish_pool(pool);
}

SCENARIO(crew, numbers_that_make_no_sense_are_refused)
{
    const mpool_pool_options options[] = {
        {.workers = 3, .workers_least = 4},      {.workers = 3, .workers_most = 2},
        {.workers_most = MPOOL_WORKERS_MAX + 1}, {.workers = 1, .worker_max_jitter = 101},
        {.workers = 1, .worker_max_age_ms = -1}, {.workers = 1, .worker_idle_ms = INT64_MAX},
        {.workers = 1, .start_timeout_ms = -1},
    };
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        CHECK_ERR(mpool_pool_open(&options[i], &pool), MPOOL_E_INVAL);
    mpool_fini();
}

/* Totals, kills and recycling at once: nothing is lost, nothing counts twice. */
SCENARIO(crew, totals_are_exact_while_workers_come_and_go)
{
    enum { JOBS = 5000 };
    const mpool_pool_options options = {
        .workers = 3, .workers_most = 4, .worker_max_jobs = 20, .worker_max_age_ms = 30, .worker_max_jitter = 50};
    const mpool_task task = {.function = "add", .item_format = "i"};
    static int items[JOBS];
    mpool_pool *pool = open_with(&options);
    mpool_total *sum, *count;
    int64_t total;

    CHECK_OK(mpool_total_open(pool, "sum", MPOOL_SUM, &sum));
    CHECK_OK(mpool_total_open(pool, "count", MPOOL_COUNT, &count));
    for (int i = 0; i < JOBS; i++)
        items[i] = i;
    CHECK_OK(mpool_pool_map(pool, &task, items, JOBS, sizeof items[0], NULL, 0, NULL));
    CHECK_OK(mpool_total_int64(sum, &total));
    CHECK_INT(total, (int64_t)JOBS * (JOBS - 1) / 2);
    CHECK_OK(mpool_total_int64(count, &total));
    CHECK_INT(total, JOBS);
    CHECK(stats_of(pool).workers_started >= JOBS / 20);
    finish_pool(pool);
}
