/*
 * cli/source_named.c - several sources with names, which a product or a zip is made of
 *
 * Runs in: the mpool command. Owns: nothing.
 */
#include "cli/source_named.h"

#include "cli/value.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_CHARACTERS 40

/* A name; or a number, for who has none. */
#define NUMBER_MAX_DIGITS 3

const struct form source_named_form = {.kind = FORM_NAMED,
                                       .pattern = "^([0-9]{1,3}|(?=.{1,40}$)[A-Za-z_][A-Za-z0-9_-]*)$",
                                       .of = &source_form,
                                       .least = 1};

static bool is_number(const struct yaml_node *key)
{
    return key->length > 0 && key->length <= NUMBER_MAX_DIGITS && strspn(key->text, "0123456789") == key->length;
}

static bool read_one(struct jobfile *jobfile, struct yaml_node *node, struct source_named *named)
{
    struct report *report = &jobfile->yaml.report;
    size_t index = named->count++;
    char what[NAME_MAX_CHARACTERS + 3];

    named->names[index] = node->key->text;
    if (!is_number(node->key) && !schema_name(report, node->key, "a source", NAME_MAX_CHARACTERS))
        return false;
    if (node->kind == YAML_MAP && yaml_get(node, "batch") != NULL) {
        report_error(report, yaml_get(node, "batch")->key->place,
                     "`batch` is for the jobs of a step: it stands beside the source in `each`");
        return false;
    }
    (void)snprintf(what, sizeof what, "`%s`", node->key->text);
    if (node->kind == YAML_MAP && yaml_get(node, "results") != NULL) {
        report_error(report, yaml_get(node, "results")->key->place,
                     "`results` is the source of a step, and of nothing in it: no {result} would be known");
        return false;
    }
    return source_choose(jobfile, node, what, &named->choices[index], &named->shapes[index]);
}

const struct source_named *source_named_read(struct jobfile *jobfile, const struct yaml_node *value, const char *what)
{
    struct arena *arena = &jobfile->yaml.arena;
    struct source_named *named = arena_get(arena, sizeof *named);
    bool ok = true;

    if (value->kind != YAML_MAP || value->count == 0) {
        report_error(&jobfile->yaml.report, value->place,
                     "`%s` is a map of sources with names, as {a: {items: [x, y]}, b: {range: 1..2}}, not %s", what,
                     value->kind == YAML_MAP ? "an empty one" : value_name(value));
        return NULL;
    }
    named->names = arena_get(arena, value->count * sizeof *named->names);
    named->choices = arena_get(arena, value->count * sizeof *named->choices);
    named->shapes = arena_get(arena, value->count * sizeof *named->shapes);
    named->count = 0;
    for (struct yaml_node *node = value->first; node != NULL; node = node->next)
        ok = read_one(jobfile, node, named) && ok;
    return ok ? named : NULL;
}

void source_named_describe(const void *each, struct shape *shape)
{
    const struct source_named *named = each;

    shape->names = named->names;
    shape->fields = named->shapes;
    shape->count = named->count;
}

const char *source_named_stream(const void *each)
{
    const struct source_named *named = each;
    const char *stream = NULL;

    for (size_t i = 0; i < named->count && stream == NULL; i++) {
        const struct source_choice *choice = &named->choices[i];
        stream = choice->kind->stream != NULL ? choice->kind->stream(choice->each) : NULL;
    }
    return stream;
}

struct item source_named_item(const struct source_named *named, const struct item *items)
{
    return (struct item){.kind = ITEM_MAP, .inner = items, .names = named->names, .count = named->count};
}

struct source *source_named_open(const struct source_named *named, size_t index)
{
    return named->choices[index].kind->open(named->choices[index].each);
}
