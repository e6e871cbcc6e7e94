/*
 * tests/proc/proc.c - the process tests: every scenario, and how it is run
 *
 * A scenario is a function in scenarios/, and says there what has to hold while it runs; how its host ends, and what
 * must not be left afterwards, is held here, by runner.c.
 */
#include "tests/proc/runner.h"

#include <criterion/criterion.h>

#include <signal.h>

static void test(struct proc_run run)
{
    char text[8192];

    switch (proc_run(&run, text, sizeof text)) {
    case PROC_PASSED:
        break;
    case PROC_SKIPPED:
        cr_skip_test("%s", text);
        break;
    case PROC_FAILED:
        cr_assert_fail("%s\n%s", run.scenario, text);
        break;
    }
}

/* PROC(suite, what_holds, option...) runs the scenario suite/what_holds; the options are those of struct proc_run. */
#define PROC(suite, name, ...)                                                                                         \
    Test(suite, name)                                                                                                  \
    {                                                                                                                  \
        test((struct proc_run){.scenario = #suite "/" #name, ##__VA_ARGS__});                                          \
    }

/* ---- the host ---------------------------------------------------------------------------------------------------- */

PROC(host, init_refuses_a_process_with_threads)
PROC(host, a_second_init_changes_nothing)
PROC(host, functions_are_registered_before_init)
PROC(host, nothing_works_before_init_and_after_fini)
PROC(host, fini_ends_though_a_child_holds_our_descriptors)
PROC(host, one_without_stdout_loses_what_jobs_print_and_nothing_else)
PROC(host, one_without_stdin_stdout_and_stderr_works)

/* ---- the end of the host, and of the fork server ----------------------------------------------------------------- */

PROC(death, a_killed_host_takes_everything_along, .dies_by = SIGKILL, .within_a_second = true)
PROC(death, a_killed_host_takes_everything_along_but_its_own_child, .dies_by = SIGKILL, .within_a_second = true,
     .survivor = true)
PROC(death, a_killed_fork_server_breaks_the_pool, .directory_stays = true)
PROC(death, a_killed_fork_server_leaves_no_command_behind, .directory_stays = true)

/* ---- iterators --------------------------------------------------------------------------------------------------- */

PROC(iter, a_poll_does_not_wait_for_room_in_the_queue)
