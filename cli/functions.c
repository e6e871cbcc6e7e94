/*
 * cli/functions.c - `mpool functions`: what a step can call
 *
 * With a job file, also those of the shared objects that it names.
 *
 * Runs in: the mpool command. Owns: nothing beyond the call.
 */
#include "cli/command.h"
#include "cli/jobfile.h"
#include "cli/names.h"
#include "cli/objects.h"
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

static void print_built_in(void)
{
    size_t count;
    const mpool_function_info *functions = mpool_functions_list(&count);
    int width = 0;

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
}

/* A shared object tells no more than names. */
static void print_object(const struct object *object)
{
    struct text line = {0};

    for (size_t i = 0; i < object->count; i++) {
        text_clear(&line);
        names_escape(&line, object->names[i], strlen(object->names[i]));
        text_string(&line, "  of ");
        names_escape(&line, object->path, strlen(object->path));
        (void)printf("%s\n", line.data);
    }
    text_free(&line);
}

int command_functions(int argc, char **argv)
{
    struct options options;
    struct jobfile jobfile = {0};
    int code = EXIT_DONE;

    options_functions(&options, argc, argv);
    if (options.file != NULL && !jobfile_read(&jobfile, options.file, options.settings, options.setting_count))
        code = EXIT_USAGE;
    if (code == EXIT_DONE)
        print_built_in();
    for (size_t i = 0; code == EXIT_DONE && i < jobfile.object_count; i++)
        print_object(&jobfile.objects[i]);
    jobfile_free(&jobfile);
    options_free(&options);
    return code;
}
