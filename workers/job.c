/*
 * workers/job.c - one attempt at a job: the call of its function, and what the function can do
 *
 * Runs in: a worker, on its main thread.
 *
 * Nothing here has an effect outside of struct mpool_job. What the function packs, adds and says is looked at after it
 * has returned, and staged as a whole by the outbox, or dropped.
 */
#include "workers/job.h"

#include "base/error.h"
#include "serialize/decode.h"
#include "serialize/scan.h"
#include "workers/collect.h"
#include "workers/group.h"
#include "workers/limit.h"

#include <mpool/pool.h>

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* ---- what a function calls --------------------------------------------------------------------------------------- */

static void append_reason(mpool_job *job, const char *format, va_list args)
{
    size_t room = sizeof job->reason - job->reason_size;
    int size = vsnprintf(job->reason + job->reason_size, room, format, args);

    if (size > 0)
        job->reason_size += (size_t)size < room ? (uint32_t)size : (uint32_t)room - 1;
}

static void give_reason(mpool_job *job, const char *format, va_list args)
{
    job->reason_size = 0;
    append_reason(job, format, args);
}

static void MPOOL_PRINTF(2, 3) add_reason(mpool_job *job, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    append_reason(job, format, args);
    va_end(args);
}

int mpool_job_fail(mpool_job *job, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    give_reason(job, format, args);
    va_end(args);
    job->end = (struct mp_end){.status = MPOOL_FAILED, .exit_code = -1};
    job->reports = false;
    return -1;
}

int mpool_job_fail_as(mpool_job *job, mpool_status status, int wait_status, const char *format, ...)
{
    bool possible =
        status == MPOOL_FAILED || status == MPOOL_CRASHED || status == MPOOL_TIMED_OUT || status == MPOOL_CANCELLED;
    va_list args;

    va_start(args, format);
    give_reason(job, format, args);
    va_end(args);
    job->end = (struct mp_end){.status = possible ? status : MPOOL_FAILED, .exit_code = -1};
    if (WIFSIGNALED(wait_status))
        job->end.signal = WTERMSIG(wait_status);
    else if (WIFEXITED(wait_status))
        job->end.exit_code = WEXITSTATUS(wait_status);
    job->reports = true;
    return -1;
}

static struct mp_delta *stage(mpool_job *job, const char *name, mpool_total_kind *kind)
{
    uint32_t number;

    if (mp_totals_find(job->totals, name, &number) != MPOOL_OK)
        return NULL;
    *kind = job->totals->cells[number].kind;
    job->staged |= UINT64_C(1) << number;
    return &job->deltas[number];
}

mpool_err mpool_job_total_add(mpool_job *job, const char *total, int64_t value)
{
    mpool_total_kind kind;
    struct mp_delta *delta = stage(job, total, &kind);

    if (delta == NULL)
        return MPOOL_E_NOTFOUND;
    mp_delta_add_integer(delta, kind, value);
    return MPOOL_OK;
}

mpool_err mpool_job_total_add_double(mpool_job *job, const char *total, double value)
{
    mpool_total_kind kind;
    struct mp_delta *delta;

    if (!isfinite(value))
        return mp_error(MPOOL_E_INVAL, "total \"%s\": %g cannot be added", total, value);
    delta = stage(job, total, &kind);
    if (delta == NULL)
        return MPOOL_E_NOTFOUND;
    mp_delta_add_real(delta, kind, value);
    return MPOOL_OK;
}

unsigned mpool_job_attempt(const mpool_job *job)
{
    return job->frame->attempt;
}

uint64_t mpool_job_number(const mpool_job *job)
{
    return job->frame->first + (job->ticket - job->frame->ticket);
}

unsigned mpool_job_worker(const mpool_job *job)
{
    return job->slot;
}

bool mpool_job_cancelled(const mpool_job *job)
{
    return atomic_load_explicit(job->stop, memory_order_relaxed) == (MP_STOP_TICKET | job->ticket);
}

/* ---- the attempt ------------------------------------------------------------------------------------------------- */

/* A failure that no other attempt can mend. */
static void refuse(struct mpool_job *job)
{
    job->failed = true;
    job->final = true;
}

/* And one that another worker, or this one later, may not have. */
static void run_short(struct mpool_job *job)
{
    (void)mpool_job_fail(job, "out of memory");
    job->failed = true;
}

static void reset(struct mpool_job *job, const struct mp_jobs *frame, uint32_t ticket)
{
    for (uint64_t left = job->staged; left != 0; left &= left - 1)
        job->deltas[__builtin_ctzll(left)] = (struct mp_delta){0};
    job->staged = 0;
    job->frame = frame;
    job->ticket = ticket;
    job->failed = false;
    job->final = false;
    job->end = (struct mp_end){.status = MPOOL_FAILED, .exit_code = -1};
    job->reports = false;
    job->reason_size = 0;
    job->result.size = 0;
    job->group_bytes = 0;
    job->group_killed = false;
    if (frame->memory_bytes > 0)
        mp_buf_free(&job->result); /* what a large result has left there would be taken off its memory */
    job->block = (struct mp_block){0};
    if (job->brood != NULL)
        mp_brood_clear(job->brood);
    msgpack_zone_clear(job->zone);
}

/* What a job that fails has packed goes along if it can: of something that is no value nobody has any use. */
static void check_report(struct mpool_job *job, const struct mp_buf_writer *writer)
{
    size_t end = 0;

    job->reports = job->reports && !writer->failed && writer->refused == 0 && job->result.size > 0 &&
                   job->result.size <= MP_INLINE_MAX &&
                   mp_scan_value(job->result.data, job->result.size, &mp_scan_limits_value, &end) == MP_SCAN_OK &&
                   end == job->result.size;
}

/* What the function packed must be one value, and fit. Nothing at all means nil. */
static void check_result(struct mpool_job *job, const struct mp_buf_writer *writer)
{
    static const char nil = '\xc0';
    size_t end = 0;
    enum mp_scan_verdict verdict = MP_SCAN_OK;

    if (writer->failed || (job->result.size == 0 && writer->refused == 0 && !mp_buf_add(&job->result, &nil, 1))) {
        run_short(job);
        job->end.oom = job->frame->memory_bytes > 0;
        return;
    }
    if (writer->refused > 0) {
        (void)mpool_job_fail(job, "bad result: %zu bytes, more than the %zu that a result may have",
                             job->result.size + writer->refused, writer->most);
        refuse(job);
        return;
    }
    verdict = mp_scan_value(job->result.data, job->result.size, &mp_scan_limits_value, &end);
    if (verdict != MP_SCAN_OK) {
        (void)mpool_job_fail(job, "bad result: %s", mp_scan_text(verdict));
        refuse(job);
    } else if (end != job->result.size) {
        (void)mpool_job_fail(job, "bad result: the function packed more than one value");
        refuse(job);
    }
}

void mp_job_run(struct mpool_job *job, const struct mp_jobs *frame, uint32_t ticket, const struct mp_callee *callee,
                const char *args, size_t args_size)
{
    struct mp_buf_writer writer = {.buf = &job->result, .most = MPOOL_VALUE_MAX};
    msgpack_packer packer;
    msgpack_object object;
    bool limited = frame->memory_bytes > 0 || frame->cpu_ms > 0, killed_in_group;
    size_t offset = 0;
    int returned, error;

    reset(job, frame, ticket);
    if (callee->function == NULL) {
        (void)mpool_job_fail(job, "%s", callee->why);
        refuse(job);
        return;
    }
    if (mp_decode_value(args, args_size, &offset, job->zone, &object) != MPOOL_OK) {
        run_short(job);
        return;
    }
    msgpack_packer_init(&packer, &writer, mp_buf_write_bounded);
    if (limited && mp_limit_begin(frame->memory_bytes, frame->cpu_ms) != MPOOL_OK) {
        (void)mpool_job_fail(job, "%s", mpool_error_detail());
        job->failed = true;
        return;
    }
    errno = 0;
    returned = callee->function(job, &object, &packer);
    error = errno;
    if (limited)
        mp_limit_end();
    killed_in_group = mp_group_end(job);
    if (returned != 0) {
        if (job->reason_size == 0)
            (void)mpool_job_fail(job, "the function returned %d and gave no reason", returned);
        if (killed_in_group)
            add_reason(job, "; out of memory in its cgroup, whose limit is %" PRId64 " bytes", job->group_bytes);
        job->end.oom = killed_in_group || (frame->memory_bytes > 0 && error == ENOMEM);
        job->failed = true;
        check_report(job, &writer);
        return;
    }
    check_result(job, &writer);
    if (!job->failed)
        mp_collect(job);
}
