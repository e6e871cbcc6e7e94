/*
 * tests/sim/muster.c - how many workers there are, who retires, and why
 *
 * Runs in: the simulator, after each step. Who retires of several that could is the core's to say, so the oracle takes
 * that from it, and asks for the reason: it has had its jobs, is old enough, was found too large, has idled for long
 * enough, or there are too many.
 */
#include "tests/sim/books.h"

#include <inttypes.h>

/* The least that a value can be when up to `jitter` per cent are taken off. */
static uint64_t least_of(const struct oracle *oracle, uint64_t value)
{
    return value - value * oracle->plan->crew.jitter / 100;
}

/* `surplus`: so many may go for no reason of their own. */
static void check_reason(struct oracle *oracle, unsigned slot, unsigned *surplus)
{
    const struct view *view = &oracle->views[slot];
    const struct mp_crew *crew = &oracle->plan->crew;

    if (crew->jobs > 0 && view->used >= least_of(oracle, crew->jobs)) {
        oracle->reached[REACH_RETIRED_USED]++;
    } else if (crew->age_ms > 0 && oracle->now_ms >= view->up_ms + (int64_t)least_of(oracle, (uint64_t)crew->age_ms)) {
        oracle->reached[REACH_RETIRED_OLD]++;
    } else if (view->grew) {
        oracle->reached[REACH_RETIRED_LARGE]++;
    } else if (*surplus > 0) {
        --*surplus;
        oracle->reached[REACH_RETIRED_SURPLUS]++;
    } else {
        oracle_fail(oracle, "slot %u retires for no reason", slot);
    }
}

static bool counts(const struct mp_slot *slot)
{
    return slot->state != MP_SLOT_SPARE && slot->state != MP_SLOT_GONE && !slot->retiring;
}

/* The number that is wanted moves by itself, between least and most. */
static void check_wanted(struct oracle *oracle, unsigned wanted)
{
    if (wanted == oracle->wanted)
        return;
    if (oracle->plan->crew.least == 0 || oracle->closed)
        oracle_fail(oracle, "%u workers are wanted, and the core wants %u", oracle->wanted, wanted);
    else if (wanted > oracle->wanted ? wanted > oracle->most || wanted > oracle->wanted + 1
                                     : wanted < oracle->plan->crew.least)
        oracle_fail(oracle, "the core wants %u workers, after %u of %u to %u", wanted, oracle->wanted,
                    oracle->plan->crew.least, oracle->most);
    oracle->reached[wanted > oracle->wanted ? REACH_GROWN : REACH_SHRUNK]++;
    oracle->wanted = wanted;
}

/* More workers are had at once if jobs wait and all are busy; who has idled for long goes. */
static void check_adapting(struct oracle *oracle, unsigned spare)
{
    const struct mp_crew *crew = &oracle->plan->crew;
    bool idles = false, starts = false, long_idle = false;

    if (crew->least == 0 || oracle->closed)
        return;
    for (unsigned i = 0; i < oracle->plan->slots; i++) {
        const struct view *view = &oracle->views[i];
        bool idle = view->state == VIEW_UP && !view->retiring && view->frames == 0;

        idles = idles || idle;
        starts = starts || view->state == VIEW_STARTING || (view->state == VIEW_EMPTY && !view->spare);
        long_idle =
            long_idle || (idle && oracle->now_ms > view->progress_ms + crew->idle_ms + oracle->plan->late_ms + 1);
    }
    if (!idles && !starts && spare > 0 && oracle->wanted < oracle->most && books_first(oracle) < SIM_JOBS)
        oracle_fail(oracle, "job %" PRIu64 " waits, all are busy, and there could be more workers",
                    books_first(oracle));
    if (long_idle && oracle->wanted > crew->least && books_first(oracle) == SIM_JOBS)
        oracle_fail(oracle, "a worker has idled for long, and there are more than need be");
}

static void copy_views(struct oracle *oracle, const struct mp_core *core, unsigned surplus)
{
    for (unsigned i = 0; i < oracle->plan->slots; i++) {
        const struct mp_slot *slot = &core->slots[i];
        struct view *view = &oracle->views[i];

        if (slot->retiring && !view->retiring)
            check_reason(oracle, i, &surplus);
        if (view->dismissed && !slot->retiring && !oracle->ended)
            oracle_fail(oracle, "slot %u has to go, and does not retire", i);
        view->dismissed = false;
        view->retiring = slot->retiring;
        view->spare = slot->state == MP_SLOT_SPARE;
        view->room = slot->room;
        if (view->state == VIEW_UP && !view->retiring && oracle->plan->crew.age_ms > 0 && !oracle->draining &&
            oracle->now_ms > view->up_ms + oracle->plan->crew.age_ms + oracle->plan->late_ms + 1)
            oracle_fail(oracle, "slot %u is too old, and stays", i);
    }
}

void muster_check(struct oracle *oracle, const struct mp_core *core)
{
    unsigned newly = 0, crew = 0, spare = 0, before = oracle->wanted;

    for (unsigned i = 0; i < oracle->plan->slots; i++) {
        crew += counts(&core->slots[i]);
        spare += core->slots[i].state == MP_SLOT_SPARE;
        newly += core->slots[i].retiring && !oracle->views[i].retiring;
    }
    check_wanted(oracle, core->crew.wanted);
    oracle->stats.workers = oracle->wanted;
    copy_views(oracle, core, crew + newly > oracle->wanted ? crew + newly - oracle->wanted : 0);
    if (oracle->draining || oracle->ended)
        return;
    check_adapting(oracle, spare);
    if (crew > oracle->wanted)
        oracle_fail(oracle, "there are %u workers, and %u are wanted", crew, oracle->wanted);
    if (crew < oracle->wanted && crew < before && spare > 0 && (!oracle->closed || oracle_has_work(oracle)))
        oracle_fail(oracle, "there are %u workers, %u are wanted, and %u slots are spare", crew, oracle->wanted, spare);
}
