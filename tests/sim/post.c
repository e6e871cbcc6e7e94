/*
 * tests/sim/post.c - what comes from the workers of a schedule: messages and deaths, as the supervisor hears of them
 *
 * Runs in: the simulator.
 */
#include "tests/sim/post.h"

static uint64_t busy_of(struct world *world, uint64_t true_ns)
{
    static const uint64_t lies[] = {0, 1, UINT64_C(1) << 40, UINT64_MAX};

    if (!dice_chance(&world->dice, world->plan.lies_busy))
        return true_ns;
    return lies[dice_below(&world->dice, sizeof lies / sizeof lies[0])];
}

/* The job of an outcome is done, as its worker says: what it has submitted comes along. */
static void bear(struct world *world, struct mp_results *results, unsigned job, uint64_t *next)
{
    int brood = world->plan.job[job].brood;

    if (brood < 0)
        return;
    world->births[results->birth_count] = plan_number(&world->plan, &world->plan.lot[brood], *next);
    *next += world->births[results->birth_count++].count;
}

/* Results that will not count speak of jobs that there are not, now and then. */
static void bear_nothing(struct world *world, struct mp_results *results)
{
    results->births = world->births;
    if (!dice_chance(&world->dice, 500) || world->plan.broods == 0 || world->oracle.submitted == SIM_JOBS)
        return;
    world->births[results->birth_count++] =
        (struct mp_range){.first = world->oracle.submitted, .count = 1, .rules = &world->plan.rules[0]};
}

/* A frame of results as the decoder hands it on. */
static void decode_results(struct world *world, const struct worker *worker, const struct letter *letter,
                           struct mp_results *results)
{
    uint64_t busy_us = 0, next = world->oracle.submitted;

    *results = (struct mp_results){
        .ticket = letter->ticket, .count = letter->count, .exceptions = world->exceptions, .births = world->births};
    for (uint32_t i = 0; letter->kind == LETTER_RESULTS && i < letter->count; i++) {
        const struct outcome *outcome = &worker->outcomes[(letter->ticket + i) % SIM_JOBS];

        busy_us += outcome->took_us;
        if (outcome->fate == FATE_FAIL || outcome->fate == FATE_FINAL)
            world->exceptions[results->exception_count++] =
                (struct mp_exception){.at = i, .final = outcome->fate == FATE_FINAL, .end = outcome->end};
        else
            bear(world, results, outcome->job, &next);
    }
    if (letter->kind != LETTER_RESULTS)
        bear_nothing(world, results);
    results->busy_ns = busy_of(world, busy_us * 1000);
}

static void deliver(struct world *world, struct worker *worker)
{
    struct letter letter = mailbox_take(&worker->outbox);
    struct mp_event event = {
        .kind = MP_BABBLE, .slot = worker->slot, .generation = worker->generation, .ticket = letter.ticket};
    bool wrong = letter.kind == LETTER_WRONG_RESULTS || letter.kind == LETTER_WRONG_RETURN;

    if (letter.kind == LETTER_HELLO)
        event.kind = MP_STARTED;
    if (letter.kind == LETTER_RESULTS || letter.kind == LETTER_WRONG_RESULTS) {
        event.kind = MP_RESULTS;
        decode_results(world, worker, &letter, &event.results);
    }
    if (letter.kind == LETTER_RETURNED || letter.kind == LETTER_WRONG_RETURN)
        event.kind = MP_RETURNED;
    if (wrong && oracle_accepts(&world->oracle, &event))
        event.kind = MP_BABBLE; /* by chance it would have been right, and nobody could have known */
    else if (!wrong && !oracle_accepts(&world->oracle, &event))
        oracle_fail(&world->oracle, "simulator: slot %u says what it must not", worker->slot);
    worker_schedule(worker);
    world_feed(world, &event);
}

/* The socket of a dead worker is empty, or nobody waits for it any longer: its death is a fact. */
void post_death(struct world *world, struct worker *worker)
{
    struct mp_event event = {.kind = worker->life == WORKER_FAILED ? MP_START_FAILED : MP_DIED,
                             .slot = worker->slot,
                             .generation = worker->generation,
                             .sight = worker_sight(worker),
                             .death = worker->death};

    while (worker->outbox.count > 0 && world->stale_count < WORLD_STALE) {
        struct letter letter = mailbox_take(&worker->outbox);

        letter.at_us = world->now_us + dice_between(&world->dice, world->plan.stale.low_us, world->plan.stale.high_us);
        world->stale[world->stale_count++] = (struct world_stale){worker->slot, worker->generation, letter};
    }
    worker->life = WORKER_NONE;
    worker->notice_us = SIM_NEVER;
    worker_schedule(worker);
    world_feed(world, &event);
}

void post_stale(struct world *world, unsigned at)
{
    struct world_stale stale = world->stale[at];
    struct mp_event event = {.slot = stale.slot, .generation = stale.generation, .ticket = stale.letter.ticket};

    world->stale[at] = world->stale[--world->stale_count];
    switch (stale.letter.kind) {
    case LETTER_HELLO:
        event.kind = MP_STARTED;
        break;
    case LETTER_RESULTS:
        event.kind = MP_RESULTS;
        event.results = (struct mp_results){.ticket = stale.letter.ticket, .count = stale.letter.count};
        bear_nothing(world, &event.results);
        break;
    case LETTER_RETURNED:
        event.kind = MP_RETURNED;
        break;
    default:
        event.kind = MP_BABBLE;
        break;
    }
    world_feed(world, &event);
}

void post_turn(struct world *world, struct worker *worker)
{
    const struct letter *out = worker->outbox.count > worker->stale ? mailbox_head(&worker->outbox) : NULL;

    if (out != NULL && out->at_us <= world->now_us) {
        deliver(world, worker);
    } else if (worker_lives(worker)) {
        worker_turn(worker, world->now_us);
        worker_schedule(worker);
    } else {
        post_death(world, worker);
    }
}
