/*
 * tests/proc/scenarios/group.c - scenarios: a cgroup with a limit of memory, for the processes that a job starts
 *
 * They are skipped where no cgroup can be made: that takes cgroup v1 and the right to, or a delegated group of v2 that
 * MPOOL_CGROUP names.
 */
#include "tests/proc/helper.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT ((int64_t)16 << 20)

/* ---- the jobs ---------------------------------------------------------------------------------------------------- */

enum { WITHIN, BEYOND, LEAVE, LEAVE_AND_WAIT, LEAVE_FILE, BAD_LIMIT };

static void enter(const char *group)
{
    char path[4096];
    int fd;

    (void)snprintf(path, sizeof path, "%s/cgroup.procs", group);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) != 1)
        _exit(9);
    (void)close(fd);
}

static _Noreturn void use(size_t size)
{
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        _exit(8);
    memset(memory, 1, size);
    _exit(0);
}

/* A file in memory, which its worker keeps open for life. */
static _Noreturn void fill(int file)
{
    static char block[LIMIT / 8 * 7];

    _exit(write(file, block, sizeof block) == sizeof block ? 0 : 5);
}

/* A process that no group and no session of processes leads to. */
static _Noreturn void hide(void)
{
    if (setsid() < 0)
        _exit(7);
    if (fork() == 0) {
        atomic_store(&board->pids[0], getpid());
        for (;;)
            (void)pause();
    }
    while (atomic_load(&board->pids[0]) == 0)
        nap();
    _exit(0);
}

static mpool_err wait_for(pid_t pid, int *status)
{
    return pid > 0 && waitpid(pid, status, 0) == pid ? MPOOL_OK : MPOOL_E_SYSTEM;
}

/* An int of these. The result is the directory of the group. */
MPOOL_FUNCTION(grouped)
{
    const char *group;
    int what, status, file = -1;

    if (mpool_unpack(args, "i", &what) != MPOOL_OK ||
        mpool_job_cgroup(job, what == BAD_LIMIT ? 0 : LIMIT, &group) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (what == LEAVE_FILE)
        file = memfd_create("left", MFD_CLOEXEC);
    pid_t pid = fork();
    if (pid == 0) {
        const char *again;

        if (mpool_job_cgroup(job, LIMIT, &again) != MPOOL_E_FORKED)
            _exit(6);
        enter(group);
        if (what == WITHIN || what == BEYOND)
            use((size_t)LIMIT / 4 * (what == WITHIN ? 1 : 8));
        if (what == LEAVE_FILE)
            fill(file);
        hide();
    }
    if (wait_for(pid, &status) != MPOOL_OK)
        return mpool_job_fail(job, "%m");
    while (what == LEAVE_AND_WAIT)
        (void)pause();
    (void)mpool_pack(result, "s", group);
    if (status != 0)
        return mpool_job_fail_as(job, MPOOL_FAILED, status, "it ended with status %d", status);
    return 0;
}

/* ---- what the host sees ------------------------------------------------------------------------------------------ */

/* Where groups can be made, one job was done in one; its path stays in `group`. */
static mpool_pool *open_grouping(char group[4096])
{
    const mpool_task task = {.function = "grouped"};
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &task, WITHIN);
    const mpool_result *result = result_of(future);
    char *path;

    if (result->status == MPOOL_FAILED) {
        CHECK_SAYS(result->error, "cgroup");
        mpool_future_free(future);
        finish_pool(pool);
        skip("no cgroup can be made here");
    }
    CHECK_OK(mpool_result_unpack(result, "s", &path));
    (void)snprintf(group, 4096, "%s", path);
    CHECK(access(group, F_OK) != 0);
    mpool_future_free(future);
    return pool;
}

SCENARIO(group, who_needs_more_memory_is_killed_and_it_is_told)
{
    const mpool_task task = {.function = "grouped", .retries = 2, .retry_on = "oom"};
    char group[4096];
    mpool_pool *pool = open_grouping(group);
    mpool_future *future = submit(pool, &task, BEYOND);
    const mpool_result *result = result_of(future);

    CHECK_INT(result->status, MPOOL_FAILED);
    CHECK_INT(result->signal, SIGKILL);
    CHECK_INT(result->attempts, 3);
    CHECK_SAYS(result->error, "; out of memory in its cgroup, whose limit is 16777216 bytes");
    CHECK_INT(result->dossier->out_of_memory, MPOOL_OOM_YES);
    CHECK_SAYS(result->dossier->out_of_memory_evidence, "cgroup");
    mpool_future_free(future);
    run_one(pool, &task, WITHIN, MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
    CHECK(access(group, F_OK) != 0);
}

SCENARIO(group, who_fails_otherwise_has_not_run_out_of_memory)
{
    const mpool_task task = {.function = "grouped", .retries = 2, .retry_on = "oom"};
    char group[4096];
    mpool_pool *pool = open_grouping(group);
    mpool_future *future = submit(pool, &task, BAD_LIMIT);
    const mpool_result *result = result_of(future);

    CHECK_INT(result->status, MPOOL_FAILED);
    CHECK_INT(result->attempts, 1);
    CHECK_SAYS(result->error, "a limit of memory is at least 1 byte, and not 0");
    CHECK_INT(result->dossier->out_of_memory, MPOOL_OOM_NO);
    mpool_future_free(future);
    finish_pool(pool);
}

SCENARIO(group, what_is_left_in_it_ends_with_the_job)
{
    const mpool_task task = {.function = "grouped"};
    char group[4096];
    mpool_pool *pool = open_grouping(group);

    run_one(pool, &task, LEAVE, MPOOL_DONE);
    CHECK(atomic_load(&board->pids[0]) > 0);
    CHECK(!process_is_there(atomic_load(&board->pids[0])));
    finish_pool(pool);
    CHECK(access(group, F_OK) != 0);
}

SCENARIO(group, is_another_for_the_next_job_which_does_not_pay_for_files_of_the_last)
{
    const mpool_task task = {.function = "grouped"};
    char group[4096];
    mpool_pool *pool = open_grouping(group);

    for (int i = 0; i < 3; i++) {
        run_one(pool, &task, LEAVE_FILE, MPOOL_DONE);
        run_one(pool, &task, WITHIN, MPOOL_DONE);
    }
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

SCENARIO(group, goes_with_its_worker_and_so_does_all_that_is_in_it)
{
    const mpool_task task = {.function = "grouped", .timeout_ms = 300};
    char group[4096];
    mpool_pool *pool = open_grouping(group);

    run_one(pool, &task, LEAVE_AND_WAIT, MPOOL_TIMED_OUT);
    CHECK(atomic_load(&board->pids[0]) > 0);
    AWAIT(!process_is_there(atomic_load(&board->pids[0])) && access(group, F_OK) != 0);
    still_works(pool);
    finish_pool(pool);
}

SCENARIO(group, is_gone_when_the_pool_is_terminated)
{
    const mpool_task task = {.function = "grouped"};
    char group[4096];
    mpool_pool *pool = open_grouping(group);
    mpool_future *future = submit(pool, &task, LEAVE_AND_WAIT);

    AWAIT(atomic_load(&board->pids[0]) > 0);
    CHECK_OK(mpool_pool_terminate(pool));
    wait_free(future, MPOOL_CANCELLED);
    finish_pool(pool);
    CHECK(!process_is_there(atomic_load(&board->pids[0])));
    CHECK(access(group, F_OK) != 0);
}

/* A host that is no other's business: it tells of its group, and waits to be killed. */
static _Noreturn void be_host(int out)
{
    const mpool_task task = {.function = "grouped"};
    char group[4096];
    mpool_pool *pool = open_grouping(group);

    (void)submit(pool, &task, LEAVE_AND_WAIT);
    AWAIT(atomic_load(&board->pids[0]) > 0);
    CHECK(write(out, group, sizeof group) == sizeof group);
    for (;;)
        (void)pause();
}

SCENARIO(group, is_gone_when_the_host_is_killed)
{
    char group[4096];
    int ends[2], status;

    CHECK(pipe(ends) == 0);
    pid_t host = fork();
    if (host == 0)
        be_host(ends[1]);
    CHECK(host > 0);
    (void)close(ends[1]);
    if (read(ends[0], group, sizeof group) != sizeof group) {
        CHECK(waitpid(host, &status, 0) == host && WIFEXITED(status));
        exit(WEXITSTATUS(status)); /* as it has said */
    }
    (void)close(ends[0]);
    CHECK(kill(host, SIGKILL) == 0 && waitpid(host, &status, 0) == host);
    AWAIT(!process_is_there(atomic_load(&board->pids[0])) && access(group, F_OK) != 0);
}

SCENARIO(group, that_cannot_be_had_is_told)
{
    const mpool_task task = {.function = "grouped"};
    mpool_pool *pool;
    mpool_future *future;

    CHECK(setenv("MPOOL_CGROUP", "/nowhere", 1) == 0);
    pool = open_pool(1);
    future = submit(pool, &task, WITHIN);
    CHECK_INT(result_of(future)->status, MPOOL_FAILED);
    CHECK_SAYS(result_of(future)->error, "cgroup \"/nowhere/mpool-");
    CHECK_SAYS(result_of(future)->error, "cannot be made: No such file or directory");
    mpool_future_free(future);
    finish_pool(pool);
}
