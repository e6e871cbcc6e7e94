/*
 * tests/fuzz/frames.c - messages between supervisor and worker, as the fuzzers make and read them
 */
#include "tests/fuzz/frames.h"

#include "serialize/message.h"
#include "serialize/task.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/values.h"

#include <mpool/pool.h>

#include <string.h>

#define MOST 6 /* jobs, deltas, failures and collects of a message that is made */

static uint32_t up_to(uint64_t *random, uint32_t limit)
{
    return (uint32_t)(next_random(random) % (limit + 1));
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

static size_t make_values(char *values, uint32_t count, uint64_t *random)
{
    static const char samples[] = {'\xc0', '\x07', '\x90', '\xe0', '\xc3'};

    for (uint32_t i = 0; i < count; i++)
        values[i] = samples[up_to(random, sizeof samples - 1)];
    return count;
}

static struct mp_block make_block(uint64_t *random)
{
    return (struct mp_block){.offset = up_to(random, 1 << 20) * MP_BLOCK_ALIGN,
                             .size = MP_INLINE_MAX + 1 + up_to(random, 1 << 29)};
}

static void make_hello(struct mp_hello *hello, uint64_t *random)
{
    hello->version = MP_PROTOCOL_VERSION;
    hello->pool = up_to(random, 3);
    hello->slot = up_to(random, 1000);
    hello->generation = next_random(random);
    memset(hello->token, (int)up_to(random, 255), sizeof hello->token);
}

static void make_jobs(struct mp_jobs *jobs, struct mp_collect *collects, char *values, uint64_t *random)
{
    jobs->generation = next_random(random);
    jobs->ticket = (uint32_t)next_random(random);
    jobs->count = up_to(random, MOST);
    jobs->first = next_random(random);
    jobs->attempt = 1 + up_to(random, 5);
    jobs->function = up_to(random, 1) != 0 ? "file_size" : "f";
    jobs->discard_values = up_to(random, 1) != 0;
    jobs->measure = up_to(random, 1) != 0;
    jobs->limited = up_to(random, 1) != 0;
    jobs->memory_bytes = up_to(random, 1) != 0 ? next_random(random) % (MP_MEMORY_MOST + 1) : 0;
    jobs->cpu_ms = up_to(random, 1) != 0 ? (int64_t)(next_random(random) >> 1) : 0;
    jobs->collect_count = up_to(random, MOST);
    for (uint32_t i = 0; i < jobs->collect_count; i++)
        collects[i] = (struct mp_collect){.total = up_to(random, 63), .field = i % 2 != 0 ? "stat.bytes" : ""};
    jobs->collects = collects;
    if (up_to(random, 3) == 0) {
        jobs->count = 1;
        jobs->block = make_block(random);
        return;
    }
    jobs->values = values;
    jobs->values_size = make_values(values, jobs->count, random);
}

static void make_lists(struct mp_answers *answers, struct mp_total_delta *deltas, struct mp_failure *failures,
                       uint64_t *random)
{
    answers->delta_count = up_to(random, MOST);
    for (uint32_t i = 0; i < answers->delta_count; i++) {
        uint64_t low = next_random(random);

        deltas[i] = (struct mp_total_delta){.total = i, .delta = {.count = i, .low = low, .high = -(int64_t)i}};
        deltas[i].delta.real = (double)i / 3;
        deltas[i].delta.is_float = i % 2 != 0;
    }
    for (uint32_t i = 0; i < answers->count; i++) {
        if (answers->block.size == 0 && up_to(random, 3) == 0)
            failures[answers->failure_count++] =
                (struct mp_failure){.at = i,
                                    .final = i % 2 != 0,
                                    .end = {.status = MPOOL_FAILED + i % 3, .oom = i % 3 != 0},
                                    .reason = "why not",
                                    .reason_size = up_to(random, 7)};
    }
    answers->deltas = deltas;
    answers->failures = failures;
}

/* Of jobs that have not failed, in their order. */
static void make_births(struct mp_answers *answers, struct mp_birth *births, uint64_t *random)
{
    static const struct mp_bytes tasks[2] = {{.data = "\x90", .size = 1}, {.data = "\x91\x05", .size = 2}};
    uint32_t failure = 0;

    answers->tasks = tasks;
    answers->task_count = 1 + up_to(random, 1);
    for (uint32_t i = 0; i < answers->count; i++) {
        if (failure < answers->failure_count && answers->failures[failure].at == i)
            failure++;
        else if (up_to(random, 2) == 0)
            births[answers->birth_count++] = (struct mp_birth){.at = i,
                                                               .task = up_to(random, answers->task_count - 1),
                                                               .tag = next_random(random),
                                                               .args = "\x92\x01\xc0",
                                                               .args_size = 3};
    }
    answers->births = births;
}

static void make_answers(struct mp_answers *answers, char *values, uint64_t *random)
{
    static const char times[8 * MOST] = {1, 2, 3};

    answers->generation = next_random(random);
    answers->ticket = (uint32_t)next_random(random);
    answers->count = up_to(random, MOST);
    answers->busy_ns = next_random(random) >> 20;
    answers->times = up_to(random, 1) != 0 ? times : NULL;
    if (up_to(random, 3) == 0) {
        answers->count = 1;
        answers->block = make_block(random);
        return;
    }
    if (up_to(random, 2) == 0)
        return;
    answers->values = values;
    answers->values_size = make_values(values, answers->count, random);
}

static void make_talk_of_blocks(struct mp_message *message, uint64_t *random)
{
    uint32_t ticket = message->as.ticket;

    if (message->type == MP_NEED)
        message->as.need = (struct mp_need){.ticket = ticket, .size = make_block(random).size};
    else if (message->type == MP_GRANTED)
        message->as.granted = (struct mp_granted){.ticket = ticket, .block = make_block(random)};
    else if (message->type == MP_REFUSED)
        message->as.refused = (struct mp_refused){.ticket = ticket, .most = next_random(random), .used = 7};
}

void make_frame(struct mp_buf *buf, uint64_t *random)
{
    struct mp_message message = {.type = (enum mp_message_type)(MP_HELLO + up_to(random, MP_REFUSED - MP_HELLO))};
    struct mp_collect collects[MOST];
    struct mp_total_delta deltas[MOST];
    struct mp_failure failures[MOST];
    struct mp_birth births[MOST];
    char values[MOST];

    if (message.type == MP_HELLO) {
        make_hello(&message.as.hello, random);
    } else if (message.type == MP_FRAME_JOBS) {
        make_jobs(&message.as.jobs, collects, values, random);
    } else if (message.type == MP_FRAME_RESULTS) {
        make_answers(&message.as.answers, values, random);
        make_lists(&message.as.answers, deltas, failures, random);
        make_births(&message.as.answers, births, random);
    } else {
        message.as.ticket = (uint32_t)next_random(random);
        make_talk_of_blocks(&message, random);
    }
    HOLDS(mp_message_write(buf, &message) == MPOOL_OK);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* Reads all of it, for AddressSanitizer to see. */
static void touch(const char *data, size_t size)
{
    volatile char sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = (char)(sum ^ data[i]);
}

static void check_block(const struct mp_block *block)
{
    HOLDS(block->size > MP_INLINE_MAX && block->size <= MPOOL_VALUE_MAX);
    HOLDS(block->offset % MP_BLOCK_ALIGN == 0 && block->offset + block->size > block->offset);
}

/* What the reader leaves to mp_task_read() is read here, too. */
static void check_birth(const struct mp_answers *answers, uint32_t i)
{
    const struct mp_birth *birth = &answers->births[i];
    msgpack_zone zone;
    mpool_task task;

    HOLDS(birth->at < answers->count && birth->task < answers->task_count);
    HOLDS(i == 0 || birth->at >= answers->births[i - 1].at);
    HOLDS(birth->args_size > 0 && birth->args_size <= MP_INLINE_MAX);
    touch(birth->args, birth->args_size);
    HOLDS(msgpack_zone_init(&zone, 1024));
    if (mp_task_read(answers->tasks[birth->task].data, answers->tasks[birth->task].size, &zone, &task) == MPOOL_OK)
        touch(task.function, strlen(task.function));
    msgpack_zone_destroy(&zone);
}

static void check(const struct mp_message *message)
{
    const struct mp_answers *answers = &message->as.answers;

    if (message->type == MP_FRAME_JOBS && message->as.jobs.block.size > 0) {
        HOLDS(message->as.jobs.count == 1 && message->as.jobs.values == NULL);
        check_block(&message->as.jobs.block);
    }
    if (message->type == MP_FRAME_RESULTS && answers->block.size > 0) {
        HOLDS(answers->count == 1 && answers->failure_count == 0 && answers->values == NULL);
        check_block(&answers->block);
    }
    if (message->type == MP_GRANTED)
        check_block(&message->as.granted.block);
    if (message->type == MP_FRAME_JOBS) {
        HOLDS(message->as.jobs.memory_bytes <= MP_MEMORY_MOST && message->as.jobs.cpu_ms >= 0);
        touch(message->as.jobs.function, strlen(message->as.jobs.function));
        touch(message->as.jobs.values, message->as.jobs.values_size);
        for (uint32_t i = 0; i < message->as.jobs.collect_count; i++)
            touch(message->as.jobs.collects[i].field, strlen(message->as.jobs.collects[i].field));
    } else if (message->type == MP_FRAME_RESULTS) {
        touch(answers->values, answers->values_size);
        touch(answers->times, answers->times != NULL ? 8 * (size_t)answers->count : 0);
        for (uint32_t i = 0; i < answers->failure_count; i++) {
            HOLDS(answers->failures[i].at < answers->count);
            HOLDS(i == 0 || answers->failures[i].at > answers->failures[i - 1].at);
            touch(answers->failures[i].reason, answers->failures[i].reason_size);
        }
        for (uint32_t i = 0; i < answers->birth_count; i++)
            check_birth(answers, i);
    }
}

bool consume_frame(const char *data, size_t size, msgpack_zone *zone)
{
    struct mp_message message, again;
    struct mp_buf first = {0}, second = {0};
    mpool_err err = mp_message_read(data, size, zone, &message);

    HOLDS(err == MPOOL_OK || err == MPOOL_E_PROTOCOL);
    HOLDS(err == MPOOL_OK || mpool_error_detail()[0] != '\0');
    if (err != MPOOL_OK)
        return false;
    check(&message);
    HOLDS(mp_message_write(&first, &message) == MPOOL_OK);
    HOLDS(mp_message_read(first.data, first.size, zone, &again) == MPOOL_OK);
    HOLDS(mp_message_write(&second, &again) == MPOOL_OK);
    HOLDS(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
    mp_buf_free(&first);
    mp_buf_free(&second);
    return true;
}
