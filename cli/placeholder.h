/*
 * cli/placeholder.h - a word of `mpool exec` as a text with templates
 *
 *     {}      {item}          {/}     {name}          {.}     {root}          {#}     {number}
 *                             {//}    {dir}           {/.}    {stem}
 *
 * Templates of the job file that name something of an item stay what they are. Every other brace is literal, so that
 * awk and jq can be run as they are.
 */
#ifndef CLI_PLACEHOLDER_H
#define CLI_PLACEHOLDER_H

#include "cli/text.h"

#include <stdbool.h>

/*
 * placeholder_template - append a word as a text with templates
 *
 * batch     in   a job has several items: {} alone is all of them
 * uses      out  set to true if it names something of the item, else left as it is
 *
 * Returns NULL; or what is wrong, one line: a replacement string of GNU parallel's that there is not.
 */
const char *placeholder_template(const char *word, bool batch, struct text *to, bool *uses);

#endif
