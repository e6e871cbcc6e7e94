/*
 * cli/script.c - what of the words of `mpool exec` is code for a shell
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 */
#include "cli/script.h"

#include "cli/names.h"
#include "cli/placeholder.h"
#include "cli/work/launch.h"

#include <stdio.h>
#include <string.h>

bool script_is_word(char *const *words, size_t count)
{
    const char *word = words[0];

    if (count > 1 || strpbrk(word, " |&;<>$`") == NULL || launch_can_find(word))
        return false;
    struct text line = {0};
    text_string(&line, "mpool exec: there is no program called \"");
    names_escape(&line, word, strlen(word));
    text_string(&line, "\"; a shell runs it by: mpool exec -- sh -c ");
    names_shell(&line, word, strlen(word));
    text_string(&line, " sh, with \"$1\" in it for the item\n");
    text_write(&line, stderr);
    text_free(&line);
    return true;
}

/* The text behind the -c of a shell: what is to be run as code. NULL: there is none. */
static const char *find(char *const *words, size_t count)
{
    static const char *const shells[] = {"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "fish"};
    bool shell = false;

    for (size_t i = 0; i + 1 < count; i++) {
        const char *word = words[i], *slash = strrchr(word, '/');
        if (shell && word[0] == '-' && word[1] != '-' && strchr(word, 'c') != NULL)
            return words[i + 1];
        /* Options of the shell may be before. */
        shell = shell && (word[0] == '-' || word[0] == '+');
        for (size_t k = 0; k < sizeof shells / sizeof shells[0]; k++)
            shell = shell || strcmp(slash != NULL ? slash + 1 : word, shells[k]) == 0;
    }
    return NULL;
}

bool script_has_item(char *const *words, size_t count, size_t sources)
{
    const struct placeholders how = {.sources = sources};
    const char *script = find(words, count);
    enum placeholder_use use = PLACEHOLDER_NONE;
    struct text template = {0};

    if (script == NULL || strcmp(script, "{}") == 0 || strcmp(script, "{1}") == 0)
        return false;
    (void)placeholder_template(script, &how, &template, &use);
    text_free(&template);
    if (use == PLACEHOLDER_ITEM)
        (void)fputs("mpool exec: within a script an item would be code; write \"$1\" there, and the item behind it: "
                    "sh -c 'echo \"$1\"' sh {}\n",
                    stderr);
    return use == PLACEHOLDER_ITEM;
}
