/*
 * pool/commit.h - a frame of results counts
 */
#ifndef MP_POOL_COMMIT_H
#define MP_POOL_COMMIT_H

#include "pool/core.h"

/* mp_commit_results - MP_RESULTS of a generation that is the slot's: it is committed, or its worker killed. */
void mp_commit_results(struct mp_core *core, const struct mp_event *event);

#endif
