/*
 * ipc/scratch.h - the calling thread's memory for values on their way into shared objects and out of them
 *
 * Values are packed before an object is locked, and looked at after it was unlocked: between is a copy of bytes.
 *
 *     in:   mp_scratch_pack(format, args, &bytes, &size);  lock, copy the bytes into the object, unlock
 *     out:  lock, look at the size, mp_scratch_room(size, &bytes), copy them out of the object, unlock;
 *           mp_scratch_unpack(size, format, args);
 *
 * There is a place for what goes in and one for what comes out. What was unpacked points into the latter, and is valid
 * until the thread's next mp_scratch_room(). So it may be an argument of the next mp_scratch_pack(), and programs are
 * promised that it lives until their thread's next call for an atom, a queue or a pipe.
 *
 * The memory is the thread's, and goes with it. What a value over 1 MiB took is given back by the next use for a
 * smaller one. No other thread sees it: nothing here is locked.
 */
#ifndef MP_IPC_SCRATCH_H
#define MP_IPC_SCRATCH_H

#include <mpool/error.h>
#include <msgpack.h>

#include <stdarg.h>
#include <stddef.h>

/* ---- in ---------------------------------------------------------------------------------------------------------- */

/*
 * mp_scratch_pack - pack one value
 *
 * format    in   as for mpool_pack(); args are its arguments
 * bytes     out  set on MPOOL_OK, with their number: valid until the thread's next mp_scratch_pack() or _packer()
 *
 * Errors: MPOOL_E_FORMAT (also of a value with too many levels or elements to be unpacked again), MPOOL_E_TOOBIG (more
 *         than MPOOL_VALUE_MAX bytes), MPOOL_E_NOMEM.
 */
mpool_err mp_scratch_pack(const char *format, va_list args, const char **bytes, size_t *size);

/*
 * mp_scratch_packer - a packer of the same memory, for somebody who packs by hand; mp_scratch_packed() looks at it
 *
 * packer    out  set on MPOOL_OK; valid until the thread's next mp_scratch_pack() or _packer()
 *
 * Errors: MPOOL_E_NOMEM.
 */
mpool_err mp_scratch_packer(msgpack_packer **packer);

/* mp_scratch_packed - the bytes, if they are exactly one value. Errors and outputs: as mp_scratch_pack(). */
mpool_err mp_scratch_packed(const char **bytes, size_t *size);

/* ---- out --------------------------------------------------------------------------------------------------------- */

/*
 * mp_scratch_room - memory to copy bytes to
 *
 * size      in   one that the caller has checked: it allocates so much
 * bytes     out  set on MPOOL_OK; what was there before, and what was unpacked from it, is gone
 *
 * Errors: MPOOL_E_NOMEM.
 */
mpool_err mp_scratch_room(size_t size, char **bytes);

/*
 * mp_scratch_unpack - take the value apart that was copied there
 *
 * size      in   how many bytes it has: all of the room, or a part of it
 * format    in   as for mpool_unpack(); args are its arguments
 *
 * Errors: MPOOL_E_PROTOCOL (it is not one value, and whole: somebody has written over it), MPOOL_E_FORMAT,
 *         MPOOL_E_NOMEM.
 */
mpool_err mp_scratch_unpack(size_t size, const char *format, va_list args);

/* mp_scratch_decode - the same value as an object. Errors: MPOOL_E_PROTOCOL, MPOOL_E_NOMEM. */
mpool_err mp_scratch_decode(size_t size, msgpack_object *object);

/* mp_scratch_decode_packed - what was packed, as an object that lives as long as what comes out. Errors: the same. */
mpool_err mp_scratch_decode_packed(msgpack_object *object);

/* ---- code of the program's between them -------------------------------------------------------------------------- */

/*
 * mp_scratch_nest - until mp_scratch_unnest(), the thread uses other memory
 *
 * So that a function of the program's, which works on what we have unpacked and packs into our packer, may itself
 * call for any object. Errors: MPOOL_E_NOMEM; there is nothing to be undone then.
 */
mpool_err mp_scratch_nest(void);
void mp_scratch_unnest(void);

#endif
