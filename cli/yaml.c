/*
 * cli/yaml.c - a job file as a tree of nodes that know where they stand
 *
 * Runs in: the mpool command, before anything is forked. Owns: the parser, while it reads. The only user of libfyaml.
 *
 * The tree is made from libfyaml's events, not from its documents: so reading stops at the first anchor, the first
 * alias and at the first level too deep, before they cost anything. libfyaml's own diagnostics are collected, and
 * reported in our format.
 *
 * Where the quotes around a template or a pattern were forgotten, cli/unquoted.c says so.
 */
#include "cli/yaml.h"

#include "cli/input.h"
#include "cli/unquoted.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

/* Brackets that are open at once, wherever they are; see check_brackets(). */
#define BRACKETS_MAX 1000
#define TOO_DEEP "this is nested deeper than 32 levels"
_Static_assert(YAML_DEPTH == 32, "the message says so");

/* A list or map that is being read. */
struct level {
    struct yaml_node *node;
    struct yaml_node *key;  /* map: the key whose value comes next */
    struct yaml_node **end; /* where the next node is hung */
};

struct reader {
    struct yaml *yaml;
    struct report *report;
    struct fy_parser *parser;
    struct level levels[YAML_DEPTH];
    unsigned depth;
    unsigned documents;
};

/* ---- what libfyaml found ----------------------------------------------------------------------------------------- */

static void report_diagnostics(struct reader *reader, struct fy_diag *diag)
{
    struct report *report = reader->report;
    void *previous = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(diag, &previous);

    if (error == NULL || error->msg == NULL) {
        report_error(report, 0, "this is not YAML");
        return;
    }
    size_t place = report_place(report, error->line > 0 ? (unsigned)error->line : 1U,
                                error->column > 0 ? (unsigned)error->column : 1U);
    if (unquoted_report_line(report, place))
        return;
    const struct yaml_node *inside = reader->depth > 0 ? reader->levels[reader->depth - 1].node : NULL;
    if (inside != NULL && inside->flow && strspn(report->source + place, " \t\r\n") == report->size - place) {
        report_error(report, inside->place, "this bracket is not closed");
        return;
    }
    const char *advice = "";
    if (strncmp(error->msg, "plain scalar cannot start", 25) == 0)
        advice = "; put the text in quotes";
    else if (strstr(error->msg, "quoted scalar") != NULL)
        advice = "; are the quotes closed?";
    report_error(report, place, "%s%s", error->msg, advice);
}

/* ---- from events to nodes ---------------------------------------------------------------------------------------- */

static size_t place_of(const struct reader *reader, struct fy_event *event)
{
    const struct report *report = reader->report;
    const struct fy_mark *mark = fy_event_start_mark(event);

    if (mark != NULL) {
        size_t place = mark->input_pos < report->size ? mark->input_pos : report->size;
        /* Of a text in quotes the mark is behind the quote. */
        bool quoted = event->type == FYET_SCALAR && fy_token_scalar_style(event->scalar.value) != FYSS_PLAIN;
        return quoted && place > 0 && strchr("\"'", report->source[place - 1]) != NULL ? place - 1 : place;
    }
    /* An empty value has no place of its own; its key has. */
    const struct level *level = &reader->levels[reader->depth > 0 ? reader->depth - 1 : 0];
    return reader->depth > 0 && level->key != NULL ? level->key->place : 0;
}

static bool report_node(struct reader *reader, size_t place, const char *message)
{
    report_error(reader->report, place, "%s", message);
    return false;
}

/* Hangs a node into the list or map that is being read; a map takes keys and values in turn. */
static bool hang(struct reader *reader, struct yaml_node *node)
{
    if (reader->depth == 0) {
        reader->yaml->root = node;
        return true;
    }
    struct level *level = &reader->levels[reader->depth - 1];
    if (level->node->kind == YAML_MAP && level->key == NULL) {
        if (node->kind != YAML_SCALAR)
            return report_node(reader, node->place, "a key is a word, not a list or a map");
        if (node->plain && strcmp(node->text, "<<") == 0)
            return report_node(reader, node->place, "merge keys are not allowed");
        level->key = node;
        return true;
    }
    node->key = level->key;
    level->key = NULL;
    *level->end = node;
    level->end = &node->next;
    level->node->count++;
    return true;
}

static struct yaml_node *new_node(struct reader *reader, enum yaml_kind kind, size_t place)
{
    struct yaml_node *node = arena_get(&reader->yaml->arena, sizeof *node);

    *node = (struct yaml_node){.kind = kind, .place = place};
    return node;
}

static bool read_scalar(struct reader *reader, struct fy_event *event)
{
    struct yaml_node *node = new_node(reader, YAML_SCALAR, place_of(reader, event));
    struct fy_token *value = event->scalar.value;
    size_t length = 0;
    const char *text = value != NULL ? fy_token_get_text(value, &length) : "";

    if (text == NULL)
        return report_node(reader, node->place, "out of memory");
    if (memchr(text, '\0', length) != NULL)
        return report_node(reader, node->place, "a NUL character is not allowed");
    node->plain = value == NULL || fy_token_scalar_style(value) == FYSS_PLAIN;
    node->text = arena_copy(&reader->yaml->arena, text, length);
    node->length = length;
    return hang(reader, node);
}

static bool begin(struct reader *reader, struct fy_event *event, enum yaml_kind kind)
{
    struct report *report = reader->report;
    size_t place = place_of(reader, event);

    if (kind == YAML_MAP && unquoted_is_template(report, place)) {
        bool flow = reader->depth > 0 && reader->levels[reader->depth - 1].node->flow;
        unquoted_report_template(report, place, flow);
        return false;
    }
    if (reader->depth == YAML_DEPTH)
        return report_node(reader, place, TOO_DEEP);
    struct yaml_node *node = new_node(reader, kind, place);
    node->flow = place < report->size && (report->source[place] == '[' || report->source[place] == '{');
    if (!hang(reader, node))
        return false;
    reader->levels[reader->depth++] = (struct level){.node = node, .end = &node->first};
    return true;
}

static int by_key(const void *a, const void *b)
{
    const struct yaml_node *const *left = a, *const *right = b;
    int order = strcmp((*left)->key->text, (*right)->key->text);

    if (order != 0)
        return order;
    return (*left)->key->place < (*right)->key->place ? -1 : 1;
}

/* Sorted, duplicates are neighbours, so that a map of 100,000 keys takes no time either. */
static bool end_map(struct reader *reader, const struct yaml_node *map)
{
    struct yaml_node **nodes = memory_get(map->count * sizeof(struct yaml_node *));
    const struct yaml_node *twice = NULL, *once = NULL;
    size_t count = 0;

    for (struct yaml_node *node = map->first; node != NULL; node = node->next)
        nodes[count++] = node;
    qsort(nodes, count, sizeof(struct yaml_node *), by_key);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(nodes[i - 1]->key->text, nodes[i]->key->text) == 0 &&
            (twice == NULL || nodes[i]->key->place < twice->place)) {
            twice = nodes[i]->key;
            once = nodes[i - 1]->key;
        }
    }
    free(nodes);
    if (twice == NULL)
        return true;
    report_error(reader->report, twice->place, "the key \"%.100s\" is here a second time; the first is on line %u",
                 twice->text, report_line(reader->report, once->place));
    return false;
}

static bool has_properties(const struct fy_event *event, struct fy_token **anchor, struct fy_token **tag)
{
    switch (event->type) {
    case FYET_SCALAR:
        *anchor = event->scalar.anchor;
        *tag = event->scalar.tag;
        break;
    case FYET_SEQUENCE_START:
        *anchor = event->sequence_start.anchor;
        *tag = event->sequence_start.tag;
        break;
    case FYET_MAPPING_START:
        *anchor = event->mapping_start.anchor;
        *tag = event->mapping_start.tag;
        break;
    default:
        return false;
    }
    return *anchor != NULL || *tag != NULL;
}

/* The caret goes to the sign, & or !. */
static bool refuse_properties(struct reader *reader, struct fy_event *event, struct fy_token *anchor,
                              struct fy_token *tag)
{
    const struct report *report = reader->report;
    const struct fy_mark *mark = fy_token_start_mark(anchor != NULL ? anchor : tag);
    size_t place = mark != NULL ? mark->input_pos : place_of(reader, event);

    if (place > 0 && place <= report->size && report->source[place - 1] == (anchor != NULL ? '&' : '!'))
        place--;
    return report_node(reader, place,
                       anchor != NULL ? "anchors and aliases are not allowed in a job file"
                                      : "tags are not allowed in a job file; text that begins with ! needs quotes");
}

static bool read_event(struct reader *reader, struct fy_event *event)
{
    struct fy_token *anchor = NULL, *tag = NULL;

    if (has_properties(event, &anchor, &tag))
        return refuse_properties(reader, event, anchor, tag);
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (reader->documents++ > 0)
            return report_node(reader, place_of(reader, event),
                               "a job file is one document, and here a second one begins");
        return true;
    case FYET_ALIAS:
        unquoted_report_alias(reader->report, place_of(reader, event),
                              reader->depth > 0 && reader->levels[reader->depth - 1].node->flow);
        return false;
    case FYET_SCALAR:
        return read_scalar(reader, event);
    case FYET_SEQUENCE_START:
        return begin(reader, event, YAML_LIST);
    case FYET_MAPPING_START:
        return begin(reader, event, YAML_MAP);
    case FYET_SEQUENCE_END:
        reader->depth--;
        return true;
    case FYET_MAPPING_END:
        return end_map(reader, reader->levels[--reader->depth].node);
    default:
        return true;
    }
}

static bool read_events(struct reader *reader, struct fy_diag *diag)
{
    struct fy_event *event;
    bool ok = true, ended = false;

    while (ok && (event = fy_parser_parse(reader->parser)) != NULL) {
        ended = event->type == FYET_STREAM_END;
        ok = read_event(reader, event);
        fy_parser_event_free(reader->parser, event);
    }
    if (ok && (!ended || fy_parser_get_stream_error(reader->parser))) {
        report_diagnostics(reader, diag);
        return false;
    }
    return ok;
}

/*
 * libfyaml reads brackets to their end before it tells of the first one, since all of it may be a key, and takes a
 * microsecond for each. So very many that are open at once are refused before. They are counted without regard to
 * quotes: a text with so many brackets that are not closed in it will not be missed.
 */
static bool check_brackets(struct reader *reader)
{
    const struct report *report = reader->report;
    size_t depth = 0, place = 0;

    for (size_t i = 0; i < report->size; i++) {
        char c = report->source[i];
        if (c == '[' || c == '{') {
            depth++;
            if (depth == YAML_DEPTH + 1)
                place = i;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
        if (depth > BRACKETS_MAX)
            return report_node(reader, place, TOO_DEEP);
    }
    return true;
}

bool yaml_read(struct yaml *yaml, const char *path)
{
    struct reader reader = {.yaml = yaml, .report = &yaml->report};
    struct fy_diag_cfg config;

    *yaml = (struct yaml){0};
    if (!input_read(&yaml->report, path) || !check_brackets(&reader))
        return false;
    fy_diag_cfg_default(&config);
    config.fp = NULL; /* together with collecting: nothing is printed */
    struct fy_diag *diag = fy_diag_create(&config);
    if (diag == NULL)
        return report_node(&reader, PLACE_FILE, "out of memory");
    fy_diag_set_collect_errors(diag, true);
    const struct fy_parse_cfg parse = {.flags = FYPCF_QUIET, .diag = diag};
    reader.parser = fy_parser_create(&parse);
    bool ok = reader.parser != NULL && fy_parser_set_string(reader.parser, yaml->report.source, yaml->report.size) == 0;
    if (ok)
        ok = read_events(&reader, diag);
    else
        report_error(&yaml->report, PLACE_FILE, "out of memory");
    if (reader.parser != NULL)
        fy_parser_destroy(reader.parser);
    fy_diag_destroy(diag);
    if (ok && yaml->root == NULL)
        return report_node(&reader, PLACE_FILE,
                           "empty job file; the least is: {mpool: 1, steps: {hello: {call: echo, args: hello}}}");
    return ok;
}

void yaml_free(struct yaml *yaml)
{
    arena_free(&yaml->arena);
    input_free(&yaml->report);
    yaml->root = NULL;
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    for (struct yaml_node *node = map->first; node != NULL; node = node->next) {
        if (strcmp(node->key->text, key) == 0)
            return node;
    }
    return NULL;
}

bool yaml_is(const struct yaml_node *node, const char *text)
{
    return node->kind == YAML_SCALAR && strcmp(node->text, text) == 0;
}
