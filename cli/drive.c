/*
 * cli/drive.c - the jobs of one step, from the first to the last
 *
 * Runs in: the mpool command, on its main thread. Owns: the iterator.
 *
 * The plan gives jobs to an iterator of the pool as the pool has room for them, and each result is counted, shown,
 * written and forgotten as it comes. A reader that is slow is waited for, and signals are heeded meanwhile.
 */
#include "cli/drive.h"

#include "cli/finding.h"
#include "cli/median.h"
#include "cli/program.h"
#include "cli/progress.h"
#include "cli/running.h"
#include "cli/secrets.h"
#include "cli/shelf.h"
#include "cli/source.h"
#include "cli/stages.h"
#include "cli/targets.h"

#include <string.h>

/* How long after its time a program's worker may still be there. */
#define PROGRAM_GRACE_MS 5000

/* How long to wait for a result before looking at signals, and at the clock. */
#define WAIT_MS 100

/* A broken pool ends by itself, and soon. */
#define JOIN_MS 10000

/* The same while something waits for the journal, to be shown. */
#define SHOW_MS 5

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

/* The result of a job that is done: of a program it is a part of what its job has reported. */
static mpool_err read_value(struct run *run, const struct step *step, const mpool_result *result, msgpack_object *value)
{
    struct finding finding;

    if (step->program == NULL)
        return mpool_result_object(result, &run->zone, value);
    finding_read(result, &run->zone, &finding);
    *value = finding.value;
    return MPOOL_OK;
}

/* Does a total or a later step need the results? Then a resumed run will, too. */
static bool needs_values(const struct step *step)
{
    if (step->shelf != NULL)
        return true;
    for (size_t i = 0; i < step->total_count; i++) {
        if (step->totals[i].kind != AGGREGATE_COUNT || step->totals[i].by != NULL)
            return true;
    }
    return false;
}

/* Adds a job that is done to the totals, and to what later steps get. NULL; or why it has failed all the same. */
static const char *add_up(struct run *run, struct run_step *step, uint64_t index, const struct item *item,
                          const mpool_result *result, msgpack_object *value)
{
    const char *fault;

    if (!step->ledger.kept && !step->writes_values && step->step->shelf == NULL)
        return NULL;
    if (read_value(run, step->step, result, value) != MPOOL_OK)
        return "its result cannot be read";
    fault = ledger_add(&step->ledger, index, item, value);
    if (fault == NULL && step->step->shelf != NULL)
        shelf_add(step->step->shelf, index, item, value);
    return fault;
}

static void write_down(struct run *run, const struct ticket *ticket, const mpool_result *result, mpool_status status,
                       const char *error, const msgpack_object *value)
{
    struct run_step *step = run->current;
    struct journal_job job = {.step = (size_t)(step - run->steps),
                              .index = ticket->index,
                              .key = ticket->key,
                              .status = status,
                              .attempts = result->attempts,
                              .worker = result->worker,
                              .signal = result->signal,
                              .exit_code = result->exit_code,
                              .run_ns = result->run_ns,
                              .error = error,
                              .output_end = output_end(&run->output)};
    msgpack_packer packer;

    if (step->writes_values && status == MPOOL_DONE) {
        msgpack_sbuffer_clear(&run->packed);
        msgpack_packer_init(&packer, &run->packed, msgpack_sbuffer_write);
        (void)msgpack_pack_object(&packer, *value);
        job.value = run->packed.data;
        job.value_size = run->packed.size;
    }
    history_add(&run->history, &job, &ticket->item);
}

/* What a job has made is put in its place when it is written down that it is done. Otherwise nothing is left of it. */
static void take_outputs(struct run *run, const struct ticket *ticket, mpool_status status)
{
    const struct targets *targets = run->current->step->targets;
    struct text problem = {0};

    if (targets_outputs(targets, &ticket->item, ticket->index, &run->paths, &problem)) {
        if (status == MPOOL_DONE)
            placing_add(&run->placing, &run->paths);
        else if (status == MPOOL_CANCELLED)
            placing_leave(&run->placing, &run->paths); /* its worker is perhaps just being killed */
        else
            placing_drop(&run->paths);
    }
    text_free(&problem);
    if (placing_is_full(&run->placing) && history_flush(&run->history))
        placing_flush(&run->placing);
}

/*
 * The output of a job, for who has started the run, and its line of --output. If one of them cannot be written,
 * drive_revoke() is told that it is lost.
 */
static void show(struct run *run, const struct ticket *ticket, const mpool_result *result, mpool_status status)
{
    struct run_step *step = run->current;
    bool shown = step->step->program != NULL &&
                 console_show(&run->console, result, step->step->program->tag ? &ticket->item : NULL, stages_look, run);

    if (status != MPOOL_DONE)
        return;
    if (shown)
        writer_owe(&run->console.out, run->history.rows, &step->tally);
    if (run->output.writer.name != NULL)
        writer_owe(&run->output.writer, run->history.rows, &step->tally);
}

/* Counts and writes one result. The ticket has what is known of the job. */
static void settle(struct run *run, const mpool_result *come)
{
    mpool_result told = *come, *result = &told;
    struct run_step *step = run->current;
    const struct ticket *ticket = tickets_get(&run->plan.tickets, result->tag);
    msgpack_object value = {.type = MSGPACK_OBJECT_NIL};
    mpool_status status = result->status;
    const char *fault = NULL;

    told.error = secrets_hidden(come->error);
    if (status == MPOOL_DONE)
        fault = add_up(run, step, ticket->index, &ticket->item, result, &value);
    if (fault != NULL)
        status = MPOOL_FAILED;
    step->tally.ended[status]++;
    if (step->step->limits.timeout_percent > 0 && result->status == MPOOL_DONE)
        median_add(result->run_ns);
    if (run->output.writer.name != NULL)
        output_result(&run->output, step->step, ticket->index, &ticket->item, result, fault);
    write_down(run, ticket, result, status, fault != NULL ? fault : result->error, &value);
    if (step->step->targets != NULL)
        take_outputs(run, ticket, status);
    show(run, ticket, result, status);
    joblog_add(&run->joblog, step->step, ticket->index, &ticket->item, result, status);
    if (status == MPOOL_FAILED || status == MPOOL_CRASHED || status == MPOOL_TIMED_OUT)
        failures_add(&run->failures, step->step, ticket->index, &ticket->item, result, fault);
    tickets_give_back(&run->plan.tickets, result->tag);
    msgpack_zone_clear(&run->zone);
    look_at_halt(run);
}

/* An item for which there can be no job counts as a failed one. */
static void take_fault(void *user, uint64_t index, const struct item *item, const char *error)
{
    struct run *run = user;
    struct run_step *step = run->current;
    struct journal_job job = {
        .step = (size_t)(step - run->steps), .index = index, .status = MPOOL_FAILED, .run_ns = -1};

    job.error = error = secrets_hidden(error);
    step->tally.ended[MPOOL_FAILED]++;
    output_fault(&run->output, step->step, index, item, MPOOL_FAILED, error);
    job.output_end = output_end(&run->output);
    key_make(&(struct key_parts){0}, &run->history.scratch, &job.key);
    history_add(&run->history, &job, item);
    failures_add_item(&run->failures, step->step, item, error);
}

/* An item for which everything is there already has no job, and that is no failure. */
static void take_current(void *user, uint64_t index, const struct item *item, const struct key *key)
{
    struct run *run = user;
    struct run_step *step = run->current;
    struct journal_job job = {.step = (size_t)(step - run->steps),
                              .index = index,
                              .key = *key,
                              .status = MPOOL_SKIPPED,
                              .run_ns = -1,
                              .error = TARGETS_CURRENT};

    placing_drop(&run->plan.outputs); /* what a run has left that was killed */
    step->tally.ended[MPOOL_SKIPPED]++;
    step->tally.current++;
    output_fault(&run->output, step->step, index, item, MPOOL_SKIPPED, TARGETS_CURRENT);
    job.output_end = output_end(&run->output);
    history_add(&run->history, &job, item);
}

/* A job that was done earlier counts, and adds to the totals; one that is not wanted stays pending. */
static bool take_known(void *user, uint64_t index, const struct item *item, const struct key *key, int64_t row)
{
    struct run *run = user;
    struct run_step *step = run->current;
    struct journal_job job = {.step = (size_t)(step - run->steps),
                              .index = index,
                              .key = *key,
                              .status = MPOOL_DONE,
                              .run_ns = -1,
                              .output_end = -1,
                              .resumed = row};
    msgpack_unpacked value;
    const void *bytes;
    size_t size, offset = 0;
    bool counts = true;

    if (row == 0)
        return true;
    if (step->step->targets != NULL && !(placing_finish(&run->plan.outputs) &&
                                         targets_are_current(step->step->targets, item, index, &run->plan.outputs)))
        return false;
    msgpack_unpacked_init(&value);
    if (step->writes_values)
        counts = resume_value(run->history.resume, row, &bytes, &size) &&
                 msgpack_unpack_next(&value, bytes, size, &offset) == MSGPACK_UNPACK_SUCCESS;
    counts = counts && ledger_add(&step->ledger, index, item, &value.data) == NULL;
    if (counts && step->step->shelf != NULL)
        shelf_add(step->step->shelf, index, item, &value.data);
    msgpack_unpacked_destroy(&value);
    if (!counts)
        return false;
    step->tally.ended[MPOOL_DONE]++;
    step->tally.resumed++;
    history_add(&run->history, &job, item);
    return true;
}

/* What is shown is written down before. What a signal leaves is written after stages_look(). */
static void flush(struct run *run)
{
    if (history_flush(&run->history)) {
        placing_flush(&run->placing);
        (void)output_flush(&run->output);
    }
    (void)joblog_flush(&run->joblog);
}

/* What one writer has lost the other may owe as well. */
static void revoke(struct run *run, struct writer *writer, struct writer *other)
{
    struct text why = {0};
    struct writer_job job;

    if (writer->error != 0)
        text_printf(&why, JOURNAL_LOST ": %s", strerror(writer->error));
    while (writer_lost(writer, &job)) {
        writer_forget(other, job.row);
        job.tally->ended[MPOOL_DONE]--;
        job.tally->ended[MPOOL_FAILED]++;
        history_revoke(&run->history, job.row, why.data);
    }
    text_free(&why);
}

void drive_revoke(struct run *run)
{
    revoke(run, &run->console.out, &run->output.writer);
    revoke(run, &run->output.writer, &run->console.out);
}

static void look_at_jobs_file(struct run *run)
{
    unsigned jobs = jobs_file_look(&run->jobs_file, clock_coarse_ns());
    mpool_err err = jobs > 0 ? mpool_pool_resize(run->pool, jobs) : MPOOL_OK;

    if (err != MPOOL_OK)
        run_break(run, run->jobs_file.path, err);
    else if (jobs > 0)
        run->plan.workers = jobs;
}

/* Writes down how many jobs the step has, once that is known. */
static void tell_jobs(struct run *run, struct run_step *step)
{
    uint64_t jobs = jobs_known(&run->plan);

    if (jobs == SOURCE_UNKNOWN || (step->jobs_told && jobs == step->jobs))
        return;
    step->jobs_told = true;
    step->jobs = jobs;
    history_jobs(&run->history, (size_t)(step - run->steps), jobs);
}

static void drive(struct run *run)
{
    const mpool_result *result;
    mpool_err err;

    do {
        err = mpool_iter_next(run->iter, console_waits(&run->console) ? SHOW_MS : WAIT_MS, &result);
        if (err == MPOOL_OK)
            settle(run, result);
        if (progress_tick(run, clock_coarse_ns()) || output_is_full(&run->output))
            flush(run);
        if (history_shows(&run->history)) {
            placing_flush(&run->placing);
            console_flush(&run->console, stages_look, run);
        }
        drive_revoke(run);
        look_at_jobs_file(run);
        if (run->plan.ended)
            tell_jobs(run, run->current);
        stages_look(run);
    } while (err == MPOOL_OK || err == MPOOL_E_TIMEOUT);
    stages_look(run);
    if (history_flush(&run->history))
        placing_flush(&run->placing);
    console_flush(&run->console, stages_look, run);
    /* What nobody has cancelled was cancelled by a pool that is broken. */
    if (err == MPOOL_E_END && run->stage == RUN_ON && run->current->tally.ended[MPOOL_CANCELLED] > 0)
        err = mpool_pool_join(run->pool, JOIN_MS);
    if (err != MPOOL_E_END && !(err == MPOOL_E_CLOSED && run->stage > RUN_ON))
        run_break(run, run->current->step->name, err);
}

/* Of jobs that are killed with the run no result comes. */
static void leave_outputs(struct run *run, const struct step *step)
{
    struct text problem = {0};

    for (size_t i = 0; step->targets != NULL && i < run->plan.tickets.count; i++) {
        const struct ticket *ticket = tickets_get(&run->plan.tickets, i);
        if (ticket->job != 0 && targets_outputs(step->targets, &ticket->item, ticket->index, &run->paths, &problem))
            placing_leave(&run->placing, &run->paths);
    }
    text_free(&problem);
}

/* What a stopped step has not come to: jobs of which no result came, and items that were not asked for. */
static void count_pending(struct run *run, struct run_step *step)
{
    uint64_t left = plan_left(&run->plan);

    tell_jobs(run, step);
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
                       .alone = step->halt.when != HALT_NEVER,
                       .discard_value = run->output.writer.name == NULL && !program && !run_step->ledger.kept &&
                                        !run_step->writes_values && step->shelf == NULL,
                       .measure = run->output.writer.name != NULL || run->joblog.writer.name != NULL ||
                                  limits->timeout_percent > 0 || run->history.journal != NULL};

    if (program) {
        task.timeout_ms += task.timeout_ms > 0 ? PROGRAM_GRACE_MS : 0;
    } else {
        task.soft_timeout_ms = limits->soft_timeout_ms;
        task.memory_bytes = (size_t)limits->memory_bytes;
        task.cpu_ms = limits->cpu_ms;
    }
    return task;
}

static void begin_plan(struct run *run, struct run_step *step)
{
    plan_begin(&run->plan, step->step, run);
    run->plan.jobs_before = run->jobs_before;
    run->plan.history = &run->history;
    run->plan.place = (size_t)(step - run->steps);
    run->plan.fault = take_fault;
    run->plan.known = take_known;
    run->plan.current = take_current;
}

void drive_step(struct run *run, struct run_step *step)
{
    const struct step *what = step->step;
    mpool_collect collect[MPOOL_TOTALS_MAX];
    mpool_task task;
    mpool_pool_stats stats = {0};

    step->writes_values = run->history.journal != NULL && needs_values(what);
    task = make_task(run, step);
    task.collect = collect;
    task.collect_count = ledger_collect(&step->ledger, collect);
    run->current = step;
    step->tally.start_ns = clock_ns();
    median_begin();
    begin_plan(run, step);
    (void)mpool_pool_stats_read(run->pool, &stats);
    run->plan.workers = stats.workers;
    tell_jobs(run, step);
    running_begin_step(run, step);
    mpool_err err = what->in_order ? mpool_pool_imap(run->pool, &task, plan_next, &run->plan, &run->iter)
                                   : mpool_pool_imap_unordered(run->pool, &task, plan_next, &run->plan, &run->iter);
    if (err == MPOOL_OK) {
        drive(run);
        mpool_iter_free(run->iter);
        run->iter = NULL;
    } else {
        run_break(run, what->name, err);
    }
    if (what->shelf != NULL && run->plan.ended) {
        shelf_finish(what->shelf);
        stages_look(run);
    }
    step->tally.end_ns = clock_ns();
    if (run->plan.ended && run->plan.items == 0 && !run->said_nothing) {
        progress_clear();
        source_say_nothing(what);
    }
    count_pending(run, step);
    leave_outputs(run, what);
    running_end_step(run, step);
    run->jobs_before += run->plan.jobs;
    plan_end(&run->plan);
    run->current = NULL;
}

void drive_past(struct run *run, struct run_step *step)
{
    run->current = step;
    begin_plan(run, step);
    count_pending(run, step);
    running_end_step(run, step);
    plan_end(&run->plan);
    run->current = NULL;
}
