/*
 * cli/item.c - what a source gives: the item that a job is for
 *
 * Runs in: the mpool command. Owns: nothing.
 *
 * Items are of the kind that their source has at hand, so that a path is nowhere more than its bytes. What differs
 * between the kinds is in this file.
 */
#include "cli/item.h"

#include "cli/json.h"
#include "cli/names.h"
#include "cli/packed.h"
#include "cli/reference.h"
#include "cli/secrets.h"
#include "cli/value.h"

#include <inttypes.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

/* Bytes of an item that are shown to people. */
#define SHOWN_MAX 500

_Static_assert(ITEM_NUMBER_MAX >= PACKED_DIGITS, "a packed number has room");

void item_pack(const struct item *item, msgpack_packer *packer)
{
    switch (item->kind) {
    case ITEM_NONE:
        (void)msgpack_pack_nil(packer);
        break;
    case ITEM_BYTES:
        (void)msgpack_pack_str_with_body(packer, item->bytes, item->size);
        break;
    case ITEM_INTEGER:
        (void)msgpack_pack_int64(packer, item->integer);
        break;
    case ITEM_NODE:
        value_pack(item->node, packer);
        break;
    case ITEM_PACKED:
        (void)msgpack_pack_str_body(packer, item->bytes, item->size);
        break;
    case ITEM_MAP:
        (void)msgpack_pack_map(packer, item->count);
        for (size_t i = 0; i < item->count; i++) {
            (void)msgpack_pack_str_with_body(packer, item->names[i], strlen(item->names[i]));
            item_pack(&item->inner[i], packer);
        }
        break;
    case ITEM_LIST:
        (void)msgpack_pack_array(packer, item->count);
        for (size_t i = 0; i < item->count; i++)
            item_pack(&item->inner[i], packer);
        break;
    }
}

/* ---- as text ----------------------------------------------------------------------------------------------------- */

size_t item_text(const struct item *item, char number[ITEM_NUMBER_MAX], const char **text)
{
    switch (item->kind) {
    case ITEM_BYTES:
        *text = item->bytes;
        return item->size;
    case ITEM_INTEGER:
        *text = number;
        return (size_t)snprintf(number, ITEM_NUMBER_MAX, "%" PRId64, item->integer);
    case ITEM_NODE:
        *text = item->node->kind == YAML_SCALAR ? item->node->text : "";
        return item->node->kind == YAML_SCALAR ? item->node->length : 0;
    case ITEM_PACKED:
        return packed_text(item->bytes, item->size, number, text);
    case ITEM_NONE:
    case ITEM_MAP:
    case ITEM_LIST:
        break;
    }
    *text = "";
    return 0;
}

bool item_has_text(const struct item *item)
{
    switch (item->kind) {
    case ITEM_NODE:
        return item->node->kind == YAML_SCALAR;
    case ITEM_PACKED:
        return packed_is_scalar(item->bytes);
    default:
        return item->kind == ITEM_BYTES || item->kind == ITEM_INTEGER;
    }
}

bool item_is_path(const struct item *item)
{
    switch (item->kind) {
    case ITEM_NODE:
        return value_of(item->node).type == VALUE_STRING;
    case ITEM_PACKED:
        return packed_is_string(item->bytes);
    default:
        return item->kind == ITEM_BYTES;
    }
}

bool item_is_utf8(const struct item *item)
{
    bool ok = item->kind != ITEM_BYTES || names_is_utf8(item->bytes, item->size);

    for (size_t i = 0; i < item->count && ok; i++)
        ok = item_is_utf8(&item->inner[i]);
    return ok;
}

/* ---- what is inside ---------------------------------------------------------------------------------------------- */

static bool map_field(const struct item *map, const char *fields, struct item *field)
{
    size_t length = strcspn(fields, ".");

    for (size_t i = 0; i < map->count; i++) {
        if (strncmp(map->names[i], fields, length) != 0 || map->names[i][length] != '\0')
            continue;
        if (fields[length] == '.')
            return item_field(&map->inner[i], fields + length + 1, field);
        *field = map->inner[i];
        return true;
    }
    return false;
}

bool item_field(const struct item *item, const char *fields, struct item *field)
{
    struct item found = {.kind = item->kind};

    switch (item->kind) {
    case ITEM_NODE:
        found.node = reference_field(item->node, fields);
        if (found.node == NULL)
            return false;
        break;
    case ITEM_PACKED:
        if (!packed_field(item->bytes, item->size, fields, &found.bytes, &found.size))
            return false;
        break;
    case ITEM_MAP:
        return map_field(item, fields, field);
    default:
        return false;
    }
    *field = found;
    return true;
}

size_t item_batch_count(const struct item *item)
{
    return item->kind == ITEM_LIST ? item->count : 0;
}

const struct item *item_batch_at(const struct item *item, size_t index)
{
    return &item->inner[index];
}

/* ---- copies ------------------------------------------------------------------------------------------------------ */

/* What follows in the same memory may be a struct. */
static size_t aligned(size_t size)
{
    return (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

size_t item_copy_size(const struct item *item)
{
    size_t size = aligned(item->size) + aligned(item->count * sizeof *item->inner);

    for (size_t i = 0; i < item->count; i++)
        size += item_copy_size(&item->inner[i]);
    if (item->result != NULL)
        size += aligned(sizeof *item->result) + item_copy_size(item->result);
    return size;
}

void item_copy(struct item *copy, const struct item *item, char *memory)
{
    *copy = *item;
    copy->bytes = item->size > 0 ? memory : "";
    if (item->size > 0)
        memcpy(memory, item->bytes, item->size);
    memory += aligned(item->size);
    if (item->result != NULL) {
        struct item *result = (struct item *)(void *)memory;
        copy->result = result;
        item_copy(result, item->result, memory + aligned(sizeof *result));
        memory += aligned(sizeof *result) + item_copy_size(item->result);
    }
    if (item->count == 0)
        return;
    struct item *inner = (struct item *)(void *)memory;
    copy->inner = inner;
    memory += aligned(item->count * sizeof *inner);
    for (size_t i = 0; i < item->count; i++) {
        item_copy(&inner[i], &item->inner[i], memory);
        memory += item_copy_size(&item->inner[i]);
    }
}

/* ---- for people and programs ------------------------------------------------------------------------------------- */

/* Are the names of its fields 1, 2, and so on? Then people see none. */
static bool has_numbers(const struct item *item)
{
    char number[ITEM_NUMBER_MAX];
    bool numbers = item->kind == ITEM_MAP && item->count > 0;

    for (size_t i = 0; numbers && i < item->count; i++) {
        (void)snprintf(number, sizeof number, "%zu", i + 1);
        numbers = strcmp(item->names[i], number) == 0;
    }
    return numbers;
}

void item_show(struct text *to, const struct item *item)
{
    struct text shown = {0};
    char number[ITEM_NUMBER_MAX];
    const char *text;

    if (has_numbers(item)) {
        for (size_t i = 0; i < item->count; i++) {
            text_string(to, i > 0 ? " " : "");
            item_show(to, &item->inner[i]);
        }
        return;
    }
    if (item->kind != ITEM_NONE && !item_has_text(item)) {
        item_json_hidden(&shown, item);
        /* Its control characters are escaped already. */
        text_add(to, shown.data, shown.size < SHOWN_MAX ? shown.size : SHOWN_MAX);
        if (shown.size > SHOWN_MAX)
            text_string(to, "…");
    } else {
        size_t size = item_text(item, number, &text);
        text_add(&shown, text, size);
        (void)secrets_hide(&shown, 0);
        names_escape_cut(to, shown.data, shown.size, SHOWN_MAX);
    }
    text_free(&shown);
}

static void json_inner(struct text *to, const struct item *item)
{
    bool map = item->kind == ITEM_MAP;

    text_char(to, map ? '{' : '[');
    for (size_t i = 0; i < item->count; i++) {
        if (i > 0)
            text_char(to, ',');
        if (map) {
            json_string(to, item->names[i], strlen(item->names[i]));
            text_char(to, ':');
        }
        item_json(to, &item->inner[i]);
    }
    text_char(to, map ? '}' : ']');
}

/* By way of its packed form. */
static void json_item(struct text *to, const struct item *item, void (*add)(struct text *, const char *, size_t))
{
    msgpack_sbuffer buffer;
    msgpack_packer packer;

    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    item_pack(item, &packer);
    add(to, buffer.data, buffer.size);
    msgpack_sbuffer_destroy(&buffer);
}

void item_json(struct text *to, const struct item *item)
{
    switch (item->kind) {
    case ITEM_NONE:
        text_string(to, "null");
        return;
    case ITEM_BYTES:
        json_bytes(to, item->bytes, item->size);
        return;
    case ITEM_INTEGER:
        text_signed(to, item->integer);
        return;
    case ITEM_PACKED:
        json_packed(to, item->bytes, item->size);
        return;
    case ITEM_MAP:
    case ITEM_LIST:
        json_inner(to, item);
        return;
    case ITEM_NODE:
        json_item(to, item, json_packed);
        return;
    }
}

void item_json_hidden(struct text *to, const struct item *item)
{
    if (secrets_are())
        json_item(to, item, secrets_json);
    else
        item_json(to, item);
}
