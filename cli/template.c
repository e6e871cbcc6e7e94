/*
 * cli/template.c - where the templates in a text are
 *
 * Runs in: the mpool command. Owns: nothing; pure functions.
 */
#include "cli/template.h"

#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

/* The length of name(.name)* at the start of a text; 0 if there is none. */
static size_t match_names(const char *text, size_t size)
{
    size_t i = 0;

    if (size == 0 || !is_letter(text[0]))
        return 0;
    while (i < size && is_name(text[i]))
        i++;
    while (i + 1 < size && text[i] == '.' && is_name(text[i + 1])) {
        i++;
        while (i < size && (is_name(text[i]) || text[i] == '-'))
            i++;
    }
    return i;
}

/* The length of {name}, or of {{name}}; `braces` is 1 or 2. */
static size_t match(const char *text, size_t size, size_t braces)
{
    size_t i = 0;

    for (; i < braces; i++) {
        if (i >= size || text[i] != '{')
            return 0;
    }
    size_t names = match_names(text + i, size - i);
    if (names == 0)
        return 0;
    i += names;
    for (size_t b = 0; b < braces; b++, i++) {
        if (i >= size || text[i] != '}')
            return 0;
    }
    return i;
}

size_t template_match(const char *text, size_t size)
{
    size_t length = match(text, size, 2);

    return length > 0 ? length : match(text, size, 1);
}

bool template_next(const char **cursor, const char *end, struct template_part *part)
{
    const char *start = *cursor, *at = start;
    size_t length;

    if (start == end)
        return false;
    for (; at < end; at++) {
        at = memchr(at, '{', (size_t)(end - at));
        if (at == NULL)
            break;
        if (template_match(at, (size_t)(end - at)) > 0)
            break;
    }
    if (at == NULL)
        at = end;
    if (at > start) {
        *part = (struct template_part){.text = start, .length = (size_t)(at - start)};
        *cursor = at;
        return true;
    }
    length = match(start, (size_t)(end - start), 2);
    *part = (struct template_part){.text = start + 1, .length = length - 2};
    if (length == 0) {
        length = match(start, (size_t)(end - start), 1);
        *part = (struct template_part){.reference = true, .text = start + 1, .length = length - 2};
    }
    *cursor = start + length;
    return true;
}

static size_t blanks(const char *text, size_t size)
{
    size_t i = 0;

    while (i < size && (text[i] == ' ' || text[i] == '\t'))
        i++;
    return i;
}

size_t template_slip(const char *text, size_t size, struct template_part *name)
{
    if (size == 0 || text[0] != '{')
        return 0;
    size_t start = 1 + blanks(text + 1, size - 1);
    size_t length = match_names(text + start, size - start);
    size_t end = start + length + blanks(text + start + length, size - start - length);
    if (end >= size || text[end] != '}' || (length > 0) != (end - 1 > length))
        return 0;
    *name = (struct template_part){.text = text + start, .length = length};
    return end + 1;
}

void template_escape(struct text *to, const char *text, size_t size)
{
    size_t i = 0;

    while (i < size) {
        size_t length = template_match(text + i, size - i);
        if (length > 0) {
            text_char(to, '{');
            text_add(to, text + i, length);
            text_char(to, '}');
            i += length;
        } else {
            text_char(to, text[i++]);
        }
    }
}
