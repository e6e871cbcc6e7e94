/*
 * tests/sim/watch.c - a core that crashes, goes round in circles or eats memory is reported with its seed as well
 *
 * Runs in: the simulator. The handlers do nothing but write and end the process. The sanitizers call us before they end
 * it, where they are linked.
 */
#include "tests/sim/watch.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_S 5
#define MEMORY_BYTES ((rlim_t)256 << 20)

void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak)); /* NOLINT: that is its name */

static struct {
    volatile uint64_t seed;
    volatile bool moved; /* a schedule has begun since we looked last */
} watch;

static void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0)
        _exit(3);
}

static void say_seed(void)
{
    char digits[21];
    size_t at = sizeof digits - 1;
    uint64_t seed = watch.seed;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + seed % 10);
        seed /= 10;
    } while (seed > 0);
    say(digits + at);
}

static void say_violation(const char *what)
{
    say("\nVIOLATION seed ");
    say_seed();
    say(": ");
    say(what);
    say("\nagain: test-sim --seed ");
    say_seed();
    say(" --schedules 1 --verbose\n");
}

static void on_crash(int signal)
{
    say_violation(signal == SIGSEGV   ? "the core crashes with SIGSEGV"
                  : signal == SIGABRT ? "the core crashes with SIGABRT"
                  : signal == SIGFPE  ? "the core crashes with SIGFPE"
                                      : "the core crashes with SIGBUS or SIGILL");
    _exit(1);
}

static void on_timer(int signal)
{
    (void)signal;
    if (!watch.moved) {
        say_violation("the core goes round in circles");
        _exit(1);
    }
    watch.moved = false;
}

static void on_sanitizer(void)
{
    say_violation("a sanitizer has found something, see above");
}

void watch_start(void)
{
    static const int crashes[] = {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL};
    const struct itimerval patience = {.it_interval.tv_sec = PATIENCE_S, .it_value.tv_sec = PATIENCE_S};
    const struct rlimit memory = {.rlim_cur = MEMORY_BYTES, .rlim_max = MEMORY_BYTES};
    struct sigaction action = {.sa_handler = on_crash};

    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        (void)sigaction(crashes[i], &action, NULL);
    action.sa_handler = on_timer;
    action.sa_flags = SA_RESTART;
    (void)sigaction(SIGVTALRM, &action, NULL);
    (void)setitimer(ITIMER_VIRTUAL, &patience, NULL);
    if (__sanitizer_set_death_callback != NULL) /* whose shadow memory is without bounds */
        __sanitizer_set_death_callback(on_sanitizer);
    else
        (void)setrlimit(RLIMIT_DATA, &memory);
}

void watch_schedule(uint64_t seed)
{
    watch.seed = seed;
    watch.moved = true;
}
