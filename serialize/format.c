/*
 * serialize/format.c - the formats of mpool_pack() and mpool_unpack(), read from left to right
 *
 * Runs in: any process, any thread. Owns: nothing.
 *
 * Formats are part of the program that calls, not input; they are short and read anew by each call. The reader knows
 * brackets, separators and places; what a conversion means is known to pack.c and unpack.c, one each way. A character
 * that is wrong is found when it is reached, and named with its place, counted in bytes from 1.
 */
#include "serialize/format.h"

#include "base/error.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

char mp_format_next(struct mp_format *format)
{
    while (is_space(*format->at))
        format->at++;
    format->last = *format->at;
    if (format->last != '\0')
        format->at++;
    return format->last;
}

mpool_err mp_format_expect(struct mp_format *format, char wanted)
{
    const char quoted[] = {'\'', wanted, '\'', '\0'};

    if (mp_format_next(format) == wanted)
        return MPOOL_OK;
    return mp_format_bad(format, wanted == '\0' ? "the end" : quoted);
}

/* Behind the value that begins at `at`; commas outside its brackets, if any, are counted up to the end of the level. */
static const char *end_of_value(const char *at)
{
    size_t depth = 0;

    for (; *at != '\0'; at++) {
        if (*at == '[' || *at == '{')
            depth++;
        else if ((*at == ']' || *at == '}') && depth > 0)
            depth--;
        else if (is_space(*at))
            continue;
        if (depth == 0)
            return at + 1;
    }
    return at;
}

static const char *skip_space(const char *at)
{
    while (is_space(*at))
        at++;
    return at;
}

mpool_err mp_format_open(struct mp_format *format, size_t *count)
{
    const char *at = skip_space(format->at);

    if (format->depth == MP_FORMAT_DEPTH_MAX)
        return mp_format_bad(format, "at most 32 levels");
    format->depth++;
    *count = *at == ']' || *at == '}' || *at == '\0' ? 0 : 1;
    while (*at != '\0' && *at != ']' && *at != '}') {
        *count += *at == ',';
        at = skip_space(end_of_value(at));
    }
    return MPOOL_OK;
}

mpool_err mp_format_close(struct mp_format *format, char bracket)
{
    format->depth--;
    return mp_format_expect(format, bracket);
}

bool mp_format_optional(const struct mp_format *format)
{
    return *skip_space(end_of_value(format->at)) == '?';
}

mpool_err mp_format_bad(const struct mp_format *format, const char *wanted)
{
    if (format->last == '\0')
        return mp_error(MPOOL_E_FORMAT, "bad format \"%s\": wanted %s, found its end", format->text, wanted);
    return mp_error(MPOOL_E_FORMAT, "bad format \"%s\": wanted %s, found '%c' at byte %zu", format->text, wanted,
                    format->last, (size_t)(format->at - format->text));
}
