/*
 * ipc/atom.h - atoms by their bytes
 */
#ifndef MP_IPC_ATOM_H
#define MP_IPC_ATOM_H

#include <mpool/atom.h>

#include <stddef.h>

/*
 * Makes the new value of the old one's bytes, and packs it, exactly one value. What it returns other than MPOOL_OK
 * leaves the atom as it is. It may be called several times.
 *
 * bytes     in   in the thread's memory (ipc/scratch.h), `size` of them; not scanned
 */
typedef mpool_err mp_atom_change(const char *bytes, size_t size, void *user, msgpack_packer *packer);

/*
 * mp_atom_swap - change the value
 *
 * Errors: what `change` returns; those of mpool_atom_set(). Calls: any thread of any process.
 */
mpool_err mp_atom_swap(mpool_atom *atom, mp_atom_change *change, void *user);

/* mp_atom_read - copy the value's bytes to mp_scratch_room(). Errors: those of mpool_atom_get(), without unpacking. */
mpool_err mp_atom_read(mpool_atom *atom, const char **bytes, size_t *size);

#endif
