/*
 * cli/vars.c - the variables of a job file
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 */
#include "cli/vars.h"

#include "cli/reference.h"
#include "cli/schema.h"
#include "cli/secrets.h"
#include "cli/suggest.h"
#include "cli/value.h"

#include <string.h>

static const struct schema_key keys[] = {
    {"value", KEY_MAY, &schema_scalar_form, "Its value; without it, it is for --set to give one"},
    {"secret", KEY_MAY, &schema_boolean_form, "true: the value is never written down or shown by mpool"},
    {0},
};
static const struct form map_form = {.kind = FORM_MAP, .keys = keys};
static const struct form var_form = FORM_OR(&schema_scalar_form, &map_form);
const struct form vars_form = {.kind = FORM_NAMED, .pattern = SCHEMA_NAME_PATTERN(JOBFILE_NAME_MAX), .of = &var_form};

static const char *set_value(const char *name, const struct setting *settings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(settings[i].name, name) == 0)
            return settings[i].value;
    }
    return NULL;
}

/*
 * What --set says takes the place of what the file says, as if it were written there without quotes; but what would be
 * no value for a variable then, nothing to begin with, is a text.
 */
static void set(struct yaml_node *var, const char *value)
{
    var->kind = YAML_SCALAR;
    var->plain = true;
    var->text = value;
    var->length = strlen(value);
    var->plain = value_of(var).type != VALUE_NULL && value_is_json(var);
}

static bool check_settings(struct jobfile *jobfile, const struct setting *settings, size_t count)
{
    const struct yaml_node *vars = jobfile->vars;
    bool ok = true;

    for (size_t i = 0; i < count; i++) {
        struct suggestion near = {.word = settings[i].name};
        if (vars != NULL && yaml_get(vars, settings[i].name) != NULL)
            continue;
        for (const struct yaml_node *var = vars != NULL ? vars->first : NULL; var != NULL; var = var->next)
            suggest_offer(&near, var->key->text);
        report_error(&jobfile->yaml.report, PLACE_FILE, "--set: `vars` has no \"%.60s\"%s", settings[i].name,
                     suggest_or_list(&near));
        ok = false;
    }
    return ok;
}

static bool read_scalar(struct jobfile *jobfile, struct yaml_node *var)
{
    struct report *report = &jobfile->yaml.report;
    const struct scope scope = {.jobfile = jobfile};

    if (var->kind != YAML_SCALAR) {
        report_error(report, var->place, "a variable is a text, a number, true or false, not %s", value_name(var));
        return false;
    }
    if (value_of(var).type == VALUE_NULL) {
        report_error(report, var->place, "a variable is not null; an empty text is written \"\"");
        return false;
    }
    return value_check(report, var) && reference_expand(&scope, var);
}

/* {value: X, secret: true} becomes X. */
static bool read_map(struct jobfile *jobfile, struct yaml_node *var, const char *given, bool *secret)
{
    struct report *report = &jobfile->yaml.report;
    struct yaml_node *value = yaml_get(var, "value"), *flag = yaml_get(var, "secret");

    if (!schema_keys(report, var, keys, "a variable") ||
        (flag != NULL && !schema_boolean(report, flag, "`secret`", secret)))
        return false;
    if (value == NULL && given == NULL) {
        report_error(report, var->place, "the variable \"%.60s\" has no value: give it `value`, or --set %.60s=...",
                     var->key->text, var->key->text);
        return false;
    }
    if (value == NULL)
        return true;
    if (!read_scalar(jobfile, value))
        return false;
    var->kind = value->kind;
    var->plain = value->plain;
    var->text = value->text;
    var->length = value->length;
    return true;
}

static bool read_var(struct jobfile *jobfile, struct yaml_node *var, const char *given)
{
    struct report *report = &jobfile->yaml.report;
    bool secret = false;

    if (!schema_name(report, var->key, "a variable", JOBFILE_NAME_MAX))
        return false;
    if (!(var->kind == YAML_MAP ? read_map(jobfile, var, given, &secret) : read_scalar(jobfile, var)))
        return false;
    if (given != NULL)
        set(var, given);
    if (!secret)
        return true;
    if (var->length < SECRETS_LEAST) {
        report_error(report, var->place, "a secret has at least %d bytes, for it is looked for in all that is written",
                     SECRETS_LEAST);
        return false;
    }
    secrets_add(var->key->text, var->text, var->length);
    return true;
}

bool vars_read(struct jobfile *jobfile, struct yaml_node *node, const struct setting *settings, size_t count)
{
    bool ok = true;

    if (node != NULL && !schema_map(&jobfile->yaml.report, node, "`vars`"))
        return false;
    for (struct yaml_node *var = node != NULL ? node->first : NULL; var != NULL; var = var->next)
        ok = read_var(jobfile, var, set_value(var->key->text, settings, count)) && ok;
    jobfile->vars = node;
    return check_settings(jobfile, settings, count) && ok;
}
