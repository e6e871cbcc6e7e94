/*
 * cli/status.c - `mpool status`: the runs that have a journal, the steps of one, and one job
 *
 *     run  name   state         done  failed   total  started              directory  journal
 *      17  sizes  interrupted  9,800       2  10,000  2026-05-01 10:00:00  /home/a/b  /home/a/.local/state/mpool/...
 *
 * Runs in: the mpool command. Nothing is forked. Owns: nothing.
 */
#include "cli/command.h"
#include "cli/json.h"
#include "cli/live.h"
#include "cli/names.h"
#include "cli/notice.h"
#include "cli/record_list.h"
#include "cli/status_job.h"
#include "cli/table.h"
#include "cli/words.h"

#include <inttypes.h>
#include <stdio.h>

/* Bytes of a name that are shown. */
#define NAME_SHOWN 60

/* The columns that are no numbers. */
#define RUN_TEXTS (1U << 1 | 1U << 2 | 1U << 6 | 1U << 7 | 1U << 8)
#define STEP_TEXTS (1U << 0)

static const char *const run_names[] = {"run",   "name",    "state",     "done",    "failed",
                                        "total", "started", "directory", "journal", NULL};

static uint64_t failed(const struct record_counts *counts)
{
    return counts->ended[MPOOL_FAILED] + counts->ended[MPOOL_CRASHED] + counts->ended[MPOOL_TIMED_OUT];
}

static void add_total(struct text *cell, int64_t total)
{
    if (total >= 0)
        text_number(cell, (unsigned long long)total);
    else
        text_char(cell, '?');
}

static void add_run(struct table *table, const struct record_run *run, const struct record_counts *counts)
{
    struct text *row = table_row(table);

    text_signed(&row[0], run->number);
    names_escape_cut(&row[1], run->name.data, run->name.size, NAME_SHOWN);
    text_string(&row[2], record_state_name(run->state));
    text_number(&row[3], counts->ended[MPOOL_DONE]);
    text_number(&row[4], failed(counts));
    add_total(&row[5], counts->total);
    record_time(&row[6], run->started_ns);
    names_escape(&row[7], run->directory.data, run->directory.size);
    names_escape(&row[8], run->journal.data, run->journal.size);
}

/* ---- all runs ---------------------------------------------------------------------------------------------------- */

/* Counting takes a look at each row, so a run is counted when it is shown, and not before. */
static bool count_run(const struct record_run *run, struct record_counts *counts)
{
    struct record record;
    const char *problem = record_open(&record, run->journal.data);

    if (problem == NULL) {
        record_count(&record, run, counts);
        if (sql_failed(&record.sql))
            problem = record.sql.failure.data;
    }
    if (problem != NULL)
        notice(run->journal.data, "%s", problem);
    record_close(&record);
    return problem == NULL;
}

static int show_all(bool json)
{
    struct record_list list;
    struct table table = {0};
    struct text line = {0};
    struct record_counts counts;

    record_list_read(&list);
    table_heading(&table, run_names);
    for (size_t i = 0; i < list.count; i++) {
        if (!count_run(&list.runs[i], &counts))
            continue;
        text_string(&line, line.size > 0 ? ",\n" : "");
        record_json(&line, &list.runs[i], &counts);
        text_char(&line, '}');
        add_run(&table, &list.runs[i], &counts);
    }
    if (json)
        (void)printf("{\"runs\":[%s]}\n", line.size > 0 ? line.data : "");
    else if (list.count == 0)
        (void)puts("no run has a journal");
    else
        table_print(&table, RUN_TEXTS);
    table_free(&table);
    record_list_free(&list);
    text_free(&line);
    return EXIT_DONE;
}

/* ---- one run ----------------------------------------------------------------------------------------------------- */

/* The steps of a run, each with how many of its jobs are done, have failed, and have ended otherwise. */
static const char steps[] =
    "SELECT s.name, s.jobs, coalesce(j.done, 0), coalesce(j.failed, 0), coalesce(j.others, 0) FROM steps s LEFT JOIN"
    " (SELECT step, sum(status = 0) AS done, sum(status BETWEEN 1 AND 3) AS failed,"
    " sum((status > 3) * " RECORD_ENDS ") AS others FROM jobs j WHERE id > ?2 AND id <= ?3 GROUP BY step) j"
    " ON j.step = s.id WHERE s.run = ?1 ORDER BY s.number";

static sqlite3_stmt *begin_steps(struct record *record, const struct record_run *run)
{
    sqlite3_stmt *query = sql_query(&record->sql, steps, run->id);

    (void)sqlite3_bind_int64(query, 2, run->row_base);
    (void)sqlite3_bind_int64(query, 3, run->row_end);
    return query;
}

static void json_steps(struct record *record, const struct record_run *run, const struct record_counts *counts,
                       const struct live *live)
{
    sqlite3_stmt *query = begin_steps(record, run);
    struct text line = {0}, name = {0};
    const char *comma = "";

    record_json(&line, run, counts);
    text_string(&line, ",\"steps\":[");
    while (sql_step(&record->sql, query)) {
        text_clear(&name);
        sql_bytes(query, 0, &name);
        text_printf(&line, "%s{\"step\":", comma);
        json_bytes(&line, name.data, name.size);
        text_string(&line, ",\"total\":");
        if (sqlite3_column_type(query, 1) != SQLITE_NULL)
            text_signed(&line, sqlite3_column_int64(query, 1));
        else
            text_string(&line, "null");
        text_printf(&line, ",\"done\":%lld,\"failed\":%lld,\"others\":%lld}", (long long)sqlite3_column_int64(query, 2),
                    (long long)sqlite3_column_int64(query, 3), (long long)sqlite3_column_int64(query, 4));
        comma = ",";
    }
    (void)sqlite3_finalize(query);
    text_string(&line, "],\"workers\":");
    live_json(live, record, run, &line);
    (void)printf("%s}\n", line.data);
    text_free(&line);
    text_free(&name);
}

static void print_steps(struct record *record, const struct record_run *run, const struct record_counts *counts,
                        const struct live *live)
{
    static const char *const step_names[] = {"step", "done", "failed", "others", "total", NULL};
    struct table table = {0}, inner = {0};
    sqlite3_stmt *query = begin_steps(record, run);

    table_heading(&table, run_names);
    add_run(&table, run, counts);
    table_print(&table, RUN_TEXTS);
    table_heading(&inner, step_names);
    while (sql_step(&record->sql, query)) {
        struct text *row = table_row(&inner), name = {0};
        sql_bytes(query, 0, &name);
        names_escape_cut(&row[0], name.data, name.size, NAME_SHOWN);
        text_free(&name);
        for (int c = 1; c < 4; c++)
            text_number(&row[c], (unsigned long long)sqlite3_column_int64(query, c + 1));
        add_total(&row[4], sqlite3_column_type(query, 1) != SQLITE_NULL ? sqlite3_column_int64(query, 1) : -1);
    }
    (void)sqlite3_finalize(query);
    (void)putchar('\n');
    table_print(&inner, STEP_TEXTS);
    if (run->state == RECORD_RUNNING)
        live_print(live, record, run, counts);
    else if (run->exit_code >= 0)
        (void)printf("\nended with exit code %d\n", run->exit_code);
    else
        (void)printf("\nprocess %" PRId64 " is gone, and has written no end: it was killed, or its journal was full\n",
                     run->pid);
    table_free(&table);
    table_free(&inner);
}

static void show_steps(struct record *record, const struct record_run *run, const struct live *live, bool json)
{
    struct record_counts counts;

    record_count(record, run, &counts);
    if (json)
        json_steps(record, run, &counts, live);
    else
        print_steps(record, run, &counts, live);
}

static int show_one(const char *word, const char *job, bool json)
{
    struct record record;
    struct record_run run;
    struct live live;
    int code = record_find(word, &record, &run);

    if (code != EXIT_DONE)
        return code;
    live_look(&live, &record, &run);
    if (job != NULL)
        code = status_job(&record, &run, &live, job, json);
    else
        show_steps(&record, &run, &live, json);
    live_end(&live);
    if (sql_failed(&record.sql)) {
        notice(record.path, "%s", record.sql.failure.data);
        code = EXIT_BROKEN;
    }
    record_run_free(&run);
    record_close(&record);
    return code;
}

int command_status(int argc, char **argv)
{
    struct words words;

    words_read(&words, &words_status_argp, argc, argv);
    return words.count > 0 ? show_one(words.words[0], words.words[1], words.json) : show_all(words.json);
}
