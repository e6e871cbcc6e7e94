/*
 * ipc/atom_set.c - sets: atoms that hold a map from members to nil
 *
 * Runs in: any process, any thread. Owns: nothing.
 *
 * A set is changed as it lies there, packed: members are compared by their bytes, and those that stay are copied.
 */
#include "ipc/atom.h"

#include "base/error.h"
#include "ipc/scratch.h"
#include "serialize/scan.h"

#include <string.h>

/* A map's pairs, one behind the other, in bytes that were scanned. */
struct set {
    const char *pairs;
    size_t size;
    uint32_t count;
};

/* One pair of them: from `begin` up to `end`. */
struct pair {
    size_t begin;
    size_t end;
};

/* What is to become of a member. */
struct change {
    const char *member;
    size_t size;
    bool wanted; /* it is to be in the set */
};

static mpool_err open_set(const char *bytes, size_t size, struct set *set)
{
    const unsigned char *at = (const unsigned char *)bytes;
    enum mp_scan_verdict verdict = mp_scan_values(bytes, size, 1, &mp_scan_limits_value, NULL);
    size_t header = 1;

    if (verdict != MP_SCAN_OK)
        return mp_error(MPOOL_E_PROTOCOL, "the set is broken: %s; somebody has written over it", mp_scan_text(verdict));
    if (at[0] >> 4 == 0x8) { /* fixmap */
        set->count = at[0] & 0x0f;
    } else if (at[0] == 0xde) { /* map 16 */
        set->count = (uint32_t)at[1] << 8 | at[2];
        header = 3;
    } else if (at[0] == 0xdf) { /* map 32 */
        set->count = (uint32_t)at[1] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 8 | at[4];
        header = 5;
    } else {
        return mp_error(MPOOL_E_FORMAT, "the atom does not hold a set, which is a map; make it with \"{}\"");
    }
    set->pairs = bytes + header;
    set->size = size - header;
    return MPOOL_OK;
}

static bool find(const struct set *set, const char *member, size_t size, struct pair *pair)
{
    size_t offset = 0;

    for (uint32_t i = 0; i < set->count; i++) {
        size_t begin = offset, key_size;

        if (!mp_scan_skip(set->pairs, set->size, 1, &offset))
            return false;
        key_size = offset - begin;
        if (!mp_scan_skip(set->pairs, set->size, 1, &offset))
            return false;
        if (key_size == size && memcmp(set->pairs + begin, member, size) == 0) {
            *pair = (struct pair){begin, offset};
            return true;
        }
    }
    return false;
}

/* ---- changing ---------------------------------------------------------------------------------------------------- */

/* Appends bytes that are packed already. What the packer has no room for, mp_scratch_packed() tells. */
static void append(msgpack_packer *packer, const char *bytes, size_t size)
{
    (void)packer->callback(packer->data, bytes, size);
}

/* MPOOL_E_END: it is as it should be. */
static mpool_err change_set(const char *bytes, size_t size, void *user, msgpack_packer *packer)
{
    const struct change *change = user;
    struct set set;
    struct pair pair;
    mpool_err err = open_set(bytes, size, &set);

    if (err != MPOOL_OK)
        return err;
    if (find(&set, change->member, change->size, &pair) == change->wanted)
        return MPOOL_E_END;
    if (change->wanted) {
        (void)msgpack_pack_map(packer, (size_t)set.count + 1);
        append(packer, set.pairs, set.size);
        append(packer, change->member, change->size);
        (void)msgpack_pack_nil(packer);
    } else {
        (void)msgpack_pack_map(packer, set.count - 1);
        append(packer, set.pairs, pair.begin);
        append(packer, set.pairs + pair.end, set.size - pair.end);
    }
    return MPOOL_OK;
}

/* The member stays in the outer memory while the set is changed in another. */
static mpool_err change_member(mpool_atom *atom, bool wanted, bool *changed, const char *format, va_list args)
{
    struct change change = {.wanted = wanted};
    mpool_err err = mp_scratch_pack(format, args, &change.member, &change.size);

    if (err == MPOOL_OK)
        err = mp_scratch_nest();
    if (err != MPOOL_OK)
        return err;
    err = mp_atom_swap(atom, change_set, &change);
    mp_scratch_unnest();
    if (err != MPOOL_OK && err != MPOOL_E_END)
        return err;
    if (changed != NULL)
        *changed = err == MPOOL_OK;
    return MPOOL_OK;
}

mpool_err mpool_atom_add(mpool_atom *atom, bool *changed, const char *format, ...)
{
    va_list args;
    mpool_err err;

    va_start(args, format);
    err = change_member(atom, true, changed, format, args);
    va_end(args);
    return err;
}

mpool_err mpool_atom_discard(mpool_atom *atom, bool *changed, const char *format, ...)
{
    va_list args;
    mpool_err err;

    va_start(args, format);
    err = change_member(atom, false, changed, format, args);
    va_end(args);
    return err;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

mpool_err mpool_atom_contains(mpool_atom *atom, bool *contains, const char *format, ...)
{
    const char *member, *bytes;
    size_t member_size, size;
    struct set set;
    struct pair pair;
    va_list args;
    mpool_err err;

    va_start(args, format);
    err = mp_scratch_pack(format, args, &member, &member_size);
    va_end(args);
    if (err == MPOOL_OK)
        err = mp_atom_read(atom, &bytes, &size);
    if (err == MPOOL_OK)
        err = open_set(bytes, size, &set);
    if (err == MPOOL_OK)
        *contains = find(&set, member, member_size, &pair);
    return err;
}
