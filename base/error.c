/*
 * base/error.c - names and texts of errors, and the detail of the last one
 *
 * Runs in: any process, any thread. Owns: one line of text per thread.
 */
#include "base/error.h"

#include <mpool/result.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static _Thread_local char detail[1000];

mpool_err mp_error(mpool_err err, const char *format, ...)
{
    int saved = errno;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    errno = saved;
    return err;
}

mpool_err mp_error_nomem(void)
{
    return mp_error(MPOOL_E_NOMEM, "out of memory");
}

const char *mpool_error_detail(void)
{
    return detail;
}

const char *mpool_err_name(mpool_err err)
{
    switch (err) {
#define NAME(number, name, text)                                                                                       \
    case number:                                                                                                       \
        return "MPOOL_" #name;
        MPOOL_ERRORS(NAME)
#undef NAME
    }
    return "MPOOL_E_?";
}

const char *mpool_err_text(mpool_err err)
{
    switch (err) {
#define TEXT(number, name, text)                                                                                       \
    case number:                                                                                                       \
        return text;
        MPOOL_ERRORS(TEXT)
#undef TEXT
    }
    return "unknown error";
}

const char *mpool_status_name(mpool_status status)
{
    switch (status) {
#define STATUS(number, name, text)                                                                                     \
    case number:                                                                                                       \
        return text;
        MPOOL_STATUSES(STATUS)
#undef STATUS
    }
    return "unknown";
}
