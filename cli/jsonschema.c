/*
 * cli/jsonschema.c - `mpool schema`: the job file, as this build knows it, as JSON Schema
 *
 * An editor that has it completes keys, says what they are for, and underlines what is wrong while it is written. It is
 * draft 7, which all of them read. The tables of keys that job files are checked with are walked from the top, so there
 * is no list of keys here; what a value looks like is told by the form beside its key.
 *
 * Runs in: the mpool command. Nothing is forked. Owns: the text, until it is printed.
 */
#include "cli/command.h"
#include "cli/jobfile.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/schema.h"

#include <stdio.h>
#include <string.h>

#define SCALAR_TYPES "[\"string\", \"number\", \"boolean\"]"

/* What is written, and where in it we are. */
struct out {
    struct text text;
    int depth;
    bool first;                 /* nothing is in the innermost list or map yet */
    bool templates;             /* a template may stand in the place of any value */
    const struct form *defined; /* the form with a name that was met; there is one */
};

static void put_form(struct out *out, const struct form *form);

/* ---- JSON, one entry a line -------------------------------------------------------------------------------------- */

static void begin_entry(struct out *out)
{
    text_printf(&out->text, "%s\n%*s", out->first ? "" : ",", 2 * out->depth, "");
    out->first = false;
}

static void open_bracket(struct out *out, char bracket)
{
    text_char(&out->text, bracket);
    out->depth++;
    out->first = true;
}

static void close_bracket(struct out *out, char bracket)
{
    out->depth--;
    if (!out->first)
        text_printf(&out->text, "\n%*s", 2 * out->depth, "");
    text_char(&out->text, bracket);
    out->first = false;
}

static void put_name(struct out *out, const char *name)
{
    begin_entry(out);
    json_string(&out->text, name, strlen(name));
    text_string(&out->text, ": ");
}

static void put_text(struct out *out, const char *name, const char *text)
{
    put_name(out, name);
    json_string(&out->text, text, strlen(text));
}

static void put_number(struct out *out, const char *name, int64_t number)
{
    put_name(out, name);
    text_signed(&out->text, number);
}

/* What is JSON already. */
static void put_raw(struct out *out, const char *name, const char *json)
{
    put_name(out, name);
    text_string(&out->text, json);
}

/* A map of its own, in a list or behind a name. */
static void put_map(struct out *out, const struct form *form, const char *about)
{
    open_bracket(out, '{');
    if (about != NULL)
        put_text(out, "description", about);
    put_form(out, form);
    close_bracket(out, '}');
}

/* ---- forms ------------------------------------------------------------------------------------------------------- */

/* Those of a text with bars between. */
static void put_words(struct out *out, const char *words)
{
    put_name(out, "enum");
    open_bracket(out, '[');
    for (; *words != '\0'; words += strcspn(words, "|"), words += *words == '|') {
        begin_entry(out);
        json_string(&out->text, words, strcspn(words, "|"));
    }
    close_bracket(out, ']');
}

static void put_listed(struct out *out, form_word *word)
{
    put_name(out, "enum");
    open_bracket(out, '[');
    for (size_t i = 0; word(i) != NULL; i++) {
        begin_entry(out);
        json_string(&out->text, word(i), strlen(word(i)));
    }
    close_bracket(out, ']');
}

/* The keys that have to be there. An empty list is left out. */
static void put_required(struct out *out, const struct schema_key *keys)
{
    bool any = false;

    for (const struct schema_key *key = keys; key->name != NULL; key++) {
        if (key->need != KEY_MUST)
            continue;
        if (!any) {
            put_name(out, "required");
            open_bracket(out, '[');
        }
        any = true;
        begin_entry(out);
        json_string(&out->text, key->name, strlen(key->name));
    }
    if (any)
        close_bracket(out, ']');
}

/* Of the keys that say what it is, one has to be there and no other. */
static void put_one(struct out *out, const struct schema_key *keys)
{
    bool any = false;

    for (const struct schema_key *key = keys; key->name != NULL; key++) {
        if (key->need != KEY_ONE)
            continue;
        if (!any) {
            put_name(out, "oneOf");
            open_bracket(out, '[');
        }
        any = true;
        begin_entry(out);
        text_printf(&out->text, "{\"required\": [\"%s\"]}", key->name);
    }
    if (any)
        close_bracket(out, ']');
}

static void put_keys(struct out *out, const struct schema_key *keys)
{
    put_text(out, "type", "object");
    put_name(out, "properties");
    open_bracket(out, '{');
    for (const struct schema_key *key = keys; key->name != NULL; key++) {
        put_name(out, key->name);
        put_map(out, key->form, key->about);
    }
    close_bracket(out, '}');
    put_required(out, keys);
    put_one(out, keys);
    put_raw(out, "additionalProperties", "false");
}

static void put_tables(struct out *out, form_table *table)
{
    put_name(out, "anyOf");
    open_bracket(out, '[');
    for (size_t i = 0; table(i) != NULL; i++) {
        begin_entry(out);
        open_bracket(out, '{');
        put_keys(out, table(i));
        close_bracket(out, '}');
    }
    close_bracket(out, ']');
}

static void put_named(struct out *out, const struct form *form)
{
    put_text(out, "type", "object");
    put_name(out, "patternProperties");
    open_bracket(out, '{');
    put_name(out, form->pattern);
    put_map(out, form->of, NULL);
    close_bracket(out, '}');
    put_raw(out, "additionalProperties", "false");
    if (form->least > 0)
        put_number(out, "minProperties", form->least);
    if (form->most > 0)
        put_number(out, "maxProperties", form->most);
}

static void put_either(struct out *out, const struct form *const *forms)
{
    put_name(out, "anyOf");
    open_bracket(out, '[');
    for (; *forms != NULL; forms++) {
        begin_entry(out);
        put_map(out, *forms, NULL);
    }
    close_bracket(out, ']');
}

/* A value that is neither a list nor a map, nor any text. */
static void put_value(struct out *out, const struct form *form)
{
    switch (form->kind) {
    case FORM_BOOLEAN:
        put_text(out, "type", "boolean");
        break;
    case FORM_NUMBER:
        put_text(out, "type", "integer");
        put_number(out, "minimum", form->least);
        put_number(out, "maximum", form->most);
        break;
    case FORM_WORD:
        put_words(out, form->words);
        break;
    case FORM_LISTED:
        put_listed(out, form->word);
        break;
    default:
        put_text(out, "type", "string");
        put_text(out, "pattern", form->pattern);
    }
}

/* Where a template may be, the text that has it is as good as what it will become. */
static void put_value_or_template(struct out *out, const struct form *form)
{
    static const struct form with_template = {.kind = FORM_PATTERN, .pattern = "\\{(vars|env)\\."};

    if (!out->templates) {
        put_value(out, form);
        return;
    }
    put_name(out, "anyOf");
    open_bracket(out, '[');
    begin_entry(out);
    open_bracket(out, '{');
    put_value(out, form);
    close_bracket(out, '}');
    begin_entry(out);
    open_bracket(out, '{');
    put_value(out, &with_template);
    close_bracket(out, '}');
    close_bracket(out, ']');
}

static void put_container(struct out *out, const struct form *form)
{
    switch (form->kind) {
    case FORM_LIST:
        put_text(out, "type", "array");
        put_name(out, "items");
        put_map(out, form->of, NULL);
        if (form->least > 0)
            put_number(out, "minItems", form->least);
        break;
    case FORM_MAP:
        put_keys(out, form->keys);
        if (form->least > 0)
            put_number(out, "minProperties", form->least);
        break;
    case FORM_TABLES:
        put_tables(out, form->table);
        break;
    case FORM_NAMED:
        put_named(out, form);
        break;
    default:
        put_either(out, form->forms);
    }
}

/* The keywords of a form, into a map that has been opened. */
static void put_whole(struct out *out, const struct form *form)
{
    bool outside = out->templates;

    out->templates = outside || form->templates;
    switch (form->kind) {
    case FORM_ANY:
        break;
    case FORM_TEXT:
        put_raw(out, "type", SCALAR_TYPES);
        put_number(out, "minLength", 1);
        if (form->pattern != NULL)
            put_text(out, "pattern", form->pattern);
        break;
    case FORM_SCALAR:
        put_raw(out, "type", SCALAR_TYPES);
        break;
    case FORM_NULL:
        put_text(out, "type", "null");
        break;
    case FORM_BOOLEAN:
    case FORM_NUMBER:
    case FORM_WORD:
    case FORM_LISTED:
    case FORM_PATTERN:
        put_value_or_template(out, form);
        break;
    default:
        put_container(out, form);
    }
    out->templates = outside;
}

/* What is referred to. Beside a reference nothing counts in draft 7, and so it stands alone in a list. */
static void put_reference(struct out *out, const struct form *form)
{
    out->defined = form;
    put_name(out, "allOf");
    text_printf(&out->text, "[{\"$ref\": \"#/definitions/%s\"}]", form->definition);
}

static void put_definition(struct out *out)
{
    const struct form *form = out->defined;

    if (form == NULL)
        return;
    put_name(out, "definitions");
    open_bracket(out, '{');
    put_name(out, form->definition);
    open_bracket(out, '{');
    put_whole(out, form);
    close_bracket(out, '}');
    close_bracket(out, '}');
}

static void put_form(struct out *out, const struct form *form)
{
    if (form->definition != NULL)
        put_reference(out, form);
    else
        put_whole(out, form);
}

int command_schema(int argc, char **argv)
{
    struct out out = {.first = true};

    options_none(argc, argv, "Print a JSON Schema of job files, with which editors help to write them.");
    open_bracket(&out, '{');
    put_text(&out, "$schema", "http://json-schema.org/draft-07/schema#");
    put_text(&out, "title", "A job file of mpool, version 1");
    put_form(&out, &jobfile_form);
    put_definition(&out);
    close_bracket(&out, '}');
    (void)puts(out.text.data);
    text_free(&out.text);
    return EXIT_DONE;
}
