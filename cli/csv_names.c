/*
 * cli/csv_names.c - the names of the columns of a csv
 *
 * Runs in: the mpool command. Owns: nothing.
 */
#include "cli/csv_names.h"

#include "cli/names.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name that is there twice; NULL: each is there once. */
static const char *find_double(const char *const *names, size_t count)
{
    const char **sorted = memory_get(count * sizeof *sorted), *found = NULL;

    memcpy(sorted, names, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    for (size_t i = 1; i < count && found == NULL; i++)
        found = strcmp(sorted[i - 1], sorted[i]) == 0 ? sorted[i] : NULL;
    free(sorted);
    return found;
}

bool csv_names_check(const char *const *names, size_t count, struct text *problem)
{
    const char *twice = count <= CSV_NAMES_MAX ? find_double(names, count) : NULL;

    if (count > CSV_NAMES_MAX)
        text_printf(problem, "a csv has at most %d columns, and here are %zu", CSV_NAMES_MAX, count);
    else if (twice != NULL)
        text_printf(problem, "two columns have the name \"%.60s\"; every one needs its own", twice);
    return problem->size == 0;
}

const char *const *csv_names_take(const struct csv *record, struct arena *arena, struct text *problem)
{
    const char **names = arena_get(arena, record->count * sizeof *names);

    for (size_t i = 0; i < record->count; i++) {
        size_t size;
        const char *name = csv_field(record, i, &size);
        if (!names_is_utf8(name, size) || memchr(name, '\0', size) != NULL) {
            text_printf(problem, "the name of column %zu is not UTF-8, or has a NUL byte", i + 1);
            return NULL;
        }
        names[i] = arena_copy(arena, name, size);
    }
    return csv_names_check(names, record->count, problem) ? names : NULL;
}

bool csv_names_are(const struct csv *record, const char *const *names, size_t count)
{
    bool same = record->count == count;

    for (size_t i = 0; i < count && same; i++) {
        size_t size;
        const char *name = csv_field(record, i, &size);
        same = strlen(names[i]) == size && memcmp(names[i], name, size) == 0;
    }
    return same;
}
