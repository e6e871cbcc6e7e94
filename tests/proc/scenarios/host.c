/*
 * tests/proc/scenarios/host.c - scenarios: a host is started, keeps its own life, and ends mpool
 */
#include "tests/proc/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int nothing(mpool_job *job, const msgpack_object *args, msgpack_packer *result)
{
    (void)job;
    (void)args;
    (void)result;
    return 0;
}

static void *wait_for_gate(void *user)
{
    (void)user;
    while (atomic_load(&board->gate) == 0)
        nap();
    return NULL;
}

/* H6 */
SCENARIO(host, init_refuses_a_process_with_threads)
{
    pthread_t thread;

    needs_fork("a host that spawns may have threads");
    CHECK(pthread_create(&thread, NULL, wait_for_gate, NULL) == 0);
    CHECK_ERR(mpool_init(NULL), MPOOL_E_THREADS);
    CHECK_SAYS(mpool_error_detail(), "2 threads");
    open_gate();
    CHECK(pthread_join(thread, NULL) == 0);
    AWAIT(count_threads() == 1);
    close_pool(open_pool(1));
}

/* H10: another library of the program's may use mpool too. */
SCENARIO(host, a_second_init_changes_nothing)
{
    mpool_pool *pool = open_pool(1), *another;
    pid_t server = fork_server();
    unsigned fds = count_fds();

    CHECK_ERR(mpool_init(NULL), MPOOL_E_ALREADY);
    CHECK_INT(fork_server(), server);
    CHECK_INT(count_fds(), fds);
    another = open_another(NULL);
    still_works(another);
    mpool_pool_free(another);
    still_works(pool);
    close_pool(pool);
    CHECK_ERR(mpool_init(NULL), MPOOL_E_ALREADY);
}

SCENARIO(host, functions_are_registered_before_init)
{
    mpool_pool *pool;
    mpool_task task = {.function = "early"};

    needs_fork("the worker program does not register what this scenario does");
    CHECK_OK(mpool_register("early", nothing));
    CHECK_OK(mpool_register("early", nothing));
    CHECK_ERR(mpool_register("", nothing), MPOOL_E_INVAL);
    CHECK_ERR(mpool_register("two words", nothing), MPOOL_E_INVAL);
    CHECK_ERR(mpool_register("square", nothing), MPOOL_E_INVAL);
    pool = open_pool(1);
    CHECK_ERR(mpool_register("late", nothing), MPOOL_E_LATE);
    CHECK_OK(mpool_register("early", nothing));
    run_one(pool, &task, 0, MPOOL_DONE);
    task.function = "late";
    CHECK_ERR(mpool_pool_submit(pool, &task, NULL, NULL), MPOOL_E_NOFUNC);
    CHECK_SAYS(mpool_error_detail(), "late");
    close_pool(pool);
}

SCENARIO(host, nothing_works_before_init_and_after_fini)
{
    mpool_pool *pool;

    CHECK_ERR(mpool_pool_open(NULL, &pool), MPOOL_E_NOINIT);
    mpool_fini();
    mpool_pool_free(NULL);
    mpool_future_free(NULL);
    mpool_iter_free(NULL);
    close_pool(open_pool(1));
    CHECK_ERR(mpool_pool_open(NULL, &pool), MPOOL_E_NOINIT);
    mpool_fini();
}

/* A helper that the host forked holds copies of all its sockets. */
SCENARIO(host, fini_ends_though_a_child_holds_our_descriptors)
{
    mpool_pool *pool = open_pool(2);
    pid_t child = fork();

    CHECK(child >= 0);
    if (child == 0)
        for (;;)
            (void)pause();
    still_works(pool);
    (void)alarm(30); /* if it hangs, it is to be seen at once */
    close_pool(pool);
    (void)alarm(0);
    CHECK(kill(child, SIGKILL) == 0);
    CHECK_INT(waitpid(child, NULL, 0), child);
}

MPOOL_FUNCTION(print)
{
    (void)result;
    if (printf("what a job prints\n") < 0 || fflush(stdout) != 0 || fprintf(stderr, "and what it complains of\n") < 0)
        return mpool_job_fail(job, "cannot print: %m");
    if (mpool_unpack(args, "n") != MPOOL_OK || mpool_job_total_add(job, "prints", 1) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return 0;
}

/* A host without these descriptors: then what mpool opens first gets their numbers, and jobs print to them. */
static void print_without(int from, int to)
{
    const mpool_task task = {.function = "print"};
    int kept[3];
    int64_t prints;
    unsigned before;
    mpool_pool *pool;
    mpool_total *total;

    for (int fd = from; fd <= to; fd++) {
        kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
        CHECK(kept[fd] >= 100);
        CHECK(close(fd) == 0);
    }
    before = count_fds();
    pool = open_pool(2);
    CHECK_OK(mpool_total_open(pool, "prints", MPOOL_SUM, &total));
    for (int i = 0; i < 10; i++)
        CHECK_OK(mpool_pool_submit(pool, &task, NULL, NULL));
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_OK(mpool_total_int64(total, &prints));
    CHECK_INT(prints, 10);
    (void)alarm(30); /* if it hangs, it is to be seen at once */
    close_pool(pool);
    (void)alarm(0);
    AWAIT(count_fds() == before); /* nng's poller may have one of these numbers, and needs it until then */
    for (int fd = from; fd <= to; fd++)
        CHECK(dup2(kept[fd], fd) == fd && close(kept[fd]) == 0);
}

/* H10, G9 */
SCENARIO(host, one_without_stdout_loses_what_jobs_print_and_nothing_else)
{
    print_without(STDOUT_FILENO, STDOUT_FILENO);
}

SCENARIO(host, one_without_stdin_stdout_and_stderr_works)
{
    print_without(STDIN_FILENO, STDERR_FILENO);
}

/* ---- P6: the host keeps its own life ----------------------------------------------------------------------------- */

static atomic_int signals;

static void count_signal(int number)
{
    (void)number;
    atomic_fetch_add(&signals, 1);
}

static void handle(int number, void (*how)(int))
{
    const struct sigaction action = {.sa_handler = how};

    CHECK(sigaction(number, &action, NULL) == 0);
}

/* All that has to do with children on mpool's side. */
static void have_workers_die(mpool_pool *pool)
{
    run_one(pool, &(mpool_task){.function = "crash"}, CRASH_SEGV, MPOOL_CRASHED);
    run_one(pool, &(mpool_task){.function = "crash"}, CRASH_EXIT, MPOOL_CRASHED);
    run_one(pool, &(mpool_task){.function = "hold", .timeout_ms = 20}, 0, MPOOL_TIMED_OUT);
    still_works(pool);
}

SCENARIO(host, sees_no_child_and_no_signal_of_mpools)
{
    mpool_pool *pool;
    int status;

    handle(SIGCHLD, count_signal);
    handle(SIGPIPE, count_signal);
    pool = open_pool(2);
    have_workers_die(pool);
    errno = 0;
    CHECK(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD);
    finish_pool(pool);
    CHECK(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD);
    CHECK_INT(atomic_load(&signals), 0);
}

SCENARIO(host, waits_for_its_own_children_as_ever)
{
    mpool_pool *pool = open_pool(2);
    int status;

    for (int i = 0; i < 10; i++) {
        pid_t child = fork();

        CHECK(child >= 0);
        if (child == 0)
            _exit(i);
        have_workers_die(pool);
        CHECK_INT(waitpid(-1, &status, 0), child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == i);
    }
    finish_pool(pool);
}

SCENARIO(host, may_ignore_its_children_and_block_all_signals)
{
    sigset_t all;
    mpool_pool *pool;

    handle(SIGCHLD, SIG_IGN);
    (void)sigfillset(&all);
    CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
    pool = open_pool(2);
    have_workers_die(pool);
    finish_pool(pool);
}

/* G12: a signal every tenth of a millisecond, which interrupts whatever the host's threads are in. */
SCENARIO(host, works_in_a_storm_of_signals)
{
    const struct itimerval often = {.it_interval.tv_usec = 100, .it_value.tv_usec = 100}, never = {{0}, {0}};
    mpool_pool *pool;

    handle(SIGALRM, count_signal);
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    pool = open_pool(2);
    for (int i = 0; i < 5; i++)
        have_workers_die(pool);
    finish_pool(pool);
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
    CHECK(atomic_load(&signals) > 0);
}

static void *open_and_leave(void *user)
{
    *(mpool_pool **)user = open_another(NULL);
    return NULL;
}

/* H7 */
SCENARIO(host, a_pool_outlives_the_thread_that_opened_it)
{
    mpool_pool *pool = NULL;
    pthread_t thread;

    CHECK_OK(mpool_init(NULL));
    CHECK(pthread_create(&thread, NULL, open_and_leave, &pool) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    still_works(pool);
    have_workers_die(pool);
    finish_pool(pool);
}

/* H8: what a child that the host forked may do with mpool, which is nothing. */
static void try_all_calls(mpool_pool *pool, mpool_future *future)
{
    const mpool_result *result;
    mpool_pool_stats stats;
    mpool_pool *another;

    CHECK_ERR(mpool_pool_open(NULL, &another), MPOOL_E_FORKED);
    CHECK_ERR(mpool_pool_submit(pool, &(mpool_task){.function = "square"}, NULL, "i", 1), MPOOL_E_FORKED);
    CHECK_ERR(mpool_future_wait(future, 0, &result), MPOOL_E_FORKED);
    CHECK_ERR(mpool_pool_stats_read(pool, &stats), MPOOL_E_FORKED);
    CHECK_ERR(mpool_pool_terminate(pool), MPOOL_E_FORKED);
    CHECK_ERR(mpool_pool_join(pool, 0), MPOOL_E_FORKED);
    CHECK_ERR(mpool_init(NULL), MPOOL_E_FORKED);
    mpool_future_free(future);
    mpool_pool_free(pool);
    mpool_fini();
}

SCENARIO(host, a_forked_child_does_not_have_the_pool)
{
    mpool_pool *pool = open_pool(2);
    mpool_future *future = hold_worker(pool);
    pid_t child = fork();
    int status;

    CHECK(child >= 0);
    if (child == 0) {
        try_all_calls(pool, future);
        _exit(0);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    still_works(pool);
    open_gate();
    wait_free(future, MPOOL_DONE);
    finish_pool(pool);
}

/* H5 of the API: workers would still have the rights of before. */
SCENARIO(host, opens_no_pool_once_it_is_somebody_else)
{
    mpool_pool *pool, *another = NULL;

    if (geteuid() != 0)
        skip("it takes root to become somebody else");
    pool = open_pool(1);
    CHECK(setegid(65534) == 0);
    CHECK_ERR(mpool_pool_open(NULL, &another), MPOOL_E_IDENTITY);
    CHECK(another == NULL);
    CHECK_SAYS(mpool_error_detail(), "after dropping privileges");
    still_works(pool);
    CHECK(setegid(0) == 0);
    mpool_pool_free(open_another(NULL));
    finish_pool(pool);
}

/* C8: an error that says so, and no harm to the pool that is there. */
SCENARIO(host, that_is_out_of_file_descriptors_is_told)
{
    mpool_pool *pool = open_pool(1), *another = NULL;
    struct rlimit before, few;

    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    few = before;
    for (rlim_t more = 0; more < 6; more += 2) {
        int top = dup(STDERR_FILENO); /* the lowest one that is free */

        CHECK(top >= 0 && close(top) == 0);
        few.rlim_cur = (rlim_t)top + more;
        CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
        (void)alarm(50);
        CHECK(mpool_pool_open(&(mpool_pool_options){.workers = 3}, &another) != MPOOL_OK);
        (void)alarm(0);
        CHECK_SAYS(mpool_error_detail(), "file descriptors");
        CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
        still_works(pool);
    }
    mpool_pool_free(open_another(NULL));
    finish_pool(pool);
}

/* A number of a process of ours, as the kernel counts it. */
static long status_of(pid_t pid, const char *word)
{
    char path[64], line[256];
    long number = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, word, strlen(word)) == 0)
            number = strtol(line + strlen(word), NULL, 10);
    }
    CHECK(fclose(file) == 0);
    return number;
}

/* There is room for what the call itself needs, and for no stack of a thread. */
SCENARIO(host, that_has_no_memory_for_threads_is_told_which_limits_are_set)
{
    mpool_pool *pool = NULL;
    struct rlimit before, few, other;

    CHECK_OK(mpool_init(NULL));
    CHECK(getrlimit(RLIMIT_DATA, &before) == 0);
    few = before;
    few.rlim_cur = ((rlim_t)status_of(getpid(), "VmData:") + 1024) * 1024;
    CHECK(setrlimit(RLIMIT_DATA, &few) == 0);
    CHECK_ERR(mpool_pool_open(&(mpool_pool_options){.workers = 1}, &pool), MPOOL_E_SYSTEM);
    CHECK(setrlimit(RLIMIT_DATA, &before) == 0);
    CHECK_SAYS(mpool_error_detail(), "threads");
    CHECK_SAYS(mpool_error_detail(), "data (ulimit -d)");
    CHECK(getrlimit(RLIMIT_AS, &other) == 0);
    CHECK((strstr(mpool_error_detail(), "ulimit -v") == NULL) == (other.rlim_cur == RLIM_INFINITY));
    finish_pool(open_another(NULL));
}

static long tasks_of(pid_t pid)
{
    return status_of(pid, "Threads:");
}

/* What is told before a pool is opened is what the kernel counts once it is open. */
SCENARIO(host, needs_the_tasks_and_files_that_it_is_told)
{
    mpool_needs one, two;
    unsigned fds = count_fds();
    mpool_pool *pool = open_pool(2);
    pid_t pids[2];
    size_t count;

    mpool_needs_count(1, &one);
    mpool_needs_count(2, &two);
    still_works(pool);
    CHECK_OK(mpool_pool_pids(pool, pids, 2, &count));
    CHECK_INT(tasks_of(pids[0]), two.tasks - one.tasks);
    CHECK_INT(tasks_of(pids[1]), two.tasks - one.tasks);
    /* The fork server comes in the place of the main thread, which the program had before; there may be no log. */
    long tasks = tasks_of(getpid()) + tasks_of(pids[0]) + tasks_of(pids[1]);
    CHECK(tasks == two.tasks || tasks == two.tasks - 1);
    CHECK(count_fds() > fds && count_fds() - fds <= (unsigned)two.open_files);
    finish_pool(pool);
}
