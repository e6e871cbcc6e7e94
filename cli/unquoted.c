/*
 * cli/unquoted.c - templates and patterns whose quotes were forgotten
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 *
 * Two traps of YAML: an unquoted {path} is a map with the key "path", and an unquoted *.png is an alias. In a job file
 * both are mistakes, so the report says what to write instead.
 */
#include "cli/unquoted.h"

#include "cli/template.h"

#include <string.h>

/* How far an unquoted value goes: to white space, and in brackets to the end of the element. */
static size_t value_length(const struct report *report, size_t place, bool flow)
{
    size_t end = place;
    unsigned braces = 0;

    for (; end < report->size && strchr(" \t\r\n", report->source[end]) == NULL; end++) {
        char c = report->source[end];
        if (c == '{') {
            braces++;
        } else if (c == '}' && braces > 0) {
            braces--;
        } else if (flow && strchr(",]}", c) != NULL) {
            break;
        }
    }
    return end - place;
}

static void report_unquoted(struct report *report, size_t place, bool flow, const char *what)
{
    report_error(report, place, "put a %s in quotes: \"%.*s\"", what, (int)value_length(report, place, flow),
                 report->source + place);
}

void unquoted_report_template(struct report *report, size_t place, bool flow)
{
    report_unquoted(report, place, flow, "template");
}

bool unquoted_is_template(const struct report *report, size_t place)
{
    return place < report->size && template_match(report->source + place, report->size - place) > 0;
}

bool unquoted_report_line(struct report *report, size_t place)
{
    size_t start = place, value;
    char quote = '\0', before = ' ';
    bool flow = false;

    while (start > 0 && report->source[start - 1] != '\n' && report->source[start - 1] != '\r')
        start--;
    value = start;
    for (size_t i = start; i < report->size && report->source[i] != '\n' && report->source[i] != '\r'; i++) {
        char c = report->source[i];
        if (quote != '\0') {
            quote = c == quote ? '\0' : quote;
            continue;
        }
        if (before == ' ' || strchr("[{,", before) != NULL)
            value = i;
        if (c == '#' && before == ' ')
            return false;
        if ((c == '"' || c == '\'') && value == i) {
            quote = c;
        } else if (c == '{' && unquoted_is_template(report, i)) {
            report_unquoted(report, value, flow, "template");
            return true;
        } else if (c == '*' && value == i) {
            report_unquoted(report, value, flow, "pattern");
            return true;
        }
        flow = flow || ((c == '[' || c == '{') && value == i);
        before = c;
    }
    return false;
}

void unquoted_report_alias(struct report *report, size_t place, bool flow)
{
    size_t star = place > 0 ? place - 1 : 0;
    size_t length = value_length(report, star, flow);
    bool word = true;

    for (size_t i = 1; i < length; i++) {
        char c = report->source[star + i];
        word = word && ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-');
    }
    if (word)
        report_error(report, star, "aliases are not allowed; put a pattern in quotes: \"%.*s\"", (int)length,
                     report->source + star);
    else
        report_unquoted(report, star, flow, "pattern");
}
