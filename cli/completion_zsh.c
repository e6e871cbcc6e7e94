/*
 * cli/completion_zsh.c - the completion script for zsh
 *
 * A function that has _arguments do the work: it gets a line for each option, with what the option is for.
 *
 * Runs in: the mpool command. Owns: nothing.
 */
#include "cli/completion.h"

#include <stdio.h>

static const char *const actions[] = {
    [CHOICE_NONE] = " ",
    [CHOICE_FILE] = "_files",
    [CHOICE_JOBFILE] = "_files -g \"*.(yaml|yml)\"",
    [CHOICE_DIRECTORY] = "_files -/",
};

/* ":FILE:_files": the name of a value, and what may stand for it. */
static void print_value(const struct choice *choice)
{
    (void)printf(":%s:", choice->name);
    if (choice->kind == CHOICE_WORDS)
        (void)printf("(%s)", choice->words.data);
    else
        (void)fputs(actions[choice->kind], stdout);
}

static void print_spec(const char *dashes, const char *name, const char *mark, const struct argp_option *option,
                       const struct choice *choice)
{
    (void)printf(" \\\n            '*%s%s%s[", dashes, name, option->arg != NULL ? mark : "");
    completion_quote(option->doc, "[]:\\", "'\\''");
    (void)putchar(']');
    if (option->arg != NULL)
        print_value(choice);
    (void)putchar('\'');
}

static void print_option(const struct command *command, const struct argp_option *option, const struct choice *choice)
{
    const char letter[] = {(char)option->key, '\0'};

    (void)command;
    print_spec("--", option->name, "=", option, choice);
    if (completion_has_letter(option))
        print_spec("-", letter, "+", option, choice);
}

static void print_argument(const struct command *command, const struct argp_option *option, const struct choice *choice)
{
    (void)command;
    (void)option;
    if (choice->name == NULL)
        return;
    if (choice->kind == CHOICE_PROGRAM) {
        (void)fputs(" \\\n            '*::PROGRAM:_normal'", stdout);
        return;
    }
    (void)fputs(" \\\n            ':", stdout);
    print_value(choice);
    (void)putchar('\'');
}

void completion_zsh(const struct completion *all)
{
    (void)puts("#compdef mpool\n# zsh completion for mpool(1), made by: mpool completion zsh\n"
               "_mpool()\n{\n    local -a names flags\n    names=(");
    for (size_t i = 0; i < all->count; i++) {
        (void)printf("        '%s:", all->commands[i].name);
        completion_quote(all->commands[i].summary, ":\\", "'\\''");
        (void)puts("'");
    }
    (void)puts("    )\n"
               "    flags=('--help:print the commands' '--version:print the version')\n"
               "    if ((CURRENT == 2)); then\n"
               "        _describe command names -- flags\n"
               "        return\n"
               "    fi\n"
               "    shift words\n"
               "    ((CURRENT--))\n"
               "    case $words[1] in");
    for (size_t i = 0; i < all->count; i++) {
        (void)printf("    %s)\n        _arguments", all->commands[i].name);
        completion_options(all, &all->commands[i], print_option);
        completion_argument(all, &all->commands[i], print_argument);
        (void)puts("\n        ;;");
    }
    /* As a file in $fpath it is the function's body; with eval it only defines the function. */
    (void)puts("    esac\n}\n\n"
               "if [[ $funcstack[1] == _mpool ]]; then\n    _mpool \"$@\"\nelse\n    compdef _mpool mpool\nfi");
}
