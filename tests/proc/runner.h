/*
 * tests/proc/runner.h - a test starts proc-helper, waits, and looks at what is left
 *
 * Everything the helper starts stays below the process of the test, which is a subreaper, and carries a marker in its
 * environment; its temporary files go into a directory of its own. So whatever is left can be found, and ended by its
 * process id.
 */
#ifndef TESTS_PROC_RUNNER_H
#define TESTS_PROC_RUNNER_H

#include <stdbool.h>
#include <stddef.h>

struct proc_run {
    const char *scenario;
    const char *fault;    /* for MPOOL_FAULT; NULL: none */
    int dies_by;          /* the signal that ends the host; 0: it exits with 0 */
    bool survivor;        /* it prints "survivor PID": a child that outlives it, and which the runner ends at last */
    int patience;         /* it has so many minutes; 0: one */
    bool within_a_second; /* what it leaves behind has a second to vanish, and not two */
};

enum proc_verdict { PROC_PASSED, PROC_FAILED, PROC_SKIPPED };

/*
 * proc_run - run a scenario
 *
 * text      out  what went wrong, with what the helper said; or why it was skipped
 */
enum proc_verdict proc_run(const struct proc_run *run, char *text, size_t room);

#endif
