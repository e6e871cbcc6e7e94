/*
 * cli/record.c - the record of runs, for those who read it: `mpool status`, `mpool log`, `mpool audit`
 *
 * Runs in: the mpool command, on its main thread. Owns: the connection of an open record.
 */
#include "cli/record.h"

#include "cli/journal_file.h"
#include "cli/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- a journal --------------------------------------------------------------------------------------------------- */

static const char *check_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;

    if (fd < 0)
        return strerror(errno);
    const char *problem = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? NULL : "is no regular file";
    if (problem == NULL && status.st_size == 0)
        problem = "is empty";
    if (problem == NULL)
        problem = journal_file_is(fd);
    (void)close(fd);
    return problem;
}

/* A file in a directory that cannot be written to: SQLite is told that nobody will change it, and needs no locks. */
static bool open_immutable(struct record *record)
{
    struct text uri = {0};

    text_string(&uri, "file:");
    for (const char *c = record->path; *c != '\0'; c++)
        text_printf(&uri, *c == '%' || *c == '?' || *c == '#' ? "%%%02X" : "%c", (unsigned char)*c);
    text_string(&uri, "?immutable=1");
    sql_close(&record->sql);
    bool ok = sql_open(&record->sql, uri.data, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    text_free(&uri);
    return ok && sql_number(&record->sql, "SELECT count(*) FROM runs", 0, -1) >= 0;
}

static bool has_log(const char *path)
{
    struct text name = {0};
    struct stat status;

    text_printf(&name, "%s-wal", path);
    bool there = stat(name.data, &status) == 0 && status.st_size > 0;
    text_free(&name);
    return there;
}

const char *record_open(struct record *record, const char *path)
{
    const char *problem = check_file(path);

    *record = (struct record){0};
    if (problem != NULL)
        return problem;
    record->path = realpath(path, NULL);
    if (record->path == NULL)
        return strerror(errno);
    /* Before SQLite opens it, for to close the file takes SQLite's locks away. */
    record->busy = journal_file_busy(record->path);
    /* Who closes it last puts the log away, for which it is to be writable; nothing else is written. */
    if (sql_open(&record->sql, record->path, SQLITE_OPEN_READWRITE) &&
        sql_run(&record->sql, "PRAGMA query_only = 1; BEGIN") &&
        sql_number(&record->sql, "SELECT count(*) FROM runs", 0, -1) >= 0)
        return NULL;
    if (!has_log(record->path) && open_immutable(record))
        return NULL;
    return sql_failed(&record->sql) ? record->sql.failure.data : "is not a journal of mpool";
}

void record_close(struct record *record)
{
    sql_close(&record->sql);
    free(record->path);
    *record = (struct record){0};
}

/* ---- its runs ---------------------------------------------------------------------------------------------------- */

static enum record_state find_state(const struct record *record, const struct record_run *run, bool last)
{
    if (run->exit_code < 0)
        return record->busy && last ? RECORD_RUNNING : RECORD_INTERRUPTED;
    if (run->exit_code >= 128)
        return RECORD_INTERRUPTED;
    return run->exit_code == 0 ? RECORD_DONE : RECORD_FAILED;
}

bool record_next(struct record *record, sqlite3_stmt **query, struct record_run *run)
{
    if (*query == NULL)
        *query = sql_prepare(&record->sql,
                             "SELECT id, number, chain, name, output, summary, pid, started, ended, exit, row_base,"
                             " (SELECT min(n.row_base) FROM runs n WHERE n.id > r.id), (SELECT directory FROM journal)"
                             " FROM runs r ORDER BY id DESC");
    if (!sql_step(&record->sql, *query)) {
        (void)sqlite3_finalize(*query);
        *query = NULL;
        return false;
    }
    bool last = sqlite3_column_type(*query, 11) == SQLITE_NULL;
    *run = (struct record_run){
        .id = sqlite3_column_int64(*query, 0),
        .number = sqlite3_column_int64(*query, 1),
        .chain = sqlite3_column_int64(*query, 2),
        .pid = sqlite3_column_int64(*query, 6),
        .started_ns = sqlite3_column_int64(*query, 7),
        .ended_ns = sqlite3_column_int64(*query, 8),
        .exit_code = sqlite3_column_type(*query, 9) == SQLITE_NULL ? -1 : sqlite3_column_int(*query, 9),
        .row_base = sqlite3_column_int64(*query, 10),
        .row_end = last ? INT64_MAX : sqlite3_column_int64(*query, 11),
    };
    sql_bytes(*query, 3, &run->name);
    if (sqlite3_column_type(*query, 4) != SQLITE_NULL)
        sql_bytes(*query, 4, &run->output);
    sql_bytes(*query, 5, &run->summary);
    sql_bytes(*query, 12, &run->directory);
    text_string(&run->journal, record->path);
    run->state = find_state(record, run, last);
    return true;
}

void record_run_free(struct record_run *run)
{
    text_free(&run->name);
    text_free(&run->output);
    text_free(&run->journal);
    text_free(&run->summary);
    text_free(&run->directory);
}

void record_count(struct record *record, const struct record_run *run, struct record_counts *counts)
{
    struct sql *sql = &record->sql;
    sqlite3_stmt *query = sql_query(sql,
                                    "SELECT status, sum(" RECORD_ENDS "), count(resumed) FROM jobs j"
                                    " WHERE id > ?1 AND id <= ?2 GROUP BY status",
                                    run->row_base);

    *counts = (struct record_counts){0};
    (void)sqlite3_bind_int64(query, 2, run->row_end);
    while (sql_step(sql, query)) {
        int64_t status = sqlite3_column_int64(query, 0);
        if (status >= 0 && status < RECORD_STATUSES)
            counts->ended[status] = (uint64_t)sqlite3_column_int64(query, 1);
        counts->resumed += (uint64_t)sqlite3_column_int64(query, 2);
    }
    (void)sqlite3_finalize(query);
    counts->total =
        sql_number(sql,
                   "SELECT coalesce((SELECT json_extract(summary, '$.jobs.total') FROM runs"
                   " WHERE id = ?1 AND json_valid(summary)),"
                   " (SELECT CASE WHEN count(jobs) = count(*) THEN sum(jobs) END FROM steps WHERE run = ?1))",
                   run->id, -1);
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

const char *record_state_name(enum record_state state)
{
    static const char *const names[] = {"running", "done", "failed", "interrupted"};

    return names[state];
}

const char *record_status_name(int64_t status)
{
    switch (status) {
#define NAME(number, name, text)                                                                                       \
    case MPOOL_##name:                                                                                                 \
        return text;
        MPOOL_STATUSES(NAME)
#undef NAME
    default:
        return "?";
    }
}

void record_time(struct text *to, int64_t ns)
{
    time_t seconds = (time_t)(ns / 1000000000);
    struct tm local;
    char digits[64] = "";

    if (localtime_r(&seconds, &local) != NULL)
        (void)strftime(digits, sizeof digits, "%Y-%m-%d %H:%M:%S", &local);
    text_string(to, digits);
}
