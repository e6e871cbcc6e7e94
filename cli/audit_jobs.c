/*
 * cli/audit_jobs.c - every job has one end, after no more attempts than it may have, and the numbers at the end agree
 *
 * Runs in: the mpool command. Owns: nothing.
 *
 * A check is two statements. One gives what holds, in words; the other one a row for each thing that is wrong, in words
 * too. So the rules stand here as they are, and SQLite sorts ten million rows on disk where it has to.
 */
#include "cli/audit.h"

#include <inttypes.h>

#define ROWS "j.id > ?1 AND j.id <= ?2"

/* The run says of itself that it has come to the end of all jobs. */
#define COMPLETE                                                                                                       \
    "EXISTS (SELECT 1 FROM runs r WHERE r.id = ?3 AND r.exit IN (0, 1) AND json_valid(r.summary)"                      \
    " AND json_extract(r.summary, '$.jobs.pending') = 0)"

/* How many jobs of step `s` have an end. */
#define ENDED "(SELECT coalesce(sum(" RECORD_ENDS "), 0) FROM jobs j WHERE " ROWS " AND j.step = s.id)"

#define JOB "cast(s.name AS TEXT), j.number"

static const struct check {
    const char *holds;
    const char *broken;
} checks[] = {
    {"SELECT printf('%,d rows, each of a step of this run', count(*)) FROM jobs j WHERE " ROWS,
     "SELECT printf('row %d is of no step of this run', j.id) FROM jobs j LEFT JOIN steps s ON s.id = j.step AND"
     " s.run = ?3 WHERE " ROWS " AND s.id IS NULL"},

    {"SELECT printf('%,d done, %,d failed, %,d crashed, %,d timed out, %,d cancelled, %,d skipped', sum(status = 0),"
     " sum(status = 1), sum(status = 2), sum(status = 3), sum(status = 4), sum((status = 5) * " RECORD_ENDS
     ")) FROM jobs j WHERE " ROWS,
     "SELECT printf('job %s/%d has the status %s, which is none: row %d', " JOB ", quote(j.status), j.id)"
     " FROM jobs j JOIN steps s ON s.id = j.step WHERE " ROWS " AND (typeof(j.status) <> 'integer'"
     " OR j.status NOT BETWEEN 0 AND 5)"},

    {"SELECT 'no job has two ends'",
     "SELECT printf('job %s/%d has %d ends: rows %s', " JOB ", count(*), group_concat(j.id, ', '))"
     " FROM jobs j JOIN steps s ON s.id = j.step WHERE " ROWS " GROUP BY j.step, j.number HAVING count(*) > 1"},

    {"SELECT CASE WHEN " COMPLETE " THEN 'no job is without an end' END",
     "WITH ends AS (SELECT j.step, j.number, lag(j.number, 1, -1) OVER (PARTITION BY j.step ORDER BY j.number)"
     " AS before FROM jobs j WHERE " ROWS " AND " COMPLETE ")"
     " SELECT printf('jobs %s/%d to %d have no end: rows are missing', cast(s.name AS TEXT), e.before + 1,"
     " e.number - 1) FROM ends e JOIN steps s ON s.id = e.step WHERE e.number > e.before + 1"
     " UNION ALL SELECT printf('step %s has %d jobs, and %d of them have an end', cast(s.name AS TEXT), s.jobs, " ENDED
     ") FROM steps s WHERE s.run = ?3 AND " COMPLETE " AND s.jobs <> " ENDED},

    {"SELECT printf('%,d attempts, at most %d a job', sum(attempts), max(attempts)) FROM jobs j WHERE " ROWS,
     "SELECT printf('job %s/%d has %d attempts, and %d are the most: row %d', " JOB
     ", j.attempts, s.attempts_max, j.id)"
     " FROM jobs j JOIN steps s ON s.id = j.step WHERE " ROWS " AND (j.attempts > s.attempts_max OR j.attempts < 0)"
     " UNION ALL SELECT printf('job %s/%d is done after no attempt: row %d', " JOB ", j.id)"
     " FROM jobs j JOIN steps s ON s.id = j.step WHERE " ROWS " AND j.status = 0 AND j.attempts = 0"
     " AND j.resumed IS NULL"},

    {"SELECT CASE WHEN count(resumed) > 0 THEN printf('%,d jobs were done by earlier runs, each taken once',"
     " count(resumed)) END FROM jobs j WHERE " ROWS,
     "SELECT printf('job %s/%d was done earlier, says row %d, and row %d does not say so', " JOB ", j.id, j.resumed)"
     " FROM jobs j JOIN steps s ON s.id = j.step LEFT JOIN jobs o ON o.id = j.resumed LEFT JOIN steps t"
     " ON t.id = o.step WHERE " ROWS
     " AND j.resumed IS NOT NULL AND (o.id IS NULL OR o.id > ?1 OR o.status <> 0 OR o.key <> j.key"
     " OR o.resumed IS NOT NULL OR (SELECT chain FROM runs WHERE id = t.run) IS NOT"
     " (SELECT chain FROM runs WHERE id = ?3))"
     " UNION ALL SELECT printf('row %d was done once, and is taken by the rows %s', j.resumed,"
     " group_concat(j.id, ', ')) FROM jobs j WHERE " ROWS
     " AND j.resumed IS NOT NULL GROUP BY j.resumed HAVING count(*) > 1"},
};

/* Tells each row of a statement; how many there were. A row that is null says nothing. */
static uint64_t tell_rows(struct audit *audit, enum audit_finding finding, const char *statement)
{
    struct sql *sql = &audit->record->sql;
    sqlite3_stmt *query = audit_query(audit, statement);
    uint64_t count = 0;

    for (; sql_step(sql, query); count++) {
        const char *words = (const char *)sqlite3_column_text(query, 0);
        if (words != NULL)
            audit_tell(audit, finding, "%s", words);
    }
    (void)sqlite3_finalize(query);
    return count;
}

static int64_t summary_number(struct audit *audit, const char *name)
{
    struct text query = {0};

    text_printf(&query, "SELECT json_extract(summary, '$.jobs.%s') FROM runs WHERE id = ? AND json_valid(summary)",
                name);
    int64_t number = sql_number(&audit->record->sql, query.data, audit->run->id, -1);
    text_free(&query);
    return number;
}

/* The end of a run says how many jobs ended how. */
static void check_summary(struct audit *audit)
{
    struct record_counts counts;
    uint64_t sum = 0, before = audit->count[AUDIT_BROKEN];

    if (audit->run->ended_ns == 0) {
        audit_tell(audit, AUDIT_UNCHECKED, "the run has no end, so jobs may be without one, and there are no totals");
        return;
    }
    record_count(audit->record, audit->run, &counts);
    for (int status = 0; status < RECORD_STATUSES; status++) {
        const char *name = record_status_name(status);
        int64_t said = summary_number(audit, name);
        sum += counts.ended[status];
        if (said != (int64_t)counts.ended[status])
            audit_tell(audit, AUDIT_BROKEN, "the end of the run says %" PRId64 " %s, and there are %" PRIu64 " rows",
                       said, name, counts.ended[status]);
    }
    if (summary_number(audit, "resumed") != (int64_t)counts.resumed)
        audit_tell(audit, AUDIT_BROKEN, "the end of the run says %" PRId64 " resumed, and there are %" PRIu64 " rows",
                   summary_number(audit, "resumed"), counts.resumed);
    if (summary_number(audit, "total") != (int64_t)sum + summary_number(audit, "pending"))
        audit_tell(audit, AUDIT_BROKEN,
                   "the end of the run says %" PRId64 " in total, %" PRId64 " of them pending, and %" PRIu64
                   " have ended",
                   summary_number(audit, "total"), summary_number(audit, "pending"), sum);
    if (audit->count[AUDIT_BROKEN] == before)
        audit_tell(audit, AUDIT_HOLDS, "the end of the run says the same of how many jobs ended how");
}

void audit_jobs(struct audit *audit)
{
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (tell_rows(audit, AUDIT_BROKEN, checks[i].broken) == 0)
            (void)tell_rows(audit, AUDIT_HOLDS, checks[i].holds);
    }
    check_summary(audit);
}
