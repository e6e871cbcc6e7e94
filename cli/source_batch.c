/*
 * cli/source_batch.c - the items of a source, several to a job
 *
 *     each: {walk: photos, batch: 50}
 *
 * An item that cannot be had is a failed job of its own, and the batch goes on with the next. A batch waits for its
 * items: one of a slow pipe is given when it is full, or the pipe has ended.
 *
 * Runs in: the mpool command. Owns: the source inside, and copies of the items of one batch. They have at most as many
 * bytes as arguments may have: of a batch that is larger the other items are counted, and it is a fault.
 */
#include "cli/source_batch.h"

#include "cli/signals.h"

#include <stdlib.h>

struct batch {
    struct source source;
    struct source *inner;
    size_t most;
    size_t count;       /* items of this batch so far */
    struct item *items; /* copies of them, as far as they are kept */
    size_t kept, room;
    struct arena arena; /* what the copies point to */
    size_t size;        /* bytes of it */
    bool given;         /* the batch is not needed any more */
};

static void forget(struct batch *batch)
{
    arena_free(&batch->arena);
    batch->count = batch->kept = batch->size = 0;
    batch->given = false;
}

static void keep(struct batch *batch, const struct item *item)
{
    size_t size = item_copy_size(item);

    batch->count++;
    batch->size += size;
    if (batch->size > SOURCE_ARGS_MAX)
        return;
    batch->items = memory_more(batch->items, &batch->room, batch->kept, sizeof *batch->items);
    item_copy(&batch->items[batch->kept++], item, size > 0 ? arena_get(&batch->arena, size) : NULL);
}

static enum source_answer batch_next(struct source *source, struct item *item)
{
    struct batch *batch = (struct batch *)source;
    struct item one = {0};

    if (batch->given)
        forget(batch);
    while (batch->count < batch->most) {
        enum source_answer answer = source_next(batch->inner, &one);
        if (answer == SOURCE_END)
            break;
        if (answer != SOURCE_ITEM) {
            *item = one;
            batch->source.fault = batch->inner->fault;
            return answer;
        }
        keep(batch, &one);
    }
    /* A signal ends the source early: what there is by then is no batch of this run. */
    if (batch->count == 0 || (batch->count < batch->most && signals_asked() != 0))
        return SOURCE_END;
    batch->given = true;
    *item = (struct item){.kind = ITEM_LIST, .inner = batch->items, .count = batch->kept};
    if (batch->kept == batch->count)
        return SOURCE_ITEM;
    batch->source.fault = "the items of the batch are larger than 8 MiB, the most that arguments may have";
    if (batch->kept > 0)
        *item = batch->items[0];
    return SOURCE_FAULT;
}

/* How many batches there will be, with what was taken for the next one. */
static uint64_t batch_left(const struct source *source)
{
    const struct batch *batch = (const struct batch *)source;
    uint64_t left = source_left(batch->inner), most = batch->most;
    uint64_t taken = batch->given ? 0 : batch->count;

    return left == SOURCE_UNKNOWN ? left : left / most + (left % most + taken + most - 1) / most;
}

static void batch_close(struct source *source)
{
    struct batch *batch = (struct batch *)source;

    source_close(batch->inner);
    arena_free(&batch->arena);
    free(batch->items);
    free(batch);
}

static const struct source_kind kind = {.next = batch_next, .left = batch_left, .close = batch_close};

struct source *source_batch_open(struct source *inner, size_t most)
{
    struct batch *batch = memory_get(sizeof *batch);

    *batch = (struct batch){.source.kind = &kind, .inner = inner, .most = most};
    return &batch->source;
}
