/*
 * tests/sim/faults.c - what goes wrong, when its time has come
 *
 * Runs in: the simulator. A fault that finds nobody it could hit waits for somebody.
 */
#include "tests/sim/faults.h"

/* So many happenings a fault waits for a worker in the state it is meant for; after that any worker will do. */
#define PATIENCE 200

/* What a worker can be doing when it dies. */
enum moment {
    MOMENT_CLAIMED,
    MOMENT_BETWEEN,     /* two jobs */
    MOMENT_UNCOMMITTED, /* jobs have returned, and their results have not been sent */
    MOMENT_ON_THE_WAY,  /* results are under way */
    MOMENT_RECALLED,    /* the supervisor waits for jobs to be given back */
    MOMENT_UNSTARTED,   /* it has jobs, and has begun none */
    MOMENT_IDLE,
    MOMENT_STARTING,
    MOMENT_STOPPED,
    MOMENT_DOOMED, /* the signal is on its way */
    MOMENT_COUNT,
};

static bool is_moment(const struct world *world, const struct worker *worker, enum moment moment)
{
    const struct view *view = &world->oracle.views[worker->slot];
    bool ready = worker->life == WORKER_READY;

    switch (moment) {
    case MOMENT_CLAIMED:
        return ready && worker->running;
    case MOMENT_BETWEEN:
        return ready && !worker->running && worker->next != worker->end;
    case MOMENT_UNCOMMITTED:
        return ready && worker->returned != worker->reported;
    case MOMENT_ON_THE_WAY:
        return ready && worker->outbox.count > 0;
    case MOMENT_RECALLED:
        return ready && view->recalling;
    case MOMENT_UNSTARTED:
        return ready && view->frames > 0 && worker->next == view->answered;
    case MOMENT_IDLE:
        return ready && view->frames == 0;
    case MOMENT_STARTING:
        return worker->life == WORKER_BORN;
    case MOMENT_STOPPED:
        return ready && worker->stopped_us > world->now_us;
    case MOMENT_DOOMED:
        return ready && view->state == VIEW_DOOMED;
    case MOMENT_COUNT:
        break;
    }
    return false;
}

/* A worker that is doing this, beginning the search anywhere; NULL: none. */
static struct worker *find(struct world *world, enum moment moment, bool any)
{
    unsigned first = dice_below(&world->dice, world->plan.slots);

    for (unsigned i = 0; i < world->plan.slots; i++) {
        struct worker *worker = &world->workers[(first + i) % world->plan.slots];

        if (any ? worker->life == WORKER_READY : is_moment(world, worker, moment))
            return worker;
    }
    return NULL;
}

static void wrong_results(struct world *world, struct worker *worker)
{
    uint32_t ticket = worker->reported, count = 1;

    switch (dice_below(&world->dice, 5)) {
    case 0:
        ticket--;
        break;
    case 1:
        ticket++;
        break;
    case 2:
        count = 0;
        break;
    case 3:
        count = 1 + worker->end - ticket;
        break;
    default:
        count = UINT32_MAX - dice_below(&world->dice, 3);
        break;
    }
    worker_noise(worker, LETTER_WRONG_RESULTS, ticket, count, world->now_us);
}

static void lie(struct world *world, struct worker *worker)
{
    static const int64_t marks[] = {INT64_MAX, INT64_MAX / 2, INT64_MIN, -1, 1};

    worker->lie = 1 + dice_below(&world->dice, LIE_COUNT - 1);
    worker->garbage = (struct mp_sight){.next = worker->next + dice_below(&world->dice, 12) - 2,
                                        .returned = worker->next + dice_below(&world->dice, 12) - 2,
                                        .mark_ms = world->now_us / 1000 + dice_between(&world->dice, -200, 200)};
    if (worker->lie == LIE_MARK || dice_chance(&world->dice, 300))
        worker->garbage.mark_ms = marks[dice_below(&world->dice, sizeof marks / sizeof marks[0])];
    if (dice_chance(&world->dice, 200))
        worker->garbage = (struct mp_sight){0};
}

static void hit(struct world *world, struct worker *worker, enum plan_fault_kind kind)
{
    switch (kind) {
    case FAULT_KILL:
    case FAULT_KILL_STATE:
        worker_die(worker, world->now_us);
        break;
    case FAULT_STOP:
        worker_stop(worker, world->now_us,
                    dice_between(&world->dice, world->plan.stop.low_us, world->plan.stop.high_us));
        break;
    case FAULT_BABBLE:
        worker_noise(worker, LETTER_NOISE, 0, 0, world->now_us);
        break;
    case FAULT_RESULTS:
        wrong_results(world, worker);
        break;
    case FAULT_RETURN:
        worker_noise(worker, LETTER_WRONG_RETURN, worker->end + dice_below(&world->dice, 5) - 2, 0, world->now_us);
        break;
    case FAULT_LIE:
        lie(world, worker);
        break;
    default:
        break;
    }
    worker_schedule(worker);
}

void faults_kill_server(struct world *world)
{
    const struct plan_span *notice = &world->plan.notice;

    world->server_dead = true;
    world->lost_us = world->now_us + dice_between(&world->dice, notice->low_us, notice->high_us);
    for (unsigned i = 0; i < world->plan.slots; i++) {
        struct worker *worker = &world->workers[i];

        if (worker_lives(worker))
            worker_die(worker, world->now_us);
        worker->notice_us = SIM_NEVER;
        worker_schedule(worker);
    }
}

/* Are there as many jobs as every schedule has? Until then, nothing may end the pool, nor deaths at start break it. */
static bool has_jobs(const struct world *world)
{
    return world->oracle.submitted >= SIM_LEAST_JOBS;
}

/* What ends the pool comes when the schedule has what every schedule has. */
static bool may_end(const struct world *world)
{
    return world->faults >= SIM_LEAST_FAULTS && has_jobs(world) && !world->server_dead;
}

static void apply_end(struct world *world, enum plan_fault_kind kind)
{
    struct mp_event event = {.kind = kind == FAULT_DRAIN ? MP_DRAIN : MP_TERMINATE};

    if (kind == FAULT_LOST)
        faults_kill_server(world);
    else if (kind != FAULT_CLOSE)
        world_feed(world, &event);
    else if (!world->closed)
        world_close(world);
}

/* False: there is nobody to do it to yet. */
static bool apply(struct world *world, const struct plan_fault *fault)
{
    bool aimed = fault->kind == FAULT_KILL_STATE || (fault->kind >= FAULT_STOP && fault->at % 2 == 0);
    bool any = !aimed || world->happenings > fault->at + PATIENCE;
    struct worker *worker;

    if (fault->kind >= FAULT_CLOSE) {
        if (!may_end(world))
            return false;
        apply_end(world, fault->kind);
        return true;
    }
    if (fault->kind == FAULT_UNSENT) { /* which counts when it happens */
        world->send_fails = true;
        return true;
    }
    worker = find(world, (enum moment)(fault->at * 7 % MOMENT_COUNT), any);
    if (worker == NULL || (!world->oracle.views[worker->slot].was_up && !has_jobs(world)))
        return false;
    hit(world, worker, fault->kind);
    world->faults++;
    return true;
}

/* The host does not want a job any more, or all of a group; some of these have ended, or were never heard of. */
static void cancel(struct world *world)
{
    struct mp_event event = {.kind = MP_CANCEL};

    event.wish.grace_ms = dice_between(&world->dice, 0, world->plan.grace_ms);
    event.wish.number = dice_below(&world->dice, (uint32_t)world->oracle.submitted);
    if (dice_chance(&world->dice, world->plan.cancels_all))
        event.wish = (struct mp_wish){.group = 1 + dice_below(&world->dice, world->plan.rules_count),
                                      .number = world->oracle.submitted,
                                      .grace_ms = event.wish.grace_ms};
    world_feed(world, &event);
}

static void change_crew(struct world *world)
{
    struct mp_event event = {.kind = MP_RESIZE, .workers = 1 + dice_below(&world->dice, world->plan.slots)};

    if (dice_chance(&world->dice, world->plan.resizes))
        world_feed(world, &event);
    if (!dice_chance(&world->dice, world->plan.grows))
        return;
    event.kind = MP_GREW;
    event.slot = dice_below(&world->dice, world->plan.slots);
    event.generation = world->workers[event.slot].generation;
    world_feed(world, &event);
}

void faults_apply(struct world *world)
{
    change_crew(world);
    if (has_jobs(world) && dice_chance(&world->dice, world->plan.cancels))
        cancel(world);
    while (world->next_fault < world->plan.faults && !world->oracle.ended && !world->oracle.violated) {
        const struct plan_fault *fault = &world->plan.fault[world->next_fault];

        if (fault->at > world->happenings || !apply(world, fault))
            return;
        world->next_fault++;
    }
}

void faults_hurry(struct world *world)
{
    struct plan_fault fault = {FAULT_KILL + dice_below(&world->dice, FAULT_RETURN), world->happenings};

    if (fault.kind != FAULT_KILL_STATE)
        apply(world, &fault);
}
