/*
 * tests/proc/scenarios/process_end.c - scenarios: processes are ended, and end with others
 */
#include "tests/proc/helper.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- ending it --------------------------------------------------------------------------------------------------- */

static atomic_int terminated;

static void on_terminate(int number)
{
    (void)number;
    atomic_store(&terminated, 1);
}

/* An int: 0 to end by SIGTERM in order, 1 to ignore it. Waits. */
MPOOL_FUNCTION(handle_terminate)
{
    struct sigaction action = {.sa_handler = on_terminate};
    int ignore;

    (void)result;
    if (mpool_unpack(args, "i", &ignore) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (ignore)
        action.sa_handler = SIG_IGN;
    (void)sigaction(SIGTERM, &action, NULL);
    atomic_fetch_add(&board->held, 1);
    while (atomic_load(&terminated) == 0)
        nap();
    atomic_fetch_add(&board->counter, 1);
    return 0;
}

SCENARIO(process, ends_by_terminate_unless_it_handles_that)
{
    mpool_process *process;

    CHECK_OK(mpool_init(NULL));
    process = hold_process();
    CHECK_OK(mpool_process_terminate(process));
    CHECK_OK(mpool_process_join(process, LONG_MS));
    CHECK_OK(mpool_process_terminate(process));
    CHECK_OK(mpool_process_kill(process));
    join_free(process, -SIGTERM);
    process = start_process("handle_terminate", 0);
    AWAIT(atomic_load(&board->held) == 2);
    CHECK_OK(mpool_process_terminate(process));
    join_free(process, 0);
    CHECK_INT(atomic_load(&board->counter), 1);
    process = start_process("handle_terminate", 1);
    AWAIT(atomic_load(&board->held) == 3);
    CHECK_OK(mpool_process_terminate(process));
    CHECK_ERR(mpool_process_join(process, 20), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_process_kill(process));
    join_free(process, -SIGKILL);
    mpool_fini();
}

/* The children of "leave_children", see worker.c: one has a session of its own. */
static void no_child_of_it_is_left(void)
{
    for (int i = 0; i < 4; i++) {
        CHECK(atomic_load(&board->pids[i]) > 0);
        AWAIT(!process_is_there(atomic_load(&board->pids[i])));
    }
}

SCENARIO(process, takes_its_group_along_when_it_is_killed)
{
    mpool_process *process;

    CHECK_OK(mpool_init(NULL));
    process = start_process("leave_children", 0);
    AWAIT(atomic_load(&board->held) == 1);
    CHECK_OK(mpool_process_kill(process));
    join_free(process, -SIGKILL);
    no_child_of_it_is_left();
    mpool_fini();
}

SCENARIO(process, takes_its_descendants_along_when_its_function_returns)
{
    mpool_process *process;

    open_gate();
    CHECK_OK(mpool_init(NULL));
    process = start_process("leave_children", 0);
    join_free(process, 0);
    no_child_of_it_is_left();
    mpool_fini();
}

/* ---- several ----------------------------------------------------------------------------------------------------- */

SCENARIO(process, is_among_the_active_children_until_it_has_ended)
{
    mpool_process *first, *second, *third, *active[3];
    size_t count = 99;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_process_active_children(active, 3, &count));
    CHECK_INT(count, 0);
    first = hold_process();
    second = hold_process();
    third = hold_process();
    CHECK_OK(mpool_process_active_children(active, 2, &count));
    CHECK_INT(count, 3);
    CHECK(active[0] == first && active[1] == second);
    mpool_process_free(active[0]);
    mpool_process_free(active[1]);
    mpool_process_free(third); /* goes on */
    CHECK_OK(mpool_process_kill(second));
    join_free(second, -SIGKILL);
    CHECK_OK(mpool_process_active_children(active, 3, &count));
    CHECK_INT(count, 2);
    CHECK(active[0] == first);
    CHECK_TEXT(mpool_process_name(active[1]), "Process-3");
    mpool_process_free(active[0]);
    open_gate();
    join_free(active[1], 0);
    join_free(first, 0);
    CHECK_OK(mpool_process_active_children(active, 3, &count));
    CHECK_INT(count, 0);
    mpool_fini();
}

SCENARIO(process, one_after_the_other_leave_nothing)
{
    mpool_process *some[20];
    unsigned fds;

    CHECK_OK(mpool_init(NULL));
    fds = count_fds();
    for (int i = 0; i < 100; i++) {
        mpool_process *process = start_process("count", 0);

        if (i % 2 == 0)
            join_free(process, 0);
        else
            mpool_process_free(process);
    }
    for (int i = 0; i < 20; i++)
        some[i] = start_process("count", 0);
    for (int i = 0; i < 20; i++)
        join_free(some[i], 0);
    AWAIT(atomic_load(&board->counter) == 120);
    for (size_t count = 1; count > 0;)
        CHECK_OK(mpool_process_active_children(NULL, 0, &count));
    CHECK_INT(count_fds(), fds);
    mpool_fini();
}

/* ---- the end of the host ----------------------------------------------------------------------------------------- */

static void *open_gate_later(void *user)
{
    (void)user;
    let_pass(50);
    atomic_store(&board->counter, 1);
    open_gate();
    return NULL;
}

SCENARIO(process, goes_on_without_a_handle_and_fini_waits_for_it)
{
    const mpool_process_options options = {.function = "hold"};
    pthread_t thread;

    CHECK_OK(mpool_init(NULL));
    mpool_process_free(hold_process());
    CHECK_OK(mpool_process_start(&options, NULL, NULL));
    AWAIT(atomic_load(&board->held) == 2);
    CHECK(pthread_create(&thread, NULL, open_gate_later, NULL) == 0);
    mpool_fini();
    CHECK_INT(atomic_load(&board->counter), 1);
    for (int i = 0; i < 2; i++)
        CHECK(!process_is_there(atomic_load(&board->pids[i])));
    CHECK(pthread_join(thread, NULL) == 0);
}

SCENARIO(process, that_is_a_daemon_is_ended_by_fini)
{
    mpool_process *mild, *stubborn, *stopped;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(
        mpool_process_start(&(mpool_process_options){.function = "handle_terminate", .daemon = true}, &mild, "i", 0));
    CHECK_OK(mpool_process_start(&(mpool_process_options){.function = "handle_terminate", .daemon = true}, &stubborn,
                                 "i", 1));
    CHECK_OK(mpool_process_start(&(mpool_process_options){.function = "handle_terminate", .daemon = true}, &stopped,
                                 "i", 1));
    AWAIT(atomic_load(&board->held) == 3);
    CHECK(kill(mpool_process_pid(stopped), SIGSTOP) == 0);
    (void)alarm(30); /* if it hangs, it is to be seen at once */
    mpool_fini();
    (void)alarm(0);
    CHECK_INT(atomic_load(&board->counter), 1);
    join_free(mild, 0);
    join_free(stubborn, -SIGKILL);
    join_free(stopped, -SIGKILL);
}

/* P5: whether it is a daemon or not, and with descendants. */
SCENARIO(process, dies_with_its_host)
{
    CHECK_OK(mpool_init(NULL));
    (void)start_process("leave_children", 0);
    CHECK_OK(mpool_process_start(&(mpool_process_options){.function = "hold", .daemon = true}, NULL, NULL));
    AWAIT(atomic_load(&board->held) == 2);
    (void)raise(SIGKILL);
}

SCENARIO(process, dies_with_its_fork_server_and_that_is_told)
{
    mpool_process *process, *another = NULL;
    size_t count;
    int code = 77;

    CHECK_OK(mpool_init(NULL));
    process = hold_process();
    CHECK(kill(fork_server(), SIGKILL) == 0);
    CHECK(readable(mpool_process_sentinel(process), LONG_MS));
    CHECK_ERR(mpool_process_join(process, LONG_MS), MPOOL_E_BROKEN);
    CHECK_SAYS(mpool_error_detail(), "Process-1");
    CHECK_ERR(mpool_process_exitcode(process, &code), MPOOL_E_BROKEN);
    CHECK_INT(code, 77);
    CHECK_ERR(mpool_process_terminate(process), MPOOL_E_BROKEN);
    CHECK(!mpool_process_is_alive(process));
    AWAIT(!process_is_there(mpool_process_pid(process)));
    CHECK_ERR(mpool_process_start(&(mpool_process_options){.function = "hold"}, &another, NULL), MPOOL_E_BROKEN);
    CHECK(another == NULL);
    CHECK_OK(mpool_process_active_children(&another, 1, &count));
    CHECK_INT(count, 0);
    mpool_process_free(process);
    mpool_fini();
}

/* ---- where it lives with others ---------------------------------------------------------------------------------- */

static atomic_int signals;

static void count_signal(int number)
{
    (void)number;
    atomic_fetch_add(&signals, 1);
}

SCENARIO(process, is_no_child_that_the_host_could_see)
{
    const struct sigaction action = {.sa_handler = count_signal};
    mpool_process *process;
    int status;

    CHECK(sigaction(SIGCHLD, &action, NULL) == 0 && sigaction(SIGPIPE, &action, NULL) == 0);
    CHECK_OK(mpool_init(NULL));
    process = hold_process();
    errno = 0;
    CHECK(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD);
    CHECK_OK(mpool_process_kill(process));
    join_free(process, -SIGKILL);
    errno = 0;
    CHECK(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD);
    mpool_fini();
    CHECK_INT(atomic_load(&signals), 0);
}

SCENARIO(process, handles_are_useless_in_a_forked_child)
{
    mpool_process *process;
    size_t count;
    pid_t child;
    int status;

    CHECK_OK(mpool_init(NULL));
    process = hold_process();
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK_ERR(mpool_process_join(process, LONG_MS), MPOOL_E_FORKED);
        CHECK_ERR(mpool_process_exitcode(process, &status), MPOOL_E_FORKED);
        CHECK_ERR(mpool_process_kill(process), MPOOL_E_FORKED);
        CHECK_ERR(mpool_process_terminate(process), MPOOL_E_FORKED);
        CHECK_ERR(mpool_process_active_children(NULL, 0, &count), MPOOL_E_FORKED);
        CHECK(!mpool_process_is_alive(process));
        mpool_process_free(process);
        _exit(0);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    CHECK(mpool_process_is_alive(process));
    open_gate();
    join_free(process, 0);
    mpool_fini();
}
