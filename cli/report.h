/*
 * cli/report.h - errors in a job file, as compilers report them
 *
 *     job.yaml:7:18: error: put a template in quotes: "{path}"
 *         7 |     each: {walk: {vars.root}}
 *           |                  ^
 *
 * A place is an offset into the file; lines and columns are counted only when something is reported. Columns count
 * characters from 1, lines as well.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <mpool/export.h>
#include <stddef.h>
#include <stdint.h>

/* The file as a whole. */
#define PLACE_FILE SIZE_MAX

/* After so many of a kind the rest is only counted. */
#define REPORT_MAX 20

struct report {
    const char *file;   /* as people know it */
    const char *source; /* its content, without a byte order mark; NULL while it was not read */
    size_t size;
    unsigned errors, warnings;
};

void report_error(struct report *report, size_t place, const char *format, ...) MPOOL_PRINTF(3, 4);

/* report_warning - the same, but the file is none the worse for it */
void report_warning(struct report *report, size_t place, const char *format, ...) MPOOL_PRINTF(3, 4);

/* report_line - the line of a place, from 1 */
unsigned report_line(const struct report *report, size_t place);

/* report_place - the place of a line and a column, both from 1; the end of the line or file if there is less */
size_t report_place(const struct report *report, unsigned line, unsigned column);

#endif
