/*
 * cli/dry.c - what a run would do: `--dry-run`
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing.
 */
#include "cli/dry.h"

#include "cli/again.h"
#include "cli/command.h"
#include "cli/secrets.h"
#include "cli/source.h"
#include "cli/targets.h"

#include <stdio.h>

/* Is there nothing to be made? */
static bool is_current(const struct step *step, const struct item *item, uint64_t index)
{
    struct text outputs = {0}, problem = {0};
    bool current = step->targets != NULL && targets_outputs(step->targets, item, index, &outputs, &problem) &&
                   targets_are_current(step->targets, item, index, &outputs);

    text_free(&outputs);
    text_free(&problem);
    return current;
}

/* One line; a job that has no command in a shell has a comment there. */
static void print_job(const struct step *step, const struct item *item, uint64_t index)
{
    struct text line = {0};
    const char *impossible =
        is_current(step, item, index) ? TARGETS_CURRENT : again_add(step, item, index, &(struct late){0}, &line);

    if (impossible != NULL) {
        text_printf(&line, "# %s: ", step->name);
        item_show(&line, item);
        text_printf(&line, "%s%s", item->kind != ITEM_NONE ? ": " : "", impossible);
    }
    (void)printf("%s\n", line.data);
    text_free(&line);
}

static void print_fault(const struct step *step, const struct item *item, const char *fault)
{
    struct text line = {0};

    text_printf(&line, "mpool: %s: ", step->name);
    item_show(&line, item);
    (void)fprintf(stderr, "%s: %s\n", line.data, secrets_hidden(fault));
    text_free(&line);
}

static uint64_t print_step(const struct step *step)
{
    if (step->source == &source_results) {
        (void)printf("# %s: a job for each job of %s that is done\n", step->name, source_stream(step));
        return 0;
    }
    struct source *source = source_open(step);
    enum source_answer answer;
    uint64_t index = 0, faults = 0;
    struct item item;

    while ((answer = source_next(source, &item)) != SOURCE_END) {
        if (answer == SOURCE_LATER)
            continue;
        if (answer == SOURCE_FAULT) {
            print_fault(step, &item, source->fault);
            faults++;
        } else {
            print_job(step, &item, index);
        }
        index++;
    }
    if (index == 0)
        source_say_nothing(step);
    source_close(source);
    return faults;
}

int dry_run(const struct jobfile *jobfile)
{
    uint64_t faults = 0;

    for (size_t i = 0; i < jobfile->step_count; i++)
        faults += print_step(&jobfile->steps[jobfile->order[i]]);
    return faults > 0 ? EXIT_JOBS : EXIT_DONE;
}
