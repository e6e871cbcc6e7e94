/*
 * cli/jobfile.c - a job file, version 1, read and checked
 *
 * Runs in: the mpool command, before anything is forked. Owns: the tree, through the jobfile.
 *
 * Reading goes on after an error where it can, so that a file with three mistakes needs one look and not three.
 */
#include "cli/jobfile.h"

#include "cli/needs.h"
#include "cli/objects.h"
#include "cli/reference.h"
#include "cli/schema.h"
#include "cli/secrets.h"
#include "cli/step.h"
#include "cli/suggest.h"
#include "cli/value.h"
#include "cli/vars.h"

#include <mpool/pool.h>
#include <stdio.h>
#include <string.h>

#define VERSION 1
#define STEPS_MAX 1000

static const struct form number_form = {.kind = FORM_NUMBER, .least = VERSION, .most = VERSION};
static const struct form digits_form = {.kind = FORM_WORD, .words = SCHEMA_DIGITS(VERSION)};
static const struct form version_form = FORM_OR(&number_form, &digits_form);

static const struct form auto_form = {.kind = FORM_WORD, .words = "auto"};
static const struct form count_form = {.kind = FORM_NUMBER, .least = 1, .most = MPOOL_WORKERS_MAX};
static const struct form workers_form = FORM_OR(&auto_form, &count_form);

#define NAME_PATTERN SCHEMA_NAME_PATTERN(JOBFILE_NAME_MAX)

static const struct schema_key default_keys[] = {LIMITS_KEYS, {0}};
static const struct form defaults_form = {.kind = FORM_MAP, .keys = default_keys};

static const struct form steps_form = {
    .kind = FORM_NAMED, .pattern = NAME_PATTERN, .of = &step_form, .least = 1, .most = STEPS_MAX};

static const struct schema_key keys[] = {
    {"mpool", KEY_MUST, &version_form, "The version of the job file, 1"},
    {"name", KEY_MAY, &schema_text_form, "The name of the run; by default the file's"},
    {"workers", KEY_MAY, &workers_form, "Jobs at a time; auto: what affinity, cgroups and $MPOOL_WORKERS leave"},
    {"vars", KEY_MAY, &vars_form, "Variables: {vars.x} in templates; mpool run --set x=... overrides"},
    {"defaults", KEY_MAY, &defaults_form, "What steps have that do not say otherwise"},
    {"steps", KEY_MUST, &steps_form, "The steps by name, one after the other"},
    {"functions", KEY_MAY, &objects_form, "Shared objects, the functions of which can be called: [./libmine.so]"},
    {0},
};
const struct form jobfile_form = {.kind = FORM_MAP, .keys = keys};

static bool read_version(struct report *report, const struct yaml_node *root)
{
    const struct yaml_node *node = yaml_get(root, "mpool");
    int64_t version = 0;

    if (node == NULL) {
        report_error(report, root->place, "the key \"mpool\" is missing; a job file begins with: mpool: 1");
        return false;
    }
    if (node->kind == YAML_SCALAR && schema_digits(node->text, node->length, &version) && version == VERSION)
        return true;
    report_error(report, node->place, "this mpool reads version 1 of the job file, written mpool: 1; not %s",
                 value_name(node));
    return false;
}

static bool read_name(struct jobfile *jobfile, const struct yaml_node *node)
{
    const char *slash = strrchr(jobfile->yaml.report.file, '/');

    jobfile->name = slash != NULL ? slash + 1 : jobfile->yaml.report.file;
    if (node == NULL)
        return true;
    if (node->kind != YAML_SCALAR || node->length == 0) {
        report_error(&jobfile->yaml.report, node->place, "`name` is a text, not %s", value_name(node));
        return false;
    }
    jobfile->name = node->text;
    return true;
}

static bool read_workers(struct jobfile *jobfile, const struct yaml_node *node)
{
    int64_t workers = 0;

    if (node == NULL || (yaml_is(node, "auto")))
        return true;
    if (node->kind == YAML_SCALAR && node->plain && schema_digits(node->text, node->length, &workers) && workers >= 1 &&
        workers <= MPOOL_WORKERS_MAX) {
        jobfile->workers = (unsigned)workers;
        return true;
    }
    report_error(&jobfile->yaml.report, node->place, "`workers` is auto, or a whole number from 1 to %d, not %s",
                 MPOOL_WORKERS_MAX, value_name(node));
    return false;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static bool read_steps(struct jobfile *jobfile, const struct yaml_node *root, const struct yaml_node *steps)
{
    struct report *report = &jobfile->yaml.report;
    bool ok = true;

    if (steps == NULL) {
        report_error(report, root->place, "the key \"steps\" is missing");
        return false;
    }
    if (!schema_map(report, steps, "`steps`"))
        return false;
    if (steps->count == 0 || steps->count > STEPS_MAX) {
        report_error(report, steps->place, "a job file has 1 to %d steps", STEPS_MAX);
        return false;
    }
    jobfile->steps = arena_get(&jobfile->yaml.arena, steps->count * sizeof *jobfile->steps);
    for (const struct yaml_node *node = steps->first; node != NULL; node = node->next) {
        struct step *step = &jobfile->steps[jobfile->step_count++];
        *step = (struct step){.name = node->key->text, .place = node->key->place, .limits = jobfile->defaults};
        ok = schema_name(report, node->key, "a step", JOBFILE_NAME_MAX) && ok;
        ok = step_read(jobfile, step, node) && ok;
    }
    return ok && needs_order(jobfile);
}

bool jobfile_take(struct jobfile *jobfile, const struct setting *settings, size_t count)
{
    struct report *report = &jobfile->yaml.report;
    const struct yaml_node *root = jobfile->yaml.root;
    bool ok;

    if (root->kind != YAML_MAP) {
        report_error(report, root->place, "a job file is a map that begins with: mpool: 1; this is %s",
                     value_name(root));
        return false;
    }
    /* Another version has other keys: nothing else is worth a report. */
    if (!read_version(report, root))
        return false;
    const struct yaml_node *steps = yaml_get(root, "steps");
    ok = schema_keys(report, root, keys, "the job file");
    if (!ok && steps == NULL)
        return false; /* it is there, mistyped, and that was reported */
    ok = read_name(jobfile, yaml_get(root, "name")) && ok;
    ok = read_workers(jobfile, yaml_get(root, "workers")) && ok;
    ok = vars_read(jobfile, yaml_get(root, "vars"), settings, count) && ok;
    struct yaml_node *defaults = yaml_get(root, "defaults");
    if (defaults != NULL)
        ok = schema_map(report, defaults, "`defaults`") && schema_keys(report, defaults, default_keys, "`defaults`") &&
             limits_read(&jobfile->yaml, defaults, &jobfile->defaults) && ok;
    ok = objects_read(jobfile, yaml_get(root, "functions")) && ok;
    return read_steps(jobfile, root, steps) && ok;
}

bool jobfile_read(struct jobfile *jobfile, const char *path, const struct setting *settings, size_t count)
{
    *jobfile = (struct jobfile){0};
    return yaml_read(&jobfile->yaml, path) && jobfile_take(jobfile, settings, count);
}

bool jobfile_has_programs(const struct jobfile *jobfile)
{
    bool has = false;

    for (size_t i = 0; i < jobfile->step_count; i++)
        has = has || jobfile->steps[i].program != NULL;
    return has;
}

/* Nobody else has the results of a step that does not run. */
static bool takes_nothing(struct jobfile *jobfile, const struct step *step)
{
    for (size_t i = 0; i < step->need_count; i++) {
        if (!step->needs[i].taken)
            continue;
        report_error(&jobfile->yaml.report, step->needs[i].place,
                     "--only: the step \"%.60s\" takes the results of \"%.60s\", which would not run", step->name,
                     step->needs[i].name);
        return false;
    }
    return true;
}

void jobfile_reads(struct jobfile *jobfile, const char *path)
{
    struct read_file *file = arena_get(&jobfile->yaml.arena, sizeof *file);

    *file =
        (struct read_file){.next = jobfile->files, .path = path, .step = jobfile->steps[jobfile->step_count - 1].name};
    jobfile->files = file;
}

bool jobfile_only(struct jobfile *jobfile, const char *name)
{
    struct suggestion near = {.word = name};

    for (size_t i = 0; i < jobfile->step_count; i++) {
        if (strcmp(jobfile->steps[i].name, name) == 0) {
            if (!takes_nothing(jobfile, &jobfile->steps[i]))
                return false;
            jobfile->steps[0] = jobfile->steps[i];
            jobfile->steps[0].need_count = 0;
            jobfile->steps[0].shelf = NULL;
            jobfile->step_count = 1;
            jobfile->order[0] = 0;
            return true;
        }
        suggest_offer(&near, jobfile->steps[i].name);
    }
    report_error(&jobfile->yaml.report, PLACE_FILE, "--only: there is no step \"%.60s\"%s", name,
                 suggest_or_list(&near));
    return false;
}

void jobfile_free(struct jobfile *jobfile)
{
    shelves_close();
    secrets_forget();
    yaml_free(&jobfile->yaml);
    *jobfile = (struct jobfile){0};
}
