/*
 * tests/proc/list.h - the lists of scenarios: a Criterion test for each
 */
#ifndef TESTS_PROC_LIST_H
#define TESTS_PROC_LIST_H

#include "tests/proc/runner.h"

#include <criterion/criterion.h>

/* proc_test - run a scenario; what went wrong fails the test that calls. */
void proc_test(struct proc_run run);

/* PROC(suite, what_holds, option...) runs the scenario suite/what_holds; the options are those of struct proc_run. */
#define PROC(suite, name, ...)                                                                                         \
    Test(suite, name)                                                                                                  \
    {                                                                                                                  \
        proc_test((struct proc_run){.scenario = #suite "/" #name, ##__VA_ARGS__});                                     \
    }

#endif
