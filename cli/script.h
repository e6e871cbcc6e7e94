/*
 * cli/script.h - what of the words of `mpool exec` is code for a shell
 */
#ifndef CLI_SCRIPT_H
#define CLI_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

/* script_is_word - is a whole command written as one word, which only a shell takes apart? What to do is said then. */
bool script_is_word(char *const *words, size_t count);

/*
 * script_has_item - is there a replacement string within the script of sh -c? What to do is said then.
 *
 * sources   in   that an item comes from
 *
 * What a part of a script is made of runs as code, whoever has chosen it. Items that are whole scripts are meant so.
 */
bool script_has_item(char *const *words, size_t count, size_t sources);

#endif
