/*
 * tests/kill/books.c - what the test knows itself: which job has what value, how each one ended, what it left behind
 *
 * Runs in: the test, and job functions in its workers. Owns: a page for each attempt that was begun and ended, shared
 * with the workers without a word through mpool.
 */
#include "tests/kill/books.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define LONGEST_US 5000

/* What jobs write: how many attempts at a job have begun its function, and come to its end. */
struct trace {
    atomic_uint begun;
    atomic_uint ended;
};

/* How a job ended, as the pool said. */
struct end {
    bool is;
    mpool_status status;
    unsigned attempts;
};

static struct {
    uint64_t seed;
    uint32_t jobs;
    struct trace *traces;
    struct end *ends;
} books;

uint64_t dice(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

_Noreturn void die(const char *format, ...)
{
    va_list args;

    (void)fprintf(stderr, "kill-test, seed %" PRIu64 ": ", books.seed);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fprintf(stderr, "\n");
    (void)fflush(NULL);
    _Exit(1);
}

void must(mpool_err err, const char *what)
{
    if (err != MPOOL_OK)
        die("%s: %s: %s", what, mpool_err_name(err), mpool_error_detail());
}

/* ---- the job ----------------------------------------------------------------------------------------------------- */

/* What job `number` adds: positive and negative, and of a size that one lost or doubled job does not hide behind. */
static int64_t value_of(uint32_t number)
{
    uint64_t state = books.seed + number;

    return (int64_t)(dice(&state) % UINT64_C(2000000000000)) - INT64_C(1000000000000);
}

static int64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* A third takes no time; the others take up to 5 ms, asleep most of them, and some busy. */
static void take_time(uint32_t number, unsigned attempt)
{
    uint64_t state = books.seed ^ ((uint64_t)number << 20) ^ attempt, kind = dice(&state) % 12;
    int64_t us = kind < 4 ? 0 : (int64_t)(dice(&state) % LONGEST_US);
    const struct timespec length = {.tv_nsec = us * 1000};

    if (us > 0 && kind >= 6)
        (void)nanosleep(&length, NULL);
    else if (us > 0)
        for (int64_t until = now_us() + us; now_us() < until;)
            continue;
}

/* An int: the number of a job. */
MPOOL_FUNCTION(kill_job)
{
    int64_t value;
    int number;

    if (mpool_unpack(args, "i", &number) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&books.traces[number].begun, 1);
    value = value_of((uint32_t)number);
    if (mpool_job_total_add(job, "sum", value) != MPOOL_OK || mpool_job_total_add(job, "count", 1) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    take_time((uint32_t)number, mpool_job_attempt(job));
    if (mpool_job_total_add(job, "max", value) != MPOOL_OK || mpool_job_total_add(job, "min", value) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    (void)mpool_pack(result, "{s:i,s:I}", "number", number, "value", value);
    atomic_fetch_add(&books.traces[number].ended, 1);
    return 0;
}

/* ---- the books --------------------------------------------------------------------------------------------------- */

void books_init(uint64_t seed, uint32_t jobs)
{
    books.seed = seed;
    books.jobs = jobs;
    books.traces = mmap(NULL, jobs * sizeof *books.traces, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    books.ends = calloc(jobs, sizeof *books.ends);
    if (books.traces == MAP_FAILED || books.ends == NULL)
        die("no memory for %u jobs: %s", (unsigned)jobs, strerror(errno));
}

void books_begin(void)
{
    for (uint32_t i = 0; i < books.jobs; i++) {
        books.ends[i] = (struct end){0};
        atomic_store(&books.traces[i].begun, 0);
        atomic_store(&books.traces[i].ended, 0);
    }
}

static void check_value(const mpool_result *result, uint32_t number)
{
    int64_t value;
    int told;

    must(mpool_result_unpack(result, "{s:i,s:I}", "number", &told, "value", &value), "a result");
    if ((uint32_t)told != number || value != value_of(number))
        die("job %u has the result of job %d, %" PRId64, (unsigned)number, told, value);
}

void books_enter(const mpool_result *result, bool retried)
{
    uint32_t number = (uint32_t)result->tag;
    struct end *end;

    if (result->tag >= books.jobs)
        die("a result with tag %" PRIu64, result->tag);
    end = &books.ends[number];
    if (end->is)
        die("job %u ended twice: %s, and %s", (unsigned)number, mpool_status_name(end->status),
            mpool_status_name(result->status));
    *end = (struct end){.is = true, .status = result->status, .attempts = result->attempts};
    if (result->status == MPOOL_DONE)
        check_value(result, number);
    else if (retried || result->status != MPOOL_CRASHED || result->signal != SIGKILL)
        die("job %u ended as %s: %s", (unsigned)number, mpool_status_name(result->status), result->error);
    if (result->attempts < 1 || (!retried && result->attempts != 1))
        die("job %u had %u attempts", (unsigned)number, result->attempts);
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

/* What jobs have written has to agree with how they ended. Returns how many crashed before their first line. */
static uint64_t check_traces(void)
{
    uint64_t unbegun = 0;

    for (uint32_t i = 0; i < books.jobs; i++) {
        unsigned begun = atomic_load(&books.traces[i].begun), ended = atomic_load(&books.traces[i].ended);
        const struct end *end = &books.ends[i];

        if (!end->is)
            die("job %u is lost", (unsigned)i);
        if (ended > begun || (end->status == MPOOL_DONE && ended == 0))
            die("job %u is %s, was begun %u times and ended %u times", (unsigned)i, mpool_status_name(end->status),
                begun, ended);
        unbegun += begun == 0;
    }
    return unbegun;
}

static void check_total(const mpool_total *total, const char *name, int64_t wanted)
{
    int64_t value;

    must(mpool_total_int64(total, &value), name);
    if (value != wanted)
        die("total %s is %" PRId64 ", and should be %" PRId64 ": %" PRId64 " too much", name, value, wanted,
            value - wanted);
}

void books_totals(mpool_pool *pool, mpool_total *totals[BOOKS_TOTALS])
{
    must(mpool_total_open(pool, "sum", MPOOL_SUM, &totals[0]), "total");
    must(mpool_total_open(pool, "count", MPOOL_COUNT, &totals[1]), "total");
    must(mpool_total_open(pool, "max", MPOOL_MAX, &totals[2]), "total");
    must(mpool_total_open(pool, "min", MPOOL_MIN, &totals[3]), "total");
    must(mpool_total_open(pool, "collected", MPOOL_SUM, &totals[4]), "total");
}

void books_close(const mpool_pool_stats *stats, mpool_total *const totals[], bool retried)
{
    int64_t sum = 0, count = 0, max = INT64_MIN, min = INT64_MAX;
    uint64_t unbegun = check_traces(), charged = 0;

    for (uint32_t i = 0; i < books.jobs; i++) {
        const struct end *end = &books.ends[i];
        int64_t value = value_of(i);

        charged += end->attempts - (end->status == MPOOL_DONE);
        if (end->status != MPOOL_DONE)
            continue;
        sum += value;
        count++;
        max = value > max ? value : max;
        min = value < min ? value : min;
    }
    check_total(totals[0], "sum", sum);
    check_total(totals[1], "count", count);
    check_total(totals[2], "max", max);
    check_total(totals[3], "min", min);
    check_total(totals[4], "collected", sum);
    (void)printf("%-12s %6" PRId64 " done, %" PRIu64 " %s, %" PRIu64 " of them before their first instruction\n",
                 "jobs", count, charged, retried ? "attempts lost" : "crashed", unbegun);
    if (charged != stats->deaths_claimed)
        die("%" PRIu64 " attempts were charged, and %" PRIu64 " workers died at a job", charged, stats->deaths_claimed);
    /* Between its claim and its function's first line there is nothing but a few microseconds. */
    if (unbegun > 2 + charged / 10)
        die("%" PRIu64 " of %" PRIu64 " jobs that crashed had not begun", unbegun, charged);
}
