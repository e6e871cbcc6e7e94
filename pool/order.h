/*
 * pool/order.h - what a process is to do, as a sealed memfd
 */
#ifndef MP_POOL_ORDER_H
#define MP_POOL_ORDER_H

#include "workers/process.h"

#include <mpool/error.h>

#include <stdarg.h>

/*
 * mp_order_seal - write an order with its function and arguments into a memfd
 *
 * order     in   the process's name, and whether it is a daemon; the sizes are filled in
 * format    in   as for mpool_pack(); NULL for nil
 * fd        out  the memfd, sealed; set on MPOOL_OK, close it after use
 *
 * Errors: MPOOL_E_FORMAT, MPOOL_E_TOOBIG, MPOOL_E_NOMEM, MPOOL_E_SYSTEM.
 */
mpool_err mp_order_seal(struct mp_process_order *order, const char *function, const char *format, va_list args,
                        int *fd);

#endif
