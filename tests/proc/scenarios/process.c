/*
 * tests/proc/scenarios/process.c - scenarios: processes that run one function
 */
#include "tests/proc/helper.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- what it is -------------------------------------------------------------------------------------------------- */

/* A map with a string, its name, and the host's process id; counts, and leaves its process id. */
MPOOL_FUNCTION(introduce)
{
    const char *word, *name;
    int number, host;

    (void)result;
    if (mpool_unpack(args, "{s:s,s:s,s:i,s:i}", "word", &word, "name", &name, "host", &host, "number", &number) !=
        MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (strcmp(word, "good day") != 0)
        return mpool_job_fail(job, "the word is %s", word);
    if (strcmp(mpool_process_current()->name, name) != 0 || mpool_process_current()->daemon != (number == 2))
        return mpool_job_fail(job, "I am %s", mpool_process_current()->name);
    if (mpool_process_parent() != host || getpgrp() != getpid())
        return mpool_job_fail(job, "my host is %d", (int)mpool_process_parent());
    atomic_store(&board->pids[number], getpid());
    atomic_fetch_add(&board->counter, 1);
    return 0;
}

MPOOL_FUNCTION(check_worker_name)
{
    (void)args;
    (void)result;
    if (strcmp(mpool_process_current()->name, "Worker-0") != 0 || !mpool_process_current()->daemon ||
        mpool_process_parent() <= 0)
        return mpool_job_fail(job, "I am %s", mpool_process_current()->name);
    return 0;
}

SCENARIO(process, runs_its_function_with_its_arguments_and_knows_who_it_is)
{
    static const char *const names[] = {"Process-1", "Process-2", "the third", "Process-4"};
    mpool_pool *pool = open_pool(1);

    CHECK_TEXT(mpool_process_current()->name, "MainProcess");
    CHECK_INT(mpool_process_parent(), 0);
    for (int i = 0; i < 4; i++) {
        const mpool_process_options options = {
            .function = "introduce", .name = i == 2 ? "the third" : NULL, .daemon = i == 2};
        mpool_process *process;

        CHECK_OK(mpool_process_start(&options, &process, "{s:s,s:s,s:i,s:i}", "word", "good day", "name", names[i],
                                     "host", (int)getpid(), "number", i));
        CHECK_TEXT(mpool_process_name(process), names[i]);
        CHECK_INT(mpool_process_daemon(process), i == 2);
        CHECK_OK(mpool_process_join(process, MPOOL_FOREVER));
        CHECK_INT(mpool_process_pid(process), atomic_load(&board->pids[i]));
        join_free(process, 0);
    }
    CHECK_INT(atomic_load(&board->counter), 4);
    run_one(pool, &(mpool_task){.function = "check_worker_name"}, 0, MPOOL_DONE);
    finish_pool(pool);
}

SCENARIO(process, is_as_clean_as_a_worker)
{
    int hidden = open("/dev/null", O_RDONLY), kept = open("/proc/self/stat", O_RDONLY); /* neither is close-on-exec */
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    mpool_process *held;
    sigset_t all;

    CHECK(hidden > 2 && kept > 2);
    CHECK(sigaction(SIGINT, &ignore, NULL) == 0);
    (void)sigfillset(&all);
    CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
    CHECK_OK(mpool_init(&(mpool_init_options){.keep_fds = &kept, .keep_fd_count = 1}));
    held = hold_process();
    join_free(start_process("list_descriptors", kept), 0);
    join_free(start_process("check_signals", 0), 0);
    join_free(start_process("read_stdin", 0), 0);
    open_gate();
    join_free(held, 0);
    mpool_fini();
    (void)close(hidden);
    (void)close(kept);
}

/* What a function finds that runs in a process and not as a job of a pool. */
MPOOL_FUNCTION(look_around)
{
    mpool_pool *pool;
    mpool_process *another;
    size_t count;

    (void)args;
    (void)mpool_pack(result, "s", "dropped");
    if (mpool_job_attempt(job) != 1 || mpool_job_number(job) != 0 || mpool_job_worker(job) != 0)
        return mpool_job_fail(job, "attempt, number or worker");
    if (mpool_job_cancelled(job) || mpool_job_total_add(job, "sum", 1) != MPOOL_E_NOTFOUND)
        return mpool_job_fail(job, "cancelled or total");
    if (mpool_pool_open(NULL, &pool) != MPOOL_E_NESTED || mpool_init(NULL) != MPOOL_E_NESTED)
        return mpool_job_fail(job, "pool_open or init");
    if (mpool_process_start(&(mpool_process_options){.function = "look_around"}, &another, NULL) != MPOOL_E_NESTED ||
        mpool_process_active_children(&another, 1, &count) != MPOOL_E_NESTED)
        return mpool_job_fail(job, "process_start or active_children");
    if (strstr(mpool_error_detail(), "only the host") == NULL)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (mpool_register("another", look_around) != MPOOL_E_LATE)
        return mpool_job_fail(job, "register");
    mpool_fini();
    return 0;
}

MPOOL_FUNCTION(start_a_process)
{
    (void)args;
    (void)result;
    if (mpool_process_start(&(mpool_process_options){.function = "look_around"}, NULL, NULL) != MPOOL_E_NESTED)
        return mpool_job_fail(job, "process_start");
    return 0;
}

SCENARIO(process, can_do_what_a_job_can_and_not_what_a_host_can)
{
    mpool_pool *pool = open_pool(1);

    join_free(start_process("look_around", 0), 0);
    run_one(pool, &(mpool_task){.function = "start_a_process"}, 0, MPOOL_DONE);
    finish_pool(pool);
}

/* ---- how it ends ------------------------------------------------------------------------------------------------- */

SCENARIO(process, says_by_its_exit_code_how_it_ended)
{
    CHECK_OK(mpool_init(NULL));
    join_free(start_process("square", 3), 0);
    join_free(start_process("refuse", 3), 1);
    join_free(start_process("crash", CRASH_SEGV), -SIGSEGV);
    join_free(start_process("crash", CRASH_ABORT), -SIGABRT);
    join_free(start_process("crash", CRASH_KILL), -SIGKILL);
    join_free(start_process("crash", CRASH_EXIT), 0);
    join_free(start_process("crash", CRASH_EXIT_3), 3);
    mpool_fini();
}

MPOOL_FUNCTION(complain_in_two_lines)
{
    (void)args;
    (void)result;
    (void)printf("[printed without a flush]");
    return mpool_job_fail(job, "first\nsecond");
}

SCENARIO(process, that_fails_says_why_on_stderr_in_one_line)
{
    const mpool_process_options options = {.function = "refuse", .name = "the clerk"};
    mpool_process *process;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_process_start(&options, &process, "i", 7));
    join_free(process, 1);
    CHECK_INT(count_in_output("the clerk: no 7 today\n"), 1);
    join_free(start_process("complain_in_two_lines", 0), 1);
    CHECK_INT(count_in_output("[printed without a flush]Process-2: first second\n"), 1);
    mpool_fini();
}

SCENARIO(process, that_dies_at_its_birth_has_an_exit_code)
{
    CHECK_OK(mpool_init(NULL));
    for (int i = 0; i < 10; i++)
        join_free(start_process("square", 3), -SIGSEGV);
    mpool_fini();
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

static void *join_it(void *process)
{
    CHECK_OK(mpool_process_join(process, LONG_MS));
    CHECK(!mpool_process_is_alive(process));
    return NULL;
}

SCENARIO(process, can_be_joined_by_several_threads_and_not_before_its_end)
{
    mpool_process *process;
    pthread_t threads[4];
    int code = 77;

    CHECK_OK(mpool_init(NULL));
    process = hold_process();
    CHECK(mpool_process_is_alive(process));
    CHECK_ERR(mpool_process_join(process, 0), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_process_join(process, 20), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_process_exitcode(process, &code), MPOOL_E_TIMEOUT);
    CHECK_INT(code, 77);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, join_it, process) == 0);
    open_gate();
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    join_free(process, 0);
    mpool_fini();
}

SCENARIO(process, has_a_sentinel_that_is_readable_once_it_has_ended_and_stays_so)
{
    mpool_process *process;
    int code;

    CHECK_OK(mpool_init(NULL));
    process = hold_process();
    CHECK(!readable(mpool_process_sentinel(process), 20));
    open_gate();
    CHECK(readable(mpool_process_sentinel(process), LONG_MS));
    CHECK_OK(mpool_process_exitcode(process, &code));
    CHECK_INT(code, 0);
    for (int i = 0; i < 3; i++)
        CHECK(readable(mpool_process_sentinel(process), 0));
    mpool_fini();
    CHECK(readable(mpool_process_sentinel(process), 0));
    join_free(process, 0);
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

static void refused(const mpool_process_options *options, mpool_err wanted, const char *word)
{
    mpool_process *process = NULL;

    CHECK_ERR(mpool_process_start(options, &process, NULL), wanted);
    CHECK_SAYS(mpool_error_detail(), word);
    CHECK(process == NULL);
}

SCENARIO(process, that_cannot_be_started_is_refused_and_leaves_nothing)
{
    char name[100];
    unsigned fds;

    (void)memset(name, 'n', sizeof name);
    name[MPOOL_NAME_MAX + 1] = '\0';
    refused(&(mpool_process_options){.function = "hold"}, MPOOL_E_NOINIT, "mpool_init()");
    CHECK_OK(mpool_init(NULL));
    fds = count_fds();
    refused(&(mpool_process_options){.function = "nobody"}, MPOOL_E_NOFUNC, "nobody");
    refused(&(mpool_process_options){.name = "a name"}, MPOOL_E_INVAL, "function");
    refused(NULL, MPOOL_E_INVAL, "function");
    refused(&(mpool_process_options){.function = "hold", .name = ""}, MPOOL_E_INVAL, "name");
    refused(&(mpool_process_options){.function = "hold", .name = "two\nlines"}, MPOOL_E_INVAL, "two");
    refused(&(mpool_process_options){.function = "hold", .name = name}, MPOOL_E_INVAL, "63");
    CHECK_ERR(mpool_process_start(&(mpool_process_options){.function = "hold"}, NULL, "{"), MPOOL_E_FORMAT);
    CHECK_INT(count_fds(), fds);
    name[MPOOL_NAME_MAX] = '\0';
    CHECK_OK(mpool_process_start(&(mpool_process_options){.function = "square", .name = name}, NULL, "I", (int64_t)1));
    mpool_process_free(NULL);
    mpool_fini();
}

/* Bytes: 'x', as many as the board says. */
MPOOL_FUNCTION(check_bytes)
{
    const char *bytes;
    size_t size;

    (void)result;
    if (mpool_unpack(args, "z", &bytes, &size) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 'x')
            return mpool_job_fail(job, "byte %zu is %d", i, bytes[i]);
    return (int)size == atomic_load(&board->counter) ? 0 : mpool_job_fail(job, "%zu bytes", size);
}

SCENARIO(process, takes_arguments_of_eight_megabytes_and_no_more)
{
    const mpool_process_options options = {.function = "check_bytes"};
    size_t most = MPOOL_PROCESS_ARGS_MAX - 5; /* with msgpack's own */
    char *bytes = malloc(most + 1);
    mpool_process *process;

    CHECK(bytes != NULL);
    (void)memset(bytes, 'x', most + 1);
    CHECK_OK(mpool_init(NULL));
    atomic_store(&board->counter, (int)most);
    CHECK_OK(mpool_process_start(&options, &process, "z", bytes, most));
    join_free(process, 0);
    CHECK_ERR(mpool_process_start(&options, &process, "z", bytes, most + 1), MPOOL_E_TOOBIG);
    CHECK(setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = 100000, .rlim_max = RLIM_INFINITY}) == 0);
    CHECK_ERR(mpool_process_start(&options, &process, "z", bytes, most), MPOOL_E_SYSTEM);
    CHECK_SAYS(mpool_error_detail(), "RLIMIT_FSIZE");
    CHECK(setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY}) == 0);
    free(bytes);
    mpool_fini();
}

/* Starts processes until that is refused; returns how many there are. */
static int start_too_many(mpool_process *processes[100])
{
    const mpool_process_options options = {.function = "hold"};
    int count = 0;

    while (count < 100 && mpool_process_start(&options, &processes[count], NULL) == MPOOL_OK)
        count++;
    CHECK(count > 0 && count < 100);
    return count;
}

/* C8: either side may run out of file descriptors. */
SCENARIO(process, too_many_of_them_are_refused_and_the_others_go_on)
{
    struct rlimit before, few;
    mpool_process *processes[100];
    int count;

    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    few = before;
    few.rlim_cur = 40;
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    CHECK_OK(mpool_init(NULL));
    for (int round = 0; round < 2; round++) {
        count = start_too_many(processes);
        CHECK_SAYS(mpool_error_detail(), round == 0 ? "open files" : "in the fork server");
        CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0); /* of the host alone: next time the fork server is the first */
        for (int i = 0; i < count; i++)
            CHECK(mpool_process_is_alive(processes[i]));
        open_gate();
        for (int i = 0; i < count; i++)
            join_free(processes[i], 0);
        atomic_store(&board->gate, 0);
    }
    join_free(start_process("square", 1), 0);
    mpool_fini();
}
