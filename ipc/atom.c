/*
 * ipc/atom.c - any value, changed as a whole
 *
 * Runs in: any process, any thread. Owns: the memory of the atoms, in the arena.
 *
 * There are two buffers. The value is in the one that the version's lowest bit names; a new one is written to the other
 * and committed by raising the version, in one store. A death before that has changed nothing, and one behind it has
 * changed all. The lock is held for a copy of bytes: values are packed before and unpacked after it, and the functions
 * that change them run without it. They are called again if the version is not the one they have seen any more.
 *
 * What is there is input: the size is checked before the copy, and the bytes are scanned in the copy.
 */
#include "ipc/atom.h"

#include "base/error.h"
#include "ipc/mutex.h"
#include "ipc/scratch.h"
#include "ipc/shared.h"

#include <mpool/pool.h>

#include <stdatomic.h>
#include <string.h>

#define MAX_BYTES 1000

/* All of it is written by whoever holds the lock. */
struct mpool_atom {
    struct mp_mutex lock;
    _Atomic uint64_t version; /* raised by one, with release, when the other buffer and its size are written */
    _Atomic uint64_t size[2]; /* of the value in a buffer; that of the other one means nothing, nor do its bytes */
    unsigned char bytes[] __attribute__((aligned(64)));
};

MP_SHARED_CALLS(mpool_atom, MP_KIND_ATOM)

/* ---- the buffers ------------------------------------------------------------------------------------------------- */

/* How many bytes a buffer has. */
static size_t room_of(const struct mpool_atom *atom)
{
    return (mp_shared_bytes(atom) - sizeof *atom) / 2;
}

/* With the lock held, or before anybody knows the atom. */
static void write_value(struct mpool_atom *atom, const char *bytes, size_t size)
{
    uint64_t version = atomic_load_explicit(&atom->version, memory_order_relaxed) + 1;

    memcpy(atom->bytes + (version & 1) * room_of(atom), bytes, size);
    atomic_store_explicit(&atom->size[version & 1], size, memory_order_relaxed);
    atomic_store_explicit(&atom->version, version, memory_order_release);
}

/* The last holder's death needs no repair. */
static mpool_err lock(struct mpool_atom *atom)
{
    mpool_err err = mp_mutex_lock(&atom->lock, INT64_MAX);

    return err == MPOOL_E_OWNER_DIED ? MPOOL_OK : err;
}

/* Copies the value to the thread's memory. */
static mpool_err read_value(struct mpool_atom *atom, const char **bytes, size_t *size, uint64_t *version)
{
    uint64_t now, found;
    char *room;
    mpool_err err = mp_shared_check_kind(atom, MP_KIND_ATOM);

    if (err == MPOOL_OK)
        err = lock(atom);
    if (err != MPOOL_OK)
        return err;
    now = atomic_load_explicit(&atom->version, memory_order_relaxed);
    found = atomic_load_explicit(&atom->size[now & 1], memory_order_relaxed);
    if (found > room_of(atom))
        err = mp_error(MPOOL_E_PROTOCOL, "the value of the atom is broken: somebody has written over it");
    if (err == MPOOL_OK)
        err = mp_scratch_room(found, &room);
    if (err == MPOOL_OK) {
        memcpy(room, atom->bytes + (now & 1) * room_of(atom), found);
        *bytes = room;
        *size = found;
        *version = now;
    }
    (void)mp_mutex_unlock(&atom->lock);
    return err;
}

/* Commits a value if the version is still this one; NULL: whatever it is. */
static mpool_err commit(struct mpool_atom *atom, const uint64_t *version, const char *bytes, size_t size, bool *done)
{
    mpool_err err = mp_shared_check_kind(atom, MP_KIND_ATOM);

    if (err != MPOOL_OK)
        return err;
    if (size > room_of(atom))
        return mp_error(MPOOL_E_TOOBIG,
                        "a value of %zu bytes; the atom holds %zu at most: see max_bytes of "
                        "mpool_atom_new()",
                        size, room_of(atom));
    err = lock(atom);
    if (err != MPOOL_OK)
        return err;
    *done = version == NULL || *version == atomic_load_explicit(&atom->version, memory_order_relaxed);
    if (*done)
        write_value(atom, bytes, size);
    (void)mp_mutex_unlock(&atom->lock);
    return MPOOL_OK;
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

static mpool_err make(size_t max_bytes, const char *bytes, size_t size, mpool_atom **atom)
{
    struct mpool_atom *made;
    void *object;
    mpool_err err;

    if (max_bytes > MPOOL_VALUE_MAX)
        return mp_error(MPOOL_E_TOOBIG, "max_bytes is %zu; values have %zu bytes at most", max_bytes, MPOOL_VALUE_MAX);
    err = mp_shared_new(MP_KIND_ATOM, sizeof *made + 2 * (max_bytes > 0 ? max_bytes : MAX_BYTES), &object);
    if (err != MPOOL_OK)
        return err;
    made = object;
    if (size > room_of(made))
        err = mp_error(MPOOL_E_TOOBIG, "a first value of %zu bytes, and max_bytes is %zu", size, max_bytes);
    if (err == MPOOL_OK)
        err = mp_mutex_init(&made->lock, false);
    if (err != MPOOL_OK) {
        mp_shared_free(object);
        return err;
    }
    write_value(made, bytes, size);
    *atom = made;
    return MPOOL_OK;
}

mpool_err mpool_atom_new(size_t max_bytes, mpool_atom **atom, const char *format, ...)
{
    const char *bytes;
    size_t size;
    va_list args;
    mpool_err err;

    va_start(args, format);
    err = mp_scratch_pack(format, args, &bytes, &size);
    va_end(args);
    return err == MPOOL_OK ? make(max_bytes, bytes, size, atom) : err;
}

/* ---- getting and setting ----------------------------------------------------------------------------------------- */

mpool_err mp_atom_read(mpool_atom *atom, const char **bytes, size_t *size)
{
    uint64_t version;

    return read_value(atom, bytes, size, &version);
}

mpool_err mpool_atom_get(mpool_atom *atom, const char *format, ...)
{
    const char *bytes;
    size_t size;
    va_list args;
    mpool_err err = mp_atom_read(atom, &bytes, &size);

    if (err != MPOOL_OK)
        return err;
    va_start(args, format);
    err = mp_scratch_unpack(size, format, args);
    va_end(args);
    return err;
}

mpool_err mpool_atom_set(mpool_atom *atom, const char *format, ...)
{
    const char *bytes;
    size_t size;
    va_list args;
    bool done;
    mpool_err err;

    va_start(args, format);
    err = mp_scratch_pack(format, args, &bytes, &size);
    va_end(args);
    return err == MPOOL_OK ? commit(atom, NULL, bytes, size, &done) : err;
}

mpool_err mpool_atom_get_and_set(mpool_atom *atom, msgpack_object *old, const char *format, ...)
{
    const char *bytes, *old_bytes;
    size_t size, old_size;
    msgpack_object object;
    uint64_t version;
    va_list args;
    bool done = false;
    mpool_err err;

    va_start(args, format);
    err = mp_scratch_pack(format, args, &bytes, &size);
    va_end(args);
    while (err == MPOOL_OK && !done) {
        err = read_value(atom, &old_bytes, &old_size, &version);
        if (err == MPOOL_OK)
            err = mp_scratch_decode(old_size, &object);
        if (err == MPOOL_OK)
            err = commit(atom, &version, bytes, size, &done);
    }
    if (err == MPOOL_OK && old != NULL)
        *old = object;
    return err;
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

static mpool_err pack_object(const msgpack_object *object, const char **bytes, size_t *size)
{
    msgpack_packer *packer;
    mpool_err err = mp_scratch_packer(&packer);

    if (err == MPOOL_OK)
        err = mpool_pack(packer, "o", *object);
    return err == MPOOL_OK ? mp_scratch_packed(bytes, size) : err;
}

/* Is this what mpool_pack() makes of the value that was read? It may have been packed by other means, in more bytes. */
static mpool_err compare_packed(size_t size, const char *expected, size_t expected_size, bool *equal)
{
    const char *packed;
    size_t packed_size;
    msgpack_object object;
    mpool_err err = mp_scratch_decode(size, &object);

    if (err == MPOOL_OK)
        err = mp_scratch_nest();
    if (err != MPOOL_OK)
        return err;
    err = pack_object(&object, &packed, &packed_size);
    if (err == MPOOL_OK)
        *equal = packed_size == expected_size && memcmp(packed, expected, packed_size) == 0;
    mp_scratch_unnest();
    return err;
}

/* `expected` lies in the outer memory, all else in this one: what it points to may be what an earlier call has read. */
static mpool_err set_if(mpool_atom *atom, const char *expected, size_t expected_size, bool *done, const char *format,
                        va_list args)
{
    const char *bytes, *old;
    size_t size, old_size;
    uint64_t version;
    bool equal = true, committed = false;
    mpool_err err = mp_scratch_pack(format, args, &bytes, &size);

    while (err == MPOOL_OK && equal && !committed) {
        err = read_value(atom, &old, &old_size, &version);
        if (err != MPOOL_OK)
            break;
        equal = old_size == expected_size && memcmp(old, expected, old_size) == 0;
        if (!equal)
            err = compare_packed(old_size, expected, expected_size, &equal);
        if (err == MPOOL_OK && equal)
            err = commit(atom, &version, bytes, size, &committed);
    }
    if (err == MPOOL_OK)
        *done = committed;
    return err;
}

mpool_err mpool_atom_compare_and_set(mpool_atom *atom, const msgpack_object *expected, bool *done, const char *format,
                                     ...)
{
    const char *bytes;
    size_t size;
    va_list args;
    mpool_err err = pack_object(expected, &bytes, &size);

    if (err == MPOOL_OK)
        err = mp_scratch_nest();
    if (err != MPOOL_OK)
        return err;
    va_start(args, format);
    err = set_if(atom, bytes, size, done, format, args);
    va_end(args);
    mp_scratch_unnest();
    return err;
}

/* ---- changing by a function -------------------------------------------------------------------------------------- */

mpool_err mp_atom_swap(mpool_atom *atom, mp_atom_change *change, void *user)
{
    const char *old, *bytes;
    size_t old_size, size;
    msgpack_packer *packer;
    uint64_t version;
    bool done = false;
    mpool_err err = MPOOL_OK;

    while (err == MPOOL_OK && !done) {
        err = read_value(atom, &old, &old_size, &version);
        if (err == MPOOL_OK)
            err = mp_scratch_packer(&packer);
        if (err == MPOOL_OK)
            err = change(old, old_size, user, packer);
        if (err == MPOOL_OK)
            err = mp_scratch_packed(&bytes, &size);
        if (err == MPOOL_OK)
            err = commit(atom, &version, bytes, size, &done);
    }
    return err;
}

struct swap {
    mpool_atom_function *function;
    void *user;
    bool wants_value;
    msgpack_object old; /* outputs, of the last call */
    msgpack_object value;
};

/* Calls the program's function. All that can fail comes before the commit. */
static mpool_err call(const char *old, size_t old_size, void *user, msgpack_packer *packer)
{
    struct swap *swap = user;
    const char *bytes;
    size_t size;
    int code;
    mpool_err err = mp_scratch_decode(old_size, &swap->old);

    (void)old;
    if (err == MPOOL_OK)
        err = mp_scratch_nest();
    if (err != MPOOL_OK)
        return err;
    code = swap->function(&swap->old, swap->user, packer);
    mp_scratch_unnest();
    err = mp_scratch_packed(&bytes, &size);
    if (code != 0 && err != MPOOL_E_TOOBIG && err != MPOOL_E_NOMEM)
        return mp_error(MPOOL_E_REFUSED, "the function that was to change the atom returned %d", code);
    return err == MPOOL_OK && swap->wants_value ? mp_scratch_decode_packed(&swap->value) : err;
}

mpool_err mpool_atom_swap_vals(mpool_atom *atom, mpool_atom_function *function, void *user, msgpack_object *old,
                               msgpack_object *value)
{
    struct swap swap = {.function = function, .user = user, .wants_value = value != NULL};
    mpool_err err = mp_atom_swap(atom, call, &swap);

    if (err == MPOOL_OK && old != NULL)
        *old = swap.old;
    if (err == MPOOL_OK && value != NULL)
        *value = swap.value;
    return err;
}

mpool_err mpool_atom_swap(mpool_atom *atom, mpool_atom_function *function, void *user, msgpack_object *value)
{
    return mpool_atom_swap_vals(atom, function, user, NULL, value);
}
