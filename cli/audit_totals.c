/*
 * cli/audit_totals.c - the totals at the end of a run are those of the results
 *
 * Runs in: the mpool command. Owns: nothing.
 */
#include "cli/audit.h"
#include "cli/journal.h"
#include "cli/recount.h"

#include <inttypes.h>
#include <string.h>

/* Adds up the results of the jobs of a step that are done; of those done by an earlier run it has the results. */
static void recount_step(struct audit *audit, int64_t step, struct recount *recount)
{
    struct sql *sql = &audit->record->sql;
    sqlite3_stmt *jobs = audit_query(audit, "SELECT coalesce(j.result, o.result) FROM jobs j LEFT JOIN jobs o"
                                            " ON o.id = j.resumed WHERE j.id > ?1 AND j.id <= ?2 AND j.step = ?3"
                                            " AND j.status = 0");

    (void)sqlite3_bind_int64(jobs, 3, step);
    while (sql_step(sql, jobs)) {
        bool stored = sqlite3_column_type(jobs, 0) != SQLITE_NULL;
        recount_add(recount, stored ? sqlite3_column_blob(jobs, 0) : NULL, (size_t)sqlite3_column_bytes(jobs, 0));
    }
    (void)sqlite3_finalize(jobs);
}

/* Jobs whose output was lost have failed when they were in the totals already. */
static bool is_lossy(struct audit *audit, int64_t step)
{
    sqlite3_stmt *jobs = audit_query(audit, "SELECT 1 FROM jobs WHERE id > ?1 AND id <= ?2 AND step = ?3 AND status = 1"
                                            " AND cast(error AS TEXT) LIKE '" JOURNAL_LOST "%' LIMIT 1");

    (void)sqlite3_bind_int64(jobs, 3, step);
    bool lossy = sql_step(&audit->record->sql, jobs);
    (void)sqlite3_finalize(jobs);
    return lossy;
}

/* `name` is STEP.TOTAL, `said` what the end of the run says, as JSON; NULL: nothing. */
static void check_total(struct audit *audit, const char *name, const char *said, int64_t step, struct recount *recount)
{
    struct text found = {0};

    if (said == NULL) {
        audit_tell(audit, AUDIT_BROKEN, "total %s: the end of the run does not have it", name);
        return;
    }
    if (recount->operation == RECOUNT_NONE || said[0] == '{' || said[0] == '[') {
        audit_tell(audit, AUDIT_UNCHECKED, "total %s: one of this kind is not computed anew", name);
        return;
    }
    if (is_lossy(audit, step)) {
        audit_tell(audit, AUDIT_UNCHECKED, "total %s: it has jobs whose output could not be written", name);
        return;
    }
    recount_step(audit, step, recount);
    recount_text(recount, &found);
    if (recount->missing > 0)
        audit_tell(audit, AUDIT_UNCHECKED,
                   "total %s: of %" PRIu64 " jobs that are done, %" PRIu64 " have no number stored", name,
                   recount->count, recount->missing);
    else if (recount->overflow)
        audit_tell(audit, AUDIT_UNCHECKED, "total %s: it is beyond 128 bits", name);
    else if (recount_agrees(recount, said))
        audit_tell(audit, AUDIT_HOLDS, "total %s is %s, of %" PRIu64 " jobs", name, said, recount->count);
    else
        audit_tell(audit, AUDIT_BROKEN, "total %s: the end of the run says %s, and the results come to %s", name, said,
                   found.data);
    text_free(&found);
}

void audit_totals(struct audit *audit)
{
    struct sql *sql = &audit->record->sql;
    struct text name = {0}, field = {0}, said = {0};

    if (audit->run->ended_ns == 0)
        return;
    /* -> gives a value as JSON, so that a number has all its digits. */
    sqlite3_stmt *totals =
        sql_query(sql,
                  "SELECT s.id, printf('%s.%s', cast(s.name AS TEXT), t.key), o.key, o.value,"
                  " r.summary -> printf('$.totals.\"%s\".\"%s\"', cast(s.name AS TEXT), t.key) FROM steps s JOIN runs r"
                  " ON r.id = s.run, json_each(s.totals) t, json_each(t.value) o WHERE s.run = ?1 AND"
                  " json_valid(s.totals) AND json_valid(r.summary) ORDER BY s.number",
                  audit->run->id);
    while (sql_step(sql, totals)) {
        struct recount recount = {.operation = recount_operation((const char *)sqlite3_column_text(totals, 2))};
        bool has_field = sqlite3_column_type(totals, 3) != SQLITE_NULL;
        text_clear(&name);
        text_clear(&field);
        text_clear(&said);
        sql_bytes(totals, 1, &name);
        sql_bytes(totals, 3, &field);
        sql_bytes(totals, 4, &said);
        recount.field = has_field ? field.data : NULL;
        check_total(audit, name.data, sqlite3_column_type(totals, 4) != SQLITE_NULL ? said.data : NULL,
                    sqlite3_column_int64(totals, 0), &recount);
    }
    (void)sqlite3_finalize(totals);
    text_free(&name);
    text_free(&field);
    text_free(&said);
}
