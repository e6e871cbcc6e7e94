/*
 * pool/options.c - what mpool_pool_open() was asked for
 *
 * Runs in: the host, on the thread that opens a pool. Pure.
 */
#include "pool/options.h"

#include "base/bound.h"
#include "base/error.h"
#include "serialize/task.h"

#define QUEUE_JOBS 131072
#define START_TIMEOUT_MS 10000
#define WORKER_IDLE_MS 10000
#define ROOM_TIMEOUT_MS 60000

static mpool_err check(const mpool_pool_options *options)
{
    const struct mp_bound bounds[] = {
        {"workers", options->workers, 0, MPOOL_WORKERS_MAX, " workers"},
        {"workers_most", options->workers_most, 0, MPOOL_WORKERS_MAX, " workers"},
        {"worker_idle_ms", options->worker_idle_ms, 0, MP_TIME_MOST_MS, " milliseconds"},
        {"start_timeout_ms", options->start_timeout_ms, 0, MP_TIME_MOST_MS, " milliseconds"},
        {"room_timeout_ms", options->room_timeout_ms, 0, MP_TIME_MOST_MS, " milliseconds"},
        {"worker_max_age_ms", options->worker_max_age_ms, 0, MP_TIME_MOST_MS, " milliseconds"},
        {"worker_max_jitter", options->worker_max_jitter, 0, 100, " per cent"},
    };

    if (options->output != MPOOL_OUTPUT_TAIL && options->output != MPOOL_OUTPUT_INHERIT)
        return mp_error(MPOOL_E_INVAL,
                        "pool options: output is %d; there are MPOOL_OUTPUT_TAIL and MPOOL_OUTPUT_INHERIT",
                        (int)options->output);
    return mp_bound_check(NULL, bounds, sizeof bounds / sizeof bounds[0]);
}

/* How many workers there will be, and how many slots that takes: one for each, and some for successors. */
static mpool_err plan_crew(mpool_pool *pool, const mpool_pool_options *options)
{
    unsigned workers = options->workers > 0 ? options->workers : mpool_cpu_count();
    unsigned most = options->workers_most > 0 ? options->workers_most : workers;
    bool recycles = options->worker_max_jobs > 0 || options->worker_max_age_ms > 0 || options->worker_max_bytes > 0;
    const struct mp_bound bounds[] = {
        {"workers_least", options->workers_least, 0, workers, " workers, since that is what `workers` is"},
        {"workers_most", most, workers, MPOOL_WORKERS_MAX, " workers, since `workers` is the least of these"},
    };
    mpool_err err = mp_bound_check(NULL, bounds, sizeof bounds / sizeof bounds[0]);

    if (err != MPOOL_OK)
        return err;
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
