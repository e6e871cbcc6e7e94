/*
 * cli/completion.c - scripts with which shells complete our command lines
 *
 * Runs in: the mpool command. Nothing is forked. Owns: nothing; what is printed goes to standard output.
 *
 * Nothing here knows a command or an option. They come from the tables that the command itself works with: the commands
 * that it finds, and for each what argp parses and --help prints. So a script has what the program has. What a value
 * may be is told by the name it has in --help:
 *
 *     FILE       a file; as the argument of a command, [FILE], a job file
 *     DIR        a directory
 *     COMMAND    one of our commands
 *     PROGRAM    a program, and behind it what is its own
 *     a|b|c      one of these words
 *
 * Of others, a number or a NAME=VALUE, nothing can be offered.
 */
#include "cli/completion.h"

#include <stdio.h>
#include <string.h>

/* argp gives these to each command, and has no table of them. The key of one without a short form is no letter. */
static const struct argp_option common_options[] = {
    {"help", '?', NULL, 0, "Give this help list", 0},
    {"usage", 1, NULL, 0, "Give a short usage message", 0},
    {0},
};

static const struct {
    const char *name;
    enum choice_kind kind;
} kinds[] = {{"FILE", CHOICE_FILE}, {"DIR", CHOICE_DIRECTORY}, {"[FILE]", CHOICE_JOBFILE}, {"[COMMAND]", CHOICE_WORDS}};

static struct choice choose(const struct completion *all, const char *name)
{
    struct choice choice = {.kind = CHOICE_NONE, .name = name};

    if (name == NULL)
        return choice;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(name, kinds[i].name) == 0)
            choice.kind = kinds[i].kind;
    }
    if (choice.kind == CHOICE_WORDS) {
        for (size_t i = 0; i < all->count; i++)
            text_printf(&choice.words, "%s%s", i > 0 ? " " : "", all->commands[i].name);
    } else if (strstr(name, "PROGRAM") != NULL) {
        choice.kind = CHOICE_PROGRAM;
    } else if (strchr(name, '|') != NULL) {
        choice.kind = CHOICE_WORDS;
        for (; *name != '\0'; name++)
            text_char(&choice.words, (char)(*name == '|' ? ' ' : *name));
    }
    return choice;
}

static void print_table(const struct completion *all, const struct command *command, const struct argp_option *options,
                        completion_line *print)
{
    for (const struct argp_option *option = options; option != NULL && option->name != NULL; option++) {
        struct choice choice = choose(all, option->arg);
        print(command, option, &choice);
        text_free(&choice.words);
    }
}

/* The options of an argp, and those that it has from others. */
static void print_tree(const struct completion *all, const struct command *command, const struct argp *argp,
                       completion_line *print)
{
    print_table(all, command, argp->options, print);
    for (const struct argp_child *child = argp->children; child != NULL && child->argp != NULL; child++)
        print_tree(all, command, child->argp, print);
}

void completion_options(const struct completion *all, const struct command *command, completion_line *print)
{
    if (command->argp != NULL)
        print_tree(all, command, command->argp, print);
    print_table(all, command, common_options, print);
}

void completion_argument(const struct completion *all, const struct command *command, completion_line *print)
{
    struct choice choice = choose(all, command->argp != NULL ? command->argp->args_doc : NULL);

    print(command, NULL, &choice);
    text_free(&choice.words);
}

bool completion_has_letter(const struct argp_option *option)
{
    return option->key > ' ' && option->key <= '~';
}

void completion_quote(const char *text, const char *special, const char *quote)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            (void)fputs(quote, stdout);
        else
            (void)printf("%s%c", strchr(special, *text) != NULL ? "\\" : "", *text);
    }
}

void completion_print(const char *shell, const struct command *commands, size_t count)
{
    static const struct {
        const char *name;
        void (*print)(const struct completion *all);
    } shells[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};
    const struct completion all = {.commands = commands, .count = count};

    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].name, shell) == 0)
            shells[i].print(&all);
    }
}
