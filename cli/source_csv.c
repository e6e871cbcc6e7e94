/*
 * cli/source_csv.c - the rows of a file of comma-separated values
 *
 *     each: {csv: people.csv}      {csv: "-", delimiter: tab, header: [name, size]}
 *
 * A row is a map from the names of the header line to the row's fields, which are text, byte for byte. The header is
 * read when the job file is checked, and again when the rows are: it has to be the same. Only what can be read just
 * once has a header that nobody knew before. A row that is wrong is a fault, and the next line begins another one.
 *
 * Runs in: the mpool command. Owns: a source of lines, and one row.
 */
#include "cli/csv.h"
#include "cli/csv_names.h"
#include "cli/names.h"
#include "cli/signals.h"
#include "cli/source_file.h"
#include "cli/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct table {
    struct source_file file;
    char delimiter;
    bool header;              /* the first row of the file has the names */
    const char *const *names; /* NULL: they are known when the file is read */
    size_t count;
};

struct rows {
    struct source source;
    const struct table *table;
    struct source *lines;
    struct csv record;
    uint64_t line, first; /* the line that was read last, and the one where the record began */
    bool begun, ended;    /* the names are known; the header was wrong */
    const char *const *names;
    size_t count;
    struct item *fields; /* one for each name */
    struct arena arena;  /* the names, if they are not the table's */
    struct text fault;
    char shown[SOURCE_LINE_SHOWN]; /* the start of the record */
    size_t shown_size;
};

static const struct form delimiter_form = {.kind = FORM_TEXT, .pattern = "^([^\"\\r\\n]|tab)$"};

static const struct schema_key options[] = {
    {"csv", KEY_MUST, &schema_text_form, "The file whose rows are the items; \"-\": standard input"},
    {"delimiter", KEY_MAY, &delimiter_form, "What is between two fields: one character, or tab; a comma by default"},
    {"header", KEY_MAY, &schema_texts_form, "The names of the fields, if the first row does not have them"},
    {"batch", SOURCE_BATCH_KEY},
    {0},
};

/* ---- records ----------------------------------------------------------------------------------------------------- */

static void add_place(const struct rows *rows, uint64_t line, struct text *to)
{
    const char *name = source_file_name(&rows->table->file);

    names_clean(to, name, strlen(name));
    text_printf(to, ":%" PRIu64 ":", line);
}

static enum source_answer refuse(struct rows *rows, struct item *item, uint64_t line, size_t column,
                                 const char *problem)
{
    rows->record.quoted = false;
    text_clear(&rows->fault);
    add_place(rows, line, &rows->fault);
    text_printf(&rows->fault, "%zu: ", column);
    names_clean(&rows->fault, problem, strlen(problem));
    rows->source.fault = rows->fault.data;
    *item = (struct item){.kind = ITEM_BYTES, .bytes = rows->shown, .size = rows->shown_size};
    return SOURCE_FAULT;
}

static void begin_record(struct rows *rows, struct item *line)
{
    size_t mark = strlen(BYTE_ORDER_MARK);

    if (rows->line == 1 && line->size >= mark && memcmp(line->bytes, BYTE_ORDER_MARK, mark) == 0) {
        line->bytes += mark;
        line->size -= mark;
    }
    rows->first = rows->line;
    rows->shown_size = line->size < SOURCE_LINE_SHOWN ? line->size : SOURCE_LINE_SHOWN;
    if (rows->shown_size > 0)
        memcpy(rows->shown, line->bytes, rows->shown_size);
}

/* The next record, which is in rows->record then. */
static enum source_answer read_record(struct rows *rows, struct item *item)
{
    struct csv *record = &rows->record;
    struct item line;

    for (;;) {
        enum source_answer answer = source_next(rows->lines, &line);
        if (answer == SOURCE_LATER)
            return answer;
        if (answer == SOURCE_END && (!record->quoted || signals_asked() != 0))
            return answer;
        if (answer == SOURCE_END)
            return refuse(rows, item, rows->first + record->line, record->column,
                          "the quote that opens here is not closed");
        rows->line++;
        if (!record->quoted)
            begin_record(rows, &line);
        if (answer == SOURCE_FAULT)
            return refuse(rows, item, rows->line, 1, rows->lines->fault);
        switch (csv_line(record, line.bytes, line.size)) {
        case CSV_RECORD:
            return SOURCE_ITEM;
        case CSV_WRONG:
            return refuse(rows, item, rows->first + record->line, record->column, record->problem);
        case CSV_EMPTY:
        case CSV_MORE:
            break;
        }
    }
}

/* ---- the header -------------------------------------------------------------------------------------------------- */

/* Makes sure of the names. SOURCE_ITEM: rows follow. */
static enum source_answer begin_rows(struct rows *rows, struct item *item)
{
    const struct table *table = rows->table;
    struct text problem = {0};
    enum source_answer answer = SOURCE_ITEM;

    rows->names = table->names;
    rows->count = table->count;
    if (table->header)
        answer = read_record(rows, item);
    if (answer == SOURCE_LATER)
        return answer;
    if (answer == SOURCE_END && signals_asked() == 0)
        answer = refuse(rows, item, 1, 1, "there is no header line");
    if (answer == SOURCE_ITEM && rows->names == NULL) {
        rows->names = csv_names_take(&rows->record, &rows->arena, &problem);
        rows->count = rows->record.count;
    } else if (answer == SOURCE_ITEM && table->header && !csv_names_are(&rows->record, rows->names, rows->count)) {
        text_string(&problem, "the header is another one than when the job file was checked");
    }
    if (problem.size > 0)
        answer = refuse(rows, item, rows->first, 1, problem.data);
    text_free(&problem);
    rows->begun = answer == SOURCE_ITEM;
    rows->ended = !rows->begun;
    rows->fields = memory_get(rows->count * sizeof *rows->fields);
    return answer;
}

/* ---- the source -------------------------------------------------------------------------------------------------- */

static struct source *csv_open(const void *each)
{
    const struct table *table = each;
    struct rows *rows = memory_get(sizeof *rows);

    *rows = (struct rows){.source.kind = &source_csv, .table = table, .lines = source_lines.open(&table->file)};
    rows->record = (struct csv){.delimiter = table->delimiter, .most = SOURCE_LINE_MAX};
    return &rows->source;
}

static enum source_answer csv_next(struct source *source, struct item *item)
{
    struct rows *rows = (struct rows *)source;
    enum source_answer answer = rows->ended ? SOURCE_END : SOURCE_ITEM;
    char problem[100];

    if (answer == SOURCE_ITEM && !rows->begun)
        answer = begin_rows(rows, item);
    if (answer == SOURCE_ITEM)
        answer = read_record(rows, item);
    if (answer != SOURCE_ITEM)
        return answer;
    if (rows->record.count != rows->count) {
        (void)snprintf(problem, sizeof problem, "the row has %zu field%s, and the header %zu", rows->record.count,
                       rows->record.count == 1 ? "" : "s", rows->count);
        return refuse(rows, item, rows->first, 1, problem);
    }
    for (size_t i = 0; i < rows->count; i++) {
        rows->fields[i] = (struct item){.kind = ITEM_BYTES};
        rows->fields[i].bytes = csv_field(&rows->record, i, &rows->fields[i].size);
    }
    *item = (struct item){.kind = ITEM_MAP, .inner = rows->fields, .names = rows->names, .count = rows->count};
    return SOURCE_ITEM;
}

static uint64_t csv_left(const struct source *source)
{
    (void)source;
    return SOURCE_UNKNOWN;
}

static void csv_place(const struct source *source, struct text *to)
{
    const struct rows *rows = (const struct rows *)source;

    add_place(rows, rows->first, to);
    text_char(to, ' ');
}

static void csv_close(struct source *source)
{
    struct rows *rows = (struct rows *)source;

    source_close(rows->lines);
    csv_free(&rows->record);
    arena_free(&rows->arena);
    text_free(&rows->fault);
    free(rows->fields);
    free(rows);
}

/* ---- what the job file says -------------------------------------------------------------------------------------- */

static bool read_delimiter(struct report *report, const struct yaml_node *node, char *delimiter)
{
    *delimiter = ',';
    if (node == NULL)
        return true;
    if (yaml_is(node, "tab")) {
        *delimiter = '\t';
        return true;
    }
    if (node->kind == YAML_SCALAR && node->length == 1 && strchr("\"\r\n", node->text[0]) == NULL) {
        *delimiter = node->text[0];
        return true;
    }
    report_error(report, node->place, "`delimiter` is one character of ASCII, as \";\", or tab, not %s",
                 value_name(node));
    return false;
}

/* `header: [name, size]`, for a file without a header line */
static bool read_names(struct jobfile *jobfile, const struct yaml_node *node, struct table *table)
{
    struct report *report = &jobfile->yaml.report;
    struct source_texts texts;
    struct text problem = {0};

    if (node->kind != YAML_LIST) {
        report_error(report, node->place,
                     "`header` is for a file without a header line, and lists the names: [name, size]; here is %s",
                     value_name(node));
        return false;
    }
    if (!source_texts_read(jobfile, node, "a name of `header`", &texts))
        return false;
    bool ok = csv_names_check(texts.texts, texts.count, &problem);
    if (!ok)
        report_error(report, node->place, "%s", problem.data);
    text_free(&problem);
    table->header = false;
    table->names = texts.texts;
    table->count = texts.count;
    return ok;
}

/* With the line ends of old a file is all header. */
static bool has_return(const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (strchr(rows->names[i], '\r') != NULL)
            return true;
    }
    return false;
}

/* The header of a file is read as a run would read it. */
static bool read_header(struct jobfile *jobfile, const struct yaml_node *value, struct table *table)
{
    struct source *source = csv_open(table);
    struct rows *rows = (struct rows *)source;
    struct text problem = {0};
    enum source_answer answer;
    struct item item;

    do {
        answer = begin_rows(rows, &item);
    } while (answer == SOURCE_LATER);
    if (answer == SOURCE_ITEM) {
        table->names = csv_names_take(&rows->record, &jobfile->yaml.arena, &problem);
        table->count = rows->count;
    } else {
        report_error(&jobfile->yaml.report, value->place, "%s%s", source->fault,
                     rows->line == 0 ? "; name the fields in the job file: header: [NAME, NAME]" : "");
    }
    if (answer == SOURCE_ITEM && has_return(rows) && read_record(rows, &item) == SOURCE_END) {
        report_error(&jobfile->yaml.report, value->place,
                     "%s is one line with CR in it; lines end with LF, or CR LF: tr '\\r' '\\n' mends the file",
                     value_name(value));
        answer = SOURCE_FAULT;
    }
    text_free(&problem);
    csv_close(source);
    return answer == SOURCE_ITEM;
}

static const void *csv_read(struct jobfile *jobfile, const struct yaml_node *each, const struct yaml_node *value)
{
    const struct yaml_node *header = yaml_get(each, "header");
    struct table *table = arena_get(&jobfile->yaml.arena, sizeof *table);

    *table = (struct table){.header = true};
    bool ok = source_file_read(jobfile, value, "csv", &table->file);
    ok = read_delimiter(&jobfile->yaml.report, yaml_get(each, "delimiter"), &table->delimiter) && ok;
    if (header != NULL)
        ok = read_names(jobfile, header, table) && ok;
    else if (ok && source_file_stream(table) == NULL)
        ok = read_header(jobfile, value, table);
    return ok ? table : NULL;
}

static void csv_describe(const void *each, struct shape *shape)
{
    const struct table *table = each;

    *shape = (struct shape){.kind = SHAPE_ANY};
    if (table->names != NULL)
        *shape = (struct shape){.kind = SHAPE_FIELDS, .names = table->names, .count = table->count};
}

const struct source_kind source_csv = {
    .name = "csv",
    .options = options,
    .shape = SHAPE_ANY,
    .nothing = "`csv` finds no row behind the header",
    .unit = "rows",
    .fault_is_item = true,
    .read = csv_read,
    .describe = csv_describe,
    .stream = source_file_stream,
    .open = csv_open,
    .next = csv_next,
    .left = csv_left,
    .close = csv_close,
    .place = csv_place,
};
