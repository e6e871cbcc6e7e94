/*
 * cli/sql.h - SQLite, with its errors in words
 *
 * The first error of a connection stays, and from then on all calls fail: so a row of calls is written down as it
 * comes, and sql_failed() asked at the end of it. A connection is used by one thread at a time.
 */
#ifndef CLI_SQL_H
#define CLI_SQL_H

#include "cli/text.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct sql {
    sqlite3 *db;
    struct text failure; /* the first error, in words; empty: there was none */
    bool damaged;        /* it is that the file is no database, or no whole one */
};

/*
 * sql_open - open a file that is there
 *
 * flags     in   SQLITE_OPEN_READWRITE or SQLITE_OPEN_READONLY, and others
 *
 * The struct is set in any case; release with sql_close().
 */
bool sql_open(struct sql *sql, const char *path, int flags);
void sql_close(struct sql *sql);

bool sql_failed(const struct sql *sql);

/* sql_run - statements without parameters, whose rows are dropped */
bool sql_run(struct sql *sql, const char *statements);

/* sql_prepare - NULL after an error; sql_bind, sql_step and sqlite3_finalize() take that */
sqlite3_stmt *sql_prepare(struct sql *sql, const char *statement);

/* sql_query - prepare with one parameter, an integer */
sqlite3_stmt *sql_query(struct sql *sql, const char *statement, int64_t parameter);

/* sql_step - true: there is a row; false: there is no more, or an error */
bool sql_step(struct sql *sql, sqlite3_stmt *statement);

/* sql_finish - run it to its end and make it ready for the next time; false: an error */
bool sql_finish(struct sql *sql, sqlite3_stmt *statement);

/* sql_number - the first column of the first row; `otherwise` if there is none, or it is null */
int64_t sql_number(struct sql *sql, const char *statement, int64_t parameter, int64_t otherwise);

/* sql_bytes - append a column to a text */
void sql_bytes(sqlite3_stmt *statement, int column, struct text *to);

#endif
