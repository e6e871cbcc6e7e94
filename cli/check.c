/*
 * cli/check.c - `mpool check`: is the job file right, and how many jobs has it?
 *
 * Runs in: the mpool command. Nothing is forked. Owns: nothing beyond the call.
 *
 * The jobs are counted by asking the sources for all of their items, so a directory is walked; standard input and FIFOs
 * are left alone, for what is read from them would be gone.
 */
#include "cli/command.h"
#include "cli/jobfile.h"
#include "cli/names.h"
#include "cli/options.h"
#include "cli/secrets.h"
#include "cli/source.h"

#include <inttypes.h>
#include <mpool/functions.h>
#include <stdio.h>
#include <string.h>

/* Faults of a step that are shown, one a line; the others are counted. */
#define FAULTS_SHOWN 10

struct count {
    uint64_t jobs;
    uint64_t faults;
};

static void show_fault(const struct step *step, const struct source *source, const struct item *item)
{
    struct text line = {0};

    text_printf(&line, "mpool: %s: ", step->name);
    item_show(&line, item);
    text_printf(&line, ": %s\n", secrets_hidden(source->fault));
    text_write(&line, stderr);
    text_free(&line);
}

static struct count count_jobs(const struct step *step)
{
    struct source *source = source_open(step);
    struct count count = {0};
    enum source_answer answer;
    struct item item;

    /* What is known need not be counted; of a range it could take for ever. */
    if (source_left(source) != SOURCE_UNKNOWN) {
        count.jobs = source_left(source);
        source_close(source);
        return count;
    }
    while ((answer = source_next(source, &item)) != SOURCE_END) {
        count.jobs += answer != SOURCE_LATER;
        if (answer == SOURCE_FAULT && count.faults++ < FAULTS_SHOWN)
            show_fault(step, source, &item);
    }
    if (count.faults > FAULTS_SHOWN)
        (void)fprintf(stderr, "mpool: %s: … %llu more\n", step->name,
                      (unsigned long long)(count.faults - FAULTS_SHOWN));
    source_close(source);
    return count;
}

/* What is read only once is not read here; it is told what makes a job in it. */
static void print_stream(const struct step *step, const char *stream, int width)
{
    struct text line = {0};

    text_printf(&line, "%-*s  ", width, step->name);
    if (step->source->unit == NULL)
        text_string(&line, "a number of jobs that depends on ");
    else if (step->batch > 0)
        text_printf(&line, "a job for every %" PRId64 " %s from ", step->batch, step->source->unit);
    else
        text_printf(&line, "as many jobs as %s from ", step->source->unit);
    names_escape(&line, stream, strlen(stream));
    (void)printf("%s\n", line.data);
    text_free(&line);
}

static size_t name_width(const struct jobfile *jobfile)
{
    size_t width = 0;

    for (size_t i = 0; i < jobfile->step_count; i++) {
        size_t length = strlen(jobfile->steps[i].name);
        width = length > width ? length : width;
    }
    return width;
}

static int check(const struct jobfile *jobfile)
{
    int width = (int)name_width(jobfile);
    struct text line = {0};
    uint64_t faults = 0;

    for (size_t i = 0; i < jobfile->step_count; i++) {
        const struct step *step = &jobfile->steps[i];
        const char *stream = source_stream(step);
        if (stream != NULL) {
            print_stream(step, stream, width);
            continue;
        }
        struct count count = count_jobs(step);
        faults += count.faults;
        if (count.jobs == 0)
            source_say_nothing(step);
        text_clear(&line);
        text_number(&line, count.jobs);
        (void)printf("%-*s  %s job%s\n", width, step->name, line.data, count.jobs == 1 ? "" : "s");
    }
    text_free(&line);
    return faults > 0 ? EXIT_JOBS : EXIT_DONE;
}

int command_check(int argc, char **argv)
{
    struct options options;
    struct jobfile jobfile;
    int code = EXIT_USAGE;

    options_check(&options, argc, argv);
    if (jobfile_read(&jobfile, options.file, options.settings, options.setting_count))
        code = check(&jobfile);
    jobfile_free(&jobfile);
    options_free(&options);
    return code;
}
