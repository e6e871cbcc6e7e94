/*
 * cli/reference.c - what the names in templates mean
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 *
 * What is wrong with a template is found here, before a job runs: a name that means nothing, a variable that is not
 * there, a field that one of the items does not have. Filling it in later can fail only where the shape of the items is
 * SHAPE_ANY, for what only a running source will know; that costs the one job (cli/arguments.h).
 */
#include "cli/reference.h"

#include "cli/late.h"
#include "cli/suggest.h"
#include "cli/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct known {
    const char *name;
    enum reference_kind kind;
    bool path; /* a part of the path */
} known_names[] = {
    {"item", REFERENCE_ITEM, false},       {"items", REFERENCE_ITEMS, false},   {"path", REFERENCE_PATH, true},
    {"name", REFERENCE_NAME, true},        {"stem", REFERENCE_STEM, true},      {"ext", REFERENCE_EXT, true},
    {"dir", REFERENCE_DIR, true},          {"root", REFERENCE_ROOT, true},      {"index", REFERENCE_INDEX, false},
    {"number", REFERENCE_NUMBER, false},   {"env", REFERENCE_CONSTANT, false},  {"vars", REFERENCE_CONSTANT, false},
    {"worker", REFERENCE_LATE, false},     {"attempt", REFERENCE_LATE, false},  {"output", REFERENCE_LATE, false},
    {"outputs", REFERENCE_OUTPUTS, false}, {"result", REFERENCE_RESULT, false},
};

static const struct known *find_known(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof known_names / sizeof known_names[0]; i++) {
        if (strlen(known_names[i].name) == length && memcmp(known_names[i].name, name, length) == 0)
            return &known_names[i];
    }
    return NULL;
}

/* Where in the file a part of a scalar is. Escapes and folding move it: then the scalar's own place has to do. */
static size_t place_of(const struct report *report, const struct yaml_node *node, const char *text, size_t length)
{
    size_t place = node->place + (node->plain ? 0 : 1) + (size_t)(text - node->text);

    if (place > 0 && place + length <= report->size && memcmp(report->source + place, text, length) == 0)
        return place - (report->source[place - 1] == '{' ? 1 : 0);
    return node->place;
}

const struct yaml_node *reference_field(const struct yaml_node *map, const char *fields)
{
    while (map != NULL && *fields != '\0') {
        size_t length = strcspn(fields, ".");
        const struct yaml_node *found = NULL;
        if (map->kind != YAML_MAP)
            return NULL;
        for (const struct yaml_node *node = map->first; node != NULL && found == NULL; node = node->next) {
            if (node->key->length == length && memcmp(node->key->text, fields, length) == 0)
                found = node;
        }
        map = found;
        fields += length + (fields[length] == '.');
    }
    return map;
}

bool reference_exact(const struct yaml_node *node, struct template_part *part)
{
    if (node->kind != YAML_SCALAR)
        return false;
    const char *cursor = node->text, *end = node->text + node->length;
    return template_next(&cursor, end, part) && cursor == end && part->reference;
}

static bool refuse_unknown(struct report *report, size_t place, const char *name, size_t length)
{
    char word[64];
    struct suggestion near = {.word = word};

    (void)snprintf(word, sizeof word, "%.*s", (int)length, name);
    for (size_t i = 0; i < sizeof known_names / sizeof known_names[0]; i++)
        suggest_offer(&near, known_names[i].name);
    if (near.best != NULL)
        report_error(report, place, "the template {%.60s} names nothing%s", word, suggest_text(&near));
    else
        report_error(report, place, "the template {%.60s} names nothing; for the text itself write {{%.60s}}", word,
                     word);
    return false;
}

/* {env.HOME}. The value lives in the arena: nothing promises that the environment stays as it is. */
static bool read_env(const struct scope *scope, size_t place, const char *name, struct reference *reference)
{
    struct arena *arena = &scope->jobfile->yaml.arena;
    const char *value = name != NULL ? getenv(name) : NULL;

    if (value == NULL) {
        if (name == NULL)
            report_error(&scope->jobfile->yaml.report, place, "name the environment variable: {env.HOME}");
        else
            report_error(&scope->jobfile->yaml.report, place, "the environment has no variable %.100s", name);
        return false;
    }
    struct yaml_node *node = arena_get(arena, sizeof *node);
    *node = (struct yaml_node){.kind = YAML_SCALAR, .place = place, .length = strlen(value)};
    node->text = arena_copy(arena, value, node->length);
    *reference = (struct reference){.kind = REFERENCE_CONSTANT, .value = node};
    return true;
}

/* {vars.root} */
static bool read_var(const struct scope *scope, size_t place, const char *name, struct reference *reference)
{
    struct report *report = &scope->jobfile->yaml.report;
    const struct yaml_node *vars = scope->jobfile->vars;
    const struct yaml_node *node = vars != NULL && name != NULL ? yaml_get(vars, name) : NULL;

    if (!scope->vars) {
        report_error(report, place, "a variable cannot use other variables, only {env.NAME}");
    } else if (name == NULL) {
        report_error(report, place, "name the variable: {vars.NAME}");
    } else if (node == NULL) {
        struct suggestion near = {.word = name};
        for (const struct yaml_node *var = vars != NULL ? vars->first : NULL; var != NULL; var = var->next)
            suggest_offer(&near, var->key->text);
        report_error(report, place, "`vars` has no \"%.60s\"%s", name, suggest_or_list(&near));
    } else if (node->kind == YAML_SCALAR) { /* otherwise it has no value, which was reported where it stands */
        *reference = (struct reference){.kind = REFERENCE_CONSTANT, .value = node};
        return true;
    }
    return false;
}

/* {item}, {item.field}, {items}, {path} and its parts */
static bool read_item(const struct scope *scope, size_t place, const struct known *known, const char *fields, bool text,
                      struct reference *reference)
{
    struct report *report = &scope->jobfile->yaml.report;
    const struct shape_use use = {.name = known->name, .fields = fields, .path = known->path, .text = text};
    bool items = known->kind == REFERENCE_ITEMS;
    struct text problem = {0};

    if (!scope->items)
        text_string(&problem, "there is no item here; only {vars.NAME} and {env.NAME} are known");
    else if (scope->shape.kind == SHAPE_NONE)
        text_printf(&problem, "the step%s has no `each`, so there is no item", scope->taken ? " that it takes" : "");
    else if (fields != NULL && known->kind != REFERENCE_ITEM)
        text_printf(&problem, "{%s} has no fields", known->name);
    else if (scope->batch && !items)
        text_string(&problem, "with `batch` a job has several items; {items} is the list of them");
    else if (!scope->batch && items)
        text_string(&problem, "without `batch` a job has one item, which is {item}");
    else if (items && text)
        text_string(&problem, "a list has no text; {items} stands alone");
    else if (!items)
        shape_check(report, &scope->shape, &use, &problem);
    if (problem.size > 0)
        report_error(report, place, "{%s%s%s}: %s", known->name, fields != NULL ? "." : "",
                     fields != NULL ? fields : "", problem.data);
    bool ok = problem.size == 0;
    if (ok)
        *reference = (struct reference){.kind = known->kind, .fields = fields};
    text_free(&problem);
    return ok;
}

/* {result}, {result.field} */
static bool read_result(const struct scope *scope, size_t place, const char *fields, struct reference *reference)
{
    struct report *report = &scope->jobfile->yaml.report;

    *reference = (struct reference){.kind = REFERENCE_RESULT, .fields = fields};
    if (!scope->taken)
        report_error(report, place, "{result} is known in totals, and with `each: {results: STEP}`%s",
                     scope->batch ? " without `batch`" : "");
    else if (scope->silent != NULL)
        report_error(
            report, place,
            "{result}: the jobs of \"%.60s\" have none; say there with `result` what their output is taken for",
            scope->silent);
    return scope->taken && scope->silent == NULL;
}

/* {worker}, {attempt}, {output}, {outputs} */
static bool read_late(const struct scope *scope, size_t place, const struct known *known, const char *fields, bool text,
                      struct reference *reference)
{
    struct report *report = &scope->jobfile->yaml.report;
    bool all = known->kind == REFERENCE_OUTPUTS, output = all || strcmp(known->name, "output") == 0;
    unsigned number = output ? LATE_OUTPUT : strcmp(known->name, "worker") == 0 ? LATE_WORKER : LATE_ATTEMPT;

    *reference = (struct reference){.kind = known->kind, .number = number};
    if (output && scope->named != NULL)
        *scope->named |= all ? 2 : 1;
    if (!scope->attempt)
        report_error(report, place,
                     "{%s} is known only when a program begins: in `argv`, and in `args`, `env`, `cwd`, `stdin` and "
                     "`capture` beside `argv` or `shell`",
                     known->name);
    else if (fields != NULL)
        report_error(report, place, "{%s} has no fields", known->name);
    else if (output && scope->outputs == 0)
        report_error(report, place, "{%s}: the step has no `outputs`, which say what files its jobs make", known->name);
    else if (all && text)
        report_error(report, place, "a list has no text; {outputs} stands alone, in `argv` or `args`");
    else
        return true;
    return false;
}

bool reference_read(const struct scope *scope, const struct yaml_node *node, const struct template_part *part,
                    bool text, struct reference *reference)
{
    struct yaml *yaml = &scope->jobfile->yaml;
    size_t place = place_of(&yaml->report, node, part->text, part->length);
    const char *dot = memchr(part->text, '.', part->length);
    size_t length = dot != NULL ? (size_t)(dot - part->text) : part->length;
    const char *fields = dot != NULL ? arena_copy(&yaml->arena, dot + 1, part->length - length - 1) : NULL;
    const struct known *known = find_known(part->text, length);

    if (known == NULL)
        return refuse_unknown(&yaml->report, place, part->text, part->length);
    if (known->kind == REFERENCE_RESULT)
        return read_result(scope, place, fields, reference);
    if (known->kind == REFERENCE_LATE || known->kind == REFERENCE_OUTPUTS)
        return read_late(scope, place, known, fields, text, reference);
    if (strcmp(known->name, "env") == 0)
        return read_env(scope, place, fields, reference);
    if (strcmp(known->name, "vars") == 0)
        return read_var(scope, place, fields, reference);
    if ((known->kind == REFERENCE_INDEX || known->kind == REFERENCE_NUMBER) && scope->items && fields == NULL) {
        *reference = (struct reference){.kind = known->kind};
        return true;
    }
    return read_item(scope, place, known, fields, text, reference);
}

/* {} is a placeholder where a word or a part of a path begins; elsewhere it is code. */
static bool is_placeholder(const struct yaml_node *node, const char *at)
{
    return at == node->text || strchr(" /=", at[-1]) != NULL;
}

void reference_warn(const struct scope *scope, const struct yaml_node *node)
{
    struct report *report = &scope->jobfile->yaml.report;
    const char *end = node->text + node->length;
    bool items = scope->items && scope->shape.kind != SHAPE_NONE;
    struct template_part name;

    /* Without a file, as of `mpool exec`, no template was written by anybody. */
    if (report->source == NULL)
        return;
    for (const char *at = node->text; (at = memchr(at, '{', (size_t)(end - at))) != NULL; at++) {
        size_t length = template_slip(at, (size_t)(end - at), &name);
        if (length == 0)
            continue;
        const char *dot = memchr(name.text, '.', name.length);
        const struct known *known = find_known(name.text, dot != NULL ? (size_t)(dot - name.text) : name.length);
        size_t place = place_of(report, node, at + 1, length - 1);
        bool late = known != NULL && (known->kind == REFERENCE_LATE || known->kind == REFERENCE_OUTPUTS);
        bool means = late ? scope->attempt : known != NULL && (known->kind == REFERENCE_CONSTANT ? dot != NULL : items);
        if (means)
            report_warning(report, place, "%.*s stays as it is; a template has no blanks: {%.*s}", (int)length, at,
                           (int)name.length, name.text);
        else if (name.length == 0 && items && is_placeholder(node, at))
            report_warning(report, place, "{} stays as it is; %s",
                           scope->batch ? "the items are {items}" : "the item is {item}");
    }
}

void reference_warn_code(const struct scope *scope, const struct yaml_node *node, bool args)
{
    struct report *report = &scope->jobfile->yaml.report;
    const char *cursor = node->text, *end = node->text + node->length;
    bool item = scope->items && scope->shape.kind != SHAPE_NONE && !scope->batch;
    struct template_part part;

    while (template_next(&cursor, end, &part)) {
        if (!part.reference || find_known(part.text, strcspn(part.text, ".}")) == NULL)
            continue;
        /* A variable of the shell, or code of another language in quotes. */
        if (part.text >= node->text + 2 && strchr("$'", part.text[-2]) != NULL)
            continue;
        size_t place = place_of(report, node, part.text, part.length);
        if (!args && item && strncmp(part.text, "item}", 5) == 0)
            report_warning(report, place, "{item} stays as it is, since `shell` is code; the item is \"$1\"");
        else if (!args && scope->batch && strncmp(part.text, "items}", 6) == 0)
            report_warning(report, place, "{items} stays as it is, since `shell` is code; the items are \"$@\"");
        else
            report_warning(report, place,
                           "{%.*s} stays as it is, since `shell` is code; put it into `args`, and write \"$1\"",
                           (int)part.length, part.text);
    }
}

static bool expand_scalar(const struct scope *scope, struct yaml_node *node)
{
    const char *cursor = node->text, *end = node->text + node->length;
    struct template_part part;
    struct reference reference;
    struct text text = {0};
    bool ok = true, changed = false;

    reference_warn(scope, node);
    if (reference_exact(node, &part)) {
        if (!reference_read(scope, node, &part, true, &reference))
            return false;
        node->plain = reference.value->plain;
        node->text = reference.value->text;
        node->length = reference.value->length;
        return true;
    }
    while (template_next(&cursor, end, &part)) {
        changed = changed || part.reference;
        if (!part.reference) {
            text_add(&text, part.text, part.length);
        } else if (reference_read(scope, node, &part, true, &reference)) {
            text_add(&text, reference.value->text, reference.value->length);
        } else {
            ok = false;
        }
    }
    if (ok && (changed || text.size < node->length)) {
        node->plain = false;
        node->text = arena_copy(&scope->jobfile->yaml.arena, text.data, text.size);
        node->length = text.size;
    }
    text_free(&text);
    return ok;
}

bool reference_expand(const struct scope *scope, struct yaml_node *node)
{
    bool ok = true;

    if (node->kind == YAML_SCALAR)
        return expand_scalar(scope, node);
    for (struct yaml_node *inner = node->first; inner != NULL; inner = inner->next)
        ok = reference_expand(scope, inner) && ok;
    return ok;
}
