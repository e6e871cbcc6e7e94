/*
 * cli/program.c - steps that run programs: `argv` and `shell`, and the keys that belong to them
 *
 *     argv: [gunzip, --stdout, "{path}"]         run as it is: no shell, nothing to be quoted
 *     shell: 'jq -s length > "$1"'               $1 ... are `args`, or the item
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 *
 * What a step says is read and checked here, key by key; cli/program_order.c puts it together for a job. A shell's text
 * has no templates: an item that is put into code becomes code, and the positional parameters are there for it.
 */
#include "cli/program.h"

#include "cli/needs.h"
#include "cli/program_order.h"
#include "cli/schema.h"
#include "cli/template.h"
#include "cli/value.h"
#include "cli/work/launch.h"
#include "cli/work/work.h"

#include <string.h>
#include <sys/stat.h>

#define EXIT_CODE_MAX 255
#define NICE_MAX 19

static const struct schema_key stdin_keys[] = {
    {"text", KEY_ONE, &schema_scalar_form, "A text"},
    {"file", KEY_ONE, &schema_scalar_form, "The path of a file"},
    {"results", KEY_ONE, &schema_text_form, "A step, the results of which it reads as lines of JSON"},
    {0},
};
static const struct schema_key capture_keys[] = {
    {"stdout", KEY_MAY, &schema_scalar_form, "The file for standard output"},
    {"stderr", KEY_MAY, &schema_scalar_form, "The file for standard error"},
    {"exit", KEY_MAY, &schema_scalar_form, "The file for how the program has ended, one object of JSON"},
    {0},
};

static const struct form null_form = {.kind = FORM_NULL};
static const struct form variable_form = FORM_OR(&schema_scalar_form, &null_form);
static const struct form code_form = {.kind = FORM_NUMBER, .least = 0, .most = EXIT_CODE_MAX};
static const struct form codes_form = {.kind = FORM_LIST, .of = &code_form};

const struct form program_argv_form = {.kind = FORM_LIST, .of = &schema_scalar_form, .least = 1};
const struct form program_env_form = {.kind = FORM_NAMED, .pattern = "^[^=]+$", .of = &variable_form};
const struct form program_stdin_form = {.kind = FORM_MAP, .keys = stdin_keys};
const struct form program_capture_form = {.kind = FORM_MAP, .keys = capture_keys, .least = 1};
const struct form program_expect_form = FORM_OR(&code_form, &codes_form);
const struct form program_result_form = {.kind = FORM_WORD, .words = "text|number|json"};
const struct form program_nice_form = {.kind = FORM_NUMBER, .least = -NICE_MAX - 1, .most = NICE_MAX};
const struct form program_show_form = {.kind = FORM_WORD, .words = "grouped|straight|lines|none"};

/* ---- the keys ---------------------------------------------------------------------------------------------------- */

static bool check_text(struct report *report, const struct yaml_node *node, const char *what)
{
    if (node == NULL || (node->kind == YAML_SCALAR && value_of(node).type != VALUE_NULL))
        return true;
    report_error(report, node->place, "%s is a text, not %s", what, value_name(node));
    return false;
}

static bool check_texts(struct report *report, const struct yaml_node *list, const char *what)
{
    bool ok = true;

    for (const struct yaml_node *node = list->first; node != NULL; node = node->next)
        ok = check_text(report, node, what) && ok;
    return ok;
}

/* Why a name, or a path, is that of no program. */
static const char *why_no_program(const char *name)
{
    struct stat status;

    if (strchr(name, '/') == NULL)
        return " in any directory of $PATH";
    if (stat(name, &status) != 0)
        return "";
    return S_ISDIR(status.st_mode) ? "; that is a directory" : "; that is a file which may not be executed";
}

static bool check_argv(struct report *report, const struct yaml_node *argv)
{
    struct template_part part;

    if (argv->kind != YAML_LIST || argv->count == 0) {
        report_error(report, argv->place,
                     "`argv` is a list that begins with a program, as in [gzip, \"{path}\"], not %s",
                     argv->kind == YAML_LIST ? "an empty one" : value_name(argv));
        return false;
    }
    if (!check_texts(report, argv, "an element of `argv`"))
        return false;
    const char *cursor = argv->first->text, *end = cursor + argv->first->length;
    bool constant = !template_next(&cursor, end, &part) || (!part.reference && cursor == end);
    if (!constant || launch_can_find(argv->first->text))
        return true;
    report_error(report, argv->first->place, "there is no program \"%.200s\"%s", argv->first->text,
                 why_no_program(argv->first->text));
    return false;
}

static bool check_shell(struct report *report, const struct program_parts *parts, const struct scope *scope)
{
    const struct shape_use use = {.name = "item", .text = true};
    const struct yaml_node *args = parts->args;
    struct text problem = {0};

    if (!check_text(report, parts->shell, "`shell`"))
        return false;
    reference_warn_code(scope, parts->shell, args != NULL);
    if (args != NULL && args->kind != YAML_LIST) {
        report_error(report, args->place, "`args` of `shell` is a list of texts, for $1, $2 ..., not %s",
                     value_name(args));
        return false;
    }
    if (args != NULL)
        return check_texts(report, args, "an element of `args`");
    /* Of a batch it is looked at when it is filled in. */
    if (scope->shape.kind != SHAPE_NONE && !scope->batch)
        shape_check(report, &scope->shape, &use, &problem);
    bool ok = problem.size == 0;
    if (!ok)
        report_error(report, parts->shell->place, "$1 is the item: %s; say with `args` what $1, $2 ... are",
                     problem.data);
    text_free(&problem);
    return ok;
}

/* {text: "..."}, {file: "..."} or {results: STEP} */
static bool read_stdin(struct report *report, const struct yaml_node *node, struct program_parts *parts)
{
    if (node == NULL)
        return true;
    if (node->kind != YAML_MAP || node->count != 1) {
        report_error(report, node->place, "`stdin` is one of {file: PATH}, {text: TEXT} and {results: STEP}, not %s",
                     node->kind == YAML_MAP && node->count > 1 ? "several" : value_name(node));
        return false;
    }
    parts->text = yaml_get(node, "text");
    parts->file = yaml_get(node, "file");
    parts->results = yaml_get(node, "results");
    return schema_keys(report, node, stdin_keys, "`stdin`") && check_texts(report, node, "what `stdin` names");
}

/* Has the text a template that is not the same for all jobs? */
static bool tells_jobs_apart(const struct yaml_node *node)
{
    const char *cursor = node->text, *end = node->text + node->length;
    struct template_part part;

    while (template_next(&cursor, end, &part)) {
        if (part.reference && strncmp(part.text, "vars.", 5) != 0 && strncmp(part.text, "env.", 4) != 0)
            return true;
    }
    return false;
}

/* A file that two jobs write, or one job twice, has a part of what was written. Devices are no files. */
static bool check_captures(struct report *report, const struct yaml_node *capture, bool many)
{
    for (const struct yaml_node *node = capture->first; node != NULL; node = node->next) {
        if (node->length >= 5 && memcmp(node->text, "/dev/", 5) == 0)
            continue;
        if (many && !tells_jobs_apart(node)) {
            report_error(report, node->place,
                         "all jobs of the step would write to this file; name one for each, as {index}.txt");
            return false;
        }
        for (const struct yaml_node *other = capture->first; other != node; other = other->next) {
            if (other->length == node->length && memcmp(other->text, node->text, node->length) == 0) {
                report_error(report, node->place, "`%s` and `%s` would write to the same file", other->key->text,
                             node->key->text);
                return false;
            }
        }
    }
    return true;
}

static bool read_capture(struct report *report, const struct yaml_node *node, bool many, struct program_parts *parts)
{
    if (node == NULL)
        return true;
    if (node->kind != YAML_MAP || node->count == 0) {
        report_error(report, node->place,
                     "`capture` is {stdout: PATH, stderr: PATH, exit: PATH}, or some of them, not %s",
                     value_name(node));
        return false;
    }
    parts->out = yaml_get(node, "stdout");
    parts->err = yaml_get(node, "stderr");
    parts->exit = yaml_get(node, "exit");
    if (parts->out != NULL && parts->result != RESULT_NONE) {
        report_error(report, parts->out->place, "standard output is the result already, by `result`");
        return false;
    }
    return schema_keys(report, node, capture_keys, "`capture`") && check_texts(report, node, "what `capture` names") &&
           check_captures(report, node, many);
}

static bool read_result(struct report *report, const struct yaml_node *node, struct program_parts *parts)
{
    static const char *const words[] = {[RESULT_TEXT] = "text", [RESULT_NUMBER] = "number", [RESULT_JSON] = "json"};

    if (node == NULL)
        return true;
    for (size_t i = RESULT_TEXT; i <= RESULT_JSON; i++) {
        if (yaml_is(node, words[i])) {
            parts->result = (enum order_result)i;
            return true;
        }
    }
    report_error(report, node->place, "`result` is text, number or json, what standard output is taken for, not %s",
                 value_name(node));
    return false;
}

static bool read_show(struct report *report, const struct yaml_node *node, const struct yaml_node *order,
                      struct program_parts *parts)
{
    static const char *const words[] = {
        [SHOW_GATHER] = "grouped", [SHOW_INHERIT] = "straight", [SHOW_DROP] = "none", [SHOW_LINES] = "lines"};

    for (size_t i = 0; node != NULL && i < sizeof words / sizeof words[0]; i++) {
        if (yaml_is(node, words[i])) {
            parts->show = (enum order_show)i;
            break;
        }
    }
    if (parts->show == SHOW_LINES && order != NULL && yaml_is(order, "items")) {
        report_error(report, node->place,
                     "`show: lines` shows lines as they come, which is not `order: items`; leave one of them out");
        return false;
    }
    if (parts->show != SHOW_GATHER || (node != NULL && yaml_is(node, words[SHOW_GATHER])))
        return true;
    if (node != NULL)
        report_error(report, node->place,
                     "`show` is grouped, lines, straight or none: when the output of a job is shown; not %s",
                     value_name(node));
    return node == NULL;
}

/* {NAME: value, OTHER: null, clear: true} */
static bool check_env(struct report *report, const struct yaml_node *env)
{
    bool ok = true;

    if (env == NULL)
        return true;
    if (!schema_map(report, env, "`env`"))
        return false;
    for (const struct yaml_node *node = env->first; node != NULL; node = node->next) {
        if (node->key->length == 0 || strchr(node->key->text, '=') != NULL) {
            report_error(report, node->key->place, "a variable of the environment has a name, without \"=\"");
            ok = false;
        } else if (node->kind != YAML_SCALAR) {
            report_error(report, node->place,
                         "a variable of the environment is a text, or null to take it away, not %s", value_name(node));
            ok = false;
        }
    }
    return ok;
}

static bool check_expect(struct report *report, const struct yaml_node *expect)
{
    int64_t code;
    bool ok = true;

    if (expect == NULL)
        return true;
    if (expect->kind != YAML_LIST)
        return schema_number(report, expect, "`expect`", 0, EXIT_CODE_MAX, &code);
    for (const struct yaml_node *node = expect->first; node != NULL; node = node->next)
        ok = schema_number(report, node, "an exit code of `expect`", 0, EXIT_CODE_MAX, &code) && ok;
    return ok;
}

static bool read_parts(struct report *report, const struct yaml_node *node, const struct scope *scope,
                       struct program_parts *parts)
{
    const struct yaml_node *nice = yaml_get(node, "nice"), *tag = yaml_get(node, "tag");
    bool ok;

    *parts = (struct program_parts){.argv = yaml_get(node, "argv"),
                                    .shell = yaml_get(node, "shell"),
                                    .args = yaml_get(node, "args"),
                                    .env = yaml_get(node, "env"),
                                    .cwd = yaml_get(node, "cwd"),
                                    .expect = yaml_get(node, "expect"),
                                    .outputs = yaml_get(node, "outputs")};
    if (parts->argv != NULL && parts->args != NULL) {
        report_error(report, parts->args->key->place, "`args` goes with `call` and `shell`; `argv` has them in itself");
        return false;
    }
    ok = parts->argv != NULL ? check_argv(report, parts->argv) : check_shell(report, parts, scope);
    ok = read_result(report, yaml_get(node, "result"), parts) && ok;
    ok = read_stdin(report, yaml_get(node, "stdin"), parts) && ok;
    if (ok && parts->file != NULL)
        jobfile_reads(scope->jobfile, parts->file->text);
    ok = read_capture(report, yaml_get(node, "capture"), yaml_get(node, "each") != NULL, parts) && ok;
    ok = (nice == NULL || schema_number(report, nice, "`nice`", -NICE_MAX - 1, NICE_MAX, &parts->nice)) && ok;
    ok = check_text(report, parts->cwd, "`cwd`") && ok;
    ok = read_show(report, yaml_get(node, "show"), yaml_get(node, "order"), parts) && ok;
    ok = (tag == NULL || schema_boolean(report, tag, "`tag`", &parts->tag)) && ok;
    return check_env(report, parts->env) && check_expect(report, parts->expect) && ok;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* What is added up is a number of the result: there has to be one. */
static bool check_totals(struct report *report, const struct step *step, const struct program_parts *parts)
{
    for (size_t i = 0; i < step->total_count; i++) {
        if (step->totals[i].kind != AGGREGATE_COUNT && parts->result == RESULT_NONE) {
            report_error(report, step->place,
                         "the total \"%s\" needs a result, and a program has one only with `result: number` or `json`",
                         step->totals[i].name);
            return false;
        }
    }
    return true;
}

/* To the pool the result is a part of what the function returns. */
static void move_totals(struct arena *arena, struct step *step)
{
    for (size_t i = 0; i < step->total_count; i++) {
        struct total *total = &step->totals[i];
        struct text field = {0};
        if (total->kind == AGGREGATE_COUNT)
            continue;
        text_printf(&field, "value%s%s", total->field != NULL ? "." : "", total->field != NULL ? total->field : "");
        total->pool_field = arena_copy(arena, field.data, field.size);
        text_free(&field);
    }
}

/* A program that is not told where to write would write to the place itself, and not be found there. */
static bool check_named(struct report *report, const struct step *step, const struct program_parts *parts,
                        unsigned named)
{
    bool all = step->targets == NULL || (named & 2) != 0 || ((named & 1) != 0 && step->targets->count == 1);

    if (!all && named == 0)
        report_error(report, parts->outputs->key->place,
                     "the program has to be told where to write: {output}, as in `argv: [convert, \"{path}\", "
                     "\"{output}\"]` or `capture: {stdout: \"{output}\"}`");
    else if (!all)
        report_error(report, parts->outputs->key->place,
                     "{output} is only the first of %zu; {outputs} are all, as elements of `argv` or `args`",
                     step->targets->count);
    return all;
}

/* What the templates of the program may name besides those of its item. */
static struct scope inner_scope(const struct scope *scope, const struct step *step, unsigned *named)
{
    struct scope inner = *scope;

    inner.attempt = true;
    inner.outputs = step->targets != NULL ? step->targets->count : 0;
    inner.named = named;
    return inner;
}

bool program_read(struct step *step, const struct yaml_node *node, const struct scope *scope)
{
    struct yaml *yaml = &scope->jobfile->yaml;
    struct program *program = arena_get(&yaml->arena, sizeof *program);
    struct program_parts parts;
    unsigned named = 0;

    if (!read_parts(&yaml->report, node, scope, &parts) || !check_totals(&yaml->report, step, &parts) ||
        !targets_read(scope, node, &step->targets))
        return false;
    if (parts.results != NULL) {
        const struct step *taken = needs_take(scope->jobfile, parts.results, "`results`", SHELF_LINES);
        if (taken == NULL)
            return false;
        step->input = taken->shelf;
    }
    const struct scope inner = inner_scope(scope, step, &named);
    step->arguments = program_order(&inner, step, &parts, &program->how_size);
    program->has_result = parts.result != RESULT_NONE;
    program->tag = parts.tag;
    program->lines = parts.show == SHOW_LINES;
    program->straight = parts.show == SHOW_INHERIT;
    step->function = WORK_COMMAND;
    step->program = program;
    move_totals(&yaml->arena, step);
    return step->arguments != NULL && check_named(&yaml->report, step, &parts, named);
}
