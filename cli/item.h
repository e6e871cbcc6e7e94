/*
 * cli/item.h - what a source gives: the item that a job is for
 */
#ifndef CLI_ITEM_H
#define CLI_ITEM_H

#include "cli/text.h"
#include "cli/yaml.h"

#include <msgpack.h>
#include <stdint.h>

enum item_kind {
    ITEM_NONE = 0, /* the one job of a step without `each` */
    ITEM_BYTES,    /* a path, or a line: bytes, perhaps not UTF-8 */
    ITEM_INTEGER,  /* a number of a range */
    ITEM_NODE,     /* any value that is in the job file */
};

/* It points into its source, and is valid until the source gives the next one. */
struct item {
    enum item_kind kind;
    const char *bytes;
    size_t size;
    int64_t integer;
    const struct yaml_node *node;
};

/* item_pack - append the item as it goes to a function that is called without `args` */
void item_pack(const struct item *item, msgpack_packer *packer);

/*
 * item_text - the item as text, as a template has it
 *
 * number    out  room for the digits of an integer
 * text      out  points into the item or to `number`
 *
 * Of a list or a map there is no text: "" then.
 */
#define ITEM_NUMBER_MAX 24
size_t item_text(const struct item *item, char number[ITEM_NUMBER_MAX], const char **text);

/* item_show - append the item as people may see it */
void item_show(struct text *to, const struct item *item);

/* item_json - append the item as a JSON value; bytes that are not UTF-8 as {"bytes": BASE64} */
void item_json(struct text *to, const struct item *item);

#endif
