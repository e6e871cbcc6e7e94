/*
 * serialize/format.h - the formats of mpool_pack() and mpool_unpack(), read from left to right
 */
#ifndef MP_SERIALIZE_FORMAT_H
#define MP_SERIALIZE_FORMAT_H

#include <mpool/error.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* The most brackets inside each other: as many as a value may have levels. */
#define MP_FORMAT_DEPTH_MAX 32

/* A format that is being read, with the arguments that its conversions take. */
struct mp_format {
    const char *text;
    const char *at; /* the next character */
    char last;      /* the one read last, NUL at the end */
    size_t depth;   /* brackets that are open */
    va_list args;
};

/* mp_format_next - step over white space and one character, and return it; NUL at the end, where it stays. */
char mp_format_next(struct mp_format *format);

/* mp_format_expect - step over `wanted` ('\0': the end), or say what is there instead: MPOOL_E_FORMAT. */
mpool_err mp_format_expect(struct mp_format *format, char wanted);

/*
 * mp_format_open - behind an opening bracket: one level deeper
 *
 * count     out  elements or pairs up to the closing bracket. What they look like is not checked here.
 *
 * Errors: MPOOL_E_FORMAT (too many levels). The caller steps back with mp_format_close().
 */
mpool_err mp_format_open(struct mp_format *format, size_t *count);

/* mp_format_close - step over the closing bracket of the innermost level. Errors: MPOOL_E_FORMAT. */
mpool_err mp_format_close(struct mp_format *format, char bracket);

/* mp_format_optional - is the conversion that comes next, all of its brackets, followed by a question mark? */
bool mp_format_optional(const struct mp_format *format);

/* mp_format_bad - MPOOL_E_FORMAT: the format is wrong at the character read last, where `wanted` should be. */
mpool_err mp_format_bad(const struct mp_format *format, const char *wanted);

#endif
