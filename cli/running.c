/*
 * cli/running.c - the jobs that a run is at this moment
 *
 * Runs in: the mpool command, on its main thread. Owns: what the board says besides what workers write there.
 *
 * A worker writes the number of its job. Which step and item that is, the tickets say; it is looked up for jobs that
 * have run for a moment, since of shorter ones nobody would read it: so they do not pay for it.
 */
#include "cli/running.h"

#include "cli/board.h"
#include "cli/memory.h"
#include "cli/names.h"
#include "cli/span.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often the board is looked at, and how long a job has run that is described. */
#define LOOK_NS INT64_C(100000000)
#define MOMENT_NS INT64_C(20000000)

/* What was found on the board. */
struct found {
    struct board_work *works;
    size_t count;
};

/* What each worker does that the pool has, in their order. A slot may still have what a dead one has left. */
static struct found look(const struct run *run)
{
    pid_t pids[MPOOL_WORKERS_MAX];
    struct found found = {0};
    size_t slots = 0;

    (void)mpool_pool_pids(run->pool, pids, MPOOL_WORKERS_MAX, &slots);
    atomic_store(&board_run(board_own())->slots, (unsigned)slots);
    found.works = memory_get((slots + 1) * sizeof *found.works);
    for (size_t i = 0; i < slots; i++) {
        struct board_work *work = &found.works[found.count];
        found.count += board_read(board_own(), (unsigned)i, work) && work->pid == pids[i];
    }
    return found;
}

static int by_job(const void *a, const void *b)
{
    const struct board_work *one = a, *other = b;

    return (one->job > other->job) - (one->job < other->job);
}

/* Finds the tickets of jobs, and says on the board what they are of. One look through the tickets does for all. */
static void describe(const struct run *run, struct found wanted)
{
    const struct tickets *tickets = &run->plan.tickets;
    struct text item = {0};

    if (wanted.count > 0)
        qsort(wanted.works, wanted.count, sizeof *wanted.works, by_job);
    for (size_t i = 0; i < tickets->count && wanted.count > 0; i++) {
        const struct ticket *ticket = &tickets->list[i];
        const struct board_work key = {.job = ticket->job};
        if (ticket->job == 0)
            continue;
        const struct board_work *work = bsearch(&key, wanted.works, wanted.count, sizeof key, by_job);
        if (work == NULL)
            continue;
        text_clear(&item);
        text_string(&item, "");
        item_show(&item, &ticket->item);
        board_describe(work->worker, ticket->job, (size_t)(run->current - run->steps), ticket->index, item.data,
                       item.size);
    }
    text_free(&item);
}

static void describe_since(const struct run *run, int64_t before_ns)
{
    struct found found = look(run);
    size_t kept = 0;

    for (size_t i = 0; i < found.count; i++) {
        if (!found.works[i].known && found.works[i].began_ns <= before_ns)
            found.works[kept++] = found.works[i];
    }
    found.count = kept;
    describe(run, found);
    free(found.works);
}

void running_describe(struct run *run)
{
    int64_t now_ns = board_clock_ns();

    if (run->current == NULL || now_ns - run->described_ns < LOOK_NS)
        return;
    run->described_ns = now_ns;
    atomic_store(&board_run(board_own())->read, run->plan.items);
    atomic_store(&board_run(board_own())->workers, (unsigned)run->plan.workers);
    describe_since(run, now_ns - MOMENT_NS);
}

int64_t running_longest(const struct run *run)
{
    struct found found = look(run);
    int64_t now_ns = board_clock_ns(), longest = 0;

    for (size_t i = 0; i < found.count; i++) {
        int64_t ns = now_ns - found.works[i].began_ns;
        longest = ns > longest ? ns : longest;
    }
    free(found.works);
    return longest;
}

/* ---- for people -------------------------------------------------------------------------------------------------- */

void running_line(struct text *to, const struct board_work *work, const char *step, int64_t now_ns)
{
    text_printf(to, "worker %u  ", work->worker);
    names_escape(to, step, strlen(step));
    if (work->known && work->caption.size > 0) {
        text_string(to, "  ");
        names_clean(to, work->caption.item, work->caption.size);
    }
    text_string(to, "  ");
    span_add(to, now_ns - work->began_ns);
    if (work->attempt > 1)
        text_printf(to, "  attempt %u", work->attempt);
    text_char(to, '\n');
}

static void add_step(struct text *to, const struct run *run, const struct run_step *step)
{
    uint64_t failed = tally_failed(&step->tally), left = step == run->current ? plan_left(&run->plan) : SOURCE_UNKNOWN;

    text_printf(to, "mpool: %s: ", step->step->name);
    text_number(to, step->tally.ended[MPOOL_DONE]);
    if (left != SOURCE_UNKNOWN && run->plan.items <= UINT64_MAX - left) {
        text_string(to, " of ");
        text_number(to, run->plan.items + left);
    }
    text_string(to, " done");
    if (failed > 0) {
        text_string(to, ", ");
        text_number(to, failed);
        text_string(to, " failed");
    }
    text_string(to, step->tally.end_ns != 0 ? ", in " : ", after ");
    span_add(to, (step->tally.end_ns != 0 ? step->tally.end_ns : clock_ns()) - step->tally.start_ns);
    text_char(to, '\n');
}

void running_tell(struct run *run, struct text *to)
{
    for (size_t i = 0; i < run->jobfile.step_count; i++) {
        const struct run_step *step = &run->steps[run->jobfile.order[i]];
        if (step->tally.start_ns != 0)
            add_step(to, run, step);
    }
    if (run->current == NULL)
        return;
    describe_since(run, INT64_MAX);
    struct found found = look(run);
    for (size_t i = 0; i < found.count; i++) {
        /* What has no ticket any more has ended in the meantime. */
        if (!found.works[i].known)
            continue;
        text_string(to, "  ");
        running_line(to, &found.works[i], run->steps[found.works[i].caption.step].step->name, board_clock_ns());
    }
    free(found.works);
}

/* ---- the steps --------------------------------------------------------------------------------------------------- */

void running_begin_step(struct run *run, const struct run_step *step)
{
    const struct limits *limits = &step->step->limits;
    struct board_run *board = board_run(board_own());
    size_t place = (size_t)(step - run->steps);

    atomic_store(&board->at_most, limits->at_most);
    atomic_store(&board->delay_ms, limits->delay_ms);
    atomic_store(&board->backoff_ms, limits->retries > 0 ? limits->backoff_ms : 0);
    atomic_store(&board->read, 0);
    if (place < BOARD_STEPS)
        atomic_store(&board->steps[place], BOARD_RUNS);
    atomic_store(&board->step, (int)place);
}

void running_end_step(struct run *run, const struct run_step *step)
{
    struct board_run *board = board_run(board_own());
    size_t place = (size_t)(step - run->steps);

    atomic_store(&board->step, -1);
    if (place < BOARD_STEPS)
        atomic_store(&board->steps[place], BOARD_OVER);
}
