/*
 * cli/source_jsonl.c - the values of a file that has one as JSON on each line
 *
 *     each: {jsonl: events.jsonl}      {jsonl: "-"}
 *
 * A line may have any value, which is packed as a job gets it (cli/from_json.c). A line that is none, has a key twice,
 * or has an integer of more than 64 bits is a fault, and the next one may be fine. Fields are known only when the line
 * is read.
 *
 * Runs in: the mpool command. Owns: a source of lines, and one value.
 */
#include "cli/from_json.h"
#include "cli/names.h"
#include "cli/packed.h"
#include "cli/source_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct values {
    struct source source;
    const struct source_file *file;
    struct source *lines;
    uint64_t line;
    msgpack_sbuffer value; /* the item */
    struct text fault;
};

static const struct schema_key options[] = {
    {"jsonl", KEY_MUST, &schema_text_form, "The file whose lines are JSON, an item each; \"-\": standard input"},
    {"batch", SOURCE_BATCH_KEY},
    {0},
};

static const void *jsonl_read(struct jobfile *jobfile, const struct yaml_node *each, const struct yaml_node *value)
{
    struct source_file *file = arena_get(&jobfile->yaml.arena, sizeof *file);

    (void)each;
    return source_file_read(jobfile, value, "jsonl", file) ? file : NULL;
}

static struct source *jsonl_open(const void *each)
{
    struct values *values = memory_get(sizeof *values);

    *values = (struct values){.source.kind = &source_jsonl, .file = each, .lines = source_lines.open(each)};
    msgpack_sbuffer_init(&values->value);
    return &values->source;
}

/* ---- the source -------------------------------------------------------------------------------------------------- */

static void add_place(const struct values *values, struct text *to)
{
    const char *name = source_file_name(values->file);

    names_clean(to, name, strlen(name));
    text_printf(to, ":%" PRIu64 ":", values->line);
}

static enum source_answer refuse(struct values *values, int column, const char *problem)
{
    text_clear(&values->fault);
    add_place(values, &values->fault);
    text_printf(&values->fault, "%d: ", column);
    names_clean(&values->fault, problem, strlen(problem));
    values->source.fault = values->fault.data;
    return SOURCE_FAULT;
}

/* A line becomes the value that it has. */
static enum source_answer read_line(struct values *values, struct item *item)
{
    msgpack_packer packer;
    struct from_json_fault fault;

    msgpack_sbuffer_clear(&values->value);
    msgpack_packer_init(&packer, &values->value, msgpack_sbuffer_write);
    if (!from_json(item->bytes, item->size, 0, &packer, &fault))
        return refuse(values, fault.column, fault.text);
    const char *refused = values->value.size > SOURCE_ARGS_MAX ? "larger than 8 MiB, the most that a job takes"
                                                               : packed_refused(values->value.data, values->value.size);
    if (refused != NULL)
        return refuse(values, 1, refused);
    *item = (struct item){.kind = ITEM_PACKED, .bytes = values->value.data, .size = values->value.size};
    return SOURCE_ITEM;
}

static bool is_blank(const struct item *line)
{
    size_t i = 0;

    while (i < line->size && strchr(" \t\r", line->bytes[i]) != NULL && line->bytes[i] != '\0')
        i++;
    return i == line->size;
}

static enum source_answer jsonl_next(struct source *source, struct item *item)
{
    struct values *values = (struct values *)source;
    size_t mark = strlen(BYTE_ORDER_MARK);

    for (;;) {
        enum source_answer answer = source_next(values->lines, item);
        if (answer == SOURCE_END || answer == SOURCE_LATER)
            return answer;
        values->line++;
        if (answer == SOURCE_FAULT)
            return refuse(values, 1, values->lines->fault);
        if (values->line == 1 && item->size >= mark && memcmp(item->bytes, BYTE_ORDER_MARK, mark) == 0) {
            item->bytes += mark;
            item->size -= mark;
        }
        if (!is_blank(item))
            return read_line(values, item);
    }
}

static uint64_t jsonl_left(const struct source *source)
{
    (void)source;
    return SOURCE_UNKNOWN;
}

static void jsonl_place(const struct source *source, struct text *to)
{
    add_place((const struct values *)source, to);
    text_char(to, ' ');
}

static void jsonl_close(struct source *source)
{
    struct values *values = (struct values *)source;

    source_close(values->lines);
    msgpack_sbuffer_destroy(&values->value);
    text_free(&values->fault);
    free(values);
}

const struct source_kind source_jsonl = {
    .name = "jsonl",
    .options = options,
    .shape = SHAPE_ANY,
    .nothing = "its file has no line with a value",
    .unit = "lines",
    .fault_is_item = true,
    .read = jsonl_read,
    .stream = source_file_stream,
    .open = jsonl_open,
    .next = jsonl_next,
    .left = jsonl_left,
    .close = jsonl_close,
    .place = jsonl_place,
};
