/*
 * pool/limits.h - how long an attempt may take: soft limits ask, hard limits kill
 */
#ifndef MP_POOL_LIMITS_H
#define MP_POOL_LIMITS_H

#include "pool/core.h"

/*
 * mp_limits_arm - set when to look at the slot's page next, after its flight has changed at the front
 *
 * Only the oldest job in flight has a clock, which began when it was sent or when the one before it was answered:
 * that is the earliest moment its limit can be over. The page tells the true one.
 */
void mp_limits_arm(struct mp_slot *slot);

/* mp_limits_check - MP_SEEN: ask, kill, or look again later. */
void mp_limits_check(struct mp_core *core, const struct mp_event *event);

#endif
