/*
 * cli/total.c - the totals of a step
 *
 *     totals:
 *       bytes: sum                        # short for {sum: "{result.bytes}"}
 *       largest: {max: "{result.bytes}"}
 *       files: count
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 */
#include "cli/schema.h"
#include "cli/step.h"
#include "cli/suggest.h"
#include "cli/template.h"
#include "cli/value.h"

#include <stdio.h>
#include <string.h>

/* A pool's names of totals have at most 63 bytes. */
#define POOL_NAME_MAX 63

static const struct operation {
    const char *name;
    mpool_total_kind kind; /* 0: not in this build */
} operations[] = {
    {"sum", MPOOL_SUM}, {"min", MPOOL_MIN}, {"max", MPOOL_MAX}, {"count", MPOOL_COUNT}, {"mean", 0}, {"product", 0},
};

static const char *const later_keys[] = {"by", "show", "top", "keys"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct operation *find_operation(struct report *report, size_t place, const char *name)
{
    struct suggestion near = {.word = name};

    for (size_t i = 0; i < COUNT(operations); i++) {
        if (strcmp(operations[i].name, name) != 0) {
            if (operations[i].kind != 0)
                suggest_offer(&near, operations[i].name);
        } else if (operations[i].kind == 0) {
            (void)schema_later(report, place, name);
            return NULL;
        } else {
            return &operations[i];
        }
    }
    report_error(report, place, "a total is sum, min, max or count, not \"%.60s\"%s", name, suggest_text(&near));
    return NULL;
}

/* "{result.bytes}": the field `bytes`; "{result}": the result itself. */
static bool read_field(struct jobfile *jobfile, const struct yaml_node *node, const char **field)
{
    struct report *report = &jobfile->yaml.report;
    const char *cursor, *end;
    struct template_part part = {0};

    if (node->kind == YAML_SCALAR) {
        cursor = node->text;
        end = node->text + node->length;
        if (template_next(&cursor, end, &part) && cursor == end && part.reference && part.length >= 6 &&
            memcmp(part.text, "result", 6) == 0 && (part.length == 6 || part.text[6] == '.')) {
            *field = part.length == 6 ? NULL : arena_copy(&jobfile->yaml.arena, part.text + 7, part.length - 7);
            return true;
        }
    }
    report_error(report, node->place,
                 "a total is over a number of the result: \"{result.FIELD}\", or \"{result}\" itself; not %s",
                 value_name(node));
    return false;
}

static bool read_long(struct jobfile *jobfile, struct total *total, const struct yaml_node *node)
{
    struct report *report = &jobfile->yaml.report;

    for (const struct yaml_node *value = node->first; value != NULL; value = value->next) {
        for (size_t i = 0; i < COUNT(later_keys); i++) {
            if (strcmp(value->key->text, later_keys[i]) == 0)
                return schema_later(report, value->key->place, later_keys[i]);
        }
    }
    if (node->count != 1) {
        report_error(report, node->place, "a total has one of sum, min, max and count, as {sum: \"{result.bytes}\"}");
        return false;
    }
    const struct operation *operation = find_operation(report, node->first->key->place, node->first->key->text);
    if (operation == NULL)
        return false;
    total->kind = operation->kind;
    total->operation = operation->name;
    if (operation->kind != MPOOL_COUNT)
        return read_field(jobfile, node->first, &total->field);
    report_error(report, node->place, "a count takes no field; write: %.60s: count", total->name);
    return false;
}

bool total_read(struct jobfile *jobfile, const struct step *step, struct total *total, const struct yaml_node *node)
{
    struct report *report = &jobfile->yaml.report;
    char name[POOL_NAME_MAX + 1];

    if (!schema_name(report, node->key, "a total", POOL_NAME_MAX - 2))
        return false;
    size_t length = strlen(step->name) + 1 + node->key->length;
    if (length > POOL_NAME_MAX) {
        report_error(report, node->key->place, "the names of a step and a total have together at most %d characters",
                     POOL_NAME_MAX - 1);
        return false;
    }
    (void)snprintf(name, sizeof name, "%s.%s", step->name, node->key->text);
    total->name = node->key->text;
    total->pool_name = arena_copy(&jobfile->yaml.arena, name, length);
    total->field = NULL;
    if (node->kind == YAML_MAP)
        return read_long(jobfile, total, node);
    if (node->kind != YAML_SCALAR) {
        report_error(report, node->place, "a total is sum, min, max or count, not %s", value_name(node));
        return false;
    }
    const struct operation *operation = find_operation(report, node->place, node->text);
    if (operation == NULL)
        return false;
    total->kind = operation->kind;
    total->operation = operation->name;
    total->field = operation->kind == MPOOL_COUNT ? NULL : total->name;
    return true;
}
