/*
 * tests/sim/worker.c - one simulated worker process, and its channel to the supervisor
 *
 * Runs in: the simulator.
 */
#include "tests/sim/worker.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

/* Results wait in the worker while so many letters are under way, as they do behind a full socket. */
#define OUTBOX_FULL 20
#define RETRY_US 20

/* What processes exit with, where they do not exit with 0. */
#define EXIT_CODE 75

static int64_t roll(struct dice *dice, const struct plan_span *span)
{
    return dice_between(dice, span->low_us, span->high_us);
}

static struct outcome *outcome_of(struct worker *worker, uint32_t ticket)
{
    return &worker->outcomes[ticket % SIM_JOBS];
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* False: the box is full. */
static bool mail(struct worker *worker, struct mailbox *box, enum letter_kind kind, uint32_t ticket, uint32_t count,
                 int64_t now_us)
{
    int64_t at_us = later(now_us + roll(worker->dice, &worker->plan->delay), box->last_us);

    if (box->count == MAILBOX_ROOM)
        return false;
    box->last_us = at_us;
    box->letters[(box->first + box->count++) % MAILBOX_ROOM] =
        (struct letter){.kind = kind, .ticket = ticket, .count = count, .at_us = at_us};
    return true;
}

/* When the process itself has something to do. */
static int64_t own_time(const struct worker *worker)
{
    const struct letter *in = mailbox_head(&worker->inbox);
    int64_t at = earlier(earlier(worker->hello_us, worker->run_us), worker->send_us);

    if (in != NULL && worker->life == WORKER_READY)
        at = earlier(at, in->at_us);
    return later(at, worker->stopped_us);
}

void worker_schedule(struct worker *worker)
{
    const struct letter *out = worker->outbox.count > worker->stale ? mailbox_head(&worker->outbox) : NULL;

    worker->next_us = out != NULL ? out->at_us : SIM_NEVER;
    if (worker_lives(worker))
        worker->next_us = earlier(worker->next_us, earlier(worker->die_us, own_time(worker)));
    else if (out == NULL)
        worker->next_us = worker->notice_us;
}

/* ---- life and death ---------------------------------------------------------------------------------------------- */

void worker_spawn(struct worker *worker, uint64_t generation, int64_t now_us, unsigned *bad_starts)
{
    const struct plan *plan = worker->plan;
    struct dice *dice = worker->dice;

    memset(&worker->life, 0, offsetof(struct worker, inbox.letters) - offsetof(struct worker, life));
    worker->outbox.first = worker->outbox.count = 0;
    worker->outbox.last_us = 0;
    worker->life = WORKER_BORN;
    worker->generation = generation;
    worker->run_us = worker->send_us = worker->die_us = worker->notice_us = SIM_NEVER;
    worker->next = worker->end = worker->returned = worker->reported = plan->first_ticket;
    worker->deaf = dice_chance(dice, plan->deaf_to_bye);
    worker->hello_us = now_us + roll(dice, &plan->birth);
    if (*bad_starts == 0)
        return;
    if (dice_chance(dice, plan->fork_fails)) {
        worker->life = WORKER_FAILED;
        worker->notice_us = now_us + roll(dice, &plan->notice);
    } else if (dice_chance(dice, plan->birth_deaths)) {
        worker->die_us = dice_between(dice, now_us, worker->hello_us);
    } else if (dice_chance(dice, plan->slow_births)) {
        worker->hello_us += (plan->start_timeout_ms + dice_between(dice, -1, 50)) * 1000;
    } else {
        return;
    }
    (*bad_starts)--;
}

/* How it ends, as the kernel tells. That it was memory has no more to do with who is guilty than the rest has. */
static void draw_death(struct worker *worker)
{
    static const int signals[] = {0, 0, SIGSEGV, SIGKILL};
    struct mp_death *death = &worker->death;
    bool no_memory = dice_chance(worker->dice, worker->plan->no_memory);

    death->signal = signals[dice_below(worker->dice, sizeof signals / sizeof signals[0])];
    death->exit_code = death->signal == 0 && dice_chance(worker->dice, 500) ? EXIT_CODE : 0;
    death->oom_killed = no_memory && death->signal == SIGKILL;
    death->no_memory = no_memory && death->signal != SIGKILL;
}

/* Letters under way arrive in part: what was in the socket does, what was behind it does not. Some come very late. */
void worker_die(struct worker *worker, int64_t now_us)
{
    const struct plan *plan = worker->plan;
    struct mailbox *box = &worker->outbox;

    trace_note(worker->trace, "dies, returned", worker->slot, worker->returned);
    worker->life = WORKER_DEAD;
    draw_death(worker);
    worker->notice_us = now_us + roll(worker->dice, &plan->notice);
    if (box->count > 0 && dice_chance(worker->dice, plan->letters_lost))
        box->count = dice_below(worker->dice, box->count);
    if (box->count > 0 && dice_chance(worker->dice, plan->letters_stale))
        worker->stale = 1 + dice_below(worker->dice, box->count);
    if (worker->running)
        oracle_stops(worker->oracle, outcome_of(worker, worker->next - 1)->job);
}

void worker_stop(struct worker *worker, int64_t now_us, int64_t for_us)
{
    trace_note(worker->trace, "is stopped for us", worker->slot, for_us);
    worker->stopped_us = now_us + for_us;
    if (worker->run_us != SIM_NEVER)
        worker->run_us += for_us;
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

/* W4: what has gathered goes out when no send is under way; a real worker has more reasons to wait. */
static void flush(struct worker *worker, int64_t now_us)
{
    while (worker->send_us == SIM_NEVER && worker->frames > 0) {
        uint32_t end = worker->frame[0].end;
        uint32_t count =
            (int32_t)(worker->returned - end) < 0 ? worker->returned - worker->reported : end - worker->reported;
        int64_t busy_us = roll(worker->dice, &worker->plan->send);

        if (count == 0)
            return;
        if (worker->outbox.count >= OUTBOX_FULL) {
            worker->send_us = now_us + RETRY_US;
            return;
        }
        mail(worker, &worker->outbox, LETTER_RESULTS, worker->reported, count, now_us);
        worker->reported += count;
        if (worker->reported == end) {
            worker->frames--;
            memmove(&worker->frame[0], &worker->frame[1], worker->frames * sizeof worker->frame[0]);
        }
        if (busy_us > 0)
            worker->send_us = now_us + busy_us;
    }
}

/* ---- jobs -------------------------------------------------------------------------------------------------------- */

/* How a job that fails says that it does: most often by itself, else as a process of its own has. */
static struct mp_end draw_end(struct worker *worker)
{
    struct mp_end end = {.status = MPOOL_FAILED, .exit_code = -1};

    end.oom = dice_chance(worker->dice, worker->plan->no_memory);
    if (!dice_chance(worker->dice, worker->plan->processes))
        return end;
    if (dice_chance(worker->dice, 500)) {
        end.exit_code = EXIT_CODE;
    } else if (dice_chance(worker->dice, 200)) {
        end.status = MPOOL_CANCELLED;
    } else {
        end.status = dice_chance(worker->dice, 500) ? MPOOL_CRASHED : MPOOL_TIMED_OUT;
        end.signal = SIGSEGV;
    }
    return end;
}

/* W2 */
static void claim(struct worker *worker, int64_t now_us)
{
    struct outcome *outcome = outcome_of(worker, worker->next);
    const struct plan_job *job = &worker->plan->job[outcome->job];
    uint32_t runs = oracle_begins(worker->oracle, worker->slot, outcome->job);

    outcome->fate = (uint8_t)(runs <= job->times ? job->fate : FATE_WELL);
    outcome->end = draw_end(worker);
    outcome->took_us = (uint32_t)job->run_us;
    worker->next++;
    worker->running = true;
    worker->begun_us = now_us;
    worker->crashes = outcome->fate == FATE_CRASH;
    worker->run_us = now_us + job->run_us;
    if (worker->crashes)
        worker->run_us = now_us + dice_between(worker->dice, 0, job->run_us);
    if (outcome->fate == FATE_HANG)
        worker->run_us = SIM_NEVER;
}

/* W3 */
static void finish(struct worker *worker, int64_t now_us)
{
    int64_t gap_us = roll(worker->dice, &worker->plan->gap);

    oracle_stops(worker->oracle, outcome_of(worker, worker->next - 1)->job);
    worker->running = false;
    worker->returned = worker->next;
    worker->run_us = SIM_NEVER;
    flush(worker, now_us);
    if (gap_us > 0)
        worker->run_us = now_us + gap_us;
    else if (worker->next != worker->end)
        claim(worker, now_us);
}

static void run(struct worker *worker, int64_t now_us)
{
    if (worker->running && worker->crashes) {
        worker->death.out_of_cpu = dice_chance(worker->dice, worker->plan->cpu_deaths);
        worker_die(worker, now_us);
    } else if (worker->running) {
        finish(worker, now_us);
    } else {
        worker->run_us = SIM_NEVER;
        if (worker->next != worker->end)
            claim(worker, now_us);
    }
}

/* ---- letters ----------------------------------------------------------------------------------------------------- */

/* The CAS: keeps the smaller half of what has not begun, or nothing of it. */
static void give_back(struct worker *worker, bool all, int64_t now_us)
{
    uint32_t start = worker->reported;

    worker->end = worker->next + (all ? 0 : (worker->end - worker->next) / 2);
    for (unsigned i = 0; i < worker->frames; i++) {
        if ((int32_t)(worker->frame[i].end - worker->end) > 0)
            worker->frame[i].end = worker->end;
        if (worker->frame[i].end == start) {
            worker->frames = i;
            break;
        }
        start = worker->frame[i].end;
    }
    mail(worker, &worker->outbox, LETTER_RETURNED, worker->end, 0, now_us);
    if (dice_chance(worker->dice, worker->plan->answers_twice))
        worker_noise(worker, LETTER_WRONG_RETURN, worker->end, 0, now_us);
}

static void ask_stop(struct worker *worker, uint32_t ticket, int64_t now_us)
{
    struct outcome *outcome = outcome_of(worker, ticket);

    if (!worker->running || worker->crashes || ticket != worker->next - 1 || !worker->plan->job[outcome->job].obliging)
        return;
    outcome->fate = FATE_FAIL;
    worker->run_us = now_us;
}

static void read_letter(struct worker *worker, int64_t now_us)
{
    struct letter letter = mailbox_take(&worker->inbox);

    switch (letter.kind) {
    case LETTER_JOBS:
        worker->end += letter.count;
        worker->frame[worker->frames++].end = worker->end;
        if (!worker->running && worker->run_us == SIM_NEVER)
            claim(worker, now_us);
        break;
    case LETTER_RECALL_HALF:
    case LETTER_RECALL_ALL:
        give_back(worker, letter.kind == LETTER_RECALL_ALL, now_us);
        break;
    case LETTER_STOP:
        ask_stop(worker, letter.ticket, now_us);
        break;
    case LETTER_BYE:
        if (!worker->deaf)
            worker_die(worker, now_us);
        break;
    default:
        break;
    }
}

void worker_post(struct worker *worker, enum letter_kind kind, uint32_t ticket, uint32_t count, int64_t now_us)
{
    if (!mail(worker, &worker->inbox, kind, ticket, count, now_us))
        oracle_fail(worker->oracle, "slot %u gets more letters than anybody can read", worker->slot);
}

void worker_noise(struct worker *worker, enum letter_kind kind, uint32_t ticket, uint32_t count, int64_t now_us)
{
    if (worker->outbox.count < OUTBOX_FULL + 4)
        mail(worker, &worker->outbox, kind, ticket, count, now_us);
}

/* ---- what is due ------------------------------------------------------------------------------------------------- */

void worker_turn(struct worker *worker, int64_t now_us)
{
    const struct letter *in = worker->life == WORKER_READY ? mailbox_head(&worker->inbox) : NULL;
    int64_t in_us = in != NULL ? in->at_us : SIM_NEVER;
    int64_t first_us = earlier(earlier(in_us, worker->hello_us), earlier(worker->run_us, worker->send_us));

    if (worker->die_us <= now_us) {
        worker_die(worker, now_us);
    } else if (worker->hello_us == first_us) {
        worker->hello_us = SIM_NEVER;
        worker->life = WORKER_READY;
        mail(worker, &worker->outbox, LETTER_HELLO, 0, 0, now_us);
    } else if (in_us == first_us) {
        read_letter(worker, now_us);
    } else if (worker->run_us == first_us) {
        run(worker, now_us);
    } else {
        worker->send_us = SIM_NEVER;
    }
    if (worker->life == WORKER_READY)
        flush(worker, now_us);
}

struct mp_sight worker_sight(const struct worker *worker)
{
    const struct outcome *claimed = &worker->outcomes[(worker->next - 1) % SIM_JOBS];
    const struct mp_rules *rules = worker->oracle->jobs[claimed->job].rules;
    struct mp_sight sight = {.next = worker->next, .returned = worker->returned};

    if (worker->running && (rules->timeout_ms > 0 || rules->soft_timeout_ms > 0))
        sight.mark_ms = worker->begun_us / 1000;
    switch (worker->lie) {
    case LIE_NEIGHBOUR:
        sight.next++;
        break;
    case LIE_IDLE:
        sight.returned = sight.next;
        break;
    case LIE_MARK:
        sight.mark_ms = worker->garbage.mark_ms;
        break;
    case LIE_GARBAGE:
        return worker->garbage;
    default:
        break;
    }
    return sight;
}
