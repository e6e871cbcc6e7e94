/*
 * tests/cli/journal_kill.c - a process that writes a journal is killed at random moments, over and over
 *
 *     journal-kill JOURNAL-DRIVER KILLS [SEED]
 *
 * The driver (tests/cli/journal_driver.c) goes on with its own work each time, as `mpool run --resume` does, and tells
 * over a pipe which jobs it runs, and which are durable. Some are equal in pairs. What has to hold, after every kill:
 *
 *     the journal opens again, and is whole
 *     what was told to be durable is in the journal, exactly once
 *     what was told to be durable is never run again
 *
 * When all jobs are done, the lines of --output are those of the record, and the next round begins.
 */
#include "tests/cli/journal_driver.h"

#include "cli/resume.h"
#include "cli/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS 1000
#define EQUAL 2
#define KEYS (JOBS / EQUAL)

extern char **environ;

static struct {
    unsigned durable[KEYS]; /* jobs of a key that were told to be, in this chain */
    unsigned ran[KEYS];     /* by the process that runs now */
    unsigned before[KEYS];  /* durable when it began */
    uint64_t dice;
    int64_t window_us; /* a process is killed within it; about one in six comes to its end before, however fast it is */
    unsigned kills, rounds, acknowledged;
    bool resume;
} test;

static _Noreturn void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fprintf(stderr, "after %u kills: ", test.kills);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(1);
}

/* SplitMix64. */
static uint64_t dice(void)
{
    uint64_t x = test.dice += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static int64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the process ------------------------------------------------------------------------------------------------- */

static pid_t start(const char *driver, int *from)
{
    char jobs[32], resume[] = "resume=0", equal[16], program[] = "journal-driver", acks[] = "acks=1",
                   journal[] = "journal=journal", output[] = "output=lines", flush[] = "flush=50";
    char *arguments[] = {program, journal, output, acks, jobs, equal, resume, flush, NULL};
    posix_spawn_file_actions_t actions;
    int fds[2];
    pid_t pid;

    (void)snprintf(jobs, sizeof jobs, "jobs=%d", JOBS);
    (void)snprintf(equal, sizeof equal, "equal=%d", EQUAL);
    resume[sizeof resume - 2] = test.resume ? '1' : '0';
    if (pipe(fds) != 0)
        die("pipe: %s", strerror(errno));
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
    (void)posix_spawn_file_actions_addclose(&actions, fds[0]);
    (void)posix_spawn_file_actions_addclose(&actions, fds[1]);
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "log", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int code = posix_spawn(&pid, driver, &actions, NULL, arguments, environ);
    if (code != 0)
        die("%s: %s", driver, strerror(code));
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(fds[1]);
    *from = fds[0];
    return pid;
}

static void hear(uint64_t number)
{
    uint64_t key = number & ~JOURNAL_DRIVER_RAN;

    if (key >= KEYS)
        die("there is no key %" PRIu64, key);
    if (number == key) {
        test.acknowledged++;
        if (++test.durable[key] > EQUAL)
            die("%u jobs of key %" PRIu64 " are durable, and there are %d", test.durable[key], key, EQUAL);
    } else if (++test.ran[key] + test.before[key] > EQUAL) {
        die("a job of key %" PRIu64 " is run that was durable before", key);
    }
}

/* Takes what the driver tells until it has ended, and kills it at some moment. Numbers come whole: 8 bytes at once. */
static int listen_to(pid_t pid, int from, int64_t kill_us)
{
    int64_t until = now_us() + kill_us;
    uint64_t numbers[512];
    bool killed = false;
    int status;

    for (;;) {
        struct pollfd fd = {.fd = from, .events = POLLIN};
        int64_t left = until - now_us();
        const struct timespec wait = {.tv_nsec = left > 0 ? left * 1000 : 0};
        int ready = ppoll(&fd, 1, killed ? NULL : &wait, NULL);
        if (ready == 0) {
            killed = kill(pid, SIGKILL) == 0;
            continue;
        }
        ssize_t size = read(from, numbers, sizeof numbers);
        if (size < 0 || size % 8 != 0)
            die("read: %zd bytes", size);
        if (size == 0)
            break;
        for (ssize_t i = 0; i < size / 8; i++)
            hear(numbers[i]);
    }
    (void)close(from);
    if (waitpid(pid, &status, 0) != pid)
        die("waitpid: %s", strerror(errno));
    return status;
}

/* ---- the journal ------------------------------------------------------------------------------------------------- */

static int64_t number(struct sql *sql, const char *query)
{
    int64_t found = sql_number(sql, query, 0, -1);

    if (sql_failed(sql))
        die("%s: %s", query, sql->failure.data);
    return found;
}

/* The jobs of the last chain that are done; without those whose lines were lost, which are to be run again. */
#define DONE                                                                                                           \
    " FROM jobs j JOIN steps s ON s.id = j.step JOIN runs r ON r.id = s.run WHERE r.chain = (SELECT chain FROM runs"   \
    " ORDER BY id DESC LIMIT 1) AND j.status = 0 AND j.resumed IS NULL AND j.output <= ?1 AND j.output <= " RESUME_LIMIT

static int64_t file_size(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? status.st_size : 0;
}

/* The rows of a key have its number in the item: "item INDEX". */
static void check_journal(void)
{
    static unsigned found[KEYS];
    struct sql sql;

    if (!sql_open(&sql, "journal", SQLITE_OPEN_READWRITE))
        die("the journal does not open: %s", sql.failure.data);
    if (number(&sql, "SELECT count(*) FROM pragma_quick_check WHERE quick_check = 'ok'") != 1)
        die("the journal is damaged");
    /* It was killed before it had made the tables: then nothing was durable, which is looked at below. */
    if (number(&sql, "SELECT count(*) FROM sqlite_schema") == 0)
        (void)sql_run(
            &sql,
            "CREATE TEMP TABLE runs (id, chain, output, output_base); CREATE TEMP TABLE steps (id, run); CREATE TEMP"
            " TABLE jobs (id, step, number, item, status, resumed, output)");
    if (number(&sql, "SELECT count(*) FROM (SELECT 1 FROM jobs GROUP BY step, number HAVING count(*) > 1)") != 0)
        die("a job has two ends in one run");
    memset(found, 0, sizeof found);
    sqlite3_stmt *rows =
        sql_query(&sql, "SELECT cast(substr(cast(j.item AS TEXT), 6) AS INTEGER)" DONE, file_size("lines"));
    while (sql_step(&sql, rows)) {
        int64_t index = sqlite3_column_int64(rows, 0);
        if (index < 0 || index >= JOBS)
            die("there is no job %" PRId64, index);
        found[index / EQUAL]++;
    }
    (void)sqlite3_finalize(rows);
    for (size_t key = 0; key < KEYS; key++) {
        /* What was written and not told of yet may be there as well, but not more than there are jobs. */
        if (found[key] < test.durable[key] || found[key] > EQUAL)
            die("of key %zu %u jobs are durable, and %u are in the journal", key, test.durable[key], found[key]);
        test.durable[key] = found[key];
    }
    if (sql_failed(&sql))
        die("the journal cannot be read: %s", sql.failure.data);
    sql_close(&sql);
}

/* At the end of a chain each job has its line, and each line a job. */
static void check_lines(void)
{
    FILE *file = fopen("lines", "re");
    int lines = 0;

    if (file == NULL)
        die("lines: %s", strerror(errno));
    for (int c; (c = getc(file)) != EOF;)
        lines += c == '\n';
    (void)fclose(file);
    if (lines != JOBS)
        die("there are %d lines for %d jobs", lines, JOBS);
}

static void run_once(const char *driver)
{
    int from;

    memcpy(test.before, test.durable, sizeof test.before);
    memset(test.ran, 0, sizeof test.ran);
    pid_t pid = start(driver, &from);
    int status = listen_to(pid, from, (int64_t)(dice() % (uint64_t)test.window_us));
    bool ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!ended && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
        die("the driver ended with status %x; see log", (unsigned)status);
    test.kills += !ended;
    test.window_us = ended ? test.window_us * 7 / 10 + 100 : test.window_us * 107 / 100;
    if (access("journal", F_OK) == 0)
        check_journal();
    test.resume = !ended;
    if (ended) {
        check_lines();
        memset(test.durable, 0, sizeof test.durable);
        test.rounds++;
    }
}

int main(int argc, char **argv)
{
    if (argc < 3)
        die("usage: journal-kill JOURNAL-DRIVER KILLS [SEED]");
    test.window_us = 50000;
    unsigned kills = (unsigned)strtoul(argv[2], NULL, 10);
    test.dice = argc > 3 ? strtoull(argv[3], NULL, 10) : (uint64_t)now_us();
    (void)printf("seed %" PRIu64 "\n", test.dice);
    (void)fflush(stdout);
    while (test.kills < kills)
        run_once(argv[1]);
    (void)printf("%u kills, %u acknowledged jobs, %u chains came to their end\n", test.kills, test.acknowledged,
                 test.rounds);
    return test.rounds > 0 && test.acknowledged > test.rounds * JOBS / 2 ? 0 : 1;
}
