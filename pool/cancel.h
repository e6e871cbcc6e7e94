/*
 * pool/cancel.h - jobs that nobody wants any more
 */
#ifndef MP_POOL_CANCEL_H
#define MP_POOL_CANCEL_H

#include "pool/core.h"

/* mp_cancel_take - MP_CANCEL: what waits ends at once, what is with workers is pursued. */
void mp_cancel_take(struct mp_core *core, const struct mp_wish *wish);

/*
 * mp_cancel_pursue - with each step: get back from workers what is not wanted
 *
 * Jobs that have not begun are recalled; the one that runs is asked to stop, and its worker killed when its grace is
 * over. A result that comes first counts.
 */
void mp_cancel_pursue(struct mp_core *core);

/* mp_cancel_answered - a worker has given back everything from `ticket` on. */
void mp_cancel_answered(struct mp_slot *slot, uint32_t ticket);

/* mp_cancel_due - when mp_cancel_pursue() wants to be called at the latest. */
int64_t mp_cancel_due(const struct mp_core *core);

/* mp_cancel_covers - is this job one that is with a worker, and not wanted? */
bool mp_cancel_covers(const struct mp_core *core, const struct mp_range *job);

/* mp_cancel_covers_group - likewise, because nothing of its group is wanted: then its children are not, either. */
bool mp_cancel_covers_group(const struct mp_core *core, const struct mp_range *range);

/* mp_cancel_prefix - how many of the first jobs of a range are alike in that; `covered`: which way. */
uint32_t mp_cancel_prefix(const struct mp_core *core, const struct mp_range *range, bool *covered);

#endif
