/*
 * cli/completion_bash.c - the completion script for bash
 *
 * A function that looks up what stands before the cursor in two `case` commands, and offers names of files, of options,
 * or words. Behind a program whose arguments are its own it offers files. bash 4 or later.
 *
 * Runs in: the mpool command. Owns: nothing.
 */
#include "cli/completion.h"

#include <stdio.h>

static const char *const actions[] = {
    [CHOICE_NONE] = ":",
    [CHOICE_FILE] = "_mpool_files",
    [CHOICE_JOBFILE] = "_mpool_files '!*.yaml' '!*.yml'",
    [CHOICE_DIRECTORY] = "_mpool_files '*'",
    [CHOICE_PROGRAM] = "_mpool_programs",
};

static void print_action(const struct choice *choice)
{
    if (choice->kind == CHOICE_WORDS)
        (void)printf("action=(_mpool_words '%s') ;;\n", choice->words.data);
    else
        (void)printf("action=(%s) ;;\n", actions[choice->kind]);
}

static void print_value(const struct command *command, const struct argp_option *option, const struct choice *choice)
{
    if (option->arg == NULL)
        return;
    (void)printf("    %s:--%s", command->name, option->name);
    if (completion_has_letter(option))
        (void)printf(" | %s:-%c", command->name, option->key);
    (void)fputs(") ", stdout);
    print_action(choice);
}

static void print_option(const struct command *command, const struct argp_option *option, const struct choice *choice)
{
    (void)command;
    (void)choice;
    (void)printf("--%s ", option->name);
    if (completion_has_letter(option))
        (void)printf("-%c ", option->key);
}

static void print_argument(const struct command *command, const struct argp_option *option, const struct choice *choice)
{
    (void)option;
    (void)printf("        %s:*) ", command->name);
    print_action(choice);
}

/* The commands whose line may end with a program. */
static void print_program(const struct command *command, const struct argp_option *option, const struct choice *choice)
{
    (void)option;
    if (choice->kind == CHOICE_PROGRAM)
        (void)printf("%s ", command->name);
}

/* A mask is what `compgen -X` takes out; where there is one, directories are offered besides. */
static const char head[] =
    "# bash completion for mpool(1), made by: mpool completion bash\n"
    "_mpool_words()\n"
    "{\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$_mpool_word\")\n"
    "}\n"
    "\n"
    "_mpool_files()\n"
    "{\n"
    "    local mask\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t COMPREPLY < <(\n"
    "        [[ $# -gt 0 ]] || compgen -f -- \"$_mpool_word\"\n"
    "        for mask; do compgen -f -X \"$mask\" -- \"$_mpool_word\"; done\n"
    "        [[ $# -eq 0 ]] || compgen -d -- \"$_mpool_word\"\n"
    "    )\n"
    "}\n"
    "\n"
    "_mpool_programs()\n"
    "{\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t COMPREPLY < <(compgen -c -- \"$_mpool_word\"; compgen -f -- \"$_mpool_word\")\n"
    "}\n"
    "\n"
    "# What the value of an option may be.\n"
    "_mpool_value()\n"
    "{\n"
    "    case $1 in\n";

static const char middle[] = "    *) return 1 ;;\n"
                             "    esac\n"
                             "}\n"
                             "\n"
                             "# Is there a program before the cursor? What stands behind it is its own.\n"
                             "_mpool_has_program()\n"
                             "{\n"
                             "    local i action\n"
                             "    for ((i = 2; i < COMP_CWORD; i++)); do\n"
                             "        if _mpool_value \"${COMP_WORDS[1]}:${COMP_WORDS[i]}\"; then\n"
                             "            [[ ${COMP_WORDS[++i]} != = ]] || ((i++))\n"
                             "        elif [[ ${COMP_WORDS[i]} != -* ]]; then\n"
                             "            return 0\n"
                             "        fi\n"
                             "    done\n"
                             "    return 1\n"
                             "}\n"
                             "\n"
                             "_mpool()\n"
                             "{\n"
                             "    local action=(:)\n"
                             "    local _mpool_word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
                             "    # --option=value comes as three words.\n"
                             "    if [[ $_mpool_word == = ]]; then\n"
                             "        _mpool_word=\n"
                             "    elif [[ $before == = ]]; then\n"
                             "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
                             "    fi\n"
                             "    COMPREPLY=()\n"
                             "    if [[ $COMP_CWORD -eq 1 ]]; then\n"
                             "        _mpool_words '";

void completion_bash(const struct completion *all)
{
    (void)fputs(head, stdout);
    for (size_t i = 0; i < all->count; i++)
        completion_options(all, &all->commands[i], print_value);
    (void)fputs(middle, stdout);
    for (size_t i = 0; i < all->count; i++)
        (void)printf("%s ", all->commands[i].name);
    (void)fputs("--help --version'\n        return\n    fi\n"
                "    if [[ ' ",
                stdout);
    for (size_t i = 0; i < all->count; i++)
        completion_argument(all, &all->commands[i], print_program);
    (void)puts("' == *\" ${COMP_WORDS[1]} \"* ]] && _mpool_has_program; then\n"
               "        action=(_mpool_files)\n"
               "    elif ! _mpool_value \"${COMP_WORDS[1]}:$before\"; then\n"
               "        case ${COMP_WORDS[1]}:$_mpool_word in");
    for (size_t i = 0; i < all->count; i++) {
        (void)printf("        %s:-*) action=(_mpool_words '", all->commands[i].name);
        completion_options(all, &all->commands[i], print_option);
        (void)puts("') ;;");
        completion_argument(all, &all->commands[i], print_argument);
    }
    (void)puts("        esac\n    fi\n    \"${action[@]}\"\n}\n\ncomplete -F _mpool mpool");
}
