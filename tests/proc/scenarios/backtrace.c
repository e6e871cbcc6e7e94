/*
 * tests/proc/scenarios/backtrace.c - scenarios: where a worker was when it crashed or its time was up
 */
#include "tests/proc/helper.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Functions that are to be found under their names: not inlined, not the last call of their caller. */
#define FINDABLE __attribute__((noinline, noclone, noipa, no_sanitize("address", "undefined")))

/* ---- ways to crash ----------------------------------------------------------------------------------------------- */

#define ADDRESS 0x1238

FINDABLE static int write_to_nowhere(void)
{
    volatile uintptr_t address = ADDRESS;

    *(volatile int *)address = 1;
    return 1;
}

FINDABLE static int divide_by_nothing(void)
{
    volatile int zero = 0, quotient = 1234 / zero;

    return quotient;
}

FINDABLE static int give_up(void)
{
    abort();
    return 1;
}

FINDABLE static int raise_segv(void)
{
    (void)raise(SIGSEGV);
    return 1;
}

/* Beyond the end of a file that is mapped. */
FINDABLE static int read_beyond_the_end(void)
{
    int fd = memfd_create("short", MFD_CLOEXEC);
    const volatile char *data = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

    return data[100] + 1;
}

FINDABLE static int recurse(volatile int depth)
{
    volatile char room[1000];

    room[0] = (char)depth;
    return depth > 100000000 ? 0 : recurse(depth + 1) + room[0];
}

static int (*volatile no_function)(void);

FINDABLE static int call_nothing(void)
{
    return no_function() + 1;
}

/* Writes over what malloc() keeps before and behind its blocks, and so breaks its heap; then it is asked for more. */
FINDABLE static int smash_heap(void)
{
    char *blocks[64];

    for (int i = 0; i < 64; i++)
        blocks[i] = malloc(64);
    for (int i = 0; i < 63; i++)
        for (volatile int k = -16; k < 80; k++)
            *(volatile char *)(blocks[i] + k) = (char)0xa5;
    for (int i = 0; i < 64; i++)
        free(blocks[i]);
    blocks[0] = malloc(100000);
    return blocks[0] != NULL;
}

/* What an unwinder in the process would wait for: it is this thread that has it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

FINDABLE static int crash_with_locks(void)
{
    (void)pthread_mutex_lock(&lock);
    flockfile(stdout);
    flockfile(stderr);
    return write_to_nowhere() + 1;
}

static void *crash_in_a_thread(void *unused)
{
    (void)unused;
    (void)write_to_nowhere();
    return NULL;
}

FINDABLE static int wait_for_a_thread(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, crash_in_a_thread, NULL) != 0)
        return 1;
    return pthread_join(thread, NULL) + 1;
}

FINDABLE static int spin(void)
{
    volatile unsigned turns = 0;

    for (;;)
        turns++;
    return 1;
}

FINDABLE static int wait_with_a_lock(void)
{
    (void)pthread_mutex_lock(&lock);
    (void)pthread_mutex_lock(&lock);
    return 1;
}

static const struct way {
    const char *name;
    int (*function)(void);
} ways[] = {
    {"write_to_nowhere", write_to_nowhere},
    {"divide_by_nothing", divide_by_nothing},
    {"give_up", give_up},
    {"raise_segv", raise_segv},
    {"read_beyond_the_end", read_beyond_the_end},
    {"call_nothing", call_nothing},
    {"smash_heap", smash_heap},
    {"crash_with_locks", crash_with_locks},
    {"wait_for_a_thread", wait_for_a_thread},
    {"spin", spin},
    {"wait_with_a_lock", wait_with_a_lock},
};

/* A string: which way to go. */
MPOOL_FUNCTION(go)
{
    const char *name;

    (void)result;
    if (mpool_unpack(args, "s", &name) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (strcmp(name, "recurse") == 0)
        return recurse(0) != 0;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(name, ways[i].name) == 0)
            return ways[i].function() != 0;
    return mpool_job_fail(job, "there is no way %s", name);
}

static mpool_future *submit_way(mpool_pool *pool, const char *name, int64_t timeout_ms)
{
    const mpool_task task = {.function = "go", .timeout_ms = timeout_ms};
    mpool_future *future;

    CHECK_OK(mpool_pool_submit(pool, &task, &future, "s", name));
    return future;
}

/* ---- checks ------------------------------------------------------------------------------------------------------ */

static void skip_without_unwinder(const mpool_dossier *dossier)
{
    if (strstr(dossier->backtrace, "built without") != NULL)
        skip("no unwinder is built in");
    if (strstr(dossier->backtrace, "ptrace:") != NULL)
        skip("processes may not be traced here");
}

/* The frames before these functions are the C library's; then comes the crashing one, and then the job's. */
static void has_frames(const mpool_dossier *dossier, const char *innermost, const char *outermost)
{
    const char *inner, *outer;

    skip_without_unwinder(dossier);
    inner = strstr(dossier->backtrace, innermost);
    outer = strstr(dossier->backtrace, outermost);
    if (inner == NULL || outer == NULL || outer < inner || strncmp(dossier->backtrace, "0: ", 3) != 0)
        fail(__FILE__, __LINE__, "no %s above %s in:\n%s", innermost, outermost, dossier->backtrace);
    CHECK_SAYS(inner, "proc-helper");
    CHECK_SAYS(inner, "backtrace.c:");
    CHECK(strstr(dossier->backtrace, "mp_job_run") == NULL && strstr(dossier->backtrace, "on_crash") == NULL);
}

/* A way that ends by a signal; 0: by one or the other. */
static const mpool_dossier *crashes(mpool_pool *pool, mpool_future **future, const char *name, int number)
{
    const mpool_result *result;

    *future = submit_way(pool, name, 0);
    result = result_of(*future);
    CHECK_INT(result->status, MPOOL_CRASHED);
    CHECK(number == 0 ? result->signal == SIGSEGV || result->signal == SIGABRT : result->signal == number);
    CHECK_INT(result->dossier->signal, result->signal);
    CHECK_INT(result->dossier->out_of_memory, MPOOL_OOM_NO);
    return result->dossier;
}

static bool begins_with(const mpool_dossier *dossier, const char *function)
{
    return strncmp(dossier->backtrace, "0: ", 3) == 0 &&
           strncmp(dossier->backtrace + 3, function, strlen(function)) == 0;
}

/* ---- crashes ----------------------------------------------------------------------------------------------------- */

SCENARIO(backtrace, of_a_bad_access_has_its_address_and_begins_where_it_was)
{
    mpool_pool *pool = open_pool(1);
    const mpool_dossier *dossier;
    mpool_future *future;

    dossier = crashes(pool, &future, "write_to_nowhere", SIGSEGV);
    CHECK_TEXT(dossier->signal_name, "SIGSEGV");
    CHECK(dossier->has_fault_address);
    CHECK_INT(dossier->fault_address, ADDRESS);
    has_frames(dossier, "write_to_nowhere+", "go+");
    CHECK(begins_with(dossier, "write_to_nowhere+"));
    mpool_future_free(future);
    dossier = crashes(pool, &future, "read_beyond_the_end", SIGBUS);
    CHECK(dossier->has_fault_address && dossier->fault_address % 4096 == 100);
    CHECK(begins_with(dossier, "read_beyond_the_end+"));
    mpool_future_free(future);
    dossier = crashes(pool, &future, "divide_by_nothing", SIGFPE);
    CHECK(dossier->has_fault_address);
    CHECK(begins_with(dossier, "divide_by_nothing+"));
    mpool_future_free(future);
    still_works(pool);
    finish_pool(pool);
}

SCENARIO(backtrace, of_a_raised_signal_has_no_address)
{
    mpool_pool *pool = open_pool(1);
    const mpool_dossier *dossier;
    mpool_future *future;

    dossier = crashes(pool, &future, "give_up", SIGABRT);
    CHECK(!dossier->has_fault_address);
    has_frames(dossier, "give_up+", "go+");
    mpool_future_free(future);
    dossier = crashes(pool, &future, "raise_segv", SIGSEGV);
    CHECK(!dossier->has_fault_address);
    has_frames(dossier, "raise_segv+", "go+");
    mpool_future_free(future);
    finish_pool(pool);
}

/* The heap is broken, and the heap's lock is held by the thread that crashes. */
SCENARIO(backtrace, needs_no_heap_and_no_lock_of_the_worker)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *future;

    has_frames(crashes(pool, &future, "crash_with_locks", SIGSEGV), "write_to_nowhere+", "crash_with_locks+");
    mpool_future_free(future);
#if !defined(__SANITIZE_ADDRESS__)
    has_frames(crashes(pool, &future, "smash_heap", 0), "smash_heap+", "go+");
    mpool_future_free(future);
#endif
    finish_pool(pool);
}

SCENARIO(backtrace, of_a_stack_overflow_has_the_innermost_calls)
{
    mpool_pool *pool = open_pool(1);
    const mpool_dossier *dossier;
    mpool_future *future;

    dossier = crashes(pool, &future, "recurse", SIGSEGV);
    CHECK(dossier->has_fault_address);
    has_frames(dossier, "recurse+", "recurse+");
    CHECK_SAYS(dossier->backtrace, "... and more");
    mpool_future_free(future);
    finish_pool(pool);
}

SCENARIO(backtrace, of_a_call_to_nowhere_has_the_caller)
{
    mpool_pool *pool = open_pool(1);
    const mpool_dossier *dossier;
    mpool_future *future;

    dossier = crashes(pool, &future, "call_nothing", SIGSEGV);
    CHECK(dossier->has_fault_address && dossier->fault_address == 0);
#if defined(__x86_64__)
    has_frames(dossier, "call_nothing+", "call_nothing+");
    CHECK(begins_with(dossier, "0x0"));
#endif
    mpool_future_free(future);
    finish_pool(pool);
}

SCENARIO(backtrace, is_of_the_thread_that_crashed)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *future;

    has_frames(crashes(pool, &future, "wait_for_a_thread", SIGSEGV), "write_to_nowhere+", "crash_in_a_thread+");
    mpool_future_free(future);
    finish_pool(pool);
}

/* ---- what the job itself has set up ------------------------------------------------------------------------------ */

static void leave_with_7(int number)
{
    (void)number;
    _exit(7);
}

MPOOL_FUNCTION(handle_it)
{
    const struct sigaction action = {.sa_handler = leave_with_7};

    (void)args;
    (void)job;
    (void)result;
    (void)sigaction(SIGSEGV, &action, NULL);
    return write_to_nowhere();
}

/* A child of the job's that crashes is nobody's business but the job's, and nobody continues it if it stops. */
MPOOL_FUNCTION(have_a_child_crash)
{
    pid_t child = fork();
    siginfo_t info = {0};

    (void)args;
    (void)result;
    if (child == 0)
        _exit(write_to_nowhere());
    if (waitid(P_PID, (id_t)child, &info, WEXITED) != 0 || info.si_code == CLD_EXITED || info.si_status != SIGSEGV)
        return mpool_job_fail(job, "the child has not died of SIGSEGV");
    return 0;
}

SCENARIO(backtrace, leaves_the_jobs_own_handlers_and_children_alone)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &(mpool_task){.function = "handle_it"}, 0);

    CHECK_INT(result_of(future)->status, MPOOL_CRASHED);
    CHECK_INT(result_of(future)->exit_code, 7);
    CHECK_TEXT(result_of(future)->dossier->backtrace, "no backtrace: the worker exited");
    mpool_future_free(future);
    run_one(pool, &(mpool_task){.function = "have_a_child_crash"}, 0, MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers_started, 2);
    finish_pool(pool);
}

/* ---- timeouts ---------------------------------------------------------------------------------------------------- */

static void times_out(mpool_pool *pool, const char *name)
{
    char frame[64];
    mpool_future *future = submit_way(pool, name, 100);
    const mpool_result *result = result_of(future);

    CHECK_INT(result->status, MPOOL_TIMED_OUT);
    CHECK_INT(result->dossier->signal, SIGKILL);
    CHECK_SAYS(result->dossier->out_of_memory_evidence, "mpool killed the worker");
    (void)snprintf(frame, sizeof frame, "%s+", name);
    has_frames(result->dossier, frame, "go+");
    mpool_future_free(future);
}

SCENARIO(backtrace, of_a_job_that_timed_out_says_where_it_was_stuck)
{
    mpool_pool *pool = open_pool(1);

    times_out(pool, "spin");
    times_out(pool, "wait_with_a_lock");
    CHECK_INT(stats_of(pool).deaths_ours, 2);
    still_works(pool);
    finish_pool(pool);
}

/* ---- when something goes wrong ----------------------------------------------------------------------------------- */

/* By the fault points unwinder.start and unwinder.attached. */
SCENARIO(backtrace, that_cannot_be_taken_says_so_and_the_worker_dies_all_the_same)
{
    mpool_pool *pool = open_pool(2);
    mpool_future *crash = submit_way(pool, "write_to_nowhere", 0), *slow = submit_way(pool, "spin", 100);
    const mpool_result *result = result_of(crash);

    CHECK_INT(result->status, MPOOL_CRASHED);
    CHECK_INT(result->signal, SIGSEGV);
    CHECK(result->dossier->has_fault_address && result->dossier->fault_address == ADDRESS);
    CHECK_SAYS(result->dossier->backtrace, "no backtrace: ");
    CHECK(strlen(result->dossier->backtrace) > strlen("no backtrace: "));
    CHECK_INT(result_of(slow)->status, MPOOL_TIMED_OUT);
    CHECK_SAYS(result_of(slow)->dossier->backtrace, "no backtrace: ");
    mpool_future_free(crash);
    mpool_future_free(slow);
    still_works(pool);
    finish_pool(pool);
}

/* More than can be looked at at a time: some may have no backtrace, and say so; nobody waits long. */
SCENARIO(backtrace, of_twenty_workers_at_once_keeps_nobody_waiting)
{
    mpool_pool *pool = open_pool(20);
    mpool_future *futures[20];
    int traced = 0;

    for (int i = 0; i < 20; i++)
        futures[i] = i % 2 == 0 ? submit_way(pool, "write_to_nowhere", 0) : submit_way(pool, "spin", 200);
    for (int i = 0; i < 20; i++) {
        const mpool_result *result = result_of(futures[i]);

        CHECK_INT(result->status, i % 2 == 0 ? MPOOL_CRASHED : MPOOL_TIMED_OUT);
        skip_without_unwinder(result->dossier);
        traced += begins_with(result->dossier, i % 2 == 0 ? "write_to_nowhere+" : "spin+");
        if (strncmp(result->dossier->backtrace, "0: ", 3) != 0)
            CHECK_SAYS(result->dossier->backtrace, "no backtrace: ");
        mpool_future_free(futures[i]);
    }
    CHECK(traced >= 4);
    finish_pool(pool);
}

/* Who stops a worker may continue it: that is not our business, and nothing is taken. */
MPOOL_FUNCTION(stop_and_go)
{
    (void)args;
    (void)job;
    (void)result;
    atomic_store(&board->pids[0], getpid());
    atomic_fetch_add(&board->held, 1);
    (void)raise(SIGSTOP);
    return 0;
}

SCENARIO(backtrace, is_not_taken_of_a_worker_that_a_stranger_has_stopped)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &(mpool_task){.function = "stop_and_go"}, 0);

    AWAIT(atomic_load(&board->held) == 1);
    CHECK_ERR(mpool_future_wait(future, 300, NULL), MPOOL_E_TIMEOUT);
    CHECK(kill(atomic_load(&board->pids[0]), SIGCONT) == 0);
    CHECK_INT(result_of(future)->attempts, 1);
    wait_free(future, MPOOL_DONE);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}
