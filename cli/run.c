/*
 * cli/run.c - `mpool run`: the jobs of a job file, step by step
 *
 * Runs in: the mpool command, on its main thread. Owns: the pool.
 *
 * Everything that can be wrong with the command line and the file is found before anything is forked. Then the steps
 * run one after the other (cli/drive.c). However that ends (cli/stages.c), the totals and numbers of what was done are
 * printed, and the pool is freed before the end.
 */
#include "cli/run.h"

#include "cli/board.h"
#include "cli/command.h"
#include "cli/drive.h"
#include "cli/dry.h"
#include "cli/files.h"
#include "cli/lines.h"
#include "cli/median.h"
#include "cli/needs.h"
#include "cli/notice.h"
#include "cli/orphans.h"
#include "cli/program.h"
#include "cli/progress.h"
#include "cli/shelf.h"
#include "cli/signals.h"
#include "cli/spool.h"
#include "cli/stages.h"
#include "cli/summary.h"
#include "cli/tempfile.h"
#include "cli/work/work.h"

#include <mpool/init.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *what, const char *why)
{
    progress_clear();
    notice(what, "%s", why);
}

void run_break(struct run *run, const char *what, mpool_err err)
{
    const char *detail = mpool_error_detail();

    run->broken = true;
    say(what, detail[0] != '\0' ? detail : mpool_err_text(err));
}

static bool open_totals(struct run *run)
{
    const struct jobfile *jobfile = &run->jobfile;

    run->steps = memory_get(jobfile->step_count * sizeof *run->steps);
    for (size_t i = 0; i < jobfile->step_count; i++) {
        const struct step *step = &jobfile->steps[i];
        run->steps[i].step = step;
        mpool_err err = ledger_open(&run->steps[i].ledger, run->pool, step, run->history.resume != NULL);
        if (err != MPOOL_OK) {
            run_break(run, step->name, err);
            return false;
        }
    }
    return true;
}

/* The descriptors that workers keep; to be freed. */
static int *list_kept(size_t *count)
{
    size_t shelves = shelves_lines(NULL, 0);
    int *kept = memory_get((shelves + 2) * sizeof *kept);

    *count = shelves_lines(kept, shelves);
    if (spool_fd() > 0)
        kept[(*count)++] = spool_fd();
    if (lines_fd() > 0)
        kept[(*count)++] = lines_fd();
    return kept;
}

/* 0; or an errno. */
static int open_files(struct run *run)
{
    bool lines = false;
    int error = jobfile_has_programs(&run->jobfile) ? spool_open() : 0;

    for (size_t i = 0; i < run->jobfile.step_count; i++)
        lines = lines || (run->jobfile.steps[i].program != NULL && run->jobfile.steps[i].program->lines);
    if (error == 0 && lines)
        error = lines_open(run->console.mute);
    if (error == 0 && !median_open())
        error = errno;
    return error == 0 ? shelves_open() : error;
}

static bool open_pool(struct run *run)
{
    mpool_pool_options options = {.workers = run->jobfile.workers, .output = MPOOL_OUTPUT_INHERIT};
    mpool_err err;

    if (run->options->workers > 0)
        options.workers = run->options->workers;
    if (run->jobs_file.path != NULL) {
        options.workers = run->jobs_file.jobs;
        options.workers_most = MPOOL_WORKERS_MAX;
    }
    int error = open_files(run);
    if (error != 0) {
        run->broken = true;
        say(tempfile_dir(), strerror(error));
        return false;
    }
    error = board_open();
    if (error != 0) {
        run->broken = true;
        say("memory that workers share", strerror(error));
        return false;
    }
    orphans_adopt();
    /* Signals are caught from here on: before, they end the command at once, and what it has started ends with it. */
    size_t kept_count;
    int *kept = list_kept(&kept_count);
    err = mpool_init(&(mpool_init_options){.keep_fds = kept, .keep_fd_count = kept_count});
    free(kept);
    if (err == MPOOL_OK)
        err = mpool_pool_open(&options, &run->pool);
    signals_catch();
    if (err == MPOOL_OK)
        return true;
    run_break(run, "cannot start workers", err);
    return false;
}

/* Has one of the steps that this one needs not come to what it is needed for? Then `why` says so. */
static bool is_hindered(const struct run *run, const struct step *step, struct text *why)
{
    for (size_t i = 0; i < step->need_count && why->size == 0; i++) {
        const struct run_step *needed = &run->steps[step->needs[i].step];
        uint64_t bad = tally_bad(&needed->tally);
        if (step->needs[i].any || (bad == 0 && !needed->skipped))
            continue;
        text_printf(why, "it needs \"%s\", ", needed->step->name);
        if (needed->skipped) {
            text_string(why, "which was skipped");
        } else {
            text_string(why, "of which ");
            text_number(why, bad);
            text_string(why, bad == 1 ? " job is not done" : " jobs are not done");
        }
    }
    return why->size > 0;
}

static void skip(struct run *run, struct run_step *step, const char *why)
{
    struct journal_job job = {.step = (size_t)(step - run->steps),
                              .index = JOURNAL_STEP,
                              .status = MPOOL_SKIPPED,
                              .run_ns = -1,
                              .error = why,
                              .output_end = -1};
    struct text line = {0};

    text_printf(&line, "%s is skipped", step->step->name);
    say(line.data, why);
    text_free(&line);
    step->skipped = true;
    drive_past(run, step);
    step->tally.ended[MPOOL_SKIPPED] = step->tally.pending;
    step->tally.pending = 0;
    history_add(&run->history, &job, &(struct item){0});
}

static void run_steps(struct run *run)
{
    /* Lines of results on the same terminal would be mixed up with the live line. */
    bool mixed = run->output.writer.name != NULL && isatty(run->output.writer.fd) == 1;
    progress_begin(mixed || run->options->quiet ? PROGRESS_NEVER : run->options->progress);
    for (size_t i = 0; i < run->jobfile.step_count; i++) {
        struct run_step *step = &run->steps[run->jobfile.order[i]];
        struct text why = {0};
        stages_look(run);
        if (run->stage > RUN_ON || run->broken)
            drive_past(run, step);
        else if (is_hindered(run, step->step, &why))
            skip(run, step, why.data);
        else
            drive_step(run, step);
        text_free(&why);
    }
    if (!history_flush(&run->history))
        text_clear(&run->output.writer.waiting);
    while (!output_flush(&run->output) || !joblog_flush(&run->joblog))
        stages_look(run);
    drive_revoke(run);
    output_close(&run->output);
    joblog_close(&run->joblog);
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
    if (run->broken || run->placing.error != 0 || history_failure(&run->history) != NULL ||
        run->output.writer.error != 0 || run->joblog.writer.error != 0 || run->console.out.error != 0 ||
        run->json.error != 0 || shelves_error() != 0)
        return EXIT_BROKEN;
    for (size_t i = 0; i < run->jobfile.step_count; i++)
        bad += tally_bad(&run->steps[i].tally) + run->steps[i].tally.pending;
    return bad > 0 && !run->halted_well ? EXIT_JOBS : EXIT_DONE;
}

static void say_failure(const struct writer *writer)
{
    const char *failure = writer_failure(writer);

    if (failure != NULL)
        say(writer->name, failure);
}

static void write_json(struct run *run, int code)
{
    writer_init(&run->json, "standard output", STDOUT_FILENO);
    summary_json(run, code, &run->json.waiting);
    while (!writer_flush(&run->json))
        stages_look(run);
    say_failure(&run->json);
    writer_fini(&run->json);
}

static bool to_standard_output(const struct run *run)
{
    return run->options->output != NULL && strcmp(run->options->output, "-") == 0;
}

/*
 * From here on the run is one, and its files are its own. What an interrupted one has written of --output stays, as far
 * as its journal knows of it.
 */
static int open_history(struct run *run)
{
    bool file = output_end(&run->output) >= 0 && run->output.writer.name != NULL;
    bool goes_on = run->options->resume || run->options->retry_failed;
    int code = history_open(&run->history, run->options, &run->jobfile, file ? run->output.writer.name : NULL,
                            file && goes_on ? output_end(&run->output) : 0);

    if (code != 0)
        return code;
    history_sign(&run->history, &run->jobfile);
    output_cut(&run->output, run->history.resume != NULL ? history_output_base(&run->history) : 0);
    joblog_begin(&run->joblog, goes_on);
    return 0;
}

/* The journal has the end of the run when nothing more can go wrong but the writing of it. */
static int close_history(struct run *run, int code)
{
    const char *failure = history_failure(&run->history);
    struct text summary = {0};

    if (run->history.journal == NULL)
        return code;
    if (failure != NULL) {
        progress_clear();
        notice(journal_path(run->history.journal),
               "%s; what is written down stands: when that is mended, go on with --resume", failure);
    }
    summary_json(run, code, &summary);
    if (!history_end(&run->history, code, summary.data) && code != 128 + last_signal(run))
        code = EXIT_BROKEN;
    text_free(&summary);
    return code;
}

static void say_placing(const struct run *run)
{
    struct text line = {0};

    if (run->placing.error == 0)
        return;
    text_printf(&line, "cannot be put in its place: %s; it is kept beside that, and --resume tries again",
                strerror(run->placing.error));
    say(run->placing.failed.data, line.data);
    text_free(&line);
}

static int run_opened(struct run *run)
{
    int code;

    run_steps(run);
    say_failure(&run->output.writer);
    say_failure(&run->console.out);
    say_failure(&run->joblog.writer);
    say_placing(run);
    if (shelves_error() != 0)
        say("results for a later step", strerror(shelves_error()));
    if (run->output.writer.error != EPIPE && run->console.out.error != EPIPE)
        summary_print(run);
    code = close_history(run, exit_code(run));
    if (run->options->json)
        write_json(run, code);
    return run->json.error != 0 ? exit_code(run) : code;
}

static int run_jobs(struct run *run)
{
    int code = EXIT_BROKEN;

    console_open(&run->console, &run->history, run->options->json || to_standard_output(run));
    if (!msgpack_zone_init(&run->zone, 4096))
        memory_exhausted();
    msgpack_sbuffer_init(&run->packed);
    if (open_pool(run))
        code = open_history(run);
    if (code == 0 && !open_totals(run))
        code = EXIT_BROKEN;
    if (code == 0) {
        code = run_opened(run);
    } else {
        output_close(&run->output);
        joblog_close(&run->joblog);
        (void)history_end(&run->history, code, "{}");
    }
    console_close(&run->console);
    msgpack_zone_destroy(&run->zone);
    msgpack_sbuffer_destroy(&run->packed);
    mpool_pool_free(run->pool);
    mpool_fini();
    if (run->broken)
        orphans_end();
    board_close();
    spool_close();
    lines_close();
    median_close();
    return code;
}

static void free_run(struct run *run)
{
    for (size_t i = 0; run->steps != NULL && i < run->jobfile.step_count; i++)
        ledger_close(&run->steps[i].ledger);
    free(run->steps);
    failures_free(&run->failures);
    placing_end(&run->placing);
    text_free(&run->paths);
    jobfile_free(&run->jobfile);
}

/* What the files have stays until the run has begun. False: one cannot be had, which was said. */
static bool open_writers(struct run *run)
{
    const struct options *options = run->options;

    return files_check(options, &run->jobfile) && jobs_file_open(&run->jobs_file, options->jobs_file) &&
           output_open(&run->output, options->output) && joblog_open(&run->joblog, options->joblog) &&
           files_check(options, &run->jobfile);
}

int run_whole(struct run *run)
{
    int code = EXIT_USAGE, death = 0;

    if (run->options->dry_run) {
        code = dry_run(&run->jobfile);
    } else if (open_writers(run)) {
        code = run_jobs(run);
        death = last_signal(run);
    } else {
        output_close(&run->output);
        joblog_close(&run->joblog);
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
    mpool_err err = work_register();
    if (err == MPOOL_OK)
        return true;
    run_break(run, "cannot register functions", err);
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
    else if (jobfile_read(&run.jobfile, options.file, options.settings, options.setting_count) &&
             (options.only == NULL || jobfile_only(&run.jobfile, options.only)))
        code = run_whole(&run);
    else
        jobfile_free(&run.jobfile);
    options_free(&options);
    return code;
}
