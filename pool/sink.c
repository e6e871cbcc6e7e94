/*
 * pool/sink.c - where results go: from the supervisor to the application
 *
 * Runs in: the host; parts are made by the supervisor and taken apart by application threads. Owns: nothing but what
 * reference counts keep alive.
 */
#include "pool/sink.h"

#include "pool/block.h"
#include "serialize/scan.h"

#include <stdlib.h>
#include <string.h>

void mp_sink_ref(struct mp_sink *sink)
{
    if (sink != NULL)
        atomic_fetch_add_explicit(&sink->refs, 1, memory_order_relaxed);
}

void mp_sink_unref(struct mp_sink *sink)
{
    if (sink != NULL && atomic_fetch_sub_explicit(&sink->refs, 1, memory_order_acq_rel) == 1)
        sink->destroy(sink);
}

struct mp_reply *mp_reply_new(struct mp_packet *packet)
{
    struct mp_reply *reply = calloc(1, sizeof *reply);

    if (reply == NULL)
        return NULL;
    atomic_init(&reply->refs, 1);
    reply->packet = packet;
    return reply;
}

void mp_reply_ref(struct mp_reply *reply)
{
    atomic_fetch_add_explicit(&reply->refs, 1, memory_order_relaxed);
}

void mp_reply_unref(struct mp_reply *reply)
{
    if (reply == NULL || atomic_fetch_sub_explicit(&reply->refs, 1, memory_order_acq_rel) != 1)
        return;
    mp_block_give(MP_BLOCK_RESULT, &reply->block);
    mp_packet_free(reply->packet);
    free(reply);
}

struct mp_part *mp_part_new(struct mp_lot *lot, const char *error)
{
    size_t size = strlen(error) + 1;
    struct mp_part *part = calloc(1, sizeof *part + size);

    if (part == NULL)
        return NULL;
    memcpy(part->error, error, size);
    part->lot = lot;
    mp_lot_ref(lot);
    return part;
}

void mp_part_free(struct mp_part *part)
{
    if (part == NULL)
        return;
    mp_reply_unref(part->reply);
    mp_dossier_unref(part->dossier);
    mp_buf_free(&part->captured);
    mp_lot_unref(part->lot);
    free(part);
}

static int64_t time_of(const char *times, uint32_t i)
{
    uint64_t time = 0;

    for (int byte = 7; byte >= 0; byte--)
        time = time << 8 | (unsigned char)times[8 * (size_t)i + (size_t)byte];
    return time <= INT64_MAX ? (int64_t)time : 0;
}

void mp_part_result(const struct mp_part *part, uint32_t i, size_t *values_at, mpool_result *result)
{
    const uint64_t *tags = (const uint64_t *)(const void *)part->lot->tags.data;
    const struct mp_reply *reply = part->reply;
    static const char nil = '\xc0';

    /* One by one: to clear the whole of it first took a sixth of a map's time in the host. */
    result->index = mp_lot_index(part->lot, part->at + i);
    result->tag = tags[part->at + i];
    result->child = mp_lot_is_born(part->lot);
    result->status = part->status;
    result->attempts = part->attempts;
    result->worker = part->worker;
    result->signal = part->signal;
    result->exit_code = part->exit_code;
    result->run_ns = -1;
    result->error = part->status != MPOOL_DONE ? part->error : NULL;
    result->value = NULL;
    result->value_size = 0;
    result->output = part->is_captured ? part->captured.data : NULL;
    result->output_size = part->is_captured ? part->captured.size - 1 : 0;
    result->output_cut = part->is_captured && part->captured_cut;
    result->dossier = part->dossier != NULL ? mp_dossier_shown(part->dossier) : NULL;
    if (reply == NULL)
        return;
    if (reply->times != NULL)
        result->run_ns = time_of(reply->times, part->times_at + i);
    if (reply->values != NULL) {
        size_t begin = *values_at;

        /* The supervisor has scanned them all, so this cannot fail. */
        (void)mp_scan_skip(reply->values, reply->values_size, 1, values_at);
        if (part->status == MPOOL_DONE || *values_at - begin > 1 || reply->values[begin] != nil) {
            result->value = reply->values + begin;
            result->value_size = *values_at - begin;
        }
    } else if (part->status == MPOOL_DONE) {
        result->value_size = reply->block.size;
    }
}

struct mp_block mp_part_take_block(struct mp_part *part)
{
    struct mp_block block = {0};

    if (part->reply != NULL && part->reply->block.size > 0 && part->status == MPOOL_DONE) {
        block = part->reply->block;
        part->reply->block = (struct mp_block){0};
    }
    return block;
}
