/*
 * tests/sim/plan.c - what one schedule is like: the jobs, the times, and what goes wrong
 *
 * Runs in: the simulator.
 *
 * Three slots, twenty jobs and two faults are the least: what ends a pool comes after those, and world.c counts. Jobs
 * without a limit do not hang, workers that are stopped go on some time, and the number of faults is bounded: so every
 * schedule comes to its end, or the core is at fault.
 */
#include "tests/sim/plan.h"

#include "tests/sim/dice.h"

#include <signal.h>
#include <string.h>

static struct plan_span pick_span(struct dice *dice, const struct plan_span *spans, uint32_t count)
{
    return spans[dice_below(dice, count)];
}

#define PICK_SPAN(dice, ...)                                                                                           \
    pick_span(dice, (const struct plan_span[]){__VA_ARGS__},                                                           \
              (uint32_t)(sizeof(const struct plan_span[]){__VA_ARGS__} / sizeof(struct plan_span)))

/* A rate that is 0 in most schedules. */
static unsigned pick_rate(struct dice *dice, unsigned highest)
{
    return dice_chance(dice, 400) ? 1 + dice_below(dice, highest) : 0;
}

static void draw_times(struct plan *plan, struct dice *dice)
{
    plan->start_us = dice_between(dice, 0, 1000) * 1000000;
    plan->late_ms = dice_chance(dice, 300) ? dice_between(dice, 1, 5) : 0;
    plan->delay = PICK_SPAN(dice, {0, 0}, {5, 60}, {20, 300}, {0, 3000}, {100, 15000});
    plan->send = PICK_SPAN(dice, {0, 0}, {0, 20}, {0, 500}, {0, 10000});
    plan->gap = PICK_SPAN(dice, {0, 0}, {0, 0}, {0, 10}, {0, 1000});
    plan->birth = PICK_SPAN(dice, {0, 100}, {100, 3000}, {0, 5000});
    plan->notice = PICK_SPAN(dice, {0, 0}, {10, 500}, {0, 30000});
    plan->signal = PICK_SPAN(dice, {0, 50}, {0, 2000}, {0, 60000});
    plan->stop = PICK_SPAN(dice, {100, 5000}, {5000, 100000}, {100, 900000}, {100, 9000000});
    plan->stale = PICK_SPAN(dice, {0, 500}, {0, 20000}, {0, 200000});
}

static void draw_trouble(struct plan *plan, struct dice *dice)
{
    plan->bad_starts = dice_chance(dice, 300) ? 1 + dice_below(dice, 14) : 0;
    plan->fork_fails = pick_rate(dice, 900);
    plan->birth_deaths = pick_rate(dice, 900);
    plan->slow_births = pick_rate(dice, 500);
    plan->letters_lost = pick_rate(dice, 1000);
    plan->letters_stale = pick_rate(dice, 1000);
    plan->answers_twice = dice_chance(dice, 100) ? 200 : 0;
    plan->deaf_to_bye = dice_chance(dice, 100) ? 500 : 0;
    plan->lies_busy = dice_chance(dice, 150) ? 1 + dice_below(dice, 300) : 0;
    plan->dead_sends_fail = dice_below(dice, 1001);
    plan->forks_refused = dice_below(dice, 1001);
    if (dice_chance(dice, 200)) {
        plan->cancels = 1 + dice_below(dice, 60);
        plan->cancels_all = dice_chance(dice, 300) ? 200 : 0;
        plan->grace_ms = dice_chance(dice, 500) ? dice_between(dice, 1, 100) : 0;
    }
    plan->unsent_each = dice_chance(dice, 150);
    plan->cpu_deaths = dice_chance(dice, 300) ? 500 : 0;
    plan->no_memory = dice_chance(dice, 300) ? 500 : 0;
    plan->processes = dice_chance(dice, 300) ? 500 : 0;
    plan->first_ticket = dice_chance(dice, 300) ? 0 - dice_below(dice, 60) : 0;
}

/* When a job goes, besides when its turn comes. */
static void draw_order(struct plan *plan, struct dice *dice)
{
    bool priorities = dice_chance(dice, 250), delays = dice_chance(dice, 150), gates = dice_chance(dice, 200);
    bool lonely = dice_chance(dice, 150);

    for (unsigned i = 0; i < plan->rules_count; i++) {
        struct mp_rules *rules = &plan->rules[i];

        if (priorities)
            rules->priority = (int32_t)dice_below(dice, SIM_LANES) - 1;
        if (delays && dice_chance(dice, 500))
            rules->delay_ms = dice_between(dice, 1, dice_chance(dice, 500) ? 10 : 200);
        if (gates && dice_chance(dice, 600)) {
            rules->gate = 1 + dice_below(dice, SIM_GATES);
            rules->gate_room = rules->gate;
        }
        rules->alone = lonely && dice_chance(dice, 400);
        rules->once = lonely && dice_chance(dice, 400);
    }
}

/* The first is the usual one. Exit codes and signals are some that workers end by, see worker.c, and some others. */
static const struct plan_retry retries[] = {
    {.words = NULL, .failed = true, .crashed = true, .timed_out = true},
    {.words = "failed", .failed = true},
    {.words = "crashed", .crashed = true},
    {.words = "timed_out", .timed_out = true},
    {.words = "oom", .oom = true},
    {.words = "exit:75", .exits = true, .exit_code = 75},
    {.words = "exit:11", .exits = true, .exit_code = 11},
    {.words = "signal:SEGV", .signal = SIGSEGV},
    {.words = "signal:KILL", .signal = SIGKILL},
    {.words = "failed, signal:SIGKILL", .failed = true, .signal = SIGKILL},
    {.words = "exit:0 timed_out", .timed_out = true, .exits = true},
    {.words = "timed_out, exit:75, signal:SEGV, oom",
     .timed_out = true,
     .oom = true,
     .exits = true,
     .exit_code = 75,
     .signal = SIGSEGV},
};

/* Which attempts are followed by another, and how soon. */
static void draw_retries(struct plan *plan, struct dice *dice)
{
    bool backs_off = dice_chance(dice, 200), chooses = dice_chance(dice, 300);

    for (unsigned i = 0; i < plan->rules_count; i++) {
        struct mp_rules *rules = &plan->rules[i];

        plan->retries[i] = &retries[chooses ? dice_below(dice, sizeof retries / sizeof retries[0]) : 0];
        (void)mp_ends_parse(plan->retries[i]->words, &plan->retry_on[i], NULL, 0);
        rules->retry_on = &plan->retry_on[i];
        rules->limits_memory = dice_chance(dice, 500);
        if (!backs_off || !dice_chance(dice, 600))
            continue;
        rules->backoff_ms = dice_between(dice, 2, 30);
        rules->backoff_most_ms = rules->backoff_ms * dice_between(dice, 1, 5);
        rules->jitter = dice_chance(dice, 500) ? dice_below(dice, 51) : 0;
    }
}

static void draw_rules(struct plan *plan, struct dice *dice)
{
    bool limits = dice_chance(dice, 500);

    plan->rules_count = 1 + dice_below(dice, SIM_RULES);
    for (unsigned i = 0; i < plan->rules_count; i++) {
        struct mp_rules *rules = &plan->rules[i];

        rules->pace = dice_below(dice, SIM_PACES);
        rules->group = i + 1;
        rules->retries = dice_below(dice, 5);
        rules->crash_limit = 1 + dice_below(dice, 3);
        if (limits && dice_chance(dice, 700))
            rules->timeout_ms = dice_chance(dice, 500) ? dice_between(dice, 2, 20) : dice_between(dice, 20, 300);
        if (limits && dice_chance(dice, 500))
            rules->soft_timeout_ms = dice_between(dice, 1, 100);
        if (dice_chance(dice, 500))
            rules->cpu_ms = dice_between(dice, 1, 100);
    }
    draw_order(plan, dice);
    draw_retries(plan, dice);
}

/* How many workers are wanted, and for how long each; in most schedules one for each slot, for ever. */
static void draw_crew(struct plan *plan, struct dice *dice)
{
    struct mp_crew *crew = &plan->crew;

    *crew = (struct mp_crew){.wanted = plan->slots, .most = plan->slots, .idle_ms = dice_between(dice, 1, 200)};
    if (!dice_chance(dice, 300))
        return;
    crew->most = crew->wanted = 1 + dice_below(dice, plan->slots);
    if (dice_chance(dice, 400))
        crew->least = crew->wanted = 1 + dice_below(dice, crew->most);
    if (dice_chance(dice, 400))
        crew->jobs = 1 + dice_below(dice, 20);
    if (dice_chance(dice, 300))
        crew->age_ms = dice_between(dice, 1, 300);
    crew->jitter = dice_chance(dice, 500) ? dice_below(dice, 101) : 0;
    plan->resizes = dice_chance(dice, 300) ? 1 + dice_below(dice, 20) : 0;
    plan->grows = dice_chance(dice, 300) ? 1 + dice_below(dice, 20) : 0;
}

/*
 * Workers that dawdle between jobs, behind slow wires, and jobs that are soon asked to stop: then the supervisor often
 * speaks of a job that the worker is just giving back.
 */
static void make_sleepy(struct plan *plan, struct dice *dice)
{
    plan->delay = (struct plan_span){100, 15000};
    plan->gap = (struct plan_span){0, 20000};
    for (unsigned i = 0; i < plan->rules_count; i++)
        plan->rules[i].soft_timeout_ms = dice_between(dice, 1, 6);
}

/* Lots of one job, lots of many, and schedules in which all jobs are there from the beginning. */
static void draw_lots(struct plan *plan, struct dice *dice)
{
    struct plan_span pause = PICK_SPAN(dice, {0, 0}, {0, 300}, {0, 10000});
    uint32_t largest = dice_chance(dice, 300) ? 1 : dice_chance(dice, 300) ? SIM_JOBS : 2 + dice_below(dice, 30);
    int64_t at_us = plan->start_us + dice_between(dice, 0, 3000);

    plan->jobs = SIM_LEAST_JOBS + dice_below(dice, dice_chance(dice, 850) ? 61 : SIM_JOBS - SIM_LEAST_JOBS + 1);
    for (unsigned first = 0; first < plan->jobs;) {
        uint32_t left = plan->jobs - first, count = 1 + dice_below(dice, largest < left ? largest : left);

        plan->lot[plan->lots++] = (struct plan_lot){
            .at_us = at_us, .first = first, .count = count, .rules = &plan->rules[dice_below(dice, plan->rules_count)]};
        first += count;
        at_us += dice_between(dice, pause.low_us, pause.high_us);
    }
}

/* Lots that jobs submit; some of these are of a lot of this kind themselves. */
static void draw_broods(struct plan *plan, struct dice *dice)
{
    unsigned jobs = plan->jobs, most = dice_chance(dice, 300) ? 1 + dice_below(dice, 40) : 0;

    for (unsigned i = 0; i < SIM_JOBS; i++)
        plan->drawn[i].brood = -1;
    while (plan->broods < most && jobs < SIM_JOBS) {
        struct plan_lot *lot = &plan->lot[plan->lots + plan->broods];
        struct plan_job *parent = &plan->drawn[dice_below(dice, jobs)];
        uint32_t left = SIM_JOBS - jobs, count = 1 + dice_below(dice, left < 6 ? left : 6);

        if (parent->brood >= 0)
            break;
        parent->brood = (int)(plan->lots + plan->broods++);
        *lot = (struct plan_lot){
            .first = jobs, .count = count, .rules = &plan->rules[dice_below(dice, plan->rules_count)]};
        jobs += count;
    }
}

struct mp_range plan_number(struct plan *plan, const struct plan_lot *lot, uint64_t first)
{
    for (uint32_t i = 0; i < lot->count; i++)
        plan->job[first + i] = plan->drawn[lot->first + i];
    return (struct mp_range){.first = first, .count = lot->count, .rules = lot->rules};
}

static void draw_jobs(struct plan *plan, struct dice *dice)
{
    struct plan_span times[SIM_PACES];
    unsigned rate[FATE_COUNT] = {0};

    for (unsigned i = 0; i < SIM_PACES; i++)
        times[i] = PICK_SPAN(dice, {0, 10}, {5, 300}, {0, 300}, {0, 5000}, {500, 40000});
    for (unsigned i = FATE_FAIL; i < FATE_COUNT; i++)
        rate[i] = pick_rate(dice, dice_chance(dice, 200) ? 500 : 80);
    for (unsigned i = 0; i < plan->lots + plan->broods; i++) {
        const struct plan_lot *lot = &plan->lot[i];

        for (unsigned k = lot->first; k < lot->first + lot->count; k++) {
            struct plan_job *job = &plan->drawn[k];

            job->run_us = dice_between(dice, times[lot->rules->pace].low_us, times[lot->rules->pace].high_us);
            job->delta = dice_between(dice, 1, 1000000);
            job->obliging = dice_chance(dice, 500);
            job->times = dice_chance(dice, 500) ? UINT32_MAX : 1 + dice_below(dice, 3);
            for (unsigned fate = FATE_FAIL; fate < FATE_COUNT; fate++)
                if (dice_chance(dice, rate[fate]) && (fate != FATE_HANG || lot->rules->timeout_ms > 0))
                    job->fate = fate;
        }
    }
}

static void add_fault(struct plan *plan, enum plan_fault_kind kind, uint64_t at)
{
    if (plan->faults < SIM_FAULTS)
        plan->fault[plan->faults++] = (struct plan_fault){kind, at};
}

/* What ends a pool, now and then; and what is drained is also terminated, now and then. */
static void draw_ends(struct plan *plan, struct dice *dice, uint32_t horizon)
{
    for (unsigned kind = FAULT_CLOSE; kind < FAULT_KINDS; kind++) {
        uint64_t at = dice_below(dice, horizon);

        if (!dice_chance(dice, kind == FAULT_DRAIN ? 120 : 60))
            continue;
        add_fault(plan, kind, at);
        if (kind == FAULT_DRAIN && dice_chance(dice, 250))
            add_fault(plan, FAULT_TERMINATE, at + dice_below(dice, 40));
        if (kind == FAULT_TERMINATE && dice_chance(dice, 200))
            add_fault(plan, FAULT_LOST, at + dice_below(dice, 10));
    }
}

/* In the order of their times; the first ones stay, so that nothing ends before they have happened. */
static void sort_faults(struct plan *plan)
{
    for (unsigned i = SIM_LEAST_FAULTS + 1; i < plan->faults; i++) {
        struct plan_fault fault = plan->fault[i];
        unsigned to = i;

        for (; to > SIM_LEAST_FAULTS && plan->fault[to - 1].at > fault.at; to--)
            plan->fault[to] = plan->fault[to - 1];
        plan->fault[to] = fault;
    }
}

static void draw_faults(struct plan *plan, struct dice *dice)
{
    unsigned weight[FAULT_KINDS] = {0}, sum = 0;
    uint32_t horizon = 20 + plan->jobs * (1 + dice_below(dice, 4));
    unsigned count = SIM_LEAST_FAULTS + dice_below(dice, dice_chance(dice, 200) ? SIM_FAULTS - 8 : 6);

    for (unsigned i = 0; i < FAULT_CLOSE; i++)
        sum += weight[i] = pick_rate(dice, 100);
    if (sum == 0)
        sum = weight[FAULT_KILL] = 1;
    for (unsigned i = 0; i < count; i++) {
        uint32_t roll = dice_below(dice, sum);
        unsigned kind = 0;

        while (roll >= weight[kind])
            roll -= weight[kind++];
        add_fault(plan, kind, dice_below(dice, i < SIM_LEAST_FAULTS ? 40 : horizon));
    }
    draw_ends(plan, dice, horizon);
    sort_faults(plan);
}

/* Within so long every worker has said hello that is not meant to be late. */
static int64_t least_start_ms(const struct plan *plan)
{
    return (plan->birth.high_us + plan->delay.high_us) / 1000 + 1;
}

void plan_draw(struct plan *plan, uint64_t seed)
{
    struct dice dice = {seed};

    memset(plan, 0, sizeof *plan);
    plan->seed = seed;
    plan->slots = SIM_LEAST_SLOTS;
    if (!dice_chance(&dice, 400))
        plan->slots += dice_below(&dice, SIM_SLOTS - SIM_LEAST_SLOTS + 1);
    draw_times(plan, &dice);
    draw_trouble(plan, &dice);
    draw_rules(plan, &dice);
    draw_crew(plan, &dice);
    if (dice_chance(&dice, 80))
        make_sleepy(plan, &dice);
    plan->start_timeout_ms = least_start_ms(plan) + dice_between(&dice, 1, 300);
    draw_lots(plan, &dice);
    draw_broods(plan, &dice);
    draw_jobs(plan, &dice);
    draw_faults(plan, &dice);
}
