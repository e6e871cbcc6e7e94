/*
 * tests/proc/scenarios/pause.c - scenarios: a pool that stands still for a while
 *
 * A pause is longer than the limit of a job that is in it: its clock would have ended it. The job has most of its limit
 * left for what it does besides, so only a machine that stands still could fail it.
 */
#include "tests/proc/helper.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS 4000
#define PAUSE_MS 4500

/* Counts until the gate is open. */
MPOOL_FUNCTION(count_on)
{
    (void)args;
    (void)result;
    atomic_store(&board->pids[0], getpid());
    while (atomic_load(&board->gate) == 0) {
        atomic_fetch_add(&board->counter, 1);
        nap();
    }
    return mpool_job_cancelled(job) ? mpool_job_fail(job, "asked to stop") : 0;
}

static char state_of(pid_t pid)
{
    char path[64], line[512] = "";
    const char *name_end;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (file != NULL && fgets(line, sizeof line, file) == NULL)
        line[0] = '\0';
    if (file != NULL)
        (void)fclose(file);
    name_end = strrchr(line, ')');
    return name_end != NULL && strlen(name_end) > 2 ? name_end[2] : '?';
}

SCENARIO(pause, no_limit_runs_in_one)
{
    const mpool_task task = {.function = "count_on", .timeout_ms = LIMIT_MS, .soft_timeout_ms = LIMIT_MS - 500};
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &task, 0);
    int counted;

    AWAIT(atomic_load(&board->counter) > 0);
    CHECK_OK(mpool_pool_pause(pool));
    CHECK_OK(mpool_pool_pause(pool));
    AWAIT(state_of(atomic_load(&board->pids[0])) == 'T');
    counted = atomic_load(&board->counter);
    let_pass(PAUSE_MS);
    CHECK_INT(atomic_load(&board->counter), counted);
    CHECK(!mpool_future_done(future));
    CHECK_OK(mpool_pool_resume(pool));
    AWAIT(atomic_load(&board->counter) > counted);
    open_gate();
    wait_free(future, MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers_started, 1);
    still_works(pool);
    finish_pool(pool);
}

/* The host stops as well, as ^Z does it, and a child of its own has it go on. */
SCENARIO(pause, a_host_that_stops_in_one_finds_all_as_it_was)
{
    const mpool_task task = {.function = "count_on", .timeout_ms = LIMIT_MS};
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &task, 0);
    pid_t self = getpid(), child;

    AWAIT(atomic_load(&board->counter) > 0);
    CHECK_OK(mpool_pool_pause(pool));
    child = fork();
    if (child == 0) {
        while (state_of(self) != 'T')
            nap();
        let_pass(PAUSE_MS);
        (void)kill(self, SIGCONT);
        _exit(0);
    }
    CHECK(child > 0);
    (void)raise(SIGSTOP);
    CHECK_OK(mpool_pool_resume(pool));
    open_gate();
    wait_free(future, MPOOL_DONE);
    CHECK_INT(waitpid(child, NULL, 0), child);
    finish_pool(pool);
}

SCENARIO(pause, no_job_begins_in_one)
{
    const mpool_task task = {.function = "count_on"};
    mpool_pool *pool = open_pool(2);
    mpool_future *future;

    CHECK_OK(mpool_pool_resume(pool));
    CHECK_OK(mpool_pool_pause(pool));
    future = submit(pool, &task, 0);
    let_pass(300);
    CHECK_INT(atomic_load(&board->counter), 0);
    CHECK_OK(mpool_pool_resume(pool));
    AWAIT(atomic_load(&board->counter) > 0);
    open_gate();
    wait_free(future, MPOOL_DONE);
    finish_pool(pool);
}

/* Stopped workers die as others do. */
SCENARIO(pause, ends_with_its_pool)
{
    const mpool_task task = {.function = "count_on"};
    mpool_pool *pool = open_pool(2);
    mpool_future *future = submit(pool, &task, 0);

    AWAIT(atomic_load(&board->counter) > 0);
    CHECK_OK(mpool_pool_pause(pool));
    CHECK_OK(mpool_pool_terminate(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    wait_free(future, MPOOL_CANCELLED);
    CHECK_OK(mpool_pool_pause(pool));
    CHECK_OK(mpool_pool_resume(pool));
    close_pool(pool);
}

SCENARIO(pause, a_host_that_dies_in_one_leaves_nothing)
{
    const mpool_task task = {.function = "count_on"};
    mpool_pool *pool = open_pool(2);

    (void)submit(pool, &task, 0);
    AWAIT(atomic_load(&board->counter) > 0);
    CHECK_OK(mpool_pool_pause(pool));
    AWAIT(state_of(atomic_load(&board->pids[0])) == 'T');
    (void)raise(SIGKILL);
}
