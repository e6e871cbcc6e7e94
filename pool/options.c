/*
 * pool/options.c - what mpool_pool_open() was asked for
 *
 * Runs in: the host, on the thread that opens a pool.
 */
#include "pool/options.h"

#include "base/error.h"
#include "pool/function.h"
#include "pool/host.h"
#include "serialize/scan.h"
#include "serialize/task.h"
#include "workers/setup.h"

#include <string.h>

#define QUEUE_JOBS 131072
#define START_TIMEOUT_MS 10000
#define WORKER_IDLE_MS 10000
#define ROOM_TIMEOUT_MS 60000
#define SETUP_MAX ((size_t)8 << 20) /* bytes of setup_args */

static mpool_err check(const mpool_pool_options *options)
{
    const struct {
        const char *name;
        int64_t time_ms;
    } times[] = {{"start_timeout_ms", options->start_timeout_ms},
                 {"room_timeout_ms", options->room_timeout_ms},
                 {"worker_idle_ms", options->worker_idle_ms},
                 {"worker_max_age_ms", options->worker_max_age_ms}};

    if (options->workers > MPOOL_WORKERS_MAX || options->workers_most > MPOOL_WORKERS_MAX)
        return mp_error(MPOOL_E_INVAL, "%u workers; a pool has at most %d",
                        options->workers > MPOOL_WORKERS_MAX ? options->workers : options->workers_most,
                        MPOOL_WORKERS_MAX);
    if (options->output != MPOOL_OUTPUT_TAIL && options->output != MPOOL_OUTPUT_INHERIT)
        return mp_error(MPOOL_E_INVAL, "output %d is no mpool_output", (int)options->output);
    if (options->worker_max_jitter > 100)
        return mp_error(MPOOL_E_INVAL, "worker_max_jitter is %u per cent; 100 are the most",
                        options->worker_max_jitter);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (times[i].time_ms < 0 || times[i].time_ms > MP_TIME_MOST_MS)
            return mp_error(MPOOL_E_INVAL, "%s is %lld; it takes 0 to %lld", times[i].name, (long long)times[i].time_ms,
                            (long long)MP_TIME_MOST_MS);
    return MPOOL_OK;
}

/* How many workers there will be, and how many slots that takes: one for each, and some for successors. */
static mpool_err plan_crew(mpool_pool *pool, const mpool_pool_options *options)
{
    unsigned workers = options->workers > 0 ? options->workers : mpool_cpu_count();
    unsigned most = options->workers_most > 0 ? options->workers_most : workers;
    bool recycles = options->worker_max_jobs > 0 || options->worker_max_age_ms > 0 || options->worker_max_bytes > 0;

    if (most < workers || options->workers_least > workers)
        return mp_error(MPOOL_E_INVAL, "workers_least %u, workers %u, workers_most %u: they must rise",
                        options->workers_least, workers, most);
    pool->workers_most = most;
    pool->workers = most + (recycles ? (most + 3) / 4 : 0);
    pool->worker_max_bytes = options->worker_max_bytes;
    pool->crew = (struct mp_crew){.wanted = options->workers_least > 0 ? options->workers_least : workers,
                                  .least = options->workers_least,
                                  .most = workers,
                                  .idle_ms = options->worker_idle_ms > 0 ? options->worker_idle_ms : WORKER_IDLE_MS,
                                  .jobs = options->worker_max_jobs,
                                  .age_ms = options->worker_max_age_ms,
                                  .jitter = options->worker_max_jitter};
    return MPOOL_OK;
}

mpool_err mp_options_read(const mpool_pool_options *options, mpool_pool *pool)
{
    mpool_err err = check(options);

    if (err == MPOOL_OK)
        err = plan_crew(pool, options);
    pool->queue_jobs = options->queue_jobs > 0 ? options->queue_jobs : QUEUE_JOBS;
    pool->start_timeout_ms = options->start_timeout_ms > 0 ? options->start_timeout_ms : START_TIMEOUT_MS;
    pool->room_timeout_ms = options->room_timeout_ms > 0 ? options->room_timeout_ms : ROOM_TIMEOUT_MS;
    pool->output = options->output;
    return err;
}

/* ---- setup ------------------------------------------------------------------------------------------------------- */

/* What workers are to do first and last: names[0] and names[1], NULL for nothing. */
static mpool_err check_setup(const mpool_pool_options *options, const char *names[2])
{
    const char *wanted[] = {options->initializer, options->finalizer};
    struct mp_function function = {0};
    mpool_err err = MPOOL_OK;
    size_t end = 0;

    for (size_t i = 0; i < 2 && err == MPOOL_OK; i++) {
        if (wanted[i] != NULL)
            err = mp_function_find(wanted[i], &function);
        names[i] = wanted[i] != NULL ? function.name : NULL;
    }
    if (err != MPOOL_OK || options->setup_args == NULL)
        return err;
    if (options->setup_size > SETUP_MAX)
        return mp_error(MPOOL_E_TOOBIG, "setup_args of %zu bytes; %zu are the most", options->setup_size, SETUP_MAX);
    if (mp_scan_value(options->setup_args, options->setup_size, &mp_scan_limits_value, &end) != MP_SCAN_OK ||
        end != options->setup_size)
        return mp_error(MPOOL_E_FORMAT, "setup_args are not one msgpack value; see mpool_pack()");
    return MPOOL_OK;
}

mpool_err mp_options_write_setup(const mpool_pool_options *options, mpool_pool *pool)
{
    static const char nil = '\xc0';
    const void *args = options->setup_args != NULL ? options->setup_args : &nil;
    struct mp_setup sizes = {.args_size = options->setup_args != NULL ? options->setup_size : sizeof nil}, *setup;
    const char *names[2];
    mpool_err err = check_setup(options, names);

    if (err != MPOOL_OK || (names[0] == NULL && names[1] == NULL))
        return err;
    sizes.initializer_size = names[0] != NULL ? strlen(names[0]) + 1 : 0;
    sizes.finalizer_size = names[1] != NULL ? strlen(names[1]) + 1 : 0;
    pool->setup_size = sizeof sizes + sizes.initializer_size + sizes.finalizer_size + sizes.args_size;
    err = mp_host_take(pool->setup_size, &pool->setup_offset);
    if (err != MPOOL_OK) {
        pool->setup_size = 0;
        return err;
    }
    setup = mp_host_at(pool->setup_offset, pool->setup_size);
    *setup = sizes;
    if (names[0] != NULL)
        memcpy(setup->text, names[0], sizes.initializer_size);
    if (names[1] != NULL)
        memcpy(setup->text + sizes.initializer_size, names[1], sizes.finalizer_size);
    memcpy(setup->text + sizes.initializer_size + sizes.finalizer_size, args, sizes.args_size);
    return MPOOL_OK;
}
