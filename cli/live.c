/*
 * cli/live.c - what a run of another process is at this moment, for `mpool status`
 *
 *     process 4711 runs it, for 1:02; 46,204 jobs have ended, 745 a second; about 0:14 to go
 *     worker 0  sizes  a.txt  12.3 s
 *     1 worker idle
 *
 * Runs in: the mpool command. Nothing is forked. Owns: the mapping of the other process's board.
 */
#include "cli/live.h"

#include "cli/journal_begin.h"
#include "cli/json.h"
#include "cli/memory.h"
#include "cli/running.h"
#include "cli/span.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The run describes a job when it has run for a moment: one that has just begun is looked at again after this. */
#define MOMENT_MS 250

static bool read_works(struct live *live)
{
    unsigned slots = atomic_load(&live->run->slots);
    bool known = true;

    live->count = 0;
    live->now_ns = board_clock_ns();
    for (unsigned i = 0; i < slots && i < MPOOL_WORKERS_MAX; i++) {
        if (!board_read(live->board, i, &live->works[live->count]))
            continue;
        known = known && live->works[live->count].known;
        live->count++;
    }
    return known;
}

void live_look(struct live *live, const struct record *record, const struct record_run *run)
{
    const struct timespec moment = {.tv_nsec = (long)MOMENT_MS * 1000000};
    struct board_identity identity;

    *live = (struct live){0};
    if (run->state != RECORD_RUNNING || !board_identify(record->path, run->id, &identity))
        return;
    live->board = board_of((pid_t)run->pid, &identity);
    if (live->board == NULL)
        return;
    live->run = board_run(live->board);
    live->works = memory_get(MPOOL_WORKERS_MAX * sizeof *live->works);
    if (read_works(live))
        return;
    (void)nanosleep(&moment, NULL);
    (void)read_works(live);
}

void live_end(struct live *live)
{
    board_leave(live->board);
    free(live->works);
    *live = (struct live){0};
}

int64_t live_age_ns(const struct record_run *run)
{
    return journal_clock_ns() - run->started_ns;
}

void live_step(struct record *record, const struct record_run *run, int64_t place, struct text *to)
{
    sqlite3_stmt *query = sql_query(&record->sql, "SELECT name FROM steps WHERE run = ?1 AND number = ?2", run->id);

    (void)sqlite3_bind_int64(query, 2, place);
    if (sql_step(&record->sql, query))
        sql_bytes(query, 0, to);
    (void)sqlite3_finalize(query);
    text_string(to, "");
}

/* Of a job that is not described the step is known all the same: one runs at a time. */
static int64_t place_of(const struct live *live, const struct board_work *work)
{
    return work->known ? work->caption.step : atomic_load(&live->run->step);
}

/* ---- for people -------------------------------------------------------------------------------------------------- */

/* All that was done in this run, over its whole time. */
static void add_rate(struct text *to, const struct record_run *run, const struct record_counts *counts)
{
    double seconds = (double)live_age_ns(run) / 1e9;
    uint64_t ended = 0;

    for (int status = 0; status < RECORD_STATUSES; status++)
        ended += counts->ended[status];
    double rate = seconds > 0 ? (double)(ended - counts->resumed) / seconds : 0;
    text_string(to, "; ");
    text_number(to, ended);
    text_printf(to, " job%s ended", ended == 1 ? " has" : "s have");
    if (rate >= 10) {
        text_string(to, ", ");
        text_number(to, (unsigned long long)rate);
        text_string(to, " a second");
    } else if (rate > 0) {
        text_printf(to, ", %.2g a second", rate);
    }
    if (rate > 0 && counts->total > 0 && (uint64_t)counts->total > ended) {
        text_string(to, "; about ");
        span_add(to, (int64_t)((double)((uint64_t)counts->total - ended) / rate * 1e9));
        text_string(to, " to go");
    }
}

static void add_workers(struct text *to, const struct live *live, struct record *record, const struct record_run *run)
{
    unsigned workers = atomic_load(&live->run->workers);
    struct text step = {0};

    for (size_t i = 0; i < live->count; i++) {
        text_clear(&step);
        live_step(record, run, place_of(live, &live->works[i]), &step);
        running_line(to, &live->works[i], step.data, live->now_ns);
    }
    if (workers > live->count)
        text_printf(to, "%zu worker%s idle\n", workers - live->count, workers - live->count == 1 ? "" : "s");
    text_free(&step);
}

void live_print(const struct live *live, struct record *record, const struct record_run *run,
                const struct record_counts *counts)
{
    struct text lines = {0};

    text_printf(&lines, "\nprocess %" PRId64 " runs it, for ", run->pid);
    span_add(&lines, live_age_ns(run));
    add_rate(&lines, run, counts);
    text_char(&lines, '\n');
    if (live->board != NULL)
        add_workers(&lines, live, record, run);
    else
        text_printf(&lines,
                    "what its workers do cannot be seen from here: process %" PRId64 " has no board of this run\n",
                    run->pid);
    text_write(&lines, stdout);
    text_free(&lines);
}

/* ---- as JSON ----------------------------------------------------------------------------------------------------- */

static void add_work(struct text *to, const struct live *live, const struct board_work *work, struct record *record,
                     const struct record_run *run)
{
    struct text step = {0};

    live_step(record, run, place_of(live, work), &step);
    text_printf(to, "{\"worker\":%u,\"step\":", work->worker);
    json_bytes(to, step.data, step.size);
    text_string(to, ",\"index\":");
    if (work->known)
        text_unsigned(to, work->caption.index);
    else
        text_string(to, "null");
    text_string(to, ",\"item\":");
    if (work->known)
        json_bytes(to, work->caption.item, work->caption.size);
    else
        text_string(to, "null");
    text_printf(to, ",\"attempt\":%u,\"seconds\":%.3f,\"pid\":%d,\"program\":", work->attempt,
                (double)(live->now_ns - work->began_ns) / 1e9, (int)work->pid);
    if (work->program != 0)
        text_printf(to, "%d}", (int)work->program);
    else
        text_string(to, "null}");
    text_free(&step);
}

void live_json(const struct live *live, struct record *record, const struct record_run *run, struct text *to)
{
    if (live->board == NULL) {
        text_string(to, "null");
        return;
    }
    text_char(to, '[');
    for (size_t i = 0; i < live->count; i++) {
        text_string(to, i > 0 ? "," : "");
        add_work(to, live, &live->works[i], record, run);
    }
    text_char(to, ']');
}
