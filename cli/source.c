/*
 * cli/source.c - where the items of a step come from
 *
 * Runs in: the mpool command. Owns: nothing; a source belongs to who opened it.
 */
#include "cli/source.h"

#include "cli/source_batch.h"
#include "cli/suggest.h"
#include "cli/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct source_kind *const kinds[] = {
    &source_items, &source_range, &source_lines,   &source_csv, &source_jsonl,
    &source_glob,  &source_walk,  &source_product, &source_zip, &source_results,
};

/* Bytes of a list that a message proposes. */
#define LIST_SHOWN 500

/* ---- the form, for editors --------------------------------------------------------------------------------------- */

/* As source_patterns_read() has it: no ** and no {a,b}. */
const struct form source_pattern_form = {.kind = FORM_TEXT,
                                         .pattern = "^(?!.*\\*\\*)(?!(.*[^\\\\[])?\\{[^{}]*,[^{}]*\\}).+$"};
static const struct form patterns_form = {.kind = FORM_LIST, .of = &source_pattern_form, .least = 1};
const struct form source_patterns_form = FORM_OR(&source_pattern_form, &patterns_form);

static const struct schema_key *kind_keys(size_t i)
{
    return i < COUNT(kinds) ? kinds[i]->options : NULL;
}

/* A product has sources in it. */
const struct form source_form = {.kind = FORM_TABLES, .table = kind_keys, .templates = true, .definition = "source"};
const struct form source_batch_form = {.kind = FORM_NUMBER, .least = 1, .most = SOURCE_BATCH_MAX};

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

/* No key is that of a source: find out what was meant. */
static void refuse_keys(struct report *report, const struct yaml_node *map, const char *what)
{
    for (const struct yaml_node *node = map->first; node != NULL; node = node->next) {
        struct suggestion near = {.word = node->key->text};
        for (size_t i = 0; i < COUNT(kinds); i++)
            suggest_offer(&near, kinds[i]->name);
        if (near.best != NULL) {
            report_error(report, node->key->place, "there is no source \"%.60s\"%s", node->key->text,
                         suggest_text(&near));
            return;
        }
    }
    report_error(report, map->place,
                 "%s needs a source: items, range, lines, csv, jsonl, glob, walk, results, product or zip", what);
}

/* The kind whose key is in the map; exactly one has to be. */
static const struct source_kind *find_kind(struct report *report, const struct yaml_node *map, const char *what)
{
    const struct source_kind *found = NULL;

    for (size_t i = 0; i < COUNT(kinds); i++) {
        const struct yaml_node *value = yaml_get(map, kinds[i]->name);
        if (value != NULL && found != NULL) {
            report_error(report, value->key->place, "%s has one source, and here are \"%s\" and \"%s\"", what,
                         found->name, kinds[i]->name);
            return NULL;
        }
        found = value != NULL ? kinds[i] : found;
    }
    if (found == NULL)
        refuse_keys(report, map, what);
    return found;
}

/* Who writes a list or a text means one of the sources: say how to write it. */
static bool refuse_short(struct report *report, const struct yaml_node *node, const char *what)
{
    if (node->kind == YAML_LIST)
        report_error(report, node->place, "%s is a map; for a list write {items: [...]}", what);
    else
        report_error(report, node->place,
                     "%s is a map that names a source, as {walk: DIRECTORY} or {range: 1..100}, not %s", what,
                     value_name(node));
    return false;
}

bool source_choose(struct jobfile *jobfile, const struct yaml_node *map, const char *what, struct source_choice *choice,
                   struct shape *shape)
{
    struct report *report = &jobfile->yaml.report;

    if (map->kind != YAML_MAP)
        return refuse_short(report, map, what);
    const struct source_kind *kind = find_kind(report, map, what);
    if (kind == NULL || !schema_keys(report, map, kind->options, kind->name))
        return false;
    const void *each = kind->read(jobfile, map, yaml_get(map, kind->name));
    if (each == NULL)
        return false;
    *choice = (struct source_choice){.kind = kind, .each = each};
    *shape = (struct shape){.kind = kind->shape};
    if (kind->describe != NULL)
        kind->describe(each, shape);
    return true;
}

bool source_read(struct jobfile *jobfile, struct step *step, struct yaml_node *each, struct scope *scope)
{
    struct report *report = &jobfile->yaml.report;
    const struct scope constants = {.jobfile = jobfile, .vars = true};
    struct source_choice choice;

    *scope = (struct scope){.jobfile = jobfile, .vars = true, .items = true};
    if (each == NULL)
        return true;
    if (!reference_expand(&constants, each) || !source_choose(jobfile, each, "`each`", &choice, &scope->shape))
        return false;
    step->source = choice.kind;
    step->each = choice.each;
    const struct yaml_node *batch = yaml_get(each, "batch");
    scope->batch = batch != NULL;
    scope->taken = choice.kind == &source_results && batch == NULL;
    if (scope->taken)
        scope->silent = source_results_silent(choice.each);
    return batch == NULL || schema_number(report, batch, "`batch`", 1, SOURCE_BATCH_MAX, &step->batch);
}

uint64_t source_count(const struct source_choice *choice)
{
    return choice->kind->count != NULL ? choice->kind->count(choice->each) : SOURCE_UNKNOWN;
}

uint64_t source_jobs(const struct step *step)
{
    if (step->source == NULL)
        return 1;
    uint64_t count = step->source->count != NULL ? step->source->count(step->each) : SOURCE_UNKNOWN;
    uint64_t batch = step->batch > 0 ? (uint64_t)step->batch : 1;
    return count != SOURCE_UNKNOWN ? count / batch + (count % batch > 0) : SOURCE_UNKNOWN;
}

const char *source_stream(const struct step *step)
{
    return step->source != NULL && step->source->stream != NULL ? step->source->stream(step->each) : NULL;
}

void source_say_nothing(const struct step *step)
{
    const char *stream = source_stream(step);

    if (stream != NULL)
        (void)fprintf(stderr, "mpool: %s: there is no item in %s\n", step->name, stream);
    else if (step->source != NULL && step->source->nothing != NULL)
        (void)fprintf(stderr, "mpool: %s: %s\n", step->name, step->source->nothing);
}

struct source *source_open(const struct step *step)
{
    struct source *source;

    if (step->source == NULL) {
        source = memory_get(sizeof(struct source_single));
        source->kind = &single;
        return source;
    }
    source = step->source->open(step->each);
    return step->batch > 0 ? source_batch_open(source, (size_t)step->batch) : source;
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

void source_place(const struct source *source, struct text *to)
{
    if (source->kind->place != NULL)
        source->kind->place(source, to);
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
    texts->places = arena_get(&jobfile->yaml.arena, count * sizeof *texts->places);
    texts->count = 0;
    for (const struct yaml_node *text = first; text != NULL && texts->count < count; text = text->next) {
        if (text->kind != YAML_SCALAR || text->length == 0) {
            report_error(&jobfile->yaml.report, text->place, "%s is a text, not %s", what,
                         text->kind == YAML_SCALAR ? "an empty one" : value_name(text));
            return false;
        }
        texts->places[texts->count] = text->place;
        texts->texts[texts->count++] = text->text;
    }
    return true;
}

/* The first {a,b} in a pattern; a brace behind a backslash or a bracket is meant as it is. */
static bool find_braces(const char *pattern, const char **left, const char **right)
{
    for (const char *at = pattern; (at = strchr(at, '{')) != NULL; at++) {
        size_t inside = strcspn(at + 1, "{}");
        if ((at > pattern && strchr("\\[", at[-1]) != NULL) || at[1 + inside] != '}' ||
            memchr(at + 1, ',', inside) == NULL)
            continue;
        *left = at;
        *right = at + 1 + inside;
        return true;
    }
    return false;
}

/* For "*.{c,h}" the list ["*.c", "*.h"], as far as anybody would read it. */
static void refuse_braces(struct report *report, size_t place, const char *pattern, const char *left, const char *right)
{
    struct text list = {0};

    for (const char *from = left + 1; from <= right && list.size < LIST_SHOWN;) {
        size_t length = strcspn(from, ",}");
        text_printf(&list, "%s\"%.*s%.*s%s\"", list.size > 0 ? ", " : "", (int)(left - pattern), pattern, (int)length,
                    from, right + 1);
        from += length + 1;
    }
    report_error(report, place, "a pattern has no braces; list them all: [%s]", list.data);
    text_free(&list);
}

bool source_patterns_read(struct jobfile *jobfile, const struct yaml_node *node, const char *what, const char *deep,
                          struct source_texts *patterns)
{
    struct report *report = &jobfile->yaml.report;
    const char *left, *right;
    bool ok = true;

    if (!source_texts_read(jobfile, node, what, patterns))
        return false;
    for (size_t i = 0; i < patterns->count; i++) {
        const char *pattern = patterns->texts[i];
        bool stars = strstr(pattern, "**") != NULL, braces = find_braces(pattern, &left, &right);
        if (stars)
            report_error(report, patterns->places[i], "a pattern has no \"**\"; %s", deep);
        else if (braces)
            refuse_braces(report, patterns->places[i], pattern, left, right);
        ok = ok && !stars && !braces;
    }
    return ok;
}
