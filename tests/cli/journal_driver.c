/*
 * tests/cli/journal_driver.c - writes a journal as `mpool run` does, without running anything
 *
 *     journal-driver NAME=VALUE...
 *
 *     journal=FILE   where it is; else in the state directory        jobs=N       how many jobs there are
 *     jobfile=PATH   whose it is; job.yaml by default                set=VALUE    of the variable x
 *     password=VALUE of the variable password                        name=TEXT    of the run
 *     resume=1       go on with the last run; =-1 with that of run=N retry=1      of what is not done, only what failed
 *     output=FILE    lines of results                                fail=N       every Nth job fails
 *     equal=N        N jobs in a row have the same key               values=0     results are not stored
 *     acks=1         on stdout, see below                            stop=N       after N jobs, without an end
 *     hold=1         wait for the end of standard input before the end; "ready" on stdout says that all is on disk
 *     wrong=1        the summary is wrong                            flush=N      after each Nth job
 *
 * With acks=1 it writes numbers of 8 bytes to stdout: for each job that it runs its key's number and RAN, and, once the
 * job is durable, the key's number. It prints what it has come to on stderr.
 */
#include "tests/cli/journal_driver.h"

#include "cli/journal.h"
#include "cli/memory.h"
#include "cli/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_COUNT 1
#define LATE_MAX 65536 /* jobs that wait to be durable */

static struct {
    const char *journal, *jobfile, *set, *password, *name, *output;
    int64_t jobs, resume, run, retry, fail, equal, values, acks, stop, hold, wrong, flush;
} given = {.jobfile = "job.yaml", .jobs = 10, .equal = 1, .values = 1, .stop = -1};

struct late {
    uint64_t sequence, key;
    size_t line; /* where its line begins in `lines` */
};

static struct {
    struct journal *journal;
    struct resume *resume;
    int output; /* -1: none */
    int64_t output_end;
    struct text lines; /* that are not written yet */
    struct late late[LATE_MAX];
    size_t late_count;
    uint64_t done, failed, resumed, ran, left;
    uint64_t bytes;
} run = {.output = -1};

static void die(const char *what)
{
    (void)fprintf(stderr, "journal-driver: %s: %s\n", what, strerror(errno));
    exit(99);
}

static void read_arguments(int argc, char **argv)
{
    const struct {
        const char *name;
        const char **text;
        int64_t *number;
    } known[] = {
        {"journal", &given.journal, NULL}, {"jobfile", &given.jobfile, NULL},   {"set", &given.set, NULL},
        {"name", &given.name, NULL},       {"password", &given.password, NULL}, {"output", &given.output, NULL},
        {"jobs", NULL, &given.jobs},       {"resume", NULL, &given.resume},     {"run", NULL, &given.run},
        {"retry", NULL, &given.retry},     {"fail", NULL, &given.fail},         {"equal", NULL, &given.equal},
        {"values", NULL, &given.values},   {"acks", NULL, &given.acks},         {"stop", NULL, &given.stop},
        {"hold", NULL, &given.hold},       {"wrong", NULL, &given.wrong},       {"flush", NULL, &given.flush},
    };

    for (int i = 1; i < argc; i++) {
        size_t length = strcspn(argv[i], "="), k = 0;
        while (k < sizeof known / sizeof known[0] &&
               (strlen(known[k].name) != length || strncmp(known[k].name, argv[i], length) != 0))
            k++;
        if (k == sizeof known / sizeof known[0] || argv[i][length] == '\0')
            die(argv[i]);
        if (known[k].text != NULL)
            *known[k].text = argv[i] + length + 1;
        else
            *known[k].number = strtoll(argv[i] + length + 1, NULL, 10);
    }
}

static void write_all(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        ssize_t count = write(fd, at, size);
        if (count < 0)
            die("write");
        at += count;
        size -= (size_t)count;
    }
}

static void tell(uint64_t number)
{
    if (given.acks != 0)
        write_all(STDOUT_FILENO, &number, sizeof number);
}

/* Shows what is durable, and nothing else: lines of --output, and acknowledgements. */
static void show(void)
{
    uint64_t durable = journal_durable(run.journal);
    size_t shown = 0;

    while (shown < run.late_count && run.late[shown].sequence <= durable)
        shown++;
    if (shown == 0)
        return;
    size_t bytes = shown < run.late_count ? run.late[shown].line : run.lines.size;
    if (run.output >= 0)
        write_all(run.output, run.lines.data, bytes);
    for (size_t i = 0; i < shown; i++)
        tell(run.late[i].key);
    text_drop(&run.lines, bytes);
    run.late_count -= shown;
    memmove(run.late, run.late + shown, run.late_count * sizeof run.late[0]);
    for (size_t i = 0; i < run.late_count; i++)
        run.late[i].line -= bytes;
}

static void end_job(const struct journal_job *job, uint64_t key)
{
    struct journal_job ended = *job;
    size_t line = run.lines.size;

    ended.output_end = -1;
    if (run.output >= 0 && job->resumed == 0) {
        text_printf(&run.lines, "{\"step\":\"sizes\",\"index\":%" PRIu64 "}\n", job->index);
        run.output_end += (int64_t)(run.lines.size - line);
        ended.output_end = run.output_end;
    }
    uint64_t sequence = journal_add(run.journal, &ended);
    if (job->resumed != 0)
        return;
    if (run.late_count == LATE_MAX) {
        if (!journal_flush(run.journal, 60000))
            run.late_count = 0; /* it is lost, and nobody is told of it */
        show();
    }
    run.late[run.late_count++] = (struct late){.sequence = sequence, .key = key, .line = line};
    show();
}

/* {"bytes": INDEX} */
static size_t pack_value(uint64_t index, char value[16])
{
    value[0] = (char)0x81;
    value[1] = (char)0xa5;
    memcpy(value + 2, "bytes", 5);
    value[7] = (char)0xcf;
    for (int i = 0; i < 8; i++)
        value[8 + i] = (char)(index >> (56 - 8 * i));
    return 16;
}

static uint64_t unpack_value(const unsigned char *value, size_t size)
{
    uint64_t index = 0;

    for (size_t i = 8; i < size; i++)
        index = index << 8 | value[i];
    return index;
}

static void run_job(uint64_t index, const struct key *key, uint64_t key_number)
{
    bool fails = given.fail != 0 && (index + 1) % (uint64_t)given.fail == 0;
    char value[16], item[40];
    struct journal_job job = {.index = index, .key = *key, .attempts = 1, .run_ns = 1500000000, .item = item};

    tell(key_number | JOURNAL_DRIVER_RAN);
    run.ran++;
    job.item_size = (size_t)snprintf(item, sizeof item, "item %" PRIu64, index);
    if (fails) {
        job.status = MPOOL_FAILED;
        job.attempts = 3;
        job.error = "it has \033[31mno luck";
        run.failed++;
    } else {
        job.value_size = pack_value(index, value);
        job.value = given.values != 0 ? value : NULL;
        run.done++;
        run.bytes += index;
    }
    end_job(&job, key_number);
}

static void plan_job(uint64_t index)
{
    uint64_t number = index / (uint64_t)given.equal;
    const struct key_parts parts = {.function = "file_size", .args = &number, .args_size = sizeof number};
    struct text scratch = {0};
    struct key key;
    const void *value;
    size_t size;
    int64_t row;

    key_make(&parts, &scratch, &key);
    text_free(&scratch);
    enum resume_answer answer = run.resume != NULL ? resume_take(run.resume, 0, &key, &row) : RESUME_NEW;
    if (answer == RESUME_DONE) {
        run.done++;
        run.resumed++;
        if (given.values != 0 && resume_value(run.resume, row, &value, &size))
            run.bytes += unpack_value(value, size);
        end_job(&(struct journal_job){.index = index, .key = key, .run_ns = -1, .resumed = row}, number);
    } else if (answer == RESUME_NEW && given.retry != 0) {
        run.left++;
    } else {
        run_job(index, &key, number);
    }
}

static void open_journal(const struct jobfile *jobfile)
{
    struct setting settings[2];
    struct stat status = {0};
    struct journal_options options = {.file = given.journal,
                                      .jobfile = jobfile,
                                      .path = given.jobfile,
                                      .settings = settings,
                                      .output = given.output,
                                      .resume = given.resume != 0,
                                      .resume_number = given.run};

    if (given.set != NULL)
        settings[options.setting_count++] = (struct setting){.name = "x", .value = given.set};
    if (given.password != NULL)
        settings[options.setting_count++] = (struct setting){.name = "password", .value = given.password};
    if (given.output != NULL) {
        run.output = open(given.output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (run.output < 0 || fstat(run.output, &status) != 0)
            die(given.output);
        options.output_size = status.st_size;
    }
    int code = journal_open(&run.journal, &options);
    if (code != 0)
        exit(code);
    run.output_end = journal_output_base(run.journal);
    if (run.output >= 0 && ftruncate(run.output, run.output_end) != 0)
        die(given.output);
}

static void wait_for_end_of_input(void)
{
    char byte;

    (void)puts("ready");
    (void)fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
}

static void end_journal(void)
{
    struct text summary = {0};
    int code = run.failed + run.left > 0;

    if (!journal_flush(run.journal, 60000)) {
        (void)fprintf(stderr, "failure: %s\n", journal_failure(run.journal));
        code = 3;
    }
    show();
    if (given.hold != 0)
        wait_for_end_of_input();
    text_printf(&summary,
                "{\"jobs\":{\"total\":%" PRIu64 ",\"done\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"crashed\":0,"
                "\"timed_out\":0,\"cancelled\":0,\"skipped\":0,\"pending\":%" PRIu64 ",\"resumed\":%" PRIu64 "},"
                "\"totals\":{\"sizes\":{\"bytes\":%" PRIu64 ",\"files\":%" PRIu64 "}}}",
                run.done + run.failed + run.left, run.done, run.failed, run.left, run.resumed,
                run.bytes + (uint64_t)given.wrong, run.done);
    if (!journal_end(run.journal, code, summary.data))
        code = 3;
    text_free(&summary);
    (void)fprintf(stderr, "ran %" PRIu64 ", resumed %" PRIu64 ", left %" PRIu64 "\n", run.ran, run.resumed, run.left);
    exit(code);
}

int main(int argc, char **argv)
{
    struct total totals[] = {{.name = "bytes", .operation = "sum", .field = "bytes"},
                             {.name = "files", .operation = "count"}};
    struct step steps[STEP_COUNT] = {
        {.name = "sizes", .function = "file_size", .totals = totals, .total_count = 2, .limits = {.retries = 2}}};
    struct jobfile jobfile = {.name = "job.yaml", .steps = steps, .step_count = STEP_COUNT};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    /* A file that may not grow any more is an error of write(), and not the end. */
    (void)sigaction(SIGXFSZ, &ignore, NULL);
    read_arguments(argc, argv);
    if (given.name != NULL)
        jobfile.name = given.name;
    open_journal(&jobfile);
    const struct journal_earlier *earlier = journal_earlier(run.journal);
    (void)fprintf(stderr, "earlier: run %" PRId64 ", %" PRIu64 " of %" PRIu64 " done%s\n", earlier->number,
                  earlier->done, earlier->total, earlier->unfinished ? "" : ", finished");
    if (given.resume != 0 && (run.resume = resume_open(run.journal, &jobfile)) == NULL)
        exit(3);
    journal_jobs(run.journal, 0, (uint64_t)given.jobs);
    for (int64_t i = 0; i < given.jobs && i != given.stop; i++) {
        plan_job((uint64_t)i);
        if (given.flush != 0 && i % given.flush == 0 && journal_flush(run.journal, 60000))
            show();
    }
    if (given.stop >= 0) {
        (void)journal_flush(run.journal, 60000);
        show();
        _exit(0);
    }
    resume_close(run.resume);
    end_journal();
}
