/*
 * pool/grant.h - memory in the arena for a result that a worker is about to give
 *
 * A worker asks for a block when it has a result that is too large for a message, and has at most one that is not
 * committed: so a broken one can hold no more than a single value. The conversation is NEED, then GRANTED or REFUSED;
 * then RESULTS with exactly that block, or without it if the worker could not use it. If results fill their share of
 * the arena, a worker waits until the application has taken some; if it takes none for a while, the worker is refused.
 */
#ifndef MP_POOL_GRANT_H
#define MP_POOL_GRANT_H

#include "serialize/message.h"

#include <stdbool.h>
#include <stdint.h>

/* Of one generation; {0} at its start. The times are by the supervisor's clock. */
struct mp_grant {
    enum { MP_GRANT_NONE, MP_GRANT_ASKED, MP_GRANT_GIVEN } state;
    uint32_t ticket;
    size_t size;           /* that was asked for */
    int64_t until_ms;      /* asked: when it is refused; put off whenever there is more room */
    struct mp_block block; /* given: owned */
};

/* mp_grant_ask - the worker needs a block. False: it has no right to ask now. */
bool mp_grant_ask(struct mp_grant *grant, const struct mp_need *need, int64_t now_ms, int64_t wait_ms);

/*
 * mp_grant_decide - is there room for what was asked for?
 *
 * answer    out  what to tell the worker, if true is returned
 */
bool mp_grant_decide(struct mp_grant *grant, int64_t now_ms, struct mp_message *answer);

/* mp_grant_put_off - there was more room: a worker that waits may wait longer. */
void mp_grant_put_off(struct mp_grant *grant, int64_t now_ms, int64_t wait_ms);

/* mp_grant_due - when mp_grant_decide() will refuse by time alone; INT64_MAX if it will not. */
int64_t mp_grant_due(const struct mp_grant *grant);

/* mp_grant_admits - may the worker answer so? A block must be the one that it was granted for this job. */
bool mp_grant_admits(const struct mp_grant *grant, const struct mp_answers *answers);

/* mp_grant_take - answers that were admitted have been committed: their block is the caller's now; {0}: none. */
struct mp_block mp_grant_take(struct mp_grant *grant, const struct mp_answers *answers);

/* mp_grant_end - the generation is dead: give back what it had. */
void mp_grant_end(struct mp_grant *grant);

#endif
