/*
 * tests/cli/journal_test.c - keys, places and recounted totals; journals that are written, resumed and read again
 */
#include "cli/command.h"
#include "cli/identity.h"
#include "cli/journal.h"
#include "cli/journal_file.h"
#include "cli/record.h"
#include "cli/recount.h"
#include "cli/resume.h"
#include "cli/state.h"

#include <criterion/criterion.h>
#include <msgpack.h>
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

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static struct key key_of(const char *function, const char *first, const char *second)
{
    const char *argv[] = {first, second};
    const struct key_parts parts = {
        .function = function, .argv = argv, .argc = (size_t)(first != NULL) + (second != NULL)};
    struct text scratch = {0};
    struct key key;

    key_make(&parts, &scratch, &key);
    text_free(&scratch);
    return key;
}

static bool same(struct key a, struct key b)
{
    return memcmp(a.bytes, b.bytes, KEY_SIZE) == 0;
}

Test(key, equal_jobs_have_equal_keys)
{
    cr_expect(same(key_of("file_size", NULL, NULL), key_of("file_size", NULL, NULL)));
    cr_expect(same(key_of(NULL, "gzip", "a"), key_of(NULL, "gzip", "a")));
}

Test(key, what_differs_in_any_part_has_another_key)
{
    cr_expect_not(same(key_of("ab", NULL, NULL), key_of("abc", NULL, NULL)));
    cr_expect_not(same(key_of(NULL, "ab", "c"), key_of(NULL, "a", "bc")));
    cr_expect_not(same(key_of("a", NULL, NULL), key_of(NULL, "a", NULL)));
    cr_expect_not(same(key_of(NULL, "a", ""), key_of(NULL, "a", NULL)));
}

Test(key, a_file_that_was_written_to_makes_another_job)
{
    const struct key_file before = {.size_bytes = 5, .mtime_ns = 1}, grown = {6, 1}, touched = {5, 2};
    const struct key_file *files[] = {&before, &grown, &touched, NULL};
    struct text scratch = {0};
    struct key keys[4];

    for (int i = 0; i < 4; i++)
        key_make(&(struct key_parts){.function = "file_size", .args = "a", .args_size = 1, .file = files[i]}, &scratch,
                 &keys[i]);
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < i; j++)
            cr_expect_not(same(keys[i], keys[j]), "%d and %d", i, j);
    }
    text_free(&scratch);
}

Test(key, the_hash_is_blake2b)
{
    /* RFC 7693 has no 16-byte vector; this one is from the reference implementation (b2sum -l 128). */
    static const unsigned char expected[KEY_SIZE] = {0xcf, 0x4a, 0xb7, 0x91, 0xc6, 0x2b, 0x8d, 0x2b,
                                                     0x21, 0x09, 0xc9, 0x02, 0x75, 0x28, 0x78, 0x16};
    struct key key;

    key_bytes("abc", 3, &key);
    cr_expect_arr_eq(key.bytes, expected, KEY_SIZE);
}

/* ---- identities and places --------------------------------------------------------------------------------------- */

Test(identity, the_order_of_settings_does_not_matter_and_their_values_do)
{
    const struct setting one[] = {{"a", "1"}, {"b", "2"}}, turned[] = {{"b", "2"}, {"a", "1"}},
                         other[] = {{"a", "1"}, {"b", "3"}};
    struct identity a, b, c;

    identity_make(&a, "job.yaml", one, 2);
    identity_make(&b, "job.yaml", turned, 2);
    identity_make(&c, "job.yaml", other, 2);
    cr_expect(same(a.key, b.key));
    cr_expect_not(same(a.key, c.key));
    cr_expect_str_eq(a.settings.data, "{\"a\":\"1\",\"b\":\"2\"}");
    identity_free(&a);
    identity_free(&b);
    identity_free(&c);
}

Test(identity, a_secret_is_not_written_down_and_may_change)
{
    const struct setting before[] = {{"DB_PASSWORD", "tiger"}}, after[] = {{"DB_PASSWORD", "lion"}};
    struct identity a, b;

    identity_make(&a, "job.yaml", before, 1);
    identity_make(&b, "job.yaml", after, 1);
    cr_expect(same(a.key, b.key));
    cr_expect_str_eq(a.settings.data, "{\"DB_PASSWORD\":null}");
    identity_free(&a);
    identity_free(&b);
    cr_expect(identity_is_secret("api_key"));
    cr_expect(identity_is_secret("GithubToken"));
    cr_expect_not(identity_is_secret("root"));
    cr_expect_not(identity_is_secret("keys"));
}

Test(identity, a_pipe_of_the_shells_is_named_as_it_is)
{
    struct identity identity;

    identity_make(&identity, "/dev/stdin", NULL, 0);
    cr_expect_str_eq(identity.jobfile, "/dev/stdin");
    identity_free(&identity);
}

static void expect_directory(const char *expected)
{
    struct text path = {0};

    cr_expect_null(state_directory(&path));
    cr_expect_str_eq(path.data, expected);
    text_free(&path);
}

Test(state, the_directory_is_that_of_the_xdg_specification)
{
    (void)setenv("HOME", "/home/a", 1);
    (void)unsetenv("XDG_STATE_HOME");
    expect_directory("/home/a/.local/state/mpool");
    (void)setenv("XDG_STATE_HOME", "/var/a", 1);
    expect_directory("/var/a/mpool");
    /* One that is not absolute is to be ignored. */
    (void)setenv("XDG_STATE_HOME", "var/a", 1);
    expect_directory("/home/a/.local/state/mpool");
    (void)setenv("XDG_STATE_HOME", "", 1);
    expect_directory("/home/a/.local/state/mpool");
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

/* ---- totals ------------------------------------------------------------------------------------------------------ */

static void add(struct recount *recount, const char *format, int64_t integer, double real)
{
    msgpack_sbuffer buffer;
    msgpack_packer packer;

    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    (void)msgpack_pack_map(&packer, 1);
    (void)msgpack_pack_str_with_body(&packer, "x", 1);
    if (*format == 'i')
        (void)msgpack_pack_int64(&packer, integer);
    else
        (void)msgpack_pack_double(&packer, real);
    recount_add(recount, buffer.data, buffer.size);
    msgpack_sbuffer_destroy(&buffer);
}

#define COMES_TO(recount, expected)                                                                                    \
    do {                                                                                                               \
        struct text text = {0};                                                                                        \
        recount_text(&(recount), &text);                                                                               \
        cr_expect_str_eq(text.data, expected);                                                                         \
        cr_expect(recount_agrees(&(recount), expected));                                                               \
        text_free(&text);                                                                                              \
    } while (0)

Test(recount, sums_are_exact_beyond_64_bits)
{
    struct recount sum = {.operation = RECOUNT_SUM, .field = "x"};

    add(&sum, "i", INT64_MAX, 0);
    COMES_TO(sum, "9223372036854775807");
    add(&sum, "i", INT64_MAX, 0);
    COMES_TO(sum, "18446744073709551614");
    add(&sum, "i", 2, 0);
    COMES_TO(sum, "\"18446744073709551616\"");
    cr_expect_not(recount_agrees(&sum, "\"18446744073709551617\""));
    for (int i = 0; i < 3; i++)
        add(&sum, "i", INT64_MIN, 0);
    COMES_TO(sum, "-9223372036854775808");
}

Test(recount, extremes_keep_their_type)
{
    struct recount least = {.operation = RECOUNT_MIN, .field = "x"}, most = {.operation = RECOUNT_MAX, .field = "x"};

    COMES_TO(least, "null");
    for (int i = 0; i < 3; i++) {
        static const double reals[] = {2.5, -0.5, 1.25};
        add(&least, "d", 0, reals[i]);
        add(&most, "d", 0, reals[i]);
    }
    COMES_TO(least, "-0.5");
    COMES_TO(most, "2.5");
    add(&least, "i", -1, 0);
    add(&most, "i", 3, 0);
    COMES_TO(least, "-1");
    COMES_TO(most, "3");
}

Test(recount, a_sum_of_floats_agrees_whatever_the_order)
{
    struct recount sum = {.operation = RECOUNT_SUM, .field = "x"};

    for (int i = 0; i < 10; i++)
        add(&sum, "d", 0, 0.1);
    cr_expect(recount_agrees(&sum, "1"));
    cr_expect_not(recount_agrees(&sum, "1.000001"));
}

Test(recount, a_result_that_was_not_stored_is_counted_as_missing)
{
    struct recount sum = {.operation = RECOUNT_SUM, .field = "y"}, count = {.operation = RECOUNT_COUNT};

    recount_add(&sum, NULL, 0);
    add(&sum, "i", 1, 0);
    recount_add(&sum, "\xc1", 1);
    cr_expect_eq(sum.missing, 3);
    recount_add(&count, NULL, 0);
    COMES_TO(count, "1");
}

/* ---- journals ---------------------------------------------------------------------------------------------------- */

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
