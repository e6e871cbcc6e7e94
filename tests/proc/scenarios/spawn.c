/*
 * tests/proc/scenarios/spawn.c - scenarios: the start method spawn, besides what the other scenarios show over it
 */
#include "tests/proc/helper.h"

#include <errno.h>
#include <nng/nng.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* mpool_init() with a worker program. */
static mpool_err spawn_program(const char *program)
{
    return (mpool_init)(&(mpool_init_options){.start_method = MPOOL_START_SPAWN, .worker_program = program});
}

/* ---- what it is for ---------------------------------------------------------------------------------------------- */

static void *spawn_in_thread(void *user)
{
    (void)user;
    CHECK_OK(spawn_program("/proc/self/exe"));
    return NULL;
}

static void *wait_at_gate(void *user)
{
    (void)user;
    while (atomic_load(&board->gate) == 0)
        nap();
    return NULL;
}

SCENARIO(spawn, a_host_that_has_threads_and_has_used_nng_can_start_it_on_any)
{
    pthread_t waiting, starting;
    nng_aio *aio;
    mpool_pool *pool;

    CHECK(nng_aio_alloc(&aio, NULL, NULL) == 0);
    nng_aio_free(aio);
    CHECK(pthread_create(&waiting, NULL, wait_at_gate, NULL) == 0);
    CHECK(pthread_create(&starting, NULL, spawn_in_thread, NULL) == 0);
    CHECK(pthread_join(starting, NULL) == 0);
    pool = open_another(NULL);
    still_works(pool);
    open_gate();
    CHECK(pthread_join(waiting, NULL) == 0);
    finish_pool(pool);
}

static int seen = 1;

MPOOL_FUNCTION(see_static)
{
    (void)args;
    (void)job;
    return mpool_pack(result, "i", seen) != MPOOL_OK;
}

SCENARIO(spawn, workers_have_nothing_of_the_hosts_memory)
{
    mpool_pool *pool;
    mpool_future *future;
    int result;

    seen = 2;
    CHECK_OK(spawn_program("/proc/self/exe"));
    pool = open_another(NULL);
    future = submit(pool, &(mpool_task){.function = "see_static"}, 0);
    CHECK_OK(mpool_result_unpack(result_of(future), "i", &result));
    CHECK_INT(result, 1);
    mpool_future_free(future);
    finish_pool(pool);
}

/* ---- the program that is installed ------------------------------------------------------------------------------- */

SCENARIO(spawn, the_installed_program_runs_functions_of_shared_objects)
{
    const mpool_task cube = {.function = SHARED_1 ":shared_cube"}, own = {.function = "square"};
    mpool_process *process;
    mpool_pool *pool;
    mpool_future *future;
    int64_t result;
    int loads, calls, code;

    CHECK(setenv("MPOOL_WORKER", WORKER_PROGRAM, 1) == 0);
    CHECK_OK(spawn_program(NULL));
    pool = open_another(NULL);
    future = submit(pool, &cube, 3);
    if (result_of(future)->status != MPOOL_DONE)
        fail(__FILE__, __LINE__, "%s", result_of(future)->error);
    CHECK_OK(mpool_result_unpack(result_of(future), "[I,i,i]", &result, &loads, &calls));
    CHECK_INT(result, 27);
    mpool_future_free(future);
    run_one(pool, &(mpool_task){.function = SHARED_1 ":square"}, 1, MPOOL_DONE);
    CHECK_OK(mpool_process_start(&(mpool_process_options){.function = SHARED_1 ":shared_die"}, &process, NULL));
    CHECK_OK(mpool_process_join(process, LONG_MS));
    CHECK_OK(mpool_process_exitcode(process, &code));
    CHECK_INT(code, -SIGSEGV);
    mpool_process_free(process);
    CHECK_ERR(mpool_pool_submit(pool, &own, NULL, "i", 1), MPOOL_E_NOFUNC);
    CHECK_SAYS(mpool_error_detail(), "./libmine.so:square");
    CHECK_SAYS(mpool_error_detail(), "mpool_worker_program_main()");
    finish_pool(pool);
}

/* ---- programs that will not do ----------------------------------------------------------------------------------- */

/* The failure is told, leaves nothing, and another method is tried then. */
static void fails(const char *program, const char *word)
{
    unsigned fds = count_fds();
    int status;

    (void)alarm(50); /* if it hangs, it is to be seen at once */
    CHECK_ERR(spawn_program(program), MPOOL_E_SYSTEM);
    (void)alarm(0);
    CHECK_SAYS(mpool_error_detail(), program);
    CHECK_SAYS(mpool_error_detail(), word);
    CHECK_INT(count_fds(), fds);
    CHECK(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD);
}

SCENARIO(spawn, a_program_that_is_none_is_told_and_another_can_be_tried)
{
    fails("/nowhere/at-all", "No such file");
    fails("/tmp", "Permission denied");
    fails("/dev/null", "worker_program");
    fails("/bin/true", "mpool_worker_program_main()");
    CHECK_ERR((mpool_init)(&(mpool_init_options){.start_method = 7}), MPOOL_E_INVAL);
    close_pool(open_pool(1));
}

/* An executable shell script in our TMPDIR; the caller removes it. */
static const char *write_script(const char *text)
{
    static char path[256];
    FILE *file;

    CHECK(getenv("TMPDIR") != NULL);
    (void)snprintf(path, sizeof path, "%s/program", getenv("TMPDIR"));
    file = fopen(path, "we");
    CHECK(file != NULL && fprintf(file, "#!/bin/sh\n%s\n", text) > 0 && fclose(file) == 0 && chmod(path, 0700) == 0);
    return path;
}

SCENARIO(spawn, a_program_of_another_version_is_told)
{
    const char *script = write_script("MPOOL_FORK_SERVER=\"9.9.9 ${MPOOL_FORK_SERVER#* }\"; export MPOOL_FORK_SERVER\n"
                                      "exec " WORKER_PROGRAM);

    fails(script, "is of mpool "); /* and this, it thinks, is 9.9.9 */
    CHECK(unlink(script) == 0);
}

SCENARIO(spawn, a_program_that_says_nothing_is_ended_after_a_while)
{
    const char *script = write_script("sleep 1000"); /* a child of the shell's */

    fails(script, "said nothing");
    CHECK(unlink(script) == 0);
}

/* What main() would do that has forgotten mpool_worker_program_main(), see helper.c: no tower of programs. */
SCENARIO(spawn, a_program_that_forgets_to_be_one_does_not_spawn_itself)
{
    CHECK(setenv("MPOOL_TEST_FORGETS", "1", 1) == 0);
    fails("/proc/self/exe", "it has to call");
    CHECK_INT(count_in_output("[mpool_init() said: this program was started as a worker program"), 1);
}

/* ---- where it lives with others ---------------------------------------------------------------------------------- */

static atomic_int signals;

static void count_signal(int number)
{
    (void)number;
    atomic_fetch_add(&signals, 1);
}

SCENARIO(spawn, does_not_disturb_the_hosts_signals_and_children)
{
    const struct sigaction action = {.sa_handler = count_signal};
    pid_t child;
    int status;

    for (int number = 1; number < 32; number++)
        if (number != SIGKILL && number != SIGSTOP)
            CHECK(sigaction(number, &action, NULL) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0)
        _exit(7);
    AWAIT(atomic_load(&signals) == 1); /* the child's SIGCHLD */
    CHECK_OK(spawn_program("/proc/self/exe"));
    CHECK_INT(waitpid(-1, &status, 0), child);
    CHECK_INT(WEXITSTATUS(status), 7);
    CHECK(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD);
    mpool_fini();
    CHECK(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD);
    CHECK_INT(atomic_load(&signals), 1);
}

/* As process 1 of a container does. */
SCENARIO(spawn, a_host_that_inherits_orphans_reaps_it_in_fini)
{
    mpool_pool *pool;
    int status;

    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    CHECK_OK(spawn_program("/proc/self/exe"));
    pool = open_another(&(mpool_pool_options){.workers = 1});
    still_works(pool);
    close_pool(pool);
    CHECK(waitpid(-1, &status, WNOHANG | __WALL) == -1 && errno == ECHILD);
}
