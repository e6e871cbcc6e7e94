/*
 * tests/kill/main.c - kill-test: workers are killed at random moments, and what the pool says has to be exactly right
 *
 *     kill-test [--jobs 20000] [--kills 500] [--seed N] [--mode retried|unretried]
 *
 * Two modes, one after the other unless one is named. Retried: every job is done, totals are exactly right, and the
 * attempts lost are as many as workers died at a job. Not retried: as many jobs crashed as workers died at a job, every
 * other one is done, and the totals are the sums over those. In both, every job ends exactly once, and nothing is left
 * at the end: no process, no file, no file descriptor.
 *
 * Kills are counted by what they hit. The fault points' delays make the rare moments longer; a kind of moment that had
 * less than 5 % of the kills fails the test, since it was not tested.
 */
#include "tests/kill/books.h"
#include "tests/kill/mode.h"
#include "tests/proc/fds.h"
#include "tests/proc/left.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* Kinds of moments that would be too short to be hit. */
#define DELAYS "worker.start:delay=30000,worker.received:delay=1500@50,worker.replied:delay=3000@20"

/* Our own environment goes on to all processes: so they are not known by it, but as our descendants. */
#define NOBODYS_MARKER "MPOOL_TEST_RUN=kill-test, which has none"

struct options {
    uint32_t jobs, kills;
    uint64_t seed;
    const char *mode; /* NULL: both */
};

static uint64_t number_of(const char *text, uint64_t most)
{
    char *end;
    uint64_t number;

    errno = 0;
    number = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || end == text || number > most)
        die("\"%s\" is not a number up to %" PRIu64, text, most);
    return number;
}

static struct options read_options(int argc, char **argv)
{
    static const struct option known[] = {{"jobs", required_argument, NULL, 'j'},
                                          {"kills", required_argument, NULL, 'k'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"mode", required_argument, NULL, 'm'},
                                          {NULL, 0, NULL, 0}};
    struct options options = {.jobs = 20000, .kills = 500, .seed = (uint64_t)time(NULL) << 16 ^ (uint64_t)getpid()};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'j')
            options.jobs = (uint32_t)number_of(optarg, 10000000);
        else if (option == 'k')
            options.kills = (uint32_t)number_of(optarg, 1000000);
        else if (option == 's')
            options.seed = number_of(optarg, UINT64_MAX);
        else if (option == 'm')
            options.mode = optarg;
        else
            exit(2);
    }
    return options;
}

static void run_modes(const struct options *options)
{
    struct mode modes[2] = {{.name = "retried", .retried = true}, {.name = "unretried", .retried = false}};
    bool known = options->mode == NULL;

    for (int i = 0; i < 2; i++) {
        if (options->mode != NULL && strcmp(options->mode, modes[i].name) != 0)
            continue;
        known = true;
        modes[i].jobs = options->jobs;
        modes[i].kills = options->kills;
        modes[i].seed = options->seed + (uint64_t)i;
        mode_run(&modes[i]);
    }
    if (!known)
        die("there is no mode \"%s\"", options->mode);
}

/* Whatever mpool has started and lost would be our child by now. */
static void check_nothing_is_left(const char *directory, unsigned fds_before)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    char text[1024];

    for (int naps = 0;
         naps < 5000 && (left_processes(NOBODYS_MARKER, 0, text, sizeof text) > 0 || count_fds() != fds_before); naps++)
        (void)nanosleep(&pause, NULL);
    if (left_processes(NOBODYS_MARKER, 0, text, sizeof text) > 0)
        die("these processes are left:%s", text);
    if (left_files(directory, NULL, NULL, text, sizeof text))
        die("these files are left:%s", text);
    if (count_fds() != fds_before) {
        list_fds();
        die("%u file descriptors, and %u before", count_fds(), fds_before);
    }
}

int main(int argc, char **argv)
{
    struct options options = read_options(argc, argv);
    char directory[] = "/tmp/mpool-kill.XXXXXX";
    unsigned fds;

#ifndef MPOOL_INJECT
    (void)printf("kill-test needs a build with fault points (MPOOL_INJECT): it is skipped\n");
    return 77;
#endif
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (mkdtemp(directory) == NULL || setenv("TMPDIR", directory, 1) != 0 || unsetenv("XDG_RUNTIME_DIR") != 0 ||
        setenv("MPOOL_FAULT", DELAYS, 1) != 0)
        die("cannot set up: %s", strerror(errno));
    fds = count_fds();
    books_init(options.seed, options.jobs);
    must(mpool_init(NULL), "mpool_init");
    run_modes(&options);
    mpool_fini();
    check_nothing_is_left(directory, fds);
    left_remove(directory);
    return 0;
}
