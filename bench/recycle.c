/*
 * bench/recycle.c - jobs of 1 ms with workers that are replaced after 25 of them, next to workers that stay
 *
 * So a worker lives for 25 ms: its successor has to be there before it goes, or the difference is seen. Two forms:
 * sleeping jobs leave the processors to those who start workers; burning ones take all there are.
 */
#include "bench.h"

#define JOBS 2000
#define MAX_JOBS 25
#define JOB_SECONDS 1e-3

MPOOL_FUNCTION(rest)
{
    bench_sleep(JOB_SECONDS);
    return 0;
}

MPOOL_FUNCTION(burn)
{
    bench_burn(JOB_SECONDS);
    return 0;
}

static const char *const functions[] = {"rest", "burn"};
static const char *const names[] = {"sleeping", "burning"};
static const char items[JOBS]; /* nobody reads them */

static double run(mpool_pool *pool, const char *function)
{
    const mpool_task task = {.function = function, .discard_value = true};
    double begin = bench_now();

    BENCH_MUST(mpool_pool_map(pool, &task, items, JOBS, sizeof items[0], NULL, 0, NULL));
    return JOBS / (bench_now() - begin);
}

int main(void)
{
    double staying[2][BENCH_RUNS], recycled[2][BENCH_RUNS];
    mpool_pool *stay, *recycle;
    mpool_pool_stats stats;

    BENCH_MUST(mpool_init(NULL));
    stay = bench_open(NULL);
    recycle = bench_open(&(mpool_pool_options){.worker_max_jobs = MAX_JOBS});
    printf("jobs of 1 ms on %u workers, replaced after %d of them or never; jobs/s, medians of %d runs\n",
           mpool_cpu_count(), MAX_JOBS, BENCH_RUNS);
    for (int i = 0; i < BENCH_RUNS; i++)
        for (int form = 0; form < 2; form++) {
            staying[form][i] = run(stay, functions[form]);
            recycled[form][i] = run(recycle, functions[form]);
        }
    for (int form = 0; form < 2; form++) {
        double with = bench_median(recycled[form]), without = bench_median(staying[form]);
        char what[80];

        (void)snprintf(what, sizeof what, "%s: %.0f with / %.0f without", names[form], with, without);
        bench_at_least(what, with / without, 0.95);
    }
    BENCH_MUST(mpool_pool_stats_read(recycle, &stats));
    printf("  %llu workers for %llu jobs\n", (unsigned long long)stats.workers_started,
           (unsigned long long)stats.jobs_ended);
    mpool_pool_free(stay);
    mpool_pool_free(recycle);
    mpool_fini();
    return 0;
}
