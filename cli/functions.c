/*
 * cli/functions.c - `mpool functions`: what a step can call
 *
 * Runs in: the mpool command. Nothing is forked. Owns: nothing.
 */
#include "cli/command.h"
#include "cli/options.h"

#include <mpool/functions.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS 100

/* Prints a text from a column on, and goes on in that column on the next line where it is too long. */
static void print_wrapped(const char *text, int column)
{
    int at = column;

    while (*text != '\0') {
        int word = (int)strcspn(text, " ");
        if (at > column && at + 1 + word > COLUMNS) {
            (void)printf("\n%*s", column, "");
            at = column;
        } else if (at > column) {
            (void)putchar(' ');
            at++;
        }
        (void)printf("%.*s", word, text);
        at += word;
        text += word;
        text += strspn(text, " ");
    }
    (void)putchar('\n');
}

int command_functions(int argc, char **argv)
{
    size_t count;
    const mpool_function_info *functions = mpool_functions_list(&count);
    int width = 0;

    options_none(argc, argv, "List the functions that a step can call, with what they take and what they give.");
    for (size_t i = 0; i < count; i++) {
        int length = (int)strlen(functions[i].name);
        width = length > width ? length : width;
    }
    for (size_t i = 0; i < count; i++) {
        (void)printf("%-*s  ", width, functions[i].name);
        print_wrapped(functions[i].summary, width + 2);
        (void)printf("%*stakes  ", width + 2, "");
        print_wrapped(functions[i].args, width + 9);
        (void)printf("%*sgives  ", width + 2, "");
        print_wrapped(functions[i].result, width + 9);
    }
    return EXIT_DONE;
}
