/*
 * serialize/message.c - bytes to messages
 *
 * Runs in: the supervisor and workers. Pure. The way back is serialize/message_write.c.
 *
 * Reading goes in three steps: the scan of the head (no allocation for what is only claimed), msgpack-c's decoder into
 * the caller's zone, and a walk over the decoded array that checks the type and range of every field. Lists are
 * allocated only after the scan has seen all their elements.
 */
#include "serialize/message.h"

#include "base/error.h"
#include "serialize/decode.h"
#include "serialize/fields.h"
#include "serialize/scan.h"

#include <mpool/pool.h>

#include <string.h>

/* A message's head is flat, but for lists of flat lists. */
static const struct mp_scan_limits head_limits = {.depth = 4, .nodes = 1 << 20};

static size_t next_size(struct mp_fields *fields)
{
    uint64_t size = mp_fields_unsigned(fields, "size of a block", MPOOL_VALUE_MAX);

    if (fields->wrong == NULL && size <= MP_INLINE_MAX)
        fields->wrong = "size of a block";
    return fields->wrong == NULL ? (size_t)size : 0;
}

static struct mp_block next_block(struct mp_fields *fields)
{
    struct mp_block block = {0};
    struct mp_fields inner;

    if (fields->wrong != NULL || fields->next == fields->end) {
        fields->wrong = fields->wrong != NULL ? fields->wrong : "block";
        return block;
    }
    inner = mp_fields_open(fields->next++, 2, fields->zone);
    block.offset = (size_t)mp_fields_unsigned(&inner, "offset of a block", SIZE_MAX - MPOOL_VALUE_MAX);
    block.size = next_size(&inner);
    if (inner.wrong == NULL && block.offset % MP_BLOCK_ALIGN != 0)
        inner.wrong = "offset of a block";
    fields->wrong = inner.wrong;
    return block;
}

static struct mp_block next_block_or_nil(struct mp_fields *fields)
{
    if (mp_fields_skip_nil(fields))
        return (struct mp_block){0};
    return next_block(fields);
}

static void read_hello(struct mp_fields *fields, struct mp_hello *hello)
{
    const msgpack_object *token;

    hello->version = mp_fields_u32(fields, "version");
    hello->pool = mp_fields_u32(fields, "pool");
    hello->slot = mp_fields_u32(fields, "slot");
    hello->generation = mp_fields_unsigned(fields, "generation", UINT64_MAX);
    token = mp_fields_next(fields, "token", MSGPACK_OBJECT_BIN);
    if (fields->wrong == NULL && token->via.bin.size != sizeof hello->token)
        fields->wrong = "token";
    if (fields->wrong == NULL)
        memcpy(hello->token, token->via.bin.ptr, sizeof hello->token);
}

static void read_collects(struct mp_fields *fields, struct mp_jobs *jobs)
{
    uint32_t size;
    const msgpack_object *list = mp_fields_list(fields, "collects", &size);
    struct mp_fields inner = {.next = list, .zone = fields->zone, .wrong = fields->wrong};
    struct mp_collect *collects;

    if (list != NULL)
        inner.end = list + size;
    if (inner.wrong == NULL && size % 2 != 0)
        inner.wrong = "collects";
    jobs->collect_count = size / 2;
    collects = mp_fields_allocate(&inner, jobs->collect_count * sizeof *collects);
    for (uint32_t i = 0; i < jobs->collect_count && inner.wrong == NULL; i++) {
        collects[i].total = mp_fields_u32(&inner, "total");
        collects[i].field = mp_fields_string(&inner, "field");
    }
    jobs->collects = collects;
    fields->wrong = inner.wrong;
    fields->no_memory = inner.no_memory;
}

/* Returns whether values follow the head. */
static bool read_jobs(struct mp_fields *fields, struct mp_jobs *jobs)
{
    jobs->generation = mp_fields_unsigned(fields, "generation", UINT64_MAX);
    jobs->ticket = mp_fields_u32(fields, "ticket");
    jobs->count = mp_fields_u32(fields, "count");
    jobs->first = mp_fields_unsigned(fields, "first", UINT64_MAX);
    jobs->attempt = mp_fields_u32(fields, "attempt");
    jobs->function = mp_fields_string(fields, "function");
    jobs->discard_values = mp_fields_bool(fields, "discard_values");
    jobs->measure = mp_fields_bool(fields, "measure");
    jobs->limited = mp_fields_bool(fields, "limited");
    jobs->memory_bytes = (size_t)mp_fields_unsigned(fields, "memory_bytes", MP_MEMORY_MOST);
    jobs->cpu_ms = (int64_t)mp_fields_unsigned(fields, "cpu_ms", INT64_MAX);
    read_collects(fields, jobs);
    jobs->block = next_block_or_nil(fields);
    if (fields->wrong == NULL && jobs->block.size > 0 && jobs->count != 1)
        fields->wrong = "count of jobs with a block";
    return jobs->block.size == 0;
}

static void read_deltas(struct mp_fields *fields, struct mp_answers *answers)
{
    const msgpack_object *list = mp_fields_list(fields, "deltas", &answers->delta_count);
    struct mp_total_delta *deltas = mp_fields_allocate(fields, answers->delta_count * sizeof *deltas);

    answers->deltas = deltas;
    for (uint32_t i = 0; i < answers->delta_count && fields->wrong == NULL; i++) {
        struct mp_fields inner = mp_fields_open(&list[i], 6, fields->zone);
        struct mp_delta *delta = &deltas[i].delta;

        deltas[i].total = mp_fields_u32(&inner, "total");
        delta->count = mp_fields_unsigned(&inner, "count of a delta", UINT64_MAX);
        delta->high = mp_fields_signed(&inner, "high half of a delta");
        delta->low = mp_fields_unsigned(&inner, "low half of a delta", UINT64_MAX);
        delta->is_float = mp_fields_bool(&inner, "kind of a delta");
        delta->real = mp_fields_double(&inner, "real part of a delta");
        fields->wrong = inner.wrong;
    }
}

/* How a job says that it has ended: as one of those that are not done, and in a way in which a process can end. */
static struct mp_end read_end(struct mp_fields *fields)
{
    uint32_t status = mp_fields_u32(fields, "status of a failure");
    int64_t number = mp_fields_signed(fields, "signal of a failure");
    int64_t code = mp_fields_signed(fields, "exit code of a failure");
    struct mp_end end = {.status = (mpool_status)status, .signal = (int)number, .exit_code = (int)code};

    end.oom = mp_fields_bool(fields, "memory of a failure");
    if (fields->wrong == NULL && status != MPOOL_FAILED && status != MPOOL_CRASHED && status != MPOOL_TIMED_OUT &&
        status != MPOOL_CANCELLED)
        fields->wrong = "status of a failure";
    if (fields->wrong == NULL && (number < 0 || number > MP_SIGNAL_MAX))
        fields->wrong = "signal of a failure";
    if (fields->wrong == NULL && (code < -1 || code > MP_EXIT_CODE_MAX))
        fields->wrong = "exit code of a failure";
    return end;
}

static void read_failures(struct mp_fields *fields, struct mp_answers *answers)
{
    const msgpack_object *list = mp_fields_list(fields, "failures", &answers->failure_count);
    struct mp_failure *failures = mp_fields_allocate(fields, answers->failure_count * sizeof *failures);

    answers->failures = failures;
    for (uint32_t i = 0; i < answers->failure_count && fields->wrong == NULL; i++) {
        struct mp_fields inner = mp_fields_open(&list[i], 7, fields->zone);
        const msgpack_object *reason;

        failures[i].at = mp_fields_u32(&inner, "place of a failure");
        failures[i].final = mp_fields_bool(&inner, "finality of a failure");
        failures[i].end = read_end(&inner);
        reason = mp_fields_next(&inner, "reason of a failure", MSGPACK_OBJECT_BIN);
        if (inner.wrong == NULL &&
            (failures[i].at >= answers->count || (i > 0 && failures[i].at <= failures[i - 1].at)))
            inner.wrong = "order of the failures";
        if (inner.wrong == NULL && reason->via.bin.size > MP_REASON_MAX)
            inner.wrong = "length of a reason";
        if (inner.wrong == NULL) {
            failures[i].reason = reason->via.bin.ptr;
            failures[i].reason_size = reason->via.bin.size;
        }
        fields->wrong = inner.wrong;
    }
}

static void read_times(struct mp_fields *fields, struct mp_answers *answers)
{
    const msgpack_object *times;

    answers->times = NULL;
    if (mp_fields_skip_nil(fields))
        return;
    times = mp_fields_next(fields, "times", MSGPACK_OBJECT_BIN);
    if (fields->wrong == NULL && times->via.bin.size != 8 * (uint64_t)answers->count)
        fields->wrong = "times";
    if (fields->wrong == NULL)
        answers->times = times->via.bin.ptr;
}

static void read_tasks(struct mp_fields *fields, struct mp_answers *answers)
{
    const msgpack_object *list = mp_fields_list(fields, "tasks", &answers->task_count);
    struct mp_bytes *tasks = mp_fields_allocate(fields, answers->task_count * sizeof *tasks);

    answers->tasks = tasks;
    for (uint32_t i = 0; i < answers->task_count && fields->wrong == NULL; i++) {
        if (list[i].type != MSGPACK_OBJECT_BIN)
            fields->wrong = "task";
        else
            tasks[i] = (struct mp_bytes){.data = list[i].via.bin.ptr, .size = list[i].via.bin.size};
    }
}

static void read_birth(struct mp_fields *fields, const struct mp_answers *answers, struct mp_birth *birth)
{
    const msgpack_object *args;
    size_t end = 0;

    birth->at = mp_fields_u32(fields, "parent of a birth");
    birth->task = mp_fields_u32(fields, "task of a birth");
    birth->tag = mp_fields_unsigned(fields, "tag of a birth", UINT64_MAX);
    args = mp_fields_next(fields, "arguments of a birth", MSGPACK_OBJECT_BIN);
    if (fields->wrong != NULL)
        return;
    birth->args = args->via.bin.ptr;
    birth->args_size = args->via.bin.size;
    if (birth->at >= answers->count)
        fields->wrong = "parent of a birth";
    else if (birth->task >= answers->task_count)
        fields->wrong = "task of a birth";
    else if (birth->args_size > MP_INLINE_MAX ||
             mp_scan_value(birth->args, birth->args_size, &mp_scan_limits_value, &end) != MP_SCAN_OK ||
             end != birth->args_size)
        fields->wrong = "arguments of a birth";
}

/* In the order of their parents, none of which has failed: nothing of an attempt that failed may have an effect. */
static void read_births(struct mp_fields *fields, struct mp_answers *answers)
{
    const msgpack_object *list = mp_fields_list(fields, "births", &answers->birth_count);
    struct mp_birth *births = mp_fields_allocate(fields, answers->birth_count * sizeof *births);
    uint32_t failure = 0;

    answers->births = births;
    for (uint32_t i = 0; i < answers->birth_count && fields->wrong == NULL; i++) {
        struct mp_fields inner = mp_fields_open(&list[i], 4, fields->zone);

        read_birth(&inner, answers, &births[i]);
        if (inner.wrong == NULL && i > 0 && births[i].at < births[i - 1].at)
            inner.wrong = "order of the births";
        while (inner.wrong == NULL && failure < answers->failure_count && answers->failures[failure].at < births[i].at)
            failure++;
        if (inner.wrong == NULL && failure < answers->failure_count && answers->failures[failure].at == births[i].at)
            inner.wrong = "child of a job that failed";
        fields->wrong = inner.wrong;
    }
}

/* Likewise. */
static bool read_answers(struct mp_fields *fields, struct mp_answers *answers)
{
    bool has_values;

    answers->generation = mp_fields_unsigned(fields, "generation", UINT64_MAX);
    answers->ticket = mp_fields_u32(fields, "ticket");
    answers->count = mp_fields_u32(fields, "count");
    answers->busy_ns = mp_fields_unsigned(fields, "busy_ns", INT64_MAX);
    read_deltas(fields, answers);
    read_failures(fields, answers);
    read_times(fields, answers);
    read_tasks(fields, answers);
    read_births(fields, answers);
    has_values = mp_fields_bool(fields, "values");
    answers->block = next_block_or_nil(fields);
    if (fields->wrong == NULL && answers->block.size > 0 &&
        (has_values || answers->count != 1 || answers->failure_count > 0))
        fields->wrong = "answers with a block";
    return has_values;
}

/* The values behind a frame's head: `count` of them, and nothing else. */
static mpool_err check_values(const char *values, size_t size, uint32_t count, const char *what)
{
    size_t bad;
    enum mp_scan_verdict verdict = mp_scan_values(values, size, count, &mp_scan_limits_value, &bad);

    if (verdict == MP_SCAN_OK)
        return MPOOL_OK;
    return mp_error(MPOOL_E_PROTOCOL, "%s %zu of %u: %s", what, bad, (unsigned)count, mp_scan_text(verdict));
}

static const uint32_t field_counts[] = {
    [MP_HELLO] = 6,      [MP_FRAME_JOBS] = 14, [MP_FRAME_RESULTS] = 12, [MP_RECALL_HALF] = 2,
    [MP_GIVEN_BACK] = 2, [MP_STOP] = 2,        [MP_GOODBYE] = 2,        [MP_RECALL_ALL] = 2,
    [MP_NEED] = 3,       [MP_GRANTED] = 3,     [MP_REFUSED] = 4,
};

static mpool_err read_head(const char *data, size_t size, msgpack_zone *zone, size_t *offset, msgpack_object *head)
{
    enum mp_scan_verdict verdict = mp_scan_value(data, size, &head_limits, offset);
    size_t begin = 0;

    if (verdict != MP_SCAN_OK)
        return mp_error(MPOOL_E_PROTOCOL, "a message is not one: %s", mp_scan_text(verdict));
    if (mp_decode_value(data, *offset, &begin, zone, head) != MPOOL_OK)
        return mp_error_nomem();
    if (head->type != MSGPACK_OBJECT_ARRAY || head->via.array.size < 1 ||
        head->via.array.ptr[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER || head->via.array.ptr[0].via.u64 < MP_HELLO ||
        head->via.array.ptr[0].via.u64 > MP_REFUSED)
        return mp_error(MPOOL_E_PROTOCOL, "a message has no type");
    return MPOOL_OK;
}

/* The fields behind the type. Returns whether values follow the head. */
static bool read_fields(struct mp_fields *fields, struct mp_message *message)
{
    switch (message->type) {
    case MP_HELLO:
        read_hello(fields, &message->as.hello);
        break;
    case MP_FRAME_JOBS:
        return read_jobs(fields, &message->as.jobs);
    case MP_FRAME_RESULTS:
        return read_answers(fields, &message->as.answers);
    case MP_NEED:
        message->as.need.ticket = mp_fields_u32(fields, "ticket");
        message->as.need.size = next_size(fields);
        break;
    case MP_GRANTED:
        message->as.granted.ticket = mp_fields_u32(fields, "ticket");
        message->as.granted.block = next_block(fields);
        break;
    case MP_REFUSED:
        message->as.refused.ticket = mp_fields_u32(fields, "ticket");
        message->as.refused.most = mp_fields_unsigned(fields, "most", UINT64_MAX);
        message->as.refused.used = mp_fields_unsigned(fields, "used", UINT64_MAX);
        break;
    default:
        message->as.ticket = mp_fields_u32(fields, "ticket");
        break;
    }
    return false;
}

mpool_err mp_message_read(const char *data, size_t size, msgpack_zone *zone, struct mp_message *message)
{
    size_t offset = 0;
    msgpack_object head;
    struct mp_fields fields;
    bool has_values;
    mpool_err err = read_head(data, size, zone, &offset, &head);

    if (err != MPOOL_OK)
        return err;
    memset(message, 0, sizeof *message);
    message->type = (enum mp_message_type)head.via.array.ptr[0].via.u64;
    fields = mp_fields_open(&head, field_counts[message->type], zone);
    (void)mp_fields_u32(&fields, "type");
    has_values = read_fields(&fields, message);
    if (fields.no_memory)
        return mp_error_nomem();
    if (fields.wrong != NULL)
        return mp_error(MPOOL_E_PROTOCOL, "message type %d: wrong %s", (int)message->type, fields.wrong);
    if (!has_values && offset != size)
        return mp_error(MPOOL_E_PROTOCOL, "message type %d: %zu bytes too many", (int)message->type, size - offset);
    if (!has_values)
        return MPOOL_OK;
    if (message->type == MP_FRAME_JOBS) {
        message->as.jobs.values = data + offset;
        message->as.jobs.values_size = size - offset;
        return check_values(data + offset, size - offset, message->as.jobs.count, "job");
    }
    message->as.answers.values = data + offset;
    message->as.answers.values_size = size - offset;
    return check_values(data + offset, size - offset, message->as.answers.count, "result");
}
