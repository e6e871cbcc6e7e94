/*
 * cli/csv_names.h - the names of the columns of a csv
 */
#ifndef CLI_CSV_NAMES_H
#define CLI_CSV_NAMES_H

#include "cli/csv.h"
#include "cli/memory.h"

/* The most columns: a copy of the row of each job that is under way has to be kept. */
#define CSV_NAMES_MAX 16384

/* csv_names_check - may columns have these names? If not, `problem` gets why. */
bool csv_names_check(const char *const *names, size_t count, struct text *problem);

/* csv_names_take - the fields of a record as names, in the arena; NULL: they are none, and `problem` gets why */
const char *const *csv_names_take(const struct csv *record, struct arena *arena, struct text *problem);

/* csv_names_are - has a record just these names as its fields? */
bool csv_names_are(const struct csv *record, const char *const *names, size_t count);

#endif
