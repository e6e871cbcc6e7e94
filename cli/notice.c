/*
 * cli/notice.c - what is wrong with a thing, in one line on standard error
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing.
 */
#include "cli/notice.h"

#include "cli/names.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void notice(const char *what, const char *format, ...)
{
    struct text line = {0}, message = {0};
    va_list args;

    va_start(args, format);
    text_vprintf(&message, format, args);
    va_end(args);
    text_string(&line, "mpool: ");
    names_escape(&line, what, strlen(what));
    text_string(&line, ": ");
    names_clean(&line, message.data, message.size);
    text_char(&line, '\n');
    text_write(&line, stderr);
    text_free(&message);
    text_free(&line);
}
