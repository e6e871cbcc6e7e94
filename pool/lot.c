/*
 * pool/lot.c - jobs with consecutive numbers that were submitted together, with the same task
 *
 * Runs in: the host; built by an application thread, then the supervisor's, and read by whoever takes its results.
 * Owns: the arguments.
 */
#include "pool/lot.h"

#include "base/error.h"
#include "ipc/totals.h"
#include "pool/function.h"
#include "pool/sink.h"
#include "serialize/scan.h"

#include <stdlib.h>
#include <string.h>

#define CRASH_LIMIT 3

/* ---- plans ------------------------------------------------------------------------------------------------------- */

void mp_plan_ref(struct mp_plan *plan)
{
    atomic_fetch_add_explicit(&plan->refs, 1, memory_order_relaxed);
}

void mp_plan_unref(struct mp_plan *plan)
{
    if (atomic_fetch_sub_explicit(&plan->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (uint32_t i = 0; i < plan->collect_count; i++)
        free((char *)(uintptr_t)plan->collects[i].field);
    free(plan->collects);
    free(plan);
}

static mpool_err copy_collects(const mpool_task *task, const struct mp_totals *totals, struct mp_plan *plan)
{
    plan->collects = calloc(task->collect_count > 0 ? task->collect_count : 1, sizeof *plan->collects);
    if (plan->collects == NULL)
        return mp_error_nomem();
    for (size_t i = 0; i < task->collect_count; i++) {
        const mpool_collect *collect = &task->collect[i];
        int number = collect->total != NULL ? mp_totals_find(totals, collect->total) : -1;
        char *field = strdup(collect->field != NULL ? collect->field : "");

        if (field == NULL)
            return mp_error_nomem();
        plan->collects[plan->collect_count++] = (struct mp_collect){.total = (uint32_t)number, .field = field};
        if (number < 0)
            return mp_error(MPOOL_E_NOTFOUND, "the pool has no total \"%s\"; see mpool_total_open()",
                            collect->total != NULL ? collect->total : "(null)");
    }
    return MPOOL_OK;
}

mpool_err mp_plan_new(const mpool_task *task, const struct mp_totals *totals, struct mp_plan **result)
{
    struct mp_plan *plan;
    mpool_err err;
    struct mp_function function;

    if (task == NULL || task->function == NULL)
        return mp_error(MPOOL_E_INVAL, "a task without a function");
    if (task->timeout_ms < 0 || task->soft_timeout_ms < 0)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": a timeout below 0", task->function);
    if (task->collect_count > MPOOL_TOTALS_MAX)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": it collects for %zu totals, %d are the most", task->function,
                        task->collect_count, MPOOL_TOTALS_MAX);
    err = mp_function_find(task->function, &function);
    if (err != MPOOL_OK)
        return err;
    plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return mp_error_nomem();
    atomic_init(&plan->refs, 1);
    plan->function = function.name;
    plan->rules = (struct mp_rules){.pace = function.number,
                                    .retries = task->retries,
                                    .crash_limit = task->crash_limit > 0 ? task->crash_limit : CRASH_LIMIT,
                                    .timeout_ms = task->timeout_ms,
                                    .soft_timeout_ms = task->soft_timeout_ms};
    plan->discard_values = task->discard_value;
    plan->measure = task->measure;
    err = copy_collects(task, totals, plan);
    if (err != MPOOL_OK) {
        mp_plan_unref(plan);
        return err;
    }
    *result = plan;
    return MPOOL_OK;
}

bool mp_plan_is(const struct mp_plan *plan, const mpool_task *task)
{
    uint32_t crash_limit = task->crash_limit > 0 ? task->crash_limit : CRASH_LIMIT;

    return task->function != NULL && task->collect_count == 0 && plan->collect_count == 0 &&
           plan->rules.retries == task->retries && plan->rules.crash_limit == crash_limit &&
           plan->rules.timeout_ms == task->timeout_ms && plan->rules.soft_timeout_ms == task->soft_timeout_ms &&
           plan->discard_values == task->discard_value && plan->measure == task->measure &&
           strcmp(plan->function, task->function) == 0;
}

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
    mp_buf_free(&lot->args);
    mp_buf_free(&lot->ends);
    mp_buf_free(&lot->tags);
    mp_buf_free(&lot->futures);
    free(lot);
}

/* Where the arguments of job `at` begin. */
static size_t begin_of(const struct mp_lot *lot, uint32_t at)
{
    const size_t *ends = (const size_t *)(const void *)lot->ends.data;

    return at == 0 ? 0 : ends[at - 1];
}

mpool_err mp_lot_check_args(const struct mp_buf *args, size_t begin)
{
    size_t end = begin;
    enum mp_scan_verdict verdict;

    if (args->size - begin > MPOOL_ARGS_MAX)
        return mp_error(MPOOL_E_TOOBIG, "arguments of %zu bytes; %zu are the most", args->size - begin, MPOOL_ARGS_MAX);
    verdict = mp_scan_value(args->data, args->size, &mp_scan_limits_value, &end);
    if (verdict != MP_SCAN_OK)
        return mp_error(MPOOL_E_FORMAT, "the arguments of a job are not a msgpack value: %s", mp_scan_text(verdict));
    if (end != args->size)
        return mp_error(MPOOL_E_FORMAT, "the arguments of a job are more than one value; pack an array or a map");
    return MPOOL_OK;
}

mpool_err mp_lot_close_job(struct mp_lot *lot, uint64_t tag)
{
    size_t begin = begin_of(lot, lot->count);
    mpool_err err = mp_lot_check_args(&lot->args, begin);

    if (err == MPOOL_OK &&
        (!mp_buf_add(&lot->ends, &lot->args.size, sizeof lot->args.size) || !mp_buf_add(&lot->tags, &tag, sizeof tag)))
        err = mp_error_nomem();
    if (err != MPOOL_OK) {
        lot->args.size = begin;
        lot->ends.size = lot->count * sizeof(size_t);
        return err;
    }
    lot->count++;
    return MPOOL_OK;
}

bool mp_lot_full(const struct mp_lot *lot)
{
    return lot->count >= MP_LOT_JOBS || lot->args.size >= MP_LOT_BYTES;
}

const char *mp_lot_args(const struct mp_lot *lot, uint32_t at, uint32_t count, size_t *size)
{
    size_t begin = begin_of(lot, at);

    *size = begin_of(lot, at + count) - begin;
    return lot->args.data + begin;
}

struct mp_jobs mp_lot_frame(const struct mp_range *range)
{
    const struct mp_lot *lot = mp_lot_of(range);
    const struct mp_plan *plan = lot->plan;
    struct mp_jobs jobs = {.count = range->count,
                           .first = range->first,
                           .attempt = range->attempts + 1,
                           .function = plan->function,
                           .discard_values = plan->discard_values,
                           .measure = plan->measure,
                           .limited = plan->rules.timeout_ms > 0 || plan->rules.soft_timeout_ms > 0,
                           .collects = plan->collects,
                           .collect_count = plan->collect_count};

    jobs.values = mp_lot_args(lot, (uint32_t)(range->first - lot->first), range->count, &jobs.values_size);
    return jobs;
}
