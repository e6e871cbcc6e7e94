/*
 * cli/text.c - bytes that grow; always with a NUL behind them
 *
 * Runs in: the mpool command. Owns: nothing; texts belong to their users.
 */
#include "cli/text.h"

#include "cli/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *text_room(struct text *text, size_t more)
{
    if (text->room - text->size <= more) {
        size_t room = text->room == 0 ? 64 : text->room;
        while (room - text->size <= more)
            room *= 2;
        text->data = memory_grow(text->data, room);
        text->room = room;
    }
    return text->data + text->size;
}

void text_add(struct text *text, const void *bytes, size_t size)
{
    char *end = text_room(text, size);

    if (size > 0)
        memcpy(end, bytes, size);
    end[size] = '\0';
    text->size += size;
}

void text_char(struct text *text, char c)
{
    text_add(text, &c, 1);
}

void text_string(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_vprintf(struct text *text, const char *format, va_list args)
{
    char *printed = NULL;
    int size = vasprintf(&printed, format, args);

    if (size < 0)
        memory_exhausted();
    text_add(text, printed, (size_t)size);
    free(printed);
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_vprintf(text, format, args);
    va_end(args);
}

void text_unsigned(struct text *text, unsigned long long number)
{
    char digits[24];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + (int)(number % 10));
        number /= 10;
    } while (number != 0);
    text_add(text, digits + at, sizeof digits - at);
}

void text_signed(struct text *text, long long number)
{
    if (number < 0)
        text_char(text, '-');
    text_unsigned(text, number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number);
}

void text_number(struct text *text, unsigned long long number)
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%llu", number);

    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            text_char(text, ',');
        text_char(text, digits[i]);
    }
}

void text_write(const struct text *text, FILE *to)
{
    if (text->size > 0)
        (void)fwrite(text->data, 1, text->size, to);
}

void text_drop(struct text *text, size_t size)
{
    text->size -= size;
    if (text->data != NULL && size > 0)
        memmove(text->data, text->data + size, text->size + 1);
}

void text_clear(struct text *text)
{
    text->size = 0;
    if (text->data != NULL)
        text->data[0] = '\0';
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}
