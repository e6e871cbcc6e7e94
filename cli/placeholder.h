/*
 * cli/placeholder.h - a word of `mpool exec` as a text with templates
 *
 *     {}      {item}          {/}     {name}          {.}     {root}          {#}     {number}
 *     {1}     {item}          {//}    {dir}           {/.}    {stem}
 *
 * Where items come from several sources, {1} is {item.1}, the one of the first source, and so on. Every other brace is
 * literal, that of a shell's ${1} too, so that awk, jq and shells can be run as they are.
 */
#ifndef CLI_PLACEHOLDER_H
#define CLI_PLACEHOLDER_H

#include "cli/text.h"

#include <stdbool.h>
#include <stddef.h>

/* The variable that a template has for a brace before another one: {{}} is the item in braces, and {{item}} is none. */
#define PLACEHOLDER_BRACE "brace"

/* So many sources there may be. */
#define PLACEHOLDER_SOURCES 9

/* What the items are. */
struct placeholders {
    bool batch;     /* a job has several: {} alone is all of them */
    size_t sources; /* that an item comes from; {} within a text is all that it has, with blanks between */
};

/* What a word has of its job; a later one has what the earlier ones have. */
enum placeholder_use {
    PLACEHOLDER_NONE = 0,
    PLACEHOLDER_NUMBER, /* the job's number, which is only digits */
    PLACEHOLDER_ITEM,   /* something that others have chosen */
};

/* placeholder_source - the name of a source, by its number from 0 on */
const char *placeholder_source(size_t number);

/*
 * placeholder_template - append a word as a text with templates
 *
 * use       out  what is in it, if that is more than what was there
 *
 * Returns NULL; or what is wrong, one line: a replacement string of GNU parallel's that there is not, or not here.
 */
const char *placeholder_template(const char *word, const struct placeholders *how, struct text *to,
                                 enum placeholder_use *use);

#endif
