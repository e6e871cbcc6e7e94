/*
 * ipc/barrier.c - all go on together, over all processes
 *
 * Runs in: any process, any thread. Owns: the memory of the barriers, in the arena.
 *
 * All there is to know of the present round is one word, `state`. Who comes takes its seat, and is counted by one
 * compare-and-swap; the last one ends the round by another. To break a barrier is one, too, by whoever finds a reason,
 * and needs no mutex. The others are under the mutex, so that there is one of them at a time; if one dies in the midst
 * of it the barrier breaks, as it would have by the death of one who waits.
 *
 * A seat says in which round its member was last, as far as that matters: this one, the last one, or one that was
 * reset under its hands. Seats of the last round whose members do not come are cleared when this one ends; so two
 * rounds one after the other are told apart by a bit. Who waits looks whether a member with a seat has died. Who is
 * slow, and finds that the barrier is rounds ahead, finds in its own seat how its round has ended.
 */
#include <mpool/event.h>

#include "base/clock.h"
#include "base/error.h"
#include "ipc/bell.h"
#include "ipc/mutex.h"
#include "ipc/seats.h"
#include "ipc/shared.h"

#include <stdatomic.h>

/* The state: who has come, in the low bits; two flags; and above them the number of the round. */
#define CAME_MASK ((uint64_t)0xffff)
#define BROKEN ((uint64_t)1 << 16)
#define ROSTER ((uint64_t)1 << 17) /* there was a last round, and its members are expected */
#define ROUND_SHIFT 18

/* What a seat's number says; SEAT_IN + round % 2 of one who has come to that round. */
enum { SEAT_EMPTY, SEAT_LOST, SEAT_IN };

/*
 * `mutex` is held by who comes and by who resets. `bell` is rung after changes of the state; if the one who has changed
 * it dies before that, those who wait look by themselves. `state` and `seats` are sequentially consistent, for the bell
 * and for those who look without the mutex. Each change of the state is whole. A seat is taken by its member, and
 * cleared by others, under the mutex; it counts at once, even if its member dies before it is counted in the state.
 */
struct mpool_barrier {
    struct mp_mutex mutex;
    struct mp_bell bell;
    uint32_t parties; /* constant */
    _Atomic uint64_t state;
    struct mp_seats seats;
};

MP_SHARED_CALLS(mpool_barrier, MP_KIND_BARRIER)

mpool_err mpool_barrier_new(uint32_t parties, mpool_barrier **barrier)
{
    mpool_barrier *made;
    void *memory;
    mpool_err err;

    if (parties == 0 || parties > MPOOL_PARTIES_MAX)
        return mp_error(MPOOL_E_INVAL, "a barrier for %u parties; there may be 1 to %u", parties, MPOOL_PARTIES_MAX);
    err = mp_shared_new(MP_KIND_BARRIER, sizeof *made + mp_seats_bytes(), &memory);
    if (err != MPOOL_OK)
        return err;
    made = memory;
    made->parties = parties;
    err = mp_mutex_init(&made->mutex, false);
    if (err == MPOOL_OK)
        *barrier = made;
    else
        mp_shared_free(made);
    return err;
}

/* ---- the state --------------------------------------------------------------------------------------------------- */

static uint64_t look(mpool_barrier *barrier)
{
    return atomic_load_explicit(&barrier->state, memory_order_seq_cst);
}

static uint64_t round_of(uint64_t state)
{
    return state >> ROUND_SHIFT;
}

static uint32_t seat_in(uint64_t round)
{
    return SEAT_IN + (uint32_t)(round % 2);
}

/* One step of the state. False: it was another one by then. */
static bool step(mpool_barrier *barrier, uint64_t from, uint64_t to)
{
    return atomic_compare_exchange_strong_explicit(&barrier->state, &from, to, memory_order_seq_cst,
                                                   memory_order_relaxed);
}

/* Breaks it in that round, and in no later one. False: that round was over or broken. */
static bool break_round(mpool_barrier *barrier, uint64_t round)
{
    uint64_t state = look(barrier);
    bool broke = false;

    while (!broke && round_of(state) == round && (state & BROKEN) == 0)
        broke = atomic_compare_exchange_weak_explicit(&barrier->state, &state, state | BROKEN, memory_order_seq_cst,
                                                      memory_order_seq_cst);
    (void)mp_bell_ring(&barrier->bell, MP_BELL_ALL);
    return broke;
}

static mpool_err broken(void)
{
    return mp_error(MPOOL_E_BARRIER, "the barrier is broken: one of its parties gave up or died, or somebody broke it; "
                                     "mpool_barrier_reset() mends it");
}

/* ---- seats ------------------------------------------------------------------------------------------------------- */

/* Is this the number of one who has come, or who was in the last round and is expected? */
static bool counts(uint32_t number, uint64_t state)
{
    uint64_t round = round_of(state);

    return number == seat_in(round) || ((state & ROSTER) != 0 && number == seat_in(round + 1));
}

static bool somebody_died(mpool_barrier *barrier, uint64_t state)
{
    size_t used = mp_seats_used(barrier, &barrier->seats);

    for (size_t place = 0; place < used; place++) {
        uint64_t seat = atomic_load_explicit(&barrier->seats.seat[place], memory_order_seq_cst);

        if (counts(mp_seat_number(seat), state) && !mp_member_alive(mp_seat_member(seat, place)))
            return true;
    }
    return false;
}

/* Under the mutex: puts one number in all seats with another one. */
static void change_seats(mpool_barrier *barrier, uint32_t from, uint32_t to)
{
    size_t used = mp_seats_used(barrier, &barrier->seats);

    for (size_t place = 0; place < used; place++) {
        _Atomic uint64_t *seat = &barrier->seats.seat[place];
        uint64_t word = atomic_load_explicit(seat, memory_order_seq_cst);

        if (mp_seat_number(word) == from)
            atomic_store_explicit(seat, mp_seat_of(word, to), memory_order_seq_cst);
    }
}

/* ---- coming and waiting ------------------------------------------------------------------------------------------ */

/* One who has come. */
struct party {
    mp_member self;
    _Atomic uint64_t *seat;
    uint64_t round;
    uint32_t index;
};

/* Under the mutex: the last one has come. False: it is broken. */
static bool end_round(mpool_barrier *barrier, uint64_t state)
{
    uint64_t round = round_of(state);

    if (somebody_died(barrier, state)) {
        (void)break_round(barrier, round);
        return false;
    }
    change_seats(barrier, seat_in(round + 1), SEAT_EMPTY);
    if (!step(barrier, state, (round + 1) << ROUND_SHIFT | ROSTER))
        return false;
    (void)mp_bell_ring(&barrier->bell, MP_BELL_ALL);
    return true;
}

/* Under the mutex: takes the seat, and is counted. False: it is broken. */
static bool sit_down(mpool_barrier *barrier, struct party *party, bool died)
{
    uint64_t seat = atomic_load_explicit(party->seat, memory_order_seq_cst), state = look(barrier);

    /* Whoever had our seat before us is dead. */
    if (mp_seat_member(seat, mp_member_place(party->self)) != party->self && counts(mp_seat_number(seat), state))
        died = true;
    if (died)
        (void)break_round(barrier, round_of(state));
    if (died || (state & BROKEN) != 0)
        return false;
    party->round = round_of(state);
    party->index = (uint32_t)(state & CAME_MASK);
    atomic_store_explicit(party->seat, mp_seat_of(party->self, seat_in(party->round)), memory_order_seq_cst);
    return party->index + 1 < barrier->parties ? step(barrier, state, state + 1) : end_round(barrier, state);
}

static mpool_err come(mpool_barrier *barrier, struct party *party, int64_t until_ns)
{
    bool died, seated;
    mpool_err err = mp_member_self(&party->self);

    if (err == MPOOL_OK)
        err = mp_seats_own(barrier, &barrier->seats, party->self, &party->seat);
    if (err == MPOOL_OK)
        err = mp_mutex_enter(&barrier->mutex, until_ns, &died);
    if (err == MPOOL_E_TIMEOUT)
        (void)break_round(barrier, round_of(look(barrier)));
    if (err != MPOOL_OK)
        return err;
    seated = sit_down(barrier, party, died);
    err = mp_mutex_unlock(&barrier->mutex);
    return err == MPOOL_OK && !seated ? broken() : err;
}

/* MPOOL_E_TIMEOUT: its round is not over. */
static mpool_err end_of(const struct party *party, uint64_t state)
{
    uint64_t seat = atomic_load_explicit(party->seat, memory_order_seq_cst);

    if (round_of(state) != party->round)
        return seat == mp_seat_of(party->self, SEAT_LOST) ? MPOOL_E_BARRIER : MPOOL_OK;
    return (state & BROKEN) != 0 ? MPOOL_E_BARRIER : MPOOL_E_TIMEOUT;
}

static mpool_err await_end(mpool_barrier *barrier, const struct party *party, int64_t until_ns)
{
    for (;;) {
        uint32_t seen = mp_bell_look(&barrier->bell);
        uint64_t state = look(barrier);
        mpool_err err = end_of(party, state);

        if (err == MPOOL_E_BARRIER)
            return broken();
        if (err == MPOOL_OK)
            return MPOOL_OK;
        if (mp_clock_ns() >= until_ns) {
            if (break_round(barrier, party->round))
                return mp_error(MPOOL_E_TIMEOUT, "%u of %u have come to the barrier; it is broken now",
                                (unsigned)(state & CAME_MASK), barrier->parties);
        } else if (mp_seats_due(&barrier->seats) && somebody_died(barrier, state)) {
            (void)break_round(barrier, party->round);
        } else {
            (void)mp_bell_wait(&barrier->bell, seen, until_ns);
        }
    }
}

mpool_err mpool_barrier_wait(mpool_barrier *barrier, int64_t timeout_ms, uint32_t *index)
{
    int64_t until_ns = mp_clock_until_ns(timeout_ms);
    mpool_err err = mp_shared_check(barrier);
    struct party party;

    if (err == MPOOL_OK)
        err = come(barrier, &party, until_ns);
    if (err == MPOOL_OK)
        err = await_end(barrier, &party, until_ns);
    if (err == MPOOL_OK && index != NULL)
        *index = party.index;
    return err;
}

/* ---- breaking and mending ---------------------------------------------------------------------------------------- */

mpool_err mpool_barrier_abort(mpool_barrier *barrier)
{
    mpool_err err = mp_shared_check(barrier);

    if (err == MPOOL_OK)
        (void)break_round(barrier, round_of(look(barrier)));
    return err;
}

/* It is broken first, so that a death half way leaves nobody waiting. */
mpool_err mpool_barrier_reset(mpool_barrier *barrier)
{
    mpool_err err = mp_shared_check(barrier);
    uint64_t round;
    bool died;

    if (err == MPOOL_OK)
        err = mp_mutex_enter(&barrier->mutex, INT64_MAX, &died);
    if (err != MPOOL_OK)
        return err;
    round = round_of(look(barrier));
    (void)break_round(barrier, round);
    change_seats(barrier, seat_in(round), SEAT_LOST);
    change_seats(barrier, seat_in(round + 1), SEAT_EMPTY);
    atomic_store_explicit(&barrier->state, (round + 1) << ROUND_SHIFT, memory_order_seq_cst);
    return mp_mutex_unlock(&barrier->mutex);
}

bool mpool_barrier_broken(mpool_barrier *barrier)
{
    return mp_shared_check(barrier) == MPOOL_OK && (look(barrier) & BROKEN) != 0;
}

uint32_t mpool_barrier_waiting(mpool_barrier *barrier)
{
    uint64_t state;

    if (mp_shared_check(barrier) != MPOOL_OK)
        return 0;
    state = look(barrier);
    return (state & BROKEN) != 0 ? 0 : (uint32_t)(state & CAME_MASK);
}
