/*
 * cli/step.c - the steps of a job file
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 */
#include "cli/step.h"

#include "cli/arguments.h"
#include "cli/schema.h"
#include "cli/source.h"
#include "cli/suggest.h"
#include "cli/value.h"

#include <mpool/functions.h>
#include <string.h>

static const struct schema_key keys[] = {
    {"each", false},   {"call", false},      {"args", false},
    {"totals", false}, {"timeout", false},   {"retries", false},
    {"argv", true},    {"shell", true},      {"needs", true},
    {"stdin", true},   {"outputs", true},    {"inputs", true},
    {"capture", true}, {"priority", true},   {"at_most", true},
    {"delay", true},   {"idempotent", true}, {"env", true},
    {"cwd", true},     {"expect", true},     {"result", true},
    {"memory", true},  {"cpu_time", true},   {"nice", true},
    {"halt", true},    {"order", true},      {0},
};

static bool read_call(struct report *report, struct step *step, const struct yaml_node *node)
{
    struct suggestion near;
    size_t count;
    const mpool_function_info *functions = mpool_functions_list(&count);

    if (node->kind != YAML_SCALAR || node->length == 0) {
        report_error(report, node->place, "`call` names a function, not %s", value_name(node));
        return false;
    }
    near = (struct suggestion){.word = node->text};
    for (size_t i = 0; i < count; i++) {
        if (strcmp(functions[i].name, node->text) == 0) {
            step->function = functions[i].name;
            return true;
        }
        suggest_offer(&near, functions[i].name);
    }
    report_error(report, node->place, "there is no function %s%s", value_name(node),
                 near.best != NULL ? suggest_text(&near) : "; mpool functions lists those there are");
    return false;
}

static bool read_totals(struct jobfile *jobfile, struct step *step, const struct yaml_node *node)
{
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
        ok = total_read(jobfile, step, &step->totals[step->total_count], total) && ok;
        step->total_count += ok;
    }
    return ok;
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
    if (call != NULL)
        ok = read_call(report, step, call) && ok;
    else if (ok)
        report_error(report, node->key->place, "the step \"%.60s\" needs a function to call, as in `call: file_size`",
                     step->name);
    ok = ok && call != NULL;
    ok = limits_read(&jobfile->yaml, node, &step->limits) && ok;
    if (totals != NULL)
        ok = read_totals(jobfile, step, totals) && ok;
    if (!source_read(jobfile, step, each, &scope))
        return false;
    if (args != NULL) {
        step->arguments = arguments_read(&scope, args);
        ok = value_check(report, args) && step->arguments != NULL && ok;
    }
    return ok;
}
