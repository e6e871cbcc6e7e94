/*
 * mpool/atom.h - any value, changed as a whole
 *
 * Made by the host and passed on as handles: mpool/handle.h. An atom holds one msgpack value; nobody ever sees half of
 * one, whoever is killed when. It is changed as Clojure's atoms are: a function makes the new value of the old one, and
 * is called again if another process was faster.
 *
 * What mpool_atom_get() and its like unpack points into memory of the calling thread, and is valid until that thread's
 * next call for an atom, a queue or a pipe.
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
 * max_bytes in   the largest value it can hold, packed; 0: 1,000 bytes. It takes twice that.
 * format    in   its first value, as for mpool_pack()
 */
MPOOL_API mpool_err mpool_atom_new(size_t max_bytes, mpool_atom **atom, const char *format, ...);
MPOOL_API void mpool_atom_free(mpool_atom *atom);
MPOOL_API mpool_handle mpool_atom_handle(const mpool_atom *atom);
MPOOL_API mpool_err mpool_atom_open(mpool_handle handle, mpool_atom **atom);

/* get: unpack the value by a format. set: pack a new one. get_and_set: both, `old_format` says how many arguments are
 * for the old value; ... */
MPOOL_API mpool_err mpool_atom_get(mpool_atom *atom, const char *format, ...);
MPOOL_API mpool_err mpool_atom_set(mpool_atom *atom, const char *format, ...);
MPOOL_API mpool_err mpool_atom_get_and_set(mpool_atom *atom, msgpack_object *old, const char *format, ...);

/* compare_and_set: MPOOL_OK and *done says whether the value was `expected` (equal as msgpack values, bytes compared
 * packed), and is the new one now */
MPOOL_API mpool_err mpool_atom_compare_and_set(mpool_atom *atom, const msgpack_object *expected, bool *done,
                                               const char *format, ...);

/* makes the new value of the old one: packs exactly one value, and returns 0; anything else leaves the atom as it is */
typedef int mpool_atom_function(const msgpack_object *old, void *user, msgpack_packer *value);

/* swap: the new value comes back (NULL: not wanted). swap_vals: the old one too. */
MPOOL_API mpool_err mpool_atom_swap(mpool_atom *atom, mpool_atom_function *function, void *user, msgpack_object *value);
MPOOL_API mpool_err mpool_atom_swap_vals(mpool_atom *atom, mpool_atom_function *function, void *user,
                                         msgpack_object *old, msgpack_object *value);

/* A set is a map from its members to nil. add/discard: *changed says whether it was not there / was there. */
MPOOL_API mpool_err mpool_atom_set_add(mpool_atom *atom, bool *changed, const char *format, ...);
MPOOL_API mpool_err mpool_atom_set_discard(mpool_atom *atom, bool *changed, const char *format, ...);
MPOOL_API mpool_err mpool_atom_set_contains(mpool_atom *atom, bool *contains, const char *format, ...);

#endif
