/*
 * cli/csv.h - the fields of a record of comma-separated values (RFC 4180)
 *
 *     a,"b, c","say ""hi"""      has the fields   a   b, c   say "hi"
 *
 * A record is put together line by line, for a field in quotes may have line ends in it. Pure.
 */
#ifndef CLI_CSV_H
#define CLI_CSV_H

#include "cli/text.h"

#include <stdbool.h>
#include <stddef.h>

/* {.delimiter = ',', .most = BYTES} is one without a record. */
struct csv {
    char delimiter;
    size_t most;       /* bytes that a record may have */
    struct text bytes; /* the fields, one behind the other */
    size_t *ends;      /* where each ends */
    size_t count, room;
    size_t lines;        /* that the record has so far */
    bool quoted;         /* it goes on in the next line, within quotes */
    const char *problem; /* CSV_WRONG: what is wrong, and what to do */
    size_t line, column; /* where that is, or the open quote of CSV_MORE: from 0 in the record, from 1 in the line */
};

enum csv_answer {
    CSV_RECORD = 1, /* the fields are there */
    CSV_MORE,       /* the next line belongs to it, too */
    CSV_EMPTY,      /* an empty line is no record */
    CSV_WRONG,      /* the record is over, and of no use; the next line begins another one */
};

/* csv_line - the next line of a file, without its newline. If it begins a record, the one before is forgotten. */
enum csv_answer csv_line(struct csv *csv, const char *text, size_t size);

/* csv_field - a field of a record, from 0 */
const char *csv_field(const struct csv *csv, size_t index, size_t *size);

void csv_free(struct csv *csv);

#endif
