/*
 * cli/shape.c - what the items of a source are, as far as it is known before any job runs
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 */
#include "cli/shape.h"

#include "cli/reference.h"
#include "cli/suggest.h"
#include "cli/value.h"

#include <stdio.h>
#include <string.h>

static const struct shape text_shape = {.kind = SHAPE_PATH};

/* One of the items in the file: is there what the template names, and is it of use there? */
static void check_node(const struct report *report, const struct yaml_node *item, const struct shape_use *use,
                       const char *fields, struct text *problem)
{
    const struct yaml_node *value = fields != NULL ? reference_field(item, fields) : item;

    if (value == NULL && item->kind != YAML_MAP)
        text_printf(problem, "the item on line %u is %s, without fields", report_line(report, item->place),
                    value_name(item));
    else if (value == NULL)
        text_printf(problem, "the item on line %u has no field \"%s\"", report_line(report, item->place), fields);
    else if (use->path && value_of(value).type != VALUE_STRING)
        text_printf(problem, "the item on line %u is %s, not a path", report_line(report, item->place),
                    value_name(item));
    else if (use->text && value->kind != YAML_SCALAR)
        text_printf(problem, "the value on line %u is %s, which has no text", report_line(report, value->place),
                    value_name(value));
}

/* Names the field that was perhaps meant, or all that there are. */
static void refuse_name(const struct shape *shape, const char *name, const char *whose, struct text *problem)
{
    struct suggestion near = {.word = name};

    for (size_t i = 0; i < shape->count; i++)
        suggest_offer(&near, shape->names[i]);
    text_printf(problem, "%s have no field \"%.60s\"", whose, name);
    if (near.best != NULL)
        text_string(problem, suggest_text(&near));
    else
        text_printf(problem, "; they have %s", near.known);
}

/* `whose`: how messages call these values, "the items" or "the values of a". */
static void check(const struct report *report, const struct shape *shape, const struct shape_use *use,
                  const char *fields, const char *whose, struct text *problem);

static void check_fields(const struct report *report, const struct shape *shape, const struct shape_use *use,
                         const char *fields, const char *whose, struct text *problem)
{
    char name[100], inner[120];

    if (fields == NULL) {
        if (use->path || use->text)
            text_printf(problem, "%s are maps, which %s; name a field, as {item.%s}", whose,
                        use->path ? "are no paths" : "have no text", shape->names[0]);
        return;
    }
    size_t length = strcspn(fields, ".");
    (void)snprintf(name, sizeof name, "%.*s", (int)length, fields);
    for (size_t i = 0; i < shape->count; i++) {
        if (strncmp(shape->names[i], fields, length) != 0 || shape->names[i][length] != '\0')
            continue;
        (void)snprintf(inner, sizeof inner, "the values of %s", name);
        check(report, shape->fields != NULL ? &shape->fields[i] : &text_shape, use,
              fields[length] == '.' ? fields + length + 1 : NULL, inner, problem);
        return;
    }
    refuse_name(shape, name, whose, problem);
}

static void check(const struct report *report, const struct shape *shape, const struct shape_use *use,
                  const char *fields, const char *whose, struct text *problem)
{
    switch (shape->kind) {
    case SHAPE_PATH:
        if (fields != NULL)
            text_printf(problem, "%s are text, without fields", whose);
        break;
    case SHAPE_NUMBER:
        if (fields != NULL)
            text_printf(problem, "%s are numbers, without fields", whose);
        else if (use->path)
            text_printf(problem, "%s are numbers, without a %s; use {item}", whose, use->name);
        break;
    case SHAPE_NODES:
        for (const struct yaml_node *item = shape->nodes->first; item != NULL && problem->size == 0; item = item->next)
            check_node(report, item, use, fields, problem);
        break;
    case SHAPE_FIELDS:
        check_fields(report, shape, use, fields, whose, problem);
        break;
    case SHAPE_NONE:
    case SHAPE_ANY:
        break;
    }
}

void shape_check(const struct report *report, const struct shape *shape, const struct shape_use *use,
                 struct text *problem)
{
    check(report, shape, use, use->fields, "the items", problem);
}
