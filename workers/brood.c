/*
 * workers/brood.c - jobs that a job has submitted, until its result is on its way
 *
 * Runs in: a worker, on its main thread, and where results are sent. Owns: nothing but buffers.
 *
 * A child exists nowhere else until its parent's result is committed: an attempt that fails or is killed has none.
 */
#include "workers/brood.h"

#include "base/error.h"
#include "serialize/scan.h"
#include "serialize/task.h"
#include "workers/job.h"
#include "workers/registry.h"

#include <mpool/pack.h>

#include <stdarg.h>
#include <string.h>

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static uint32_t task_count(const struct mp_brood *brood)
{
    return (uint32_t)(brood->tasks.size / sizeof(struct mp_bytes));
}

/* The bytes from `begin` on are the next child's task: if it is the last one's, that will do. */
static bool close_task(struct mp_brood *brood, size_t begin)
{
    const struct mp_bytes *tasks = (const struct mp_bytes *)(const void *)brood->tasks.data;
    const char *bytes = brood->task_bytes.data;
    struct mp_bytes task = {.size = brood->task_bytes.size - begin};
    uint32_t count = task_count(brood);

    if (count > 0 && tasks[count - 1].size == task.size &&
        memcmp(bytes + begin - task.size, bytes + begin, task.size) == 0) {
        brood->task_bytes.size = begin;
        return true;
    }
    return mp_buf_add(&brood->tasks, &task, sizeof task);
}

/* The bytes from `begin` on are its arguments. */
static bool close_child(struct mp_brood *brood, uint32_t at, uint64_t tag, size_t begin)
{
    struct mp_birth child = {
        .at = at, .task = task_count(brood) - 1, .tag = tag, .args_size = brood->args.size - begin};

    return mp_buf_add(&brood->list, &child, sizeof child);
}

bool mp_brood_merge(struct mp_brood *to, const struct mp_brood *from, uint32_t at)
{
    const struct mp_birth *list = (const struct mp_birth *)(const void *)from->list.data;
    const struct mp_bytes *tasks = (const struct mp_bytes *)(const void *)from->tasks.data;
    const char *task = from->task_bytes.data, *args = from->args.data;

    for (uint32_t i = 0; i < mp_brood_count(from); i++) {
        size_t task_begin = to->task_bytes.size, args_begin = to->args.size;

        if (i > 0 && list[i].task != list[i - 1].task)
            task += tasks[list[i - 1].task].size;
        if (!mp_buf_add(&to->task_bytes, task, tasks[list[i].task].size) || !close_task(to, task_begin) ||
            !mp_buf_add(&to->args, args, list[i].args_size) || !close_child(to, at, list[i].tag, args_begin))
            return false;
        args += list[i].args_size;
    }
    return true;
}

void mp_brood_show(struct mp_brood *brood, struct mp_answers *answers)
{
    struct mp_birth *list = (struct mp_birth *)(void *)brood->list.data;
    struct mp_bytes *tasks = (struct mp_bytes *)(void *)brood->tasks.data;
    const char *task = brood->task_bytes.data, *args = brood->args.data;

    answers->tasks = tasks;
    answers->task_count = task_count(brood);
    answers->births = list;
    answers->birth_count = mp_brood_count(brood);
    for (uint32_t i = 0; i < answers->task_count; task += tasks[i++].size)
        tasks[i].data = task;
    for (uint32_t i = 0; i < answers->birth_count; args += list[i++].args_size)
        list[i].args = args;
}

/* ---- what a function calls --------------------------------------------------------------------------------------- */

static mpool_err check_collects(const mpool_job *job, const mpool_task *task)
{
    mpool_err err = MPOOL_OK;
    uint32_t number;

    for (size_t i = 0; err == MPOOL_OK && i < task->collect_count; i++)
        err = mp_totals_find(job->totals, task->collect[i].total, &number);
    return err;
}

static mpool_err check(const mpool_job *job, const mpool_task *task)
{
    mpool_err err;

    if (job->brood == NULL)
        return mp_error(MPOOL_E_NESTED, "only a job of a pool can submit another one");
    if (!*job->here)
        return mp_error(MPOOL_E_FORKED, "this process was forked by a job; what it says in the job's name is lost");
    err = mp_task_check(task);
    if (err != MPOOL_OK)
        return err;
    if (task->callback != NULL)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": a callback runs in the host, where a job has none to give",
                        task->function);
    if (task->capture && !job->piped)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": output cannot be captured where it is inherited",
                        task->function);
    if (mp_brood_count(job->brood) == MPOOL_CHILDREN_MAX)
        return mp_error(MPOOL_E_TOOBIG, "the job has submitted %d others, and no more is possible", MPOOL_CHILDREN_MAX);
    return check_collects(job, task);
}

/* The task, with a function that the host can find wherever this process has gone meanwhile. */
static mpool_err write_task(struct mp_brood *brood, const mpool_task *task)
{
    char name[MP_CALLEE_NAME_ROOM];
    mpool_task settled = *task;
    size_t begin = brood->task_bytes.size;
    mpool_err err = MPOOL_OK;

    if (mp_registry_find(task->function) < 0) {
        err = mp_callee_settle(task->function, name);
        settled.function = name;
    }
    if (err == MPOOL_OK)
        err = mp_task_write(&brood->task_bytes, &settled);
    if (err == MPOOL_OK && !close_task(brood, begin))
        err = mp_error_nomem();
    return err;
}

static mpool_err write_args(struct mp_brood *brood, uint64_t tag, const char *format, va_list args)
{
    struct mp_buf_writer writer = {.buf = &brood->args};
    size_t begin = brood->args.size, end = begin;
    msgpack_packer packer;
    mpool_err err;

    writer.most = begin + MP_INLINE_MAX;
    msgpack_packer_init(&packer, &writer, mp_buf_write_bounded);
    err = mpool_vpack(&packer, format != NULL ? format : "n", args);
    if (writer.refused > 0)
        return mp_error(MPOOL_E_TOOBIG, "arguments of %zu bytes; those of a child have at most %zu",
                        brood->args.size - begin + writer.refused, MP_INLINE_MAX);
    if (err != MPOOL_OK)
        return err;
    if (mp_scan_value(brood->args.data, brood->args.size, &mp_scan_limits_value, &end) != MP_SCAN_OK)
        return mp_error(MPOOL_E_FORMAT, "the arguments of a job have too many levels or elements");
    if (mp_brood_bytes(brood) > MPOOL_CHILDREN_BYTES)
        return mp_error(MPOOL_E_TOOBIG,
                        "the jobs that a job submits have %zu bytes of arguments together; %zu are the most",
                        mp_brood_bytes(brood), MPOOL_CHILDREN_BYTES);
    return close_child(brood, 0, tag, begin) ? MPOOL_OK : mp_error_nomem();
}

mpool_err mpool_job_submit(mpool_job *job, const mpool_task *task, const char *format, ...)
{
    struct mp_brood before;
    mpool_err err = check(job, task);
    va_list args;

    if (err != MPOOL_OK)
        return err;
    before = *job->brood;
    va_start(args, format);
    err = write_task(job->brood, task);
    if (err == MPOOL_OK)
        err = write_args(job->brood, task->tag, format, args);
    va_end(args);
    if (err != MPOOL_OK) {
        job->brood->args.size = before.args.size;
        job->brood->tasks.size = before.tasks.size;
        job->brood->task_bytes.size = before.task_bytes.size;
    }
    return err;
}
