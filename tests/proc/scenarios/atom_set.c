/*
 * tests/proc/scenarios/atom_set.c - scenarios: atoms that hold sets
 */
#include "tests/proc/helper.h"
#include "tests/proc/sharing.h"

#include <string.h>

static bool contains(mpool_atom *set, int member)
{
    bool found;

    CHECK_OK(mpool_atom_contains(set, &found, "i", member));
    return found;
}

SCENARIO(atom, of_a_set_has_each_member_once)
{
    mpool_atom *set;
    msgpack_object all;
    const char *name;
    bool changed;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_atom_new(0, &set, "{}"));
    for (int i = 0; i < 200; i++) { /* all three headers of maps but the largest */
        CHECK(!contains(set, i));
        CHECK_OK(mpool_atom_add(set, &changed, "i", i));
        CHECK(changed && contains(set, i));
        CHECK_OK(mpool_atom_add(set, &changed, "i", i));
        CHECK(!changed);
    }
    for (int i = 0; i < 200; i += 2) {
        CHECK_OK(mpool_atom_discard(set, &changed, "i", i));
        CHECK(changed && !contains(set, i) && contains(set, i + 1));
        CHECK_OK(mpool_atom_discard(set, &changed, "i", i));
        CHECK(!changed);
    }
    CHECK_OK(mpool_atom_get(set, "o", &all));
    CHECK(all.type == MSGPACK_OBJECT_MAP && all.via.map.size == 100);
    for (uint32_t i = 0; i < 100; i++)
        CHECK(all.via.map.ptr[i].key.via.u64 == 2 * i + 1 && all.via.map.ptr[i].val.type == MSGPACK_OBJECT_NIL);

    /* Members of any shape; what was read may be one. */
    CHECK_OK(mpool_atom_add(set, NULL, "[s,d]", "a pair", 0.5));
    CHECK_OK(mpool_atom_contains(set, &changed, "[s,d]", "a pair", 0.5));
    CHECK(changed);
    CHECK_OK(mpool_atom_set(set, "{s:n,s:[i,i],s:n}", "first", "a map, too", 1, 2, "last"));
    CHECK_OK(mpool_atom_get(set, "o", &all));
    CHECK_OK(mpool_unpack(&all.via.map.ptr[1].key, "s", &name));
    CHECK_OK(mpool_atom_discard(set, &changed, "s", name));
    CHECK(changed);
    CHECK_OK(mpool_atom_get(set, "o", &all));
    CHECK_INT(all.via.map.size, 2);
    mpool_fini();
}

SCENARIO(atom, that_is_no_set_or_too_small_for_a_member_says_so)
{
    static char large[3000];
    mpool_atom *set;
    bool changed = true;
    int64_t i;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_atom_new(0, &set, "I", INT64_C(7)));
    CHECK_ERR(mpool_atom_add(set, &changed, "i", 1), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_atom_discard(set, &changed, "i", 1), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_atom_contains(set, &changed, "i", 1), MPOOL_E_FORMAT);
    CHECK_OK(mpool_atom_get(set, "I", &i));
    CHECK_OK(mpool_atom_set(set, "{}"));
    CHECK_ERR(mpool_atom_add(set, &changed, "z", large, sizeof large), MPOOL_E_TOOBIG);
    CHECK_ERR(mpool_atom_add(set, &changed, "q"), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_atom_contains(set, &changed, "q"), MPOOL_E_FORMAT);
    CHECK(changed);
    memset((char *)set + 64, 0xdf, 4096 - 64);
    CHECK_ERR(mpool_atom_contains(set, &changed, "i", 1), MPOOL_E_PROTOCOL);
    CHECK_ERR(mpool_atom_add(set, &changed, "i", 1), MPOOL_E_PROTOCOL);
    mpool_atom_free(set);
    CHECK_ERR(mpool_atom_contains(set, &changed, "i", 1), MPOOL_E_STALE);
    mpool_fini();
}

#define MEMBERS 1000

/* Adds all members, discards the odd ones, and counts what it has changed. */
MPOOL_FUNCTION(fill_set)
{
    mpool_handle handle;
    mpool_atom *set;
    bool changed;

    (void)job;
    CHECK_OK(mpool_unpack(args, "h", &handle));
    CHECK_OK(mpool_atom_open(handle, &set));
    start_together(4);
    for (int i = 0; i < MEMBERS; i++) {
        CHECK_OK(mpool_atom_add(set, &changed, "i", i));
        atomic_fetch_add(&board->begun[i], changed);
    }
    for (int i = 1; i < MEMBERS; i += 2) {
        CHECK_OK(mpool_atom_discard(set, &changed, "i", i));
        atomic_fetch_add(&board->ended[i], changed);
    }
    return 0;
}

SCENARIO(atom, of_a_set_tells_one_of_several_processes_that_it_has_changed_it)
{
    mpool_process *processes[4];
    mpool_atom *set;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_atom_new(10000, &set, "{}"));
    for (int i = 0; i < 4; i++)
        processes[i] = start_with("fill_set", mpool_atom_handle(set));
    for (int i = 0; i < 4; i++)
        join_free(processes[i], 0);
    for (int i = 0; i < MEMBERS; i++) {
        CHECK(contains(set, i) == (i % 2 == 0));
        CHECK(i % 2 == 0 ? atomic_load(&board->begun[i]) == 1
                         : atomic_load(&board->begun[i]) == atomic_load(&board->ended[i]));
    }
    mpool_fini();
}
