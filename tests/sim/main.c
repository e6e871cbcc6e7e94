/*
 * tests/sim/main.c - the simulator over the pool's core
 *
 * One process, one thread, no clock and no descriptor: schedule after schedule, each from a seed of its own, with all
 * that can go wrong, and an oracle that looks at every step. A violation prints its seed; the same seed shows it again.
 */
#include "tests/sim/watch.h"
#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* So many schedules get everywhere. */
#define ENOUGH 20000

struct options {
    uint64_t seed;
    uint64_t schedules; /* 0: no limit */
    double seconds;     /* 0: no limit */
    double fresh;       /* so many seconds more, from a seed that the clock gives */
    bool verbose;
};

struct score {
    uint64_t schedules, steps, happenings, faults;
    double seconds;
    uint64_t reached[REACH_COUNT];
};

static const char *const reach_names[REACH_COUNT] = {
    [REACH_COMMITS] = "frames of results committed",
    [REACH_LARGE] = "frames of several jobs sent",
    [REACH_FAILED] = "jobs failed",
    [REACH_CRASHED] = "jobs crashed",
    [REACH_TIMED_OUT] = "jobs timed out",
    [REACH_CANCELLED] = "jobs cancelled",
    [REACH_RETRIED] = "attempts retried",
    [REACH_TOLD_CRASH] = "crashes that a worker lived to tell of",
    [REACH_ASKED_EXIT] = "attempts whose exit code is one to be retried",
    [REACH_ASKED_SIGNAL] = "attempts whose signal is one to be retried",
    [REACH_ASKED_OOM] = "attempts retried for want of memory",
    [REACH_NOT_ASKED] = "attempts not retried, as that was not asked for",
    [REACH_RETURNED] = "recalls answered with jobs",
    [REACH_BARREN] = "recalls answered with none",
    [REACH_UNSENT] = "frames unsent",
    [REACH_UNSENT_TWICE] = "frames unsent behind another",
    [REACH_SKIPPED] = "frames for slots no longer up",
    [REACH_NESTED] = "steps within steps",
    [REACH_STALE] = "stale messages",
    [REACH_GARBLED] = "messages refused",
    [REACH_LATE_ANSWERS] = "results of workers being killed",
    [REACH_PARDONED] = "killed for a job that was answered in time",
    [REACH_CLAIMED] = "deaths with a job running",
    [REACH_RECALLED] = "deaths while recalled",
    [REACH_UNCOMMITTED] = "deaths with results not committed",
    [REACH_UNSTARTED] = "deaths with jobs not begun",
    [REACH_IDLE] = "deaths idle",
    [REACH_UNBORN] = "deaths before hello",
    [REACH_REFUSED] = "workers that could not be started",
    [REACH_RIDDLES] = "deaths with nobody to blame",
    [REACH_OUT_OF_CPU] = "deaths by a limit of CPU time",
    [REACH_SOLO_CHARGED] = "deaths charged to the job that was alone",
    [REACH_ASKED] = "jobs asked to stop",
    [REACH_WRAPS] = "results past the wrap of tickets",
    [REACH_PREFERRED] = "frames preferred to earlier ones",
    [REACH_DELAYED] = "jobs delayed",
    [REACH_BACKED_OFF] = "attempts after a back-off",
    [REACH_GATED] = "frames that passed others at their gate",
    [REACH_CANCELLED_WAITING] = "jobs cancelled that waited",
    [REACH_CANCELLED_RETURNED] = "jobs cancelled that were given back",
    [REACH_CANCELLED_KILLED] = "workers killed for a job that was cancelled",
    [REACH_CANCELLED_LATE] = "results of jobs that were cancelled too late",
    [REACH_CANCEL_DEAF] = "workers killed that gave nothing back",
    [REACH_RETIRED_USED] = "workers retired that had their jobs",
    [REACH_RETIRED_OLD] = "workers retired of age",
    [REACH_RETIRED_LARGE] = "workers retired for their size",
    [REACH_RETIRED_SURPLUS] = "workers retired as one too many",
    [REACH_GROWN] = "workers more as jobs waited",
    [REACH_SHRUNK] = "workers fewer as some idled",
    [REACH_BORN] = "lots that jobs submitted",
    [REACH_BORN_UNWANTED] = "likewise, of a group that nobody wants",
    [REACH_BORN_LATE] = "likewise, in pools that drain",
    [REACH_BORN_STALE] = "likewise, with results that do not count",
    [REACH_SPENT] = "jobs that may have begun and must not twice",
    [REACH_BROKEN] = "pools broken",
    [REACH_LOST] = "fork servers lost",
    [REACH_LOST_LATE] = "fork servers lost of broken pools",
    [REACH_LOST_NESTED] = "fork servers lost, as an order showed",
    [REACH_DRAINED] = "pools drained",
    [REACH_DRAIN_RETURNED] = "jobs given back to pools that drain",
    [REACH_DRAIN_FAILED] = "jobs not retried in pools that drain",
    [REACH_DRAIN_TERMINATED] = "drained pools terminated",
    [REACH_TERMINATED] = "pools terminated",
};

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t fresh_seed(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void usage(void)
{
    fprintf(stderr, "usage: test-sim [--seed N] [--schedules N] [--seconds S] [--fresh S] [--verbose]\n");
    exit(2);
}

static void parse(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--verbose") == 0) {
            options->verbose = true;
            continue;
        }
        if (value == NULL)
            usage();
        if (strcmp(argv[i], "--seed") == 0)
            options->seed = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--schedules") == 0)
            options->schedules = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            options->seconds = strtod(value, NULL);
        else if (strcmp(argv[i], "--fresh") == 0)
            options->fresh = strtod(value, NULL);
        else
            usage();
        i++;
    }
    if (options->schedules == 0 && options->seconds <= 0)
        options->schedules = 100000;
}

static void report(const struct score *score)
{
    printf("schedules %" PRIu64 ", each with %d slots, %d jobs and %d faults at least\n", score->schedules,
           SIM_LEAST_SLOTS, SIM_LEAST_JOBS, SIM_LEAST_FAULTS);
    printf("steps %" PRIu64 ", happenings %" PRIu64 ", faults %" PRIu64 "\n", score->steps, score->happenings,
           score->faults);
    printf("seconds %.2f, steps per second %.0f\n", score->seconds, (double)score->steps / score->seconds);
}

/* A simulator that never gets somewhere proves nothing about it. */
static bool report_reached(const struct score *score)
{
    bool all = true;

    for (unsigned i = 0; i < REACH_COUNT; i++) {
        printf("%12" PRIu64 " %s\n", score->reached[i], reach_names[i]);
        all = all && score->reached[i] > 0;
    }
    if (!all && score->schedules >= ENOUGH)
        printf("NEVER REACHED: see the zeros above\n");
    return all || score->schedules < ENOUGH;
}

static void report_violation(const struct world *world, uint64_t seed)
{
    printf("\nVIOLATION seed %" PRIu64 " step %" PRIu64 ": %s\n", seed, world->steps, world->oracle.verdict);
    printf("the last that happened:\n");
    trace_print(&world->trace);
    printf("again: test-sim --seed %" PRIu64 " --schedules 1 --verbose\n", seed);
}

/* False: something is wrong, and was reported. */
static bool run(struct world *world, const struct options *options, struct score *score)
{
    double start = seconds_now();
    bool ok = true;

    for (uint64_t seed = options->seed, count = 0; ok; seed++) {
        watch_schedule(seed);
        ok = world_run(world, seed, options->verbose, score->reached);
        score->schedules++;
        score->steps += world->steps;
        score->happenings += world->happenings;
        score->faults += world->faults;
        if (!ok)
            report_violation(world, seed);
        if (++count == options->schedules)
            break;
        if (options->seconds > 0 && count % 16 == 0 && seconds_now() - start >= options->seconds)
            break;
    }
    score->seconds += seconds_now() - start;
    return ok;
}

int main(int argc, char **argv)
{
    struct options options = {.seed = 1};
    struct score score = {0};
    struct world *world = calloc(1, sizeof *world);
    bool ok;

    parse(&options, argc, argv);
    if (world == NULL)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    watch_start();
    ok = run(world, &options, &score);
    if (ok && options.fresh > 0) {
        options.seed = fresh_seed();
        options.seconds = options.fresh;
        options.schedules = 0;
        printf("fresh seed %" PRIu64 "\n", options.seed);
        ok = run(world, &options, &score);
    }
    report(&score);
    if (ok && !options.verbose)
        ok = report_reached(&score);
    free(world);
    return ok ? 0 : 1;
}
