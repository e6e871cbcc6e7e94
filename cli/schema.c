/*
 * cli/schema.c - keys and simple values of a job file, checked
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 */
#include "cli/schema.h"

#include "cli/suggest.h"
#include "cli/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The largest size: an exbibyte. */
#define SIZE_MOST (INT64_C(1) << 60)

/* The longest timeout: a year. */
#define DURATION_MAX_MS (INT64_C(366) * 24 * 3600 * 1000)

const struct form schema_any_form = {.kind = FORM_ANY};
const struct form schema_text_form = {.kind = FORM_TEXT};
const struct form schema_scalar_form = {.kind = FORM_SCALAR};
const struct form schema_boolean_form = {.kind = FORM_BOOLEAN};
static const struct form list_form = {.kind = FORM_LIST, .of = &schema_text_form, .least = 1};
const struct form schema_texts_form = FORM_OR(&schema_text_form, &list_form);
const struct form schema_duration_form = {.kind = FORM_PATTERN,
                                          .pattern = "^([0-9]{1,12}(\\.[0-9]{1,12})?(ms|s|m|h|d)|none)$"};

static const struct form bytes_form = {.kind = FORM_NUMBER, .least = 1, .most = SIZE_MOST};
static const struct form units_form = {.kind = FORM_PATTERN, .pattern = "^([0-9]+([KMGT]iB)?|none)$"};
const struct form schema_size_form = FORM_OR(&bytes_form, &units_form);

bool schema_map(struct report *report, const struct yaml_node *node, const char *what)
{
    if (node->kind == YAML_MAP)
        return true;
    report_error(report, node->place, "%s is a map, not %s", what, value_name(node));
    return false;
}

static bool check_key(struct report *report, const struct yaml_node *key, const struct schema_key *keys,
                      const char *what)
{
    struct suggestion near = {.word = key->text};

    for (const struct schema_key *known = keys; known->name != NULL; known++) {
        if (strcmp(known->name, key->text) == 0)
            return true;
        suggest_offer(&near, known->name);
    }
    report_error(report, key->place, "%s has no key \"%.60s\"%s", what, key->text, suggest_or_list(&near));
    return false;
}

bool schema_keys(struct report *report, const struct yaml_node *map, const struct schema_key *keys, const char *what)
{
    bool ok = true;

    for (const struct yaml_node *node = map->first; node != NULL; node = node->next)
        ok = check_key(report, node->key, keys, what) && ok;
    return ok;
}

bool schema_digits(const char *text, size_t length, int64_t *number)
{
    bool negative = length > 0 && text[0] == '-';
    int64_t value = 0;

    if (length == (size_t)negative)
        return false;
    for (size_t i = negative; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        int digit = text[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    *number = value;
    return true;
}

bool schema_number(struct report *report, const struct yaml_node *node, const char *what, int64_t least, int64_t most,
                   int64_t *number)
{
    int64_t value = 0;

    if (node->kind == YAML_SCALAR && node->plain && schema_digits(node->text, node->length, &value) && value >= least &&
        value <= most) {
        *number = value;
        return true;
    }
    report_error(report, node->place, "%s is a whole number from %" PRId64 " to %" PRId64 ", not %s", what, least, most,
                 value_name(node));
    return false;
}

bool schema_boolean(struct report *report, const struct yaml_node *node, const char *what, bool *boolean)
{
    struct value value = value_of(node);

    if (value.type == VALUE_BOOLEAN) {
        *boolean = value.boolean;
        return true;
    }
    report_error(report, node->place, "%s is true or false, not %s", what, value_name(node));
    return false;
}

/* Digits with or without a fraction, and a unit; or none. */
static bool read_duration(const char *text, int64_t *ms)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 24 * 3600e3}};
    size_t digits = strspn(text, "0123456789");
    size_t length = digits;

    if (strcmp(text, "none") == 0) {
        *ms = 0;
        return true;
    }
    if (digits == 0 || digits > 12)
        return false;
    if (text[length] == '.') {
        size_t fraction = strspn(text + length + 1, "0123456789");
        if (fraction == 0 || fraction > 12)
            return false;
        length += 1 + fraction;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + length, units[i].name) != 0)
            continue;
        double value = strtod(text, NULL) * units[i].ms;
        if (value < 1 || value > (double)DURATION_MAX_MS)
            return false;
        *ms = (int64_t)value;
        return true;
    }
    return false;
}

bool schema_duration(struct report *report, const struct yaml_node *node, const char *what, int64_t *ms)
{
    int64_t number;

    if (node->kind == YAML_SCALAR && read_duration(node->text, ms))
        return true;
    if (node->kind == YAML_SCALAR && schema_digits(node->text, node->length, &number) && number > 0)
        report_error(report, node->place, "%s needs a unit: %.12ss, or ms, m, h", what, node->text);
    else
        report_error(report, node->place, "%s is a time from 1ms to 366d, as in 500ms, 30s, 2m or 1h, or none, not %s",
                     what, value_name(node));
    return false;
}

bool schema_size(struct report *report, const struct yaml_node *node, const char *what, int64_t *bytes)
{
    static const struct {
        const char *name;
        int shift;
    } units[] = {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
    const char *text = node->kind == YAML_SCALAR ? node->text : "";
    size_t digits = strspn(text, "0123456789");
    int64_t number = 0;

    if (strcmp(text, "none") == 0) {
        *bytes = 0;
        return true;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + digits, units[i].name) == 0 && schema_digits(text, digits, &number) && number > 0 &&
            number <= SIZE_MOST >> units[i].shift) {
            *bytes = number << units[i].shift;
            return true;
        }
    }
    report_error(report, node->place, "%s is a number of bytes, as in 65536, 64KiB, 512MiB or 2GiB, or none, not %s",
                 what, value_name(node));
    return false;
}

bool schema_name(struct report *report, const struct yaml_node *key, const char *what, size_t most)
{
    size_t good = 0;

    while (good < key->length) {
        char c = key->text[good];
        bool letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
        if (!letter && (good == 0 || (c != '-' && (c < '0' || c > '9'))))
            break;
        good++;
    }
    if (good == key->length && good > 0 && good <= most)
        return true;
    if (good == key->length && good > most)
        report_error(report, key->place, "a name of %s has at most %zu characters", what, most);
    else
        report_error(
            report, key->place,
            "a name of %s has letters, digits, '_' and '-', and begins with a letter or '_'; \"%.60s\" does not", what,
            key->text);
    return false;
}
