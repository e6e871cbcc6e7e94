/*
 * cli/csv.c - the fields of a record of comma-separated values (RFC 4180)
 *
 * Runs in: the mpool command. Owns: the bytes of one record, within a limit.
 *
 * Written here and not by a library, because what there is (libcsv) keeps a field of any length, does not tell where
 * something is wrong, and cannot go on behind it. Quotes are as in the RFC: around a whole field, doubled inside. What
 * is otherwise is wrong, rather than taken for something that it was perhaps not meant to be.
 */
#include "cli/csv.h"

#include "cli/memory.h"

#include <stdlib.h>
#include <string.h>

static const char newline = '\n';

/* A line that is being read. */
struct line {
    const char *start, *at;
    const char *end;      /* without the carriage return of a line end that has one */
    const char *full_end; /* with it: within quotes it is a part of the field */
};

/* Counted only where it will be told, for lines may be long. */
static void note_place(struct csv *csv, const struct line *line, const char *at)
{
    csv->line = csv->lines - 1;
    csv->column = 1;
    for (const char *c = line->start; c < at; c++)
        csv->column += ((unsigned char)*c & 0xc0) != 0x80;
}

static enum csv_answer refuse(struct csv *csv, const struct line *line, const char *at, const char *problem)
{
    note_place(csv, line, at);
    csv->problem = problem;
    csv->quoted = false;
    return CSV_WRONG;
}

static void add(struct csv *csv, const char *from, const char *to)
{
    /* One byte too many shows that it is too long; the rest of it is only looked through. */
    if (csv->bytes.size <= csv->most)
        text_add(&csv->bytes, from, (size_t)(to - from));
}

static void end_field(struct csv *csv)
{
    csv->ends = memory_more(csv->ends, &csv->room, csv->count, sizeof *csv->ends);
    csv->ends[csv->count++] = csv->bytes.size;
}

/* From behind a quote to behind the one that closes it; false: that is in another line. */
static bool read_quoted(struct csv *csv, struct line *line)
{
    for (;;) {
        const char *quote = memchr(line->at, '"', (size_t)(line->full_end - line->at));
        if (quote == NULL) {
            add(csv, line->at, line->full_end);
            return false;
        }
        add(csv, line->at, quote);
        line->at = quote + 1;
        if (line->at == line->full_end || *line->at != '"')
            return true;
        add(csv, quote, quote + 1);
        line->at++;
    }
}

/* A field without quotes. False: there is one in it, to which `at` then points. */
static bool read_bare(struct csv *csv, struct line *line)
{
    const char *end = memchr(line->at, csv->delimiter, (size_t)(line->end - line->at));

    if (end == NULL)
        end = line->end;
    const char *quote = memchr(line->at, '"', (size_t)(end - line->at));
    if (quote == NULL)
        add(csv, line->at, end);
    line->at = quote != NULL ? quote : end;
    return quote == NULL;
}

/* The rest of a line, from the start of a field, or from within one that is in quotes. */
static enum csv_answer read_fields(struct csv *csv, struct line *line)
{
    const char *opened = NULL;

    for (;;) {
        if (!csv->quoted && line->at < line->end && *line->at == '"') {
            opened = line->at++;
            csv->quoted = true;
        }
        if (!csv->quoted) {
            if (!read_bare(csv, line))
                return refuse(csv, line, line->at,
                              "a field with a quote in it is put in quotes, and the quote doubled");
        } else if (!read_quoted(csv, line)) {
            if (opened != NULL)
                note_place(csv, line, opened);
            return CSV_MORE;
        } else if (line->at < line->end && *line->at != csv->delimiter) {
            return refuse(csv, line, line->at,
                          "there is text behind the closing quote; within a field a quote is doubled");
        }
        csv->quoted = false;
        end_field(csv);
        if (line->at >= line->end)
            return CSV_RECORD;
        line->at++;
    }
}

enum csv_answer csv_line(struct csv *csv, const char *text, size_t size)
{
    size_t bare = size > 0 && text[size - 1] == '\r' ? size - 1 : size;
    struct line line = {.start = text, .at = text, .end = text + bare, .full_end = text + size};

    if (csv->quoted) {
        add(csv, &newline, &newline + 1);
        csv->lines++;
    } else {
        text_clear(&csv->bytes);
        text_string(&csv->bytes, ""); /* so that there is memory to point to */
        csv->count = 0;
        csv->lines = 1;
        if (bare == 0)
            return CSV_EMPTY;
    }
    enum csv_answer answer = read_fields(csv, &line);
    if (answer == CSV_RECORD && csv->bytes.size > csv->most)
        return refuse(csv, &line, text, "the row is longer than an argument may be");
    return answer;
}

const char *csv_field(const struct csv *csv, size_t index, size_t *size)
{
    size_t start = index > 0 ? csv->ends[index - 1] : 0;

    *size = csv->ends[index] - start;
    return csv->bytes.data + start;
}

void csv_free(struct csv *csv)
{
    text_free(&csv->bytes);
    free(csv->ends);
    *csv = (struct csv){0};
}
