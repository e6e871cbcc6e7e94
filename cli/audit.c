/*
 * cli/audit.c - `mpool audit`: is the record of each run in a journal as it has to be?
 *
 *     run 17, sizes: done
 *       ok  10,000 rows, each of a step of this run
 *       ok  no job has two ends
 *       --  total sizes.mean: a mean is not recomputed
 *       NO  job sizes/5 has 4 attempts, and 3 are the most: row 6
 *     1 run, 2 checks, 1 violation
 *
 * Runs in: the mpool command. Nothing is forked. Owns: nothing.
 *
 * It reads the record as it is in the file, and nothing that the run itself has computed but the summary at its end,
 * which is what it checks.
 */
#include "cli/audit.h"

#include "cli/command.h"
#include "cli/json.h"
#include "cli/names.h"
#include "cli/notice.h"
#include "cli/record_list.h"
#include "cli/words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void audit_tell(struct audit *audit, enum audit_finding finding, const char *format, ...)
{
    static const char *const marks[] = {"  ok  ", "  --  ", "  NO  "};
    struct text line = {0}, message = {0};
    va_list args;

    va_start(args, format);
    text_vprintf(&message, format, args);
    va_end(args);
    audit->count[finding]++;
    if (audit->json) {
        text_string(&audit->list[finding], audit->list[finding].size > 0 ? "," : "");
        json_string(&audit->list[finding], message.data, message.size);
    } else {
        text_string(&line, marks[finding]);
        names_clean(&line, message.data, message.size);
        (void)puts(line.data);
    }
    text_free(&line);
    text_free(&message);
}

sqlite3_stmt *audit_query(struct audit *audit, const char *statement)
{
    sqlite3_stmt *query = sql_query(&audit->record->sql, statement, audit->run->row_base);

    (void)sqlite3_bind_int64(query, 2, audit->run->row_end);
    (void)sqlite3_bind_int64(query, 3, audit->run->id);
    return query;
}

/* SQLite's own look at the file: pages, order and counts. */
static void check_file(struct audit *audit)
{
    struct sql *sql = &audit->record->sql;
    sqlite3_stmt *query = sql_prepare(sql, "PRAGMA quick_check");

    while (sql_step(sql, query)) {
        const char *found = (const char *)sqlite3_column_text(query, 0);
        if (found != NULL && strcmp(found, "ok") != 0)
            audit_tell(audit, AUDIT_BROKEN, "the file is damaged: %s", found);
    }
    (void)sqlite3_finalize(query);
}

static void begin_run(struct audit *audit)
{
    struct text line = {0};

    if (audit->json)
        return;
    text_printf(&line, "run %" PRId64 ", ", audit->run->number);
    names_escape(&line, audit->run->name.data, audit->run->name.size);
    text_printf(&line, ": %s\n", record_state_name(audit->run->state));
    text_write(&line, stdout);
    text_free(&line);
}

static void end_run(struct audit *audit, bool first)
{
    static const char *const names[] = {"checked", "not_checked", "violations"};
    struct text line = {0};
    struct record_counts counts;

    if (!audit->json)
        return;
    record_count(audit->record, audit->run, &counts);
    text_string(&line, first ? "" : ",\n");
    record_json(&line, audit->run, &counts);
    for (int i = 0; i < AUDIT_FINDINGS; i++) {
        text_printf(&line, ",\"%s\":[%s]", names[i], audit->list[i].size > 0 ? audit->list[i].data : "");
        text_clear(&audit->list[i]);
    }
    (void)printf("%s}", line.data);
    text_free(&line);
}

/* Returns how many runs there are. */
static uint64_t check_runs(struct audit *audit)
{
    struct record_run run;
    sqlite3_stmt *query = NULL;
    uint64_t count = 0;

    while (record_next(audit->record, &query, &run)) {
        audit->run = &run;
        begin_run(audit);
        if (count == 0)
            check_file(audit);
        audit_jobs(audit);
        audit_totals(audit);
        audit_output(audit);
        end_run(audit, count == 0);
        record_run_free(&run);
        count++;
    }
    return count;
}

static void print_end(const struct audit *audit, uint64_t runs)
{
    uint64_t checks = audit->count[AUDIT_HOLDS], broken = audit->count[AUDIT_BROKEN];

    if (audit->json)
        (void)printf("],\"checks\":%" PRIu64 ",\"violations\":%" PRIu64 "}\n", checks, broken);
    else
        (void)printf("%" PRIu64 " run%s, %" PRIu64 " check%s, %" PRIu64 " violation%s\n", runs, runs == 1 ? "" : "s",
                     checks, checks == 1 ? "" : "s", broken, broken == 1 ? "" : "s");
}

int command_audit(int argc, char **argv)
{
    struct words words;
    struct record record;
    struct audit audit = {.record = &record};

    words_read(&words, &words_audit_argp, argc, argv);
    audit.json = words.json;
    const char *problem = record_open(&record, words.words[0]);
    if (problem != NULL) {
        notice(words.words[0], "%s", problem);
        record_close(&record);
        return EXIT_JOURNAL;
    }
    if (audit.json)
        (void)fputs("{\"runs\":[", stdout);
    print_end(&audit, check_runs(&audit));
    int code = audit.count[AUDIT_BROKEN] > 0 ? EXIT_JOBS : EXIT_DONE;
    if (sql_failed(&record.sql)) {
        notice(record.path, "cannot be checked any further: %s", record.sql.failure.data);
        code = EXIT_BROKEN;
    }
    for (int i = 0; i < AUDIT_FINDINGS; i++)
        text_free(&audit.list[i]);
    record_close(&record);
    return code;
}
