/*
 * tests/proc/scenarios/atom_death.c - scenarios: atoms that are changed by processes which are killed
 */
#include "tests/proc/helper.h"
#include "tests/proc/sharing.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>

#define VICTIMS 3
#define LONGEST 40000

/*
 * The value: how many changes there were, how many by each victim, and bytes, as many and such as the number of changes
 * says. So half a value, or one of which a change was lost, does not add up.
 */
struct value {
    int64_t changes;
    int64_t by[VICTIMS];
    const char *bytes;
    size_t size;
};

static mpool_err unpack(const msgpack_object *object, struct value *value)
{
    return mpool_unpack(object, "[I,I,I,I,z]", &value->changes, &value->by[0], &value->by[1], &value->by[2],
                        &value->bytes, &value->size);
}

static size_t size_after(int64_t changes)
{
    return changes % 4 == 0 ? LONGEST - (size_t)(changes % 1000) : (size_t)(changes % 50);
}

static void check_whole(const struct value *value)
{
    size_t right = 0;

    CHECK_INT(value->changes, value->by[0] + value->by[1] + value->by[2]);
    CHECK_INT(value->size, size_after(value->changes));
    for (size_t i = 0; i < value->size; i++)
        right += value->bytes[i] == (char)value->changes;
    CHECK_INT(right, value->size);
}

static int change(const msgpack_object *old, void *user, msgpack_packer *packer)
{
    static char bytes[LONGEST];
    struct value value;

    CHECK_OK(unpack(old, &value));
    check_whole(&value);
    value.by[*(const int *)user]++;
    value.changes++;
    memset(bytes, (char)value.changes, size_after(value.changes));
    CHECK_OK(mpool_pack(packer, "[I,I,I,I,z]", value.changes, value.by[0], value.by[1], value.by[2], bytes,
                        size_after(value.changes)));
    return 0;
}

/* Changes it for ever; tells before and after each change how many it has made. */
MPOOL_FUNCTION(change_for_ever)
{
    mpool_handle handle;
    mpool_atom *atom;
    int victim, first;

    (void)job;
    CHECK_OK(mpool_unpack(args, "[h,i,i]", &handle, &victim, &first));
    CHECK_OK(mpool_atom_open(handle, &atom));
    atomic_fetch_add(&board->held, 1);
    for (int i = first; i < INT_MAX; i++) {
        atomic_store(&board->begun[victim], i + 1);
        CHECK_OK(mpool_atom_swap(atom, change, &victim, NULL));
        atomic_store(&board->ended[victim], i + 1);
    }
    return 0;
}

static mpool_process *start_changing(mpool_atom *atom, int victim, int first)
{
    const mpool_process_options options = {.function = "change_for_ever"};
    int held = atomic_load(&board->held);
    mpool_process *process;

    atomic_store(&board->begun[victim], first);
    atomic_store(&board->ended[victim], first);
    CHECK_OK(mpool_process_start(&options, &process, "[h,i,i]", mpool_atom_handle(atom), victim, first));
    AWAIT(atomic_load(&board->held) > held);
    return process;
}

static struct value look(mpool_atom *atom)
{
    msgpack_object object;
    struct value value;

    CHECK_OK(mpool_atom_get(atom, "o", &object));
    CHECK_OK(unpack(&object, &value));
    check_whole(&value);
    return value;
}

/* What the kills have hit. */
struct toll {
    unsigned kills;
    unsigned changes;   /* between the first look and the return of a change */
    unsigned locked;    /* with the lock held, as far as nobody else was faster to take it */
    unsigned committed; /* behind the commit */
};

static void take_toll(mpool_atom *atom, int victim, mpool_process *process, struct toll *toll)
{
    int begun, ended;
    struct value value;

    kill_after(process, 400);
    toll->locked += (*(volatile uint32_t *)(void *)atom & FUTEX_OWNER_DIED) != 0;
    begun = atomic_load(&board->begun[victim]);
    ended = atomic_load(&board->ended[victim]);
    value = look(atom);
    CHECK(value.by[victim] == ended || value.by[victim] == begun);
    toll->kills++;
    toll->changes += begun != ended;
    toll->committed += value.by[victim] != ended;
}

static void kill_victims(int victims)
{
    static const char zeros[LONGEST];
    mpool_process *processes[VICTIMS];
    struct toll toll = {0};
    int64_t last = 0;
    mpool_atom *atom;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_atom_new(LONGEST + 100, &atom, "[i,i,i,i,z]", 0, 0, 0, 0, zeros, sizeof zeros));
    for (int i = 0; i < victims; i++)
        processes[i] = start_changing(atom, i, 0);
    while (toll.changes < kills_wanted()) {
        int victim = (int)toll.kills % victims;
        struct value value;

        take_toll(atom, victim, processes[victim], &toll);
        value = look(atom);
        CHECK(value.changes >= last);
        last = value.changes;
        processes[victim] = start_changing(atom, victim, (int)value.by[victim]);
    }
    for (int i = 0; i < victims; i++)
        kill_after(processes[i], 400);
    (void)printf("%u kills: %u hit a change, %u of them the holder of the lock, %u behind the commit; %lld changes\n",
                 toll.kills, toll.changes, toll.locked, toll.committed, (long long)look(atom).changes);
    mpool_fini();
}

SCENARIO(atom, changes_of_the_killed_are_whole_and_none_is_lost)
{
    kill_victims(1);
}

SCENARIO(atom, changes_of_the_killed_and_of_the_others_are_whole_and_none_is_lost)
{
    kill_victims(VICTIMS);
}
