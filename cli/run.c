/*
 * cli/run.c - `mpool run`: the jobs of a job file, step by step
 *
 * Runs in: the mpool command, on its main thread. Owns: the pool.
 *
 * Everything that can be wrong with the command line and the file is found before anything is forked. Then the steps
 * run one after the other: the plan gives jobs to an iterator of the pool as the pool has room for them, and each
 * result is counted, written and forgotten as it comes.
 *
 *   a signal, once (^C)     the pool is drained: the jobs that run come to their end, the others are cancelled
 *   again, or SIGTERM       the pool is terminated: what has not ended is cancelled
 *   a write error           the same; exit 3, or death by SIGPIPE where nobody reads any more
 *   a slow reader           is waited for, and signals are heeded meanwhile; once they ask to stop now, not for long
 *   the pool is broken      what it said about it; exit 3
 *
 * In each case the totals and numbers of what was done are printed, and the pool is freed before the end.
 */
#include "cli/run.h"

#include "cli/command.h"
#include "cli/names.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/source.h"
#include "cli/summary.h"

#include <mpool/functions.h>
#include <mpool/init.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long to wait for a result before looking at signals, and at the clock. */
#define WAIT_MS 100

/* ---- messages ---------------------------------------------------------------------------------------------------- */

static void say(const char *what, const char *why)
{
    struct text line = {0};

    text_string(&line, "mpool: ");
    names_clean(&line, what, strlen(what));
    text_string(&line, ": ");
    names_clean(&line, why, strlen(why));
    text_char(&line, '\n');
    progress_clear();
    (void)fwrite(line.data, 1, line.size, stderr);
    text_free(&line);
}

/* A call has failed that has to work for the run to go on. */
static void say_error(struct run *run, const char *what, mpool_err err)
{
    const char *detail = mpool_error_detail();

    run->broken = true;
    say(what, detail[0] != '\0' ? detail : mpool_err_text(err));
}

/* ---- stopping ---------------------------------------------------------------------------------------------------- */

static void say_finishing(const struct run *run)
{
    mpool_pool_stats stats = {0};
    struct text line = {0};

    (void)mpool_pool_stats_read(run->pool, &stats);
    text_string(&line, "mpool: finishing ");
    if (stats.jobs_running == 0) {
        text_string(&line, "what is to be written; ^C again stops it\n");
    } else {
        text_number(&line, stats.jobs_running);
        text_string(&line, stats.jobs_running == 1 ? " running job; ^C again stops it\n"
                                                   : " running jobs; ^C again stops them\n");
    }
    progress_clear();
    (void)fwrite(line.data, 1, line.size, stderr);
    text_free(&line);
}

/* Does what signals and write errors ask for. `iter` is that of the step that runs; NULL: none does. */
static void look_around(struct run *run, mpool_iter *iter)
{
    int asked = signals_asked() > 0 ? signals_heed() : 0;
    bool now = asked > 1 || run->output.writer.error != 0;

    if ((asked > 0 || now) && iter != NULL)
        mpool_iter_stop(iter);
    if (asked == 1 && !run->stopping) {
        say_finishing(run);
        (void)mpool_pool_drain(run->pool);
    }
    if (now && !run->terminated)
        (void)mpool_pool_terminate(run->pool);
    run->stopping = run->stopping || asked > 0 || now;
    run->terminated = run->terminated || now;
}

/* ---- a step ------------------------------------------------------------------------------------------------------ */

/* Counts and writes one result. The ticket has what is known of the job. */
static void settle(struct run *run, const mpool_result *result)
{
    struct run_step *step = run->current;
    const struct ticket *ticket = tickets_get(&run->plan.tickets, result->tag);

    step->tally.ended[result->status]++;
    if (run->output.writer.name != NULL)
        output_result(&run->output, step->step, ticket->index, &ticket->item, result);
    if (result->status == MPOOL_FAILED || result->status == MPOOL_CRASHED || result->status == MPOOL_TIMED_OUT)
        failures_add(&run->failures, step->step, ticket->index, &ticket->item, result);
    tickets_give_back(&run->plan.tickets, result->tag);
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

static void drive(struct run *run, mpool_iter *iter)
{
    const mpool_result *result;
    mpool_err err;

    while ((err = mpool_iter_next(iter, WAIT_MS, &result)) == MPOOL_OK || err == MPOOL_E_TIMEOUT) {
        if (err == MPOOL_OK)
            settle(run, result);
        if (progress_tick(run, clock_coarse_ns()))
            (void)output_flush(&run->output); /* what a signal leaves is written after look_around() */
        look_around(run, iter);
    }
    if (err != MPOOL_E_END && !(err == MPOOL_E_CLOSED && run->stopping))
        say_error(run, run->current->step->name, err);
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

static void run_step(struct run *run, struct run_step *step)
{
    const struct step *what = step->step;
    mpool_collect collect[MPOOL_TOTALS_MAX];
    mpool_task task = {.function = what->function,
                       .timeout_ms = what->limits.timeout_ms,
                       .soft_timeout_ms = what->limits.soft_timeout_ms,
                       .retries = what->limits.retries,
                       .retry_on = what->limits.retry_on,
                       .backoff_ms = what->limits.backoff_ms,
                       .collect = collect,
                       .collect_count = what->total_count,
                       .discard_value = run->output.writer.name == NULL,
                       .measure = run->output.writer.name != NULL};
    mpool_pool_stats stats = {0};
    mpool_iter *iter;

    for (size_t i = 0; i < what->total_count; i++)
        collect[i] = (mpool_collect){.total = what->totals[i].pool_name, .field = what->totals[i].field};
    run->current = step;
    step->tally.start_ns = clock_ns();
    plan_begin(&run->plan, what, take_fault, run);
    (void)mpool_pool_stats_read(run->pool, &stats);
    run->plan.workers = stats.workers;
    mpool_err err = mpool_pool_imap_unordered(run->pool, &task, plan_next, &run->plan, &iter);
    if (err == MPOOL_OK) {
        drive(run, iter);
        mpool_iter_free(iter);
    } else {
        say_error(run, what->name, err);
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

/* A step that was not begun because the run was stopped: its jobs are pending, if their number is known. */
static void pass_over(struct run *run, struct run_step *step)
{
    run->current = step;
    plan_begin(&run->plan, step->step, take_fault, run);
    count_pending(run, step);
    plan_end(&run->plan);
    run->current = NULL;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static bool open_totals(struct run *run)
{
    const struct jobfile *jobfile = &run->jobfile;

    run->steps = memory_get(jobfile->step_count * sizeof *run->steps);
    for (size_t i = 0; i < jobfile->step_count; i++) {
        const struct step *step = &jobfile->steps[i];
        run->steps[i].step = step;
        run->steps[i].totals = memory_get(step->total_count * sizeof(mpool_total *));
        for (size_t t = 0; t < step->total_count; t++) {
            mpool_err err =
                mpool_total_open(run->pool, step->totals[t].pool_name, step->totals[t].kind, &run->steps[i].totals[t]);
            if (err != MPOOL_OK) {
                say_error(run, step->totals[t].pool_name, err);
                return false;
            }
        }
    }
    return true;
}

static bool open_pool(struct run *run)
{
    mpool_pool_options options = {.workers = run->jobfile.workers, .output = MPOOL_OUTPUT_INHERIT};
    mpool_err err;

    if (run->options->workers > 0)
        options.workers = run->options->workers;
    /* Signals are caught from here on: before, they end the command at once, and what it has started ends with it. */
    err = mpool_init(NULL);
    if (err == MPOOL_OK)
        err = mpool_pool_open(&options, &run->pool);
    signals_catch();
    if (err == MPOOL_OK)
        return true;
    say_error(run, "cannot start workers", err);
    return false;
}

static void run_steps(struct run *run)
{
    /* Lines of results on the same terminal would be mixed up with the live line. */
    bool mixed = run->output.writer.name != NULL && isatty(run->output.writer.fd) == 1;
    progress_begin(mixed ? PROGRESS_NEVER : run->options->progress);
    for (size_t i = 0; i < run->jobfile.step_count; i++) {
        look_around(run, NULL);
        if (run->stopping || run->broken)
            pass_over(run, &run->steps[i]);
        else
            run_step(run, &run->steps[i]);
    }
    while (!output_flush(&run->output))
        look_around(run, NULL);
    output_close(&run->output);
    progress_clear();
}

/* The signal to die by; 0: none. Nobody reading what is written is told as to any command in a pipe. */
static int last_signal(const struct run *run)
{
    if (signals_first() != 0)
        return signals_first();
    return run->output.writer.error == EPIPE || run->json.error == EPIPE ? SIGPIPE : 0;
}

static int exit_code(const struct run *run)
{
    uint64_t bad = 0;

    if (last_signal(run) != 0)
        return 128 + last_signal(run);
    if (run->broken || run->output.writer.error != 0 || run->json.error != 0)
        return EXIT_BROKEN;
    for (size_t i = 0; i < run->jobfile.step_count; i++)
        bad += tally_bad(&run->steps[i].tally) + run->steps[i].tally.pending;
    return bad > 0 ? EXIT_JOBS : EXIT_DONE;
}

static void say_failure(const struct writer *writer)
{
    const char *failure = writer_failure(writer);

    if (failure != NULL)
        say(writer->name, failure);
}

static void write_json(struct run *run)
{
    writer_init(&run->json, "standard output", STDOUT_FILENO);
    summary_json(run, exit_code(run), &run->json.waiting);
    while (!writer_flush(&run->json))
        look_around(run, NULL);
    say_failure(&run->json);
    writer_fini(&run->json);
}

static int run_jobs(struct run *run)
{
    int code = EXIT_BROKEN;

    if (open_pool(run) && open_totals(run)) {
        run_steps(run);
        say_failure(&run->output.writer);
        if (run->output.writer.error != EPIPE)
            summary_print(run);
        if (run->options->json)
            write_json(run);
        code = exit_code(run);
    } else {
        output_close(&run->output);
    }
    mpool_pool_free(run->pool);
    mpool_fini();
    return code;
}

static void free_run(struct run *run)
{
    for (size_t i = 0; run->steps != NULL && i < run->jobfile.step_count; i++)
        free(run->steps[i].totals);
    free(run->steps);
    failures_free(&run->failures);
    jobfile_free(&run->jobfile);
}

int command_run(int argc, char **argv)
{
    struct run run = {0};
    struct options options;
    int code = EXIT_USAGE, death = 0;

    options_run(&options, argc, argv);
    run.options = &options;
    run.start_ns = clock_ns();
    signals_ignore();
    mpool_err err = mpool_functions_register();
    if (err != MPOOL_OK) {
        say_error(&run, "cannot register functions", err);
        return EXIT_BROKEN;
    }
    if (jobfile_read(&run.jobfile, options.file, options.settings, options.setting_count) &&
        output_open(&run.output, options.output, options.file)) {
        code = run_jobs(&run);
        death = last_signal(&run);
    }
    free_run(&run);
    options_free(&options);
    if (death != 0)
        signals_die(death);
    return code;
}
