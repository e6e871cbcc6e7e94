/*
 * serialize/task.c - a task: what it may say, and how it travels
 *
 * Runs in: the host, on application threads and in the supervisor, and in workers. Pure.
 */
#include "serialize/task.h"

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

static mpool_err check_time(const mpool_task *task, const char *name, int64_t time_ms)
{
    if (time_ms >= 0 && time_ms <= MP_TIME_MOST_MS)
        return MPOOL_OK;
    return mp_error(MPOOL_E_INVAL, "task of \"%s\": %s is %lld; it takes 0 to %lld milliseconds", task->function, name,
                    (long long)time_ms, (long long)MP_TIME_MOST_MS);
}

static mpool_err check_times(const mpool_task *task)
{
    mpool_err err = check_time(task, "timeout_ms", task->timeout_ms);

    if (err == MPOOL_OK)
        err = check_time(task, "soft_timeout_ms", task->soft_timeout_ms);
    if (err == MPOOL_OK)
        err = check_time(task, "cpu_ms", task->cpu_ms);
    if (err == MPOOL_OK)
        err = check_time(task, "delay_ms", task->delay_ms);
    if (err == MPOOL_OK)
        err = check_time(task, "backoff_ms", task->backoff_ms);
    if (err == MPOOL_OK)
        err = check_time(task, "backoff_most_ms", task->backoff_most_ms);
    return err;
}

mpool_err mp_task_check(const mpool_task *task)
{
    struct mp_ends retry_on;
    char why[MP_ENDS_WHY];

    if (task == NULL || task->function == NULL)
        return mp_error(MPOOL_E_INVAL, "a task without a function");
    if (task->collect_count > MPOOL_TOTALS_MAX)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": it collects for %zu totals, %d are the most", task->function,
                        task->collect_count, MPOOL_TOTALS_MAX);
    if (task->collect == NULL && task->collect_count > 0)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": collect_count is %zu, and collect is NULL", task->function,
                        task->collect_count);
    if (task->priority < MPOOL_PRIORITY_MIN || task->priority > MPOOL_PRIORITY_MAX)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": priority %d; it goes from %d to %d", task->function,
                        task->priority, MPOOL_PRIORITY_MIN, MPOOL_PRIORITY_MAX);
    if (task->backoff_jitter > 100)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": backoff_jitter is %u per cent; 100 are the most",
                        task->function, task->backoff_jitter);
    if (!mp_ends_parse(task->retry_on, &retry_on, why, sizeof why))
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": retry_on: %s", task->function, why);
    if (task->once && task->retries > 0)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": what runs once has no retries", task->function);
    if (task->at_most == 0 && task->at_most_key != NULL)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": at_most_key \"%s\" without at_most", task->function,
                        task->at_most_key);
    if (task->capture && task->capture_bytes > MPOOL_CAPTURE_MAX)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": capture_bytes is %zu, and %zu are the most", task->function,
                        task->capture_bytes, MPOOL_CAPTURE_MAX);
    if (task->memory_bytes > MP_MEMORY_MOST)
        return mp_error(MPOOL_E_INVAL, "task of \"%s\": memory_bytes is %zu, and %zu are the most", task->function,
                        task->memory_bytes, MP_MEMORY_MOST);
    return check_times(task);
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
