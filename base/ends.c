/*
 * base/ends.c - how an attempt can end without being done, and sets of such ends
 *
 * Runs in: any process. Pure.
 *
 * A set that has `crashed` has every crash; signal:NAME are some of these. exit:N and `oom` go across: a worker that
 * exits has crashed, and a command that does has failed; and memory can have run out for both.
 */
#include "base/ends.h"

#include "base/error.h"

#include <mpool/pool.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What stands between two words. */
#define SEPARATORS " ,"

#define OOM_WORD "oom"
#define EXIT_WORD "exit:"
#define SIGNAL_WORD "signal:"

/* The signals that have names: 1 to 31. */
#define SIGNALS 32

/* Longer than any word that there is. What is longer yet is cut, and is none either. */
#define WORD_ROOM 32

static const mpool_status statuses[] = {MPOOL_FAILED, MPOOL_CRASHED, MPOOL_TIMED_OUT};

#define STATUSES (sizeof statuses / sizeof statuses[0])

/* ---- words ------------------------------------------------------------------------------------------------------- */

/* What stands behind the beginning of a word; NULL: it begins otherwise. */
static const char *behind(const char *word, const char *beginning)
{
    size_t size = strlen(beginning);

    return strncmp(word, beginning, size) == 0 ? word + size : NULL;
}

/* -1: it is none. */
static int exit_code_of(const char *digits)
{
    size_t size = strlen(digits);
    int code;

    if (size == 0 || size > 3 || strspn(digits, "0123456789") != size)
        return -1;
    code = (int)strtol(digits, NULL, 10);
    return code <= MP_EXIT_CODE_MAX ? code : -1;
}

/* With or without SIG in front; 0: there is none of this name. */
static int signal_of(const char *name)
{
    const char *bare = behind(name, "SIG");

    for (int number = 1; number < SIGNALS; number++)
        if (strcmp(bare != NULL ? bare : name, sigabbrev_np(number)) == 0)
            return number;
    return 0;
}

/* False: there is no such word. */
static bool add_word(struct mp_ends *ends, const char *word)
{
    const char *code = behind(word, EXIT_WORD), *name = behind(word, SIGNAL_WORD);

    for (size_t i = 0; i < STATUSES; i++)
        if (strcmp(word, mpool_status_name(statuses[i])) == 0) {
            ends->classes |= UINT32_C(1) << statuses[i];
            return true;
        }
    if (strcmp(word, OOM_WORD) == 0) {
        ends->classes |= UINT32_C(1) << MP_ENDS_OOM;
        return true;
    }
    if (code != NULL && exit_code_of(code) >= 0) {
        ends->exits[exit_code_of(code) / 64] |= UINT64_C(1) << exit_code_of(code) % 64;
        return true;
    }
    if (name != NULL && signal_of(name) > 0) {
        ends->signals |= UINT32_C(1) << signal_of(name);
        return true;
    }
    return false;
}

/* ---- words that are none ----------------------------------------------------------------------------------------- */

/* How many letters and digits two words have in common at their beginning, whatever their case and what is between. */
static size_t alike(const char *a, const char *b)
{
    for (size_t count = 0;; count++, a++, b++) {
        while (*a != '\0' && isalnum((unsigned char)*a) == 0)
            a++;
        while (*b != '\0' && isalnum((unsigned char)*b) == 0)
            b++;
        if (*a == '\0' || tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return count;
    }
}

/* The known word that begins most like another one; it has so many letters of it. */
struct near {
    size_t letters;
    char word[WORD_ROOM];
};

static void offer(struct near *near, const char *word, const char *kind, const char *known)
{
    size_t letters = alike(word, known);

    if (letters <= near->letters)
        return;
    near->letters = letters;
    (void)snprintf(near->word, sizeof near->word, "%s%s", kind, known);
}

/* Three letters have to be alike at least; false: there is no such word. A mere number is an exit code. */
static bool find_near(struct near *near, const char *word)
{
    const char *name = strncasecmp(word, SIGNAL_WORD, strlen(SIGNAL_WORD)) == 0 ? word + strlen(SIGNAL_WORD) : word;

    int code = exit_code_of(word);

    near->letters = 2;
    if (code >= 0) {
        (void)snprintf(near->word, sizeof near->word, EXIT_WORD "%d", code);
        return true;
    }
    for (size_t i = 0; i < STATUSES; i++)
        offer(near, word, "", mpool_status_name(statuses[i]));
    offer(near, word, "", OOM_WORD);
    if (strncasecmp(name, "SIG", 3) == 0)
        name += 3;
    for (int number = 1; number < SIGNALS; number++)
        offer(near, name, SIGNAL_WORD, sigabbrev_np(number));
    return near->letters > 2;
}

#define ALL_WORDS                                                                                                      \
    "there are failed, crashed, timed_out, " OOM_WORD ", " EXIT_WORD "0 to " EXIT_WORD "255, and " SIGNAL_WORD         \
    "NAME, as in " SIGNAL_WORD "SEGV"

static void say_why(const char *word, char *why, size_t room)
{
    struct near near;

    if (behind(word, EXIT_WORD) != NULL)
        (void)snprintf(why, room, "\"%s\" has no exit code; they go from 0 to 255, as in " EXIT_WORD "75", word);
    else if (find_near(&near, word))
        (void)snprintf(why, room, "there is no end of an attempt called \"%s\"; did you mean \"%s\"?", word, near.word);
    else
        (void)snprintf(why, room, "there is no end of an attempt called \"%s\"; " ALL_WORDS, word);
}

/* ---- sets -------------------------------------------------------------------------------------------------------- */

bool mp_ends_parse(const char *words, struct mp_ends *ends, char *why, size_t room)
{
    static const struct mp_ends usual = {.classes = 1U << MPOOL_FAILED | 1U << MPOOL_CRASHED | 1U << MPOOL_TIMED_OUT};
    struct mp_ends found = {0};
    char word[WORD_ROOM];

    if (words == NULL) {
        *ends = usual;
        return true;
    }
    words += strspn(words, SEPARATORS);
    if (*words == '\0') {
        (void)snprintf(why, room, "no end of an attempt is named; " ALL_WORDS);
        return false;
    }
    while (*words != '\0') {
        size_t size = strcspn(words, SEPARATORS), kept = size < sizeof word ? size : sizeof word - 1;

        memcpy(word, words, kept);
        word[kept] = '\0';
        if (!add_word(&found, word)) {
            say_why(word, why, room);
            return false;
        }
        words += size;
        words += strspn(words, SEPARATORS);
    }
    *ends = found;
    return true;
}

bool mp_ends_have(const struct mp_ends *ends, const struct mp_end *end)
{
    uint32_t classes = UINT32_C(1) << end->status | (uint32_t)end->oom << MP_ENDS_OOM;

    if ((ends->classes & classes) != 0)
        return true;
    if (end->status != MPOOL_CRASHED && end->status != MPOOL_FAILED)
        return false;
    if (end->signal > 0)
        return end->signal < SIGNALS && (ends->signals >> end->signal & 1) != 0;
    return end->exit_code >= 0 && (ends->exits[end->exit_code / 64] >> end->exit_code % 64 & 1) != 0;
}

mpool_err mpool_retry_on_check(const char *words)
{
    struct mp_ends ends;
    char why[MP_ENDS_WHY];

    return mp_ends_parse(words, &ends, why, sizeof why) ? MPOOL_OK : mp_error(MPOOL_E_INVAL, "%s", why);
}
