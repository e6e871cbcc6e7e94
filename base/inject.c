/*
 * base/inject.c - fault points, for the tests
 *
 * Runs in: any process of a build with MPOOL_INJECT; otherwise it is empty.
 */
#include "base/inject.h"

#ifdef MPOOL_INJECT

#include "base/clock.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A number from 0 to 99, of a sequence that differs from process to process (splitmix64 by Steele, Lea and Flood). */
static unsigned dice(void)
{
    static uint64_t state;
    uint64_t z;

    if (state == 0)
        state = (uint64_t)getpid() * 1000003 + (uint64_t)mp_clock_ns();
    z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ (z >> 31)) % 100);
}

/* At some points all signals are blocked; what is raised there has to strike there, and not some time later. */
static void raise_now(int number)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, number);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
    (void)raise(number);
}

static void strike(const char *action)
{
    if (strncmp(action, "kill", 4) == 0) {
        (void)raise(SIGKILL);
    } else if (strncmp(action, "segv", 4) == 0) {
        raise_now(SIGSEGV);
    } else if (strncmp(action, "exit", 4) == 0) {
        _exit(0);
    } else if (strncmp(action, "stop", 4) == 0) {
        (void)raise(SIGSTOP);
    } else if (strncmp(action, "delay=", 6) == 0) {
        int64_t ns = strtoll(action + 6, NULL, 10) * 1000;
        struct timespec pause = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};

        (void)nanosleep(&pause, NULL);
    }
}

void mp_inject(const char *point)
{
    const char *fault = getenv("MPOOL_FAULT");
    size_t size = strlen(point);

    while (fault != NULL && *fault != '\0') {
        const char *end = fault + strcspn(fault, ",");
        const char *percent = memchr(fault, '@', (size_t)(end - fault));

        if (strncmp(fault, point, size) == 0 && fault[size] == ':' &&
            (percent == NULL || dice() < strtoul(percent + 1, NULL, 10)))
            strike(fault + size + 1);
        fault = *end == ',' ? end + 1 : end;
    }
}

#else

/* ISO C wants a declaration in every file. */
typedef int mp_inject_is_not_compiled_in;

#endif
