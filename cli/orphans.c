/*
 * cli/orphans.c - programs that go on when the fork server has been killed
 *
 * Runs in: the mpool command, on its main thread. Owns: programs whose worker is dead, when there is no fork server.
 *
 * The fork server ends what a dead worker leaves behind. If it is killed itself the workers die with it, and their
 * programs, each of which leads a group of its own, would run on while the run has ended, or beside another one. They
 * become children of the nearest subreaper, and that is the command. The board knows them by their process ids; of one
 * that is a child of ours it is certain that it is still the same process.
 */
#include "cli/orphans.h"

#include "cli/board.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

/* How often, and for how long each time, a worker that still has to die is waited for: a second altogether. */
#define TRIES 100
#define NAP_NS 10000000

void orphans_adopt(void)
{
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Ends a program; false: it is there, and not ours yet. */
static bool end(pid_t program)
{
    siginfo_t info;

    if (waitid(P_PID, (id_t)program, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        return kill(program, 0) != 0;
    (void)kill(-program, SIGKILL);
    while (waitpid(program, NULL, 0) < 0 && errno == EINTR)
        continue;
    return true;
}

void orphans_end(void)
{
    const struct timespec nap = {.tv_nsec = NAP_NS};
    int tries = 0;

    for (unsigned worker = 0; worker < MPOOL_WORKERS_MAX; worker++) {
        pid_t program = board_program_of(worker);
        while (program > 0 && !end(program) && tries++ < TRIES)
            (void)nanosleep(&nap, NULL);
    }
}
