/*
 * cli/committer.c - the thread that writes rows into a journal, many in one commit
 *
 * Runs in: the mpool command; rows are handed over on its main thread, and written on a thread of the committer's.
 * Owns: the rows that are not committed yet, and the thread.
 *
 * There are two buffers. One is being filled; the thread takes it away as a whole, leaves the other one in its place,
 * and then needs the lock no more until the commit is done. It waits GATHER_MS after the first row, so that a commit,
 * whose cost is the disk's, is shared by the rows of that time. Whoever waits for a flush, and a buffer that is well
 * filled, cut that short. A buffer that is full holds the main thread up: a slow disk makes a run slower, not larger.
 *
 * After an error nothing is written any more, for a later row without an earlier one would make the record wrong. The
 * thread goes on to take rows and drops them, so that nobody waits for it.
 */
#include "cli/committer.h"

#include "cli/memory.h"
#include "cli/tally.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GATHER_MS 20
#define GATHERED ((size_t)1 << 20) /* bytes after which the thread does not wait for more */
#define FULL ((size_t)8 << 20)     /* bytes after which the main thread waits */

/* What stands in a buffer, in front of the bytes of a row. */
struct row {
    enum {
        ROW_JOB = 0,
        ROW_COUNT,  /* `job.step` has `job.index` jobs */
        ROW_REVOKE, /* the job of row `job.index`, from 1, is not done, for `job.error` */
    } kind;
    int64_t ended_ns;
    struct journal_job job; /* its pointers mean nothing until they are set anew */
    size_t error_size;
};

struct committer {
    struct sql *sql;
    int64_t first_step;
    sqlite3_stmt *insert, *count, *revoke;
    pthread_t thread;
    struct text taken; /* the thread's buffer */

    pthread_mutex_t mutex;
    pthread_cond_t work;     /* for the thread: there is something to do */
    pthread_cond_t progress; /* for the others: a buffer was taken, or committed */
    struct text filling;
    uint64_t added;
    int64_t first_ns; /* when the oldest row in `filling` came */
    bool urgent, ending;

    _Atomic uint64_t durable;
    atomic_bool failed;
};

/* ---- writing: on the thread -------------------------------------------------------------------------------------- */

static void bind_text(sqlite3_stmt *statement, int place, const void *bytes, size_t size)
{
    if (bytes == NULL)
        (void)sqlite3_bind_null(statement, place);
    else
        (void)sqlite3_bind_blob64(statement, place, bytes, size, SQLITE_STATIC);
}

/* NULL where a number says that there is none. */
static void bind_unless(sqlite3_stmt *statement, int place, int64_t number, bool none)
{
    if (none)
        (void)sqlite3_bind_null(statement, place);
    else
        (void)sqlite3_bind_int64(statement, place, number);
}

static bool write_job(struct committer *committer, const struct row *row)
{
    const struct journal_job *job = &row->job;
    sqlite3_stmt *insert = committer->insert;
    bool crashed = job->status == MPOOL_CRASHED;

    (void)sqlite3_bind_int64(insert, 1, committer->first_step + (int64_t)job->step);
    (void)sqlite3_bind_int64(insert, 2, (int64_t)job->index);
    bind_text(insert, 3, job->key.bytes, sizeof job->key.bytes);
    (void)sqlite3_bind_int64(insert, 4, job->status);
    (void)sqlite3_bind_int64(insert, 5, job->attempts);
    bind_unless(insert, 6, job->worker, job->attempts == 0);
    bind_unless(insert, 7, row->ended_ns - job->run_ns, job->run_ns < 0);
    (void)sqlite3_bind_int64(insert, 8, row->ended_ns);
    bind_text(insert, 9, job->item, job->item_size);
    bind_text(insert, 10, job->error, row->error_size);
    bind_text(insert, 11, job->value, job->value_size);
    bind_unless(insert, 12, job->output_end, job->output_end < 0);
    bind_unless(insert, 13, job->exit_code, job->signal != 0 || (job->exit_code == 0 && !crashed));
    bind_unless(insert, 14, job->signal, job->signal == 0);
    bind_unless(insert, 15, job->resumed, job->resumed == 0);
    return sql_finish(committer->sql, insert);
}

static bool write_count(struct committer *committer, const struct row *row)
{
    (void)sqlite3_bind_int64(committer->count, 1, (int64_t)row->job.index);
    (void)sqlite3_bind_int64(committer->count, 2, committer->first_step + (int64_t)row->job.step);
    return sql_finish(committer->sql, committer->count);
}

static bool write_revoked(struct committer *committer, const struct row *row)
{
    (void)sqlite3_bind_int64(committer->revoke, 1, (int64_t)row->job.index);
    bind_text(committer->revoke, 2, row->job.error, row->error_size);
    return sql_finish(committer->sql, committer->revoke);
}

static bool write_row(struct committer *committer, const struct row *row)
{
    if (row->kind == ROW_COUNT)
        return write_count(committer, row);
    return row->kind == ROW_REVOKE ? write_revoked(committer, row) : write_job(committer, row);
}

static const char *take_bytes(const char **at, const void *was, size_t size)
{
    const char *bytes = *at;

    if (was == NULL)
        return NULL;
    *at += size;
    return bytes;
}

/* All rows of a buffer in one transaction. */
static bool commit(struct committer *committer)
{
    const char *at = committer->taken.data, *end = at + committer->taken.size;
    struct row row;
    bool ok = sql_run(committer->sql, "BEGIN IMMEDIATE");

    while (ok && at < end) {
        memcpy(&row, at, sizeof row);
        at += sizeof row;
        row.job.item = take_bytes(&at, row.job.item, row.job.item_size);
        row.job.error = take_bytes(&at, row.job.error, row.error_size);
        row.job.value = take_bytes(&at, row.job.value, row.job.value_size);
        ok = write_row(committer, &row);
    }
    ok = ok && sql_run(committer->sql, "COMMIT");
    /* What was begun goes with the connection; its locks should not wait for that. */
    if (!ok && committer->sql->db != NULL)
        (void)sqlite3_exec(committer->sql->db, "ROLLBACK", NULL, NULL, NULL);
    return ok;
}

/* ---- the thread -------------------------------------------------------------------------------------------------- */

static struct timespec at_ns(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}

/* Waits for rows worth a commit. False: there are none, and there will be none. Called with the lock. */
static bool wait_for_rows(struct committer *committer)
{
    while (committer->filling.size == 0 && !committer->ending)
        (void)pthread_cond_wait(&committer->work, &committer->mutex);
    const struct timespec until = at_ns(committer->first_ns + (int64_t)GATHER_MS * 1000000);
    while (committer->filling.size < GATHERED && !committer->urgent && !committer->ending) {
        if (pthread_cond_timedwait(&committer->work, &committer->mutex, &until) != 0)
            break;
    }
    return committer->filling.size > 0;
}

/* One result of a gigabyte is no reason to keep a gigabyte. */
static void empty(struct text *buffer)
{
    text_clear(buffer);
    if (buffer->room > 2 * FULL)
        text_free(buffer);
}

static void *run(void *data)
{
    struct committer *committer = data;
    bool ok = true;

    (void)pthread_mutex_lock(&committer->mutex);
    while (wait_for_rows(committer)) {
        struct text taken = committer->filling;
        uint64_t last = committer->added;
        committer->filling = committer->taken;
        committer->taken = taken;
        committer->urgent = false;
        (void)pthread_cond_broadcast(&committer->progress);
        (void)pthread_mutex_unlock(&committer->mutex);

        ok = ok && commit(committer);
        if (ok)
            atomic_store(&committer->durable, last);
        else
            atomic_store(&committer->failed, true);
        empty(&committer->taken);
        (void)pthread_mutex_lock(&committer->mutex);
        (void)pthread_cond_broadcast(&committer->progress);
    }
    (void)pthread_mutex_unlock(&committer->mutex);
    return NULL;
}

/* Signals are the main thread's. */
static int start_thread(struct committer *committer)
{
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&committer->thread, NULL, run, committer);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

static void free_committer(struct committer *committer)
{
    (void)sqlite3_finalize(committer->insert);
    (void)sqlite3_finalize(committer->count);
    (void)sqlite3_finalize(committer->revoke);
    (void)pthread_mutex_destroy(&committer->mutex);
    (void)pthread_cond_destroy(&committer->work);
    (void)pthread_cond_destroy(&committer->progress);
    text_free(&committer->filling);
    text_free(&committer->taken);
    free(committer);
}

struct committer *committer_start(struct sql *sql, int64_t first_step)
{
    struct committer *committer = memory_get(sizeof *committer);
    pthread_condattr_t monotonic;

    committer->sql = sql;
    committer->first_step = first_step;
    committer->insert =
        sql_prepare(sql, "INSERT INTO jobs (step, number, key, status, attempts, worker, started, ended,"
                         " item, error, result, output, exit, signal, resumed)"
                         " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    committer->count = sql_prepare(sql, "UPDATE steps SET jobs = ? WHERE id = ?");
    /* Rows of jobs are numbered as they are written, and nobody else writes any. */
    committer->revoke = sql_prepare(sql, "UPDATE jobs SET status = 1, error = ?2 WHERE status = 0 AND id = ?1 +"
                                         " (SELECT row_base FROM runs ORDER BY id DESC LIMIT 1)");
    (void)pthread_mutex_init(&committer->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&committer->work, &monotonic);
    (void)pthread_cond_init(&committer->progress, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    int code = start_thread(committer);
    if (code == 0)
        return committer;
    free_committer(committer);
    errno = code;
    return NULL;
}

/* ---- handing over: on the main thread ---------------------------------------------------------------------------- */

/* Waits for room; called with the lock. A row that is larger than the buffer goes into an empty one. */
static void wait_for_room(struct committer *committer, size_t size)
{
    while (committer->filling.size > 0 && committer->filling.size + size > FULL) {
        committer->urgent = true;
        (void)pthread_cond_signal(&committer->work);
        (void)pthread_cond_wait(&committer->progress, &committer->mutex);
    }
}

static uint64_t hand_over(struct committer *committer, const struct row *row)
{
    const struct journal_job *job = &row->job;
    size_t size = sizeof *row + (job->item != NULL ? job->item_size : 0) + row->error_size +
                  (job->value != NULL ? job->value_size : 0);

    (void)pthread_mutex_lock(&committer->mutex);
    wait_for_room(committer, size);
    struct text *filling = &committer->filling;
    size_t before = filling->size;
    if (before == 0)
        committer->first_ns = clock_ns();
    text_add(filling, row, sizeof *row);
    text_add(filling, job->item, job->item != NULL ? job->item_size : 0);
    text_add(filling, job->error, row->error_size);
    text_add(filling, job->value, job->value != NULL ? job->value_size : 0);
    /* Woken once for the first row, and once more if there is no reason to wait. */
    if (before == 0 || (before < GATHERED && filling->size >= GATHERED))
        (void)pthread_cond_signal(&committer->work);
    uint64_t sequence = ++committer->added;
    (void)pthread_mutex_unlock(&committer->mutex);
    return sequence;
}

uint64_t committer_add(struct committer *committer, const struct journal_job *job)
{
    struct row row;
    struct timespec now;

    /* Its gaps are copied into the buffer too. */
    memset(&row, 0, sizeof row);
    row.job = *job;
    /* The wall clock: people will read it. The result may have been on its way for 10 ms. */
    (void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
    row.ended_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    row.error_size = job->error != NULL ? strlen(job->error) : 0;
    if (job->value_size > JOURNAL_VALUE_MAX)
        row.job.value = NULL;
    return hand_over(committer, &row);
}

uint64_t committer_revoke(struct committer *committer, uint64_t nth, const char *why)
{
    struct row row;

    memset(&row, 0, sizeof row);
    row.kind = ROW_REVOKE;
    row.job.index = nth;
    row.job.error = why;
    row.error_size = strlen(why);
    return hand_over(committer, &row);
}

uint64_t committer_jobs(struct committer *committer, size_t step, uint64_t count)
{
    struct row row;

    memset(&row, 0, sizeof row);
    row.kind = ROW_COUNT;
    row.job.step = step;
    row.job.index = count;
    return hand_over(committer, &row);
}

uint64_t committer_durable(const struct committer *committer)
{
    return atomic_load(&committer->durable);
}

bool committer_failed(const struct committer *committer)
{
    return atomic_load(&committer->failed);
}

bool committer_flush(struct committer *committer, int64_t timeout_ms)
{
    const struct timespec until = at_ns(clock_ns() + timeout_ms * 1000000);
    int code = 0;

    (void)pthread_mutex_lock(&committer->mutex);
    uint64_t wanted = committer->added;
    committer->urgent = committer->filling.size > 0;
    (void)pthread_cond_signal(&committer->work);
    while (atomic_load(&committer->durable) < wanted && !atomic_load(&committer->failed) && code == 0)
        code = pthread_cond_timedwait(&committer->progress, &committer->mutex, &until);
    (void)pthread_mutex_unlock(&committer->mutex);
    return atomic_load(&committer->durable) >= wanted;
}

bool committer_stop(struct committer *committer)
{
    (void)pthread_mutex_lock(&committer->mutex);
    committer->ending = true;
    (void)pthread_cond_signal(&committer->work);
    (void)pthread_mutex_unlock(&committer->mutex);
    (void)pthread_join(committer->thread, NULL);
    bool ok = !atomic_load(&committer->failed);
    free_committer(committer);
    return ok;
}
