/*
 * cli/drive.c - the jobs of one step, from the first to the last
 *
 * Runs in: the mpool command, on its main thread. Owns: the iterator.
 *
 * The plan gives jobs to an iterator of the pool as the pool has room for them, and each result is counted, shown,
 * written and forgotten as it comes. A reader that is slow is waited for, and signals are heeded meanwhile.
 */
#include "cli/drive.h"

#include "cli/program.h"
#include "cli/progress.h"
#include "cli/source.h"
#include "cli/stages.h"

/* How long after its time a program's worker may still be there. */
#define PROGRAM_GRACE_MS 5000

/* How long to wait for a result before looking at signals, and at the clock. */
#define WAIT_MS 100

static uint64_t jobs_known(const struct plan *plan)
{
    uint64_t left = plan_left(plan);

    return left == SOURCE_UNKNOWN ? left : plan->items + left;
}

static void look_at_halt(struct run *run)
{
    const struct run_step *step = run->current;

    if (step->step->halt.when != HALT_NEVER &&
        halt_reached(&step->step->halt, &step->tally, step->step->halt.share ? jobs_known(&run->plan) : 0))
        stages_halt(run, &step->step->halt);
}

/* Counts and writes one result. The ticket has what is known of the job. */
static void settle(struct run *run, const mpool_result *result)
{
    struct run_step *step = run->current;
    const struct ticket *ticket = tickets_get(&run->plan.tickets, result->tag);

    mpool_status status = result->status;
    const char *fault = NULL;

    if (status == MPOOL_DONE)
        fault = ledger_add(&step->ledger, ticket->index, &ticket->item, result);
    if (fault != NULL)
        status = MPOOL_FAILED;
    step->tally.ended[status]++;
    if (step->step->program != NULL)
        console_show(&run->console, result, step->step->program->tag ? &ticket->item : NULL, stages_look, run);
    if (run->output.writer.name != NULL)
        output_result(&run->output, step->step, ticket->index, &ticket->item, result, fault);
    joblog_add(&run->joblog, step->step, ticket->index, &ticket->item, result);
    if (status == MPOOL_FAILED || status == MPOOL_CRASHED || status == MPOOL_TIMED_OUT)
        failures_add(&run->failures, step->step, ticket->index, &ticket->item, result, fault);
    tickets_give_back(&run->plan.tickets, result->tag);
    look_at_halt(run);
}

/* An item for which there can be no job counts as a failed one. */
static void take_fault(void *user, uint64_t index, const struct item *item, const char *error)
{
    struct run *run = user;
    struct run_step *step = run->current;

    step->tally.ended[MPOOL_FAILED]++;
    output_fault(&run->output, step->step, index, item, error);
    failures_add_item(&run->failures, step->step, item, error);
}

static void flush(struct run *run)
{
    (void)output_flush(&run->output);
    (void)joblog_flush(&run->joblog);
}

static void drive(struct run *run)
{
    const mpool_result *result;
    mpool_err err;

    while ((err = mpool_iter_next(run->iter, WAIT_MS, &result)) == MPOOL_OK || err == MPOOL_E_TIMEOUT) {
        if (err == MPOOL_OK)
            settle(run, result);
        if (progress_tick(run, clock_coarse_ns()))
            flush(run); /* what a signal leaves is written after stages_look() */
        stages_look(run);
    }
    if (err != MPOOL_E_END && !(err == MPOOL_E_CLOSED && run->stage > RUN_ON))
        run_break(run, run->current->step->name, err);
}

/* What a stopped step has not come to: jobs of which no result came, and items that were not asked for. */
static void count_pending(struct run *run, struct run_step *step)
{
    uint64_t left = plan_left(&run->plan);

    step->tally.pending = run->plan.items - tally_ended(&step->tally);
    if (left == SOURCE_UNKNOWN)
        step->tally.more = true;
    else
        step->tally.pending += left;
}

/*
 * A program's time is kept by the function that runs it, and its memory and CPU time by the kernel; a worker that does
 * not come to its end then is killed a little later.
 */
static mpool_task make_task(const struct run *run, const struct run_step *run_step)
{
    const struct step *step = run_step->step;
    const struct limits *limits = &step->limits;
    bool program = step->program != NULL;
    mpool_task task = {.function = step->function,
                       .timeout_ms = limits->timeout_ms,
                       .retries = limits->retries,
                       .retry_on = limits->retry_on,
                       .backoff_ms = limits->backoff_ms,
                       .priority = limits->priority,
                       .delay_ms = limits->delay_ms,
                       .at_most = limits->at_most,
                       .at_most_key = limits->at_most > 0 ? step->name : NULL,
                       .once = limits->once,
                       .discard_value = run->output.writer.name == NULL && !program && !run_step->ledger.kept,
                       .measure = run->output.writer.name != NULL || run->joblog.writer.name != NULL};

    if (program) {
        task.timeout_ms += task.timeout_ms > 0 ? PROGRAM_GRACE_MS : 0;
    } else {
        task.soft_timeout_ms = limits->soft_timeout_ms;
        task.memory_bytes = (size_t)limits->memory_bytes;
        task.cpu_ms = limits->cpu_ms;
    }
    return task;
}

void drive_step(struct run *run, struct run_step *step)
{
    const struct step *what = step->step;
    mpool_collect collect[MPOOL_TOTALS_MAX];
    mpool_task task = make_task(run, step);
    mpool_pool_stats stats = {0};

    task.collect = collect;
    task.collect_count = ledger_collect(&step->ledger, collect);
    run->current = step;
    step->tally.start_ns = clock_ns();
    plan_begin(&run->plan, what, take_fault, run);
    (void)mpool_pool_stats_read(run->pool, &stats);
    run->plan.workers = stats.workers;
    mpool_err err = what->in_order ? mpool_pool_imap(run->pool, &task, plan_next, &run->plan, &run->iter)
                                   : mpool_pool_imap_unordered(run->pool, &task, plan_next, &run->plan, &run->iter);
    if (err == MPOOL_OK) {
        drive(run);
        mpool_iter_free(run->iter);
        run->iter = NULL;
    } else {
        run_break(run, what->name, err);
    }
    step->tally.end_ns = clock_ns();
    if (run->plan.ended && run->plan.items == 0) {
        progress_clear();
        source_say_nothing(what);
    }
    count_pending(run, step);
    plan_end(&run->plan);
    run->current = NULL;
}

void drive_past(struct run *run, struct run_step *step)
{
    run->current = step;
    plan_begin(&run->plan, step->step, take_fault, run);
    count_pending(run, step);
    plan_end(&run->plan);
    run->current = NULL;
}
