/*
 * cli/names.h - names as people may see them, and whether they are UTF-8
 *
 * A file name is bytes that somebody else chose: an escape sequence in it must not reach the terminal.
 */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "cli/text.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * names_utf8 - the length of the UTF-8 character at the start of the bytes
 *
 * character out  its code point; may be NULL
 *
 * Returns 0 where there is no valid one (also for surrogates, overlong forms and the end of the bytes).
 */
size_t names_utf8(const char *bytes, size_t size, unsigned *character);

/* names_is_control - does a terminal act on the character, or does it make a line read differently from what it is? */
bool names_is_control(unsigned character);

/* names_is_utf8 - are all the bytes valid UTF-8? */
bool names_is_utf8(const char *bytes, size_t size);

/*
 * names_escape - append a name as people may see it
 *
 * Control characters, also those above ASCII and those that turn the direction of writing, come as \n, \t, \e or \xNN,
 * bytes that are not UTF-8 as \xNN, and a backslash as two.
 */
void names_escape(struct text *text, const char *bytes, size_t size);

/* names_clean - the same for a message, in which a backslash stays one */
void names_clean(struct text *text, const char *bytes, size_t size);

/* names_valid - append as UTF-8: bytes that are not come as \xNN, and everything else as it is */
void names_valid(struct text *text, const char *bytes, size_t size);

/* names_escape_cut - the same, but at most about `most` bytes of it, with a mark where it was cut */
void names_escape_cut(struct text *text, const char *bytes, size_t size, size_t most);

/* names_shell - append as one word of a POSIX shell, in single quotes */
void names_shell(struct text *text, const char *bytes, size_t size);

/*
 * names_command - append a command of such words as people may see it, and give it to a shell again
 *
 * What a terminal acts on, newlines and tabs aside, and bytes that are not UTF-8 come as $'\ooo', which bash, ksh and
 * zsh read.
 */
void names_command(struct text *text, const char *bytes, size_t size);

#endif
