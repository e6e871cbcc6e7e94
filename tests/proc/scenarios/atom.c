/*
 * tests/proc/scenarios/atom.c - scenarios: atoms. Deaths and sets are in atom_death.c and atom_set.c
 */
#include "tests/proc/helper.h"
#include "tests/proc/sharing.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#define TIMES 5000

static mpool_atom *new_number(int64_t number)
{
    mpool_atom *atom;

    CHECK_OK(mpool_atom_new(0, &atom, "I", number));
    return atom;
}

static int64_t number_in(mpool_atom *atom)
{
    int64_t number = -77;

    CHECK_OK(mpool_atom_get(atom, "I", &number));
    return number;
}

static mpool_atom *open_atom(const msgpack_object *args)
{
    mpool_handle handle;
    mpool_atom *atom;

    CHECK_OK(mpool_unpack(args, "h", &handle));
    CHECK_OK(mpool_atom_open(handle, &atom));
    return atom;
}

/* A change: adds *user. */
static int add(const msgpack_object *old, void *user, msgpack_packer *value)
{
    int64_t number;

    return mpool_unpack(old, "I", &number) != MPOOL_OK ||
           mpool_pack(value, "I", number + *(const int64_t *)user) != MPOOL_OK;
}

/* ---- getting and setting ----------------------------------------------------------------------------------------- */

SCENARIO(atom, holds_any_value_of_a_format)
{
    const char *name, *key;
    const void *bytes;
    mpool_handle handle;
    mpool_lock *lock;
    mpool_atom *atom;
    msgpack_object old;
    double ratio;
    size_t size;
    int i;

    CHECK_ERR(mpool_atom_new(0, &atom, "n"), MPOOL_E_NOINIT);
    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_lock_new(&lock));
    CHECK_OK(mpool_atom_new(0, &atom, "{s:s,s:[i,d],s:z,s:h}", "name", "first", "list", 17, 0.5, "bytes", "\0\1",
                            (size_t)2, "lock", mpool_lock_handle(lock)));
    CHECK_OK(mpool_atom_get(atom, "{s:s,s:[i,d],s:z,s:h}", "name", &name, "list", &i, &ratio, "bytes", &bytes, &size,
                            "lock", &handle));
    CHECK_TEXT(name, "first");
    CHECK(i == 17 && ratio == 0.5 && size == 2 && memcmp(bytes, "\0\1", 2) == 0);
    CHECK(handle.word == mpool_lock_handle(lock).word);
    CHECK_ERR(mpool_atom_get(atom, "i", &i), MPOOL_E_FORMAT);

    /* What was unpacked may be an argument of the next call. */
    CHECK_OK(mpool_atom_get(atom, "{s:s}", "name", &name));
    CHECK_OK(mpool_atom_set(atom, "[s,s]", name, "second"));
    CHECK_OK(mpool_atom_get(atom, "[s,s]", &key, &name));
    CHECK_OK(mpool_atom_get_and_set(atom, &old, "[s,s]", name, key));
    CHECK_OK(mpool_unpack(&old, "[s,s]", &key, &name));
    CHECK_TEXT(key, "first");
    CHECK_TEXT(name, "second");
    CHECK_OK(mpool_atom_get(atom, "[s,s]", &key, &name));
    CHECK_TEXT(key, "second");
    CHECK_TEXT(name, "first");
    CHECK_OK(mpool_atom_get_and_set(atom, NULL, "n"));
    CHECK_OK(mpool_atom_get(atom, "n"));
    mpool_fini();
}

SCENARIO(atom, refuses_what_does_not_fit)
{
    static char large[10000];
    mpool_atom *atom = NULL;
    const void *bytes;
    msgpack_object old;
    size_t size;
    int64_t i = 0;

    CHECK_OK(mpool_init(NULL));
    CHECK_ERR(mpool_atom_new((size_t)1 << 30, &atom, "n"), MPOOL_E_TOOBIG);
    CHECK_ERR(mpool_atom_new(SIZE_MAX, &atom, "n"), MPOOL_E_TOOBIG);
    CHECK_ERR(mpool_atom_new(0, &atom, "z", large, sizeof large), MPOOL_E_TOOBIG);
    CHECK_ERR(mpool_atom_new(0, &atom, "q"), MPOOL_E_FORMAT);
    CHECK(atom == NULL);
    CHECK_OK(mpool_atom_new(4096, &atom, "I", INT64_C(1)));
    CHECK_ERR(mpool_atom_set(atom, "z", large, sizeof large), MPOOL_E_TOOBIG);
    CHECK_SAYS(mpool_error_detail(), "max_bytes");
    CHECK_ERR(mpool_atom_get_and_set(atom, &old, "z", large, sizeof large), MPOOL_E_TOOBIG);
    CHECK_ERR(mpool_atom_set(atom, "q"), MPOOL_E_FORMAT);
    CHECK_INT(number_in(atom), 1);
    CHECK_OK(mpool_atom_set(atom, "z", large, (size_t)4093)); /* with its header, 4,096 bytes */
    CHECK_OK(mpool_atom_get(atom, "z", &bytes, &size));
    CHECK_INT(size, 4093);

    CHECK_ERR(mpool_atom_get((mpool_atom *)(void *)((char *)atom + 8), "I", &i), MPOOL_E_STALE);
    mpool_atom_free(atom);
    mpool_atom_free(NULL);
    CHECK_ERR(mpool_atom_get(atom, "I", &i), MPOOL_E_STALE);
    CHECK_ERR(mpool_atom_set(atom, "I", i), MPOOL_E_STALE);
    CHECK_ERR(mpool_atom_swap(atom, add, &i, NULL), MPOOL_E_STALE);
    mpool_fini();
    CHECK_ERR(mpool_atom_set(atom, "I", i), MPOOL_E_NOINIT);
}

/* Behind the mutex: the version, the two sizes, and the buffers. Any process can reach them. */
SCENARIO(atom, that_was_written_over_is_refused)
{
    mpool_atom *atom;
    uint64_t *head;
    int64_t i = 0;

    CHECK_OK(mpool_init(NULL));
    atom = new_number(300);
    head = (uint64_t *)(void *)((char *)atom + 40);
    CHECK(head[0] == 1 && head[2] == 3);
    for (uint64_t size = 3000; size != 0; size = size > UINT64_MAX / 3 ? 0 : size * 3) {
        head[2] = size;
        CHECK_ERR(mpool_atom_get(atom, "I", &i), MPOOL_E_PROTOCOL);
        CHECK_ERR(mpool_atom_swap(atom, add, &i, NULL), MPOOL_E_PROTOCOL);
    }
    head[2] = 3;
    memset((char *)atom + 64, 0xdd, 4096 - 64); /* an array of 3,722,304,989 elements */
    CHECK_ERR(mpool_atom_get(atom, "I", &i), MPOOL_E_PROTOCOL);
    CHECK_ERR(mpool_atom_swap(atom, add, &i, NULL), MPOOL_E_PROTOCOL);
    CHECK_OK(mpool_atom_set(atom, "I", INT64_C(5))); /* it can be mended */
    CHECK_INT(number_in(atom), 5);
    mpool_fini();
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

static bool compare_and_set(mpool_atom *atom, const msgpack_object *expected, int64_t number)
{
    bool done = false;

    CHECK_OK(mpool_atom_compare_and_set(atom, expected, &done, "I", number));
    return done;
}

/* Packs 1 in five bytes more than mpool_pack() does. */
static int pack_wide(const msgpack_object *old, void *user, msgpack_packer *value)
{
    (void)old;
    (void)user;
    return msgpack_pack_fix_int32(value, 1);
}

SCENARIO(atom, is_compared_by_what_mpool_pack_makes_of_values)
{
    static char large[5000];
    const msgpack_object one = {.type = MSGPACK_OBJECT_POSITIVE_INTEGER, .via.u64 = 1};
    const msgpack_object real_one = {.type = MSGPACK_OBJECT_FLOAT64, .via.f64 = 1.0};
    const msgpack_object nan = {.type = MSGPACK_OBJECT_FLOAT64, .via.f64 = NAN};
    mpool_atom *atom, *other;
    msgpack_object found;
    bool done = true;

    CHECK_OK(mpool_init(NULL));
    atom = new_number(1);
    CHECK(!compare_and_set(atom, &real_one, 2));
    CHECK(compare_and_set(atom, &one, 2));
    CHECK(!compare_and_set(atom, &one, 3));
    CHECK_INT(number_in(atom), 2);
    CHECK_OK(mpool_atom_set(atom, "d", NAN));
    CHECK(compare_and_set(atom, &nan, 4));
    CHECK_OK(mpool_atom_swap(atom, pack_wide, NULL, NULL));
    CHECK(compare_and_set(atom, &one, 5));

    /* What was read is what is compared, and may be a part of the new value. */
    CHECK_OK(mpool_atom_set(atom, "{s:[s,n,b],s:d}", "list", "a string", true, "ratio", 0.1));
    CHECK_OK(mpool_atom_new(0, &other, "{s:d,s:[s,n,b]}", "ratio", 0.1, "list", "a string", true));
    CHECK_OK(mpool_atom_get(other, "o", &found)); /* the same pairs in another order */
    CHECK(!compare_and_set(atom, &found, 6));
    CHECK_OK(mpool_atom_get(atom, "o", &found));
    CHECK_OK(mpool_atom_compare_and_set(atom, &found, &done, "[o,o]", found, found));
    CHECK(done);
    CHECK_OK(mpool_atom_get(atom, "[{s:[s,n,b],s:d},o]", "list", &(const char *){NULL}, &done, "ratio", &(double){0},
                            &found));
    done = true;
    CHECK_OK(
        mpool_atom_compare_and_set(atom, &found, &done, "z", large, sizeof large)); /* not equal, so not too large */
    CHECK(!done);
    mpool_fini();
}

/* ---- changing ---------------------------------------------------------------------------------------------------- */

static int refuse(const msgpack_object *old, void *user, msgpack_packer *value)
{
    (void)user;
    return mpool_pack(value, "o", *old) == MPOOL_OK ? 17 : 1;
}

static int pack_two(const msgpack_object *old, void *user, msgpack_packer *value)
{
    (void)user;
    return mpool_pack(value, "o", *old) != MPOOL_OK || mpool_pack(value, "o", *old) != MPOOL_OK;
}

static int pack_nothing(const msgpack_object *old, void *user, msgpack_packer *value)
{
    (void)old;
    (void)user;
    (void)value;
    return 0;
}

static int pack_much(const msgpack_object *old, void *user, msgpack_packer *value)
{
    static char much[1 << 20];

    (void)old;
    return mpool_pack(value, "z", much, *(const size_t *)user) != MPOOL_OK;
}

/* Doubles a string. */
static int twice(const msgpack_object *old, void *user, msgpack_packer *value)
{
    const char *text;

    (void)user;
    return mpool_unpack(old, "[s]", &text) != MPOOL_OK ||
           mpool_pack(value, "[s,z]", text, text, strlen(text)) != MPOOL_OK;
}

SCENARIO(atom, is_changed_by_a_function_or_not_at_all)
{
    int64_t by = 5, found;
    size_t much = (size_t)1 << 20;
    msgpack_object old, value;
    const char *text, *before;
    mpool_atom *atom;
    const void *bytes;
    size_t size;

    CHECK_OK(mpool_init(NULL));
    atom = new_number(10);
    CHECK_OK(mpool_atom_swap(atom, add, &by, NULL));
    CHECK_OK(mpool_atom_swap(atom, add, &by, &value));
    CHECK_OK(mpool_unpack(&value, "I", &found));
    CHECK_INT(found, 20);
    CHECK_OK(mpool_atom_swap_vals(atom, add, &by, &old, NULL));
    CHECK_OK(mpool_unpack(&old, "I", &found));
    CHECK_INT(found, 20);
    CHECK_ERR(mpool_atom_swap_vals(atom, refuse, NULL, &old, &value), MPOOL_E_REFUSED);
    CHECK_SAYS(mpool_error_detail(), "17");
    CHECK_ERR(mpool_atom_swap(atom, pack_two, NULL, NULL), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_atom_swap(atom, pack_nothing, NULL, NULL), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_atom_swap(atom, pack_much, &much, &value), MPOOL_E_TOOBIG);
    CHECK_INT(number_in(atom), 25);

    CHECK_OK(mpool_atom_set(atom, "[s]", "abc"));
    CHECK_OK(mpool_atom_swap_vals(atom, twice, NULL, &old, &value));
    CHECK_OK(mpool_unpack(&old, "[s]", &before));
    CHECK_OK(mpool_unpack(&value, "[s,z]", &text, &bytes, &size));
    CHECK_TEXT(before, "abc");
    CHECK(strcmp(text, "abc") == 0 && size == 3 && memcmp(bytes, "abc", 3) == 0);
    CHECK_OK(mpool_atom_set(atom, "[o,o]", old, value)); /* both live until this has returned */
    CHECK_OK(mpool_atom_get(atom, "[[s],[s,z]]", &before, &text, &bytes, &size));
    CHECK(strcmp(before, "abc") == 0 && size == 3 && memcmp(bytes, "abc", 3) == 0);
    mpool_fini();
}

/* A change that looks at other atoms, changes one, and is overtaken in the first two calls. */
struct busy {
    mpool_atom *self, *other;
    int calls;
};

static int change_busily(const msgpack_object *old, void *user, msgpack_packer *value)
{
    struct busy *busy = user;
    int64_t number, by = 100;

    CHECK_OK(mpool_unpack(old, "I", &number));
    CHECK_OK(mpool_pack(value, "I", number + 1));
    CHECK_OK(mpool_atom_swap(busy->other, add, &by, NULL));
    if (busy->calls++ < 2)
        CHECK_OK(mpool_atom_set(busy->self, "I", number_in(busy->other)));
    CHECK_OK(mpool_unpack(old, "I", &by)); /* still the same */
    CHECK_INT(by, number);
    return 0;
}

SCENARIO(atom, calls_its_function_again_if_it_was_overtaken)
{
    struct busy busy = {0};

    CHECK_OK(mpool_init(NULL));
    busy.self = new_number(1);
    busy.other = new_number(0);
    CHECK_OK(mpool_atom_swap(busy.self, change_busily, &busy, NULL));
    CHECK_INT(busy.calls, 3);
    CHECK_INT(number_in(busy.self), 201);
    CHECK_INT(number_in(busy.other), 300);
    mpool_fini();
}

/* ---- shared ------------------------------------------------------------------------------------------------------ */

static void change_often(mpool_atom *atom)
{
    start_together(6);
    for (int i = 0; i < TIMES; i++) {
        int64_t by = 1;
        bool done = false;

        CHECK_OK(mpool_atom_swap(atom, add, &by, NULL));
        while (!done) {
            msgpack_object found;

            CHECK_OK(mpool_atom_get(atom, "o", &found));
            CHECK_OK(mpool_atom_compare_and_set(atom, &found, &done, "I", (int64_t)found.via.u64 + 1));
        }
    }
}

MPOOL_FUNCTION(change_atom)
{
    (void)job;
    change_often(open_atom(args));
    return 0;
}

static void *change_atom_here(void *atom)
{
    change_often(atom);
    return NULL;
}

SCENARIO(atom, changes_from_processes_jobs_and_threads_are_all_there)
{
    const mpool_task task = {.function = "change_atom"};
    mpool_pool *pool = open_pool(2);
    mpool_atom *atom = new_number(0);
    mpool_process *processes[2];
    mpool_future *futures[2];
    pthread_t threads[2];

    for (int i = 0; i < 2; i++) {
        processes[i] = start_with("change_atom", mpool_atom_handle(atom));
        CHECK_OK(mpool_pool_submit(pool, &task, &futures[i], "h", mpool_atom_handle(atom)));
        CHECK(pthread_create(&threads[i], NULL, change_atom_here, atom) == 0);
    }
    for (int i = 0; i < 2; i++) {
        join_free(processes[i], 0);
        wait_free(futures[i], MPOOL_DONE);
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK_INT(number_in(atom), 6 * 2 * TIMES);
    finish_pool(pool);
}
