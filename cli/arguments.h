/*
 * cli/arguments.h - the arguments of a step's jobs, with templates
 */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "cli/item.h"
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
 * problem   out  gets what is wrong, if false is returned
 *
 * Returns false if the item has not what a template asks for, which only an item of SHAPE_ANY can do; what was appended
 * until then is of no use.
 */
bool arguments_pack(const struct arguments *arguments, const struct item *item, uint64_t index, struct text *scratch,
                    struct text *problem, msgpack_packer *packer);

#endif
