/*
 * cli/arguments.h - the arguments of a step's jobs, with templates
 */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "cli/item.h"
#include "cli/path.h"
#include "cli/reference.h"

#include <msgpack.h>

struct arguments;
struct arguments_builder;

/*
 * arguments_read - check and prepare `args` of a step
 *
 * scope     in   what the templates may name
 *
 * Returns NULL where something is wrong, which was reported; else what lives as long as the jobfile.
 */
const struct arguments *arguments_read(const struct scope *scope, const struct yaml_node *node);

/*
 * arguments_begin - build a value from several places of a step
 *
 * scope     in   what templates may name, throughout
 *
 * Then come the calls below, as JSON is written: a map of two is arguments_map(2), and twice a key with its value.
 * arguments_end() returns the whole, or NULL where something was wrong on the way, which was reported at once.
 */
struct arguments_builder *arguments_begin(const struct scope *scope);
void arguments_map(struct arguments_builder *builder, size_t count);
void arguments_list(struct arguments_builder *builder, size_t count);
void arguments_string(struct arguments_builder *builder, const char *text);
void arguments_number(struct arguments_builder *builder, int64_t number);
void arguments_nil(struct arguments_builder *builder);

/* A scalar with its templates, as text: a number is what the file says, 1.10; {items} is a list of texts. */
void arguments_template(struct arguments_builder *builder, const struct yaml_node *node);

/* The item as text; of a batch, a list of texts. */
void arguments_item(struct arguments_builder *builder);

/* The item as people see it, and a tab. */
void arguments_tag(struct arguments_builder *builder);

/* arguments_size - the bytes since the last call that depends on the item */
size_t arguments_size(const struct arguments_builder *builder);

const struct arguments *arguments_end(struct arguments_builder *builder);

/*
 * arguments_pack - append the arguments for one item: one msgpack value
 *
 * scratch   in   a text for intermediate use; what was in it is lost
 * problem   out  gets what is wrong, if false is returned
 *
 * Returns false if the item has not what a template asks for, which only an item of SHAPE_ANY can do; what was appended
 * until then is of no use.
 */
bool arguments_pack(const struct arguments *arguments, const struct item *item, uint64_t index, struct text *scratch,
                    struct text *problem, msgpack_packer *packer);

/*
 * arguments_text - what a template names, as text
 *
 * digits    out  room for a number
 * part      out  points into the item or to `digits`
 * problem   out  false: why there is none, appended
 *
 * A template for a constant is none of the item's.
 */
bool arguments_text(const struct reference *reference, const struct item *item, uint64_t index,
                    char digits[ITEM_NUMBER_MAX], struct path_part *part, struct text *problem);

#endif
