/*
 * cli/journal_begin.h - the beginning of a run, in its journal
 */
#ifndef CLI_JOURNAL_BEGIN_H
#define CLI_JOURNAL_BEGIN_H

#include "cli/identity.h"
#include "cli/journal.h"
#include "cli/sql.h"

struct journal_begin {
    int64_t run, number, chain; /* `chain` is the id of its first run: `run`, if it resumes none */
    int64_t first_step;         /* rowid of the first step; the others follow */
    char *output;               /* real path of --output; NULL: none */
    int64_t output_base;        /* what it has of the jobs that were done earlier */
    struct journal_earlier earlier;
};

/*
 * journal_begin - check whose journal it is, remove old records, and write the run and its steps down
 *
 * path      in   of the journal, for messages
 * begin     in/out  has `output` and `number` (0: none could be had), and gets the rest
 *
 * Returns an exit code. What is wrong was said, unless it is an error of the connection.
 */
int journal_begin(struct sql *sql, const char *path, const struct journal_options *options,
                  const struct identity *identity, struct journal_begin *begin);

/* journal_clock_ns - the wall clock: records are for people, and outlive a boot */
int64_t journal_clock_ns(void);

#endif
