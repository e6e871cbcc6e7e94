/*
 * cli/total.c - the totals of a step
 *
 *     totals:
 *       bytes: sum                        # short for {sum: "{result.bytes}"}
 *       files: count
 *       by_type: {count: jobs, by: "{result.type}"}
 *       largest: {max: "{result.bytes}", show: "{path}", top: 10}
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 */
#include "cli/label.h"
#include "cli/schema.h"
#include "cli/step.h"
#include "cli/suggest.h"
#include "cli/value.h"

#include <mpool/total.h>
#include <stdio.h>
#include <string.h>

/* A pool's names of totals have at most 63 bytes; the shortest name of a step and a dot leave so many. */
#define POOL_NAME_MAX 63
#define NAME_MAX_CHARACTERS 61

#define KEYS_DEFAULT 10000
#define KEYS_MAX 1000000
#define TOP_MAX 1000

#define ALL_OPERATIONS "sum, min, max, count, mean or product"

static const struct operation {
    const char *name;
    enum aggregate_kind kind;
} operations[] = {
    {"sum", AGGREGATE_SUM},     {"min", AGGREGATE_MIN},   {"max", AGGREGATE_MAX},
    {"count", AGGREGATE_COUNT}, {"mean", AGGREGATE_MEAN}, {"product", AGGREGATE_PRODUCT},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* What read_field() and label_read() take. */
static const struct form field_form = {.kind = FORM_PATTERN, .pattern = "^\\{result(\\.[A-Za-z0-9_-]+)*\\}$"};
static const struct form label_form = {.kind = FORM_PATTERN, .pattern = "\\{[A-Za-z_][A-Za-z0-9_.-]*\\}"};

static const struct form jobs_form = {.kind = FORM_WORD, .words = "jobs"};
static const struct form groups_form = {.kind = FORM_NUMBER, .least = 1, .most = KEYS_MAX};
static const struct form top_form = {.kind = FORM_NUMBER, .least = 1, .most = TOP_MAX};

/* A total as a map: an operation, and options of it. */
static const struct schema_key long_keys[] = {
    {"sum", KEY_ONE, &field_form, "The sum, exact"},
    {"min", KEY_ONE, &field_form, "The least"},
    {"max", KEY_ONE, &field_form, "The largest"},
    {"count", KEY_ONE, &jobs_form, "The number of jobs"},
    {"mean", KEY_ONE, &field_form, "The arithmetic mean"},
    {"product", KEY_ONE, &field_form, "The product, exact"},
    {"by", KEY_MAY, &label_form, "A group for each text that this comes to, as {ext}"},
    {"keys", KEY_MAY, &groups_form, "So many groups, at most"},
    {"show", KEY_MAY, &label_form, "The name of the job that a min or a max is of, as {path}"},
    {"top", KEY_MAY, &top_form, "List so many jobs, and not one"},
    {0},
};

static const char *operation_name(size_t i)
{
    return i < COUNT(operations) ? operations[i].name : NULL;
}

static const struct form word_form = {.kind = FORM_LISTED, .word = operation_name};
static const struct form long_form = {.kind = FORM_MAP, .keys = long_keys};
static const struct form one_form = FORM_OR(&word_form, &long_form);
const struct form total_form = {
    .kind = FORM_NAMED, .pattern = SCHEMA_NAME_PATTERN(NAME_MAX_CHARACTERS), .of = &one_form, .most = MPOOL_TOTALS_MAX};

static const struct operation *match_operation(const char *name)
{
    for (size_t i = 0; i < COUNT(operations); i++) {
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    }
    return NULL;
}

static bool is_option(const char *name)
{
    for (const struct schema_key *key = long_keys; key->name != NULL; key++) {
        if (key->need == KEY_MAY && strcmp(key->name, name) == 0)
            return true;
    }
    return false;
}

static void refuse_operation(struct report *report, size_t place, const char *name)
{
    struct suggestion near = {.word = name};

    for (size_t i = 0; i < COUNT(operations); i++)
        suggest_offer(&near, operations[i].name);
    report_error(report, place, "a total is " ALL_OPERATIONS ", not \"%.60s\"%s", name, suggest_text(&near));
}

/* Who has an operation already means an option. */
static void refuse_key(struct report *report, const struct yaml_node *key, bool operation)
{
    struct suggestion near = {.word = key->text};

    if (!operation) {
        refuse_operation(report, key->place, key->text);
        return;
    }
    for (const struct schema_key *option = long_keys; option->name != NULL; option++) {
        if (option->need == KEY_MAY)
            suggest_offer(&near, option->name);
    }
    report_error(report, key->place, "a total has no key \"%.60s\"%s", key->text, suggest_or_list(&near));
}

static void set_operation(struct total *total, const struct operation *operation)
{
    total->kind = operation->kind;
    total->operation = operation->name;
}

/* ---- the long form ----------------------------------------------------------------------------------------------- */

/* "{result.bytes}": the field `bytes`; "{result}": the result itself. */
static bool read_field(struct jobfile *jobfile, const struct yaml_node *node, const char **field)
{
    struct template_part part;

    if (reference_exact(node, &part) && label_result(&jobfile->yaml.arena, &part, field))
        return true;
    report_error(&jobfile->yaml.report, node->place,
                 "a total is over a number of the result: \"{result.FIELD}\", or \"{result}\" itself; not %s",
                 value_name(node));
    return false;
}

/* What it counts are the jobs, always; but a map wants a value. */
static bool read_count(struct report *report, const struct total *total, const struct yaml_node *node)
{
    if (yaml_is(node, "jobs"))
        return true;
    report_error(report, node->place, "a count takes no field; write %.60s: count, or {count: jobs, by: \"{ext}\"}",
                 total->name);
    return false;
}

/* The one key that says what is computed. */
static const struct yaml_node *find_operation(struct report *report, const struct yaml_node *node)
{
    const struct yaml_node *found = NULL;
    size_t count = 0;
    bool known = true;

    for (const struct yaml_node *value = node->first; value != NULL; value = value->next) {
        if (match_operation(value->key->text) != NULL) {
            found = value;
            count++;
        }
    }
    for (const struct yaml_node *value = node->first; value != NULL; value = value->next) {
        if (match_operation(value->key->text) == NULL && !is_option(value->key->text)) {
            refuse_key(report, value->key, count > 0);
            known = false;
        }
    }
    if (known && count != 1)
        report_error(report, node->place, "a total has one of " ALL_OPERATIONS ", as {sum: \"{result.bytes}\"}");
    return known && count == 1 ? found : NULL;
}

/* The jobs of a min or a max. */
static bool read_show(const struct scope *scope, struct total *total, const struct yaml_node *node)
{
    struct report *report = &scope->jobfile->yaml.report;
    const struct yaml_node *show = yaml_get(node, "show"), *top = yaml_get(node, "top");
    const struct yaml_node *first = show != NULL ? show : top;
    int64_t most = 1;

    if (first == NULL)
        return true;
    if (total->kind != AGGREGATE_MIN && total->kind != AGGREGATE_MAX) {
        report_error(report, first->key->place, "`%s` is for a min or a max; a %s is not that of single jobs",
                     first->key->text, total->operation);
        return false;
    }
    if (show == NULL) {
        report_error(report, top->key->place,
                     "`top` needs `show`, to name the jobs that it lists, as in show: \"{path}\"");
        return false;
    }
    if (top != NULL && yaml_get(node, "by") != NULL) {
        report_error(report, top->key->place,
                     "`top` does not go with `by`: make two totals, or leave out `top`, and each group names one job");
        return false;
    }
    total->show = label_read(scope, show, "show");
    bool ok = top == NULL || schema_number(report, top, "`top`", 1, TOP_MAX, &most);
    total->top = (size_t)most;
    total->list = top != NULL;
    return ok && total->show != NULL;
}

static bool read_by(const struct scope *scope, struct total *total, const struct yaml_node *node)
{
    struct report *report = &scope->jobfile->yaml.report;
    const struct yaml_node *by = yaml_get(node, "by"), *keys = yaml_get(node, "keys");
    int64_t most = KEYS_DEFAULT;

    if (by == NULL && keys != NULL) {
        report_error(report, keys->key->place, "`keys` limits the groups that `by` makes, and there is no `by`");
        return false;
    }
    if (by == NULL)
        return true;
    total->by = label_read(scope, by, "by");
    bool ok = keys == NULL || schema_number(report, keys, "`keys`", 1, KEYS_MAX, &most);
    total->keys = (size_t)most;
    return ok && total->by != NULL;
}

static bool read_long(const struct scope *scope, struct total *total, const struct yaml_node *node)
{
    struct report *report = &scope->jobfile->yaml.report;
    const struct yaml_node *operation = find_operation(report, node);
    bool ok;

    if (operation == NULL)
        return false;
    set_operation(total, match_operation(operation->key->text));
    if (total->kind == AGGREGATE_COUNT)
        ok = read_count(report, total, operation);
    else
        ok = read_field(scope->jobfile, operation, &total->field);
    ok = read_by(scope, total, node) && ok;
    return read_show(scope, total, node) && ok;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static bool read_names(struct jobfile *jobfile, const struct step *step, struct total *total,
                       const struct yaml_node *node)
{
    struct report *report = &jobfile->yaml.report;
    char name[POOL_NAME_MAX + 1];

    if (!schema_name(report, node->key, "a total", NAME_MAX_CHARACTERS))
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
    return true;
}

bool total_read(const struct scope *scope, const struct step *step, struct total *total, const struct yaml_node *node)
{
    struct report *report = &scope->jobfile->yaml.report;

    *total = (struct total){0};
    if (!read_names(scope->jobfile, step, total, node))
        return false;
    if (node->kind == YAML_MAP)
        return read_long(scope, total, node);
    if (node->kind != YAML_SCALAR) {
        report_error(report, node->place, "a total is " ALL_OPERATIONS ", not %s", value_name(node));
        return false;
    }
    const struct operation *operation = match_operation(node->text);
    if (operation == NULL) {
        refuse_operation(report, node->place, node->text);
        return false;
    }
    set_operation(total, operation);
    total->field = total->kind == AGGREGATE_COUNT ? NULL : total->name;
    return true;
}
