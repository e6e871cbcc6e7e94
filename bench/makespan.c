/*
 * bench/makespan.c - jobs of 1 ms with a few of 300 ms among them: how near is the end to that of a list schedule?
 *
 * A list schedule gives each job, in order, to the worker that has the least to do so far, and knows no messages: a
 * pool that sends jobs ahead has to call back those that lie behind a long one. The jobs say how long they took, and
 * the schedule is of these times, so that what sleeping adds to 1 ms does not count as ours. Where jobs burn CPU time
 * they take what they were told, and the schedule has as many workers as there are processors, at most.
 */
#include "bench.h"

#define JOBS 2000
#define LONG_JOBS (JOBS / 100)
#define SHORT_MS 1.0
#define LONG_MS 300.0
#define SEED 20240229U

/* A job's arguments and result: milliseconds. */
MPOOL_FUNCTION(rest)
{
    double ms, begin = bench_now();

    if (mpool_unpack(args, "d", &ms) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    bench_sleep(ms * 1e-3);
    return mpool_pack(result, "d", (bench_now() - begin) * 1e3) != MPOOL_OK;
}

MPOOL_FUNCTION(burn)
{
    double ms;

    if (mpool_unpack(args, "d", &ms) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    bench_burn(ms * 1e-3);
    return mpool_pack(result, "d", ms) != MPOOL_OK;
}

static double items[JOBS];

static void draw_items(void)
{
    uint32_t state = SEED;

    for (int i = 0; i < JOBS; i++)
        items[i] = SHORT_MS;
    for (int left = LONG_JOBS; left > 0;) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        left -= items[state % JOBS] < LONG_MS;
        items[state % JOBS] = LONG_MS;
    }
}

/* When the last of the workers is through, in seconds. */
static double list_schedule(const double *ms, unsigned workers)
{
    double load[MPOOL_WORKERS_MAX] = {0}, end = 0;

    for (int i = 0; i < JOBS; i++) {
        unsigned least = 0;

        for (unsigned k = 1; k < workers; k++)
            least = load[k] < load[least] ? k : least;
        load[least] += ms[i] * 1e-3;
        end = load[least] > end ? load[least] : end;
    }
    return end;
}

struct form {
    const char *function;
    unsigned workers;
    unsigned least; /* workers of the schedule */
    double makespan[BENCH_RUNS];
    double ratio[BENCH_RUNS];
};

static void run_form(struct form *form, int run)
{
    static double took[JOBS];
    const mpool_task task = {.function = form->function, .item_format = "d", .result_format = "d"};
    mpool_pool *pool = bench_open(&(mpool_pool_options){.workers = form->workers});
    double begin = bench_now();

    BENCH_MUST(mpool_pool_map(pool, &task, items, JOBS, sizeof items[0], took, sizeof took[0], NULL));
    form->makespan[run] = bench_now() - begin;
    form->ratio[run] = form->makespan[run] / list_schedule(took, form->least);
    mpool_pool_free(pool);
}

int main(void)
{
    unsigned processors = mpool_cpu_count();
    struct form forms[] = {
        {.function = "rest", .workers = 2, .least = 2},
        {.function = "rest", .workers = 8, .least = 8},
        {.function = "burn", .workers = 2, .least = processors < 2 ? processors : 2},
        {.function = "burn", .workers = 8, .least = processors < 8 ? processors : 8},
    };
    enum { FORMS = sizeof forms / sizeof forms[0] };

    draw_items();
    BENCH_MUST(mpool_init(NULL));
    printf("%d jobs of %g ms, %d of them of %g ms, to the makespan of a list schedule; medians of %d runs\n", JOBS,
           SHORT_MS, LONG_JOBS, LONG_MS, BENCH_RUNS);
    for (int run = 0; run < BENCH_RUNS; run++)
        for (int i = 0; i < FORMS; i++)
            run_form(&forms[i], run);
    for (int i = 0; i < FORMS; i++) {
        char what[80];

        (void)snprintf(what, sizeof what, "%s, %u workers: %.3f s / schedule of %u",
                       strcmp(forms[i].function, "rest") == 0 ? "sleeping" : "burning", forms[i].workers,
                       bench_median(forms[i].makespan), forms[i].least);
        bench_at_most(what, bench_median(forms[i].ratio), 1.03);
    }
    mpool_fini();
    return 0;
}
