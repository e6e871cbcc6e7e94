/*
 * cli/source_zip.c - the items of several sources side by side: the first ones, the second ones ...
 *
 *     each: {zip: {photo: {glob: "*.jpg"}, title: {lines: titles.txt}}}
 *
 * All have to have as many items. Where the job file tells how many there are, it is checked before anything runs; else
 * the first one that is missing is a fault, and the end. An item that cannot be had is a fault in the place of all
 * that are beside it, so that the others stay side by side.
 *
 * Runs in: the mpool command. Owns: the sources.
 */
#include "cli/signals.h"
#include "cli/source_named.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct zip {
    struct source source;
    const struct source_named *named;
    struct source **open;
    struct item *items;
    enum source_answer *answers; /* of each source before `level` */
    size_t level;                /* the source that is asked next */
    uint64_t given;
    bool ended;
    struct text fault;
};

static const struct schema_key options[] = {
    {"zip", KEY_MUST, &source_named_form, "Sources by name: the first items of all, then the second ones"},
    {"batch", SOURCE_BATCH_KEY},
    {0},
};

/* How many items there are, if all the sources agree. */
static uint64_t zip_count(const void *each)
{
    const struct source_named *named = each;
    uint64_t count = source_count(&named->choices[0]);

    for (size_t i = 1; i < named->count; i++) {
        if (source_count(&named->choices[i]) != count)
            return SOURCE_UNKNOWN;
    }
    return count;
}

static const void *zip_read(struct jobfile *jobfile, const struct yaml_node *each, const struct yaml_node *value)
{
    const struct source_named *named = source_named_read(jobfile, value, "zip");
    size_t first = 0;

    (void)each;
    if (named == NULL)
        return NULL;
    while (first < named->count && source_count(&named->choices[first]) == SOURCE_UNKNOWN)
        first++;
    for (size_t i = first + 1; i < named->count; i++) {
        uint64_t count = source_count(&named->choices[first]), other = source_count(&named->choices[i]);
        if (other == SOURCE_UNKNOWN || other == count)
            continue;
        report_error(&jobfile->yaml.report, value->place,
                     "the sources of a zip have as many items each; \"%s\" has %" PRIu64 ", and \"%s\" has %" PRIu64,
                     named->names[first], count, named->names[i], other);
        return NULL;
    }
    return named;
}

static struct source *zip_open(const void *each)
{
    const struct source_named *named = each;
    struct zip *zip = memory_get(sizeof *zip);

    *zip = (struct zip){.source.kind = &source_zip, .named = named};
    zip->open = memory_get(named->count * sizeof(struct source *));
    zip->items = memory_get(named->count * sizeof *zip->items);
    zip->answers = memory_get(named->count * sizeof *zip->answers);
    for (size_t i = 0; i < named->count; i++)
        zip->open[i] = source_named_open(named, i);
    return &zip->source;
}

/* The first source that has answered so; the number of them if none has. */
static size_t find(const struct zip *zip, enum source_answer answer)
{
    size_t i = 0;

    while (i < zip->named->count && zip->answers[i] != answer)
        i++;
    return i;
}

/* One source has ended, the one at `end`: have they all? */
static enum source_answer finish(struct zip *zip, struct item *item, size_t end)
{
    const char *const *names = zip->named->names;
    size_t more = 0;

    zip->ended = true;
    while (more < zip->named->count && zip->answers[more] == SOURCE_END)
        more++;
    /* A signal ends some sources early. */
    if (more == zip->named->count || signals_asked() != 0)
        return SOURCE_END;
    text_printf(&zip->fault, "ended after %" PRIu64 " item%s, and \"%s\" has more; a zip needs as many of each",
                zip->given, zip->given == 1 ? "" : "s", names[more]);
    zip->source.fault = zip->fault.data;
    *item = (struct item){.kind = ITEM_BYTES, .bytes = names[end], .size = strlen(names[end])};
    return SOURCE_FAULT;
}

static enum source_answer zip_next(struct source *source, struct item *item)
{
    struct zip *zip = (struct zip *)source;
    size_t count = zip->named->count;

    if (zip->ended)
        return SOURCE_END;
    for (; zip->level < count; zip->level++) {
        struct source *inner = zip->open[zip->level];
        enum source_answer answer = source_next(inner, &zip->items[zip->level]);
        if (answer == SOURCE_FAULT && !inner->kind->fault_is_item) {
            *item = zip->items[zip->level];
            zip->source.fault = inner->fault;
            return answer;
        }
        if (answer == SOURCE_LATER)
            return answer;
        zip->answers[zip->level] = answer;
    }
    zip->level = 0;
    size_t end = find(zip, SOURCE_END), fault = find(zip, SOURCE_FAULT);
    if (end < count)
        return finish(zip, item, end);
    zip->given++;
    if (fault == count) {
        *item = source_named_item(zip->named, zip->items);
        return SOURCE_ITEM;
    }
    *item = zip->items[fault];
    zip->source.fault = zip->open[fault]->fault;
    return SOURCE_FAULT;
}

/* Where they do not agree, there is a fault to come, which who counts has to ask for. */
static uint64_t zip_left(const struct source *source)
{
    const struct zip *zip = (const struct zip *)source;
    uint64_t left = source_left(zip->open[0]);

    if (zip->ended)
        return 0;
    for (size_t i = 1; i < zip->named->count; i++) {
        if (source_left(zip->open[i]) != left)
            return SOURCE_UNKNOWN;
    }
    return left;
}

static void zip_close(struct source *source)
{
    struct zip *zip = (struct zip *)source;

    for (size_t i = 0; i < zip->named->count; i++)
        source_close(zip->open[i]);
    text_free(&zip->fault);
    free(zip->open);
    free(zip->items);
    free(zip->answers);
    free(zip);
}

const struct source_kind source_zip = {
    .name = "zip",
    .options = options,
    .shape = SHAPE_FIELDS,
    .nothing = "`zip` has no item, for its sources have none",
    .fault_is_item = true,
    .read = zip_read,
    .describe = source_named_describe,
    .stream = source_named_stream,
    .count = zip_count,
    .open = zip_open,
    .next = zip_next,
    .left = zip_left,
    .close = zip_close,
};
