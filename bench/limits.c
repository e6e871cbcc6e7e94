/*
 * bench/limits.c - how late a hard timeout is, and how soon a worker's death is the result of its job
 *
 * Jobs that hang, with limits between 30 and 200 ms, on the default number of workers: from when the function begins,
 * which it says itself in memory that it shares with the host, to its callback, less the limit. That includes the
 * backtrace of where the job was, since users wait for it too. Then busy workers are killed by SIGKILL, one at a time:
 * from the kill to mpool_future_wait() with the job's result. The attempts of all runs are ranked together.
 */
#include "bench.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#define ATTEMPTS 100
#define LEAST_MS 30
#define MOST_MS 200
#define SEED 20240229U

/* One job, in memory that host and workers share. */
struct attempt {
    double begin;      /* of the function; the worker's */
    _Atomic pid_t pid; /* of the worker; its last word, 0 until then */
    int limit_ms;      /* these are the host's */
    double late;       /* seconds; of one that was killed: from the kill to the result */
};

static struct attempt (*attempts)[ATTEMPTS]; /* of each run */

/* The number of an attempt, over all runs. */
MPOOL_FUNCTION(hang)
{
    struct attempt *attempt;
    int64_t number;

    if (mpool_unpack(args, "I", &number) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    attempt = &attempts[0][number];
    attempt->begin = bench_now();
    atomic_store(&attempt->pid, getpid());
    for (;;)
        (void)pause();
}

static void expect(const mpool_result *result, mpool_status status, int signal)
{
    if (result->status == status && result->signal == signal)
        return;
    fprintf(stderr, "limits: a job ended as %s, signal %d: %s\n", mpool_status_name(result->status), result->signal,
            result->error != NULL ? result->error : "");
    exit(1);
}

/* ---- timeouts ---------------------------------------------------------------------------------------------------- */

static void on_timeout(void *user, const mpool_result *result)
{
    struct attempt *attempt = user;
    double late = bench_now() - attempt->begin - attempt->limit_ms * 1e-3;

    expect(result, MPOOL_TIMED_OUT, 0);
    attempt->late = late < 0 ? -late : late;
}

static void run_timeouts(mpool_pool *pool, int run)
{
    static uint32_t state = SEED;

    for (int i = 0; i < ATTEMPTS; i++) {
        struct attempt *attempt = &attempts[run][i];
        mpool_task task = {.function = "hang", .callback = on_timeout, .user = attempt};

        state = state * 1664525U + 1013904223U;
        attempt->limit_ms = LEAST_MS + (int)((state >> 16) % (MOST_MS - LEAST_MS + 1));
        task.timeout_ms = attempt->limit_ms;
        BENCH_MUST(mpool_pool_submit(pool, &task, NULL, "I", (int64_t)(attempt - attempts[0])));
    }
    while (mpool_pool_dispatch(pool, MPOOL_FOREVER) == MPOOL_OK) {
    }
}

/* ---- kills ------------------------------------------------------------------------------------------------------- */

static void run_kills(mpool_pool *pool, int run)
{
    const mpool_task task = {.function = "hang"};

    for (int i = 0; i < ATTEMPTS; i++) {
        struct attempt *attempt = &attempts[BENCH_RUNS + run][i];
        const mpool_result *result;
        mpool_future *future;
        double begin;

        BENCH_MUST(mpool_pool_submit(pool, &task, &future, "I", (int64_t)(attempt - attempts[0])));
        while (atomic_load(&attempt->pid) == 0)
            bench_sleep(100e-6);
        begin = bench_now();
        (void)kill(atomic_load(&attempt->pid), SIGKILL);
        BENCH_MUST(mpool_future_wait(future, MPOOL_FOREVER, &result));
        attempt->late = bench_now() - begin;
        expect(result, MPOOL_CRASHED, SIGKILL);
        mpool_future_free(future);
    }
}

/* Milliseconds: prints the percentiles of BENCH_RUNS runs, and gives the 99th. */
static double report(const char *what, struct attempt (*runs)[ATTEMPTS])
{
    static double late[BENCH_RUNS * ATTEMPTS];
    enum { COUNT = BENCH_RUNS * ATTEMPTS };

    for (int i = 0; i < COUNT; i++)
        late[i] = runs[0][i].late * 1e3;
    printf("  %s: p50 %.2f ms, p99 %.2f ms, max %.2f ms\n", what, bench_quantile(late, COUNT, 0.5),
           bench_quantile(late, COUNT, 0.99), bench_quantile(late, COUNT, 1));
    return bench_quantile(late, COUNT, 0.99);
}

int main(void)
{
    double timeouts, kills;
    mpool_pool *pool;

    attempts = mmap(NULL, sizeof *attempts * 2 * BENCH_RUNS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (attempts == MAP_FAILED)
        return 1;
    BENCH_MUST(mpool_init(NULL));
    pool = bench_open(NULL);
    printf("%d jobs that hang, and %d workers that are killed, of %u; %d runs in turn\n", BENCH_RUNS * ATTEMPTS,
           BENCH_RUNS * ATTEMPTS, mpool_cpu_count(), BENCH_RUNS);
    for (int run = 0; run < BENCH_RUNS; run++) {
        run_timeouts(pool, run);
        run_kills(pool, run);
    }
    timeouts = report("from the limit to the result", &attempts[0]);
    kills = report("from SIGKILL to the result", &attempts[BENCH_RUNS]);
    bench_at_most("limit to result, p99, ms", timeouts, 20);
    bench_at_most("SIGKILL to result, p99, ms", kills, 10);
    mpool_pool_free(pool);
    mpool_fini();
    return 0;
}
