/*
 * pool/pause.h - a pool that stands still for a while
 */
#ifndef MP_POOL_PAUSE_H
#define MP_POOL_PAUSE_H

#include "pool/supervisor.h"

/* mp_pause_stand - if the pool is to stand still: stop its workers, and wait until it is to go on */
void mp_pause_stand(struct mp_supervisor *sup);

#endif
