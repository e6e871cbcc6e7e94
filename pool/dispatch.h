/*
 * pool/dispatch.h - which jobs go to which worker, and which come back
 */
#ifndef MP_POOL_DISPATCH_H
#define MP_POOL_DISPATCH_H

#include "pool/core.h"

/* mp_dispatch - send what can be sent; ask jobs back for workers that would idle. */
void mp_dispatch(struct mp_core *core, int64_t now_ms);

#endif
