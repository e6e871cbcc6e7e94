/*
 * workers/parcel.c - a result that is too large for a message goes through the arena
 *
 * Runs in: a worker. Owns: nothing; the block is the supervisor's, who knows when it is free again.
 *
 * The whole arena is read-only in a worker but for its page. The block is made writable for the copy and no longer, and
 * gets its memory before it is written to: so a machine without memory fails the job, and does not kill the worker.
 */
#include "workers/parcel.h"

#include "base/error.h"
#include "base/inject.h"
#include "base/panic.h"

#include <inttypes.h>
#include <string.h>

void mp_parcel_init(struct mp_parcel *parcel, const struct mp_arena *arena)
{
    *parcel = (struct mp_parcel){.arena = arena};
    MP_MUST(pthread_mutex_init(&parcel->lock, NULL) == 0);
    MP_MUST(pthread_cond_init(&parcel->answered, NULL) == 0);
}

bool mp_parcel_answer(struct mp_parcel *parcel, const struct mp_message *answer)
{
    bool fits;

    (void)pthread_mutex_lock(&parcel->lock);
    if (answer->type == MP_GRANTED)
        fits = answer->as.granted.ticket == parcel->need.ticket && answer->as.granted.block.size == parcel->need.size &&
               mp_arena_at(parcel->arena, answer->as.granted.block.offset, parcel->need.size) != NULL;
    else
        fits = answer->as.refused.ticket == parcel->need.ticket;
    fits = fits && parcel->asked;
    if (fits) {
        parcel->answer = *answer;
        parcel->asked = false;
        (void)pthread_cond_signal(&parcel->answered);
    }
    (void)pthread_mutex_unlock(&parcel->lock);
    return fits;
}

static struct mp_message ask(struct mp_parcel *parcel, struct mp_outbox *outbox, struct mp_need need)
{
    const struct mp_message question = {.type = MP_NEED, .as.need = need};
    struct mp_message answer;

    (void)pthread_mutex_lock(&parcel->lock);
    parcel->need = need;
    parcel->asked = true;
    (void)pthread_mutex_unlock(&parcel->lock);
    mp_outbox_send(outbox, &question);
    MP_INJECT("worker.asked");
    (void)pthread_mutex_lock(&parcel->lock);
    while (parcel->asked)
        (void)pthread_cond_wait(&parcel->answered, &parcel->lock);
    answer = parcel->answer;
    (void)pthread_mutex_unlock(&parcel->lock);
    return answer;
}

static mpool_err refuse(const struct mp_refused *refused, size_t size)
{
    if (size > refused->most)
        return mp_error(MPOOL_E_TOOBIG,
                        "the result has %zu bytes, and the shared memory has room for %" PRIu64
                        "; see arena_bytes in mpool/init.h",
                        size, refused->most);
    return mp_error(MPOOL_E_FULL,
                    "no room for a result of %zu bytes: of %" PRIu64 " bytes of shared memory, %" PRIu64
                    " are in use; take or free results sooner, or see arena_bytes in mpool/init.h",
                    size, refused->most, refused->used);
}

mpool_err mp_parcel_pack(struct mp_parcel *parcel, struct mp_outbox *outbox, uint32_t ticket, const char *data,
                         size_t size, struct mp_block *block)
{
    struct mp_message answer;
    mpool_err err;

    mp_outbox_flush(outbox);
    answer = ask(parcel, outbox, (struct mp_need){.ticket = ticket, .size = size});
    if (answer.type == MP_REFUSED)
        return refuse(&answer.as.refused, size);
    MP_INJECT("worker.granted");
    *block = answer.as.granted.block;
    err = mp_arena_unlock(parcel->arena, block->offset, size);
    if (err == MPOOL_OK) {
        memcpy(mp_arena_at(parcel->arena, block->offset, size), data, size);
        err = mp_arena_lock(parcel->arena, block->offset, size);
    }
    if (err != MPOOL_OK)
        *block = (struct mp_block){0};
    MP_INJECT("worker.filled");
    return err;
}
