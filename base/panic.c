/*
 * base/panic.c - one line on stderr, then abort()
 *
 * Runs in: workers and the fork server. Only async-signal-safe calls, besides vsnprintf.
 */
#include "base/panic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void mp_panic(const char *format, ...)
{
    char line[512];
    int used = snprintf(line, sizeof line, "mpool: panic in process %d: ", (int)getpid());
    va_list args;

    va_start(args, format);
    used += vsnprintf(line + used, sizeof line - (size_t)used, format, args);
    va_end(args);
    if (used > (int)sizeof line - 2)
        used = (int)sizeof line - 2;
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, (size_t)used) < 0) {
        /* There is nobody left to tell. */
    }
    abort();
}
