/*
 * cli/journal.c - the durable record of a run: which jobs have ended, and how
 *
 * Runs in: the mpool command, on its main thread. Owns: the file with its lock, the connection, and the committer.
 *
 * One file has the runs of one identity (cli/identity.h), one at a time. Runs that go on with each other's work are a
 * chain, named by the id of its first run; a run that resumes none begins a chain: nothing is ever written over.
 *
 * Commits are synced (synchronous = FULL): what is durable survives a loss of power as well. As many rows share one
 * commit, this costs next to nothing; docs/DESIGN.md has what was measured.
 */
#include "cli/journal.h"

#include "cli/command.h"
#include "cli/committer.h"
#include "cli/journal_begin.h"
#include "cli/journal_file.h"
#include "cli/memory.h"
#include "cli/notice.h"
#include "cli/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct journal {
    struct journal_file file;
    struct sql sql;
    struct committer *committer; /* NULL while the journal is opened and closed */
    struct journal_begin begin;
};

/* Finds the file and locks it; an exit code. */
static int open_file(struct journal *journal, const struct journal_options *options, const struct identity *identity)
{
    struct text path = {0};
    int code = EXIT_USAGE;

    if (options->file != NULL) {
        code = journal_file_open(&journal->file, options->file);
        if (code == EXIT_DONE)
            state_link(identity, journal->file.path);
    } else if (state_make()) {
        state_journal(identity, &path);
        code = journal_file_open(&journal->file, path.data);
    }
    text_free(&path);
    return code;
}

/* The tables, the run and the thread; an exit code. An error of the connection is said here. */
static int begin(struct journal *journal, const struct journal_options *options, const struct identity *identity)
{
    struct sql *sql = &journal->sql;
    int code = EXIT_BROKEN;

    if (sql_open(sql, journal->file.path, SQLITE_OPEN_READWRITE) && journal_file_schema(sql) &&
        sql_run(sql, "PRAGMA synchronous = FULL; BEGIN IMMEDIATE"))
        code = journal_begin(sql, journal->file.path, options, identity, &journal->begin);
    if (code == EXIT_DONE)
        (void)sql_run(sql, "COMMIT");
    if (code == EXIT_DONE && !sql_failed(sql)) {
        journal->committer = committer_start(sql, journal->begin.first_step);
        if (journal->committer == NULL) {
            notice(journal->file.path, "there can be no thread to write it: %s", strerror(errno));
            code = EXIT_BROKEN;
        }
    }
    if (!sql_failed(sql))
        return code;
    notice(journal->file.path, "the journal cannot be written: %s%s", sql->failure.data,
           sql->damaged ? "; move the file away, and a new one is made" : "");
    return EXIT_BROKEN;
}

static void free_journal(struct journal *journal)
{
    sql_close(&journal->sql);
    journal_file_close(&journal->file);
    free(journal->begin.output);
    free(journal);
}

int journal_open(struct journal **journal, const struct journal_options *options)
{
    struct journal *opened = memory_get(sizeof *opened);
    struct identity identity;

    opened->file.fd = -1;
    identity_make(&identity, options->path, options->settings, options->setting_count);
    int code = open_file(opened, options, &identity);
    if (code == EXIT_DONE) {
        if (options->output != NULL)
            opened->begin.output = realpath(options->output, NULL);
        /* Before SQLite has the file: to open and close it once more would take SQLite's locks away. */
        state_clean();
        opened->begin.number = state_number();
        code = begin(opened, options, &identity);
    }
    identity_free(&identity);
    if (code == EXIT_DONE)
        *journal = opened;
    else
        free_journal(opened);
    return code;
}

const struct journal_earlier *journal_earlier(const struct journal *journal)
{
    return &journal->begin.earlier;
}

const char *journal_path(const struct journal *journal)
{
    return journal->file.path;
}

int64_t journal_number(const struct journal *journal)
{
    return journal->begin.number;
}

int64_t journal_run(const struct journal *journal)
{
    return journal->begin.run;
}

int64_t journal_output_base(const struct journal *journal)
{
    return journal->begin.output_base;
}

uint64_t journal_add(struct journal *journal, const struct journal_job *job)
{
    return committer_add(journal->committer, job);
}

void journal_revoke(struct journal *journal, uint64_t nth, const char *why)
{
    (void)committer_revoke(journal->committer, nth, why);
}

void journal_jobs(struct journal *journal, size_t step, uint64_t count)
{
    (void)committer_jobs(journal->committer, step, count);
}

uint64_t journal_durable(const struct journal *journal)
{
    return committer_durable(journal->committer);
}

bool journal_flush(struct journal *journal, int64_t timeout_ms)
{
    return committer_flush(journal->committer, timeout_ms);
}

const char *journal_failure(const struct journal *journal)
{
    return committer_failed(journal->committer) ? journal->sql.failure.data : NULL;
}

static void write_end(struct journal *journal, int exit_code, const char *summary)
{
    struct sql *sql = &journal->sql;
    sqlite3_stmt *update = sql_prepare(sql, "UPDATE runs SET ended = ?, exit = ?, summary = ? WHERE id = ?");

    (void)sqlite3_bind_int64(update, 1, journal_clock_ns());
    (void)sqlite3_bind_int64(update, 2, exit_code);
    (void)sqlite3_bind_text(update, 3, summary, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(update, 4, journal->begin.run);
    (void)sql_finish(sql, update);
    (void)sqlite3_finalize(update);
}

bool journal_end(struct journal *journal, int exit_code, const char *summary)
{
    bool told = committer_failed(journal->committer);
    bool ok = committer_stop(journal->committer);

    if (ok)
        write_end(journal, exit_code, summary);
    ok = ok && !sql_failed(&journal->sql);
    if (!ok && !told)
        notice(journal->file.path, "the journal cannot be written: %s", journal->sql.failure.data);
    free_journal(journal);
    return ok;
}
