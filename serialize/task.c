/*
 * serialize/task.c - a task: what it may say, and how it travels
 *
 * Runs in: the host, on application threads and in the supervisor, and in workers. Pure.
 */
#include "serialize/task.h"

#include "base/bound.h"
#include "base/ends.h"
#include "base/error.h"
#include "serialize/decode.h"
#include "serialize/fields.h"
#include "serialize/message.h"
#include "serialize/scan.h"
#include "serialize/write.h"

#include <string.h>

#define FIELDS 21

static const struct mp_scan_limits task_limits = {.depth = 2, .nodes = 256};

_Static_assert(FIELDS + 2 * MPOOL_TOTALS_MAX <= 256, "a task has room for all its collects");

static mpool_err check_numbers(const mpool_task *task)
{
    const struct mp_bound bounds[] = {
        {"timeout_ms", task->timeout_ms, 0, MP_TIME_MOST_MS, " milliseconds"},
        {"soft_timeout_ms", task->soft_timeout_ms, 0, MP_TIME_MOST_MS, " milliseconds"},
        {"cpu_ms", task->cpu_ms, 0, MP_TIME_MOST_MS, " milliseconds"},
        {"delay_ms", task->delay_ms, 0, MP_TIME_MOST_MS, " milliseconds"},
        {"backoff_ms", task->backoff_ms, 0, MP_TIME_MOST_MS, " milliseconds"},
        {"backoff_most_ms", task->backoff_most_ms, 0, MP_TIME_MOST_MS, " milliseconds"},
        {"backoff_jitter", task->backoff_jitter, 0, 100, " per cent"},
        {"priority", task->priority, MPOOL_PRIORITY_MIN, MPOOL_PRIORITY_MAX, ", and higher goes first"},
    };

    return mp_bound_check(task->function, bounds, sizeof bounds / sizeof bounds[0]);
}

/* Sizes can be more than an int64_t has room for. */
static mpool_err check_size(const mpool_task *task, const char *field, size_t size, size_t most, const char *unit)
{
    if (size <= most)
        return MPOOL_OK;
    return mp_error(MPOOL_E_INVAL, "task of \"%s\": %s is %zu; it takes 0 to %zu %s", task->function, field, size, most,
                    unit);
}

static mpool_err check_sizes(const mpool_task *task)
{
    mpool_err err = check_size(task, "memory_bytes", task->memory_bytes, MP_MEMORY_MOST, "bytes");

    if (err == MPOOL_OK && task->capture)
        err = check_size(task, "capture_bytes", task->capture_bytes, MPOOL_CAPTURE_MAX, "bytes");
    if (err == MPOOL_OK)
        err = check_size(task, "collect_count", task->collect_count, MPOOL_TOTALS_MAX, "totals");
    return err;
}

/* What does not go together, and words that are none. */
static mpool_err check_sense(const mpool_task *task)
{
    struct mp_ends retry_on;
    char why[MP_ENDS_WHY];

    if (task->collect == NULL && task->collect_count > 0)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": collect_count is %zu, and collect is NULL", task->function,
                        task->collect_count);
    if (!mp_ends_parse(task->retry_on, &retry_on, why, sizeof why))
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": retry_on: %s", task->function, why);
    if (task->once && task->retries > 0)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": what runs once has no retries", task->function);
    if (task->at_most == 0 && task->at_most_key != NULL)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": at_most_key \"%s\" without at_most", task->function,
                        task->at_most_key);
    return MPOOL_OK;
}

mpool_err mp_task_check(const mpool_task *task)
{
    mpool_err err;

    if (task == NULL || task->function == NULL)
        return mp_error(MPOOL_E_INVAL, "a task without a function");
    err = check_numbers(task);
    if (err == MPOOL_OK)
        err = check_sizes(task);
    return err == MPOOL_OK ? check_sense(task) : err;
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

static void write_text(msgpack_packer *packer, const char *text)
{
    if (text != NULL)
        mp_write_string(packer, text);
    else
        (void)msgpack_pack_nil(packer);
}

/* Totals and fields by turns. */
static void write_collects(msgpack_packer *packer, const mpool_task *task)
{
    (void)msgpack_pack_array(packer, 2 * task->collect_count);
    for (size_t i = 0; i < task->collect_count; i++) {
        const mpool_collect *collect = &task->collect[i];

        mp_write_string(packer, collect->total != NULL ? collect->total : "");
        mp_write_string(packer, collect->field != NULL ? collect->field : "");
    }
}

mpool_err mp_task_write(struct mp_buf *buf, const mpool_task *task)
{
    struct mp_buf_writer writer = {.buf = buf, .most = SIZE_MAX};
    size_t before = buf->size;
    msgpack_packer packer;

    msgpack_packer_init(&packer, &writer, mp_buf_write_bounded);
    (void)msgpack_pack_array(&packer, FIELDS);
    mp_write_string(&packer, task->function);
    (void)msgpack_pack_int64(&packer, task->timeout_ms);
    (void)msgpack_pack_int64(&packer, task->soft_timeout_ms);
    (void)msgpack_pack_uint64(&packer, task->memory_bytes);
    (void)msgpack_pack_int64(&packer, task->cpu_ms);
    (void)msgpack_pack_uint32(&packer, task->retries);
    write_text(&packer, task->retry_on);
    (void)msgpack_pack_uint32(&packer, task->crash_limit);
    (void)msgpack_pack_int64(&packer, task->backoff_ms);
    (void)msgpack_pack_int64(&packer, task->backoff_most_ms);
    (void)msgpack_pack_uint32(&packer, task->backoff_jitter);
    mp_write_bool(&packer, task->once);
    (void)msgpack_pack_int64(&packer, task->priority);
    (void)msgpack_pack_int64(&packer, task->delay_ms);
    (void)msgpack_pack_uint32(&packer, task->at_most);
    write_text(&packer, task->at_most_key);
    mp_write_bool(&packer, task->discard_value);
    mp_write_bool(&packer, task->measure);
    mp_write_bool(&packer, task->capture);
    (void)msgpack_pack_uint64(&packer, task->capture_bytes);
    write_collects(&packer, task);
    if (!writer.failed)
        return MPOOL_OK;
    buf->size = before;
    return mp_error_nomem();
}

static void read_collects(struct mp_fields *fields, mpool_task *task)
{
    uint32_t size;
    const msgpack_object *list = mp_fields_list(fields, "collects", &size);
    struct mp_fields inner = {.next = list, .zone = fields->zone, .wrong = fields->wrong};
    mpool_collect *collects;

    if (list != NULL)
        inner.end = list + size;
    if (inner.wrong == NULL && size % 2 != 0)
        inner.wrong = "collects";
    task->collect_count = size / 2;
    task->collect = collects = mp_fields_allocate(&inner, task->collect_count * sizeof *collects);
    for (size_t i = 0; i < task->collect_count && inner.wrong == NULL; i++) {
        collects[i].total = mp_fields_string(&inner, "total");
        collects[i].field = mp_fields_string(&inner, "field");
    }
    fields->wrong = inner.wrong;
    fields->no_memory = inner.no_memory;
}

static void read_task(struct mp_fields *fields, mpool_task *task)
{
    task->function = mp_fields_string(fields, "function");
    task->timeout_ms = mp_fields_signed(fields, "timeout_ms");
    task->soft_timeout_ms = mp_fields_signed(fields, "soft_timeout_ms");
    task->memory_bytes = (size_t)mp_fields_unsigned(fields, "memory_bytes", SIZE_MAX);
    task->cpu_ms = mp_fields_signed(fields, "cpu_ms");
    task->retries = mp_fields_u32(fields, "retries");
    if (!mp_fields_skip_nil(fields))
        task->retry_on = mp_fields_string(fields, "retry_on");
    task->crash_limit = mp_fields_u32(fields, "crash_limit");
    task->backoff_ms = mp_fields_signed(fields, "backoff_ms");
    task->backoff_most_ms = mp_fields_signed(fields, "backoff_most_ms");
    task->backoff_jitter = mp_fields_u32(fields, "backoff_jitter");
    task->once = mp_fields_bool(fields, "once");
    task->priority = (int)mp_fields_signed(fields, "priority");
    task->delay_ms = mp_fields_signed(fields, "delay_ms");
    task->at_most = mp_fields_u32(fields, "at_most");
    if (!mp_fields_skip_nil(fields))
        task->at_most_key = mp_fields_string(fields, "at_most_key");
    task->discard_value = mp_fields_bool(fields, "discard_value");
    task->measure = mp_fields_bool(fields, "measure");
    task->capture = mp_fields_bool(fields, "capture");
    task->capture_bytes = (size_t)mp_fields_unsigned(fields, "capture_bytes", SIZE_MAX);
    read_collects(fields, task);
}

mpool_err mp_task_read(const char *data, size_t size, msgpack_zone *zone, mpool_task *task)
{
    size_t end = 0, begin = 0;
    msgpack_object object;
    struct mp_fields fields;

    if (mp_scan_value(data, size, &task_limits, &end) != MP_SCAN_OK || end != size)
        return mp_error(MPOOL_E_PROTOCOL, "a task is not one");
    if (mp_decode_value(data, size, &begin, zone, &object) != MPOOL_OK)
        return mp_error_nomem();
    *task = (mpool_task){0};
    fields = mp_fields_open(&object, FIELDS, zone);
    read_task(&fields, task);
    if (fields.no_memory)
        return mp_error_nomem();
    if (fields.wrong != NULL)
        return mp_error(MPOOL_E_PROTOCOL, "a task: wrong %s", fields.wrong);
    return mp_task_check(task);
}
