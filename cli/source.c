/*
 * cli/source.c - where the items of a step come from
 *
 * Runs in: the mpool command. Owns: nothing; a source belongs to who opened it.
 */
#include "cli/source.h"

#include "cli/suggest.h"
#include "cli/value.h"

#include <stdlib.h>
#include <string.h>

static const struct source_kind *const kinds[] = {&source_items, &source_range, &source_lines, &source_glob,
                                                  &source_walk};
static const char *const later[] = {"csv", "jsonl", "results", "product", "zip", "batch"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- a step without `each` has one job --------------------------------------------------------------------------- */

struct source_single {
    struct source source;
    bool given;
};

static enum source_answer single_next(struct source *source, struct item *item)
{
    struct source_single *single = (struct source_single *)source;

    if (single->given)
        return SOURCE_END;
    single->given = true;
    *item = (struct item){.kind = ITEM_NONE};
    return SOURCE_ITEM;
}

static uint64_t single_left(const struct source *source)
{
    return ((const struct source_single *)source)->given ? 0 : 1;
}

static void single_close(struct source *source)
{
    free(source);
}

static const struct source_kind single = {.next = single_next, .left = single_left, .close = single_close};

/* ---- all kinds --------------------------------------------------------------------------------------------------- */

/* The kind whose key is in `each`; exactly one has to be. */
static const struct source_kind *find_kind(struct report *report, const struct yaml_node *each)
{
    const struct source_kind *found = NULL;

    for (size_t i = 0; i < COUNT(kinds); i++) {
        const struct yaml_node *value = yaml_get(each, kinds[i]->name);
        if (value != NULL && found != NULL) {
            report_error(report, value->key->place, "`each` has one source, and here are \"%s\" and \"%s\"",
                         found->name, kinds[i]->name);
            return NULL;
        }
        found = value != NULL ? kinds[i] : found;
    }
    if (found != NULL)
        return found;
    for (const struct yaml_node *node = each->first; node != NULL; node = node->next) {
        struct suggestion near = {.word = node->key->text};
        for (size_t i = 0; i < COUNT(later); i++) {
            if (strcmp(node->key->text, later[i]) == 0) {
                (void)schema_later(report, node->key->place, later[i]);
                return NULL;
            }
        }
        for (size_t i = 0; i < COUNT(kinds); i++)
            suggest_offer(&near, kinds[i]->name);
        if (near.best != NULL) {
            report_error(report, node->key->place, "there is no source \"%.60s\"%s", node->key->text,
                         suggest_text(&near));
            return NULL;
        }
    }
    report_error(report, each->place, "`each` needs a source: items, range, lines, glob or walk");
    return NULL;
}

/* Who writes a list or a text means one of the sources: say how to write it. */
static bool refuse_short(struct report *report, const struct yaml_node *each)
{
    if (each->kind == YAML_LIST)
        report_error(report, each->place, "`each` is a map; for a list write {items: [...]}");
    else
        report_error(report, each->place,
                     "`each` is a map that names a source, as {walk: DIRECTORY} or {range: 1..100}, not %s",
                     value_name(each));
    return false;
}

bool source_read(struct jobfile *jobfile, struct step *step, struct yaml_node *each, struct scope *scope)
{
    struct report *report = &jobfile->yaml.report;
    const struct scope constants = {.jobfile = jobfile, .vars = true};

    *scope = (struct scope){.jobfile = jobfile, .vars = true, .items = true};
    if (each == NULL)
        return true;
    if (each->kind != YAML_MAP)
        return refuse_short(report, each);
    const struct source_kind *kind = find_kind(report, each);
    if (kind == NULL)
        return false;
    const struct yaml_node *value = yaml_get(each, kind->name);
    if (!schema_keys(report, each, kind->options, kind->name) || !reference_expand(&constants, each))
        return false;
    step->source = kind;
    step->each = kind->read(jobfile, each, value);
    scope->shape = kind->shape;
    scope->nodes = value;
    return step->each != NULL;
}

struct source *source_open(const struct step *step)
{
    struct source *source;

    if (step->source != NULL)
        return step->source->open(step->each);
    source = memory_get(sizeof(struct source_single));
    source->kind = &single;
    return source;
}

enum source_answer source_next(struct source *source, struct item *item)
{
    return source->kind->next(source, item);
}

uint64_t source_left(const struct source *source)
{
    return source->kind->left(source);
}

void source_close(struct source *source)
{
    if (source != NULL)
        source->kind->close(source);
}

bool source_texts_read(struct jobfile *jobfile, const struct yaml_node *node, const char *what,
                       struct source_texts *texts)
{
    const struct yaml_node *first = node->kind == YAML_LIST ? node->first : node;
    size_t count = node->kind == YAML_LIST ? node->count : 1;

    if (node->kind == YAML_MAP || count == 0) {
        report_error(&jobfile->yaml.report, node->place, "%s is a text or a list of them, not %s", what,
                     count == 0 ? "an empty list" : "a map");
        return false;
    }
    texts->texts = arena_get(&jobfile->yaml.arena, count * sizeof *texts->texts);
    texts->count = 0;
    for (const struct yaml_node *text = first; text != NULL && texts->count < count; text = text->next) {
        if (text->kind != YAML_SCALAR || text->length == 0) {
            report_error(&jobfile->yaml.report, text->place, "%s is a text, not %s", what,
                         text->kind == YAML_SCALAR ? "an empty one" : value_name(text));
            return false;
        }
        texts->texts[texts->count++] = text->text;
    }
    return true;
}
