/*
 * pool/plan.c - a task that was checked and copied, as all its jobs share it
 *
 * Runs in: the host, on the thread that submits; read by the supervisor. Owns: copies of the task's strings.
 */
#include "pool/plan.h"

#include "base/error.h"
#include "pool/pool.h"
#include "serialize/task.h"

#include <stdlib.h>
#include <string.h>

#define CRASH_LIMIT 3
#define CAPTURE_BYTES ((size_t)1 << 20)
#define BACKOFF_MOST_MS (INT64_C(3600) * 1000)

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

static mpool_err check_capture(const mpool_task *task, const mpool_pool *pool)
{
    if (!task->capture)
        return MPOOL_OK;
    if (pool->output != MPOOL_OUTPUT_TAIL)
        return mp_error(MPOOL_E_INVAL,
                        "task of \"%s\": output cannot be captured where it is inherited; open the pool "
                        "with MPOOL_OUTPUT_TAIL",
                        task->function);
    return MPOOL_OK;
}

static size_t capture_of(const mpool_task *task)
{
    if (!task->capture)
        return 0;
    return task->capture_bytes > 0 ? task->capture_bytes : CAPTURE_BYTES;
}

/* ---- plans ------------------------------------------------------------------------------------------------------- */

static mpool_err copy_collects(const mpool_task *task, const struct mp_totals *totals, struct mp_plan *plan)
{
    plan->collects = calloc(task->collect_count > 0 ? task->collect_count : 1, sizeof *plan->collects);
    if (plan->collects == NULL)
        return mp_error_nomem();
    for (size_t i = 0; i < task->collect_count; i++) {
        const mpool_collect *collect = &task->collect[i];
        uint32_t number;
        mpool_err err = mp_totals_find(totals, collect->total, &number);
        char *field;

        if (err != MPOOL_OK)
            return err;
        field = strdup(collect->field != NULL ? collect->field : "");
        if (field == NULL)
            return mp_error_nomem();
        plan->collects[plan->collect_count++] = (struct mp_collect){.total = number, .field = field};
    }
    return MPOOL_OK;
}

/*
 * All but the gate and what is retried. A job with a limit of memory has nothing behind it: what came in meanwhile
 * would take of its memory, and if there is none left, its worker would lose the connection.
 */
static struct mp_rules rules_of(const mpool_task *task, uint32_t pace)
{
    return (struct mp_rules){.pace = pace,
                             .priority = task->priority,
                             .retries = task->retries,
                             .crash_limit = task->crash_limit > 0 ? task->crash_limit : CRASH_LIMIT,
                             .backoff_ms = task->backoff_ms,
                             .backoff_most_ms = task->backoff_most_ms > 0 ? task->backoff_most_ms : BACKOFF_MOST_MS,
                             .jitter = task->backoff_jitter,
                             .delay_ms = task->delay_ms,
                             .timeout_ms = task->timeout_ms,
                             .cpu_ms = task->cpu_ms,
                             .soft_timeout_ms = task->soft_timeout_ms,
                             .limits_memory = task->memory_bytes > 0,
                             .alone = task->alone || task->capture || task->memory_bytes > 0,
                             .once = task->once};
}

/* Never the same twice in a process, and never 0. */
static uint64_t new_group(void)
{
    static _Atomic uint64_t groups;

    return atomic_fetch_add_explicit(&groups, 1, memory_order_relaxed) + 1;
}

static mpool_err set_up(struct mp_plan *plan, const mpool_task *task, mpool_pool *pool)
{
    mpool_err err = copy_collects(task, pool->totals, plan);

    (void)mp_ends_parse(task->retry_on, &plan->retry_on, NULL, 0); /* the task was checked */
    plan->rules.retry_on = &plan->retry_on;
    if (err != MPOOL_OK || task->at_most == 0)
        return err;
    plan->rules.gate_room = task->at_most;
    return mp_keys_number(&pool->keys, task->at_most_key != NULL ? task->at_most_key : task->function,
                          &plan->rules.gate);
}

mpool_err mp_plan_make(const mpool_task *task, const struct mp_function *function, mpool_pool *pool,
                       struct mp_plan **result)
{
    struct mp_plan *plan;
    mpool_err err = check_capture(task, pool);

    if (err != MPOOL_OK)
        return err;
    plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return mp_error_nomem();
    atomic_init(&plan->refs, 1);
    plan->function = function->name;
    plan->rules = rules_of(task, function->number);
    plan->rules.group = new_group();
    plan->discard_values = task->discard_value;
    plan->measure = task->measure;
    plan->memory_bytes = task->memory_bytes;
    plan->capture_bytes = capture_of(task);
    err = set_up(plan, task, pool);
    if (err != MPOOL_OK) {
        mp_plan_unref(plan);
        return err;
    }
    *result = plan;
    return MPOOL_OK;
}

mpool_err mp_plan_new(const mpool_task *task, mpool_pool *pool, struct mp_plan **result)
{
    struct mp_function function;
    mpool_err err = mp_task_check(task);

    if (err == MPOOL_OK)
        err = mp_function_find(task->function, &function);
    return err == MPOOL_OK ? mp_plan_make(task, &function, pool, result) : err;
}

static bool same_rules(const struct mp_rules *a, const struct mp_rules *b)
{
    return a->priority == b->priority && a->retries == b->retries && a->crash_limit == b->crash_limit &&
           memcmp(a->retry_on, b->retry_on, sizeof *a->retry_on) == 0 && a->backoff_ms == b->backoff_ms &&
           a->backoff_most_ms == b->backoff_most_ms && a->jitter == b->jitter && a->delay_ms == b->delay_ms &&
           a->timeout_ms == b->timeout_ms && a->cpu_ms == b->cpu_ms && a->soft_timeout_ms == b->soft_timeout_ms &&
           a->gate == b->gate && a->alone == b->alone && a->once == b->once;
}

bool mp_plan_is(const struct mp_plan *plan, const mpool_task *task)
{
    struct mp_rules rules = rules_of(task, plan->rules.pace);
    struct mp_ends retry_on;

    rules.retry_on = &retry_on;
    return mp_ends_parse(task->retry_on, &retry_on, NULL, 0) && task->collect_count == 0 && plan->collect_count == 0 &&
           task->at_most == 0 && same_rules(&plan->rules, &rules) && plan->discard_values == task->discard_value &&
           plan->measure == task->measure && plan->memory_bytes == task->memory_bytes &&
           plan->capture_bytes == capture_of(task) && strcmp(plan->function, task->function) == 0;
}
