/*
 * cli/record_job.c - how people name a job of a run: "sizes/12", or "12" where the run has one step
 *
 * Runs in: the mpool command. Owns: nothing.
 */
#include "cli/record_job.h"

#include "cli/notice.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Has the run such a job, as far as its record knows? */
static bool check(struct record *record, const struct record_run *run, const char *word, const struct text *step,
                  int64_t index)
{
    sqlite3_stmt *query =
        sql_query(&record->sql, "SELECT coalesce(jobs, -1) FROM steps WHERE run = ?1 AND name = ?2", run->id);

    (void)sqlite3_bind_blob(query, 2, step->data, (int)step->size, SQLITE_STATIC);
    bool found = sql_step(&record->sql, query);
    int64_t jobs = found ? sqlite3_column_int64(query, 0) : -1;
    (void)sqlite3_finalize(query);
    if (!found)
        notice(word, "the run has no step of this name; mpool status %" PRId64 " lists them", run->number);
    else if (jobs >= 0 && index >= jobs)
        notice(word, "the step has %" PRId64 " job%s, and the first one is 0", jobs, jobs == 1 ? "" : "s");
    return found && (jobs < 0 || index < jobs);
}

bool record_job(struct record *record, const struct record_run *run, const char *word, struct text *step,
                int64_t *index)
{
    const char *slash = strrchr(word, '/');
    const char *digits = slash != NULL ? slash + 1 : word;
    char *end;

    errno = 0;
    *index = strtoll(digits, &end, 10);
    if (end == digits || *end != '\0' || errno != 0 || *index < 0) {
        notice(word, "a job is STEP/INDEX, as sizes/12, or INDEX where the run has one step");
        return false;
    }
    sqlite3_stmt *query = sql_query(&record->sql, "SELECT name, count(*) FROM steps WHERE run = ?", run->id);
    int64_t steps = sql_step(&record->sql, query) ? sqlite3_column_int64(query, 1) : 0;
    if (slash != NULL)
        text_add(step, word, (size_t)(slash - word));
    else
        sql_bytes(query, 0, step);
    (void)sqlite3_finalize(query);
    if (slash != NULL || steps == 1)
        return check(record, run, word, step, *index);
    notice(word,
           "the run has %" PRId64 " steps, and the job's has to be named: STEP/%s; mpool status %" PRId64 " lists them",
           steps, word, run->number);
    return false;
}
