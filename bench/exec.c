/*
 * bench/exec.c - mpool exec over 5,000 items, next to xargs -P2 and to GNU parallel; and the start of a command
 *
 * What is run is `true`, and `echo` with the item, two at a time. mpool has its defaults: output is kept until its job
 * has ended, and each end is written to a journal; and it is run without that journal, too. All are run in turn, five
 * times each. Then what a single `true` takes, from nothing to its end, by a job file and otherwise.
 */
#include "command.h"

#include <errno.h>
#include <unistd.h>

#define ITEMS 5000
#define STARTS 20
#define WORDS 8

struct contestant {
    const char *name;
    const char *argv[WORDS];
    bool absent; /* it is not installed */
    double times[STARTS];
    double median;
};

static void fail(const char *what)
{
    fprintf(stderr, "exec: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* There is another program of this name. */
static bool has_parallel(void)
{
    const char *const test[] = {"sh", "-c", "parallel --version | grep -q '^GNU parallel'", NULL};

    return bench_try(test, "/dev/null", "/dev/null") >= 0;
}

static int lines_of(const char *path)
{
    FILE *file = fopen(path, "r");
    int count = 0;

    if (file == NULL)
        fail(path);
    for (int c; (c = getc(file)) != EOF;)
        count += c == '\n';
    (void)fclose(file);
    return count;
}

/* Runs each of them in turn, `runs` times, and takes the medians. Each run has to print `lines` lines. */
static void measure(struct contestant *contestants, size_t count, int runs, const char *input, int lines)
{
    for (int run = 0; run < runs; run++) {
        for (size_t i = 0; i < count; i++) {
            struct contestant *one = &contestants[i];
            if (one->absent)
                continue;
            one->times[run] = bench_try(one->argv, input, "out");
            if (one->times[run] < 0 || lines_of("out") != lines) {
                fprintf(stderr, "exec: this failed, or printed something else than %d lines: %s\n", lines, one->name);
                exit(1);
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        contestants[i].median = bench_quantile(contestants[i].times, (size_t)runs, 0.5);
        if (!contestants[i].absent)
            printf("  %-52s %9.1f ms\n", contestants[i].name, contestants[i].median * 1e3);
    }
}

static void compare(const char *mpool, const char *program, int lines, bool parallel)
{
    struct contestant all[] = {
        {.name = "mpool exec -j2", .argv = {mpool, "exec", "-j2", "--", program, NULL}},
        {.name = "mpool exec -j2 --no-journal", .argv = {mpool, "exec", "-j2", "--no-journal", "--", program, NULL}},
        {.name = "xargs -P2 -n1", .argv = {"xargs", "-P2", "-n1", program, NULL}},
        {.name = "parallel -j2", .argv = {"parallel", "-j2", program, NULL}, .absent = !parallel},
    };

    printf("%s for %d items, two at a time, medians of %d runs\n", program, ITEMS, BENCH_RUNS);
    measure(all, sizeof all / sizeof all[0], BENCH_RUNS, "items", lines);
    bench_at_most("mpool exec / xargs", all[0].median / all[2].median, 0.85);
    if (parallel)
        bench_at_most("mpool exec / parallel", all[0].median / all[3].median, 0.25);
    bench_at_most("with a journal / without", all[0].median / all[1].median, 1.1);
}

static void compare_starts(const char *mpool, bool parallel)
{
    struct contestant all[] = {
        {.name = "mpool run, a file with one step", .argv = {mpool, "run", "job.yaml", NULL}},
        {.name = "mpool run --no-journal", .argv = {mpool, "run", "--no-journal", "job.yaml", NULL}},
        {.name = "mpool exec true ::: 1", .argv = {mpool, "exec", "true", ":::", "1", NULL}},
        {.name = "sh -c true", .argv = {"sh", "-c", "true", NULL}},
        {.name = "parallel true ::: 1", .argv = {"parallel", "true", ":::", "1", NULL}, .absent = !parallel},
    };

    printf("one true, from nothing to its end, medians of %d runs\n", STARTS);
    measure(all, sizeof all / sizeof all[0], STARTS, "/dev/null", 0);
    if (parallel)
        printf("  mpool run / parallel: %.3f\n", all[0].median / all[4].median);
}

static void write_files(void)
{
    FILE *items = fopen("items", "w"), *job = fopen("job.yaml", "w");

    if (items == NULL || job == NULL)
        fail("items, job.yaml");
    for (int i = 1; i <= ITEMS; i++)
        (void)fprintf(items, "%d\n", i);
    (void)fputs("mpool: 1\nsteps: {a: {argv: [\"true\"]}}\n", job);
    if (fclose(items) != 0 || fclose(job) != 0)
        fail("items, job.yaml");
}

int main(void)
{
    const char *const clean[] = {"sh", "-c", "rm -rf \"$XDG_STATE_HOME\"", NULL};
    char mpool[2100], folder[] = "/tmp/mpool-bench.XXXXXX";
    bool parallel = has_parallel();

    bench_mpool_path(mpool, sizeof mpool);
    /* Journals, and what GNU parallel keeps, go there. */
    if (mkdtemp(folder) == NULL || chdir(folder) != 0 || setenv("XDG_STATE_HOME", folder, 1) != 0 ||
        setenv("PARALLEL_HOME", folder, 1) != 0)
        fail(folder);
    write_files();
    if (!parallel)
        printf("GNU parallel is not installed, and nothing is measured against it; ./dev setup installs it\n");
    compare(mpool, "true", 0, parallel);
    compare(mpool, "echo", ITEMS, parallel);
    compare_starts(mpool, parallel);
    (void)bench_try(clean, "/dev/null", "/dev/null");
    return 0;
}
