/*
 * cli/status_job.c - the state of one job, for `mpool status RUN JOB`
 *
 *     job       sizes/12
 *     state     waits
 *     why       all 8 workers are busy
 *     waited    12.3 s
 *
 * Runs in: the mpool command. Nothing is forked. Owns: nothing.
 *
 * How it has ended the journal says, that it runs the board. Nobody writes down what waits: that is told from what the
 * run is at. Where several things may hold a job up, and it cannot be seen which, all are told.
 */
#include "cli/status_job.h"

#include "cli/command.h"
#include "cli/json.h"
#include "cli/names.h"
#include "cli/notice.h"
#include "cli/record_job.h"
#include "cli/run.h"
#include "cli/span.h"

#include <inttypes.h>
#include <stdio.h>

/* What there is to tell. */
struct job {
    struct text step, item, why; /* of `item`, no data: not known; `why` has lines */
    int64_t place, index;
    int64_t jobs;         /* of the step; -1: not known */
    int64_t attempts_max; /* of each of its jobs */
    const char *state;
    int64_t worker, attempts; /* -1: none */
    int64_t waited_ns;        /* from the beginning of the run until the last attempt began, or now; -1: not known */
    int64_t ran_ns;           /* the last attempt; -1: not known, or there is none */
    int pid;                  /* of the program, or else the worker, that is at it; 0: none is */
};

static void MPOOL_PRINTF(2, 3) add_why(struct job *job, const char *format, ...)
{
    va_list args;

    if (job->why.size > 0)
        text_char(&job->why, '\n');
    va_start(args, format);
    text_vprintf(&job->why, format, args);
    va_end(args);
}

/* ---- what the journal says --------------------------------------------------------------------------------------- */

static void read_step(struct record *record, const struct record_run *run, struct job *job)
{
    sqlite3_stmt *query =
        sql_query(&record->sql,
                  "SELECT number, coalesce(jobs, -1), attempts_max FROM steps WHERE run = ?1 AND name = ?2", run->id);

    (void)sqlite3_bind_blob(query, 2, job->step.data, (int)job->step.size, SQLITE_STATIC);
    if (sql_step(&record->sql, query)) {
        job->place = sqlite3_column_int64(query, 0);
        job->jobs = sqlite3_column_int64(query, 1);
        job->attempts_max = sqlite3_column_int64(query, 2);
    }
    (void)sqlite3_finalize(query);
}

/* Has it ended, by itself or with all of its step? Of several rows the last one counts. */
static bool find_end(struct record *record, const struct record_run *run, struct job *job)
{
    sqlite3_stmt *query = sql_query(&record->sql,
                                    "SELECT j.status, j.item, j.attempts, j.worker, j.started, j.ended, j.resumed,"
                                    " j.error"
                                    " FROM jobs j JOIN steps s ON s.id = j.step WHERE j.id > ?1 AND j.id <= ?2"
                                    " AND s.number = ?3 AND j.number IN (?4, -1) ORDER BY j.id DESC LIMIT 1",
                                    run->row_base);

    (void)sqlite3_bind_int64(query, 2, run->row_end);
    (void)sqlite3_bind_int64(query, 3, job->place);
    (void)sqlite3_bind_int64(query, 4, job->index);
    bool found = sql_step(&record->sql, query);
    if (found) {
        bool resumed = sqlite3_column_type(query, 6) != SQLITE_NULL;
        job->state = record_status_name(sqlite3_column_int64(query, 0));
        sql_bytes(query, 1, &job->item);
        job->attempts = resumed ? -1 : sqlite3_column_int64(query, 2);
        job->worker = sqlite3_column_type(query, 3) != SQLITE_NULL && !resumed ? sqlite3_column_int64(query, 3) : -1;
        if (sqlite3_column_type(query, 4) != SQLITE_NULL) {
            /* The beginning of a job is known to some milliseconds, and may seem to be before that of the run. */
            int64_t waited_ns = sqlite3_column_int64(query, 4) - run->started_ns;
            job->waited_ns = waited_ns > 0 ? waited_ns : 0;
            job->ran_ns = sqlite3_column_int64(query, 5) - sqlite3_column_int64(query, 4);
        }
        if (resumed)
            add_why(job, "an earlier run has done it");
        if (sqlite3_column_int64(query, 0) == MPOOL_SKIPPED)
            names_clean(&job->why, sqlite3_column_blob(query, 7), (size_t)sqlite3_column_bytes(query, 7));
    }
    (void)sqlite3_finalize(query);
    return found;
}

/* ---- what the run is at ------------------------------------------------------------------------------------------ */

static bool find_work(const struct live *live, const struct record_run *run, struct job *job)
{
    for (size_t i = 0; i < live->count; i++) {
        const struct board_work *work = &live->works[i];
        if (!work->known || work->caption.step != (uint64_t)job->place || work->caption.index != (uint64_t)job->index)
            continue;
        job->state = "runs";
        text_add(&job->item, work->caption.item, work->caption.size);
        job->worker = work->worker;
        job->attempts = work->attempt;
        job->ran_ns = live->now_ns - work->began_ns;
        job->waited_ns = live_age_ns(run) - job->ran_ns;
        job->pid = work->program != 0 ? work->program : work->pid;
        return true;
    }
    return false;
}

/* The steps run one after the other. */
static void tell_turn(const struct live *live, struct record *record, const struct record_run *run, struct job *job)
{
    struct text running = {0}, shown = {0};

    live_step(record, run, atomic_load(&live->run->step), &running);
    names_escape(&shown, running.data, running.size);
    if (running.size > 0)
        add_why(job, "its step has not begun: steps run one after the other, and \"%s\" is not over", shown.data);
    else
        add_why(job, "its step has not begun");
    text_free(&running);
    text_free(&shown);
}

static void add_span(struct job *job, const char *before, int64_t ms, const char *behind)
{
    struct text span = {0};

    span_add(&span, ms * 1000000);
    add_why(job, "%s%s%s", before, span.data, behind);
    text_free(&span);
}

/* It is queued in the pool, whose reasons are not on the board: all that may hold it up are told. */
static void tell_queue(const struct live *live, struct job *job)
{
    unsigned workers = atomic_load(&live->run->workers), at_most = atomic_load(&live->run->at_most);
    int64_t delay_ms = atomic_load(&live->run->delay_ms), backoff_ms = atomic_load(&live->run->backoff_ms);

    if (at_most > 0 && live->count >= at_most)
        add_why(job, "at_most: %zu job%s of its step run%s, and no more may at a time", live->count,
                live->count == 1 ? "" : "s", live->count == 1 ? "s" : "");
    else if (live->count >= workers)
        add_why(job, "all %u workers are busy", workers);
    if (delay_ms > 0)
        add_span(job, "delay: it begins no sooner than ", delay_ms, " after it could");
    if (job->attempts_max > 1 && backoff_ms > 0)
        add_span(job, "backoff: if an attempt of it has failed, it waits for the next one, ", backoff_ms,
                 " or a multiple");
    if (job->why.size == 0)
        add_why(job, "it is about to begin, or to be written down as ended: ask again");
}

static void tell_wait(const struct live *live, struct record *record, const struct record_run *run, struct job *job)
{
    unsigned state = job->place < BOARD_STEPS ? atomic_load(&live->run->steps[job->place]) : BOARD_RUNS;
    uint64_t read = atomic_load(&live->run->read);

    if (atomic_load(&live->run->stage) > RUN_ON)
        add_why(job, "the run begins no more jobs: a signal or `halt` ends it");
    else if (state == BOARD_WAITS)
        tell_turn(live, record, run, job);
    else if (state == BOARD_OVER)
        add_why(job, "its step is over, and its end is about to be written down: ask again");
    else if ((uint64_t)job->index >= read)
        add_why(job, "its item was not read yet; %" PRIu64 " of its step were", read);
    else
        tell_queue(live, job);
}

/* It has no end in the journal. */
static void tell_open(const struct live *live, struct record *record, const struct record_run *run, struct job *job)
{
    if (run->state != RECORD_RUNNING) {
        job->state = "has not run";
        add_why(job, "%s; mpool run --resume goes on with it",
                run->exit_code >= 0 ? "the run has ended without it" : "the run was killed before this job had an end");
    } else if (live->board == NULL) {
        job->state = "has not ended";
        add_why(job, "whether it runs cannot be seen from here: process %" PRId64 " has no board of this run",
                run->pid);
    } else if (!find_work(live, run, job)) {
        job->state = "waits";
        job->waited_ns = live_age_ns(run);
        tell_wait(live, record, run, job);
    }
}

/* ---- print ------------------------------------------------------------------------------------------------------- */

static void begin_field(struct text *to, const char *name)
{
    text_printf(to, "%-9s ", name);
}

static void add_time(struct text *to, const char *name, int64_t ns)
{
    if (ns < 0)
        return;
    begin_field(to, name);
    span_add(to, ns);
    text_char(to, '\n');
}

/* A line for each reason. */
static void add_reasons(struct text *to, const struct text *why)
{
    begin_field(to, "why");
    for (size_t i = 0; i < why->size; i++) {
        text_char(to, why->data[i]);
        if (why->data[i] == '\n')
            begin_field(to, "");
    }
    text_char(to, '\n');
}

static void add_fields(struct text *to, const struct job *job)
{
    begin_field(to, "job");
    names_escape(to, job->step.data, job->step.size);
    text_printf(to, "/%" PRId64 "\n", job->index);
    if (job->item.data != NULL) {
        begin_field(to, "item");
        names_clean(to, job->item.data, job->item.size);
        text_char(to, '\n');
    }
    begin_field(to, "state");
    text_printf(to, "%s\n", job->state);
    if (job->why.size > 0)
        add_reasons(to, &job->why);
    add_time(to, "waited", job->waited_ns);
    add_time(to, "ran", job->ran_ns);
    if (job->attempts >= 0) {
        begin_field(to, "attempts");
        text_printf(to, "%" PRId64 " of %" PRId64 "\n", job->attempts, job->attempts_max);
    }
    if (job->worker >= 0) {
        begin_field(to, "worker");
        text_printf(to, "%" PRId64 "\n", job->worker);
    }
    if (job->pid != 0) {
        begin_field(to, "process");
        text_printf(to, "%d\n", job->pid);
    }
}

static void json_number(struct text *to, const char *name, int64_t number)
{
    text_printf(to, ",\"%s\":", name);
    if (number >= 0)
        text_signed(to, number);
    else
        text_string(to, "null");
}

static void json_seconds(struct text *to, const char *name, int64_t ns)
{
    text_printf(to, ",\"%s\":", name);
    if (ns >= 0)
        text_printf(to, "%.3f", (double)ns / 1e9);
    else
        text_string(to, "null");
}

static void add_json(struct text *to, const struct job *job)
{
    text_string(to, "{\"step\":");
    json_bytes(to, job->step.data, job->step.size);
    json_number(to, "index", job->index);
    text_string(to, ",\"item\":");
    if (job->item.data != NULL)
        json_bytes(to, job->item.data, job->item.size);
    else
        text_string(to, "null");
    text_printf(to, ",\"state\":\"%s\",\"why\":", job->state);
    if (job->why.size > 0)
        json_bytes(to, job->why.data, job->why.size);
    else
        text_string(to, "null");
    json_seconds(to, "waited", job->waited_ns);
    json_seconds(to, "ran", job->ran_ns);
    json_number(to, "attempts", job->attempts);
    json_number(to, "worker", job->worker);
    json_number(to, "pid", job->pid != 0 ? job->pid : -1);
    text_string(to, "}\n");
}

int status_job(struct record *record, const struct record_run *run, const struct live *live, const char *word,
               bool json)
{
    struct job job = {.worker = -1, .attempts = -1, .waited_ns = -1, .ran_ns = -1};
    struct text lines = {0};
    bool is = record_job(record, run, word, &job.step, &job.index);

    if (is) {
        read_step(record, run, &job);
        if (!find_end(record, run, &job))
            tell_open(live, record, run, &job);
        (json ? add_json : add_fields)(&lines, &job);
    }
    text_write(&lines, stdout);
    text_free(&lines);
    text_free(&job.step);
    text_free(&job.item);
    text_free(&job.why);
    return is ? EXIT_DONE : EXIT_USAGE;
}
