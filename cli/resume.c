/*
 * cli/resume.c - what the earlier runs of a chain have done, for the run that goes on with them
 *
 * Runs in: the mpool command, on its main thread. Owns: a connection, and the index in its temporary file.
 *
 * The table of jobs has no index, so that writing it is fast. Who resumes reads it once, sorted by step and key, and
 * writes what is done into a table in that order. Equal jobs are numbered by that, and each row has a bit that says
 * whether it was taken; the few keys that stand for several jobs count further ones in the table. So it is not needed,
 * while jobs run, to know whether an equal one ran before, which would take all keys in memory. Rows with a result come
 * first: others are of a run that needed none, and if this one does, their jobs run again.
 *
 * A line of --output that the record has and the file has not was lost with the process, and so its job is to be run
 * again. Each run has written down where it cut the file off; rows of earlier runs that are behind this are void, also
 * when the file has grown again.
 */
#include "cli/resume.h"

#include "cli/memory.h"
#include "cli/notice.h"

#include <stdlib.h>
#include <string.h>

#define CACHE "65536" /* KiB, of the sorter and of the index */

struct resume {
    struct sql sql;
    sqlite3_stmt *find, *again, *ordinal, *value;
    unsigned char *taken; /* a bit for each job that is done */
    size_t count, room;
    struct text copy; /* of the last result */
};

int64_t resume_output(struct sql *sql, int64_t chain, const char *output, int64_t size_bytes)
{
    sqlite3_stmt *query = sql_query(sql,
                                    "SELECT j.output FROM jobs j CROSS JOIN steps s CROSS JOIN runs r"
                                    " WHERE s.id = j.step AND r.id = s.run AND r.chain = ?1 AND r.output = ?2"
                                    " AND j.output <= ?3 AND j.output <= " RESUME_LIMIT " ORDER BY j.id DESC LIMIT 1",
                                    chain);
    int64_t end = 0;

    (void)sqlite3_bind_blob(query, 2, output, (int)strlen(output), SQLITE_STATIC);
    (void)sqlite3_bind_int64(query, 3, size_bytes);
    if (sql_step(sql, query))
        end = sqlite3_column_int64(query, 0);
    (void)sqlite3_finalize(query);
    return end;
}

/* ---- the index --------------------------------------------------------------------------------------------------- */

/* The steps of earlier runs that have the name of one of today's. */
static void find_steps(struct sql *sql, const struct journal *journal, const struct jobfile *jobfile)
{
    sqlite3_stmt *insert = sql_prepare(sql, "INSERT INTO temp.step SELECT s.id, ?1, " RESUME_LIMIT
                                            " FROM steps s JOIN runs r ON r.id = s.run WHERE s.name = ?2 AND r.id < ?3"
                                            " AND r.chain = (SELECT chain FROM runs WHERE id = ?3)");

    for (size_t i = 0; i < jobfile->step_count; i++) {
        const char *name = jobfile->steps[i].name;
        (void)sqlite3_bind_int64(insert, 1, (int64_t)i);
        (void)sqlite3_bind_blob(insert, 2, name, (int)strlen(name), SQLITE_STATIC);
        (void)sqlite3_bind_int64(insert, 3, journal_run(journal));
        (void)sql_finish(sql, insert);
    }
    (void)sqlite3_finalize(insert);
}

static void make_room(struct resume *resume)
{
    size_t bytes = resume->count / 8 + 1;

    if (bytes <= resume->room)
        return;
    size_t room = resume->room == 0 ? 4096 : 2 * resume->room;
    resume->taken = memory_grow(resume->taken, room);
    memset(resume->taken + resume->room, 0, room - resume->room);
    resume->room = room;
}

/* What was read last, to see whether the next row is of an equal job. */
struct group {
    int64_t step;
    struct key key;
    int64_t ordinal; /* of the next equal job that is done */
    bool failed;     /* one that failed is in the index; more say nothing new */
};

static bool is_same(const struct group *group, int64_t step, const void *key)
{
    return group->step == step && memcmp(group->key.bytes, key, KEY_SIZE) == 0;
}

/* Puts a job into the index: ordinal -1 is one that failed. */
static void index_job(struct resume *resume, struct group *group, sqlite3_stmt *rows, sqlite3_stmt *insert)
{
    int64_t step = sqlite3_column_int64(rows, 0);
    const void *key = sqlite3_column_blob(rows, 1);
    bool done = sqlite3_column_int(rows, 3) == MPOOL_DONE;

    if (sqlite3_column_bytes(rows, 1) != KEY_SIZE)
        return; /* not written by us: it is no job of today's */
    if (!is_same(group, step, key)) {
        *group = (struct group){.step = step};
        memcpy(group->key.bytes, key, KEY_SIZE);
    }
    if (!done && group->failed)
        return;
    (void)sqlite3_bind_int64(insert, 1, step);
    (void)sqlite3_bind_blob(insert, 2, group->key.bytes, KEY_SIZE, SQLITE_STATIC);
    (void)sqlite3_bind_int64(insert, 3, done ? group->ordinal++ : -1);
    (void)sqlite3_bind_int64(insert, 4, (int64_t)resume->count);
    (void)sqlite3_bind_int64(insert, 5, sqlite3_column_int64(rows, 2));
    (void)sql_finish(&resume->sql, insert);
    group->failed = group->failed || !done;
    if (done) {
        make_room(resume);
        resume->count++;
    }
}

static void build(struct resume *resume, const struct journal *journal, const struct jobfile *jobfile)
{
    struct sql *sql = &resume->sql;
    struct group group = {.step = -1};

    (void)sql_run(sql, "PRAGMA cache_size = -" CACHE "; PRAGMA temp_store = FILE;"
                       "CREATE TEMP TABLE step (id INTEGER PRIMARY KEY, number INTEGER, output INTEGER);"
                       "CREATE TEMP TABLE done (step INTEGER, key BLOB, ordinal INTEGER, bit INTEGER, job INTEGER,"
                       " again INTEGER, PRIMARY KEY (step, key, ordinal)) WITHOUT ROWID;"
                       "PRAGMA temp.cache_size = -" CACHE "; PRAGMA temp.journal_mode = OFF; BEGIN");
    find_steps(sql, journal, jobfile);
    sqlite3_stmt *rows = sql_query(sql,
                                   "SELECT t.number, j.key, j.id, j.status FROM jobs j CROSS JOIN temp.step t"
                                   " WHERE t.id = j.step AND j.resumed IS NULL AND j.status BETWEEN 0 AND 3"
                                   " AND (j.output IS NULL OR j.output <= t.output)"
                                   " AND j.id > (SELECT min(row_base) FROM runs WHERE chain ="
                                   " (SELECT chain FROM runs WHERE id = ?1))"
                                   " ORDER BY t.number, j.key, j.status <> 0, j.result IS NULL, j.id",
                                   journal_run(journal));
    sqlite3_stmt *insert = sql_prepare(sql, "INSERT INTO temp.done VALUES (?, ?, ?, ?, ?, 0)");
    while (sql_step(sql, rows))
        index_job(resume, &group, rows, insert);
    (void)sqlite3_finalize(rows);
    (void)sqlite3_finalize(insert);
    /* What the sorter has needed is given back; from here on only the index is read much. */
    (void)sql_run(sql, "COMMIT; PRAGMA main.cache_size = -2048; PRAGMA shrink_memory");
}

struct resume *resume_open(const struct journal *journal, const struct jobfile *jobfile)
{
    struct resume *resume = memory_get(sizeof *resume);
    struct sql *sql = &resume->sql;

    if (sql_open(sql, journal_path(journal), SQLITE_OPEN_READONLY))
        build(resume, journal, jobfile);
    resume->find = sql_prepare(sql, "SELECT ordinal, bit, job FROM temp.done WHERE step = ? AND key = ?"
                                    " ORDER BY ordinal LIMIT 2");
    resume->again = sql_prepare(sql, "UPDATE temp.done SET again = again + 1 WHERE step = ? AND key = ? AND ordinal = 0"
                                     " RETURNING again");
    resume->ordinal = sql_prepare(sql, "SELECT job FROM temp.done WHERE step = ? AND key = ? AND ordinal = ?");
    resume->value = sql_prepare(sql, "SELECT result FROM jobs WHERE id = ?");
    if (!sql_failed(sql))
        return resume;
    notice(journal_path(journal), "the run cannot be resumed: %s", sql->failure.data);
    resume_close(resume);
    return NULL;
}

void resume_close(struct resume *resume)
{
    if (resume == NULL)
        return;
    (void)sqlite3_finalize(resume->find);
    (void)sqlite3_finalize(resume->again);
    (void)sqlite3_finalize(resume->ordinal);
    (void)sqlite3_finalize(resume->value);
    sql_close(&resume->sql);
    text_free(&resume->copy);
    free(resume->taken);
    free(resume);
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static void bind_job(sqlite3_stmt *statement, size_t step, const struct key *key)
{
    (void)sqlite3_bind_int64(statement, 1, (int64_t)step);
    (void)sqlite3_bind_blob(statement, 2, key->bytes, KEY_SIZE, SQLITE_STATIC);
}

/* The first number that a statement gives; 0: none. */
static int64_t first_number(struct resume *resume, sqlite3_stmt *statement)
{
    int64_t number = sql_step(&resume->sql, statement) ? sqlite3_column_int64(statement, 0) : 0;

    (void)sql_finish(&resume->sql, statement);
    return number;
}

/* The next of several equal jobs, the first of which is taken; its row, or 0: there is none. */
static int64_t take_another(struct resume *resume, size_t step, const struct key *key)
{
    bind_job(resume->again, step, key);
    int64_t ordinal = first_number(resume, resume->again);
    bind_job(resume->ordinal, step, key);
    (void)sqlite3_bind_int64(resume->ordinal, 3, ordinal);
    return first_number(resume, resume->ordinal);
}

enum resume_answer resume_take(struct resume *resume, size_t step, const struct key *key, int64_t *row)
{
    struct sql *sql = &resume->sql;
    bool failed = false;
    int64_t found = 0, bit = -1;

    bind_job(resume->find, step, key);
    while (bit < 0 && sql_step(sql, resume->find)) {
        failed = failed || sqlite3_column_int64(resume->find, 0) < 0;
        if (sqlite3_column_int64(resume->find, 0) == 0) {
            bit = sqlite3_column_int64(resume->find, 1);
            found = sqlite3_column_int64(resume->find, 2);
        }
    }
    (void)sqlite3_reset(resume->find);
    if (bit >= 0 && (resume->taken[bit / 8] & 1U << bit % 8) != 0)
        found = take_another(resume, step, key);
    else if (bit >= 0)
        resume->taken[bit / 8] |= (unsigned char)(1U << bit % 8);
    if (found == 0)
        return failed ? RESUME_FAILED : RESUME_NEW;
    *row = found;
    return RESUME_DONE;
}

/* Copied: a statement that is in the middle of a row would keep the log of the file from being emptied. */
bool resume_value(struct resume *resume, int64_t row, const void **value, size_t *size)
{
    (void)sqlite3_bind_int64(resume->value, 1, row);
    bool stored = sql_step(&resume->sql, resume->value) && sqlite3_column_type(resume->value, 0) != SQLITE_NULL;
    if (stored) {
        text_clear(&resume->copy);
        sql_bytes(resume->value, 0, &resume->copy);
        *value = resume->copy.data;
        *size = resume->copy.size;
    }
    (void)sqlite3_reset(resume->value);
    return stored;
}

const char *resume_failure(const struct resume *resume)
{
    return sql_failed(&resume->sql) ? resume->sql.failure.data : NULL;
}
