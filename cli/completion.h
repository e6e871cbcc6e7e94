/*
 * cli/completion.h - scripts with which shells complete our command lines
 *
 * There is one file for each shell: cli/completion_bash.c, _zsh and _fish. What they have in common is in
 * cli/completion.c.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "cli/command.h"
#include "cli/text.h"

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

/* The shells there is a script for, as the command's help has them. */
#define COMPLETION_SHELLS "bash|zsh|fish"

/*
 * completion_print - print the script for a shell
 *
 * shell     in   one of COMPLETION_SHELLS
 * commands  in   `count` commands, as the command itself works with them
 */
void completion_print(const char *shell, const struct command *commands, size_t count);

/* ---- for the scripts --------------------------------------------------------------------------------------------- */

struct completion {
    const struct command *commands;
    size_t count;
};

void completion_bash(const struct completion *all);
void completion_zsh(const struct completion *all);
void completion_fish(const struct completion *all);

enum choice_kind {
    CHOICE_NONE = 0, /* nothing can be offered */
    CHOICE_FILE,
    CHOICE_JOBFILE,
    CHOICE_DIRECTORY,
    CHOICE_PROGRAM, /* a program with its arguments, to the end of the line */
    CHOICE_WORDS,
};

/* What may stand in one place. */
struct choice {
    enum choice_kind kind;
    const char *name;  /* as in --help: "FILE"; NULL: no value can be there */
    struct text words; /* of CHOICE_WORDS, a blank between two */
};

/* Prints an option of a command, or its argument: then `option` is NULL. */
typedef void completion_line(const struct command *command, const struct argp_option *option,
                             const struct choice *choice);

/* completion_options - print each option of a command, those that argp gives it included */
void completion_options(const struct completion *all, const struct command *command, completion_line *print);

/* completion_argument - print the argument of a command */
void completion_argument(const struct completion *all, const struct command *command, completion_line *print);

/* completion_has_letter - has the option a short form, -C? */
bool completion_has_letter(const struct argp_option *option);

/*
 * completion_quote - print a text that stands within single quotes
 *
 * special   in   characters that get a backslash in front
 * quote     in   what stands for a single quote
 */
void completion_quote(const char *text, const char *special, const char *quote);

#endif
