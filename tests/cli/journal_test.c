/*
 * tests/cli/journal_test.c - journals that are written, resumed and read again
 */
#include "cli/command.h"
#include "cli/journal.h"
#include "cli/journal_file.h"
#include "cli/record.h"
#include "cli/resume.h"
#include "cli/state.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Each test has a directory of its own, with a job file in it; what is opened there is removed at its end. */
static char directory[64];

static void enter(void)
{
    (void)snprintf(directory, sizeof directory, "/tmp/mpool-journal.XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(chdir(directory), 0);
    (void)setenv("XDG_STATE_HOME", directory, 1);
    FILE *file = fopen("job.yaml", "we");
    cr_assert_not_null(file);
    (void)fclose(file);
}

static void remove_journal(void *user, const char *path)
{
    (void)user;
    (void)unlink(path);
}

static void leave(void)
{
    static const char *const names[] = {"journal", "job.yaml", "mpool/number"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(names[i]);
    state_each(remove_journal, NULL);
    (void)rmdir("mpool");
    cr_expect_eq(chdir("/"), 0);
    cr_expect_eq(rmdir(directory), 0, "%s is not empty", directory);
}

Test(state, numbers_are_given_out_once, .init = enter, .fini = leave)
{
    cr_expect_eq(state_number(), 0, "there is no directory yet");
    cr_assert(state_make());
    cr_expect_eq(state_number(), 1);
    cr_expect_eq(state_number(), 2);
}

Test(journal_file, network_file_systems_are_known)
{
    cr_expect_str_eq(journal_file_remote(0x6969), "NFS");
    cr_expect_str_eq(journal_file_remote(0xff534d42), "CIFS");
    cr_expect_null(journal_file_remote(0xef53)); /* ext4 */
}

static struct step steps[] = {{.name = "one", .function = "echo", .limits = {.retries = 2}}, {.name = "two"}};
static const struct jobfile jobfile = {.name = "job.yaml", .steps = steps, .step_count = 2};

static struct journal *open_journal(bool resume, int64_t number)
{
    const struct journal_options options = {
        .file = "journal", .jobfile = &jobfile, .path = "job.yaml", .resume = resume, .resume_number = number};
    struct journal *journal = NULL;

    cr_assert_eq(journal_open(&journal, &options), 0);
    return journal;
}

static struct key key_number(int number)
{
    struct key key;

    key_bytes(&number, sizeof number, &key);
    return key;
}

static uint64_t add_job(struct journal *journal, size_t step, int number, mpool_status status)
{
    const struct journal_job job = {.step = step,
                                    .index = (uint64_t)number,
                                    .key = key_number(number),
                                    .status = status,
                                    .attempts = 1,
                                    .run_ns = -1,
                                    .item = "an item",
                                    .item_size = 7,
                                    .error = status == MPOOL_DONE ? NULL : "no luck",
                                    .value = status == MPOOL_DONE ? "\x07" : NULL,
                                    .value_size = 1,
                                    .output_end = -1};

    return journal_add(journal, &job);
}

static enum resume_answer take(struct resume *resume, size_t step, int number)
{
    struct key key = key_number(number);
    int64_t row;

    return resume_take(resume, step, &key, &row);
}

/* As a process that is killed leaves it, once what it had is durable. */
static void cut_off(struct journal *journal)
{
    cr_assert(journal_flush(journal, 10000));
    cr_assert(journal_end(journal, 137, "{}"));
}

Test(journal, what_was_flushed_is_durable_and_can_be_read_meanwhile, .init = enter, .fini = leave)
{
    struct journal *journal = open_journal(false, 0);
    struct sql sql;

    cr_expect_eq(add_job(journal, 0, 0, MPOOL_DONE), 1);
    cr_expect_eq(add_job(journal, 1, 0, MPOOL_FAILED), 2);
    cr_expect(journal_flush(journal, 10000));
    cr_expect_eq(journal_durable(journal), 2);
    cr_assert(sql_open(&sql, "journal", SQLITE_OPEN_READWRITE));
    cr_expect_eq(sql_number(&sql, "SELECT count(*) FROM jobs", 0, 0), 2);
    sql_close(&sql);
    cr_expect(journal_end(journal, 1, "{}"));
}

Test(journal, what_was_read_of_a_run_is_what_was_written, .init = enter, .fini = leave)
{
    struct journal *journal = open_journal(false, 0);
    struct record record;
    struct record_run run;
    struct record_counts counts;
    sqlite3_stmt *query = NULL;

    (void)add_job(journal, 0, 0, MPOOL_DONE);
    (void)add_job(journal, 1, 0, MPOOL_TIMED_OUT);
    journal_jobs(journal, 0, 1);
    cr_expect(journal_end(journal, 3, "{\"jobs\":{\"total\":7}}"));
    cr_assert_null(record_open(&record, "journal"));
    cr_assert(record_next(&record, &query, &run));
    record_count(&record, &run, &counts);
    cr_expect_eq(run.state, RECORD_FAILED);
    cr_expect_eq(run.exit_code, 3);
    cr_expect_eq(run.pid, getpid());
    cr_expect_str_eq(run.name.data, "job.yaml");
    cr_expect_eq(counts.ended[MPOOL_DONE], 1);
    cr_expect_eq(counts.ended[MPOOL_TIMED_OUT], 1);
    cr_expect_eq(counts.total, 7);
    record_run_free(&run);
    cr_expect_not(record_next(&record, &query, &run));
    record_close(&record);
}

Test(journal, a_row_is_durable_soon_without_being_asked_for, .init = enter, .fini = leave)
{
    struct journal *journal = open_journal(false, 0);

    uint64_t sequence = add_job(journal, 0, 0, MPOOL_DONE);
    for (int i = 0; i < 10000 && journal_durable(journal) < sequence; i++)
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    cr_expect_eq(journal_durable(journal), sequence);
    cr_expect(journal_end(journal, 0, "{}"));
}

Test(journal, more_rows_than_the_queue_holds_all_arrive, .init = enter, .fini = leave)
{
    struct journal *journal = open_journal(false, 0);
    struct sql sql;

    for (int i = 0; i < 100000; i++)
        (void)add_job(journal, 0, i, MPOOL_DONE);
    cr_expect(journal_end(journal, 0, "{}"));
    cr_assert(sql_open(&sql, "journal", SQLITE_OPEN_READWRITE));
    cr_expect_eq(sql_number(&sql, "SELECT count(DISTINCT number) FROM jobs", 0, 0), 100000);
    sql_close(&sql);
}

Test(journal, the_files_are_for_their_owner_alone, .init = enter, .fini = leave)
{
    struct journal_options options = {.jobfile = &jobfile, .path = "job.yaml"};
    struct journal *journal = NULL;
    struct stat status;

    (void)umask(0);
    cr_assert_eq(journal_open(&journal, &options), 0);
    cr_assert_eq(stat(journal_path(journal), &status), 0);
    cr_expect_eq(status.st_mode & 0777, 0600);
    cr_assert_eq(stat("mpool", &status), 0);
    cr_expect_eq(status.st_mode & 0777, 0700);
    cr_expect_eq(journal_number(journal), 1);
    cr_expect(journal_end(journal, 0, "{}"));
}

Test(resume, what_any_run_of_the_chain_has_done_is_done, .init = enter, .fini = leave)
{
    struct journal *journal = open_journal(false, 0);
    (void)add_job(journal, 0, 1, MPOOL_DONE);
    (void)add_job(journal, 0, 2, MPOOL_FAILED);
    (void)add_job(journal, 1, 3, MPOOL_DONE);
    cut_off(journal);

    journal = open_journal(true, 0);
    (void)add_job(journal, 0, 2, MPOOL_DONE);
    cut_off(journal);

    journal = open_journal(true, 0);
    cr_expect(journal_earlier(journal)->unfinished);
    cr_expect_eq(journal_earlier(journal)->done, 3);
    struct resume *resume = resume_open(journal, &jobfile);
    cr_assert_not_null(resume);
    cr_expect_eq(take(resume, 0, 1), RESUME_DONE);
    cr_expect_eq(take(resume, 0, 2), RESUME_DONE);
    cr_expect_eq(take(resume, 0, 3), RESUME_NEW, "it was done in the other step");
    cr_expect_eq(take(resume, 1, 3), RESUME_DONE);
    cr_expect_eq(take(resume, 0, 4), RESUME_NEW);
    cr_expect_null(resume_failure(resume));
    resume_close(resume);
    cr_expect(journal_end(journal, 0, "{}"));
}

Test(resume, of_equal_jobs_as_many_are_done_as_were, .init = enter, .fini = leave)
{
    struct journal *journal = open_journal(false, 0);
    for (int i = 0; i < 3; i++)
        (void)add_job(journal, 0, 7, MPOOL_DONE);
    (void)add_job(journal, 0, 7, MPOOL_CRASHED);
    cut_off(journal);

    journal = open_journal(true, 0);
    struct resume *resume = resume_open(journal, &jobfile);
    struct key key = key_number(7);
    int64_t rows[3];
    for (int i = 0; i < 3; i++)
        cr_expect_eq(resume_take(resume, 0, &key, &rows[i]), RESUME_DONE);
    cr_expect(rows[0] != rows[1] && rows[1] != rows[2] && rows[0] != rows[2]);
    for (int i = 0; i < 2; i++)
        cr_expect_eq(take(resume, 0, 7), RESUME_FAILED);
    resume_close(resume);
    cr_expect(journal_end(journal, 0, "{}"));
}

Test(resume, results_come_back, .init = enter, .fini = leave)
{
    struct journal *journal = open_journal(false, 0);
    (void)add_job(journal, 0, 1, MPOOL_DONE);
    (void)add_job(journal, 0, 2, MPOOL_DONE);
    cut_off(journal);

    journal = open_journal(true, 0);
    struct resume *resume = resume_open(journal, &jobfile);
    struct key key = key_number(2);
    const void *value;
    size_t size;
    int64_t row;
    cr_assert_eq(resume_take(resume, 0, &key, &row), RESUME_DONE);
    cr_assert(resume_value(resume, row, &value, &size));
    cr_expect_eq(size, 1);
    cr_expect_arr_eq(value, "\x07", 1);
    cr_expect_not(resume_value(resume, 1000, &value, &size));
    resume_close(resume);
    cr_expect(journal_end(journal, 0, "{}"));
}

Test(resume, a_run_that_resumes_none_begins_anew_and_the_one_before_can_still_be_named, .init = enter, .fini = leave)
{
    struct journal *journal = open_journal(false, 0);
    int64_t first = journal_number(journal);
    (void)add_job(journal, 0, 1, MPOOL_DONE);
    cut_off(journal);
    journal = open_journal(false, 0);
    cr_expect(journal_earlier(journal)->unfinished);
    cr_expect_eq(journal_earlier(journal)->number, first);
    cut_off(journal);

    journal = open_journal(true, 0);
    struct resume *resume = resume_open(journal, &jobfile);
    cr_expect_eq(take(resume, 0, 1), RESUME_NEW);
    resume_close(resume);
    cut_off(journal);
    journal = open_journal(true, first);
    resume = resume_open(journal, &jobfile);
    cr_expect_eq(take(resume, 0, 1), RESUME_DONE);
    resume_close(resume);
    cr_expect(journal_end(journal, 0, "{}"));
}
