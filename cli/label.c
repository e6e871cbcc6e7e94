/*
 * cli/label.c - a text about one job, made of its item and its result
 *
 * Runs in: the mpool command. Owns: nothing; labels live in the jobfile's arena.
 *
 * Templates that name the item are checked before anything runs. What a result has is known only when it is there, so
 * making a label can fail, and then its job does.
 */
#include "cli/label.h"

#include "cli/arguments.h"
#include "cli/field.h"
#include "cli/secrets.h"
#include "cli/value.h"

#include <string.h>

/* The name in templates of what the job gave. */
#define RESULT "result"
#define RESULT_LENGTH (sizeof RESULT - 1)

enum part_kind {
    PART_TEXT = 1, /* as it is */
    PART_ITEM,     /* what `reference` names */
    PART_RESULT,   /* `field` of the result */
};

struct part {
    enum part_kind kind;
    const char *text;
    size_t length;
    struct reference reference;
    const char *field; /* NULL: the result itself */
};

struct label {
    const char *key; /* in the job file */
    struct part *parts;
    size_t count;
};

bool label_result(struct arena *arena, const struct template_part *found, const char **field)
{
    if (!found->reference || found->length < RESULT_LENGTH || memcmp(found->text, RESULT, RESULT_LENGTH) != 0)
        return false;
    const char *rest = found->text + RESULT_LENGTH;
    size_t length = found->length - RESULT_LENGTH;
    if (length > 0 && *rest != '.')
        return false;
    *field = length > 0 ? arena_copy(arena, rest + 1, length - 1) : NULL;
    return true;
}

/* What a part of the text stands for; false: nothing, which was reported. */
static bool read_part(const struct scope *scope, const struct yaml_node *node, const struct template_part *found,
                      struct part *part)
{
    *part = (struct part){.kind = PART_TEXT, .text = found->text, .length = found->length};
    if (!found->reference)
        return true;
    if (label_result(&scope->jobfile->yaml.arena, found, &part->field)) {
        part->kind = PART_RESULT;
        return true;
    }
    if (!reference_read(scope, node, found, true, &part->reference))
        return false;
    if (part->reference.kind == REFERENCE_CONSTANT) {
        part->text = part->reference.value->text;
        part->length = part->reference.value->length;
    } else {
        part->kind = PART_ITEM;
    }
    return true;
}

static bool read_parts(const struct scope *scope, const struct yaml_node *node, struct label *label)
{
    const char *cursor = node->text, *end = node->text + node->length;
    struct template_part found;
    size_t count = 0;
    bool ok = true;

    while (template_next(&cursor, end, &found))
        count++;
    label->parts = arena_get(&scope->jobfile->yaml.arena, count * sizeof *label->parts);
    cursor = node->text;
    while (template_next(&cursor, end, &found))
        ok = read_part(scope, node, &found, &label->parts[label->count++]) && ok;
    return ok;
}

const struct label *label_read(const struct scope *scope, const struct yaml_node *node, const char *key)
{
    struct report *report = &scope->jobfile->yaml.report;
    bool constant = true;

    if (node->kind != YAML_SCALAR) {
        report_error(report, node->place, "`%s` is a text with templates, as in \"{path}\", not %s", key,
                     value_name(node));
        return NULL;
    }
    reference_warn(scope, node);
    struct label *label = arena_get(&scope->jobfile->yaml.arena, sizeof *label);
    label->key = key;
    if (!read_parts(scope, node, label))
        return NULL;
    for (size_t i = 0; i < label->count; i++)
        constant = constant && label->parts[i].kind == PART_TEXT;
    if (!constant)
        return label;
    report_error(report, node->place,
                 "`%s` needs a template that differs from job to job, as {path}, {ext} or {result.FIELD}; %s does not",
                 key, value_name(node));
    return NULL;
}

static bool add_field(const char *field, const msgpack_object *result, struct text *to, struct text *fault)
{
    const msgpack_object *value = field_find(result, field);

    if (value != NULL && field_text(value, to))
        return true;
    text_printf(fault, "%s%s%s", field != NULL ? "result." : "the result", field != NULL ? field : "",
                value == NULL ? " is not there" : " is no text, number, true or false");
    return false;
}

bool label_make(const struct label *label, const struct item *item, uint64_t index, const msgpack_object *result,
                struct text *to, struct text *fault)
{
    char digits[ITEM_NUMBER_MAX];

    text_clear(to);
    text_string(to, "");
    for (size_t i = 0; i < label->count; i++) {
        const struct part *part = &label->parts[i];
        struct path_part text = {.text = part->text, .length = part->length};
        if (part->kind == PART_RESULT) {
            if (!add_field(part->field, result, to, fault))
                return false;
            continue;
        }
        if (part->kind == PART_ITEM && !arguments_text(&part->reference, item, index, digits, &text, fault))
            return false;
        text_add(to, text.text, text.length);
    }
    (void)secrets_hide(to, 0);
    if (to->size <= LABEL_MAX)
        return true;
    text_printf(fault, "`%s` comes to more than 64 KiB", label->key);
    return false;
}
