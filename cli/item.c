/*
 * cli/item.c - what a source gives: the item that a job is for
 *
 * Runs in: the mpool command. Owns: nothing.
 */
#include "cli/item.h"

#include "cli/json.h"
#include "cli/names.h"
#include "cli/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Bytes of an item that are shown to people. */
#define SHOWN_MAX 500

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
    }
}

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
    case ITEM_NONE:
        break;
    }
    *text = "";
    return 0;
}

void item_show(struct text *to, const struct item *item)
{
    char number[ITEM_NUMBER_MAX];
    const char *text;

    if (item->kind == ITEM_NODE && item->node->kind != YAML_SCALAR) {
        struct text json = {0};
        item_json(&json, item);
        /* Its control characters are escaped already. */
        text_add(to, json.data, json.size < SHOWN_MAX ? json.size : SHOWN_MAX);
        if (json.size > SHOWN_MAX)
            text_string(to, "…");
        text_free(&json);
        return;
    }
    size_t size = item_text(item, number, &text);
    names_escape_cut(to, text, size, SHOWN_MAX);
}

void item_json(struct text *to, const struct item *item)
{
    msgpack_sbuffer buffer;
    msgpack_packer packer;

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
    case ITEM_NODE:
        break;
    }
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    value_pack(item->node, &packer);
    json_packed(to, buffer.data, buffer.size);
    msgpack_sbuffer_destroy(&buffer);
}
