/*
 * ipc/item.h - values by a format into belts and out of them
 */
#ifndef MP_IPC_ITEM_H
#define MP_IPC_ITEM_H

#include "ipc/belt.h"

#include <mpool/error.h>
#include <msgpack.h>

#include <stdarg.h>
#include <stdint.h>

/*
 * mp_item_put - pack a value, and put it in
 *
 * Errors: those of mpool_pack() and mp_belt_put(); nothing was put then.
 */
mpool_err mp_item_put(struct mp_belt *belt, int64_t timeout_ms, const char *format, va_list args);

/*
 * mp_item_get - take the oldest item out, and unpack it
 *
 * format    in   NULL: it is not wanted
 *
 * Errors: those of mpool_unpack() and mp_belt_get(), and MPOOL_E_NOMEM: the item stays. MPOOL_E_PROTOCOL: it is broken,
 *         and was dropped.
 */
mpool_err mp_item_get(struct mp_belt *belt, int64_t timeout_ms, const char *format, va_list args);

/*
 * mp_item_object - the item that mp_ring_next() has found, as an object in the thread's scratch memory
 *
 * Errors: MPOOL_E_PROTOCOL, MPOOL_E_NOMEM.
 */
mpool_err mp_item_object(const struct mp_belt *belt, const struct mp_ring_reader *reader, msgpack_object *object);

#endif
