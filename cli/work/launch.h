/*
 * cli/work/launch.h - a program, started in a process of its own
 */
#ifndef CLI_WORK_LAUNCH_H
#define CLI_WORK_LAUNCH_H

#include "cli/work/order.h"

#include <sys/types.h>

/* The longest reason that launch_start() gives, with its NUL. */
#define LAUNCH_WHY 512

/* What shells exit with for a program that cannot be run, and for one that is not there. */
#define LAUNCH_NOT_RUN 126
#define LAUNCH_NOT_FOUND 127

/* A running program. It leads a process group of its own. */
struct launch {
    pid_t pid;
    int pidfd;    /* readable when it has ended */
    int out, err; /* what it writes can be read here, once poll() says so; -1: it goes elsewhere */
};

/*
 * launch_start - start the program of an order
 *
 * launch    out  set on success only; to be ended with launch_end()
 * why       out  otherwise what is wrong, one line
 *
 * Returns 0; or what a shell would exit with.
 */
int launch_start(const struct order *order, struct launch *launch, char why[LAUNCH_WHY]);

/* launch_can_find - is there a program of this name, or at this path? */
bool launch_can_find(const char *name);

/* launch_kill - send a signal to the program and to what it has started in its group */
void launch_kill(const struct launch *launch, int signal);

/* launch_end - wait for the program's end, and forget it; returns the status, as of waitpid(2) */
int launch_end(struct launch *launch);

#endif
