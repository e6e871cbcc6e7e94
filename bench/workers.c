/*
 * bench/workers.c - 64 workers: how long they take to start and to go, and what they cost; next to Python's Pool(64)
 *
 * A pool has started when its last worker is ready. For Python that is when each has run its initializer, which
 * releases a semaphore; its fork server runs already then, as ours does. Memory and threads are read from /proc when
 * all are ready and none has had a job. A ratio below 1 means mpool is faster.
 */
#include "bench.h"
#include "python.h"

#define WORKERS 64

static const char script[] =
    "import multiprocessing, operator, sys, time\n"
    "def start(method, count):\n"
    "    context = multiprocessing.get_context(method)\n"
    "    ready = context.Semaphore(0)\n"
    "    begin = time.perf_counter()\n"
    "    pool = context.Pool(count, operator.methodcaller('release'), (ready,))\n"
    "    for _ in range(count):\n"
    "        ready.acquire()\n"
    "    return pool, time.perf_counter() - begin\n"
    "def stop(pool):\n"
    "    begin = time.perf_counter()\n"
    "    pool.terminate()\n"
    "    pool.join()\n"
    "    return time.perf_counter() - begin\n"
    "if __name__ == '__main__':\n"
    "    stop(start('forkserver', 1)[0])\n"
    "    print('ready', flush=True)\n"
    "    for line in sys.stdin:\n"
    "        what, count = line.split()\n"
    "        if what == 'stop':\n"
    "            print(stop(pool), flush=True)\n"
    "        else:\n"
    "            pool, seconds = start(what, int(count))\n"
    "            print(seconds, *(child.pid for child in multiprocessing.active_children()), flush=True)\n";

/* What is measured of a contestant; of memory and threads, the mean of the workers. */
enum { START, STOP, RSS, PSS, THREADS, FIGURES };

struct contestant {
    const char *name;
    const char *method; /* Python's start method; NULL: it is mpool */
    double figures[FIGURES][BENCH_RUNS];
};

/* The number behind a key, at the beginning of a line of a file of /proc. */
static double read_number(pid_t pid, const char *name, const char *key)
{
    char path[64], line[256];
    double number = -1;
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    file = fopen(path, "re");
    while (file != NULL && number < 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            number = strtod(line + strlen(key), NULL);
    if (file != NULL)
        (void)fclose(file);
    if (number >= 0)
        return number;
    fprintf(stderr, "workers: %s has no %s\n", path, key);
    exit(1);
}

static void look(struct contestant *contestant, int run, const pid_t *pids)
{
    for (int i = 0; i < WORKERS; i++) {
        contestant->figures[RSS][run] += read_number(pids[i], "smaps_rollup", "Rss:") / 1024 / WORKERS;
        contestant->figures[PSS][run] += read_number(pids[i], "smaps_rollup", "Pss:") / 1024 / WORKERS;
        contestant->figures[THREADS][run] += read_number(pids[i], "status", "Threads:") / WORKERS;
    }
}

static void run_mpool(struct contestant *contestant, int run)
{
    pid_t pids[WORKERS];
    double begin = bench_now();
    mpool_pool *pool = bench_open(&(mpool_pool_options){.workers = WORKERS});
    size_t count;

    contestant->figures[START][run] = bench_now() - begin;
    BENCH_MUST(mpool_pool_pids(pool, pids, WORKERS, &count));
    look(contestant, run, pids);
    begin = bench_now();
    mpool_pool_free(pool);
    contestant->figures[STOP][run] = bench_now() - begin;
}

static void run_python(struct contestant *contestant, int run, struct bench_python *python)
{
    pid_t pids[WORKERS];
    char question[40], *next;

    (void)snprintf(question, sizeof question, "%s %d", contestant->method, WORKERS);
    contestant->figures[START][run] = strtod(bench_python_ask(python, question), &next);
    for (int i = 0; i < WORKERS; i++)
        pids[i] = (pid_t)strtol(next, &next, 10);
    look(contestant, run, pids);
    contestant->figures[STOP][run] = strtod(bench_python_ask(python, "stop 0"), NULL);
}

static void report(struct contestant *contestants, int count)
{
    double start[3];

    for (int i = 0; i < count; i++) {
        double(*figures)[BENCH_RUNS] = contestants[i].figures;

        start[i] = bench_median(figures[START]);
        printf("  %-24s all ready %7.1f ms (%5.0f workers/s)   freed %6.1f ms   each RSS %5.2f MiB, PSS %5.2f MiB, "
               "%.0f threads\n",
               contestants[i].name, start[i] * 1e3, WORKERS / start[i], bench_median(figures[STOP]) * 1e3,
               bench_median(figures[RSS]), bench_median(figures[PSS]), bench_median(figures[THREADS]));
    }
    for (int i = 1; i < count; i++)
        printf("  mpool's start / that of %-28s %7.3f\n", contestants[i].name, start[0] / start[i]);
}

int main(void)
{
    static struct contestant contestants[] = {
        {.name = "mpool"},
        {.name = "Python, fork", .method = "fork"},
        {.name = "Python, forkserver", .method = "forkserver"},
    };
    int count = sizeof contestants / sizeof contestants[0];
    struct bench_python python;

    BENCH_MUST(mpool_init(NULL));
    if (!bench_python_start(&python, script))
        count = 1;
    printf("%d workers on %u processors, medians of %d runs; there is no goal\n", WORKERS, mpool_cpu_count(),
           BENCH_RUNS);
    for (int run = 0; run < BENCH_RUNS; run++)
        for (int i = 0; i < count; i++)
            if (contestants[i].method == NULL)
                run_mpool(&contestants[i], run);
            else
                run_python(&contestants[i], run, &python);
    report(contestants, count);
    mpool_fini();
    if (count > 1)
        bench_python_end(&python);
    return 0;
}
