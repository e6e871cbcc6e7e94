/*
 * cli/report.c - errors in a job file, as compilers report them
 *
 * Runs in: the mpool command. Owns: nothing; a report belongs to the reading of one file.
 *
 * A line of the file is shown as it is but for what would break the picture: control characters become '?', and of a
 * long line only the part around the place is shown. So the caret is always below the character it means.
 */
#include "cli/report.h"

#include "cli/names.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Characters of a line that are shown, and how many of them are in front of the place in a longer one. */
#define SHOWN 100
#define SHOWN_BEFORE 60

/* The length of the line break at a place: LF, CR LF or CR; 0 where there is none. */
static size_t line_break(const struct report *report, size_t place)
{
    if (place >= report->size)
        return 0;
    if (report->source[place] == '\n')
        return 1;
    if (report->source[place] != '\r')
        return 0;
    return place + 1 < report->size && report->source[place + 1] == '\n' ? 2 : 1;
}

/* One character, or one byte where the file is not UTF-8. */
static size_t character(const struct report *report, size_t place)
{
    size_t length = names_utf8(report->source + place, report->size - place, NULL);

    return length > 0 ? length : 1;
}

/* Start of the line that a place is on, and its number. */
static size_t line_start(const struct report *report, size_t place, unsigned *number)
{
    size_t start = 0, i = 0;

    *number = 1;
    if (place > report->size)
        place = report->size;
    while (i < place) {
        size_t length = line_break(report, i);
        if (length > 0 && i + length <= place) {
            start = i + length;
            (*number)++;
        }
        i += length > 0 ? length : 1;
    }
    return start;
}

unsigned report_line(const struct report *report, size_t place)
{
    unsigned number;

    (void)line_start(report, place, &number);
    return number;
}

size_t report_place(const struct report *report, unsigned line, unsigned column)
{
    size_t place = 0;

    for (unsigned number = 1; number < line && place < report->size;) {
        size_t length = line_break(report, place);
        number += length > 0;
        place += length > 0 ? length : 1;
    }
    for (unsigned i = 1; i < column && place < report->size && line_break(report, place) == 0; i++)
        place += character(report, place);
    return place;
}

/* The offending line and the caret below it. */
static void show_line(struct text *text, const struct report *report, size_t start, size_t place, unsigned number)
{
    size_t from = start, before = 0, shown = 0;

    for (size_t i = start; i < place; i += character(report, i))
        before++;
    for (size_t skip = before > SHOWN ? before - SHOWN_BEFORE : 0; skip > 0; skip--, before--)
        from += character(report, from);

    text_printf(text, "%5u | %s", number, from > start ? "…" : "");
    size_t i = from;
    for (; i < report->size && line_break(report, i) == 0 && shown < SHOWN + 20; shown++) {
        size_t length = character(report, i);
        unsigned c = 0;
        bool known = names_utf8(report->source + i, length, &c) > 0;
        if (known && (c == '\t' || !names_is_control(c)))
            text_add(text, report->source + i, length);
        else
            text_char(text, '?');
        i += length;
    }
    text_printf(text, "%s\n      | %s", i < report->size && line_break(report, i) == 0 ? "…" : "",
                from > start ? " " : "");
    for (i = from; before > 0; before--) {
        text_char(text, report->source[i] == '\t' ? '\t' : ' ');
        i += character(report, i);
    }
    text_string(text, "^\n");
}

/* `count` is that of the messages of this kind. */
static void show(const struct report *report, size_t place, const char *kind, unsigned *count, const char *format,
                 va_list args)
{
    struct text text = {0};
    char message[1000];

    if ((*count)++ >= REPORT_MAX) {
        if (*count == REPORT_MAX + 1)
            (void)fprintf(stderr, "mpool: there are more %ss, which are not shown\n", kind);
        return;
    }
    (void)vsnprintf(message, sizeof message, format, args);

    bool placed = place != PLACE_FILE && report->source != NULL;
    unsigned number = 0, column = 1;
    size_t start = placed ? line_start(report, place, &number) : 0;

    names_escape(&text, report->file, strlen(report->file));
    for (size_t i = start; placed && i < place && i < report->size; i += character(report, i))
        column++;
    if (placed)
        text_printf(&text, ":%u:%u", number, column);
    text_printf(&text, ": %s: ", kind);
    names_clean(&text, message, strlen(message));
    text_char(&text, '\n');
    if (placed)
        show_line(&text, report, start, place < report->size ? place : report->size, number);
    text_write(&text, stderr);
    text_free(&text);
}

void report_error(struct report *report, size_t place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    show(report, place, "error", &report->errors, format, args);
    va_end(args);
}

void report_warning(struct report *report, size_t place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    show(report, place, "warning", &report->warnings, format, args);
    va_end(args);
}
