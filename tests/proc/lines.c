/*
 * tests/proc/lines.c - the log of a pool, kept for questions
 */
#include "tests/proc/lines.h"

#include <stdio.h>
#include <string.h>

void keep_line(void *user, mpool_log_level level, const char *text)
{
    struct lines *lines = user;
    unsigned count = atomic_load(&lines->count);

    CHECK(count < LINES_MAX && strchr(text, '\n') == NULL);
    lines->lines[count].level = level;
    (void)snprintf(lines->lines[count].text, sizeof lines->lines[count].text, "%s", text);
    atomic_store(&lines->count, count + 1);
}

int find_line(const struct lines *lines, unsigned from, mpool_log_level level, const char *text)
{
    unsigned count = atomic_load(&lines->count);

    for (unsigned i = from; i < count; i++)
        if (lines->lines[i].level == level && strstr(lines->lines[i].text, text) != NULL)
            return (int)i;
    return -1;
}

unsigned count_lines(const struct lines *lines, mpool_log_level level, const char *text)
{
    unsigned found = 0;

    for (int at = find_line(lines, 0, level, text); at >= 0; at = find_line(lines, (unsigned)at + 1, level, text))
        found++;
    return found;
}

void print_lines(const struct lines *lines)
{
    unsigned count = atomic_load(&lines->count);

    for (unsigned i = 0; i < count; i++)
        (void)fprintf(stderr, "%d: %s\n", (int)lines->lines[i].level, lines->lines[i].text);
}

unsigned await_line(const struct lines *lines, mpool_log_level level, const char *text)
{
    for (int64_t until_ms = monotonic_ms() + LONG_MS; monotonic_ms() < until_ms; nap()) {
        int at = find_line(lines, 0, level, text);

        if (at >= 0)
            return (unsigned)at;
    }
    print_lines(lines);
    fail(__FILE__, __LINE__, "no line of level %d says \"%s\"", (int)level, text);
}
