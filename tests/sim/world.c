/*
 * tests/sim/world.c - the supervisor's loop, the workers, the network and the clock, for one schedule
 *
 * Runs in: the simulator.
 *
 * Messages keep their order within a slot, and no other. A death is reported when all that the dead worker's socket
 * still holds has been fed - except for messages that come later than anybody would wait, which are stale.
 */
#include "tests/sim/world.h"

#include "tests/sim/faults.h"
#include "tests/sim/post.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* More than any schedule needs: one that does not end by then never will. */
#define HAPPENINGS_MAX 200000

/* Steps while the actions of another are being done; every one takes a worker, or a frame, along. */
#define NESTED_MAX 1000

/* ---- the supervisor ---------------------------------------------------------------------------------------------- */

static struct mp_event about(const struct mp_action *action, enum mp_event_kind kind)
{
    return (struct mp_event){
        .kind = kind, .slot = action->slot, .generation = action->generation, .ticket = action->ticket};
}

static void send_jobs(struct world *world, const struct mp_action *action)
{
    struct worker *worker = &world->workers[action->slot];
    struct mp_event event = about(action, MP_UNSENT);

    if (world->core.slots[action->slot].state != MP_SLOT_UP && !world->plan.unsent_each) {
        trace_note(&world->trace, "is not up, and gets not ticket", action->slot, action->ticket);
        world->oracle.reached[REACH_SKIPPED]++;
        return;
    }
    if (world->send_fails || (!worker_lives(worker) && dice_chance(&world->dice, world->plan.dead_sends_fail)))
        worker->pipe_broken = true;
    world->faults += world->send_fails;
    world->send_fails = false;
    if (worker->pipe_broken) {
        world_feed(world, &event);
        return;
    }
    if (!worker_lives(worker))
        return;
    for (uint32_t i = 0; i < action->range.count; i++)
        worker->outcomes[(action->ticket + i) % SIM_JOBS].job = (uint16_t)(action->range.first + i);
    worker_post(worker, LETTER_JOBS, action->ticket, action->range.count, world->now_us);
}

/* To a worker that can be reached. */
static void send_word(struct world *world, const struct mp_action *action, enum letter_kind kind)
{
    struct worker *worker = &world->workers[action->slot];

    if (worker_lives(worker) && !worker->pipe_broken)
        worker_post(worker, kind, action->ticket, 0, world->now_us);
}

static void look(struct world *world, const struct mp_action *action)
{
    struct mp_event event = about(action, MP_SEEN);

    event.sight = worker_sight(&world->workers[action->slot]);
    world_feed(world, &event);
}

/* The supervisor notices that there is no fork server any more. */
static void lose_server(struct world *world)
{
    struct mp_event event = {.kind = MP_LOST};

    if (world->server_lost)
        return;
    world->server_lost = true;
    world->lost_us = SIM_NEVER;
    for (unsigned i = 0; i < world->plan.slots; i++) {
        struct worker *worker = &world->workers[i];

        worker->life = WORKER_NONE;
        worker->outbox.count = 0;
        worker_schedule(worker);
    }
    world->oracle.reached[REACH_LOST_NESTED] += world->core.action_count > 0;
    world_feed(world, &event);
}

/* False: an order cannot be given, for there is nobody to take it. */
static bool can_order(struct world *world)
{
    if (world->server_dead)
        lose_server(world);
    return !world->server_dead;
}

/* Starts may fail so often that the pool breaks, but not before there are enough jobs to break over. */
static void spawn(struct world *world, const struct mp_action *action)
{
    struct worker *worker = &world->workers[action->slot];
    unsigned before = world->bad_starts, none = 0;
    bool may_fail = world->oracle.submitted >= SIM_LEAST_JOBS || world->plan.bad_starts - before + 1 < MP_START_DEATHS;

    if (!can_order(world))
        return;
    worker_spawn(worker, action->generation, world->now_us, may_fail ? &world->bad_starts : &none);
    world->faults += before - world->bad_starts;
    if (worker->life != WORKER_FAILED || !dice_chance(&world->dice, world->plan.forks_refused))
        return;
    world->oracle.reached[REACH_REFUSED]++;
    post_death(world, worker);
}

static void order_kill(struct world *world, const struct mp_action *action)
{
    struct worker *worker = &world->workers[action->slot];
    const struct plan_span *signal = &world->plan.signal;

    if (!can_order(world) || !worker_lives(worker))
        return;
    worker->die_us =
        mp_sooner(worker->die_us, world->now_us + dice_between(&world->dice, signal->low_us, signal->high_us));
}

/* Does what the core said. */
static void perform(struct world *world, const struct mp_action *action)
{
    switch (action->kind) {
    case MP_SPAWN:
        spawn(world, action);
        break;
    case MP_SEND:
        send_jobs(world, action);
        break;
    case MP_RECALL:
        send_word(world, action, action->all ? LETTER_RECALL_ALL : LETTER_RECALL_HALF);
        break;
    case MP_ASK_STOP:
        send_word(world, action, LETTER_STOP);
        break;
    case MP_LOOK:
        look(world, action);
        break;
    case MP_KILL:
        order_kill(world, action);
        break;
    case MP_BYE:
        send_word(world, action, LETTER_BYE);
        break;
    case MP_BROKEN: /* what keeps workers from starting may be the end of the fork server too */
        if (!world->server_dead && dice_chance(&world->dice, 400))
            faults_kill_server(world);
        break;
    default:
        return;
    }
    worker_schedule(&world->workers[action->slot]);
}

/* The timer is set to when the core is due, and rings a little late. */
static void set_timer(struct world *world)
{
    int64_t due_ms = mp_core_due(&world->core);

    if (due_ms == world->due_ms)
        return;
    world->due_ms = due_ms;
    world->tick_us = SIM_NEVER;
    if (due_ms != MP_NEVER)
        world->tick_us =
            mp_later(due_ms * 1000, world->now_us) + dice_between(&world->dice, 0, world->plan.late_ms) * 1000;
}

/* One step, before anything of what it says is done. */
static void step_core(struct world *world, struct mp_event *event)
{
    struct oracle *oracle = &world->oracle;
    struct mp_core *core = &world->core;
    size_t before = core->action_count;

    event->now_ms = world->now_us / 1000;
    world->trace.step = ++world->steps;
    trace_event(&world->trace, event);
    oracle_expect(oracle, event);
    if (!mp_core_step(core, event))
        oracle_fail(oracle, "out of memory");
    if (core->action_count > core->action_room)
        oracle_fail(oracle, "%zu actions in a room for %zu", core->action_count, core->action_room);
    for (size_t i = before; i < core->action_count && !oracle->violated; i++) {
        const struct mp_action *action = &core->actions[i];

        trace_action(&world->trace, action);
        oracle_witness(oracle, action);
        if (action->kind == MP_SPAWN) { /* as if it had had so many jobs already */
            struct mp_flight *flight = &core->slots[action->slot].flight;

            flight->answered = flight->sent = world->plan.first_ticket;
        }
    }
    oracle_settle(oracle, core);
    oracle_witness_notes(oracle, core->notes, core->note_count);
}

/*
 * As pool/feed.c does it: doing what the core said can bring further events, and what the core says to these is
 * added behind, and done by the outermost call.
 */
void world_feed(struct world *world, struct mp_event *event)
{
    struct oracle *oracle = &world->oracle;
    struct mp_core *core = &world->core;
    bool outermost = core->action_count == 0;

    if (oracle->violated)
        return;
    step_core(world, event);
    if (!outermost) {
        oracle->reached[REACH_NESTED]++;
        if (++world->nested > NESTED_MAX)
            oracle_fail(oracle, "the core does not come to rest");
        return;
    }
    world->nested = 0;
    for (size_t i = 0; i < core->action_count && !oracle->violated; i++) {
        struct mp_action action = core->actions[i];

        perform(world, &action);
    }
    core->action_count = 0;
    set_timer(world);
}

/* ---- the host ---------------------------------------------------------------------------------------------------- */

static void submit(struct world *world)
{
    const struct plan_lot *lot = &world->plan.lot[world->next_lot++];
    struct mp_event event = {.kind = MP_JOBS, .range = plan_number(&world->plan, lot, world->oracle.submitted)};

    if (world->next_lot == world->plan.lots)
        world->close_us = world->now_us + dice_between(&world->dice, 0, 20000);
    world_feed(world, &event);
}

void world_close(struct world *world)
{
    struct mp_event event = {.kind = MP_CLOSE};

    world->closed = true;
    world_feed(world, &event);
}

/* The host closes the pool when enough has gone wrong; until then it helps. */
static void try_close(struct world *world)
{
    if (world->faults >= SIM_LEAST_FAULTS) {
        world_close(world);
        return;
    }
    world->close_us = world->now_us + 1000;
    faults_hurry(world);
}

static int64_t host_time(const struct world *world)
{
    if (world->closed)
        return SIM_NEVER;
    return world->next_lot < world->plan.lots ? world->plan.lot[world->next_lot].at_us : world->close_us;
}

static void tick(struct world *world)
{
    struct mp_event event = {.kind = MP_TICK};

    world->due_ms = -1; /* the timer has to be set again */
    world_feed(world, &event);
}

/* ---- the clock --------------------------------------------------------------------------------------------------- */

/* Lets time pass until the next thing happens, and lets it happen. */
static void happen(struct world *world)
{
    int64_t host_us = host_time(world), own_us = mp_sooner(world->lost_us, mp_sooner(world->tick_us, host_us));
    int64_t next_us = own_us;
    unsigned slot = SIM_SLOTS, stale = WORLD_STALE;

    for (unsigned i = 0; i < world->plan.slots; i++) {
        if (world->workers[i].next_us < next_us) {
            next_us = world->workers[i].next_us;
            slot = i;
        }
    }
    for (unsigned i = 0; i < world->stale_count; i++) {
        if (world->stale[i].letter.at_us < next_us) {
            next_us = world->stale[i].letter.at_us;
            stale = i;
        }
    }
    if (next_us == SIM_NEVER) {
        oracle_fail(&world->oracle, "nothing will ever happen again");
        return;
    }
    world->now_us = mp_later(world->now_us, next_us);
    if (stale < WORLD_STALE)
        post_stale(world, stale);
    else if (slot < SIM_SLOTS)
        post_turn(world, &world->workers[slot]);
    else if (world->lost_us == own_us)
        lose_server(world);
    else if (world->tick_us < host_us)
        tick(world);
    else if (world->next_lot < world->plan.lots)
        submit(world);
    else
        try_close(world);
}

static void begin(struct world *world, uint64_t seed, bool aloud, uint64_t *reached)
{
    plan_draw(&world->plan, seed);
    memset(world, 0, offsetof(struct world, stale));
    world->dice.state = ~seed;
    world->now_us = world->plan.start_us;
    world->tick_us = world->now_us;
    world->close_us = world->lost_us = SIM_NEVER;
    world->bad_starts = world->plan.bad_starts;
    world->trace.count = world->trace.step = 0;
    world->trace.aloud = aloud;
    world->trace.now_us = &world->now_us;
    oracle_init(&world->oracle, &world->plan, world->workers, &world->trace, reached);
    for (unsigned i = 0; i < world->plan.slots; i++) {
        struct worker *worker = &world->workers[i];

        worker->slot = i;
        worker->plan = &world->plan;
        worker->dice = &world->dice;
        worker->oracle = &world->oracle;
        worker->trace = &world->trace;
        worker->life = WORKER_NONE;
        worker->next_us = SIM_NEVER;
        worker->outbox.count = 0;
    }
}

bool world_run(struct world *world, uint64_t seed, bool aloud, uint64_t *reached)
{
    struct oracle *oracle = &world->oracle;

    begin(world, seed, aloud, reached);
    if (mp_core_init(&world->core, world->plan.slots, &world->plan.crew, SIM_PACES, world->plan.start_timeout_ms) !=
        MPOOL_OK) {
        oracle_fail(oracle, "out of memory");
        return false;
    }
    while (!oracle->ended && !oracle->violated) {
        happen(world);
        if (++world->happenings > HAPPENINGS_MAX)
            oracle_fail(oracle, "it does not come to an end");
        if (!oracle->ended && !oracle->violated)
            faults_apply(world);
    }
    for (unsigned i = 0; i < world->plan.slots; i++)
        if (world->workers[i].life != WORKER_NONE)
            oracle_fail(oracle, "slot %u still has a process when all is over", i);
    if (oracle->submitted < SIM_LEAST_JOBS || world->faults < SIM_LEAST_FAULTS)
        oracle_fail(oracle, "simulator: a schedule of %" PRIu64 " jobs and %u faults", oracle->submitted,
                    world->faults);
    mp_core_fini(&world->core);
    return !oracle->violated;
}
