/*
 * cli/step.c - the steps of a job file
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 */
#include "cli/step.h"

#include "cli/arguments.h"
#include "cli/needs.h"
#include "cli/objects.h"
#include "cli/program.h"
#include "cli/schema.h"
#include "cli/source.h"
#include "cli/suggest.h"
#include "cli/value.h"

#include <mpool/functions.h>
#include <mpool/total.h>
#include <string.h>

static const char *function_name(size_t i)
{
    size_t count;
    const mpool_function_info *functions = mpool_functions_list(&count);

    return i < count ? functions[i].name : NULL;
}

static const struct form listed_form = {.kind = FORM_LISTED, .word = function_name};
static const struct form call_form = FORM_OR(&listed_form, &schema_text_form); /* of shared objects, too */
static const struct form halt_form = {.kind = FORM_PATTERN, .pattern = "^(never|(soon|now),(fail|success)=[0-9]+%?)$"};
static const struct form order_form = {.kind = FORM_WORD, .words = "completion|items"};

static const struct schema_key keys[] = {
    {"each", KEY_MAY, &source_form, "The source of the items, one job each; without it the step is one job"},
    {"call", KEY_ONE, &call_form, "The function that a job calls; mpool functions tells about them"},
    {"args", KEY_MAY, &schema_any_form, "What the function is given, or the texts $1, $2 ... of a shell; the item"},
    {"totals", KEY_MAY, &total_form, "Aggregates over the jobs that are done, by name"},
    LIMITS_KEYS,
    PROGRAM_KEYS,
    {"needs", KEY_MAY, &needs_form, "Steps that come before: [a, b] if all is done, {a: any} whatever they come to"},
    {"halt", KEY_MAY, &halt_form, "When jobs that fail end the run: never, soon,fail=3, now,fail=10%"},
    {"order", KEY_MAY, &order_form, "In which order results come: completion, the default, or items"},
    {0},
};
const struct form step_form = {.kind = FORM_MAP, .keys = keys};

/* Two that have a function of one name: which of them is meant nobody knows. */
static bool is_twice(struct report *report, const struct step *step, const struct yaml_node *node,
                     const struct object *other)
{
    if (step->function == NULL)
        return false;
    report_error(report, node->place, "%s is a function of %s, and of %.300s, too; one of them needs another name",
                 value_name(node), step->object != NULL ? step->object->path : "mpool itself", other->path);
    return true;
}

static void take_object(struct jobfile *jobfile, struct step *step, const struct yaml_node *node,
                        const struct object *object)
{
    struct text name = {0};

    text_printf(&name, "%s:%s", object->path, node->text);
    step->function = arena_copy(&jobfile->yaml.arena, name.data, name.size);
    step->call = node->text;
    step->object = object;
    text_free(&name);
}

static bool is_known_whole(const struct jobfile *jobfile)
{
    bool whole = true;

    for (size_t i = 0; i < jobfile->object_count; i++)
        whole = whole && !jobfile->objects[i].broken;
    return whole;
}

/* Among what the shared objects define; false: something is wrong, which was reported. */
static bool find_in_objects(struct jobfile *jobfile, struct step *step, const struct yaml_node *node,
                            struct suggestion *near)
{
    for (size_t i = 0; i < jobfile->object_count; i++) {
        const struct object *object = &jobfile->objects[i];
        for (size_t k = 0; k < object->count; k++) {
            suggest_offer(near, object->names[k]);
            if (strcmp(object->names[k], node->text) != 0)
                continue;
            if (is_twice(&jobfile->yaml.report, step, node, object))
                return false;
            take_object(jobfile, step, node, object);
        }
    }
    for (size_t i = 0; step->function == NULL && i < jobfile->object_count; i++) {
        if (!jobfile->objects[i].broken && objects_export(&jobfile->objects[i], node->text))
            take_object(jobfile, step, node, &jobfile->objects[i]);
    }
    return true;
}

static bool read_call(struct jobfile *jobfile, struct step *step, const struct yaml_node *node)
{
    struct report *report = &jobfile->yaml.report;
    struct suggestion near;
    size_t count;
    const mpool_function_info *functions = mpool_functions_list(&count);

    if (node->kind != YAML_SCALAR || node->length == 0) {
        report_error(report, node->place, "`call` names a function, not %s", value_name(node));
        return false;
    }
    near = (struct suggestion){.word = node->text};
    for (size_t i = 0; i < count; i++) {
        suggest_offer(&near, functions[i].name);
        if (strcmp(functions[i].name, node->text) == 0)
            step->function = functions[i].name;
    }
    if (!find_in_objects(jobfile, step, node, &near))
        return false;
    if (step->function == NULL && is_known_whole(jobfile))
        report_error(report, node->place, "there is no function %s%s", value_name(node),
                     near.best != NULL           ? suggest_text(&near)
                     : jobfile->object_count > 0 ? "; mpool functions FILE lists those there are"
                                                 : "; mpool functions lists those there are");
    return step->function != NULL;
}

/* A step does one of three things. What belongs to programs alone is not silently left out for a function. */
static bool check_kind(struct report *report, const struct step *step, const struct yaml_node *node)
{
    static const struct schema_key of_programs[] = {PROGRAM_KEYS, {0}};
    const struct yaml_node *call = yaml_get(node, "call"), *argv = yaml_get(node, "argv");
    const struct yaml_node *shell = yaml_get(node, "shell");

    if ((call != NULL) + (argv != NULL) + (shell != NULL) != 1) {
        report_error(
            report, node->key->place,
            "the step \"%.60s\" has %s of `call`, `argv` and `shell`; it needs exactly one, as in `call: file_size`",
            step->name, call == NULL && argv == NULL && shell == NULL ? "none" : "more than one");
        return false;
    }
    for (size_t i = 0; call != NULL && of_programs[i].name != NULL; i++) {
        const struct yaml_node *value = yaml_get(node, of_programs[i].name);
        if (value != NULL) {
            report_error(report, value->key->place, "`%s` goes with `argv` and `shell`; a function takes `args`",
                         of_programs[i].name);
            return false;
        }
    }
    return true;
}

/* The median is kept where programs are run. */
static bool check_percent(struct report *report, const struct step *step, const struct yaml_node *node)
{
    const struct yaml_node *call = yaml_get(node, "call");

    if (step->limits.timeout_percent == 0 || call == NULL)
        return true;
    report_error(report, call->key->place,
                 "a `timeout` that is a share of the median is for `argv` and `shell`; give the step \"%.60s\" a time",
                 step->name);
    return false;
}

static bool read_halt(struct report *report, struct step *step, const struct yaml_node *node)
{
    if (node == NULL || (node->kind == YAML_SCALAR && halt_parse(node->text, &step->halt)))
        return true;
    report_error(
        report, node->place,
        "`halt` is never, or soon or now with a number: \"soon,fail=3\", \"now,fail=10%%\", \"now,success=1\"; not %s",
        value_name(node));
    return false;
}

static bool read_order(struct report *report, struct step *step, const struct yaml_node *node)
{
    step->in_order = node != NULL && yaml_is(node, "items");
    if (node == NULL || step->in_order || yaml_is(node, "completion"))
        return true;
    report_error(report, node->place, "`order` is that in which results come: completion, or items; not %s",
                 value_name(node));
    return false;
}

static bool read_totals(const struct scope *scope, struct step *step, const struct yaml_node *node)
{
    struct jobfile *jobfile = scope->jobfile;
    struct report *report = &jobfile->yaml.report;
    bool ok = true;

    if (!schema_map(report, node, "`totals`"))
        return false;
    step->totals = arena_get(&jobfile->yaml.arena, node->count * sizeof *step->totals);
    for (const struct yaml_node *total = node->first; total != NULL; total = total->next) {
        if (jobfile->total_count++ == MPOOL_TOTALS_MAX) {
            report_error(report, total->key->place, "a job file has at most %d totals", MPOOL_TOTALS_MAX);
            return false;
        }
        struct total *read = &step->totals[step->total_count];
        ok = total_read(scope, step, read, total) && ok;
        read->pool_field = read->field;
        step->total_count += ok;
    }
    return ok;
}

/* Those who take the step's results have its items as well. */
static void keep_shape(struct step *step, const struct scope *scope)
{
    struct shape *shape = arena_get(&scope->jobfile->yaml.arena, sizeof *shape);

    *shape = scope->shape;
    if (scope->batch)
        *shape = (struct shape){.kind = SHAPE_ANY};
    step->shape = shape;
}

bool step_read(struct jobfile *jobfile, struct step *step, const struct yaml_node *node)
{
    struct report *report = &jobfile->yaml.report;
    struct yaml_node *call, *each, *args, *totals;
    struct scope scope;
    bool ok;

    if (!schema_map(report, node, "a step"))
        return false;
    ok = schema_keys(report, node, keys, "a step");
    call = yaml_get(node, "call");
    each = yaml_get(node, "each");
    args = yaml_get(node, "args");
    totals = yaml_get(node, "totals");
    bool runs = yaml_get(node, "argv") != NULL || yaml_get(node, "shell") != NULL;
    ok = ok && check_kind(report, step, node);
    if (call != NULL)
        ok = read_call(jobfile, step, call) && ok;
    ok = limits_read(&jobfile->yaml, node, &step->limits) && check_percent(report, step, node) && ok;
    ok = read_order(report, step, yaml_get(node, "order")) && ok;
    ok = read_halt(report, step, yaml_get(node, "halt")) && ok;
    ok = needs_read(jobfile, step, yaml_get(node, "needs")) && ok;
    if (!source_read(jobfile, step, each, &scope))
        return false;
    keep_shape(step, &scope);
    if (totals != NULL)
        ok = read_totals(&scope, step, totals) && ok;
    if (runs)
        return ok && program_read(step, node, &scope);
    if (args != NULL) {
        step->arguments = arguments_read(&scope, args);
        ok = value_check(report, args) && step->arguments != NULL && ok;
    }
    return ok;
}
