/*
 * workers/functions/sleep.c - does nothing, for a while
 *
 * Runs in: workers. Sleeps towards a fixed moment of the monotonic clock, so that slices do not add up to more than was
 * asked for, and looks between slices whether the job is to stop: after its soft timeout it fails early.
 */
#include "args.h"
#include "builtins.h"

#include <mpool/job.h>

#include <time.h>

#define SLICE_NS INT64_C(20000000)

/* A hundred years: the nanoseconds until then still fit 64 bits. */
#define LONGEST_SECONDS 3155760000.0

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void sleep_until(int64_t end_ns)
{
    struct timespec end = {.tv_sec = (time_t)(end_ns / 1000000000), .tv_nsec = (long)(end_ns % 1000000000)};

    /* A signal ends the slice early, and the loop around it looks at the clock. */
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
}

int mp_builtin_sleep(mpool_job *job, const msgpack_object *args, msgpack_packer *result)
{
    const msgpack_object *field = mp_args_field(args, "seconds");
    int64_t start_ns = now_ns();
    int64_t end_ns;
    double seconds;

    if (!mp_args_double(field != NULL ? field : args, &seconds))
        return mpool_job_fail(job, "sleep: the argument is not a number of seconds");
    if (seconds < 0 || seconds > LONGEST_SECONDS)
        return mpool_job_fail(job, "sleep: %g seconds is not between 0 and a hundred years", seconds);
    end_ns = start_ns + (int64_t)(seconds * 1e9);
    for (int64_t now = start_ns; now < end_ns; now = now_ns()) {
        if (mpool_job_cancelled(job))
            return mpool_job_fail_as(job, MPOOL_CANCELLED, 0, "sleep: asked to stop after %.2f of %g seconds",
                                     (double)(now - start_ns) / 1e9, seconds);
        sleep_until(end_ns - now > SLICE_NS ? now + SLICE_NS : end_ns);
    }
    return msgpack_pack_double(result, seconds) != 0 ? mpool_job_fail(job, "no memory for the result") : 0;
}
