/*
 * tests/proc/scenarios/setup.c - scenarios: what workers do first, and last
 */
#include "tests/proc/helper.h"

#include <mpool/pack.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int the_number; /* what the initializer of this process has got */

/* A map with n: keeps it. */
MPOOL_FUNCTION(keep_number)
{
    (void)result;
    if (mpool_unpack(args, "{s:i}", "n", &the_number) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->begun[0], 1);
    return 0;
}

MPOOL_FUNCTION(give_number)
{
    (void)job;
    (void)args;
    (void)mpool_pack(result, "i", the_number);
    return 0;
}

/* Gets the same as keep_number. */
MPOOL_FUNCTION(say_goodbye)
{
    int number;

    (void)job;
    (void)result;
    if (mpool_unpack(args, "{s:i}", "n", &number) == MPOOL_OK && number == the_number)
        atomic_fetch_add(&board->ended[0], 1);
    return 0;
}

SCENARIO(setup, each_worker_is_set_up_before_its_first_job_and_says_goodbye)
{
    msgpack_sbuffer args;
    msgpack_packer packer;
    mpool_pool_options options = {.workers = 3, .initializer = "keep_number", .finalizer = "say_goodbye"};
    const mpool_task task = {.function = "give_number", .item_format = "i", .result_format = "i"};
    int items[100] = {0}, numbers[100];
    mpool_pool *pool;

    msgpack_sbuffer_init(&args);
    msgpack_packer_init(&packer, &args, msgpack_sbuffer_write);
    CHECK_OK(mpool_pack(&packer, "{s:i}", "n", 4711));
    options.setup_args = args.data;
    options.setup_size = args.size;
    CHECK_OK(mpool_init(NULL));
    pool = open_another(&options);
    msgpack_sbuffer_destroy(&args);
    CHECK_OK(mpool_pool_map(pool, &task, items, 100, sizeof items[0], numbers, sizeof numbers[0], NULL));
    for (int i = 0; i < 100; i++)
        CHECK_INT(numbers[i], 4711);
    CHECK_INT(atomic_load(&board->begun[0]), 3);
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(atomic_load(&board->ended[0]), 3);
    close_pool(pool);
}

SCENARIO(setup, a_worker_that_takes_anothers_place_is_set_up_too)
{
    const mpool_pool_options options = {.workers = 1, .initializer = "refuse_nothing", .worker_max_jobs = 5};
    const mpool_task crash = {.function = "crash"};
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(&options);
    run_one(pool, &crash, CRASH_KILL, MPOOL_CRASHED);
    still_works(pool);
    AWAIT(atomic_load(&board->begun[1]) >= 2);
    finish_pool(pool);
}

MPOOL_FUNCTION(refuse_nothing)
{
    (void)job;
    (void)args;
    (void)result;
    atomic_fetch_add(&board->begun[1], 1);
    return 0;
}

MPOOL_FUNCTION(refuse_to_start)
{
    (void)args;
    (void)result;
    atomic_fetch_add(&board->counter, 1);
    return mpool_job_fail(job, "the database is not there");
}

SCENARIO(setup, an_initializer_that_fails_is_the_error_of_open)
{
    const mpool_pool_options options = {.workers = 2, .initializer = "refuse_to_start"};
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    CHECK_ERR(mpool_pool_open(&options, &pool), MPOOL_E_BROKEN);
    CHECK_SAYS(mpool_error_detail(), "\"refuse_to_start\" failed: the database is not there");
    CHECK(atomic_load(&board->counter) <= 8); /* it does not spin */
    mpool_fini();
}

MPOOL_FUNCTION(crash_at_start)
{
    (void)job;
    (void)args;
    (void)result;
    abort();
}

SCENARIO(setup, an_initializer_that_crashes_is_told_as_the_death_it_is)
{
    const mpool_pool_options options = {.workers = 1, .initializer = "crash_at_start"};
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    CHECK_ERR(mpool_pool_open(&options, &pool), MPOOL_E_BROKEN);
    CHECK_SAYS(mpool_error_detail(), "SIGABRT");
    mpool_fini();
}

SCENARIO(setup, that_cannot_be_is_refused)
{
    const mpool_pool_options options[] = {
        {.workers = 1, .initializer = "nobody"},
        {.workers = 1, .finalizer = "nobody"},
        {.workers = 1, .initializer = "keep_number", .setup_args = "\x91", .setup_size = 1},
        {.workers = 1, .initializer = "keep_number", .setup_args = "\x01\x02", .setup_size = 2},
        {.workers = 1, .initializer = "keep_number", .setup_args = "", .setup_size = ((size_t)8 << 20) + 1},
    };
    static const mpool_err errors[] = {MPOOL_E_NOFUNC, MPOOL_E_NOFUNC, MPOOL_E_FORMAT, MPOOL_E_FORMAT, MPOOL_E_TOOBIG};
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        CHECK_ERR(mpool_pool_open(&options[i], &pool), errors[i]);
    mpool_fini();
}
