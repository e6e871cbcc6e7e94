/*
 * mpool/result.h - how a job ended
 */
#ifndef MPOOL_RESULT_H
#define MPOOL_RESULT_H

#include <mpool/dossier.h>
#include <mpool/error.h>
#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One vocabulary in the API, JSON, job files and tables. Numbers never change. */
#define MPOOL_STATUSES(X)                                                                                              \
    X(0, DONE, "done")           /* the function returned 0 */                                                         \
    X(1, FAILED, "failed")       /* the function returned something else, or its result was refused */                 \
    X(2, CRASHED, "crashed")     /* the worker died while it ran the job */                                            \
    X(3, TIMED_OUT, "timed_out") /* the job ran past its limit, and its worker was killed for it */                    \
    X(4, CANCELLED, "cancelled") /* it was not wanted any more, or the pool was drained, terminated or broken */       \
    X(5, SKIPPED, "skipped")     /* not run, because something it needs did not end as done */

typedef enum mpool_status {
#define MPOOL_STATUS_ENUM(number, name, text) MPOOL_##name = (number),
    MPOOL_STATUSES(MPOOL_STATUS_ENUM)
#undef MPOOL_STATUS_ENUM
} mpool_status;

/* mpool_status_name - "done", "timed_out" ...; a constant string. */
MPOOL_API const char *mpool_status_name(mpool_status status);

/* Given out by mpool only, and not to be copied: mpool_result_unpack() keeps what it decodes behind it. */
typedef struct mpool_result {
    uint64_t index; /* mpool_pool_submit(): the job's number in the pool; iterators and map: the item's, from 0 */
    uint64_t tag;   /* what the submitter gave along */
    bool child;     /* a job has submitted it (mpool/job.h); `index` is that of the job it descends from */
    mpool_status status;
    unsigned attempts; /* tries used, this one included; one that the end of the pool cut off does not count */
    unsigned worker;   /* slot of the last try, from 0 */
    int signal;        /* crashed: the signal that ended the worker, or the process that mpool_job_fail_as() told of; or
                          0 */
    int exit_code;     /* crashed, failed: what that exited with, if signal is 0 */
    int64_t run_ns;    /* time in the function, in nanoseconds; -1 unless the task asked for it and it returned */
    const char *error; /* why it is not done, one line; NULL if done */
    const mpool_dossier *dossier; /* more of that, if it failed, crashed or timed out; NULL otherwise */
    const void *value;            /* the result, one msgpack value; NULL unless wanted, and done or told with
                                     mpool_job_fail_as() */
    size_t value_size;            /* in bytes */
    const char
        *output; /* a task with capture: what the attempt has printed on stdout and stderr, in that order in which
                           it was written, with a NUL behind it; NULL without capture, and for a job that never started.
                           What processes print that the job has started, and not waited for, may be missing. */
    size_t output_size;
    bool output_cut; /* there was more than the task allows (or than there was memory for), which is lost */
} mpool_result;

/*
 * mpool_result_unpack - take the value apart by a format (mpool/pack.h)
 *
 * Strings and bytes point into the result and live as long as it.
 * Errors: MPOOL_E_FORMAT, also when there is no value; MPOOL_E_JOB if the job is not done; MPOOL_E_NOMEM,
 *         MPOOL_E_PROTOCOL (the value's bytes are broken).
 * Calls:  any thread that owns the result.
 */
MPOOL_API mpool_err mpool_result_unpack(const mpool_result *result, const char *format, ...);

/*
 * mpool_result_object - decode the value, also that of a job that is not done
 *
 * zone      in   memory for arrays and maps; an initialised msgpack_zone of the caller's
 * object    out  set on MPOOL_OK; points into the zone and the result. Nil if there is no value.
 *
 * Errors: MPOOL_E_JOB (the job is not done, and has no value), MPOOL_E_NOMEM, MPOOL_E_PROTOCOL.
 * Calls:  any thread that owns the result.
 */
MPOOL_API mpool_err mpool_result_object(const mpool_result *result, msgpack_zone *zone, msgpack_object *object);

#endif
