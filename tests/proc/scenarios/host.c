/*
 * tests/proc/scenarios/host.c - scenarios: a host is started, keeps its own life, and ends mpool
 */
#include "tests/proc/helper.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
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
    mpool_pool *pool;
    mpool_total *total;

    for (int fd = from; fd <= to; fd++) {
        kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
        CHECK(kept[fd] >= 100);
        CHECK(close(fd) == 0);
    }
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
