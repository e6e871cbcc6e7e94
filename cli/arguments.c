/*
 * cli/arguments.c - the arguments of a step's jobs, with templates
 *
 * Runs in: the mpool command. Owns: nothing; arguments live in the jobfile's arena.
 *
 * The tree under `args` is flattened once: what is the same for all jobs becomes packed bytes, for msgpack values can
 * be strung together. Between these stand the places where something depends on the item. A job's arguments are then
 * packed by running through a short list.
 */
#include "cli/arguments.h"

#include "cli/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum piece_kind {
    PIECE_BYTES = 1, /* packed bytes */
    PIECE_VALUE,     /* what a template names, with its type */
    PIECE_TEXT,      /* a text; its parts are inside */
    PIECE_TEXTS,     /* the items of a batch, a list of texts */
    PIECE_TAG,       /* the item as people see it, and a tab */
};

struct part {
    struct reference reference; /* kind 0: `text` as it is */
    const char *text;
    size_t length;
};

struct piece {
    enum piece_kind kind;
    const char *bytes;
    size_t size;
    struct part *parts; /* PIECE_VALUE: one */
    size_t part_count;
};

struct arguments {
    struct piece *pieces;
    size_t count;
};

/* While they are read. */
struct arguments_builder {
    const struct scope *scope;
    struct arena *arena;
    struct piece *pieces;
    size_t count, room;
    msgpack_sbuffer packed; /* constant values since the last piece */
    msgpack_packer packer;
    bool ok;
};

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static struct piece *add_piece(struct arguments_builder *builder, enum piece_kind kind)
{
    builder->pieces = memory_more(builder->pieces, &builder->room, builder->count, sizeof *builder->pieces);
    builder->pieces[builder->count] = (struct piece){.kind = kind};
    return &builder->pieces[builder->count++];
}

/* Makes the constant values so far a piece. */
static void flush(struct arguments_builder *builder)
{
    if (builder->packed.size == 0)
        return;
    struct piece *piece = add_piece(builder, PIECE_BYTES);
    piece->bytes = arena_copy(builder->arena, builder->packed.data, builder->packed.size);
    piece->size = builder->packed.size;
    msgpack_sbuffer_clear(&builder->packed);
}

static void add_value(struct arguments_builder *builder, const struct reference *reference)
{
    if (reference->kind == REFERENCE_CONSTANT) {
        value_pack(reference->value, &builder->packer);
        return;
    }
    flush(builder);
    struct piece *piece = add_piece(builder, PIECE_VALUE);
    piece->parts = arena_get(builder->arena, sizeof *piece->parts);
    piece->parts[0] = (struct part){.reference = *reference};
    piece->part_count = 1;
}

static size_t count_parts(const struct yaml_node *node)
{
    const char *cursor = node->text, *end = node->text + node->length;
    struct template_part part;
    size_t count = 0;

    while (template_next(&cursor, end, &part))
        count++;
    return count;
}

/* A text with templates in it. If they all are constants, so is the text. */
static void add_text(struct arguments_builder *builder, const struct yaml_node *node)
{
    const char *cursor = node->text, *end = node->text + node->length;
    struct part *parts = arena_get(builder->arena, (count_parts(node) + 1) * sizeof *parts);
    struct template_part found;
    size_t count = 0;
    bool constant = true;
    struct text text = {0};

    text_string(&text, "");
    while (template_next(&cursor, end, &found)) {
        struct part part = {.text = found.text, .length = found.length};
        if (found.reference && !reference_read(builder->scope, node, &found, true, &part.reference)) {
            builder->ok = false;
            continue;
        }
        if (part.reference.kind == REFERENCE_CONSTANT) {
            part.text = part.reference.value->text;
            part.length = part.reference.value->length;
            part.reference.kind = 0;
        }
        constant = constant && part.reference.kind == 0;
        if (constant)
            text_add(&text, part.text, part.length);
        parts[count++] = part;
    }
    if (constant) {
        (void)msgpack_pack_str_with_body(&builder->packer, text.data, text.size);
    } else {
        flush(builder);
        struct piece *piece = add_piece(builder, PIECE_TEXT);
        piece->parts = parts;
        piece->part_count = count;
    }
    text_free(&text);
}

static void add_scalar(struct arguments_builder *builder, const struct yaml_node *node)
{
    const char *cursor = node->text, *end = node->text + node->length;
    struct template_part part;
    struct reference reference;

    reference_warn(builder->scope, node);
    if (reference_exact(node, &part)) {
        if (reference_read(builder->scope, node, &part, false, &reference))
            add_value(builder, &reference);
        else
            builder->ok = false;
    } else if (template_next(&cursor, end, &part) && (cursor != end || part.length != node->length)) {
        add_text(builder, node);
    } else {
        value_pack(node, &builder->packer);
    }
}

static void add_node(struct arguments_builder *builder, const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR) {
        add_scalar(builder, node);
        return;
    }
    if (node->kind == YAML_MAP)
        (void)msgpack_pack_map(&builder->packer, node->count);
    else
        (void)msgpack_pack_array(&builder->packer, node->count);
    for (const struct yaml_node *inner = node->first; inner != NULL; inner = inner->next) {
        if (node->kind == YAML_MAP)
            (void)msgpack_pack_str_with_body(&builder->packer, inner->key->text, inner->key->length);
        add_node(builder, inner);
    }
}

struct arguments_builder *arguments_begin(const struct scope *scope)
{
    struct arguments_builder *builder = memory_get(sizeof *builder);

    *builder = (struct arguments_builder){.scope = scope, .arena = &scope->jobfile->yaml.arena, .ok = true};
    msgpack_sbuffer_init(&builder->packed);
    msgpack_packer_init(&builder->packer, &builder->packed, msgpack_sbuffer_write);
    return builder;
}

const struct arguments *arguments_end(struct arguments_builder *builder)
{
    struct arguments *arguments = NULL;

    flush(builder);
    if (builder->ok) {
        arguments = arena_get(builder->arena, sizeof *arguments);
        arguments->pieces = arena_get(builder->arena, builder->count * sizeof *arguments->pieces);
        memcpy(arguments->pieces, builder->pieces, builder->count * sizeof *arguments->pieces);
        arguments->count = builder->count;
    }
    msgpack_sbuffer_destroy(&builder->packed);
    free(builder->pieces);
    free(builder);
    return arguments;
}

const struct arguments *arguments_read(const struct scope *scope, const struct yaml_node *node)
{
    struct arguments_builder *builder = arguments_begin(scope);

    add_node(builder, node);
    return arguments_end(builder);
}

/* ---- building ---------------------------------------------------------------------------------------------------- */

size_t arguments_size(const struct arguments_builder *builder)
{
    return builder->packed.size;
}

void arguments_map(struct arguments_builder *builder, size_t count)
{
    (void)msgpack_pack_map(&builder->packer, count);
}

void arguments_list(struct arguments_builder *builder, size_t count)
{
    (void)msgpack_pack_array(&builder->packer, count);
}

void arguments_nil(struct arguments_builder *builder)
{
    (void)msgpack_pack_nil(&builder->packer);
}

void arguments_number(struct arguments_builder *builder, int64_t number)
{
    (void)msgpack_pack_int64(&builder->packer, number);
}

void arguments_string(struct arguments_builder *builder, const char *text)
{
    (void)msgpack_pack_str_with_body(&builder->packer, text, strlen(text));
}

static void add_texts(struct arguments_builder *builder)
{
    flush(builder);
    (void)add_piece(builder, PIECE_TEXTS);
}

void arguments_template(struct arguments_builder *builder, const struct yaml_node *node)
{
    struct template_part part;
    struct reference reference;

    reference_warn(builder->scope, node);
    if (!builder->scope->batch || !reference_exact(node, &part)) {
        add_text(builder, node);
    } else if (!reference_read(builder->scope, node, &part, false, &reference)) {
        builder->ok = false;
    } else if (reference.kind == REFERENCE_ITEMS) {
        add_texts(builder);
    } else {
        add_text(builder, node);
    }
}

void arguments_item(struct arguments_builder *builder)
{
    if (builder->scope->batch) {
        add_texts(builder);
        return;
    }
    struct part *part = arena_get(builder->arena, sizeof *part);

    *part = (struct part){.reference.kind = REFERENCE_ITEM};
    flush(builder);
    struct piece *piece = add_piece(builder, PIECE_TEXT);
    piece->parts = part;
    piece->part_count = 1;
}

void arguments_tag(struct arguments_builder *builder)
{
    flush(builder);
    (void)add_piece(builder, PIECE_TAG);
}

/* ---- packing ----------------------------------------------------------------------------------------------------- */

static struct path_part path_part(enum reference_kind kind, const char *path, size_t length)
{
    switch (kind) {
    case REFERENCE_NAME:
        return path_name(path, length);
    case REFERENCE_STEM:
        return path_stem(path, length);
    case REFERENCE_EXT:
        return path_ext(path, length);
    case REFERENCE_DIR:
        return path_dir(path, length);
    case REFERENCE_ROOT:
        return path_root(path, length);
    default:
        return (struct path_part){.text = path, .length = length};
    }
}

static bool is_number(const struct reference *reference)
{
    return reference->kind == REFERENCE_INDEX || reference->kind == REFERENCE_NUMBER;
}

static uint64_t number_of(const struct reference *reference, uint64_t index)
{
    return reference->kind == REFERENCE_NUMBER ? index + 1 : index;
}

/* What a template names in the item. Where nobody could know the items before, it is looked at now. */
static bool find(const struct reference *reference, const struct item *item, bool text, struct item *found,
                 struct text *problem)
{
    const char *fields = reference->fields;
    const char *name = reference->kind == REFERENCE_RESULT ? "result" : "item";

    if (reference->kind == REFERENCE_RESULT)
        item = item->result;
    *found = *item;
    if (fields != NULL && !item_field(item, fields, found))
        text_printf(problem, "{%s.%s}: the %s has no field \"%s\"", name, fields, name, fields);
    else if (reference->kind >= REFERENCE_PATH && reference->kind <= REFERENCE_ROOT && !item_is_path(found))
        text_string(problem, "a template names a part of a path, and the item is no text");
    else if (text && !item_has_text(found))
        text_printf(problem, "{%s%s%s}: a list or a map has no text", name, fields != NULL ? "." : "",
                    fields != NULL ? fields : "");
    return problem->size == 0;
}

bool arguments_text(const struct reference *reference, const struct item *item, uint64_t index,
                    char digits[ITEM_NUMBER_MAX], struct path_part *part, struct text *problem)
{
    struct item found;
    const char *text;

    if (is_number(reference)) {
        part->length = (size_t)snprintf(digits, ITEM_NUMBER_MAX, "%" PRIu64, number_of(reference, index));
        part->text = digits;
        return true;
    }
    if (!find(reference, item, true, &found, problem))
        return false;
    size_t length = item_text(&found, digits, &text);
    *part = path_part(reference->kind, text, length);
    return true;
}

static bool pack_value(const struct reference *reference, const struct item *item, uint64_t index, struct text *problem,
                       msgpack_packer *packer)
{
    char digits[ITEM_NUMBER_MAX];
    struct path_part part;
    struct item found;

    if (is_number(reference)) {
        (void)msgpack_pack_uint64(packer, number_of(reference, index));
    } else if (reference->kind == REFERENCE_ITEM || reference->kind == REFERENCE_ITEMS ||
               reference->kind == REFERENCE_RESULT) {
        if (!find(reference, item, false, &found, problem))
            return false;
        item_pack(&found, packer);
    } else {
        if (!arguments_text(reference, item, index, digits, &part, problem))
            return false;
        (void)msgpack_pack_str_with_body(packer, part.text, part.length);
    }
    return true;
}

static bool pack_text(const struct piece *piece, const struct item *item, uint64_t index, struct text *scratch,
                      struct text *problem, msgpack_packer *packer)
{
    char digits[ITEM_NUMBER_MAX];

    text_clear(scratch);
    for (size_t i = 0; i < piece->part_count; i++) {
        const struct part *part = &piece->parts[i];
        struct path_part text = {.text = part->text, .length = part->length};
        if (part->reference.kind != 0 && !arguments_text(&part->reference, item, index, digits, &text, problem))
            return false;
        text_add(scratch, text.text, text.length);
    }
    (void)msgpack_pack_str_with_body(packer, scratch->data, scratch->size);
    return true;
}

static bool pack_texts(const struct item *item, struct text *problem, msgpack_packer *packer)
{
    char digits[ITEM_NUMBER_MAX];
    size_t count = item_batch_count(item);

    (void)msgpack_pack_array(packer, count);
    for (size_t i = 0; i < count; i++) {
        const struct item *inner = item_batch_at(item, i);
        const char *text;
        if (!item_has_text(inner)) {
            text_printf(problem, "{items}: number %zu of them is a list or a map, which has no text", i + 1);
            return false;
        }
        size_t length = item_text(inner, digits, &text);
        (void)msgpack_pack_str_with_body(packer, text, length);
    }
    return true;
}

bool arguments_pack(const struct arguments *arguments, const struct item *item, uint64_t index, struct text *scratch,
                    struct text *problem, msgpack_packer *packer)
{
    bool ok = true;

    for (size_t i = 0; i < arguments->count && ok; i++) {
        const struct piece *piece = &arguments->pieces[i];
        switch (piece->kind) {
        case PIECE_BYTES:
            /* Packed already: appended as they are. */
            (void)msgpack_pack_str_body(packer, piece->bytes, piece->size);
            break;
        case PIECE_VALUE:
            ok = pack_value(&piece->parts[0].reference, item, index, problem, packer);
            break;
        case PIECE_TEXT:
            ok = pack_text(piece, item, index, scratch, problem, packer);
            break;
        case PIECE_TEXTS:
            ok = pack_texts(item, problem, packer);
            break;
        case PIECE_TAG:
            text_clear(scratch);
            item_show(scratch, item);
            text_char(scratch, '\t');
            (void)msgpack_pack_str_with_body(packer, scratch->data, scratch->size);
            break;
        }
    }
    return ok;
}
