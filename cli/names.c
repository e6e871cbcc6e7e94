/*
 * cli/names.c - names as people may see them, and whether they are UTF-8
 *
 * Runs in: the mpool command. Owns: nothing; pure functions.
 */
#include "cli/names.h"

#include <stdint.h>
#include <string.h>

size_t names_utf8(const char *bytes, size_t size, unsigned *character)
{
    static const unsigned least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)bytes;
    size_t length;
    unsigned c;

    if (size == 0)
        return 0;
    if (s[0] < 0x80) {
        length = 1;
        c = s[0];
    } else if ((s[0] & 0xe0) == 0xc0) {
        length = 2;
        c = s[0] & 0x1fU;
    } else if ((s[0] & 0xf0) == 0xe0) {
        length = 3;
        c = s[0] & 0x0fU;
    } else if ((s[0] & 0xf8) == 0xf0) {
        length = 4;
        c = s[0] & 0x07U;
    } else {
        return 0;
    }
    if (size < length)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3fU);
    }
    if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    if (character != NULL)
        *character = c;
    return length;
}

bool names_is_utf8(const char *bytes, size_t size)
{
    size_t i = 0;

    while (i < size) {
        /* Most names are ASCII: eight bytes at a time. */
        uint64_t eight;
        if (size - i >= sizeof eight) {
            memcpy(&eight, bytes + i, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        size_t length = names_utf8(bytes + i, size - i, NULL);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

bool names_is_control(unsigned character)
{
    const unsigned c = character;

    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static void escape_control(struct text *text, const char *bytes, size_t length)
{
    switch (bytes[0]) {
    case '\n':
        text_string(text, "\\n");
        return;
    case '\t':
        text_string(text, "\\t");
        return;
    case '\r':
        text_string(text, "\\r");
        return;
    case '\033':
        text_string(text, "\\e");
        return;
    default:
        break;
    }
    for (size_t i = 0; i < length; i++)
        text_printf(text, "\\x%02x", (unsigned char)bytes[i]);
}

static void add_safely(struct text *text, const char *bytes, size_t size, bool backslashes)
{
    size_t i = 0;

    while (i < size) {
        unsigned c = 0;
        size_t length = names_utf8(bytes + i, size - i, &c);
        if (length == 0) {
            text_printf(text, "\\x%02x", (unsigned char)bytes[i]);
            length = 1;
        } else if (names_is_control(c)) {
            escape_control(text, bytes + i, length);
        } else if (c == '\\' && backslashes) {
            text_string(text, "\\\\");
        } else {
            text_add(text, bytes + i, length);
        }
        i += length;
    }
}

void names_escape(struct text *text, const char *bytes, size_t size)
{
    add_safely(text, bytes, size, true);
}

void names_clean(struct text *text, const char *bytes, size_t size)
{
    add_safely(text, bytes, size, false);
}

void names_valid(struct text *text, const char *bytes, size_t size)
{
    bool valid = names_is_utf8(bytes, size);

    if (valid)
        text_add(text, bytes, size);
    for (size_t i = 0; i < size && !valid;) {
        size_t length = names_utf8(bytes + i, size - i, NULL);
        if (length > 0)
            text_add(text, bytes + i, length);
        else
            text_printf(text, "\\x%02x", (unsigned char)bytes[i]);
        i += length > 0 ? length : 1;
    }
}

void names_escape_cut(struct text *text, const char *bytes, size_t size, size_t most)
{
    size_t cut = size;

    if (size > most) {
        cut = most;
        /* A character is not cut in two. */
        while (cut > 0 && ((unsigned char)bytes[cut] & 0xc0) == 0x80 && most - cut < 4)
            cut--;
    }
    names_escape(text, bytes, cut);
    if (cut < size)
        text_string(text, "…");
}

void names_shell(struct text *text, const char *bytes, size_t size)
{
    text_char(text, '\'');
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\'')
            text_string(text, "'\\''");
        else
            text_char(text, bytes[i]);
    }
    text_char(text, '\'');
}

void names_command(struct text *text, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size;) {
        unsigned c = 0;
        size_t length = names_utf8(bytes + i, size - i, &c);
        bool plain = length > 0 && (!names_is_control(c) || c == '\n' || c == '\t');
        length = length > 0 ? length : 1;
        if (plain) {
            text_add(text, bytes + i, length);
        } else {
            /* It is in single quotes: these end before it, and begin again behind it. */
            text_string(text, "'$'");
            for (size_t k = 0; k < length; k++)
                text_printf(text, "\\%03o", (unsigned char)bytes[i + k]);
            text_string(text, "''");
        }
        i += length;
    }
}
