/*
 * tests/proc/scenarios/death.c - scenarios: the host or the fork server dies, and what becomes of the rest
 *
 * What must not be left afterwards is held by the runner.
 */
#include "tests/proc/helper.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* A process below the job's; with `session` in one of its own, where no group signal finds it. */
static void have_a_child(bool session)
{
    pid_t child = fork();

    if (child != 0)
        return;
    if (session)
        (void)setsid();
    atomic_fetch_add(&board->counter, 1);
    for (;;)
        (void)pause();
}

/* An int: 0 no child, 1 one, 2 one in a session of its own too. Waits at the gate. */
MPOOL_FUNCTION(with_children)
{
    int kinds;

    (void)result;
    if (mpool_unpack(args, "i", &kinds) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (int kind = 0; kind < kinds; kind++)
        have_a_child(kind == 1);
    atomic_fetch_add(&board->held, 1);
    while (atomic_load(&board->gate) == 0)
        nap();
    return 0;
}

/* Jobs are asleep in two workers, with children; one worker has nothing to do. */
static mpool_pool *busy_pool(int kinds)
{
    const mpool_task task = {.function = "with_children"};
    mpool_pool *pool = open_pool(3);

    for (int i = 0; i < 2; i++)
        mpool_future_free(submit(pool, &task, kinds));
    AWAIT(atomic_load(&board->held) == 2 && atomic_load(&board->counter) == 2 * kinds);
    return pool;
}

static void fork_survivor(void)
{
    pid_t child = fork();

    CHECK(child >= 0);
    if (child == 0)
        for (;;)
            (void)pause();
    (void)printf("survivor %d\n", (int)child);
    (void)fflush(stdout);
}

/* B10 */
SCENARIO(death, a_killed_host_takes_everything_along)
{
    (void)busy_pool(2);
    (void)raise(SIGKILL);
}

SCENARIO(death, a_killed_host_takes_everything_along_but_its_own_child)
{
    (void)busy_pool(2);
    fork_survivor();
    (void)raise(SIGKILL);
}

/* What the application sees once the fork server is gone. */
static void expect_broken(mpool_pool *pool, mpool_future *future)
{
    const mpool_task task = {.function = "square"};
    const mpool_result *result = result_of(future);
    mpool_pool *another;

    CHECK_INT(result->status, MPOOL_CANCELLED);
    CHECK_SAYS(result->error, "fork server");
    CHECK_ERR(mpool_pool_submit(pool, &task, NULL, "i", 1), MPOOL_E_BROKEN);
    CHECK_SAYS(mpool_error_detail(), "fork server");
    CHECK_ERR(mpool_pool_join(pool, LONG_MS), MPOOL_E_BROKEN);
    CHECK_ERR(mpool_pool_open(NULL, &another), MPOOL_E_BROKEN);
}

/* B11. Workers die with their parent. Whoever was to remove the runtime directory is dead: mpool_fini() does it. */
SCENARIO(death, a_killed_fork_server_breaks_the_pool)
{
    mpool_pool *pool = open_pool(2);
    mpool_future *running = hold_worker(pool), *queued;

    mpool_future_free(hold_worker(pool));
    queued = submit(pool, &(mpool_task){.function = "square"}, 1);
    CHECK(kill(fork_server(), SIGKILL) == 0);
    expect_broken(pool, running);
    CHECK_INT(result_of(queued)->status, MPOOL_CANCELLED);
    mpool_future_free(running);
    mpool_future_free(queued);
    close_pool(pool);
}

struct breaking {
    mpool_pool *pool;
    mpool_future *futures[BOARD_JOBS];
    int count;
};

/* Submits until the pool is broken. */
static void *submit_into_the_breach(void *data)
{
    const mpool_task task = {.function = "square"};
    struct breaking *breaking = data;

    while (breaking->count < BOARD_JOBS &&
           mpool_pool_submit(breaking->pool, &task, &breaking->futures[breaking->count], "i", 1) == MPOOL_OK) {
        breaking->count++;
        atomic_fetch_add(&board->counter, 1);
    }
    return NULL;
}

SCENARIO(death, jobs_submitted_while_the_pool_breaks_have_an_end)
{
    static struct breaking breaking;
    pthread_t thread;

    breaking.pool = open_pool(2);
    CHECK(pthread_create(&thread, NULL, submit_into_the_breach, &breaking) == 0);
    AWAIT(atomic_load(&board->counter) > 1000);
    CHECK(kill(fork_server(), SIGKILL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    for (int i = 0; i < breaking.count; i++) {
        const mpool_result *result = result_of(breaking.futures[i]);

        CHECK(result->status == MPOOL_DONE || result->status == MPOOL_CANCELLED);
        mpool_future_free(breaking.futures[i]);
    }
    CHECK_INT(stats_of(breaking.pool).jobs_submitted, breaking.count);
    close_pool(breaking.pool);
}

/* DESIGN.md §3: only descendants that called setsid() may outlive the fork server's violent end. */
SCENARIO(death, a_killed_fork_server_leaves_no_command_behind)
{
    mpool_pool *pool = busy_pool(1);

    CHECK(kill(fork_server(), SIGKILL) == 0);
    CHECK_OK(mpool_pool_terminate(pool));
    CHECK_ERR(mpool_pool_join(pool, LONG_MS), MPOOL_E_BROKEN);
    close_pool(pool);
}

/* ---- while somebody is looked at --------------------------------------------------------------------------------- */

static bool unwinder_is_there(void)
{
    DIR *directory = opendir("/proc");
    const struct dirent *entry;
    bool found = false;

    CHECK(directory != NULL);
    while (!found && (entry = readdir(directory)) != NULL) {
        char path[300], name[32] = "", marker[] = "mpool-unwinder\n";
        FILE *file;

        (void)snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
        file = strtol(entry->d_name, NULL, 10) > 0 ? fopen(path, "re") : NULL;
        if (file == NULL)
            continue;
        found = fgets(name, sizeof name, file) != NULL && strcmp(name, marker) == 0;
        (void)fclose(file);
    }
    (void)closedir(directory);
    return found;
}

/* The fault point has the unwinder stop when it has the worker. */
SCENARIO(death, a_host_killed_while_a_worker_is_looked_at_takes_the_unwinder_along)
{
    mpool_pool *pool = open_pool(2);

    mpool_future_free(submit(pool, &(mpool_task){.function = "crash"}, CRASH_SEGV));
    AWAIT(unwinder_is_there());
    (void)raise(SIGKILL);
}

/* Nor does the end of a pool wait for it. */
SCENARIO(death, a_pool_that_is_freed_while_a_worker_is_looked_at_ends)
{
    mpool_pool *pool = open_pool(2);
    mpool_future *future = submit(pool, &(mpool_task){.function = "crash"}, CRASH_SEGV);

    AWAIT(unwinder_is_there());
    close_pool(pool);
    CHECK(result_of(future)->status == MPOOL_CANCELLED);
    mpool_future_free(future);
}
