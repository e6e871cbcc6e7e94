/*
 * cli/audit_output.c - in the file of --output, each job's line ends where the record says
 *
 * Runs in: the mpool command. Owns: the file, while it is read.
 *
 * The rows of a chain, in their order, are the lines of the file, in theirs. Both are gone through once.
 */
#include "cli/audit.h"
#include "cli/resume.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where the next line of a file ends; -1: there is none. */
static int64_t next_line(FILE *file, int64_t *position)
{
    int c;

    while ((c = getc_unlocked(file)) != EOF) {
        ++*position;
        if (c == '\n')
            return *position;
    }
    return -1;
}

/* The run that has written to the file last; a file that a later run of another chain has emptied has other lines. */
static int64_t last_writer(struct audit *audit)
{
    const struct text *output = &audit->run->output;
    sqlite3_stmt *query =
        sql_prepare(&audit->record->sql, "SELECT id FROM runs WHERE output = ? ORDER BY id DESC LIMIT 1");

    (void)sqlite3_bind_blob(query, 1, output->data, (int)output->size, SQLITE_STATIC);
    int64_t run = sql_step(&audit->record->sql, query) ? sqlite3_column_int64(query, 0) : 0;
    (void)sqlite3_finalize(query);
    return run;
}

/* Rows whose lines are not in the file: of a run that has ended that is wrong, of one that was cut off it is not. */
static void tell_missing(struct audit *audit, sqlite3_stmt *rows, uint64_t lines)
{
    uint64_t missing = 1;
    int64_t row = sqlite3_column_int64(rows, 1);

    while (sql_step(&audit->record->sql, rows))
        missing++;
    if (audit->run->ended_ns != 0)
        audit_tell(audit, AUDIT_BROKEN,
                   "--output ends after %" PRIu64 " lines, and lacks those of %" PRIu64 " jobs, from row %" PRId64
                   " on: %s",
                   lines, missing, row, audit->run->output.data);
    else
        audit_tell(audit, AUDIT_UNCHECKED,
                   "--output has %" PRIu64 " lines, and lacks those of %" PRIu64 " jobs, which will be run again",
                   lines, missing);
}

static void compare(struct audit *audit, FILE *file, sqlite3_stmt *rows)
{
    struct sql *sql = &audit->record->sql;
    int64_t position = 0, end = 0;
    uint64_t lines = 0;

    for (; sql_step(sql, rows); lines++) {
        int64_t said = sqlite3_column_int64(rows, 0);
        end = next_line(file, &position);
        if (end < 0) {
            tell_missing(audit, rows, lines);
            return;
        }
        if (end != said) {
            audit_tell(audit, AUDIT_BROKEN,
                       "--output: line %" PRIu64 " ends at byte %" PRId64 ", and row %" PRId64 " says %" PRId64 ": %s",
                       lines + 1, end, (int64_t)sqlite3_column_int64(rows, 1), said, audit->run->output.data);
            return;
        }
    }
    if (audit->run->ended_ns != 0 && next_line(file, &position) >= 0)
        audit_tell(audit, AUDIT_BROKEN,
                   "--output has more than the %" PRIu64 " lines of the record, from byte %" PRId64 " on: %s", lines,
                   end, audit->run->output.data);
    else
        audit_tell(audit, AUDIT_HOLDS,
                   "--output: %" PRIu64 " lines, each ends where its row says, the last one at byte %" PRId64, lines,
                   end);
}

static void check_offsets(struct audit *audit)
{
    struct sql *sql = &audit->record->sql;
    sqlite3_stmt *query = audit_query(audit, "SELECT id FROM jobs WHERE id > ?1 AND id <= ?2 AND number >= 0"
                                             " AND resumed IS NULL AND output IS NULL");

    while (sql_step(sql, query))
        audit_tell(audit, AUDIT_BROKEN, "row %" PRId64 " has no line in --output",
                   (int64_t)sqlite3_column_int64(query, 0));
    (void)sqlite3_finalize(query);
}

void audit_output(struct audit *audit)
{
    const struct text *output = &audit->run->output;
    struct sql *sql = &audit->record->sql;

    if (output->data == NULL)
        return;
    check_offsets(audit);
    if (last_writer(audit) != audit->run->id) {
        audit_tell(audit, AUDIT_UNCHECKED, "--output was written by a later run, too");
        return;
    }
    FILE *file = fopen(output->data, "re");
    if (file == NULL) {
        audit_tell(audit, AUDIT_UNCHECKED, "--output cannot be read: %s: %s", output->data, strerror(errno));
        return;
    }
    sqlite3_stmt *rows = sql_query(sql,
                                   "SELECT j.output, j.id FROM jobs j CROSS JOIN steps s CROSS JOIN runs r"
                                   " WHERE s.id = j.step AND r.id = s.run AND r.chain = ?1 AND r.output = ?2"
                                   " AND j.output <= " RESUME_LIMIT " ORDER BY j.id",
                                   audit->run->chain);
    (void)sqlite3_bind_blob(rows, 2, output->data, (int)output->size, SQLITE_STATIC);
    compare(audit, file, rows);
    (void)sqlite3_finalize(rows);
    (void)fclose(file);
}
