/*
 * cli/record_list.c - all runs that this user has a record of
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing; lists belong to their users.
 */
#include "cli/record_list.h"

#include "cli/command.h"
#include "cli/json.h"
#include "cli/memory.h"
#include "cli/notice.h"
#include "cli/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the list ---------------------------------------------------------------------------------------------------- */

/* A journal that cannot be read is told of, and the others are listed. */
static void add_journal(void *user, const char *path)
{
    struct record_list *list = user;
    struct record record;
    sqlite3_stmt *query = NULL;
    const char *problem = record_open(&record, path);
    struct record_run run;

    while (problem == NULL && record_next(&record, &query, &run)) {
        list->runs = memory_more(list->runs, &list->room, list->count, sizeof *list->runs);
        list->runs[list->count++] = run;
    }
    if (problem == NULL && sql_failed(&record.sql))
        problem = record.sql.failure.data;
    /* A link to a journal that is gone, and one that a run is making this moment, have no runs. */
    if (problem != NULL && access(path, F_OK) == 0 && strcmp(problem, "is empty") != 0)
        notice(path, "%s", problem);
    record_close(&record);
}

static int last_first(const void *a, const void *b)
{
    const struct record_run *one = a, *other = b;

    if (one->started_ns != other->started_ns)
        return one->started_ns < other->started_ns ? 1 : -1;
    return (one->id < other->id) - (one->id > other->id);
}

static bool is_same(const struct record_run *a, const struct record_run *b)
{
    return a->id == b->id && strcmp(a->journal.data, b->journal.data) == 0;
}

void record_list_read(struct record_list *list)
{
    size_t kept = 0;

    *list = (struct record_list){0};
    state_each(add_journal, list);
    if (list->count > 0)
        qsort(list->runs, list->count, sizeof *list->runs, last_first);
    /* A journal may be there by several names. */
    for (size_t i = 0; i < list->count; i++) {
        if (kept > 0 && is_same(&list->runs[kept - 1], &list->runs[i]))
            record_run_free(&list->runs[i]);
        else
            list->runs[kept++] = list->runs[i];
    }
    list->count = kept;
}

void record_list_free(struct record_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        record_run_free(&list->runs[i]);
    free(list->runs);
    *list = (struct record_list){0};
}

/* ---- finding one ------------------------------------------------------------------------------------------------- */

/* The last run of a journal. */
static int find_in_file(const char *path, struct record *record, struct record_run *run)
{
    sqlite3_stmt *query = NULL;
    const char *problem = record_open(record, path);

    if (problem == NULL && record_next(record, &query, run)) {
        (void)sqlite3_finalize(query);
        return EXIT_DONE;
    }
    if (problem == NULL)
        problem = sql_failed(&record->sql) ? record->sql.failure.data : "has no run";
    notice(path, "%s", problem);
    record_close(record);
    return EXIT_JOURNAL;
}

static bool find_run(struct record *record, int64_t id, struct record_run *run)
{
    sqlite3_stmt *query = NULL;

    while (record_next(record, &query, run)) {
        if (run->id == id) {
            (void)sqlite3_finalize(query);
            return true;
        }
        record_run_free(run);
    }
    return false;
}

static bool is_meant(const struct record_run *run, const char *word)
{
    char *end;

    errno = 0;
    int64_t number = strtoll(word, &end, 10);
    if (*end == '\0' && errno == 0 && number == run->number)
        return true;
    return run->name.size == strlen(word) && memcmp(run->name.data, word, run->name.size) == 0;
}

int record_find(const char *word, struct record *record, struct record_run *run)
{
    struct record_list list;
    int code = EXIT_USAGE;

    if (strchr(word, '/') != NULL)
        return find_in_file(word, record, run);
    record_list_read(&list);
    for (size_t i = 0; code == EXIT_USAGE && i < list.count; i++) {
        if (!is_meant(&list.runs[i], word))
            continue;
        bool found = record_open(record, list.runs[i].journal.data) == NULL && find_run(record, list.runs[i].id, run);
        code = found ? EXIT_DONE : EXIT_BROKEN;
        if (!found) {
            notice(list.runs[i].journal.data, "the run %s is gone: its journal was removed just now", word);
            record_close(record);
        }
    }
    record_list_free(&list);
    if (code == EXIT_USAGE && access(word, F_OK) == 0)
        return find_in_file(word, record, run);
    if (code == EXIT_USAGE)
        notice(word, "there is no run with this number or name, and no journal; mpool status lists the runs");
    return code;
}

/* ---- as JSON ----------------------------------------------------------------------------------------------------- */

void record_json(struct text *to, const struct record_run *run, const struct record_counts *counts)
{
    text_printf(to, "{\"run\":%" PRId64 ",\"name\":", run->number);
    json_bytes(to, run->name.data, run->name.size);
    text_printf(to, ",\"state\":\"%s\",\"pid\":%" PRId64 ",\"started\":%.3f,\"ended\":", record_state_name(run->state),
                run->pid, (double)run->started_ns / 1e9);
    if (run->ended_ns != 0)
        text_printf(to, "%.3f,\"exit\":%d,\"jobs\":{\"total\":", (double)run->ended_ns / 1e9, run->exit_code);
    else
        text_string(to, "null,\"exit\":null,\"jobs\":{\"total\":");
    if (counts->total >= 0)
        text_printf(to, "%" PRId64, counts->total);
    else
        text_string(to, "null");
    for (int status = 0; status < RECORD_STATUSES; status++)
        text_printf(to, ",\"%s\":%" PRIu64, record_status_name(status), counts->ended[status]);
    text_printf(to, ",\"resumed\":%" PRIu64 "},\"output\":", counts->resumed);
    if (run->output.data != NULL)
        json_bytes(to, run->output.data, run->output.size);
    else
        text_string(to, "null");
    text_string(to, ",\"directory\":");
    json_bytes(to, run->directory.data, run->directory.size);
    text_string(to, ",\"journal\":");
    json_bytes(to, run->journal.data, run->journal.size);
}
