/*
 * cli/figure.c - the value of a total, for people and programs
 *
 * Runs in: the mpool command. Owns: nothing; a figure's digits belong to its user.
 */
#include "cli/figure.h"

#include "cli/json.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* An integer with more digits than SHOWN_WHOLE is cut: so many are shown of its start and of its end. */
#define SHOWN_WHOLE 60
#define SHOWN_FIRST 20
#define SHOWN_LAST 10

struct figure figure_of(const struct number *number)
{
    struct figure figure = {.kind = FIGURE_REAL, .real = number->real};

    if (number->kind == NUMBER_INTEGER) {
        figure.kind = FIGURE_INTEGER;
        text_signed(&figure.digits, number->integer);
    }
    return figure;
}

static bool fits(const struct text *digits)
{
    bool negative = digits->data[0] == '-';
    const char *most = negative ? "-9223372036854775808" : "18446744073709551615";
    size_t length = strlen(most);

    return digits->size < length || (digits->size == length && memcmp(digits->data, most, length) <= 0);
}

void figure_json(struct text *to, const struct figure *figure)
{
    if (figure->kind == FIGURE_NONE)
        text_string(to, "null");
    else if (figure->kind == FIGURE_REAL)
        json_double(to, figure->real);
    else if (fits(&figure->digits))
        text_add(to, figure->digits.data, figure->digits.size);
    else
        json_string(to, figure->digits.data, figure->digits.size);
}

static void show_integer(struct text *to, const char *digits, size_t length)
{
    if (digits[0] == '-') {
        text_char(to, '-');
        digits++;
        length--;
    }
    if (length > SHOWN_WHOLE) {
        text_add(to, digits, SHOWN_FIRST);
        text_string(to, "…");
        text_add(to, digits + length - SHOWN_LAST, SHOWN_LAST);
        text_string(to, " (");
        text_number(to, length);
        text_string(to, " digits)");
        return;
    }
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text_char(to, ',');
        text_char(to, digits[i]);
    }
}

void figure_show(struct text *to, const struct figure *figure)
{
    if (figure->kind == FIGURE_NONE)
        text_char(to, '-');
    else if (figure->kind == FIGURE_INTEGER)
        show_integer(to, figure->digits.data, figure->digits.size);
    else if (isfinite(figure->real))
        json_double(to, figure->real);
    else
        text_string(to, "too large for a float");
}

void figure_free(struct figure *figure)
{
    text_free(&figure->digits);
}
