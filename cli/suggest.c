/*
 * cli/suggest.c - the known word that is nearest to a mistyped one
 *
 * Near is counted in edits: a letter more, one less, another one, or two neighbours swapped. Nearest of all is a word
 * that other tools have for the same.
 *
 * Runs in: the mpool command. Owns: the buffer of the last text.
 */
#include "cli/suggest.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* No key or function has more letters; longer words have no suggestion. */
#define WORD_MAX 64U

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool is_synonym(const char *word, const char *known)
{
    static const char *const synonyms[][2] = {
        {"jobs", "workers"}, {"function", "call"}, {"foreach", "each"}, {"retry", "retries"}, {"depth", "max_depth"},
    };

    for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++) {
        if (strcmp(synonyms[i][0], word) == 0 && strcmp(synonyms[i][1], known) == 0)
            return true;
    }
    return false;
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

static void add_known(struct suggestion *suggestion, const char *known)
{
    size_t used = strlen(suggestion->known);
    size_t room = SUGGEST_LIST_SIZE - used;

    if (suggestion->cut)
        return;
    suggestion->cut = strlen(known) + sizeof ", , …" > room;
    (void)snprintf(suggestion->known + used, room, "%s%s", used > 0 ? ", " : "", suggestion->cut ? "…" : known);
}

void suggest_offer(struct suggestion *suggestion, const char *known)
{
    unsigned edits = is_synonym(suggestion->word, known) ? 0 : distance(suggestion->word, known);
    size_t length = strlen(known);
    /* A third of the word may be wrong; of words of one or two letters, nothing but a swap would be left. */
    unsigned most = length < 3 ? 1 : (unsigned)(length + 1) / 3;

    add_known(suggestion, known);
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

const char *suggest_or_list(const struct suggestion *suggestion)
{
    static char text[SUGGEST_LIST_SIZE + 16];

    if (suggestion->best != NULL)
        return suggest_text(suggestion);
    (void)snprintf(text, sizeof text, "; it has %s", suggestion->known[0] != '\0' ? suggestion->known : "none");
    return text;
}
