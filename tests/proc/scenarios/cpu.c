/*
 * tests/proc/scenarios/cpu.c - scenarios: how much CPU time an attempt may use
 *
 * It does not pass while a machine is busy with others, so the limits here can be short.
 */
#include "tests/proc/helper.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What is to be found under its name in a backtrace. */
#define FINDABLE __attribute__((noinline, noclone, noipa))

/* ---- the jobs ---------------------------------------------------------------------------------------------------- */

static int64_t cpu_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Uses up so much of the process's CPU time. */
FINDABLE static int burn(int us)
{
    for (int64_t until_us = cpu_us() + us; cpu_us() < until_us;)
        continue;
    return 1;
}

FINDABLE static int spin_for_ever(void)
{
    volatile unsigned turns = 0;

    for (;;)
        turns++;
    return 1;
}

/* An int: microseconds of CPU time to be used; a negative one: all there is. Its square, that there be a result. */
MPOOL_FUNCTION(work)
{
    int us;

    if (mpool_unpack(args, "i", &us) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->counter, 1);
    if (us < 0 ? spin_for_ever() == 0 : burn(us) == 0)
        return 1;
    (void)mpool_pack(result, "i", us);
    return 0;
}

static void *spin_in_a_thread(void *unused)
{
    (void)unused;
    (void)spin_for_ever();
    return NULL;
}

MPOOL_FUNCTION(work_in_threads)
{
    pthread_t threads[2];

    (void)args;
    (void)result;
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, spin_in_a_thread, NULL) != 0)
            return mpool_job_fail(job, "no thread");
    return pthread_join(threads[0], NULL);
}

static void *burn_a_while(void *us)
{
    (void)burn((int)(intptr_t)us);
    return NULL;
}

/* An int: microseconds of CPU time, used by a thread, which has the signal when it comes, and is not waited for. */
MPOOL_FUNCTION(work_beside)
{
    sigset_t set, before;
    pthread_t thread;
    int us;

    (void)result;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGXCPU);
    if (mpool_unpack(args, "i", &us) != MPOOL_OK ||
        pthread_create(&thread, NULL, burn_a_while, (void *)(intptr_t)(us + 4000)) != 0 ||
        pthread_detach(thread) != 0 || pthread_sigmask(SIG_BLOCK, &set, &before) != 0)
        return mpool_job_fail(job, "no thread");
    for (int64_t until_us = cpu_us() + us; cpu_us() < until_us;)
        (void)sched_yield();
    return pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* An int: so many microseconds of CPU time are used by a child. */
MPOOL_FUNCTION(work_in_a_child)
{
    int us, status = -1;
    pid_t child;

    (void)result;
    if (mpool_unpack(args, "i", &us) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    child = fork();
    if (child == 0)
        _exit(burn(us) == 1 ? 0 : 1);
    return waitpid(child, &status, 0) == child && status == 0 ? 0
                                                              : mpool_job_fail(job, "the child ended by %d", status);
}

/* An int: so many microseconds of CPU time are used while SIGXCPU is blocked. What is raised meanwhile is kept. */
static siginfo_t kept;

MPOOL_FUNCTION(work_unheard)
{
    const struct timespec at_once = {0};
    sigset_t set, before;
    int us, number;

    (void)result;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGXCPU);
    if (mpool_unpack(args, "i", &us) != MPOOL_OK || sigprocmask(SIG_BLOCK, &set, &before) != 0 || burn(us) != 1)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    number = sigtimedwait(&set, &kept, &at_once);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return number == SIGXCPU ? 0 : mpool_job_fail(job, "nothing was raised");
}

/* It comes now. Younger kernels take a signal back whose timer was set anew meanwhile, and cannot be had to do this. */
MPOOL_FUNCTION(hear_late)
{
    (void)job;
    (void)args;
    (void)result;
    return (int)syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGXCPU, &kept);
}

/* The worker has a limit of its own, which is a second, and the job works beyond it. */
MPOOL_FUNCTION(work_beyond_its_own_limit)
{
    struct rlimit rlimit;

    (void)args;
    (void)result;
    if (getrlimit(RLIMIT_CPU, &rlimit) != 0)
        return mpool_job_fail(job, "%m");
    rlimit.rlim_cur = 1;
    if (setrlimit(RLIMIT_CPU, &rlimit) != 0)
        return mpool_job_fail(job, "%m");
    return spin_for_ever();
}

/* ---- the limit --------------------------------------------------------------------------------------------------- */

/* A job that is ended for its 60 ms. */
static const mpool_result *works_too_long(mpool_pool *pool, mpool_future **future, const char *function)
{
    const mpool_result *result;

    *future = submit(pool, &(mpool_task){.function = function, .cpu_ms = 60}, -1);
    result = result_of(*future);
    CHECK_INT(result->status, MPOOL_TIMED_OUT);
    CHECK_TEXT(result->error, "it used more than its limit of 60 ms of CPU time");
    CHECK_INT(result->dossier->signal, SIGXCPU);
    CHECK_TEXT(result->dossier->signal_name, "SIGXCPU");
    CHECK_INT(result->dossier->out_of_memory, MPOOL_OOM_NO);
    CHECK_SAYS(result->dossier->out_of_memory_evidence, "CPU time");
    CHECK(!result->dossier->has_fault_address);
    return result;
}

static void has_function(const mpool_dossier *dossier, const char *function)
{
    if (strstr(dossier->backtrace, "built without") != NULL || strstr(dossier->backtrace, "ptrace:") != NULL)
        skip("no backtraces can be taken here");
    CHECK_SAYS(dossier->backtrace, function);
}

SCENARIO(cpu, a_job_that_uses_more_cpu_time_than_its_limit_times_out)
{
    mpool_pool *pool = open_pool(1);
    const mpool_result *result;
    mpool_future *future;

    result = works_too_long(pool, &future, "work");
    has_function(result->dossier, "spin_for_ever+");
    has_function(result->dossier, "work+");
    CHECK_INT(result->attempts, 1);
    CHECK(result->dossier->user_us + result->dossier->system_us >= 60000);
    CHECK_INT(stats_of(pool).deaths_claimed, 1);
    mpool_future_free(future);
    result = works_too_long(pool, &future, "work_in_threads");
    has_function(result->dossier, "0: ");
    mpool_future_free(future);
    still_works(pool);
    finish_pool(pool);
}

SCENARIO(cpu, a_job_that_waits_uses_no_cpu_time)
{
    mpool_pool *pool = open_pool(1);

    run_one(pool, &(mpool_task){.function = "doze", .cpu_ms = 300}, 1000, MPOOL_DONE);
    run_one(pool, &(mpool_task){.function = "work_in_a_child", .cpu_ms = 60}, 200000, MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

SCENARIO(cpu, attempts_that_used_too_much_cpu_time_are_time_limits_and_no_crashes)
{
    const mpool_task retried = {.function = "work", .cpu_ms = 20, .retries = 3, .crash_limit = 1};
    const mpool_task not_retried = {.function = "work", .cpu_ms = 20, .retries = 3, .retry_on = "crashed"};
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &retried, -1);

    CHECK_INT(result_of(future)->status, MPOOL_TIMED_OUT);
    CHECK_INT(result_of(future)->attempts, 4);
    CHECK_INT(atomic_load(&board->counter), 4);
    mpool_future_free(future);
    future = submit(pool, &not_retried, -1);
    CHECK_INT(result_of(future)->status, MPOOL_TIMED_OUT);
    CHECK_INT(result_of(future)->attempts, 1);
    mpool_future_free(future);
    finish_pool(pool);
}

/* Together they use several times the limit of one. */
SCENARIO(cpu, each_job_of_a_frame_has_its_own_cpu_time)
{
    enum { COUNT = 1500 };
    const mpool_task task = {.function = "work", .cpu_ms = 100, .item_format = "i", .result_format = "i"};
    static int items[COUNT], results[COUNT];
    static mpool_status statuses[COUNT];
    mpool_pool *pool = open_pool(1);

    for (int i = 0; i < COUNT; i++)
        items[i] = 200;
    CHECK_OK(mpool_pool_map(pool, &task, items, COUNT, sizeof items[0], results, sizeof results[0], statuses));
    CHECK_INT(stats_of(pool).workers_started, 1);
    CHECK(stats_of(pool).frames_sent < COUNT);
    items[COUNT / 2] = -1;
    CHECK_ERR(mpool_pool_map(pool, &task, items, COUNT, sizeof items[0], results, sizeof results[0], statuses),
              MPOOL_E_JOB);
    for (int i = 0; i < COUNT; i++)
        CHECK_INT(statuses[i], i == COUNT / 2 ? MPOOL_TIMED_OUT : MPOOL_DONE);
    finish_pool(pool);
}

/* A signal that was not delivered in time finds another job in its place, with a limit or without. */
SCENARIO(cpu, a_signal_that_comes_late_costs_nobody)
{
    const mpool_task unheard = {.function = "work_unheard", .cpu_ms = 20};
    const mpool_task unlimited = {.function = "hear_late"}, limited = {.function = "hear_late", .cpu_ms = LONG_MS};
    mpool_pool *pool = open_pool(1);
    mpool_future *future;

    for (int i = 0; i < 3; i++) {
        run_one(pool, &unheard, 60000, MPOOL_DONE);
        run_one(pool, &unlimited, 0, MPOOL_DONE);
        run_one(pool, &unheard, 60000, MPOOL_DONE);
        run_one(pool, &limited, 0, MPOOL_DONE);
    }
    CHECK_INT(stats_of(pool).workers_started, 1);
    (void)works_too_long(pool, &future, "work");
    mpool_future_free(future);
    finish_pool(pool);
}

/* Jobs that end when their time does: whether they are done or not, no other pays for it. */
static void ends_with_its_time(const char *function)
{
    const mpool_task close = {.function = function, .cpu_ms = 8}, other = {.function = "square"};
    mpool_pool *pool = open_pool(2);
    mpool_future *futures[200];

    for (int i = 0; i < 200; i++)
        futures[i] = submit(pool, i % 2 == 0 ? &close : &other, i % 2 == 0 ? 7500 + 20 * i : i);
    for (int i = 0; i < 200; i++) {
        const mpool_result *result = result_of(futures[i]);

        CHECK(result->status == MPOOL_DONE || (i % 2 == 0 && result->status == MPOOL_TIMED_OUT));
        CHECK_INT(result->attempts, 1);
        mpool_future_free(futures[i]);
    }
    finish_pool(pool);
}

SCENARIO(cpu, jobs_that_end_with_their_cpu_time_cost_no_other)
{
    ends_with_its_time("work");
}

SCENARIO(cpu, jobs_whose_threads_go_on_when_their_cpu_time_ends_cost_no_other)
{
    ends_with_its_time("work_beside");
}

/* How many core dumps are in the working directory; they are removed. */
static int count_cores(void)
{
    DIR *directory = opendir(".");
    struct dirent *entry;
    int count = 0;

    CHECK(directory != NULL);
    while ((entry = readdir(directory)) != NULL)
        count += strncmp(entry->d_name, "core", 4) == 0 && unlink(entry->d_name) == 0;
    (void)closedir(directory);
    return count;
}

SCENARIO(cpu, that_is_used_up_leaves_no_core_dump)
{
    const char *directory = getenv("TMPDIR");
    struct rlimit rlimit;
    mpool_future *future;
    mpool_pool *pool;

    CHECK(getrlimit(RLIMIT_CORE, &rlimit) == 0);
    rlimit.rlim_cur = rlimit.rlim_max;
    CHECK(setrlimit(RLIMIT_CORE, &rlimit) == 0 && directory != NULL && chdir(directory) == 0);
    pool = open_pool(1);
    run_one(pool, &(mpool_task){.function = "crash"}, CRASH_ABORT, MPOOL_CRASHED);
    if (count_cores() == 0) {
        finish_pool(pool);
        skip("a crash leaves no core dump here");
    }
    (void)works_too_long(pool, &future, "work");
    CHECK_INT(count_cores(), 0);
    mpool_future_free(future);
    finish_pool(pool);
}

/* It ends by the same signal, but it is not our limit that was over. */
SCENARIO(cpu, a_worker_that_dies_of_its_own_cpu_limit_has_crashed)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &(mpool_task){.function = "work_beyond_its_own_limit", .cpu_ms = LONG_MS}, 0);

    CHECK_INT(result_of(future)->status, MPOOL_CRASHED);
    CHECK_INT(result_of(future)->signal, SIGXCPU);
    has_function(result_of(future)->dossier, "spin_for_ever+");
    mpool_future_free(future);
    finish_pool(pool);
}

SCENARIO(cpu, limits_that_no_clock_can_count_are_refused)
{
    mpool_pool *pool = open_pool(1);

    CHECK_ERR(mpool_pool_submit(pool, &(mpool_task){.function = "square", .cpu_ms = -1}, NULL, "i", 1), MPOOL_E_INVAL);
    CHECK_SAYS(mpool_error_detail(), "cpu_ms is -1");
    CHECK_ERR(mpool_pool_submit(pool, &(mpool_task){.function = "square", .cpu_ms = INT64_MAX}, NULL, "i", 1),
              MPOOL_E_INVAL);
    run_one(pool, &(mpool_task){.function = "square", .cpu_ms = INT64_MAX / 1000}, 3, MPOOL_DONE);
    finish_pool(pool);
}
