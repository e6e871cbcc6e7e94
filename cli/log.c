/*
 * cli/log.c - `mpool log`: the jobs of a run that failed, and all that is known of one job
 *
 *     sizes/12: /a/b: failed after 3 attempts, 0.520 s: /a/b: No such file or directory
 *
 * Runs in: the mpool command. Nothing is forked. Owns: nothing.
 */
#include "cli/command.h"
#include "cli/json.h"
#include "cli/names.h"
#include "cli/notice.h"
#include "cli/record_job.h"
#include "cli/record_list.h"
#include "cli/words.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Columns of the query for jobs. */
enum {
    STEP,
    NUMBER,
    KEY,
    STATUS,
    ATTEMPTS,
    LIMIT,
    WORKER,
    STARTED,
    ENDED,
    ITEM,
    ERROR,
    RESULT,
    OUTPUT,
    EXIT,
    SIGNAL,
    RESUMED,
    ROW
};

#define QUERY                                                                                                          \
    "SELECT s.name, iif(j.number < 0, ?3, j.number), j.key, j.status, j.attempts, s.attempts_max, j.worker,"           \
    " j.started, j.ended, j.item, j.error, coalesce(j.result, o.result), j.output, j.exit, j.signal, j.resumed, j.id"  \
    " FROM jobs j CROSS JOIN steps s ON s.id = j.step LEFT JOIN jobs o ON o.id = j.resumed"                            \
    " WHERE j.id > ?1 AND j.id <= ?2 AND "

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

static bool is_null(sqlite3_stmt *job, int column)
{
    return sqlite3_column_type(job, column) == SQLITE_NULL;
}

static int64_t number(sqlite3_stmt *job, int column)
{
    return sqlite3_column_int64(job, column);
}

/* What is in the record is anybody's: nothing of it goes to a terminal as it is. */
static void add_name(struct text *to, sqlite3_stmt *job, int column)
{
    struct text name = {0};

    sql_bytes(job, column, &name);
    names_escape(to, name.data, name.size);
    text_free(&name);
}

static void add_job_name(struct text *to, sqlite3_stmt *job)
{
    add_name(to, job, STEP);
    text_printf(to, "/%" PRId64, number(job, NUMBER));
}

/* The item is in the record as people may see it; but it may be a record that somebody else has made. */
static void add_shown(struct text *to, sqlite3_stmt *job, int column)
{
    struct text shown = {0};

    sql_bytes(job, column, &shown);
    names_clean(to, shown.data, shown.size);
    text_free(&shown);
}

static void add_seconds(struct text *to, sqlite3_stmt *job)
{
    text_printf(to, "%.3f", (double)(number(job, ENDED) - number(job, STARTED)) / 1e9);
}

/* ---- a list ------------------------------------------------------------------------------------------------------ */

static void add_line(struct text *line, sqlite3_stmt *job)
{
    add_job_name(line, job);
    text_string(line, ": ");
    if (sqlite3_column_bytes(job, ITEM) > 0) {
        add_shown(line, job, ITEM);
        text_string(line, ": ");
    }
    text_printf(line, "%s after %" PRId64 " attempt%s", record_status_name(number(job, STATUS)), number(job, ATTEMPTS),
                number(job, ATTEMPTS) == 1 ? "" : "s");
    if (!is_null(job, STARTED)) {
        text_string(line, ", ");
        add_seconds(line, job);
        text_string(line, " s");
    }
    if (!is_null(job, ERROR)) {
        text_string(line, ": ");
        add_shown(line, job, ERROR);
    }
    text_char(line, '\n');
}

static void json_text(struct text *to, const char *name, sqlite3_stmt *job, int column)
{
    struct text bytes = {0};

    text_printf(to, ",\"%s\":", name);
    sql_bytes(job, column, &bytes);
    if (is_null(job, column))
        text_string(to, "null");
    else
        json_bytes(to, bytes.data, bytes.size);
    text_free(&bytes);
}

static void json_number(struct text *to, const char *name, sqlite3_stmt *job, int column)
{
    text_printf(to, ",\"%s\":", name);
    if (is_null(job, column))
        text_string(to, "null");
    else
        text_signed(to, number(job, column));
}

static void add_json(struct text *line, sqlite3_stmt *job)
{
    struct text bytes = {0};

    text_string(line, "{\"step\":");
    sql_bytes(job, STEP, &bytes);
    json_bytes(line, bytes.data, bytes.size);
    json_number(line, "index", job, NUMBER);
    json_text(line, "item", job, ITEM);
    text_printf(line, ",\"status\":\"%s\",\"result\":", record_status_name(number(job, STATUS)));
    text_clear(&bytes);
    sql_bytes(job, RESULT, &bytes);
    json_packed(line, bytes.data, bytes.size);
    json_text(line, "error", job, ERROR);
    json_number(line, "attempts", job, ATTEMPTS);
    json_number(line, "worker", job, WORKER);
    text_string(line, ",\"seconds\":");
    if (is_null(job, STARTED))
        text_string(line, "null");
    else
        add_seconds(line, job);
    text_printf(line, ",\"ended\":%.3f", (double)number(job, ENDED) / 1e9);
    json_number(line, "exit_code", job, EXIT);
    json_number(line, "signal", job, SIGNAL);
    text_printf(line, ",\"resumed\":%s}\n", is_null(job, RESUMED) ? "false" : "true");
    text_free(&bytes);
}

/* Prints the jobs of a query, each by `add`; how many there were. */
static uint64_t print_jobs(struct record *record, sqlite3_stmt *jobs, void (*add)(struct text *, sqlite3_stmt *))
{
    struct text line = {0};
    uint64_t count = 0;

    while (sql_step(&record->sql, jobs)) {
        text_clear(&line);
        add(&line, jobs);
        text_write(&line, stdout);
        count++;
    }
    (void)sqlite3_finalize(jobs);
    text_free(&line);
    return count;
}

static sqlite3_stmt *begin(struct record *record, const struct record_run *run, const char *query)
{
    sqlite3_stmt *jobs = sql_query(&record->sql, query, run->row_base);

    (void)sqlite3_bind_int64(jobs, 2, run->row_end);
    return jobs;
}

static int list_failed(struct record *record, const struct record_run *run, bool json)
{
    sqlite3_stmt *jobs = begin(record, run, QUERY "j.status BETWEEN 1 AND 3 ORDER BY j.id");

    if (print_jobs(record, jobs, json ? add_json : add_line) == 0 && !json)
        (void)printf("no job of run %" PRId64 " has failed%s\n", run->number,
                     run->state == RECORD_RUNNING ? " so far" : "");
    return EXIT_DONE;
}

/* ---- one job ----------------------------------------------------------------------------------------------------- */

static void begin_field(struct text *to, const char *name)
{
    text_printf(to, "%-9s ", name);
}

static void add_end(struct text *to, sqlite3_stmt *job)
{
    if (!is_null(job, ERROR)) {
        begin_field(to, "error");
        add_shown(to, job, ERROR);
        text_char(to, '\n');
    }
    if (!is_null(job, EXIT)) {
        begin_field(to, "exit");
        text_printf(to, "%" PRId64 "\n", number(job, EXIT));
    }
    if (!is_null(job, SIGNAL)) {
        const char *name = sigabbrev_np((int)number(job, SIGNAL));
        begin_field(to, "signal");
        text_printf(to, "%" PRId64 "%s%s\n", number(job, SIGNAL), name != NULL ? " SIG" : "", name != NULL ? name : "");
    }
    if (!is_null(job, RESULT)) {
        struct text packed = {0};
        begin_field(to, "result");
        sql_bytes(job, RESULT, &packed);
        json_packed(to, packed.data, packed.size);
        text_char(to, '\n');
        text_free(&packed);
    }
}

static void add_times(struct text *to, sqlite3_stmt *job)
{
    if (!is_null(job, STARTED)) {
        begin_field(to, "started");
        record_time(to, number(job, STARTED));
        text_char(to, '\n');
    }
    begin_field(to, "ended");
    record_time(to, number(job, ENDED));
    text_char(to, '\n');
    if (!is_null(job, STARTED)) {
        begin_field(to, "seconds");
        add_seconds(to, job);
        text_char(to, '\n');
    }
}

/* All of it, a field a line. */
static void add_fields(struct text *to, sqlite3_stmt *job)
{
    const unsigned char *key = sqlite3_column_blob(job, KEY);

    begin_field(to, "job");
    add_job_name(to, job);
    text_char(to, '\n');
    begin_field(to, "item");
    add_shown(to, job, ITEM);
    text_char(to, '\n');
    begin_field(to, "status");
    text_printf(to, "%s%s\n", record_status_name(number(job, STATUS)),
                is_null(job, RESUMED) ? "" : ", by an earlier run");
    add_end(to, job);
    begin_field(to, "attempts");
    text_printf(to, "%" PRId64 " of %" PRId64 "\n", number(job, ATTEMPTS), number(job, LIMIT));
    if (!is_null(job, WORKER)) {
        begin_field(to, "worker");
        text_printf(to, "%" PRId64 "\n", number(job, WORKER));
    }
    add_times(to, job);
    if (!is_null(job, OUTPUT)) {
        begin_field(to, "output");
        text_printf(to, "its line ends at byte %" PRId64 "\n", number(job, OUTPUT));
    }
    begin_field(to, "key");
    for (int i = 0; i < sqlite3_column_bytes(job, KEY); i++)
        text_printf(to, "%02x", key[i]);
    text_printf(to, "\n%-9s %" PRId64 "\n", "row", number(job, ROW));
}

static int tell_job(struct record *record, const struct record_run *run, const char *word, bool json)
{
    struct text step = {0};
    int64_t index;
    int code = EXIT_USAGE;

    if (record_job(record, run, word, &step, &index)) {
        sqlite3_stmt *job =
            begin(record, run, QUERY "j.number IN (?3, iif(?3 < s.jobs, -1, ?3)) AND s.name = ?4 ORDER BY j.id");
        (void)sqlite3_bind_int64(job, 3, index);
        (void)sqlite3_bind_blob(job, 4, step.data, (int)step.size, SQLITE_STATIC);
        code = print_jobs(record, job, json ? add_json : add_fields) > 0 ? EXIT_DONE : EXIT_JOBS;
        if (code == EXIT_JOBS)
            notice(word, "run %" PRId64 " has written down no end of this job", run->number);
    }
    text_free(&step);
    return code;
}

int command_log(int argc, char **argv)
{
    struct words words;
    struct record record;
    struct record_run run;

    words_read(&words, &words_log_argp, argc, argv);
    int code = record_find(words.words[0], &record, &run);
    if (code != EXIT_DONE)
        return code;
    code =
        words.count > 1 ? tell_job(&record, &run, words.words[1], words.json) : list_failed(&record, &run, words.json);
    if (sql_failed(&record.sql)) {
        notice(record.path, "%s", record.sql.failure.data);
        code = EXIT_BROKEN;
    }
    record_run_free(&run);
    record_close(&record);
    return code;
}
