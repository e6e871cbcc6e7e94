/*
 * tests/proc/lines.h - the log of a pool, kept for questions
 */
#ifndef TESTS_PROC_LINES_H
#define TESTS_PROC_LINES_H

#include "tests/proc/helper.h"

#include <pthread.h>

#define LINES_MAX 4096

struct line {
    mpool_log_level level;
    char text[640];
};

/* Lines are added and never change; so who knows their number may read them. */
struct lines {
    atomic_uint count;
    struct line lines[LINES_MAX];
};

/* keep_line - the hook; its user is a struct lines. */
mpool_log keep_line;

/* find_line - the first line from number `from` on of that level that contains a text; -1: there is none yet. */
int find_line(const struct lines *lines, unsigned from, mpool_log_level level, const char *text);

/* count_lines - how many there are of that level with that text. */
unsigned count_lines(const struct lines *lines, mpool_log_level level, const char *text);

/* print_lines - all of them, on stderr: for when a check fails. */
void print_lines(const struct lines *lines);

/* await_line - waits for it; its number. */
unsigned await_line(const struct lines *lines, mpool_log_level level, const char *text);

#endif
