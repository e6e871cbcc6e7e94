/*
 * ipc/semaphore.c - so many at a time, over all processes
 *
 * Runs in: any process, any thread. Owns: the memory of the semaphores, in the arena.
 *
 * A *bounded* one has written down how many permits each member holds, and nothing else: how many are free follows from
 * that, so there is no number that a death could leave wrong. Who takes a permit adds up what all hold and writes its
 * own number, under the mutex, lest two take the last one; that one store is the taking. Who gives one back writes its
 * own number again, which needs no mutex, and rings. A death in between has done the one or the other. If no permit is
 * free, those who wait strike out the numbers of members that are dead: then what these held is free.
 *
 * A *transferable* one is a number.
 */
#include <mpool/semaphore.h>

#include "base/clock.h"
#include "base/error.h"
#include "ipc/bell.h"
#include "ipc/mutex.h"
#include "ipc/seats.h"
#include "ipc/shared.h"

#include <stdatomic.h>

/*
 * `mutex`, of a bounded one, is held by who takes a permit; what it guards is whole at any moment. `bell` is rung by
 * who has given a permit back; if it dies before that, those who wait look by themselves. `free` and `seats` are
 * sequentially consistent, for the bell. A seat has the permits of its member: raised by that one under the mutex,
 * lowered by that one, and struck out by anybody when that one is dead.
 */
struct mpool_semaphore {
    struct mp_mutex mutex;
    struct mp_bell bell;
    uint32_t most;         /* constant: of a bounded one its permits, else how many may be free */
    uint32_t transferable; /* constant: is it? (A bool could be written over with what is none.) */
    _Atomic uint32_t free; /* permits of a transferable one; changed by any thread, in one step */
    struct mp_seats seats; /* of a bounded one */
};

MP_SHARED_CALLS(mpool_semaphore, MP_KIND_SEMAPHORE)

/* ---- making one -------------------------------------------------------------------------------------------------- */

static mpool_err check_options(const mpool_semaphore_options *options)
{
    uint32_t most = options->transferable && options->most != 0 ? options->most : MPOOL_PERMITS_MAX;

    if (!options->transferable && options->most != 0)
        return mp_error(MPOOL_E_INVAL, "a bounded semaphore never has more permits than at first; `most` is for a "
                                       "transferable one");
    if (!options->transferable && options->permits == 0)
        return mp_error(MPOOL_E_INVAL, "a bounded semaphore without a permit; only a transferable one may have none");
    if (most > MPOOL_PERMITS_MAX || options->permits > most)
        return mp_error(MPOOL_E_INVAL, "a semaphore of %u permits; it can have %u", options->permits,
                        most < MPOOL_PERMITS_MAX ? most : MPOOL_PERMITS_MAX);
    return MPOOL_OK;
}

mpool_err mpool_semaphore_new(const mpool_semaphore_options *options, mpool_semaphore **semaphore)
{
    mpool_err err = check_options(options);
    mpool_semaphore *made;
    void *memory;

    if (err == MPOOL_OK)
        err = mp_shared_new(MP_KIND_SEMAPHORE, sizeof *made + (options->transferable ? 0 : mp_seats_bytes()), &memory);
    if (err != MPOOL_OK)
        return err;
    made = memory;
    err = mp_mutex_init(&made->mutex, false);
    if (err != MPOOL_OK) {
        mp_shared_free(made);
        return err;
    }
    made->transferable = options->transferable;
    if (options->transferable) {
        made->most = options->most != 0 ? options->most : MPOOL_PERMITS_MAX;
        atomic_store_explicit(&made->free, options->permits, memory_order_seq_cst);
    } else {
        made->most = options->permits;
    }
    *semaphore = made;
    return MPOOL_OK;
}

/* ---- transferable ------------------------------------------------------------------------------------------------ */

static bool take_any(mpool_semaphore *semaphore)
{
    uint32_t free = atomic_load_explicit(&semaphore->free, memory_order_seq_cst);

    while (free > 0)
        if (atomic_compare_exchange_weak_explicit(&semaphore->free, &free, free - 1, memory_order_seq_cst,
                                                  memory_order_seq_cst))
            return true;
    return false;
}

static mpool_err give_any(mpool_semaphore *semaphore)
{
    uint32_t free = atomic_load_explicit(&semaphore->free, memory_order_seq_cst);

    while (free < semaphore->most)
        if (atomic_compare_exchange_weak_explicit(&semaphore->free, &free, free + 1, memory_order_seq_cst,
                                                  memory_order_seq_cst))
            return MPOOL_OK;
    return mp_error(MPOOL_E_OVERFLOW, "%u permits of the semaphore are free already, and that is the most", free);
}

/* ---- bounded ----------------------------------------------------------------------------------------------------- */

/* The permits that nobody holds; `living`: nobody who is alive. */
static uint32_t count_free(mpool_semaphore *semaphore, bool living)
{
    size_t used = mp_seats_used(semaphore, &semaphore->seats);
    uint64_t held = 0;

    for (size_t place = 0; place < used; place++) {
        uint64_t seat = atomic_load_explicit(&semaphore->seats.seat[place], memory_order_seq_cst);
        uint32_t permits = mp_seat_number(seat);

        if (permits > 0 && (!living || mp_member_alive(mp_seat_member(seat, place))))
            held += permits;
    }
    return held < semaphore->most ? semaphore->most - (uint32_t)held : 0;
}

/* Under the mutex. */
static void strike_out_the_dead(mpool_semaphore *semaphore)
{
    size_t used = mp_seats_used(semaphore, &semaphore->seats);

    for (size_t place = 0; place < used; place++) {
        _Atomic uint64_t *seat = &semaphore->seats.seat[place];
        uint64_t word = atomic_load_explicit(seat, memory_order_seq_cst);

        if (mp_seat_number(word) > 0 && !mp_member_alive(mp_seat_member(word, place)))
            atomic_store_explicit(seat, 0, memory_order_seq_cst);
    }
}

/* Whoever had our seat before us, and held permits, is dead. */
static mpool_err take_own(mpool_semaphore *semaphore, mp_member self, int64_t until_ns, bool *taken)
{
    _Atomic uint64_t *seat;
    uint64_t word;
    bool died;
    mpool_err err = mp_seats_own(semaphore, &semaphore->seats, self, &seat);

    if (err == MPOOL_OK)
        err = mp_mutex_enter(&semaphore->mutex, until_ns, &died);
    if (err != MPOOL_OK)
        return err;
    word = atomic_load_explicit(seat, memory_order_seq_cst);
    if (mp_seat_member(word, mp_member_place(self)) != self) {
        word = mp_seat_of(self, 0);
        atomic_store_explicit(seat, word, memory_order_seq_cst);
    }
    if (count_free(semaphore, false) == 0 && mp_seats_due(&semaphore->seats))
        strike_out_the_dead(semaphore);
    *taken = count_free(semaphore, false) > 0;
    if (*taken)
        atomic_store_explicit(seat, word + 1, memory_order_seq_cst);
    return mp_mutex_unlock(&semaphore->mutex);
}

/* No mutex: nobody else changes the seat of one who is alive. */
static mpool_err give_own(mpool_semaphore *semaphore)
{
    _Atomic uint64_t *seat;
    mp_member self;
    uint64_t word;

    if (mp_member_self(&self) == MPOOL_OK && mp_seats_own(semaphore, &semaphore->seats, self, &seat) == MPOOL_OK) {
        word = atomic_load_explicit(seat, memory_order_seq_cst);
        if (mp_seat_member(word, mp_member_place(self)) == self && mp_seat_number(word) > 0) {
            atomic_store_explicit(seat, word - 1, memory_order_seq_cst);
            return MPOOL_OK;
        }
    }
    return mp_error(MPOOL_E_NOT_OWNER, "this thread holds no permit of the semaphore");
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

static mpool_err take(mpool_semaphore *semaphore, mp_member self, int64_t until_ns, bool *taken)
{
    if (!semaphore->transferable)
        return take_own(semaphore, self, until_ns, taken);
    *taken = take_any(semaphore);
    return MPOOL_OK;
}

/* The last look comes when the time is up: a ring that has woken us would be lost without it. */
static mpool_err wait_and_take(mpool_semaphore *semaphore, mp_member self, int64_t until_ns)
{
    bool taken = false, over = false;
    mpool_err err = MPOOL_OK;

    while (err == MPOOL_OK && !taken && !over) {
        uint32_t seen = mp_bell_look(&semaphore->bell);

        over = mp_clock_ns() >= until_ns;
        err = take(semaphore, self, until_ns, &taken);
        if (err == MPOOL_OK && !taken)
            (void)mp_bell_wait(&semaphore->bell, seen, until_ns);
    }
    if (err != MPOOL_OK || taken)
        return err;
    return mp_error(MPOOL_E_TIMEOUT, "no permit of the semaphore is free");
}

mpool_err mpool_semaphore_acquire(mpool_semaphore *semaphore, int64_t timeout_ms)
{
    mpool_err err = mp_shared_check(semaphore);
    mp_member self = 0;
    bool taken = false;

    if (err == MPOOL_OK && !semaphore->transferable)
        err = mp_member_self(&self);
    if (err == MPOOL_OK)
        err = take(semaphore, self, 0, &taken);
    if (taken || (err != MPOOL_OK && err != MPOOL_E_TIMEOUT))
        return err;
    if (timeout_ms == 0)
        return mp_error(MPOOL_E_TIMEOUT, "no permit of the semaphore is free");
    return wait_and_take(semaphore, self, mp_clock_until_ns(timeout_ms));
}

mpool_err mpool_semaphore_release(mpool_semaphore *semaphore)
{
    mpool_err err = mp_shared_check(semaphore);

    if (err == MPOOL_OK)
        err = semaphore->transferable ? give_any(semaphore) : give_own(semaphore);
    if (err == MPOOL_OK)
        (void)mp_bell_ring(&semaphore->bell, 1);
    return err;
}

uint32_t mpool_semaphore_value(mpool_semaphore *semaphore)
{
    if (mp_shared_check(semaphore) != MPOOL_OK)
        return 0;
    if (semaphore->transferable)
        return atomic_load_explicit(&semaphore->free, memory_order_seq_cst);
    return count_free(semaphore, true);
}

mpool_semaphore *mpool_semaphore_enter(mpool_semaphore *semaphore)
{
    return mpool_semaphore_acquire(semaphore, MPOOL_FOREVER) == MPOOL_OK ? semaphore : NULL;
}

void mpool_semaphore_leave(mpool_semaphore **held)
{
    if (*held != NULL)
        (void)mpool_semaphore_release(*held);
    *held = NULL;
}
