/*
 * cli/work/standstill.c - a worker that is stopped stops its program too, and no time goes by
 *
 * Runs in: a worker of the command, on its main thread, whose handler it is: nng's threads have all signals blocked.
 * Owns: the disposition of SIGTSTP, from the worker's first program on.
 *
 * ^Z reaches the command alone, and the pool sends SIGTSTP to the workers (mpool_pool_pause()). A program leads a group
 * of its own, and only its worker knows for certain which process that is. What has left the group runs on.
 */
#include "cli/work/standstill.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

static struct {
    bool ready;
    _Atomic pid_t program;
    _Atomic int64_t stood_ns;
} here;

static int64_t now_ns(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void stand(int signal)
{
    pid_t program = here.program;
    int64_t since_ns = now_ns();
    int saved = errno;

    (void)signal;
    if (program > 0)
        (void)kill(-program, SIGSTOP);
    /* This comes back when somebody sends SIGCONT. */
    (void)raise(SIGSTOP);
    here.stood_ns += now_ns() - since_ns;
    if (program > 0)
        (void)kill(-program, SIGCONT);
    errno = saved;
}

static void hold(int how)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTSTP);
    (void)sigprocmask(how, &set, NULL);
}

void standstill_begin(void)
{
    const struct sigaction action = {.sa_handler = stand, .sa_flags = SA_RESTART};

    if (!here.ready)
        here.ready = sigaction(SIGTSTP, &action, NULL) == 0;
    hold(SIG_BLOCK);
}

void standstill_program(pid_t program)
{
    here.program = program;
    hold(SIG_UNBLOCK);
}

int64_t standstill_ms(void)
{
    return here.stood_ns / 1000000;
}
