/*
 * cli/halt.c - when jobs that fail end a whole run: `halt`, in GNU parallel's words
 *
 * Runs in: the mpool command. Owns: nothing; pure functions.
 */
#include "cli/halt.h"

#include "cli/schema.h"
#include "cli/source.h"

#include <string.h>

/* A share of few jobs is reached by chance. */
#define SHARE_LEAST 3

#define COUNT_MAX INT64_C(1000000000000)

/* What stands behind the beginning of a text; NULL: it begins otherwise. */
static const char *behind(const char *text, const char *beginning)
{
    size_t size = strlen(beginning);

    return text != NULL && strncmp(text, beginning, size) == 0 ? text + size : NULL;
}

bool halt_parse(const char *text, struct halt *halt)
{
    const char *soon = behind(text, "soon,"), *what = soon != NULL ? soon : behind(text, "now,");
    const char *done = behind(what, "success="), *digits = done != NULL ? done : behind(what, "fail=");
    int64_t number = 0;

    if (strcmp(text, "never") == 0) {
        *halt = (struct halt){0};
        return true;
    }
    if (digits == NULL || *digits == '\0')
        return false;
    size_t length = strlen(digits);
    bool share = digits[length - 1] == '%';
    if (!schema_digits(digits, length - share, &number) || number < 1 || number > (share ? 100 : COUNT_MAX))
        return false;
    *halt = (struct halt){.when = soon != NULL ? HALT_SOON : HALT_NOW,
                          .success = done != NULL,
                          .share = share,
                          .number = (uint64_t)number};
    return true;
}

bool halt_reached(const struct halt *halt, const struct tally *tally, uint64_t jobs)
{
    uint64_t count = halt->success ? tally->ended[MPOOL_DONE] : tally_failed(tally);

    if (halt->when == HALT_NEVER)
        return false;
    if (!halt->share)
        return count >= halt->number;
    /* Of an unknown number of jobs those count that have ended. */
    if (jobs == SOURCE_UNKNOWN)
        jobs = tally_ended(tally);
    return count >= SHARE_LEAST && (double)count * 100 >= (double)halt->number * (double)jobs;
}
