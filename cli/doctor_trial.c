/*
 * cli/doctor_trial.c - a pool of one worker: does it start, does a job come back, is a crash explained?
 *
 * Runs in: the mpool command, on its main thread. Owns: the pool, which is freed before doctor_try() returns.
 *
 * Here nothing is concluded from limits, it is done: what keeps a run from starting shows here, with what mpool says
 * about it. The times are those of this one start and these two jobs, the first ones of their worker.
 */
#include "cli/doctor.h"
#include "cli/tally.h"

#include <mpool/dossier.h>
#include <mpool/functions.h>
#include <mpool/init.h>
#include <mpool/pool.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* How its mapping is called in /proc/self/maps. */
#define ARENA_NAME "/memfd:mpool"

static void fail(struct trial *trial, const char *what, mpool_err err)
{
    const char *detail = mpool_error_detail();

    text_printf(&trial->failure, "%s: %s", what, detail[0] != '\0' ? detail : mpool_err_text(err));
}

/* Addresses that this process has mapped of the shared memory; -1: it is not found. */
static int64_t measure_arena(void)
{
    FILE *file = fopen("/proc/self/maps", "re");
    char *line = NULL;
    size_t room = 0;
    int64_t bytes = 0;

    if (file == NULL)
        return -1;
    while (getline(&line, &room, file) > 0) {
        char *end;
        uint64_t from = strtoull(line, &end, 16);
        if (strstr(line, ARENA_NAME) != NULL && *end == '-')
            bytes += (int64_t)(strtoull(end + 1, NULL, 16) - from);
    }
    free(line);
    (void)fclose(file);
    return bytes > 0 ? bytes : -1;
}

/* Private memory of the worker; -1: the kernel does not say. */
static int64_t measure_worker(mpool_pool *pool)
{
    static const char *const fields[] = {"Private_Clean:", "Private_Dirty:"};
    char path[64], line[256];
    int64_t bytes = -1;
    size_t count;
    pid_t pid = 0;

    if (mpool_pool_pids(pool, &pid, 1, &count) != MPOOL_OK || pid <= 0)
        return -1;
    (void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    while (fgets(line, sizeof line, file) != NULL) {
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
            size_t length = strlen(fields[i]);
            if (strncmp(line, fields[i], length) == 0)
                bytes = (bytes > 0 ? bytes : 0) + strtoll(line + length, NULL, 10) * 1024;
        }
    }
    (void)fclose(file);
    return bytes;
}

static bool open_pool(struct trial *trial, mpool_pool **pool)
{
    const mpool_pool_options options = {.workers = 1};
    int64_t start_ns = clock_ns();
    mpool_err err = mpool_functions_register();

    if (err == MPOOL_OK)
        err = mpool_init(NULL);
    if (err == MPOOL_OK)
        err = mpool_pool_open(&options, pool);
    if (err != MPOOL_OK) {
        fail(trial, "no worker has started", err);
        return false;
    }
    trial->start_ns = clock_ns() - start_ns;
    return true;
}

static void run_square(struct trial *trial, mpool_pool *pool)
{
    const mpool_task task = {.function = "square"};
    const mpool_result *result = NULL;
    mpool_future *future = NULL;
    int64_t start_ns = clock_ns(), square = 0;
    mpool_err err = mpool_pool_apply(pool, &task, &future, &result, "i", 12);

    trial->trip_ns = clock_ns() - start_ns;
    if (err == MPOOL_OK)
        err = mpool_result_unpack(result, "I", &square);
    if (err != MPOOL_OK)
        fail(trial, "a job did not come back", err);
    else if (square != 144)
        text_printf(&trial->failure, "the square of 12 came back as %" PRId64, square);
    mpool_future_free(future);
}

static void run_crash(struct trial *trial, mpool_pool *pool)
{
    const mpool_task task = {.function = "crash"};
    const mpool_result *result = NULL;
    mpool_future *future = NULL;
    int64_t start_ns = clock_ns();
    mpool_err err = mpool_pool_apply(pool, &task, &future, &result, NULL);

    trial->crash_ns = clock_ns() - start_ns;
    if (err != MPOOL_OK)
        fail(trial, "a job that crashes did not come back", err);
    else if (result->status != MPOOL_CRASHED)
        text_printf(&trial->failure, "a job that crashes has ended as %s", mpool_status_name(result->status));
    else
        text_string(&trial->backtrace, result->dossier->backtrace != NULL ? result->dossier->backtrace
                                                                          : "no backtrace: nothing was said of it");
    mpool_future_free(future);
}

void doctor_try(struct trial *trial)
{
    const struct rlimit none = {0};
    mpool_pool *pool = NULL;

    *trial = (struct trial){.start_ns = -1, .trip_ns = -1, .crash_ns = -1, .arena_bytes = -1, .worker_bytes = -1};
    /* The crash below is no news, and leaves no core dump. */
    (void)setrlimit(RLIMIT_CORE, &none);
    if (open_pool(trial, &pool)) {
        trial->arena_bytes = measure_arena();
        run_square(trial, pool);
        trial->worker_bytes = measure_worker(pool);
        if (trial->failure.size == 0)
            run_crash(trial, pool);
        mpool_pool_free(pool);
    }
    mpool_fini();
}

static void say_time(struct doctor *doctor, const char *what, int64_t ns, const char *of_what)
{
    if (ns >= 0)
        doctor_say(doctor, VERDICT_OK, what, "%.2f ms %s", (double)ns / 1e6, of_what);
}

void doctor_trial(struct doctor *doctor)
{
    static const char none[] = "no backtrace";
    const struct trial *trial = &doctor->trial;
    char size[DOCTOR_SIZE_MAX];

    say_time(doctor, "start-up", trial->start_ns, "from nothing to a worker that takes jobs");
    say_time(doctor, "round trip", trial->trip_ns, "from a job's submission to its result");
    if (trial->worker_bytes >= 0)
        doctor_say(doctor, VERDICT_OK, "memory of a worker", "%s of its own, idle",
                   doctor_size(size, trial->worker_bytes));
    if (trial->failure.size > 0) {
        doctor_say(doctor, VERDICT_FAIL, "trial", "%s", trial->failure.data);
        doctor_advise(doctor, "no run can work before that is mended");
    } else if (strncmp(trial->backtrace.data, none, strlen(none)) == 0) {
        doctor_say(doctor, VERDICT_WARN, "backtraces", "%s", trial->backtrace.data);
        if (strstr(trial->backtrace.data, "ptrace") != NULL)
            doctor_advise(doctor, "allow ptrace among processes of a user; in a container: --cap-add SYS_PTRACE");
    } else {
        say_time(doctor, "backtraces", trial->crash_ns, "from a job's submission to its crash, explained");
    }
}
