/*
 * cli/suggest.c - the known word that is nearest to a mistyped one
 *
 * Near is counted in edits: a letter more, one less, another one, or two neighbours swapped.
 *
 * Runs in: the mpool command. Owns: the buffer of the last text.
 */
#include "cli/suggest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* No key or function has more letters; longer words have no suggestion. */
#define WORD_MAX 64U

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned distance(const char *a, const char *b)
{
    unsigned rows[3][WORD_MAX + 1];
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];
    size_t length_a = strlen(a), length_b = strlen(b);

    if (length_a > WORD_MAX || length_b > WORD_MAX)
        return UINT32_MAX;
    for (size_t j = 0; j <= length_b; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= length_a; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= length_b; j++) {
            unsigned change = last[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(change, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        unsigned *free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[length_b];
}

void suggest_offer(struct suggestion *suggestion, const char *known)
{
    unsigned edits = distance(suggestion->word, known);
    size_t length = strlen(known);
    /* A third of the word may be wrong; of words of one or two letters, nothing but a swap would be left. */
    unsigned most = length < 3 ? 1 : (unsigned)(length + 1) / 3;

    if (length < 2 || edits > most || (size_t)edits >= strlen(suggestion->word))
        return;
    if (suggestion->best == NULL || edits < suggestion->distance) {
        suggestion->best = known;
        suggestion->distance = edits;
    }
}

const char *suggest_text(const struct suggestion *suggestion)
{
    static char text[2 * WORD_MAX];

    if (suggestion->best == NULL)
        return "";
    (void)snprintf(text, sizeof text, "; did you mean \"%s\"?", suggestion->best);
    return text;
}
