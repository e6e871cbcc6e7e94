/*
 * cli/text.h - bytes that grow; always with a NUL behind them
 *
 * {0} is an empty text whose data is NULL until something is added.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <mpool/export.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct text {
    char *data;
    size_t size;
    size_t room;
};

/* text_room - make room for `more` bytes and the NUL; returns where they go. The size is left as it was. */
char *text_room(struct text *text, size_t more);

void text_add(struct text *text, const void *bytes, size_t size);
void text_char(struct text *text, char c);
void text_string(struct text *text, const char *string);
void text_printf(struct text *text, const char *format, ...) MPOOL_PRINTF(2, 3);
void text_vprintf(struct text *text, const char *format, va_list args) MPOOL_PRINTF(2, 0);

/* text_unsigned, text_signed - decimal digits; much faster than text_printf() */
void text_unsigned(struct text *text, unsigned long long number);
void text_signed(struct text *text, long long number);

/* text_number - decimal digits in groups of three: "9,990" */
void text_number(struct text *text, unsigned long long number);

/* text_write - write it all to a stream; how that went is the stream's to tell (ferror(3)) */
void text_write(const struct text *text, FILE *to);

/* text_drop - take bytes away at the start; text_clear - all of them. The memory is kept. */
void text_drop(struct text *text, size_t size);
void text_clear(struct text *text);
void text_free(struct text *text);

#endif
