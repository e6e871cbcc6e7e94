/*
 * tests/proc/scenarios/start.c - scenarios: workers that do not get up
 *
 * The tests run them with fault points at the start of a worker.
 */
#include "tests/proc/helper.h"

#include <unistd.h>

/* A22 */
SCENARIO(start, a_pool_whose_workers_all_die_does_not_open_and_says_how_they_died)
{
    const mpool_pool_options options = {.workers = 2};
    mpool_pool *pool = NULL;

    CHECK_OK(mpool_init(NULL));
    (void)alarm(50); /* five deaths, and pauses of at most 3.1 s between them */
    CHECK_ERR(mpool_pool_open(&options, &pool), MPOOL_E_BROKEN);
    (void)alarm(0);
    CHECK(pool == NULL);
    CHECK_SAYS(mpool_error_detail(), "exited with code 0");
    mpool_fini();
}

/* A24 */
SCENARIO(start, workers_that_hang_are_killed_when_their_time_is_up)
{
    const mpool_pool_options options = {.workers = 2, .start_timeout_ms = 50};
    mpool_pool *pool = NULL;

    CHECK_OK(mpool_init(NULL));
    (void)alarm(50);
    CHECK_ERR(mpool_pool_open(&options, &pool), MPOOL_E_BROKEN);
    (void)alarm(0);
    CHECK_SAYS(mpool_error_detail(), "SIGKILL");
    mpool_fini();
}

/* A1, A2, A3. Only some of them die: five in a row at the beginning would break the pool, and rightly so. */
SCENARIO(start, a_pool_gets_up_though_some_workers_die)
{
    mpool_pool *pool = open_pool(8);

    still_works(pool);
    CHECK_INT(stats_of(pool).workers_ready, 8);
    CHECK_INT(stats_of(pool).workers_started, 8 + stats_of(pool).deaths_startup);
    CHECK_INT(stats_of(pool).deaths_ours, 0);
    finish_pool(pool);
}
