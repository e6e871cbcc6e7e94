/*
 * cli/audit.h - what `mpool audit` finds out about the record of a run
 *
 * There is a file for each kind of thing that is checked: cli/audit_jobs.c, _totals and _output. Each tells what it has
 * checked, with numbers, what it could not check, and each thing that is wrong.
 */
#ifndef CLI_AUDIT_H
#define CLI_AUDIT_H

#include "cli/record.h"

#include <mpool/export.h>

enum audit_finding {
    AUDIT_HOLDS = 0,
    AUDIT_UNCHECKED, /* the record does not have what it takes */
    AUDIT_BROKEN,
    AUDIT_FINDINGS,
};

struct audit {
    struct record *record;
    const struct record_run *run;
    bool json;
    struct text list[AUDIT_FINDINGS]; /* of this run, as JSON strings */
    uint64_t count[AUDIT_FINDINGS];   /* of all runs */
};

/* audit_tell - a finding; what comes from the record may be in it as it is */
void audit_tell(struct audit *audit, enum audit_finding finding, const char *format, ...) MPOOL_PRINTF(3, 4);

/* audit_query - prepare a statement whose parameters are the rows of the run, from ?1 to ?2, and the run, ?3 */
sqlite3_stmt *audit_query(struct audit *audit, const char *statement);

/* audit_jobs - every job has one end, after no more attempts than it may have, and the numbers at the end agree */
void audit_jobs(struct audit *audit);

/* audit_totals - the totals at the end are those of the results */
void audit_totals(struct audit *audit);

/* audit_output - in the file of --output, each job's line ends where the record says */
void audit_output(struct audit *audit);

#endif
