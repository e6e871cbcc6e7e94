/*
 * cli/sql.c - SQLite, with its errors in words
 *
 * Runs in: the mpool command, on any thread, but a connection on one at a time. Owns: the connection.
 */
#include "cli/sql.h"

#include "cli/memory.h"

#include <errno.h>
#include <string.h>

/* How long to wait for a lock that another process holds for a moment. */
#define BUSY_MS 10000

/* Remembers the first error: SQLite's words, and the system's where it has some. */
static bool fail(struct sql *sql)
{
    if (sql_failed(sql))
        return false;
    int code = sql->db != NULL ? sqlite3_errcode(sql->db) : SQLITE_NOMEM;
    int last = errno, system = sql->db != NULL ? sqlite3_system_errno(sql->db) : 0;

    if (code == SQLITE_NOMEM)
        memory_exhausted();
    /* SQLite does not take it down when a COMMIT has failed. */
    if (system == 0)
        system = last;
    text_string(&sql->failure, sqlite3_errmsg(sql->db));
    if ((code == SQLITE_IOERR || code == SQLITE_FULL || code == SQLITE_CANTOPEN) && system != 0)
        text_printf(&sql->failure, ": %s", strerror(system));
    sql->damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    return false;
}

bool sql_open(struct sql *sql, const char *path, int flags)
{
    *sql = (struct sql){0};
    /* Each connection is one thread's; what a file's schema says is not trusted to call functions. */
    if (sqlite3_open_v2(path, &sql->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return fail(sql);
    (void)sqlite3_busy_timeout(sql->db, BUSY_MS);
    (void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return true;
}

void sql_close(struct sql *sql)
{
    (void)sqlite3_close(sql->db);
    text_free(&sql->failure);
    *sql = (struct sql){0};
}

bool sql_failed(const struct sql *sql)
{
    return sql->failure.size > 0;
}

bool sql_run(struct sql *sql, const char *statements)
{
    if (sql_failed(sql))
        return false;
    errno = 0;
    return sqlite3_exec(sql->db, statements, NULL, NULL, NULL) == SQLITE_OK || fail(sql);
}

sqlite3_stmt *sql_prepare(struct sql *sql, const char *statement)
{
    sqlite3_stmt *prepared = NULL;

    if (!sql_failed(sql) && sqlite3_prepare_v2(sql->db, statement, -1, &prepared, NULL) != SQLITE_OK)
        (void)fail(sql);
    return prepared;
}

sqlite3_stmt *sql_query(struct sql *sql, const char *statement, int64_t parameter)
{
    sqlite3_stmt *prepared = sql_prepare(sql, statement);

    if (prepared != NULL)
        (void)sqlite3_bind_int64(prepared, 1, parameter);
    return prepared;
}

bool sql_step(struct sql *sql, sqlite3_stmt *statement)
{
    if (sql_failed(sql) || statement == NULL)
        return false;
    errno = 0;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return true;
    return code != SQLITE_DONE && fail(sql);
}

bool sql_finish(struct sql *sql, sqlite3_stmt *statement)
{
    while (sql_step(sql, statement))
        continue;
    (void)sqlite3_reset(statement);
    return !sql_failed(sql);
}

int64_t sql_number(struct sql *sql, const char *statement, int64_t parameter, int64_t otherwise)
{
    sqlite3_stmt *query = sql_query(sql, statement, parameter);
    int64_t number = otherwise;

    if (sql_step(sql, query) && sqlite3_column_type(query, 0) != SQLITE_NULL)
        number = sqlite3_column_int64(query, 0);
    (void)sqlite3_finalize(query);
    return number;
}

void sql_bytes(sqlite3_stmt *statement, int column, struct text *to)
{
    const void *bytes = sqlite3_column_blob(statement, column);

    text_add(to, bytes, bytes != NULL ? (size_t)sqlite3_column_bytes(statement, column) : 0);
}
