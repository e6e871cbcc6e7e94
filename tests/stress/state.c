/*
 * tests/stress/state.c - values, atomics, adders and atoms from several threads of one host at once
 *
 *     state [ROUNDS]     default 5
 *
 * Each thread changes all of them over and over, and one reads and resets meanwhile. ThreadSanitizer watches; the
 * program itself checks that no change is lost. Between processes it is the same, which tests/proc holds.
 */
#include "tests/stress/must.h"

#include <mpool/mpool.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 4
#define TIMES 500

static mpool_value *value;
static mpool_atomic_i64 *atomic;
static mpool_atomic_f64 *halves;
static mpool_adder *sum, *most, *reset;
static mpool_atom *atom, *set;
static atomic_bool stop;

static int add_one(const msgpack_object *old, void *user, msgpack_packer *packer)
{
    const char *text;
    int64_t number;

    (void)user;
    return mpool_unpack(old, "[I,s]", &number, &text) != MPOOL_OK ||
           mpool_pack(packer, "[I,s]", number + 1, text) != MPOOL_OK;
}

/* Between two looks at the atom, it is set to what it was. */
static void compare(void)
{
    bool done = false;

    while (!done) {
        msgpack_object found;
        const char *text;
        int64_t number;

        MUST(mpool_atom_get(atom, "o", &found) == MPOOL_OK);
        MUST(mpool_unpack(&found, "[I,s]", &number, &text) == MPOOL_OK);
        MUST(mpool_atom_compare_and_set(atom, &found, &done, "[I,s]", number + 1, text) == MPOOL_OK);
    }
}

static void *change(void *data)
{
    int64_t number = (int64_t)(intptr_t)data;
    bool contains;

    for (int i = 0; i < TIMES; i++) {
        MPOOL_WITH_RLOCK (mpool_value_get_lock(value))
            ++*(int64_t *)mpool_value_data(value);
        (void)mpool_atomic_i64_get_and_increment(atomic);
        (void)mpool_atomic_f64_add_and_get(halves, 0.5);
        MUST(mpool_adder_add(sum, number) == MPOOL_OK);
        MUST(mpool_adder_add(most, number + i) == MPOOL_OK);
        MUST(mpool_adder_add(reset, 1) == MPOOL_OK);
        MUST(mpool_atom_swap(atom, add_one, NULL, NULL) == MPOOL_OK);
        compare();
        MUST(mpool_atom_add(set, NULL, "I", number) == MPOOL_OK);
        MUST(mpool_atom_contains(set, &contains, "I", number) == MPOOL_OK && contains);
        MUST(mpool_atom_discard(set, NULL, "I", number) == MPOOL_OK);
    }
    return NULL;
}

static void *watch(void *data)
{
    int64_t number, last = 0;
    const char *text;

    while (!atomic_load(&stop)) {
        MUST(mpool_adder_get(sum, &number) == MPOOL_OK && number >= last);
        last = number;
        MUST(mpool_adder_get(most, &number) == MPOOL_OK);
        MUST(mpool_adder_reset(reset) == MPOOL_OK);
        MUST(mpool_adder_get(reset, &number) == MPOOL_OK && number >= 0 && number <= (int64_t)THREADS * TIMES);
        MUST(mpool_atom_get(atom, "[I,s]", &number, &text) == MPOOL_OK && text[0] == 'a');
        MUST(mpool_value_get(value, &number, sizeof number) == MPOOL_OK);
    }
    return data;
}

static void play(void)
{
    pthread_t threads[THREADS], watcher;
    int64_t number;

    MUST(mpool_value_new(&(mpool_value_options){.type = MPOOL_I64}, NULL, &value) == MPOOL_OK);
    MUST(mpool_atomic_i64_new(0, &atomic) == MPOOL_OK && mpool_atomic_f64_new(0, &halves) == MPOOL_OK);
    MUST(mpool_adder_new(MPOOL_ADDER_SUM, &sum) == MPOOL_OK && mpool_adder_new(MPOOL_ADDER_MAX, &most) == MPOOL_OK);
    MUST(mpool_adder_new(MPOOL_ADDER_SUM, &reset) == MPOOL_OK);
    MUST(mpool_atom_new(0, &atom, "[i,s]", 0, "a text") == MPOOL_OK && mpool_atom_new(0, &set, "{}") == MPOOL_OK);
    atomic_store(&stop, false);
    MUST(pthread_create(&watcher, NULL, watch, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        MUST(pthread_create(&threads[i], NULL, change, (void *)(intptr_t)(i + 1)) == 0);
    for (int i = 0; i < THREADS; i++)
        MUST(pthread_join(threads[i], NULL) == 0);
    atomic_store(&stop, true);
    MUST(pthread_join(watcher, NULL) == 0);
    MUST(*(int64_t *)mpool_value_data(value) == THREADS * TIMES);
    MUST(mpool_atomic_i64_get(atomic) == THREADS * TIMES && mpool_atomic_f64_get(halves) == THREADS * TIMES / 2);
    MUST(mpool_adder_get(sum, &number) == MPOOL_OK && number == TIMES * THREADS * (THREADS + 1) / 2);
    MUST(mpool_adder_get(most, &number) == MPOOL_OK && number == THREADS + TIMES - 1);
    MUST(mpool_atom_get(atom, "[I,o]", &number, &(msgpack_object){0}) == MPOOL_OK && number == 2 * THREADS * TIMES);
    MUST(mpool_atom_get(set, "{}") == MPOOL_OK);
    mpool_value_free(value);
    mpool_atomic_i64_free(atomic);
    mpool_atomic_f64_free(halves);
    mpool_adder_free(sum);
    mpool_adder_free(most);
    mpool_adder_free(reset);
    mpool_atom_free(atom);
    mpool_atom_free(set);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5;

    MUST(mpool_init(NULL) == MPOOL_OK);
    for (int round = 0; round < rounds; round++)
        play();
    mpool_fini();
    (void)printf("%d rounds\n", rounds);
    return 0;
}
