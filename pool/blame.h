/*
 * pool/blame.h - who pays for a death, and what an attempt that came to nothing costs
 */
#ifndef MP_POOL_BLAME_H
#define MP_POOL_BLAME_H

#include "pool/core.h"

/*
 * mp_blame_charge - a job's attempt has ended without being done: it gets another one, or it ends with end->status
 *
 * final    in   another attempt would end the same way
 */
void mp_blame_charge(struct mp_core *core, unsigned slot, struct mp_range job, const struct mp_end *end, bool final);

/*
 * mp_blame_bury - a generation that was up is dead
 *
 * Its guilty job is charged, the rest of its flight goes back. If there is nobody to blame for a death that we did not
 * cause, the flight runs again one job at a time, so that the next death has a name.
 */
void mp_blame_bury(struct mp_core *core, const struct mp_event *event);

#endif
