/*
 * pool/grant.c - memory in the arena for a result that a worker is about to give
 *
 * Runs in: the supervisor. Owns: the block between its grant and the commit of the result, or the worker's death.
 *
 * A block goes to nobody else while the worker that it was granted to may still write to it: what is not committed is
 * kept until that generation is dead. After the commit the worker has promised to leave it alone; that it does is not
 * relied on, since the value is copied before it is scanned (pool/block.h).
 */
#include "pool/grant.h"

#include "base/error.h"
#include "pool/block.h"

bool mp_grant_ask(struct mp_grant *grant, const struct mp_need *need, int64_t now_ms, int64_t wait_ms)
{
    if (grant->state != MP_GRANT_NONE)
        return false;
    *grant = (struct mp_grant){
        .state = MP_GRANT_ASKED, .ticket = need->ticket, .size = need->size, .until_ms = now_ms + wait_ms};
    return true;
}

bool mp_grant_decide(struct mp_grant *grant, int64_t now_ms, struct mp_message *answer)
{
    size_t most, used;
    mpool_err err;

    if (grant->state != MP_GRANT_ASKED)
        return false;
    err = mp_block_take(MP_BLOCK_RESULT, grant->size, &grant->block);
    if (err == MPOOL_OK) {
        grant->state = MP_GRANT_GIVEN;
        *answer =
            (struct mp_message){.type = MP_GRANTED, .as.granted = {.ticket = grant->ticket, .block = grant->block}};
        return true;
    }
    if (err != MPOOL_E_TOOBIG && now_ms < grant->until_ms)
        return false;
    grant->state = MP_GRANT_NONE;
    mp_block_limits(grant->size, &most, &used);
    *answer =
        (struct mp_message){.type = MP_REFUSED, .as.refused = {.ticket = grant->ticket, .most = most, .used = used}};
    return true;
}

void mp_grant_put_off(struct mp_grant *grant, int64_t now_ms, int64_t wait_ms)
{
    grant->until_ms = now_ms + wait_ms;
}

int64_t mp_grant_due(const struct mp_grant *grant)
{
    return grant->state == MP_GRANT_ASKED ? grant->until_ms : INT64_MAX;
}

static bool answers_it(const struct mp_grant *grant, const struct mp_answers *answers)
{
    return grant->ticket - answers->ticket < answers->count;
}

bool mp_grant_admits(const struct mp_grant *grant, const struct mp_answers *answers)
{
    const struct mp_block *block = &answers->block;

    if (block->size == 0)
        return grant->state != MP_GRANT_ASKED || !answers_it(grant, answers);
    return grant->state == MP_GRANT_GIVEN && grant->ticket == answers->ticket && block->size == grant->block.size &&
           block->offset == grant->block.offset;
}

struct mp_block mp_grant_take(struct mp_grant *grant, const struct mp_answers *answers)
{
    struct mp_block block = {0};

    if (grant->state != MP_GRANT_GIVEN || !answers_it(grant, answers))
        return block;
    if (answers->block.size > 0)
        block = grant->block;
    else
        mp_block_give(MP_BLOCK_RESULT, &grant->block);
    *grant = (struct mp_grant){0};
    return block;
}

void mp_grant_end(struct mp_grant *grant)
{
    mp_block_give(MP_BLOCK_RESULT, &grant->block);
    *grant = (struct mp_grant){0};
}
