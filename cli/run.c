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
 *   again, or SIGTERM       these are asked to stop, programs by SIGTERM, and killed five seconds later
 *   once more               the pool is terminated: they are killed
 *   a write error           the same; exit 3, or death by SIGPIPE where nobody reads any more
 *   a slow reader           is waited for, and signals are heeded meanwhile; once they ask to stop now, not for long
 *   the pool is broken      what it said about it; exit 3
 *
 * In each case the totals and numbers of what was done are printed, and the pool is freed before the end.
 */
#include "cli/run.h"

#include "cli/command.h"
#include "cli/dry.h"
#include "cli/names.h"
#include "cli/program.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/source.h"
#include "cli/spool.h"
#include "cli/summary.h"
#include "cli/work/work.h"

#include <mpool/functions.h>
#include <mpool/init.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long jobs have that were told to stop. */
#define GRACE_MS 5000

/* How long after its time a program's worker may still be there. */
#define PROGRAM_GRACE_MS 5000

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

/* `rest` is told where nothing runs any more; NULL: nothing is. */
static void say_stopping(const struct run *run, const char *doing, const char *then, const char *rest)
{
    mpool_pool_stats stats = {0};
    struct text line = {0};

    (void)mpool_pool_stats_read(run->pool, &stats);
    text_printf(&line, "mpool: %s ", doing);
    if (stats.jobs_running == 0 && rest == NULL) {
        text_clear(&line);
    } else if (stats.jobs_running == 0) {
        text_string(&line, rest);
    } else {
        text_number(&line, stats.jobs_running);
        text_printf(&line, " running job%s; ^C again %s %s\n", stats.jobs_running == 1 ? "" : "s", then,
                    stats.jobs_running == 1 ? "it" : "them");
    }
    progress_clear();
    (void)fwrite(line.data, 1, line.size, stderr);
    text_free(&line);
}

/* The stages of an end, each of which was asked for, or is due because nobody reads what is written. */
static void stop(struct run *run, enum run_stage stage)
{
    if (run->iter != NULL)
        mpool_iter_stop(run->iter);
    if (stage >= RUN_FINISHING && run->stage < RUN_FINISHING) {
        if (stage == RUN_FINISHING)
            say_stopping(run, "finishing", "stops", "what is to be written; ^C again stops it\n");
        (void)mpool_pool_drain(run->pool);
    }
    if (stage == RUN_STOPPING && run->stage < RUN_STOPPING && run->iter != NULL) {
        say_stopping(run, "stopping", "kills", NULL);
        (void)mpool_iter_cancel(run->iter, GRACE_MS);
    }
    if (stage == RUN_KILLING && run->stage < RUN_KILLING)
        (void)mpool_pool_terminate(run->pool);
    run->stage = stage;
}

/* Does what signals and write errors ask for. */
static void look_around(struct run *run)
{
    int asked = signals_asked() > 0 ? signals_heed() : 0;
    enum run_stage stage = (enum run_stage)asked;

    if (run->output.writer.error != 0 || run->console.out.error != 0)
        stage = RUN_KILLING;
    if (stage > run->stage)
        stop(run, stage);
}

/* ---- a step ------------------------------------------------------------------------------------------------------ */

static void wait_for_reader(void *user)
{
    look_around(user);
}

/* Counts and writes one result. The ticket has what is known of the job. */
static void settle(struct run *run, const mpool_result *result)
{
    struct run_step *step = run->current;
    const struct ticket *ticket = tickets_get(&run->plan.tickets, result->tag);

    step->tally.ended[result->status]++;
    if (step->step->program != NULL)
        console_show(&run->console, result, step->step->program->tag ? &ticket->item : NULL, wait_for_reader, run);
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

static void drive(struct run *run)
{
    const mpool_result *result;
    mpool_err err;

    while ((err = mpool_iter_next(run->iter, WAIT_MS, &result)) == MPOOL_OK || err == MPOOL_E_TIMEOUT) {
        if (err == MPOOL_OK)
            settle(run, result);
        if (progress_tick(run, clock_coarse_ns()))
            (void)output_flush(&run->output); /* what a signal leaves is written after look_around() */
        look_around(run);
    }
    if (err != MPOOL_E_END && !(err == MPOOL_E_CLOSED && run->stage > RUN_ON))
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

/*
 * A program's time is kept by the function that runs it, and its memory and CPU time by the kernel; a worker that does
 * not come to its end then is killed a little later.
 */
static mpool_task make_task(const struct run *run, const struct step *step)
{
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
                       .discard_value = run->output.writer.name == NULL && !program,
                       .measure = run->output.writer.name != NULL};

    if (program) {
        task.timeout_ms += task.timeout_ms > 0 ? PROGRAM_GRACE_MS : 0;
    } else {
        task.soft_timeout_ms = limits->soft_timeout_ms;
        task.memory_bytes = (size_t)limits->memory_bytes;
        task.cpu_ms = limits->cpu_ms;
    }
    return task;
}

static void run_step(struct run *run, struct run_step *step)
{
    const struct step *what = step->step;
    mpool_collect collect[MPOOL_TOTALS_MAX];
    mpool_task task = make_task(run, what);

    for (size_t i = 0; i < what->total_count; i++)
        collect[i] = (mpool_collect){.total = what->totals[i].pool_name, .field = what->totals[i].field};
    task.collect = collect;
    task.collect_count = what->total_count;
    run->current = step;
    step->tally.start_ns = clock_ns();
    plan_begin(&run->plan, what, take_fault, run);
    mpool_err err = what->in_order ? mpool_pool_imap(run->pool, &task, plan_next, &run->plan, &run->iter)
                                   : mpool_pool_imap_unordered(run->pool, &task, plan_next, &run->plan, &run->iter);
    if (err == MPOOL_OK) {
        drive(run);
        mpool_iter_free(run->iter);
        run->iter = NULL;
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

static bool has_programs(const struct run *run)
{
    bool has = false;

    for (size_t i = 0; i < run->jobfile.step_count; i++)
        has = has || run->jobfile.steps[i].program != NULL;
    return has;
}

static bool open_pool(struct run *run)
{
    mpool_pool_options options = {.workers = run->jobfile.workers, .output = MPOOL_OUTPUT_INHERIT};
    mpool_err err;

    if (run->options->workers > 0)
        options.workers = run->options->workers;
    int error = has_programs(run) ? spool_open() : 0;
    if (error != 0) {
        run->broken = true;
        say(spool_dir(), strerror(error));
        return false;
    }
    /* Signals are caught from here on: before, they end the command at once, and what it has started ends with it. */
    const int kept = spool_fd();
    err = mpool_init(&(mpool_init_options){.keep_fds = &kept, .keep_fd_count = kept > 0});
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
    progress_begin(mixed || run->options->quiet ? PROGRESS_NEVER : run->options->progress);
    for (size_t i = 0; i < run->jobfile.step_count; i++) {
        look_around(run);
        if (run->stage > RUN_ON || run->broken)
            pass_over(run, &run->steps[i]);
        else
            run_step(run, &run->steps[i]);
    }
    while (!output_flush(&run->output))
        look_around(run);
    output_close(&run->output);
    progress_clear();
}

/* The signal to die by; 0: none. Nobody reading what is written is told as to any command in a pipe. */
static int last_signal(const struct run *run)
{
    if (signals_first() != 0)
        return signals_first();
    if (run->console.out.error == EPIPE)
        return SIGPIPE;
    return run->output.writer.error == EPIPE || run->json.error == EPIPE ? SIGPIPE : 0;
}

static int exit_code(const struct run *run)
{
    uint64_t bad = 0;

    if (last_signal(run) != 0)
        return 128 + last_signal(run);
    if (run->broken || run->output.writer.error != 0 || run->console.out.error != 0 || run->json.error != 0)
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
        look_around(run);
    say_failure(&run->json);
    writer_fini(&run->json);
}

static int run_jobs(struct run *run)
{
    int code = EXIT_BROKEN;
    bool piped = run->options->output != NULL && strcmp(run->options->output, "-") == 0;

    console_open(&run->console, run->options->json || piped);
    if (open_pool(run) && open_totals(run)) {
        run_steps(run);
        say_failure(&run->output.writer);
        say_failure(&run->console.out);
        if (run->output.writer.error != EPIPE && run->console.out.error != EPIPE)
            summary_print(run);
        if (run->options->json)
            write_json(run);
        code = exit_code(run);
    } else {
        output_close(&run->output);
    }
    console_close(&run->console);
    mpool_pool_free(run->pool);
    mpool_fini();
    spool_close();
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

int run_whole(struct run *run)
{
    int code = EXIT_USAGE, death = 0;

    if (run->options->dry_run) {
        code = dry_run(&run->jobfile);
    } else if (output_open(&run->output, run->options->output, run->options->file)) {
        code = run_jobs(run);
        death = last_signal(run);
    }
    free_run(run);
    if (death != 0)
        signals_die(death);
    return code;
}

bool run_begin(struct run *run, const struct options *options)
{
    *run = (struct run){.options = options, .start_ns = clock_ns()};
    signals_ignore();
    mpool_err err = mpool_functions_register();
    if (err == MPOOL_OK)
        err = work_register();
    if (err == MPOOL_OK)
        return true;
    say_error(run, "cannot register functions", err);
    return false;
}

int command_run(int argc, char **argv)
{
    struct run run;
    struct options options;
    int code = EXIT_USAGE;

    options_run(&options, argc, argv);
    if (!run_begin(&run, &options))
        code = EXIT_BROKEN;
    else if (jobfile_read(&run.jobfile, options.file, options.settings, options.setting_count))
        code = run_whole(&run);
    else
        jobfile_free(&run.jobfile);
    options_free(&options);
    return code;
}
