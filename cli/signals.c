/*
 * cli/signals.c - ^C and other wishes to stop, and the wish to be told what runs
 *
 * Runs in: the mpool command; the handlers on its main thread. Owns: the dispositions of SIGINT, SIGTERM, SIGHUP,
 * SIGUSR1, SIGTSTP and SIGCONT, and an eventfd.
 *
 * The handler counts and makes the eventfd readable. What waits for something else, for a pipe to be read or written,
 * polls the eventfd too: a flag alone could be set between looking at it and beginning to wait. It is readable until
 * somebody heeds it.
 */
#include "cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const int caught[] = {SIGINT, SIGTERM, SIGHUP};

static volatile sig_atomic_t asked;
static volatile sig_atomic_t first;
static volatile sig_atomic_t curious;
static volatile sig_atomic_t stop_wanted;
static int event = -1;

static void handler(int signal)
{
    int saved = errno;
    const uint64_t one = 1;

    if (first == 0)
        first = signal;
    if (asked < 3)
        asked = asked == 0 && signal != SIGINT ? 2 : asked + 1;
    if (write(event, &one, sizeof one) < 0) {
        /* It is readable already. */
    }
    errno = saved;
}

/* It disturbs nothing: who waits is told to go on, and it is heeded when somebody looks. */
static void question(int signal)
{
    (void)signal;
    curious = 1;
}

/* Likewise. Who is continued before it has come to a stop goes on. */
static void stop_or_go(int signal)
{
    stop_wanted = signal == SIGTSTP;
}

/* Those that are not ignored already. */
static void take(int signal, const struct sigaction *action)
{
    struct sigaction old;

    if (sigaction(signal, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        (void)sigaction(signal, action, NULL);
}

static void fill(sigset_t *set)
{
    (void)sigemptyset(set);
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
        (void)sigaddset(set, caught[i]);
}

void signals_ignore(void)
{
    const struct sigaction action = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGPIPE, &action, NULL);
    (void)sigaction(SIGTTOU, &action, NULL);
    (void)sigaction(SIGXFSZ, &action, NULL); /* the write fails, and that is said */
}

void signals_catch(void)
{
    struct sigaction action = {.sa_handler = handler}, asking = {.sa_handler = question, .sa_flags = SA_RESTART},
                     stopping = {.sa_handler = stop_or_go, .sa_flags = SA_RESTART};
    sigset_t set;

    event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fill(&action.sa_mask);
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
        take(caught[i], &action);
    take(SIGUSR1, &asking);
    take(SIGTSTP, &stopping);
    take(SIGCONT, &stopping);
    fill(&set);
    (void)sigaddset(&set, SIGUSR1);
    (void)sigaddset(&set, SIGTSTP);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int signals_asked(void)
{
    return asked;
}

int signals_heed(void)
{
    uint64_t count;

    /* A signal that comes now makes it readable again. */
    if (read(event, &count, sizeof count) < 0) {
        /* Nothing new was asked for. */
    }
    return asked;
}

int signals_first(void)
{
    return first;
}

bool signals_curious(void)
{
    bool was = curious != 0;

    curious = 0;
    return was;
}

bool signals_stop_wanted(void)
{
    return stop_wanted != 0;
}

void signals_stop(void)
{
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    struct sigaction ours;

    (void)sigaction(SIGTSTP, &usual, &ours);
    if (stop_wanted != 0)
        (void)raise(SIGTSTP);
    stop_wanted = 0;
    (void)sigaction(SIGTSTP, &ours, NULL);
}

int signals_fd(void)
{
    return event;
}

void signals_die(int signal)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, signal);
    (void)sigaction(signal, &action, NULL);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
    (void)raise(signal);
    _exit(128 + signal); /* not reached */
}
