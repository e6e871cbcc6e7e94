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
#include "serialize/scan.h"

#include <mpool/pool.h>

#include <string.h>

/* A message's head is flat, but for lists of flat lists. */
static const struct mp_scan_limits head_limits = {.depth = 4, .nodes = 1 << 20};

/* Walks over an array, field by field. The first field that is not as expected is remembered, the others read as 0. */
struct fields {
    const msgpack_object *next;
    const msgpack_object *end;
    msgpack_zone *zone;
    const char *wrong; /* NULL while all is well */
    bool no_memory;
};

static struct fields open_fields(const msgpack_object *object, uint32_t count, msgpack_zone *zone)
{
    struct fields fields = {.zone = zone};

    if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size != count)
        fields.wrong = "number of fields";
    else {
        fields.next = object->via.array.ptr;
        fields.end = fields.next + count;
    }
    return fields;
}

static const msgpack_object *next_field(struct fields *fields, const char *name, msgpack_object_type type)
{
    static const msgpack_object nothing = {.type = MSGPACK_OBJECT_NIL};

    if (fields->wrong == NULL && (fields->next == fields->end || fields->next->type != type))
        fields->wrong = name;
    return fields->wrong == NULL ? fields->next++ : &nothing;
}

static uint64_t next_unsigned(struct fields *fields, const char *name, uint64_t most)
{
    const msgpack_object *field = next_field(fields, name, MSGPACK_OBJECT_POSITIVE_INTEGER);

    if (fields->wrong == NULL && field->via.u64 > most)
        fields->wrong = name;
    return fields->wrong == NULL ? field->via.u64 : 0;
}

static uint32_t next_u32(struct fields *fields, const char *name)
{
    return (uint32_t)next_unsigned(fields, name, UINT32_MAX);
}

static int64_t next_signed(struct fields *fields, const char *name)
{
    if (fields->wrong == NULL && fields->next < fields->end && fields->next->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        return fields->next++->via.i64;
    return (int64_t)next_unsigned(fields, name, INT64_MAX);
}

static bool next_bool(struct fields *fields, const char *name)
{
    const msgpack_object *field = next_field(fields, name, MSGPACK_OBJECT_BOOLEAN);

    return fields->wrong == NULL && field->via.boolean;
}

static double next_double(struct fields *fields, const char *name)
{
    const msgpack_object *field = next_field(fields, name, MSGPACK_OBJECT_FLOAT64);

    return fields->wrong == NULL ? field->via.f64 : 0;
}

static void *allocate(struct fields *fields, size_t size)
{
    void *memory = fields->wrong == NULL ? msgpack_zone_malloc(fields->zone, size > 0 ? size : 1) : NULL;

    if (memory == NULL && fields->wrong == NULL) {
        fields->wrong = "memory";
        fields->no_memory = true;
    }
    return memory;
}

/* A string without a NUL inside, copied so that it has one at its end. "" if something is wrong. */
static const char *next_string(struct fields *fields, const char *name)
{
    const msgpack_object *field = next_field(fields, name, MSGPACK_OBJECT_STR);
    size_t size = field->type == MSGPACK_OBJECT_STR ? field->via.str.size : 0;
    char *copy;

    if (size > 0 && memchr(field->via.str.ptr, '\0', size) != NULL)
        fields->wrong = name;
    copy = allocate(fields, size + 1);
    if (copy == NULL)
        return "";
    if (size > 0)
        memcpy(copy, field->via.str.ptr, size);
    copy[size] = '\0';
    return copy;
}

static const msgpack_object *next_list(struct fields *fields, const char *name, uint32_t *count)
{
    const msgpack_object *field = next_field(fields, name, MSGPACK_OBJECT_ARRAY);

    *count = fields->wrong == NULL ? field->via.array.size : 0;
    return fields->wrong == NULL ? field->via.array.ptr : NULL;
}

static size_t next_size(struct fields *fields)
{
    uint64_t size = next_unsigned(fields, "size of a block", MPOOL_VALUE_MAX);

    if (fields->wrong == NULL && size <= MP_INLINE_MAX)
        fields->wrong = "size of a block";
    return fields->wrong == NULL ? (size_t)size : 0;
}

static struct mp_block next_block(struct fields *fields)
{
    struct mp_block block = {0};
    struct fields inner;

    if (fields->wrong != NULL || fields->next == fields->end) {
        fields->wrong = fields->wrong != NULL ? fields->wrong : "block";
        return block;
    }
    inner = open_fields(fields->next++, 2, fields->zone);
    block.offset = (size_t)next_unsigned(&inner, "offset of a block", SIZE_MAX - MPOOL_VALUE_MAX);
    block.size = next_size(&inner);
    if (inner.wrong == NULL && block.offset % MP_BLOCK_ALIGN != 0)
        inner.wrong = "offset of a block";
    fields->wrong = inner.wrong;
    return block;
}

static struct mp_block next_block_or_nil(struct fields *fields)
{
    if (fields->wrong == NULL && fields->next < fields->end && fields->next->type == MSGPACK_OBJECT_NIL) {
        fields->next++;
        return (struct mp_block){0};
    }
    return next_block(fields);
}

static void read_hello(struct fields *fields, struct mp_hello *hello)
{
    const msgpack_object *token;

    hello->version = next_u32(fields, "version");
    hello->pool = next_u32(fields, "pool");
    hello->slot = next_u32(fields, "slot");
    hello->generation = next_unsigned(fields, "generation", UINT64_MAX);
    token = next_field(fields, "token", MSGPACK_OBJECT_BIN);
    if (fields->wrong == NULL && token->via.bin.size != sizeof hello->token)
        fields->wrong = "token";
    if (fields->wrong == NULL)
        memcpy(hello->token, token->via.bin.ptr, sizeof hello->token);
}

static void read_collects(struct fields *fields, struct mp_jobs *jobs)
{
    uint32_t size;
    const msgpack_object *list = next_list(fields, "collects", &size);
    struct fields inner = {.next = list, .zone = fields->zone, .wrong = fields->wrong};
    struct mp_collect *collects;

    if (list != NULL)
        inner.end = list + size;
    if (inner.wrong == NULL && size % 2 != 0)
        inner.wrong = "collects";
    jobs->collect_count = size / 2;
    collects = allocate(&inner, jobs->collect_count * sizeof *collects);
    for (uint32_t i = 0; i < jobs->collect_count && inner.wrong == NULL; i++) {
        collects[i].total = next_u32(&inner, "total");
        collects[i].field = next_string(&inner, "field");
    }
    jobs->collects = collects;
    fields->wrong = inner.wrong;
    fields->no_memory = inner.no_memory;
}

/* Returns whether values follow the head. */
static bool read_jobs(struct fields *fields, struct mp_jobs *jobs)
{
    jobs->generation = next_unsigned(fields, "generation", UINT64_MAX);
    jobs->ticket = next_u32(fields, "ticket");
    jobs->count = next_u32(fields, "count");
    jobs->first = next_unsigned(fields, "first", UINT64_MAX);
    jobs->attempt = next_u32(fields, "attempt");
    jobs->function = next_string(fields, "function");
    jobs->discard_values = next_bool(fields, "discard_values");
    jobs->measure = next_bool(fields, "measure");
    jobs->limited = next_bool(fields, "limited");
    jobs->memory_bytes = (size_t)next_unsigned(fields, "memory_bytes", MP_MEMORY_MOST);
    jobs->cpu_ms = (int64_t)next_unsigned(fields, "cpu_ms", INT64_MAX);
    read_collects(fields, jobs);
    jobs->block = next_block_or_nil(fields);
    if (fields->wrong == NULL && jobs->block.size > 0 && jobs->count != 1)
        fields->wrong = "count of jobs with a block";
    return jobs->block.size == 0;
}

static void read_deltas(struct fields *fields, struct mp_answers *answers)
{
    const msgpack_object *list = next_list(fields, "deltas", &answers->delta_count);
    struct mp_total_delta *deltas = allocate(fields, answers->delta_count * sizeof *deltas);

    answers->deltas = deltas;
    for (uint32_t i = 0; i < answers->delta_count && fields->wrong == NULL; i++) {
        struct fields inner = open_fields(&list[i], 6, fields->zone);
        struct mp_delta *delta = &deltas[i].delta;

        deltas[i].total = next_u32(&inner, "total");
        delta->count = next_unsigned(&inner, "count of a delta", UINT64_MAX);
        delta->high = next_signed(&inner, "high half of a delta");
        delta->low = next_unsigned(&inner, "low half of a delta", UINT64_MAX);
        delta->is_float = next_bool(&inner, "kind of a delta");
        delta->real = next_double(&inner, "real part of a delta");
        fields->wrong = inner.wrong;
    }
}

static void read_failures(struct fields *fields, struct mp_answers *answers)
{
    const msgpack_object *list = next_list(fields, "failures", &answers->failure_count);
    struct mp_failure *failures = allocate(fields, answers->failure_count * sizeof *failures);

    answers->failures = failures;
    for (uint32_t i = 0; i < answers->failure_count && fields->wrong == NULL; i++) {
        struct fields inner = open_fields(&list[i], 4, fields->zone);
        const msgpack_object *reason;

        failures[i].at = next_u32(&inner, "place of a failure");
        failures[i].final = next_bool(&inner, "finality of a failure");
        failures[i].no_memory = next_bool(&inner, "memory of a failure");
        reason = next_field(&inner, "reason of a failure", MSGPACK_OBJECT_BIN);
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

static void read_times(struct fields *fields, struct mp_answers *answers)
{
    const msgpack_object *times;

    answers->times = NULL;
    if (fields->wrong == NULL && fields->next < fields->end && fields->next->type == MSGPACK_OBJECT_NIL) {
        fields->next++;
        return;
    }
    times = next_field(fields, "times", MSGPACK_OBJECT_BIN);
    if (fields->wrong == NULL && times->via.bin.size != 8 * (uint64_t)answers->count)
        fields->wrong = "times";
    if (fields->wrong == NULL)
        answers->times = times->via.bin.ptr;
}

/* Likewise. */
static bool read_answers(struct fields *fields, struct mp_answers *answers)
{
    bool has_values;

    answers->generation = next_unsigned(fields, "generation", UINT64_MAX);
    answers->ticket = next_u32(fields, "ticket");
    answers->count = next_u32(fields, "count");
    answers->busy_ns = next_unsigned(fields, "busy_ns", INT64_MAX);
    read_deltas(fields, answers);
    read_failures(fields, answers);
    read_times(fields, answers);
    has_values = next_bool(fields, "values");
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
    [MP_HELLO] = 6,      [MP_FRAME_JOBS] = 14, [MP_FRAME_RESULTS] = 10, [MP_RECALL_HALF] = 2,
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
static bool read_fields(struct fields *fields, struct mp_message *message)
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
        message->as.need.ticket = next_u32(fields, "ticket");
        message->as.need.size = next_size(fields);
        break;
    case MP_GRANTED:
        message->as.granted.ticket = next_u32(fields, "ticket");
        message->as.granted.block = next_block(fields);
        break;
    case MP_REFUSED:
        message->as.refused.ticket = next_u32(fields, "ticket");
        message->as.refused.most = next_unsigned(fields, "most", UINT64_MAX);
        message->as.refused.used = next_unsigned(fields, "used", UINT64_MAX);
        break;
    default:
        message->as.ticket = next_u32(fields, "ticket");
        break;
    }
    return false;
}

mpool_err mp_message_read(const char *data, size_t size, msgpack_zone *zone, struct mp_message *message)
{
    size_t offset = 0;
    msgpack_object head;
    struct fields fields;
    bool has_values;
    mpool_err err = read_head(data, size, zone, &offset, &head);

    if (err != MPOOL_OK)
        return err;
    memset(message, 0, sizeof *message);
    message->type = (enum mp_message_type)head.via.array.ptr[0].via.u64;
    fields = open_fields(&head, field_counts[message->type], zone);
    (void)next_u32(&fields, "type");
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
