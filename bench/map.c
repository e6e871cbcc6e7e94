/*
 * bench/map.c - mpool_pool_map() next to Python's multiprocessing.Pool.map(), over numbers and over strings
 *
 * Both have two workers, and are timed from packing the first argument to reading the last result, in turn, five times
 * each; Python with its default chunk size and with the best of several. A ratio above 1 means mpool is faster.
 */
#include "bench.h"
#include "python.h"

#define COUNT ((size_t)1000000)
#define WORKERS 2

/* The Python side: waits for a line that names what to map and the chunk size, and answers with the seconds. */
static const char script[] =
    "import sys, time\n"
    "from multiprocessing import Pool\n"
    "def square(x): return x * x\n"
    "def length(s): return len(s)\n"
    "if __name__ == '__main__':\n"
    "    numbers = list(range(1000000))\n"
    "    strings = ['x' * (1 + i % 200) for i in range(1000000)]\n"
    "    with Pool(2) as pool:\n"
    "        pool.map(square, range(1000))\n"
    "        print('ready', flush=True)\n"
    "        for line in sys.stdin:\n"
    "            what, chunk = line.split()\n"
    "            function, items = (square, numbers) if what == 'numbers' else (length, strings)\n"
    "            begin = time.perf_counter()\n"
    "            results = pool.map(function, items, int(chunk) or None)\n"
    "            seconds = time.perf_counter() - begin\n"
    "            assert results[-1] == function(items[-1]) and len(results) == len(items)\n"
    "            print(seconds, flush=True)\n";

static const int chunks[] = {0, 1000, 10000, 50000, 125000, 250000, 500000};
#define CHUNKS (sizeof chunks / sizeof chunks[0])

MPOOL_FUNCTION(square)
{
    int64_t x;

    if (mpool_unpack(args, "I", &x) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return msgpack_pack_int64(result, x * x);
}

MPOOL_FUNCTION(length)
{
    const char *text;

    if (mpool_unpack(args, "s", &text) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return msgpack_pack_int64(result, (int64_t)strlen(text));
}

/* ---- mpool ------------------------------------------------------------------------------------------------------- */

static int64_t numbers[COUNT], results[COUNT];
static const char *strings[COUNT];
static char longest[201];

static double run_mpool(mpool_pool *pool, const char *what)
{
    double begin = bench_now(), end;

    if (strcmp(what, "numbers") == 0)
        BENCH_MUST(mpool_pool_map(pool, &(mpool_task){.function = "square", .item_format = "I", .result_format = "I"},
                                  numbers, COUNT, sizeof numbers[0], results, sizeof results[0], NULL));
    else
        BENCH_MUST(mpool_pool_map(pool, &(mpool_task){.function = "length", .item_format = "s", .result_format = "I"},
                                  strings, COUNT, sizeof strings[0], results, sizeof results[0], NULL));
    end = bench_now();
    for (size_t i = 0; i < COUNT; i++) {
        int64_t right = strcmp(what, "numbers") == 0 ? (int64_t)(i * i) : (int64_t)(1 + i % 200);

        if (results[i] != right) {
            fprintf(stderr, "map: %s: result %zu is wrong\n", what, i);
            exit(1);
        }
    }
    return end - begin;
}

static double run_python(struct bench_python *python, const char *what, int chunk)
{
    char question[40];

    (void)snprintf(question, sizeof question, "%s %d", what, chunk);
    return strtod(bench_python_ask(python, question), NULL);
}

static void compare(mpool_pool *pool, struct bench_python *python, const char *what)
{
    double ours[BENCH_RUNS], theirs[CHUNKS][BENCH_RUNS];
    double own, best = 1e9, usual;

    (void)run_mpool(pool, what);
    for (int run = 0; run < BENCH_RUNS; run++) {
        ours[run] = run_mpool(pool, what);
        for (size_t i = 0; i < CHUNKS; i++)
            theirs[i][run] = run_python(python, what, chunks[i]);
    }
    own = bench_median(ours);
    usual = bench_median(theirs[0]);
    for (size_t i = 0; i < CHUNKS; i++) {
        double median = bench_median(theirs[i]);

        best = median < best ? median : best;
    }
    printf("%-8s mpool %.3f s (%.1f million/s)   Python %.3f s: %.2fx   Python at its best chunk size %.3f s: %.2fx\n",
           what, own, (double)COUNT / own / 1e6, usual, usual / own, best, best / own);
}

int main(void)
{
    struct bench_python python;
    mpool_pool *pool;

    memset(longest, 'x', sizeof longest - 1);
    for (size_t i = 0; i < COUNT; i++) {
        numbers[i] = (int64_t)i;
        strings[i] = longest + 200 - (1 + i % 200);
    }
    BENCH_MUST(mpool_init(NULL));
    if (!bench_python_start(&python, script))
        return 1;
    BENCH_MUST(mpool_pool_open(&(mpool_pool_options){.workers = WORKERS}, &pool));
    printf("map of a million items on %d workers, medians of %d runs\n", WORKERS, BENCH_RUNS);
    compare(pool, &python, "numbers");
    compare(pool, &python, "strings");
    mpool_pool_free(pool);
    mpool_fini();
    bench_python_end(&python);
    return 0;
}
