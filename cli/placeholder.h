/*
 * cli/placeholder.h - a word of `mpool exec` as a text with templates
 *
 *     {}      {item}          {/}     {name}          {.}     {root}          {#}     {number}
 *                             {//}    {dir}           {/.}    {stem}
 *
 * Where items come from several sources, {1} is {item._1}, the one of the first source, and so on.
 *
 * Templates of the job file that name something of an item, and {worker} and {attempt}, stay what they are. Every other
 * brace is literal, so that awk and jq can be run as they are.
 */
#ifndef CLI_PLACEHOLDER_H
#define CLI_PLACEHOLDER_H

#include "cli/text.h"

#include <stdbool.h>
#include <stddef.h>

/* So many sources there may be. */
#define PLACEHOLDER_SOURCES 9

/* What the items are. */
struct placeholders {
    bool batch;     /* a job has several: {} alone is all of them */
    size_t sources; /* that an item comes from; {} within a text is all that it has, with blanks between */
};

/* placeholder_source - the name of a source, by its number from 0 on */
const char *placeholder_source(size_t number);

/*
 * placeholder_template - append a word as a text with templates
 *
 * uses      out  set to true if it names something of the item, else left as it is
 *
 * Returns NULL; or what is wrong, one line: a replacement string of GNU parallel's that there is not.
 */
const char *placeholder_template(const char *word, const struct placeholders *how, struct text *to, bool *uses);

#endif
