/*
 * pool/finish.h - how a pool comes to its end
 */
#ifndef MP_POOL_FINISH_H
#define MP_POOL_FINISH_H

#include "pool/core.h"

/* mp_finish_drain - no job is begun any more. */
void mp_finish_drain(struct mp_core *core);

/* mp_finish_terminate - and those that have begun are not wanted, either. */
void mp_finish_terminate(struct mp_core *core);

/* mp_finish_broken - no worker can start: it ends as if terminated. */
void mp_finish_broken(struct mp_core *core);

/* mp_finish_lost - the fork server is gone: no death will be reported any more, and all workers die with it. */
void mp_finish_lost(struct mp_core *core);

/* mp_finish_has_work - is there a job that has not ended? */
bool mp_finish_has_work(const struct mp_core *core);

/* mp_finish_wind_up - with each step: once nothing is left to do, the workers go, and the last one ends the pool. */
void mp_finish_wind_up(struct mp_core *core, int64_t now_ms);

#endif
