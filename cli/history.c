/*
 * cli/history.c - what a run writes down of its jobs, and what it knows of those that were done earlier
 *
 * Runs in: the mpool command, on its main thread. Owns: the journal, and the index of earlier jobs.
 */
#include "cli/history.h"

#include "cli/board.h"
#include "cli/command.h"
#include "cli/program.h"
#include "cli/shelf.h"
#include "cli/source.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The disk may be busy with other things; longer than this it is broken. */
#define FLUSH_MS 60000

/* What programs do to the world cannot be had again by running them again: they are written down by default. */
static bool is_kept(const struct options *options, const struct jobfile *jobfile)
{
    bool programs = jobfile_has_programs(jobfile);

    return !options->no_journal && (programs || options->journal != NULL || options->resume || options->retry_failed);
}

static void tell_earlier(const struct journal_earlier *earlier)
{
    struct text line = {0};

    if (!earlier->unfinished || earlier->done == 0)
        return;
    text_string(&line, "mpool: ");
    text_number(&line, earlier->done);
    if (earlier->total > 0) {
        text_string(&line, " of ");
        text_number(&line, earlier->total);
    }
    text_string(&line, (earlier->total > 0 ? earlier->total : earlier->done) == 1 ? " job" : " jobs");
    text_string(&line, " done earlier, which --resume goes on with; this run begins anew\n");
    text_write(&line, stderr);
    text_free(&line);
}

int history_open(struct history *history, const struct options *options, const struct jobfile *jobfile,
                 const char *output, int64_t size)
{
    bool resume = options->resume || options->retry_failed;
    struct journal_options journal = {.file = options->journal,
                                      .jobfile = jobfile,
                                      .path = options->file,
                                      .settings = options->settings,
                                      .setting_count = options->setting_count,
                                      .output = output,
                                      .output_size = size,
                                      .resume = resume};

    *history = (struct history){.failed_only = options->retry_failed};
    if (!is_kept(options, jobfile))
        return 0;
    int code = journal_open(&history->journal, &journal);
    bool can_do_without = code == EXIT_USAGE || (code == EXIT_JOURNAL && options->concurrent);
    if (can_do_without && !resume && options->journal == NULL) {
        /* Nobody has asked for it; and where home is no place for one, it is so for every run. */
        (void)fputs("mpool: the run goes on without a journal, and cannot be resumed; ", stderr);
        (void)fputs("--journal FILE puts it elsewhere\n", stderr);
        return 0;
    }
    if (code != 0)
        return code;
    if (!resume) {
        if (!options->quiet)
            tell_earlier(journal_earlier(history->journal));
        return 0;
    }
    history->resume = resume_open(history->journal, jobfile);
    return history->resume != NULL ? 0 : EXIT_BROKEN;
}

int64_t history_output_base(const struct history *history)
{
    return history->resume != NULL ? journal_output_base(history->journal) : 0;
}

/* The state of the file that an item names, as far as its source says that it names one. */
static bool read_file(const struct step *step, const struct item *item, struct text *scratch, struct key_file *file)
{
    struct stat status;

    if ((step->source != &source_walk && step->source != &source_glob) || item->kind != ITEM_BYTES)
        return false;
    text_clear(scratch);
    text_add(scratch, item->bytes, item->size);
    if (stat(scratch->data, &status) != 0)
        return false;
    *file = (struct key_file){.size_bytes = status.st_size,
                              .mtime_ns = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec};
    return true;
}

void history_key(struct history *history, const struct step *step, const struct item *item, const char *args,
                 size_t args_size, struct key *key)
{
    struct key_file file;
    struct key_parts parts = {.function = step->function, .args = args, .args_size = args_size};

    if (history->journal == NULL)
        return;
    /* How long a program may run, and the like, is no part of what it does: it stands at the end. */
    if (step->program != NULL)
        parts.args_size -= step->program->how_size;
    if (read_file(step, item, &history->scratch, &file))
        parts.file = &file;
    if (step->input != NULL)
        parts.input = shelf_digest(step->input);
    key_make(&parts, &history->scratch, key);
}

enum resume_answer history_take(struct history *history, size_t step, const struct key *key, int64_t *row)
{
    return history->resume != NULL ? resume_take(history->resume, step, key, row) : RESUME_NEW;
}

void history_add(struct history *history, struct journal_job *job, const struct item *item)
{
    history->rows++;
    if (history->journal == NULL)
        return;
    text_clear(&history->scratch);
    text_string(&history->scratch, "");
    item_show(&history->scratch, item);
    job->item = history->scratch.data;
    job->item_size = history->scratch.size;
    history->last = journal_add(history->journal, job);
}

void history_revoke(struct history *history, uint64_t row, const char *why)
{
    if (history->journal != NULL)
        journal_revoke(history->journal, row, why);
}

void history_sign(struct history *history, const struct jobfile *jobfile)
{
    struct board_identity identity;

    if (history->journal == NULL ||
        !board_identify(journal_path(history->journal), journal_run(history->journal), &identity))
        return;
    board_sign(&identity);
    for (size_t i = 0; i < jobfile->step_count; i++) {
        uint64_t count = source_jobs(&jobfile->steps[i]);
        if (count != SOURCE_UNKNOWN)
            history_jobs(history, i, count);
    }
}

void history_jobs(struct history *history, size_t step, uint64_t count)
{
    if (history->journal != NULL)
        journal_jobs(history->journal, step, count);
}

bool history_shows(const struct history *history)
{
    return history->journal == NULL || journal_durable(history->journal) >= history->last;
}

bool history_flush(struct history *history)
{
    return history_shows(history) || journal_flush(history->journal, FLUSH_MS);
}

const char *history_failure(const struct history *history)
{
    const char *failure = history->journal != NULL ? journal_failure(history->journal) : NULL;

    if (failure == NULL && history->resume != NULL)
        failure = resume_failure(history->resume);
    return failure;
}

bool history_end(struct history *history, int code, const char *summary)
{
    bool ok = true;

    if (history->resume != NULL)
        resume_close(history->resume);
    if (history->journal != NULL)
        ok = journal_end(history->journal, code, summary);
    text_free(&history->scratch);
    *history = (struct history){0};
    return ok;
}
