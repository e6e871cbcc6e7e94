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

/*
 * arguments_read - check and prepare `args` of a step
 *
 * scope     in   what the templates may name
 *
 * Returns NULL where something is wrong, which was reported; else what lives as long as the jobfile.
 */
const struct arguments *arguments_read(const struct scope *scope, const struct yaml_node *node);

/*
 * arguments_pack - append the arguments for one item: one msgpack value
 *
 * scratch   in   a text for intermediate use; what was in it is lost
 */
void arguments_pack(const struct arguments *arguments, const struct item *item, uint64_t index, struct text *scratch,
                    msgpack_packer *packer);

/*
 * arguments_text - what a template names, as text
 *
 * digits    out  room for a number
 *
 * Points into the item or to `digits`. A template for a constant is none of the item's.
 */
struct path_part arguments_text(const struct reference *reference, const struct item *item, uint64_t index,
                                char digits[ITEM_NUMBER_MAX]);

#endif
