/*
 * tests/proc/scenarios/resources.c - scenarios: how much memory and CPU time an attempt may use
 *
 * A process under AddressSanitizer does not survive a malloc() that is refused, so there memory is asked for by mmap().
 * CPU time does not pass while a machine is busy with others: limits of it can be short.
 */
#include "tests/proc/helper.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

/* ---- memory: the jobs -------------------------------------------------------------------------------------------- */

/* What is to be found under its name in a backtrace. */
#define FINDABLE __attribute__((noinline, noclone, noipa))

#if defined(__SANITIZE_ADDRESS__)

static void *get(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return memory != MAP_FAILED ? memory : NULL;
}

static void give_back(void *memory, size_t size)
{
    (void)munmap(memory, size);
}

#else

static void *get(size_t size)
{
    return malloc(size);
}

static void give_back(void *memory, size_t size)
{
    (void)size;
    free(memory);
}

#endif

/* An int: so many MiB are asked for. And a string: what to do if they are refused. */
MPOOL_FUNCTION(ask_for)
{
    volatile int *nowhere = NULL;
    const char *otherwise;
    char *memory;
    int count;

    (void)result;
    if (mpool_unpack(args, "[i,s]", &count, &otherwise) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->counter, 1);
    memory = get((size_t)count * MIB);
    if (memory != NULL) {
        memory[0] = memory[(size_t)count * MIB - 1] = 1;
        give_back(memory, (size_t)count * MIB);
        return 0;
    }
    if (strcmp(otherwise, "abort") == 0)
        abort();
    if (strcmp(otherwise, "exit") == 0)
        exit(9);
    if (strcmp(otherwise, "access") == 0)
        *nowhere = 1;
    if (strcmp(otherwise, "carry on") == 0)
        return 0;
    return mpool_job_fail(job, "there are no %d MiB", count);
}

/* The soft limit of private data that the job has, and what its worker has of it; the latter in bytes. */
MPOOL_FUNCTION(show_limit)
{
    FILE *file = fopen("/proc/self/status", "re");
    struct rlimit rlimit;
    unsigned long kib = 0;
    char line[256];

    (void)args;
    if (file == NULL || getrlimit(RLIMIT_DATA, &rlimit) != 0)
        return mpool_job_fail(job, "%m");
    while (fgets(line, sizeof line, file) != NULL && sscanf(line, "VmData: %lu", &kib) != 1)
        continue;
    (void)fclose(file);
    (void)mpool_pack(result, "[U,U]", (uint64_t)rlimit.rlim_cur, (uint64_t)kib * 1024);
    return 0;
}

/* An int: from now on the worker itself may have so many MiB more. */
MPOOL_FUNCTION(lower_limit)
{
    struct rlimit rlimit;
    int count;

    (void)result;
    if (mpool_unpack(args, "i", &count) != MPOOL_OK || getrlimit(RLIMIT_DATA, &rlimit) != 0)
        return mpool_job_fail(job, "it cannot be lowered");
    rlimit.rlim_cur = (rlim_t)count * MIB;
    return setrlimit(RLIMIT_DATA, &rlimit);
}

static mpool_future *ask(mpool_pool *pool, const mpool_task *task, int mib, const char *otherwise)
{
    mpool_future *future;

    CHECK_OK(mpool_pool_submit(pool, task, &future, "[i,s]", mib, otherwise));
    return future;
}

static mpool_task with_memory(size_t mib)
{
    return (mpool_task){.function = "ask_for", .memory_bytes = mib * MIB};
}

static void gets(mpool_pool *pool, size_t limit_mib, int mib)
{
    const mpool_task task = with_memory(limit_mib);

    wait_free(ask(pool, &task, mib, "fail"), MPOOL_DONE);
}

static void is_refused(mpool_pool *pool, size_t limit_mib, int mib)
{
    const mpool_task task = with_memory(limit_mib);
    mpool_future *future = ask(pool, &task, mib, "fail");
    const mpool_result *result = result_of(future);

    CHECK_INT(result->status, MPOOL_FAILED);
    CHECK_SAYS(result->error, "there are no");
    CHECK_INT(result->dossier->out_of_memory, MPOOL_OOM_YES);
    CHECK_SAYS(result->dossier->out_of_memory_evidence, "memory limit");
    mpool_future_free(future);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

SCENARIO(resources, memory_beyond_the_limit_is_refused_and_others_have_theirs)
{
    mpool_pool *pool = open_pool(1);

    for (int i = 0; i < 5; i++) {
        gets(pool, 16, 8);
        is_refused(pool, 16, 64);
        gets(pool, 0, 64);
        gets(pool, 128, 64);
        is_refused(pool, 8, 16);
    }
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

static void ends_by(mpool_pool *pool, const char *otherwise, int number, int exit_code)
{
    const mpool_task task = with_memory(16);
    mpool_future *future = ask(pool, &task, 64, otherwise);
    const mpool_result *result = result_of(future);

    CHECK_INT(result->status, MPOOL_CRASHED);
    CHECK_INT(result->signal, number);
    CHECK_INT(result->exit_code, exit_code);
    CHECK_INT(result->dossier->out_of_memory, MPOOL_OOM_YES);
    CHECK_SAYS(result->dossier->out_of_memory_evidence, "memory limit of 16777216 bytes");
    mpool_future_free(future);
}

SCENARIO(resources, a_crash_for_want_of_memory_is_told_as_such)
{
    mpool_pool *pool = open_pool(1);

    ends_by(pool, "abort", SIGABRT, 0);
    ends_by(pool, "access", SIGSEGV, 0);
    ends_by(pool, "exit", 0, 9);
    still_works(pool);
    finish_pool(pool);
}

static void has_verdict(mpool_pool *pool, const mpool_task *task, int argument, mpool_status status, mpool_oom verdict)
{
    mpool_future *future = submit(pool, task, argument);

    CHECK_INT(result_of(future)->status, status);
    CHECK_INT(result_of(future)->dossier->out_of_memory, verdict);
    mpool_future_free(future);
}

/* Of a job that has no limit the kernel's killer would have to know; and what had one, and failed for another reason,
 * may have been refused memory before. */
SCENARIO(resources, who_goes_wrong_otherwise_is_not_said_to_have_run_out_of_memory)
{
    const size_t limit = 16 * MIB;
    mpool_pool *pool = open_pool(1);

    has_verdict(pool, &(mpool_task){.function = "refuse"}, 1, MPOOL_FAILED, MPOOL_OOM_NO);
    has_verdict(pool, &(mpool_task){.function = "crash"}, CRASH_SEGV, MPOOL_CRASHED, MPOOL_OOM_NO);
    has_verdict(pool, &(mpool_task){.function = "crash"}, CRASH_EXIT, MPOOL_CRASHED, MPOOL_OOM_NO);
    has_verdict(pool, &(mpool_task){.function = "refuse", .memory_bytes = limit}, 1, MPOOL_FAILED, MPOOL_OOM_UNKNOWN);
    has_verdict(pool, &(mpool_task){.function = "crash", .memory_bytes = limit}, CRASH_ABORT, MPOOL_CRASHED,
                MPOOL_OOM_UNKNOWN);
    has_verdict(pool, &(mpool_task){.function = "crash", .memory_bytes = limit}, CRASH_EXIT, MPOOL_CRASHED,
                MPOOL_OOM_UNKNOWN);
    wait_free(ask(pool, &(mpool_task){.function = "ask_for", .memory_bytes = limit}, 64, "carry on"), MPOOL_DONE);
    finish_pool(pool);
}

static void limit_is(mpool_pool *pool, size_t memory_bytes, uint64_t *soft, uint64_t *data)
{
    mpool_future *future = submit(pool, &(mpool_task){.function = "show_limit", .memory_bytes = memory_bytes}, 0);

    CHECK_OK(mpool_result_unpack(result_of(future), "[U,U]", soft, data));
    mpool_future_free(future);
}

/* The worker's own limit is not raised, and it is there again when the job has ended. */
SCENARIO(resources, a_limit_ends_with_its_job_and_is_no_more_than_the_workers_own)
{
    mpool_pool *pool = open_pool(1);
    uint64_t own, soft, data, lower;

    limit_is(pool, 0, &own, &data);
    for (int i = 0; i < 3; i++) {
        limit_is(pool, 64 * MIB, &soft, &data);
        CHECK(soft < own && soft <= data + 64 * MIB && soft + 4 * MIB > data + 64 * MIB);
        limit_is(pool, 0, &soft, &data);
        CHECK(soft == own);
    }
    lower = data / MIB + 512;
    run_one(pool, &(mpool_task){.function = "lower_limit"}, (int)lower, MPOOL_DONE);
    limit_is(pool, 4096 * MIB, &soft, &data);
    CHECK_INT(soft, lower * MIB);
    limit_is(pool, 64 * MIB, &soft, &data);
    CHECK(soft < lower * MIB);
    limit_is(pool, 0, &soft, &data);
    CHECK_INT(soft, lower * MIB);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

static char *keepsake;

MPOOL_FUNCTION(keep_much)
{
    (void)args;
    (void)result;
    keepsake = get(256 * MIB);
    return keepsake != NULL ? 0 : mpool_job_fail(job, "no memory");
}

SCENARIO(resources, what_an_initializer_has_taken_does_not_count)
{
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(&(mpool_pool_options){.workers = 1, .initializer = "keep_much"});
    gets(pool, 16, 8);
    is_refused(pool, 16, 64);
    gets(pool, 16, 8);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

#if !defined(__SANITIZE_ADDRESS__)

/* An int: a result of so many MiB. */
MPOOL_FUNCTION(pack_much)
{
    size_t size;
    char *bytes;
    int count;

    if (mpool_unpack(args, "i", &count) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->counter, 1);
    size = (size_t)count * MIB;
    bytes = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    (void)msgpack_pack_bin(result, size);
    (void)msgpack_pack_bin_body(result, bytes, size);
    (void)munmap(bytes, size);
    return 0;
}

SCENARIO(resources, a_result_beyond_the_memory_limit_fails_its_job_and_not_its_worker)
{
    const mpool_task task = {.function = "pack_much", .memory_bytes = 24 * MIB, .retries = 1};
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &task, 100);
    const mpool_result *result = result_of(future);

    CHECK_INT(result->status, MPOOL_FAILED);
    CHECK_TEXT(result->error, "out of memory");
    CHECK_INT(result->attempts, 2);
    CHECK_INT(result->dossier->out_of_memory, MPOOL_OOM_YES);
    CHECK_INT(atomic_load(&board->counter), 2);
    mpool_future_free(future);
    run_one(pool, &task, 7, MPOOL_DONE);
    run_one(pool, &(mpool_task){.function = "pack_much"}, 100, MPOOL_DONE);
    run_one(pool, &task, 7, MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

/* Takes all there is, down to the smallest pieces, says so, and waits for the word to stop. */
MPOOL_FUNCTION(take_all_and_listen)
{
    struct piece {
        struct piece *next;
    } *pieces = NULL, *piece;

    (void)args;
    for (size_t size = MIB; size >= sizeof *piece; size /= 2)
        while ((piece = malloc(size)) != NULL) {
            piece->next = pieces;
            pieces = piece;
        }
    atomic_fetch_add(&board->held, 1);
    while (!mpool_job_cancelled(job))
        nap();
    while ((piece = pieces) != NULL) {
        pieces = piece->next;
        free(piece);
    }
    (void)mpool_pack(result, "s", "asked");
    return 0;
}

/* What waits is large: if it came in now, there would be no memory for it, and the connection would be lost. */
SCENARIO(resources, a_job_that_has_taken_all_its_memory_hears_and_loses_no_connection)
{
    const mpool_task asked = {.function = "take_all_and_listen", .memory_bytes = 32 * MIB, .soft_timeout_ms = 300};
    const mpool_task cancelled = {.function = "take_all_and_listen", .memory_bytes = 32 * MIB};
    mpool_future *first, *second, *behind[8];
    mpool_pool *pool = open_pool(1);
    char *text = calloc(1, 900000);

    CHECK(text != NULL);
    memset(text, 'x', 900000 - 1);
    for (int i = 0; i < 3; i++) {
        first = submit(pool, &asked, 0);
        second = submit(pool, &cancelled, 0);
        for (int k = 0; k < 8; k++)
            CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "echo"}, &behind[k], "s", text));
        AWAIT(atomic_load(&board->held) == 2 * i + 2);
        CHECK_OK(mpool_future_cancel(second, LONG_MS));
        wait_free(first, MPOOL_DONE);
        wait_free(second, MPOOL_DONE);
        for (int k = 0; k < 8; k++)
            wait_free(behind[k], MPOOL_DONE);
    }
    CHECK_INT(stats_of(pool).workers_started, 1);
    free(text);
    finish_pool(pool);
}

#else

SCENARIO(resources, a_result_beyond_the_memory_limit_fails_its_job_and_not_its_worker)
{
    skip("AddressSanitizer's realloc() does not return without memory");
}

SCENARIO(resources, a_job_that_has_taken_all_its_memory_hears_and_loses_no_connection)
{
    skip("AddressSanitizer's malloc() does not return without memory");
}

#endif

/* ---- CPU time: the jobs ------------------------------------------------------------------------------------------ */

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

/* It comes now. Kernels before 6.13 deliver a signal whose timer was set anew meanwhile; others take it back. */
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

/* ---- CPU time ---------------------------------------------------------------------------------------------------- */

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

SCENARIO(resources, a_job_that_uses_more_cpu_time_than_its_limit_times_out)
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

SCENARIO(resources, a_job_that_waits_uses_no_cpu_time)
{
    mpool_pool *pool = open_pool(1);

    run_one(pool, &(mpool_task){.function = "doze", .cpu_ms = 300}, 1000, MPOOL_DONE);
    run_one(pool, &(mpool_task){.function = "work_in_a_child", .cpu_ms = 60}, 200000, MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

SCENARIO(resources, attempts_that_used_too_much_cpu_time_are_time_limits_and_no_crashes)
{
    const mpool_task retried = {.function = "work", .cpu_ms = 20, .retries = 3, .crash_limit = 1};
    const mpool_task not_retried = {
        .function = "work", .cpu_ms = 20, .retries = 3, .retry_on = MPOOL_RETRY_ON(MPOOL_CRASHED)};
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
SCENARIO(resources, each_job_of_a_frame_has_its_own_cpu_time)
{
    const mpool_task task = {.function = "work", .cpu_ms = 100, .item_format = "i", .result_format = "i"};
    int items[400], results[400];
    mpool_status statuses[400];
    mpool_pool *pool = open_pool(1);

    for (int i = 0; i < 400; i++)
        items[i] = 1000;
    CHECK_OK(mpool_pool_map(pool, &task, items, 400, sizeof items[0], results, sizeof results[0], statuses));
    CHECK_INT(stats_of(pool).workers_started, 1);
    CHECK(stats_of(pool).frames_sent < 300);
    items[200] = -1;
    CHECK_ERR(mpool_pool_map(pool, &task, items, 400, sizeof items[0], results, sizeof results[0], statuses),
              MPOOL_E_JOB);
    for (int i = 0; i < 400; i++)
        CHECK_INT(statuses[i], i == 200 ? MPOOL_TIMED_OUT : MPOOL_DONE);
    finish_pool(pool);
}

/* A signal that was not delivered in time finds another job in its place, with a limit or without. */
SCENARIO(resources, a_signal_that_comes_late_costs_nobody)
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

SCENARIO(resources, jobs_that_end_with_their_cpu_time_cost_no_other)
{
    ends_with_its_time("work");
}

SCENARIO(resources, jobs_whose_threads_go_on_when_their_cpu_time_ends_cost_no_other)
{
    ends_with_its_time("work_beside");
}

/* It ends by the same signal, but it is not our limit that was over. */
SCENARIO(resources, a_worker_that_dies_of_its_own_cpu_limit_has_crashed)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &(mpool_task){.function = "work_beyond_its_own_limit", .cpu_ms = LONG_MS}, 0);

    CHECK_INT(result_of(future)->status, MPOOL_CRASHED);
    CHECK_INT(result_of(future)->signal, SIGXCPU);
    has_function(result_of(future)->dossier, "spin_for_ever+");
    mpool_future_free(future);
    finish_pool(pool);
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

SCENARIO(resources, that_make_no_sense_are_refused)
{
    mpool_pool *pool = open_pool(1);

    CHECK_ERR(mpool_pool_submit(pool, &(mpool_task){.function = "square", .cpu_ms = -1}, NULL, "i", 1), MPOOL_E_INVAL);
    CHECK_SAYS(mpool_error_detail(), "cpu_ms is -1");
    CHECK_ERR(mpool_pool_submit(pool, &(mpool_task){.function = "square", .cpu_ms = INT64_MAX}, NULL, "i", 1),
              MPOOL_E_INVAL);
    CHECK_ERR(mpool_pool_submit(pool, &(mpool_task){.function = "square", .memory_bytes = (size_t)-1}, NULL, "i", 1),
              MPOOL_E_INVAL);
    CHECK_SAYS(mpool_error_detail(), "memory_bytes is 18446744073709551615");
    run_one(pool, &(mpool_task){.function = "square", .cpu_ms = INT64_MAX / 1000, .memory_bytes = SIZE_MAX / 4}, 3,
            MPOOL_DONE);
    finish_pool(pool);
}
