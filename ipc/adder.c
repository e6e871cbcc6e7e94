/*
 * ipc/adder.c - a sum, a maximum or a minimum that many threads of many processes contribute to
 *
 * Runs in: any process, any thread. Owns: the memory of the adders, in the arena.
 *
 * Each member (ipc/member.h) has the cell of its place and is the only one that writes there, so it contributes by a
 * load and a store. When it dies, its cell keeps what is in it, and the next member with that place, which there is
 * only when the old one is certainly dead, goes on from there. Members whose place has no cell share the last one,
 * under a lock.
 *
 * To reset is to begin a new round, by one store for all cells: a cell with an older round has nothing in it. So nobody
 * ever writes to the cell of another, and there is no moment at which some cells are reset and others are not.
 *
 * The header's mpool_adder_add() does this inline, if the thread's cell has a number of this round of this sum. The
 * memory of an adder that was released is zero, which is no round: so it comes here, and is found to be stale.
 */
#include <mpool/adder.h>

#include "base/error.h"
#include "ipc/member.h"
#include "ipc/mutex.h"
#include "ipc/shared.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Processors fetch lines of 64 bytes, and some of them two at a time. */
#define APART 128

#define OWN_CELLS 125
#define LOOKS 1000

/* Written by the member of that place alone; of `rest` by whoever holds the lock. The header knows it. */
struct cell {
    _Atomic uint64_t number; /* what has come together in this round, as a signed integer; the first one by release */
    _Atomic uint64_t round;  /* release, behind the first number of a round: a death in between loses that one */
} __attribute__((aligned(APART)));

/* The header knows where `round` is, and that what is behind it is no round of a cell. */
struct mpool_adder {
    _Atomic uint64_t round; /* from 1 up; raised by any process that resets, in one step */
    _Atomic uint64_t kind;  /* written once, by the host that makes it; input: what is none counts as a sum */
    struct cell own[OWN_CELLS];
    struct cell rest;
    struct mp_mutex lock; /* of `rest` */
} __attribute__((aligned(APART)));

_Static_assert(sizeof(struct mpool_adder) == 16384, "whole pages, as the header says");

__thread size_t mpool_adder_own_;

MP_SHARED_CALLS(mpool_adder, MP_KIND_ADDER)

mpool_err mpool_adder_new(mpool_adder_kind kind, mpool_adder **adder)
{
    struct mpool_adder *made;
    void *object;
    mpool_err err;

    if (kind != MPOOL_ADDER_SUM && kind != MPOOL_ADDER_MAX && kind != MPOOL_ADDER_MIN)
        return mp_error(MPOOL_E_INVAL, "there is no kind of adder %d; see mpool_adder_kind", (int)kind);
    err = mp_shared_new(MP_KIND_ADDER, sizeof *made, &object);
    if (err != MPOOL_OK)
        return err;
    made = object;
    err = mp_mutex_init(&made->lock, false);
    if (err != MPOOL_OK) {
        mp_shared_free(object);
        return err;
    }
    atomic_store_explicit(&made->kind, kind, memory_order_relaxed);
    atomic_store_explicit(&made->round, 1, memory_order_release);
    *adder = made;
    return MPOOL_OK;
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static uint64_t nothing(uint64_t kind)
{
    return kind == MPOOL_ADDER_MAX ? (uint64_t)INT64_MIN : kind == MPOOL_ADDER_MIN ? INT64_MAX : 0;
}

static uint64_t combine(uint64_t kind, uint64_t a, uint64_t b)
{
    if (kind == MPOOL_ADDER_MAX)
        return (int64_t)a > (int64_t)b ? a : b;
    if (kind == MPOOL_ADDER_MIN)
        return (int64_t)a < (int64_t)b ? a : b;
    return a + b;
}

/* How a cell says that it is of a round: that of a sum in a way that the header knows. */
static uint64_t mark(uint64_t kind, uint64_t round)
{
    return kind == MPOOL_ADDER_MAX || kind == MPOOL_ADDER_MIN ? round : ~round;
}

/* ---- contributing ------------------------------------------------------------------------------------------------ */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool forgets;

/* The thread that forks has its copy in the child, and the cell is not the child's. */
static void forget(void)
{
    mpool_adder_own_ = 0;
}

static void forget_in_children(void)
{
    forgets = pthread_atfork(NULL, NULL, forget) == 0;
}

/* From now on the thread finds its cell by itself. */
static void remember(size_t place)
{
    (void)pthread_once(&once, forget_in_children);
    if (forgets)
        mpool_adder_own_ = offsetof(struct mpool_adder, own) + place * sizeof(struct cell);
}

static void contribute(struct mpool_adder *adder, struct cell *cell, uint64_t number)
{
    uint64_t kind = atomic_load_explicit(&adder->kind, memory_order_relaxed);
    uint64_t round = mark(kind, atomic_load_explicit(&adder->round, memory_order_relaxed));

    if (atomic_load_explicit(&cell->round, memory_order_relaxed) == round) {
        number = combine(kind, atomic_load_explicit(&cell->number, memory_order_relaxed), number);
        atomic_store_explicit(&cell->number, number, memory_order_relaxed);
    } else {
        atomic_store_explicit(&cell->number, number, memory_order_release);
        atomic_store_explicit(&cell->round, round, memory_order_release);
    }
}

mpool_err mpool_adder_add_(mpool_adder *adder, int64_t number)
{
    mp_member self;
    mpool_err err = mp_shared_check_kind(adder, MP_KIND_ADDER);

    if (err == MPOOL_OK)
        err = mp_member_self(&self);
    if (err != MPOOL_OK)
        return err;
    if (mp_member_place(self) < OWN_CELLS) {
        contribute(adder, &adder->own[mp_member_place(self)], (uint64_t)number);
        remember(mp_member_place(self));
        return MPOOL_OK;
    }
    err = mp_mutex_lock(&adder->lock, INT64_MAX);
    if (err != MPOOL_OK && err != MPOOL_E_OWNER_DIED)
        return err;
    contribute(adder, &adder->rest, (uint64_t)number);
    (void)mp_mutex_unlock(&adder->lock);
    return MPOOL_OK;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* Acquire: who has seen a number of a later round sees, when it looks again, that this round is over. */
static void add_cell(const struct cell *cell, uint64_t kind, uint64_t round, uint64_t *sum)
{
    if (atomic_load_explicit(&cell->round, memory_order_acquire) == mark(kind, round))
        *sum = combine(kind, *sum, atomic_load_explicit(&cell->number, memory_order_acquire));
}

mpool_err mpool_adder_get(const mpool_adder *adder, int64_t *number)
{
    uint64_t kind, round, sum;
    mpool_err err = mp_shared_check_kind(adder, MP_KIND_ADDER);
    int looks = 0;

    if (err != MPOOL_OK)
        return err;
    kind = atomic_load_explicit(&adder->kind, memory_order_relaxed);
    /* Again, if a new round has begun meanwhile. (Who begins so many has no use for the number.) */
    do {
        round = atomic_load_explicit(&adder->round, memory_order_acquire);
        sum = nothing(kind);
        for (size_t i = 0; i < OWN_CELLS; i++)
            add_cell(&adder->own[i], kind, round, &sum);
        add_cell(&adder->rest, kind, round, &sum);
    } while (atomic_load_explicit(&adder->round, memory_order_acquire) != round && ++looks < LOOKS);
    *number = (int64_t)sum;
    return MPOOL_OK;
}

mpool_err mpool_adder_reset(mpool_adder *adder)
{
    mpool_err err = mp_shared_check_kind(adder, MP_KIND_ADDER);

    if (err == MPOOL_OK)
        atomic_fetch_add_explicit(&adder->round, 1, memory_order_acq_rel);
    return err;
}
