/*
 * cli/value.c - what a scalar of the job file means, by YAML's core schema
 *
 * Runs in: the mpool command. Owns: the text of the last name.
 */
#include "cli/value.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *text, const char *a, const char *b, const char *c)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0 || strcmp(text, c) == 0;
}

/* The digits behind the sign and 0x or 0o; NULL if the text is no integer. */
static const char *integer_digits(const char *text, int *base)
{
    const char *digits = text + (*text == '-' || *text == '+');
    const char *set = "0123456789";

    *base = 10;
    if (digits == text && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'o')) {
        *base = digits[1] == 'x' ? 16 : 8;
        set = digits[1] == 'x' ? "0123456789abcdefABCDEF" : "01234567";
        digits += 2;
    }
    return *digits != '\0' && digits[strspn(digits, set)] == '\0' ? digits : NULL;
}

static bool read_integer(const char *text, struct value *value)
{
    int base;
    const char *digits = integer_digits(text, &base);

    if (digits == NULL)
        return false;
    errno = 0;
    value->large = strtoull(digits, NULL, base);
    bool too_large = errno == ERANGE;
    bool negative = text[0] == '-';
    if (too_large || (negative && value->large > (uint64_t)INT64_MAX + 1)) {
        value->type = VALUE_STRING;
    } else if (negative) {
        value->type = VALUE_INTEGER;
        value->integer = value->large == (uint64_t)INT64_MAX + 1 ? INT64_MIN : -(int64_t)value->large;
    } else if (value->large <= INT64_MAX) {
        value->type = VALUE_INTEGER;
        value->integer = (int64_t)value->large;
    } else {
        value->type = VALUE_UNSIGNED;
    }
    return true;
}

static bool read_float(const char *text, struct value *value)
{
    const char *unsigned_text = text + (*text == '-' || *text == '+');
    bool negative = text[0] == '-';
    char *end;

    value->type = VALUE_FLOAT;
    if (is_one_of(unsigned_text, ".inf", ".Inf", ".INF")) {
        value->number = negative ? -INFINITY : INFINITY;
        return true;
    }
    if (is_one_of(text, ".nan", ".NaN", ".NAN")) {
        value->number = NAN;
        return true;
    }
    /* strtod() takes more than YAML does: hexadecimal numbers, "infinity" and leading spaces. */
    if (strspn(unsigned_text, "0123456789.eE+-") != strlen(unsigned_text) ||
        strpbrk(unsigned_text, "0123456789") == NULL || strchr("eE+-", unsigned_text[0]) != NULL)
        return false;
    value->number = strtod(text, &end);
    return *end == '\0';
}

struct value value_of(const struct yaml_node *node)
{
    struct value value = {.type = VALUE_STRING};

    if (node->kind == YAML_LIST || node->kind == YAML_MAP) {
        value.type = node->kind == YAML_LIST ? VALUE_LIST : VALUE_MAP;
    } else if (!node->plain) {
        value.type = VALUE_STRING;
    } else if (node->length == 0 || strcmp(node->text, "~") == 0 || is_one_of(node->text, "null", "Null", "NULL")) {
        value.type = VALUE_NULL;
    } else if (is_one_of(node->text, "true", "True", "TRUE") || is_one_of(node->text, "false", "False", "FALSE")) {
        value.type = VALUE_BOOLEAN;
        value.boolean = (node->text[0] | 0x20) == 't';
    } else if (!read_integer(node->text, &value) && !read_float(node->text, &value)) {
        value.type = VALUE_STRING;
    }
    return value;
}

const char *value_name(const struct yaml_node *node)
{
    static char name[100];
    int base;

    switch (value_of(node).type) {
    case VALUE_NULL:
        return "nothing";
    case VALUE_LIST:
        return "a list";
    case VALUE_MAP:
        return "a map";
    case VALUE_STRING:
        if (node->plain && integer_digits(node->text, &base) != NULL)
            break; /* an integer beyond 64 bits */
        (void)snprintf(name, sizeof name, "\"%.60s%s\"", node->text, node->length > 60 ? "…" : "");
        return name;
    default:
        break;
    }
    (void)snprintf(name, sizeof name, "%.60s%s", node->text, node->length > 60 ? "…" : "");
    return name;
}

bool value_is_json(const struct yaml_node *node)
{
    struct value value = value_of(node);

    return value.type != VALUE_FLOAT || isfinite(value.number);
}

bool value_check(struct report *report, const struct yaml_node *node)
{
    bool ok = true;

    if (node->kind == YAML_SCALAR && !value_is_json(node)) {
        report_error(report, node->place, "%s is no number that JSON has; as a text it needs quotes", value_name(node));
        return false;
    }
    for (const struct yaml_node *inner = node->first; inner != NULL; inner = inner->next)
        ok = value_check(report, inner) && ok;
    return ok;
}

static void pack_list(const struct yaml_node *list, msgpack_packer *packer)
{
    bool map = list->kind == YAML_MAP;

    (void)(map ? msgpack_pack_map(packer, list->count) : msgpack_pack_array(packer, list->count));
    for (const struct yaml_node *node = list->first; node != NULL; node = node->next) {
        if (map)
            (void)msgpack_pack_str_with_body(packer, node->key->text, node->key->length);
        value_pack(node, packer);
    }
}

void value_pack(const struct yaml_node *node, msgpack_packer *packer)
{
    struct value value = value_of(node);

    switch (value.type) {
    case VALUE_NULL:
        (void)msgpack_pack_nil(packer);
        break;
    case VALUE_BOOLEAN:
        (void)(value.boolean ? msgpack_pack_true(packer) : msgpack_pack_false(packer));
        break;
    case VALUE_INTEGER:
        (void)msgpack_pack_int64(packer, value.integer);
        break;
    case VALUE_UNSIGNED:
        (void)msgpack_pack_uint64(packer, value.large);
        break;
    case VALUE_FLOAT:
        (void)msgpack_pack_double(packer, value.number);
        break;
    case VALUE_STRING:
        (void)msgpack_pack_str_with_body(packer, node->text, node->length);
        break;
    case VALUE_LIST:
    case VALUE_MAP:
        pack_list(node, packer);
        break;
    }
}
