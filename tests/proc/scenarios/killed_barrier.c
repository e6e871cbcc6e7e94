/*
 * tests/proc/scenarios/killed_barrier.c - scenarios: who uses a barrier is killed at any moment
 *
 * The victims go through a barrier over and over. "Idle" is who has not yet taken part since the last reset, "holding"
 * who has and does something else. A death of the first kind costs nothing, one of the second breaks the barrier; then
 * all who are left come to know that, the host resets it, and they go on.
 */
#include "tests/proc/victims.h"

#define PARTIES 3

/* On the board. */
#define ROUNDS(slot) (board->begun[32 + (slot)]) /* that a victim has gone on from, since the last reset */
#define BROKE(slot) (board->begun[48 + (slot)])  /* it has been told that the barrier is broken */
#define RESETS (board->ended[0])

static void go_through(mpool_barrier *barrier, struct victim *self)
{
    int resets = atomic_load(&RESETS);
    int64_t until_us;
    mpool_err err;

    if (atomic_load(&ROUNDS(self->slot)) > 0) {
        victim_says(self, HOLDS);
        victim_rests(self);
    } else {
        victim_says(self, IDLE);
        for (int i = 0; i < 4; i++) /* there is but one such time for each reset */
            victim_rests(self);
    }
    victim_says(self, ABOUT);
    victim_rests(self);
    until_us = victim_has_time(self);
    while (!mpool_barrier_broken(barrier) && now_us() < until_us)
        CHECK(mpool_barrier_waiting(barrier) < PARTIES);
    victim_says(self, WAITS);
    err = mpool_barrier_wait(barrier, LONG_MS, NULL);
    if (err == MPOOL_OK) {
        atomic_fetch_add(&ROUNDS(self->slot), 1);
        atomic_fetch_add(&MADE(self->slot), 1);
        return;
    }
    CHECK_ERR(err, MPOOL_E_BARRIER);
    atomic_store(&BROKE(self->slot), 1);
    AWAIT(atomic_load(&RESETS) > resets);
}

MPOOL_FUNCTION(be_a_party)
{
    struct victim self = {.random = (uint64_t)now_us()};
    mpool_barrier *barrier;
    mpool_handle handle;
    int nothing;

    (void)result;
    if (mpool_unpack(args, "[h,i,i]", &handle, &nothing, &self.slot) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    CHECK_OK(mpool_barrier_open(handle, &barrier));
    while (nothing == 0)
        go_through(barrier, &self);
    return 0;
}

/* All of them have gone on, or have been told that it is broken. */
static bool all_are(bool broken, const int made[PARTIES])
{
    for (int i = 0; i < PARTIES; i++)
        if (broken ? atomic_load(&BROKE(i)) == 0 : atomic_load(&MADE(i)) <= made[i])
            return false;
    return true;
}

/* After a death that was seen to be of such a kind, and after the dead one was replaced. */
static void check_end(mpool_barrier *barrier, enum phase phase, int rounds)
{
    bool must_break = rounds > 0, must_not = phase == IDLE || (phase == ABOUT && rounds == 0);
    int made[PARTIES];

    for (int i = 0; i < PARTIES; i++)
        made[i] = atomic_load(&MADE(i));
    if (must_break)
        AWAIT(mpool_barrier_broken(barrier));
    AWAIT(mpool_barrier_broken(barrier) || all_are(false, made));
    if (!mpool_barrier_broken(barrier))
        return;
    CHECK(!must_not);
    AWAIT(all_are(true, made));
    for (int i = 0; i < PARTIES; i++) {
        atomic_store(&BROKE(i), 0);
        atomic_store(&ROUNDS(i), 0);
    }
    CHECK_OK(mpool_barrier_reset(barrier));
    atomic_fetch_add(&RESETS, 1);
}

SCENARIO(killed, parties_of_a_barrier)
{
    struct ward ward = {.name = "barrier", .function = "be_a_party", .victims = PARTIES};
    mpool_barrier *barrier;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_barrier_new(PARTIES, &barrier));
    ward.handle = mpool_barrier_handle(barrier);
    ward_open(&ward);
    while (!ward_is_through(&ward)) {
        int slot;
        enum phase phase = ward_kill(&ward, &slot);
        int rounds = atomic_exchange(&ROUNDS(slot), 0);

        ward_start(&ward, slot);
        check_end(barrier, phase, rounds);
    }
    ward_close(&ward);
    CHECK_OK(mpool_barrier_reset(barrier));
    CHECK_ERR(mpool_barrier_wait(barrier, 120, NULL), MPOOL_E_TIMEOUT);
    mpool_fini();
}
