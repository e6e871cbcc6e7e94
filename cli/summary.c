/*
 * cli/summary.c - what a run has come to
 *
 *     step      jobs    done  failed  seconds   jobs/s
 *     sizes   57,162  57,160       2     0.31  184,393
 *
 *     sizes.bytes  9,876,543,210
 *
 * What was skipped since it was up to date has a column of its own, apart from the steps that could not begin; and so
 * has, of what is done, what an earlier run has done.
 *
 * Runs in: the mpool command, on its main thread, before the pool is freed. Owns: nothing.
 */
#include "cli/summary.h"

#include "cli/json.h"
#include "cli/names.h"
#include "cli/totals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The columns of the table; the last two are times. */
enum column { JOBS, STATUSES, CURRENT = STATUSES + TALLY_STATUSES, EARLIER, PENDING, SECONDS, RATE, COLUMN_COUNT };

#define CELL_MAX 32

struct row {
    const char *name;
    char cells[COLUMN_COUNT][CELL_MAX];
};

struct table {
    struct row *rows; /* the first one is the heading */
    size_t count;
    bool shown[COLUMN_COUNT];
};

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* `more` stands behind the number. */
static void put_number(char cell[CELL_MAX], uint64_t number, const char *more)
{
    struct text text = {0};

    text_number(&text, number);
    (void)snprintf(cell, CELL_MAX, "%s%s", text.data, more);
    text_free(&text);
}

static void fill_heading(struct row *row)
{
    *row = (struct row){.name = "step"};
    (void)snprintf(row->cells[JOBS], CELL_MAX, "jobs");
    (void)snprintf(row->cells[CURRENT], CELL_MAX, "up to date");
    (void)snprintf(row->cells[EARLIER], CELL_MAX, "earlier");
    (void)snprintf(row->cells[PENDING], CELL_MAX, "pending");
    (void)snprintf(row->cells[SECONDS], CELL_MAX, "seconds");
    (void)snprintf(row->cells[RATE], CELL_MAX, "jobs/s");
    for (int status = 0; status < TALLY_STATUSES; status++)
        (void)snprintf(row->cells[STATUSES + status], CELL_MAX, "%s", mpool_status_name((mpool_status)status));
}

static void fill_row(struct row *row, const char *name, const struct tally *tally, double seconds)
{
    double rate = seconds > 0 ? (double)(tally_ended(tally) - tally->resumed) / seconds : 0;

    *row = (struct row){.name = name};
    put_number(row->cells[JOBS], tally_total(tally), "");
    put_number(row->cells[PENDING], tally->pending, tally->more ? "+" : "");
    for (int status = 0; status < TALLY_STATUSES; status++)
        put_number(row->cells[STATUSES + status], tally->ended[status], "");
    put_number(row->cells[STATUSES + MPOOL_SKIPPED], tally->ended[MPOOL_SKIPPED] - tally->current, "");
    put_number(row->cells[CURRENT], tally->current, "");
    put_number(row->cells[EARLIER], tally->resumed, "");
    (void)snprintf(row->cells[SECONDS], CELL_MAX, "%.2f", seconds);
    put_number(row->cells[RATE], (uint64_t)rate, "");
}

/* What is 0 everywhere has no column, but for done and failed. */
static void show_columns(struct table *table, const struct tally *sum)
{
    table->shown[JOBS] = table->shown[SECONDS] = table->shown[RATE] = true;
    table->shown[PENDING] = sum->pending > 0 || sum->more;
    for (int status = 0; status < TALLY_STATUSES; status++)
        table->shown[STATUSES + status] = sum->ended[status] > 0 || status == MPOOL_DONE || status == MPOOL_FAILED;
    table->shown[STATUSES + MPOOL_SKIPPED] = sum->ended[MPOOL_SKIPPED] > sum->current;
    table->shown[CURRENT] = sum->current > 0;
    table->shown[EARLIER] = sum->resumed > 0;
}

static void add_rows(struct text *text, const struct table *table)
{
    size_t widths[COLUMN_COUNT] = {0}, name_width = 0;

    for (size_t i = 0; i < table->count; i++) {
        const struct row *row = &table->rows[i];
        name_width = strlen(row->name) > name_width ? strlen(row->name) : name_width;
        for (size_t c = 0; c < COLUMN_COUNT; c++)
            widths[c] = strlen(row->cells[c]) > widths[c] ? strlen(row->cells[c]) : widths[c];
    }
    for (size_t i = 0; i < table->count; i++) {
        text_printf(text, "%-*s", (int)name_width, table->rows[i].name);
        for (size_t c = 0; c < COLUMN_COUNT; c++) {
            if (table->shown[c])
                text_printf(text, "  %*s", (int)widths[c], table->rows[i].cells[c]);
        }
        text_char(text, '\n');
    }
}

static void add_table(struct text *text, const struct run *run)
{
    size_t steps = run->jobfile.step_count;
    struct table table = {.rows = memory_get((steps + 2) * sizeof *table.rows)};
    struct tally sum = {0};
    int64_t now_ns = clock_ns();

    fill_heading(&table.rows[table.count++]);
    for (size_t i = 0; i < steps; i++) {
        const struct run_step *step = &run->steps[i];
        tally_add(&sum, &step->tally);
        fill_row(&table.rows[table.count++], step->step->name, &step->tally, tally_seconds(&step->tally, now_ns));
    }
    if (steps > 1)
        fill_row(&table.rows[table.count++], "all", &sum, (double)(now_ns - run->start_ns) / 1e9);
    show_columns(&table, &sum);
    add_rows(text, &table);
    free(table.rows);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* What --retry-failed has left out, since it had not failed earlier. */
static void add_unwanted(struct text *text, const struct run *run)
{
    uint64_t pending = 0;

    for (size_t i = 0; i < run->jobfile.step_count; i++)
        pending += run->steps[i].tally.pending;
    if (!run->options->retry_failed || run->stage != RUN_ON || pending == 0)
        return;
    text_string(text, "mpool: ");
    if (journal_earlier(run->history.journal)->number == 0) {
        text_string(text, "nothing has failed, for there is no earlier run; without --retry-failed all jobs are run\n");
        return;
    }
    text_number(text, pending);
    text_string(text, pending == 1 ? " job has" : " jobs have");
    text_string(text, " not failed earlier, and --retry-failed runs no other; --resume runs all that are not done\n");
}

/* Where all failures are. */
static void tell_of_all(struct text *to, const struct run *run)
{
    const struct journal *journal = run->history.journal;
    const char *lines = run->output.writer.name;

    if (journal != NULL && run->options->journal == NULL) {
        text_string(to, ": mpool log ");
        text_signed(to, journal_number(journal));
    } else if (journal != NULL) {
        text_string(to, ": mpool log ");
        names_escape(to, journal_path(journal), strlen(journal_path(journal)));
    } else {
        text_string(to, "; ");
        names_escape(to, lines != NULL ? lines : "--output FILE", strlen(lines != NULL ? lines : "--output FILE"));
        text_string(to, " has them all");
    }
}

void summary_print(const struct run *run)
{
    struct text text = {0}, all = {0};

    add_unwanted(&text, run);
    if (!run->options->quiet) {
        add_table(&text, run);
        totals_print(&text, run);
    }
    if (run->failures.count > 0 && text.size > 0)
        text_char(&text, '\n');
    if (text.size > 0)
        text_write(&text, stderr);
    tell_of_all(&all, run);
    failures_print(&run->failures, all.data, stderr);
    text_free(&all);
    text_free(&text);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

void summary_json(const struct run *run, int code, struct text *to)
{
    struct tally sum = {0};
    mpool_pool_stats stats = {0};

    for (size_t i = 0; i < run->jobfile.step_count; i++)
        tally_add(&sum, &run->steps[i].tally);
    (void)mpool_pool_stats_read(run->pool, &stats);
    text_string(to, "{\"name\":");
    json_bytes(to, run->jobfile.name, strlen(run->jobfile.name));
    text_string(to, ",\"jobs\":{\"total\":");
    text_unsigned(to, tally_total(&sum));
    for (int status = 0; status < TALLY_STATUSES; status++) {
        text_printf(to, ",\"%s\":", mpool_status_name((mpool_status)status));
        text_unsigned(to, sum.ended[status]);
    }
    text_string(to, ",\"pending\":");
    text_unsigned(to, sum.pending);
    text_string(to, ",\"retried\":");
    text_unsigned(to, stats.attempts_retried);
    text_string(to, ",\"resumed\":");
    text_unsigned(to, sum.resumed);
    text_string(to, ",\"up_to_date\":");
    text_unsigned(to, sum.current);
    text_string(to, "},\"totals\":");
    totals_json(to, run);
    text_printf(to, ",\"seconds\":%.6f,\"exit\":%d}\n", (double)(clock_ns() - run->start_ns) / 1e9, code);
}
