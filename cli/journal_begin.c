/*
 * cli/journal_begin.c - the beginning of a run, in its journal
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing.
 */
#include "cli/journal_begin.h"

#include "cli/command.h"
#include "cli/json.h"
#include "cli/memory.h"
#include "cli/notice.h"
#include "cli/resume.h"
#include "cli/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DAY_NS INT64_C(86400000000000)

int64_t journal_clock_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- whose it is ------------------------------------------------------------------------------------------------- */

static void write_identity(struct sql *sql, const struct identity *identity)
{
    sqlite3_stmt *insert = sql_prepare(sql, "INSERT INTO journal VALUES (?, ?, ?, ?)");

    (void)sqlite3_bind_blob(insert, 1, identity->key.bytes, KEY_SIZE, SQLITE_STATIC);
    (void)sqlite3_bind_blob(insert, 2, identity->jobfile, (int)strlen(identity->jobfile), SQLITE_STATIC);
    (void)sqlite3_bind_blob(insert, 3, identity->directory, (int)strlen(identity->directory), SQLITE_STATIC);
    (void)sqlite3_bind_text(insert, 4, identity->settings.data, (int)identity->settings.size, SQLITE_STATIC);
    (void)sql_finish(sql, insert);
    (void)sqlite3_finalize(insert);
}

static void say_other(const char *path, sqlite3_stmt *query)
{
    struct text jobfile = {0}, directory = {0}, settings = {0};

    sql_bytes(query, 1, &jobfile);
    sql_bytes(query, 2, &directory);
    sql_bytes(query, 3, &settings);
    notice(path, "is the journal of another run: job file %s, in %s, --set %s; name another file: --journal FILE",
           jobfile.data, directory.data, settings.data);
    text_free(&jobfile);
    text_free(&directory);
    text_free(&settings);
}

/* Is it ours? One that is nobody's yet is from now on. */
static bool check_identity(struct sql *sql, const char *path, const struct identity *identity)
{
    sqlite3_stmt *query = sql_prepare(sql, "SELECT identity, jobfile, directory, settings FROM journal");
    bool theirs = false;

    if (sql_step(sql, query)) {
        const void *key = sqlite3_column_blob(query, 0);
        theirs = sqlite3_column_bytes(query, 0) != KEY_SIZE || memcmp(key, identity->key.bytes, KEY_SIZE) != 0;
        if (theirs)
            say_other(path, query);
    } else if (!sql_failed(sql)) {
        write_identity(sql, identity);
    }
    (void)sqlite3_finalize(query);
    return !theirs;
}

/* ---- what was there before --------------------------------------------------------------------------------------- */

/*
 * Removes chains whose last run began too long ago, but not the one that is resumed. The rows of a run lie together,
 * for one run at a time writes: up to where the next one begins.
 */
static void remove_old(struct sql *sql, int64_t kept)
{
    sqlite3_stmt *query =
        sql_query(sql,
                  "SELECT id, row_base, (SELECT min(n.row_base) FROM runs n WHERE n.id > r.id)"
                  " FROM runs r WHERE (SELECT max(l.started) FROM runs l WHERE l.chain = r.chain) < ?1"
                  " AND chain <> ?2",
                  journal_clock_ns() - STATE_DAYS * DAY_NS);
    sqlite3_stmt *rows = sql_prepare(sql, "DELETE FROM jobs WHERE id > ? AND id <= ?");

    (void)sqlite3_bind_int64(query, 2, kept);
    while (sql_step(sql, query)) {
        bool last = sqlite3_column_type(query, 2) == SQLITE_NULL;
        (void)sqlite3_bind_int64(rows, 1, sqlite3_column_int64(query, 1));
        (void)sqlite3_bind_int64(rows, 2, last ? INT64_MAX : sqlite3_column_int64(query, 2));
        (void)sql_finish(sql, rows);
        int64_t run = sqlite3_column_int64(query, 0);
        (void)sql_number(sql, "DELETE FROM steps WHERE run = ?", run, 0);
        (void)sql_number(sql, "DELETE FROM runs WHERE id = ?", run, 0);
    }
    (void)sqlite3_finalize(query);
    (void)sqlite3_finalize(rows);
}

/* The run that this one resumes, or the last one; 0: there is none. */
static int64_t earlier_run(struct sql *sql, const struct journal_options *options)
{
    if (options->resume && options->resume_number != 0)
        return sql_number(sql, "SELECT max(id) FROM runs WHERE number = ?", options->resume_number, 0);
    return sql_number(sql, "SELECT max(id) FROM runs", 0, 0);
}

/* Jobs that are done are counted only where somebody wants to know: it takes a look at each row. */
static void look_at_earlier(struct sql *sql, int64_t run, struct journal_earlier *earlier)
{
    earlier->number = sql_number(sql, "SELECT number FROM runs WHERE id = ?", run, 0);
    earlier->unfinished = sql_number(sql, "SELECT exit FROM runs WHERE id = ?", run, 1) != 0;
    if (!earlier->unfinished)
        return;
    earlier->done = (uint64_t)sql_number(
        sql,
        "SELECT count(*) FROM jobs WHERE status = 0 AND resumed IS NULL AND id > (SELECT min(row_base) FROM runs"
        " WHERE chain = (SELECT chain FROM runs WHERE id = ?1)) AND step IN (SELECT s.id FROM steps s JOIN runs r"
        " ON r.id = s.run WHERE r.chain = (SELECT chain FROM runs WHERE id = ?1))",
        run, 0);
    /* What the run has said at its end; else the steps, if of each it is known. */
    earlier->total =
        (uint64_t)sql_number(sql,
                             "SELECT coalesce((SELECT json_extract(summary, '$.jobs.total') FROM runs WHERE id = ?1),"
                             " (SELECT CASE WHEN count(jobs) = count(*) THEN sum(jobs) END FROM steps WHERE run = ?1))",
                             run, 0);
    /* Jobs that have changed since were done all the same. */
    if (earlier->done > earlier->total)
        earlier->total = 0;
}

/* ---- the beginning ----------------------------------------------------------------------------------------------- */

/* The start of this process, in ticks since boot: with the boot's id it tells a process from a later one of its pid. */
static int64_t own_start(void)
{
    FILE *file = fopen("/proc/self/stat", "re");
    char line[1024] = "";
    int64_t start = 0;

    if (file != NULL && fgets(line, sizeof line, file) != NULL) {
        /* Field 22; the second one is the name in parentheses, and may have anything in it. */
        char *field = strrchr(line, ')');
        for (int i = 2; field != NULL && i < 22; i++)
            field = strchr(field + 1, ' ');
        start = field != NULL ? strtoll(field, NULL, 10) : 0;
    }
    if (file != NULL)
        (void)fclose(file);
    return start;
}

static void read_boot(char boot[40])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

    boot[0] = '\0';
    if (file != NULL && fgets(boot, 40, file) != NULL)
        boot[strcspn(boot, "\n")] = '\0';
    if (file != NULL)
        (void)fclose(file);
}

static void write_run(struct sql *sql, const char *name, const struct journal_begin *begin)
{
    char host[256] = "", boot[40];
    sqlite3_stmt *insert =
        sql_prepare(sql, "INSERT INTO runs (id, number, chain, name, version, host, pid, pid_start,"
                         " boot, started, output, output_base, row_base) VALUES (?,?,?,?,?,?,?,?,?,?,"
                         "?,?, (SELECT coalesce(max(id), 0) FROM jobs))");

    (void)gethostname(host, sizeof host - 1);
    read_boot(boot);
    (void)sqlite3_bind_int64(insert, 1, begin->run);
    (void)sqlite3_bind_int64(insert, 2, begin->number);
    (void)sqlite3_bind_int64(insert, 3, begin->chain);
    (void)sqlite3_bind_blob(insert, 4, name, (int)strlen(name), SQLITE_STATIC);
    (void)sqlite3_bind_text(insert, 5, MPOOL_VERSION, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(insert, 6, host, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(insert, 7, getpid());
    (void)sqlite3_bind_int64(insert, 8, own_start());
    (void)sqlite3_bind_text(insert, 9, boot, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(insert, 10, journal_clock_ns());
    if (begin->output != NULL) {
        (void)sqlite3_bind_blob(insert, 11, begin->output, (int)strlen(begin->output), SQLITE_STATIC);
        (void)sqlite3_bind_int64(insert, 12, begin->output_base);
    }
    (void)sql_finish(sql, insert);
    (void)sqlite3_finalize(insert);
}

/* What the totals of a step are, for who checks them: {"bytes": {"sum": "bytes"}, "files": {"count": null}} */
static void describe_totals(const struct step *step, struct text *to)
{
    text_char(to, '{');
    for (size_t i = 0; i < step->total_count; i++) {
        const struct total *total = &step->totals[i];
        text_printf(to, "%s\"%s\":{\"%s\":", i > 0 ? "," : "", total->name, total->operation);
        if (total->field != NULL)
            json_string(to, total->field, strlen(total->field));
        else
            text_string(to, "null");
        text_char(to, '}');
    }
    text_char(to, '}');
}

/* Returns the rowid of the first step. */
static int64_t write_steps(struct sql *sql, const struct jobfile *jobfile, int64_t run)
{
    int64_t first = sql_number(sql, "SELECT max(id) + 1 FROM steps", 0, 1);
    sqlite3_stmt *insert = sql_prepare(sql, "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, NULL)");
    struct text totals = {0};

    for (size_t i = 0; i < jobfile->step_count; i++) {
        const struct step *step = &jobfile->steps[i];
        text_clear(&totals);
        describe_totals(step, &totals);
        (void)sqlite3_bind_int64(insert, 1, first + (int64_t)i);
        (void)sqlite3_bind_int64(insert, 2, run);
        (void)sqlite3_bind_int64(insert, 3, (int64_t)i);
        (void)sqlite3_bind_blob(insert, 4, step->name, (int)strlen(step->name), SQLITE_STATIC);
        (void)sqlite3_bind_blob(insert, 5, step->function, step->function != NULL ? (int)strlen(step->function) : 0,
                                SQLITE_STATIC);
        (void)sqlite3_bind_int64(insert, 6, (int64_t)step->limits.retries + 1);
        (void)sqlite3_bind_text(insert, 7, totals.data, (int)totals.size, SQLITE_STATIC);
        (void)sql_finish(sql, insert);
    }
    (void)sqlite3_finalize(insert);
    text_free(&totals);
    return first;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

int journal_begin(struct sql *sql, const char *path, const struct journal_options *options,
                  const struct identity *identity, struct journal_begin *begin)
{
    if (!check_identity(sql, path, identity))
        return EXIT_JOURNAL;
    int64_t earlier = earlier_run(sql, options);
    if (earlier == 0 && options->resume && options->resume_number != 0 && !sql_failed(sql)) {
        notice(path, "has no run %" PRId64 " to resume; mpool status lists them", options->resume_number);
        return EXIT_USAGE;
    }
    begin->run = sql_number(sql, "SELECT max(id) + 1 FROM runs", 0, 1);
    begin->chain = begin->run;
    if (begin->number == 0)
        begin->number = begin->run;
    if (earlier != 0) {
        look_at_earlier(sql, earlier, &begin->earlier);
        if (options->resume)
            begin->chain = sql_number(sql, "SELECT chain FROM runs WHERE id = ?", earlier, begin->run);
    }
    if (options->resume && begin->output != NULL)
        begin->output_base = resume_output(sql, begin->chain, begin->output, options->output_size);
    remove_old(sql, begin->chain);
    write_run(sql, options->jobfile->name, begin);
    begin->first_step = write_steps(sql, options->jobfile, begin->run);
    return EXIT_DONE;
}
