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
    ITEM_BYTES,    /* a path, a line, a field of a csv: bytes, perhaps not UTF-8 */
    ITEM_INTEGER,  /* a number of a range */
    ITEM_NODE,     /* any value that is in the job file */
    ITEM_PACKED,   /* any value that was read elsewhere: one msgpack value */
    ITEM_MAP,      /* items with names: a row of a csv, a combination */
    ITEM_LIST,     /* the items of a batch */
};

/* It points into its source, and is valid until the source gives the next one. */
struct item {
    enum item_kind kind;
    const char *bytes; /* ITEM_BYTES, ITEM_PACKED */
    size_t size;
    int64_t integer;
    const struct yaml_node *node;
    const struct item *inner; /* ITEM_MAP, ITEM_LIST: `count` of them */
    const char *const *names; /* ITEM_MAP: theirs; they stay as long as the source is open */
    size_t count;
    const struct item *result; /* what a step has made of it, in an item of `results`; NULL */
};

/* item_pack - append the item as it goes to a function that is called without `args` */
void item_pack(const struct item *item, msgpack_packer *packer);

/*
 * item_text - the item as text, as a template has it
 *
 * number    out  room for the digits of a number
 * text      out  points into the item or to `number`
 *
 * Of a list or a map there is no text: "" then.
 */
#define ITEM_NUMBER_MAX 32
size_t item_text(const struct item *item, char number[ITEM_NUMBER_MAX], const char **text);

/* item_has_text - is it no list and no map? item_is_path - is it a text, and no number or the like? */
bool item_has_text(const struct item *item);
bool item_is_path(const struct item *item);

/* item_is_utf8 - could a job file have the item? */
bool item_is_utf8(const struct item *item);

/*
 * item_field - what is at "a.b" in an item that is a map
 *
 * field     out  points into the item
 *
 * Returns false if there is nothing.
 */
bool item_field(const struct item *item, const char *fields, struct item *field);

/* item_batch_count - how many items a batch has; 0: it is none. item_batch_at - one of them, from 0. */
size_t item_batch_count(const struct item *item);
const struct item *item_batch_at(const struct item *item, size_t index);

/* item_copy_size - how many bytes of memory item_copy() needs */
size_t item_copy_size(const struct item *item);

/*
 * item_copy - a copy that is valid when the source has given the next item
 *
 * memory    out  item_copy_size() bytes, aligned as malloc() does; it has what the source would overwrite
 */
void item_copy(struct item *copy, const struct item *item, char *memory);

/* item_show - append the item as people may see it, without secrets */
void item_show(struct text *to, const struct item *item);

/* item_json - append the item as a JSON value; bytes that are not UTF-8 as {"bytes": BASE64} */
void item_json(struct text *to, const struct item *item);

/* item_json_hidden - the same without secrets */
void item_json_hidden(struct text *to, const struct item *item);

#endif
