/*
 * pool/lot.c - jobs with consecutive numbers that were submitted together, with the same task
 *
 * Runs in: the host; built by an application thread, then the supervisor's, and read by whoever takes its results.
 * Owns: the arguments, in memory of its own or in a block of the arena.
 */
#include "pool/lot.h"

#include "base/error.h"
#include "pool/block.h"
#include "pool/sink.h"
#include "serialize/scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lots -------------------------------------------------------------------------------------------------------- */

struct mp_lot *mp_lot_new(struct mp_plan *plan, struct mp_sink *sink)
{
    struct mp_lot *lot = calloc(1, sizeof *lot);

    if (lot == NULL)
        return NULL;
    atomic_init(&lot->refs, 1);
    lot->rules = plan->rules;
    lot->plan = plan;
    lot->sink = sink;
    mp_plan_ref(plan);
    mp_sink_ref(sink);
    return lot;
}

void mp_lot_ref(struct mp_lot *lot)
{
    atomic_fetch_add_explicit(&lot->refs, 1, memory_order_relaxed);
}

void mp_lot_unref(struct mp_lot *lot)
{
    if (atomic_fetch_sub_explicit(&lot->refs, 1, memory_order_acq_rel) != 1)
        return;
    mp_sink_unref(lot->sink);
    mp_plan_unref(lot->plan);
    mp_block_give(MP_BLOCK_ARGS, &lot->block);
    mp_buf_free(&lot->args);
    mp_buf_free(&lot->ends);
    mp_buf_free(&lot->tags);
    mp_buf_free(&lot->roots);
    mp_buf_free(&lot->futures);
    free(lot);
}

/* Where the arguments of job `at` begin. */
static size_t begin_of(const struct mp_lot *lot, uint32_t at)
{
    const size_t *ends = (const size_t *)(const void *)lot->ends.data;

    return at == 0 ? 0 : ends[at - 1];
}

void mp_lot_open_job(struct mp_lot *lot, size_t most, struct mp_buf_writer *writer)
{
    *writer = (struct mp_buf_writer){.buf = &lot->args, .most = lot->args.size + most};
}

/* What is no value, or more than one, or too large. */
static mpool_err check_args(const struct mp_lot *lot, size_t begin, const struct mp_buf_writer *writer)
{
    if (writer->refused > 0)
        return mp_error(MPOOL_E_TOOBIG, "arguments of %zu bytes; %zu are the most",
                        lot->args.size - begin + writer->refused, writer->most - begin);
    return mp_lot_check_args(&lot->args, begin);
}

mpool_err mp_lot_check_args(const struct mp_buf *args, size_t begin)
{
    size_t end = begin;
    enum mp_scan_verdict verdict;

    verdict = mp_scan_value(args->data, args->size, &mp_scan_limits_value, &end);
    if (verdict != MP_SCAN_OK)
        return mp_error(MPOOL_E_FORMAT, "the arguments of a job are not a msgpack value: %s", mp_scan_text(verdict));
    if (end != args->size)
        return mp_error(MPOOL_E_FORMAT, "the arguments of a job are more than one value; pack an array or a map");
    return MPOOL_OK;
}

void mp_lot_drop_job(struct mp_lot *lot)
{
    lot->args.size = begin_of(lot, lot->count);
}

mpool_err mp_lot_close_job(struct mp_lot *lot, const struct mp_buf_writer *writer, uint64_t tag)
{
    mpool_err err = check_args(lot, begin_of(lot, lot->count), writer);

    if (err == MPOOL_OK &&
        (!mp_buf_add(&lot->ends, &lot->args.size, sizeof lot->args.size) || !mp_buf_add(&lot->tags, &tag, sizeof tag)))
        err = mp_error_nomem();
    if (err != MPOOL_OK) {
        lot->ends.size = lot->count * sizeof(size_t);
        mp_lot_drop_job(lot);
        return err;
    }
    lot->count++;
    return MPOOL_OK;
}

struct mp_lot *mp_lot_split(struct mp_lot *lot)
{
    uint32_t last = lot->count - 1;
    size_t begin = begin_of(lot, last), size = mp_lot_bytes(lot, last, 1);
    struct mp_lot *other = mp_lot_new(lot->plan, lot->sink);
    struct mp_buf before = {0};

    if (other == NULL || !mp_buf_add(&before, lot->args.data, begin) || !mp_buf_add(&other->ends, &size, sizeof size) ||
        !mp_buf_add(&other->tags, (uint64_t *)(void *)lot->tags.data + last, sizeof(uint64_t))) {
        mp_buf_free(&before);
        if (other != NULL)
            mp_lot_unref(other);
        return NULL;
    }
    other->first_index = lot->first_index + last;
    other->count = 1;
    other->args = lot->args;
    memmove(other->args.data, other->args.data + begin, size);
    other->args.size = size;
    lot->args = before;
    lot->ends.size = last * sizeof(size_t);
    lot->tags.size = last * sizeof(uint64_t);
    lot->count = last;
    return other;
}

bool mp_lot_full(const struct mp_lot *lot)
{
    return lot->count >= MP_LOT_JOBS || lot->args.size >= MP_LOT_BYTES || lot->block.size > 0;
}

size_t mp_lot_bytes(const struct mp_lot *lot, uint32_t at, uint32_t count)
{
    return begin_of(lot, at + count) - begin_of(lot, at);
}

void mp_lot_name_job(const struct mp_range *job, char *text, size_t room)
{
    const struct mp_lot *lot = mp_lot_of(job);
    const char *function = lot->plan->function;

    if (!mp_lot_is_item(lot)) {
        (void)snprintf(text, room, "job %" PRIu64 " (%s)", job->first, function);
        return;
    }
    (void)snprintf(text, room, "%sitem %" PRIu64 " (job %" PRIu64 ", %s)", mp_lot_is_born(lot) ? "child of " : "",
                   mp_lot_index(lot, (uint32_t)(job->first - lot->first)), job->first, function);
}

struct mp_jobs mp_lot_frame(const struct mp_range *range)
{
    const struct mp_lot *lot = mp_lot_of(range);
    const struct mp_plan *plan = lot->plan;
    uint32_t at = (uint32_t)(range->first - lot->first);
    struct mp_jobs jobs = {.count = range->count,
                           .first = range->first,
                           .attempt = range->attempts + 1,
                           .function = plan->function,
                           .discard_values = plan->discard_values,
                           .measure = plan->measure,
                           .limited = plan->rules.timeout_ms > 0 || plan->rules.soft_timeout_ms > 0,
                           .memory_bytes = plan->memory_bytes,
                           .cpu_ms = plan->rules.cpu_ms,
                           .collects = plan->collects,
                           .collect_count = plan->collect_count};

    if (lot->block.size > 0) {
        jobs.block = lot->block;
        return jobs;
    }
    jobs.values = lot->args.data + begin_of(lot, at);
    jobs.values_size = mp_lot_bytes(lot, at, range->count);
    return jobs;
}
