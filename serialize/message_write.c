/*
 * serialize/message_write.c - messages to bytes
 *
 * Runs in: the supervisor and workers. Pure. The way back is serialize/message.c.
 */
#include "serialize/message.h"

#include "base/error.h"
#include "serialize/write.h"

#include <string.h>

static void write_block(msgpack_packer *packer, const struct mp_block *block)
{
    if (block->size == 0) {
        (void)msgpack_pack_nil(packer);
        return;
    }
    (void)msgpack_pack_array(packer, 2);
    (void)msgpack_pack_uint64(packer, block->offset);
    (void)msgpack_pack_uint64(packer, block->size);
}

static void write_hello(msgpack_packer *packer, const struct mp_hello *hello)
{
    (void)msgpack_pack_array(packer, 6);
    (void)msgpack_pack_uint32(packer, MP_HELLO);
    (void)msgpack_pack_uint32(packer, hello->version);
    (void)msgpack_pack_uint32(packer, hello->pool);
    (void)msgpack_pack_uint32(packer, hello->slot);
    (void)msgpack_pack_uint64(packer, hello->generation);
    mp_write_bytes(packer, hello->token, sizeof hello->token);
}

static void write_jobs(msgpack_packer *packer, const struct mp_jobs *jobs)
{
    (void)msgpack_pack_array(packer, 14);
    (void)msgpack_pack_uint32(packer, MP_FRAME_JOBS);
    (void)msgpack_pack_uint64(packer, jobs->generation);
    (void)msgpack_pack_uint32(packer, jobs->ticket);
    (void)msgpack_pack_uint32(packer, jobs->count);
    (void)msgpack_pack_uint64(packer, jobs->first);
    (void)msgpack_pack_uint32(packer, jobs->attempt);
    mp_write_string(packer, jobs->function);
    mp_write_bool(packer, jobs->discard_values);
    mp_write_bool(packer, jobs->measure);
    mp_write_bool(packer, jobs->limited);
    (void)msgpack_pack_uint64(packer, jobs->memory_bytes);
    (void)msgpack_pack_int64(packer, jobs->cpu_ms);
    (void)msgpack_pack_array(packer, 2 * (size_t)jobs->collect_count);
    for (uint32_t i = 0; i < jobs->collect_count; i++) {
        (void)msgpack_pack_uint32(packer, jobs->collects[i].total);
        mp_write_string(packer, jobs->collects[i].field);
    }
    write_block(packer, &jobs->block);
}

static void write_delta(msgpack_packer *packer, const struct mp_total_delta *delta)
{
    (void)msgpack_pack_array(packer, 6);
    (void)msgpack_pack_uint32(packer, delta->total);
    (void)msgpack_pack_uint64(packer, delta->delta.count);
    (void)msgpack_pack_int64(packer, delta->delta.high);
    (void)msgpack_pack_uint64(packer, delta->delta.low);
    mp_write_bool(packer, delta->delta.is_float);
    (void)msgpack_pack_double(packer, delta->delta.real);
}

static void write_failure(msgpack_packer *packer, const struct mp_failure *failure)
{
    (void)msgpack_pack_array(packer, 7);
    (void)msgpack_pack_uint32(packer, failure->at);
    mp_write_bool(packer, failure->final);
    (void)msgpack_pack_uint32(packer, (uint32_t)failure->end.status);
    (void)msgpack_pack_int64(packer, failure->end.signal);
    (void)msgpack_pack_int64(packer, failure->end.exit_code);
    mp_write_bool(packer, failure->end.oom);
    mp_write_bytes(packer, failure->reason, failure->reason_size);
}

static void write_birth(msgpack_packer *packer, const struct mp_birth *birth)
{
    (void)msgpack_pack_array(packer, 4);
    (void)msgpack_pack_uint32(packer, birth->at);
    (void)msgpack_pack_uint32(packer, birth->task);
    (void)msgpack_pack_uint64(packer, birth->tag);
    mp_write_bytes(packer, birth->args, birth->args_size);
}

static void write_answers(msgpack_packer *packer, const struct mp_answers *answers)
{
    (void)msgpack_pack_array(packer, 12);
    (void)msgpack_pack_uint32(packer, MP_FRAME_RESULTS);
    (void)msgpack_pack_uint64(packer, answers->generation);
    (void)msgpack_pack_uint32(packer, answers->ticket);
    (void)msgpack_pack_uint32(packer, answers->count);
    (void)msgpack_pack_uint64(packer, answers->busy_ns);
    (void)msgpack_pack_array(packer, answers->delta_count);
    for (uint32_t i = 0; i < answers->delta_count; i++)
        write_delta(packer, &answers->deltas[i]);
    (void)msgpack_pack_array(packer, answers->failure_count);
    for (uint32_t i = 0; i < answers->failure_count; i++)
        write_failure(packer, &answers->failures[i]);
    if (answers->times != NULL)
        mp_write_bytes(packer, answers->times, 8 * (size_t)answers->count);
    else
        (void)msgpack_pack_nil(packer);
    (void)msgpack_pack_array(packer, answers->task_count);
    for (uint32_t i = 0; i < answers->task_count; i++)
        mp_write_bytes(packer, answers->tasks[i].data, answers->tasks[i].size);
    (void)msgpack_pack_array(packer, answers->birth_count);
    for (uint32_t i = 0; i < answers->birth_count; i++)
        write_birth(packer, &answers->births[i]);
    mp_write_bool(packer, answers->values != NULL);
    write_block(packer, &answers->block);
}

static void write_word(msgpack_packer *packer, enum mp_message_type type, uint32_t ticket)
{
    (void)msgpack_pack_array(packer, 2);
    (void)msgpack_pack_uint32(packer, type);
    (void)msgpack_pack_uint32(packer, ticket);
}

static void write_need(msgpack_packer *packer, const struct mp_need *need)
{
    (void)msgpack_pack_array(packer, 3);
    (void)msgpack_pack_uint32(packer, MP_NEED);
    (void)msgpack_pack_uint32(packer, need->ticket);
    (void)msgpack_pack_uint64(packer, need->size);
}

static void write_granted(msgpack_packer *packer, const struct mp_granted *granted)
{
    (void)msgpack_pack_array(packer, 3);
    (void)msgpack_pack_uint32(packer, MP_GRANTED);
    (void)msgpack_pack_uint32(packer, granted->ticket);
    write_block(packer, &granted->block);
}

static void write_refused(msgpack_packer *packer, const struct mp_refused *refused)
{
    (void)msgpack_pack_array(packer, 4);
    (void)msgpack_pack_uint32(packer, MP_REFUSED);
    (void)msgpack_pack_uint32(packer, refused->ticket);
    (void)msgpack_pack_uint64(packer, refused->most);
    (void)msgpack_pack_uint64(packer, refused->used);
}

mpool_err mp_message_write(struct mp_buf *buf, const struct mp_message *message)
{
    struct mp_buf_writer writer = {.buf = buf, .most = SIZE_MAX};
    size_t before = buf->size;
    msgpack_packer packer;

    msgpack_packer_init(&packer, &writer, mp_buf_write_bounded);
    switch (message->type) {
    case MP_HELLO:
        write_hello(&packer, &message->as.hello);
        break;
    case MP_FRAME_JOBS:
        write_jobs(&packer, &message->as.jobs);
        if (message->as.jobs.values != NULL)
            (void)mp_buf_write_bounded(&writer, message->as.jobs.values, message->as.jobs.values_size);
        break;
    case MP_FRAME_RESULTS:
        write_answers(&packer, &message->as.answers);
        if (message->as.answers.values != NULL)
            (void)mp_buf_write_bounded(&writer, message->as.answers.values, message->as.answers.values_size);
        break;
    case MP_RECALL_HALF:
    case MP_RECALL_ALL:
    case MP_GIVEN_BACK:
    case MP_STOP:
    case MP_GOODBYE:
        write_word(&packer, message->type, message->as.ticket);
        break;
    case MP_NEED:
        write_need(&packer, &message->as.need);
        break;
    case MP_GRANTED:
        write_granted(&packer, &message->as.granted);
        break;
    case MP_REFUSED:
        write_refused(&packer, &message->as.refused);
        break;
    }
    if (!writer.failed)
        return MPOOL_OK;
    buf->size = before;
    return mp_error_nomem();
}
