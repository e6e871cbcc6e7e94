/*
 * mpool/atom.h - any value, changed as a whole
 *
 * Made by the host and passed on as handles: mpool/handle.h. An atom holds one msgpack value; nobody ever sees half of
 * one, whoever is killed when. It is changed as Clojure's atoms are: a function makes the new value of the old one, and
 * is called again if another process was faster.
 *
 *     static int deposit(const msgpack_object *old, void *user, msgpack_packer *value)
 *     {
 *         int64_t balance;
 *
 *         return mpool_unpack(old, "I", &balance) != MPOOL_OK ||
 *                mpool_pack(value, "I", balance + *(int64_t *)user) != MPOOL_OK;
 *     }
 *
 *     mpool_atom_swap(account, deposit, &amount, NULL);
 *
 * What mpool_atom_get() and its like unpack points into memory of the calling thread, and is valid until that thread's
 * next call for an atom, a queue or a pipe has returned: it may be an argument of that call.
 *
 * Two values are equal here if mpool_pack() makes the same bytes of them. So 1 is not 1.0, maps whose pairs come in
 * another order are not equal, 0.0 is not -0.0, and a NaN is equal to itself.
 */
#ifndef MPOOL_ATOM_H
#define MPOOL_ATOM_H

#include <mpool/error.h>
#include <mpool/handle.h>
#include <mpool/pack.h>
#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct mpool_atom mpool_atom;

/*
 * mpool_atom_new - make an atom
 *
 * max_bytes in   how large a value it must be able to hold, packed; 0: 1,000 bytes. It takes twice that, in whole
 *                pages, and holds any value that these have room for.
 * atom      out  set on MPOOL_OK; release with mpool_atom_free(), or leave that to mpool_fini()
 * format    in   its first value, as for mpool_pack()
 *
 * Errors: MPOOL_E_FORMAT, MPOOL_E_TOOBIG (the value is larger than that; max_bytes is more than MPOOL_VALUE_MAX; see
 *         also mpool/handle.h), MPOOL_E_NOMEM, MPOOL_E_NESTED (not the host), MPOOL_E_NOINIT, MPOOL_E_FORKED,
 *         MPOOL_E_SYSTEM.
 * Calls:  any thread of the host.
 */
MPOOL_API mpool_err mpool_atom_new(size_t max_bytes, mpool_atom **atom, const char *format, ...);
MPOOL_API void mpool_atom_free(mpool_atom *atom);
MPOOL_API mpool_handle mpool_atom_handle(const mpool_atom *atom);
MPOOL_API mpool_err mpool_atom_open(mpool_handle handle, mpool_atom **atom);

/*
 * mpool_atom_get - unpack the value
 *
 * format    in   as for mpool_unpack()
 *
 * Errors: MPOOL_E_FORMAT, MPOOL_E_PROTOCOL (somebody has written over it: what is there is no value), MPOOL_E_NOMEM,
 *         MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT.
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_atom_get(mpool_atom *atom, const char *format, ...);

/*
 * mpool_atom_set - pack a new value, whatever the old one is
 *
 * format    in   as for mpool_pack()
 *
 * Errors: MPOOL_E_FORMAT, MPOOL_E_TOOBIG, MPOOL_E_NOMEM, MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT; on an error the
 *         atom has the value that it had.
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_atom_set(mpool_atom *atom, const char *format, ...);

/*
 * mpool_atom_get_and_set - the same, and which value it has replaced
 *
 * old       out  set on MPOOL_OK; NULL if not wanted
 *
 * Errors: those of get and set. Calls: any thread of any process.
 */
MPOOL_API mpool_err mpool_atom_get_and_set(mpool_atom *atom, msgpack_object *old, const char *format, ...);

/*
 * mpool_atom_compare_and_set - pack a new value, if the old one is `expected`
 *
 * done      out  set on MPOOL_OK: was it?
 *
 * Errors: those of get and set. Calls: any thread of any process.
 */
MPOOL_API mpool_err mpool_atom_compare_and_set(mpool_atom *atom, const msgpack_object *expected, bool *done,
                                               const char *format, ...);

/*
 * Makes the new value of the old one: packs exactly one value, and returns 0; anything else leaves the atom as it is.
 * It may be called several times for one change, so it has no other effects. No lock is held meanwhile: it may call
 * for this and any other object.
 *
 * old       in   valid until it returns
 */
typedef int mpool_atom_function(const msgpack_object *old, void *user, msgpack_packer *value);

/*
 * mpool_atom_swap - change the value by a function
 *
 * value     out  the new value, set on MPOOL_OK; NULL if not wanted
 *
 * Errors: MPOOL_E_REFUSED (the function did not return 0), MPOOL_E_FORMAT (what it packed is not one value that can be
 *         unpacked again), and those of get and set.
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_atom_swap(mpool_atom *atom, mpool_atom_function *function, void *user, msgpack_object *value);

/* mpool_atom_swap_vals - the same; the value before it comes back, too, if `old` is not NULL. */
MPOOL_API mpool_err mpool_atom_swap_vals(mpool_atom *atom, mpool_atom_function *function, void *user,
                                         msgpack_object *old, msgpack_object *value);

/* ---- sets -------------------------------------------------------------------------------------------------------- */

/*
 * A set is a map from its members to nil: mpool_atom_new(0, &atom, "{}") makes an empty one.
 *
 * mpool_atom_add, mpool_atom_discard - have a member in it, or not
 *
 * changed   out  set on MPOOL_OK: was it not there, or was it? NULL if not wanted
 * format    in   the member, as for mpool_pack()
 *
 * Errors: MPOOL_E_FORMAT (the atom holds something else than a map), and those of get and set.
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_atom_add(mpool_atom *atom, bool *changed, const char *format, ...);
MPOOL_API mpool_err mpool_atom_discard(mpool_atom *atom, bool *changed, const char *format, ...);

/* mpool_atom_contains - is it in it? Errors: MPOOL_E_FORMAT, and those of get. Calls: any thread of any process. */
MPOOL_API mpool_err mpool_atom_contains(mpool_atom *atom, bool *contains, const char *format, ...);

#endif
