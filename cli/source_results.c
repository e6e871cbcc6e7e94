/*
 * cli/source_results.c - the results of another step
 *
 *     each: {results: sizes}
 *
 * Each job of that step which is done gives an item: its own, with its result, which is {result} in templates. They
 * come in the order of that step's items.
 *
 * Runs in: the mpool command. Owns: a reader of the step's shelf.
 */
#include "cli/needs.h"
#include "cli/program.h"
#include "cli/shelf.h"
#include "cli/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct results {
    struct source source;
    const struct shelf *shelf;
    struct shelf_reader *reader;
    uint64_t given;
};

static const struct schema_key options[] = {
    {"results", KEY_MUST, &schema_text_form,
     "The step whose results are the items, one for each of its jobs that is done"},
    {"batch", SOURCE_BATCH_KEY},
    {0},
};

static const void *results_read(struct jobfile *jobfile, const struct yaml_node *each, const struct yaml_node *value)
{
    (void)each;
    return needs_take(jobfile, value, "`results`", SHELF_ITEMS);
}

static void results_describe(const void *each, struct shape *shape)
{
    const struct step *step = each;

    /* There is none where its own source was wrong, which was reported. */
    *shape = step->shape != NULL ? *step->shape : (struct shape){.kind = SHAPE_ANY};
}

const char *source_results_silent(const void *each)
{
    const struct step *step = each;

    return step->program != NULL && !step->program->has_result ? step->name : NULL;
}

/* Nothing can be asked for before the run, and only after the step. */
static const char *results_stream(const void *each)
{
    return ((const struct step *)each)->name;
}

static struct source *results_open(const void *each)
{
    const struct step *step = each;
    struct results *results = memory_get(sizeof *results);

    *results =
        (struct results){.source.kind = &source_results, .shelf = step->shelf, .reader = shelf_read(step->shelf)};
    return &results->source;
}

static enum source_answer results_next(struct source *source, struct item *item)
{
    struct results *results = (struct results *)source;
    uint64_t index;

    if (shelf_next(results->reader, &index, item)) {
        results->given++;
        return SOURCE_ITEM;
    }
    if (results->given == shelf_count(results->shelf))
        return SOURCE_END;
    /* The rest of them is lost, and that is not to be missed: one failed job stands for it. */
    results->given = shelf_count(results->shelf);
    int error = shelf_read_error(results->reader);
    *item = (struct item){.kind = ITEM_NONE};
    source->fault = strerror(error != 0 ? error : EIO);
    return SOURCE_FAULT;
}

static uint64_t results_left(const struct source *source)
{
    const struct results *results = (const struct results *)source;

    return shelf_is_whole(results->shelf) ? shelf_count(results->shelf) - results->given : SOURCE_UNKNOWN;
}

static void results_close(struct source *source)
{
    struct results *results = (struct results *)source;

    (void)shelf_read_end(results->reader);
    free(results);
}

const struct source_kind source_results = {
    .name = "results",
    .options = options,
    .shape = SHAPE_ANY,
    .nothing = "`results` finds no job that is done",
    .unit = "jobs that are done",
    .fault_is_item = true,
    .read = results_read,
    .describe = results_describe,
    .stream = results_stream,
    .open = results_open,
    .next = results_next,
    .left = results_left,
    .close = results_close,
};
