/*
 * cli/completion_fish.c - the completion script for fish
 *
 * A `complete` command for each option, with what it is for. What stands behind a program is its own: a function looks
 * whether there is one before the cursor.
 *
 * Runs in: the mpool command. Owns: nothing.
 */
#include "cli/completion.h"

#include <stdio.h>

static void print_about(const char *text)
{
    (void)fputs(" -d '", stdout);
    completion_quote(text, "\\", "\\'");
    (void)puts("'");
}

static void print_value(const struct choice *choice)
{
    if (choice->kind == CHOICE_WORDS)
        (void)printf(" -x -a '%s'", choice->words.data);
    else if (choice->kind == CHOICE_DIRECTORY)
        (void)fputs(" -x -a '(__fish_complete_directories)'", stdout);
    else
        (void)fputs(choice->kind == CHOICE_NONE ? " -x" : " -r -F", stdout);
}

/* The commands whose line may end with a program. */
static void print_program(const struct command *command, const struct argp_option *option, const struct choice *choice)
{
    (void)option;
    if (choice->kind == CHOICE_PROGRAM)
        (void)printf(" %s", command->name);
}

/* The options whose value is the next word. */
static void print_taker(const struct command *command, const struct argp_option *option, const struct choice *choice)
{
    (void)choice;
    if (option->arg == NULL)
        return;
    (void)printf(" %s:--%s", command->name, option->name);
    if (completion_has_letter(option))
        (void)printf(" %s:-%c", command->name, option->key);
}

static void print_has_program(const struct completion *all)
{
    (void)fputs("function __mpool_has_program\n"
                "    set -l words (commandline -opc)\n"
                "    set -l command $words[2]\n"
                "    contains -- \"$command\"",
                stdout);
    for (size_t i = 0; i < all->count; i++)
        completion_argument(all, &all->commands[i], print_program);
    (void)fputs("; or return 1\n"
                "    set -e words[1..2]\n"
                "    while set -q words[1]\n"
                "        switch $command:$words[1]\n"
                "            case",
                stdout);
    for (size_t i = 0; i < all->count; i++)
        completion_options(all, &all->commands[i], print_taker);
    (void)puts("\n"
               "                set -e words[1]\n"
               "            case '*:-*'\n"
               "            case '*'\n"
               "                return 0\n"
               "        end\n"
               "        set -e words[1]\n"
               "    end\n"
               "    return 1\n"
               "end");
}

static void print_option(const struct command *command, const struct argp_option *option, const struct choice *choice)
{
    (void)printf("complete -c mpool -n 'not __mpool_has_program; and __fish_seen_subcommand_from %s' -l %s",
                 command->name, option->name);
    if (completion_has_letter(option))
        (void)printf(" -s '%c'", option->key);
    if (option->arg != NULL)
        print_value(choice);
    print_about(option->doc);
}

static void print_argument(const struct command *command, const struct argp_option *option, const struct choice *choice)
{
    (void)option;
    if (choice->kind == CHOICE_NONE)
        return;
    (void)printf("complete -c mpool -n '__fish_seen_subcommand_from %s'", command->name);
    if (choice->kind == CHOICE_WORDS)
        (void)printf(" -a '%s'\n", choice->words.data);
    else if (choice->kind == CHOICE_PROGRAM)
        (void)puts(" -x -a '(__fish_complete_subcommand --fcs-skip=2)'");
    else
        (void)puts(" -F");
}

void completion_fish(const struct completion *all)
{
    (void)puts("# fish completion for mpool(1), made by: mpool completion fish");
    print_has_program(all);
    (void)puts("complete -c mpool -f\n"
               "complete -c mpool -n __fish_use_subcommand -l help -d 'print the commands'\n"
               "complete -c mpool -n __fish_use_subcommand -l version -d 'print the version'");
    for (size_t i = 0; i < all->count; i++) {
        (void)printf("complete -c mpool -n __fish_use_subcommand -a %s", all->commands[i].name);
        print_about(all->commands[i].summary);
        completion_options(all, &all->commands[i], print_option);
        completion_argument(all, &all->commands[i], print_argument);
    }
}
