/*
 * bench/values.c - what a short job feels of another one in its pool that returns 512 MiB
 *
 * Two workers. One thread of the host keeps a job running that returns a value of 512 MiB, and takes each; the main
 * thread has short jobs, one at a time. Their latency is compared with that when the large job is not there. Copying
 * takes a processor or two by itself: where there are no more, part of the difference is that.
 */
#include "bench.h"

#include <pthread.h>
#include <stdatomic.h>

#define VALUE_BYTES ((size_t)512 << 20)
#define RUN_SECONDS 3.0
#define TRIPS_MOST 100000

MPOOL_FUNCTION(large)
{
    static char *value; /* nothing writes there, so that the value is not in memory before it is packed */

    if (value == NULL)
        value = calloc(1, VALUE_BYTES);
    if (value == NULL)
        return mpool_job_fail(job, "no memory");
    return mpool_pack(result, "z", (const void *)value, VALUE_BYTES) != MPOOL_OK;
}

MPOOL_FUNCTION(square)
{
    int64_t x;

    if (mpool_unpack(args, "I", &x) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return mpool_pack(result, "I", x * x) != MPOOL_OK;
}

/* Takes large values until it is told to stop. */
struct taker {
    pthread_t thread;
    mpool_pool *pool;
    atomic_bool stop;
    atomic_uint taken;
};

static void take(mpool_pool *pool)
{
    const mpool_result *result;
    mpool_future *future;
    const void *value;
    size_t size;

    BENCH_MUST(mpool_pool_apply(pool, &(mpool_task){.function = "large"}, &future, &result, NULL));
    BENCH_MUST(mpool_result_unpack(result, "z", &value, &size));
    mpool_future_free(future);
}

static void *take_all(void *data)
{
    struct taker *taker = data;

    while (!atomic_load(&taker->stop)) {
        take(taker->pool);
        atomic_fetch_add(&taker->taken, 1);
    }
    return NULL;
}

/* Short jobs for a while; gives percentiles of their latency, in seconds. */
static void run_short(mpool_pool *pool, double *p50, double *p99)
{
    static double times[TRIPS_MOST];
    const double end = bench_now() + RUN_SECONDS;
    size_t count = 0;

    while (count < TRIPS_MOST && bench_now() < end) {
        double begin = bench_now();
        const mpool_result *result;
        mpool_future *future;
        int64_t square;

        BENCH_MUST(mpool_pool_apply(pool, &(mpool_task){.function = "square"}, &future, &result, "I", INT64_C(7)));
        BENCH_MUST(mpool_result_unpack(result, "I", &square));
        mpool_future_free(future);
        times[count++] = bench_now() - begin;
    }
    *p50 = bench_quantile(times, count, 0.5);
    *p99 = bench_quantile(times, count, 0.99);
}

/* The same beside a large job; gives how many values were taken meanwhile. */
static unsigned run_beside(mpool_pool *pool, double *p50, double *p99)
{
    struct taker taker = {.pool = pool};

    if (pthread_create(&taker.thread, NULL, take_all, &taker) != 0)
        exit(1);
    run_short(pool, p50, p99);
    atomic_store(&taker.stop, true);
    (void)pthread_join(taker.thread, NULL);
    return atomic_load(&taker.taken);
}

int main(void)
{
    double alone[2][BENCH_RUNS], beside[2][BENCH_RUNS];
    unsigned taken = 0;
    mpool_pool *pool;

    BENCH_MUST(mpool_init(NULL));
    pool = bench_open(&(mpool_pool_options){.workers = 2});
    take(pool);
    for (int run = 0; run < BENCH_RUNS; run++) {
        run_short(pool, &alone[0][run], &alone[1][run]);
        taken += run_beside(pool, &beside[0][run], &beside[1][run]);
    }
    printf(
        "short jobs alone, and beside one that returns %zu MiB (%u were taken), on %u processors; medians of %d runs, "
        "there is no goal\n",
        VALUE_BYTES >> 20, taken, mpool_cpu_count(), BENCH_RUNS);
    for (int i = 0; i < 2; i++) {
        double without = bench_median(alone[i]), with = bench_median(beside[i]);

        printf("  %s alone %7.1f us   beside %7.1f us   %6.2fx\n", i == 0 ? "p50" : "p99", without * 1e6, with * 1e6,
               with / without);
    }
    mpool_pool_free(pool);
    mpool_fini();
    return 0;
}
