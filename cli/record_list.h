/*
 * cli/record_list.h - all runs that this user has a record of
 */
#ifndef CLI_RECORD_LIST_H
#define CLI_RECORD_LIST_H

#include "cli/record.h"

#include <stddef.h>

struct record_list {
    struct record_run *runs; /* the last one first */
    size_t count, room;
};

/* record_list_read - those whose journals are in the state directory, or linked there */
void record_list_read(struct record_list *list);
void record_list_free(struct record_list *list);

/*
 * record_find - open the journal of a run
 *
 * word      in   its number, its name, or a journal: of several the last one is meant
 * record    out  release with record_close()
 * run       out  release with record_run_free()
 *
 * Returns an exit code; if it is not 0, what is wrong was said, and there is nothing to release.
 */
int record_find(const char *word, struct record *record, struct record_run *run);

/* record_json - append a run as a JSON object, without the brace at its end */
void record_json(struct text *to, const struct record_run *run, const struct record_counts *counts);

#endif
