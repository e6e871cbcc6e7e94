/*
 * bench/queue.c - queues next to Python's multiprocessing.Queue, to pipe(2), to bare futexes and to memcpy()
 *
 * All move small integers, but for those that move a MiB. Producers and consumers are processes; the time is from
 * before the first of them begins to when the last has ended, all of them having come to a gate first.
 */
#include "bench.h"
#include "python.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BATCH 100
#define SIDES_MOST 4
#define LARGE ((size_t)1 << 20)

/* The Python side: waits for a line with the numbers of producers, consumers and items; answers with the seconds. */
static const char script[] = "import sys, time, multiprocessing as mp\n"
                             "def put(q, n, gate):\n"
                             "    gate.wait()\n"
                             "    for i in range(n): q.put(i)\n"
                             "def get(q, n, gate):\n"
                             "    gate.wait()\n"
                             "    for i in range(n): q.get()\n"
                             "if __name__ == '__main__':\n"
                             "    print('ready', flush=True)\n"
                             "    for line in sys.stdin:\n"
                             "        p, c, n = map(int, line.split())\n"
                             "        q, gate = mp.Queue(), mp.Barrier(p + c + 1)\n"
                             "        all = [mp.Process(target=put, args=(q, n // p, gate)) for i in range(p)]\n"
                             "        all += [mp.Process(target=get, args=(q, n // c, gate)) for i in range(c)]\n"
                             "        for x in all: x.start()\n"
                             "        gate.wait()\n"
                             "        begin = time.perf_counter()\n"
                             "        for x in all: x.join()\n"
                             "        print(time.perf_counter() - begin, flush=True)\n";

/* Mapped before mpool_init(), so that the processes have it too. */
struct shared {
    atomic_uint come;  /* processes at the gate */
    atomic_uint gate;  /* not 0: go */
    atomic_uint there; /* the futexes of the ping-pong, on lines of their own */
    atomic_uint back __attribute__((aligned(64)));
    char large[2][LARGE] __attribute__((aligned(64)));
};

static struct shared *shared;

static void wait_at_gate(void)
{
    atomic_fetch_add(&shared->come, 1);
    while (atomic_load(&shared->gate) == 0)
        bench_sleep(100e-6);
}

/* ---- what the processes do --------------------------------------------------------------------------------------- */

/* Handles of two queues, what to do, and how many items. */
enum work { PUT, GET, PUT_MANY, GET_MANY, PUT_LARGE, GET_LARGE, ECHO };

static bool find(const msgpack_object *args, mpool_queue **queue, mpool_queue **other, int *work, int *count)
{
    mpool_handle handles[2];

    return mpool_unpack(args, "[h,h,i,i]", &handles[0], &handles[1], work, count) == MPOOL_OK &&
           mpool_queue_open(handles[0], queue) == MPOOL_OK && mpool_queue_open(handles[1], other) == MPOOL_OK;
}

static mpool_err get_many(mpool_queue *queue, int count)
{
    int items[BATCH];
    size_t done;
    mpool_err err = MPOOL_OK;

    for (int left = count; left > 0 && err == MPOOL_OK; left -= (int)done)
        err = mpool_queue_get_many(queue, MPOOL_FOREVER, "i", items, left < BATCH ? (size_t)left : BATCH,
                                   sizeof items[0], &done);
    return err;
}

static mpool_err put_many(mpool_queue *queue, int count)
{
    int items[BATCH];
    mpool_err err = MPOOL_OK;

    for (int i = 0; i < BATCH; i++)
        items[i] = i;
    for (int i = 0; i < count && err == MPOOL_OK; i += BATCH)
        err = mpool_queue_put_many(queue, MPOOL_FOREVER, "i", items, BATCH, sizeof items[0], NULL);
    return err;
}

static mpool_err do_one(mpool_queue *queue, mpool_queue *other, int work, int i)
{
    static char large[LARGE];
    const void *bytes;
    size_t size;
    int item;
    mpool_err err;

    switch (work) {
    case PUT:
        return mpool_queue_put(queue, MPOOL_FOREVER, "i", i);
    case GET:
        return mpool_queue_get(queue, MPOOL_FOREVER, "i", &item);
    case PUT_LARGE:
        return mpool_queue_put(queue, MPOOL_FOREVER, "z", large, sizeof large);
    case GET_LARGE:
        return mpool_queue_get(queue, MPOOL_FOREVER, "z", &bytes, &size);
    default:
        err = mpool_queue_get(queue, MPOOL_FOREVER, "i", &item);
        return err == MPOOL_OK ? mpool_queue_put(other, MPOOL_FOREVER, "i", item) : err;
    }
}

MPOOL_FUNCTION(work_at_queue)
{
    mpool_queue *queue, *other;
    mpool_err err = MPOOL_OK;
    int work, count;

    (void)result;
    if (!find(args, &queue, &other, &work, &count))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    wait_at_gate();
    if (work == PUT_MANY || work == GET_MANY)
        err = work == PUT_MANY ? put_many(queue, count) : get_many(queue, count);
    else
        for (int i = 0; i < count && err == MPOOL_OK; i++)
            err = do_one(queue, other, work, i);
    return err == MPOOL_OK ? 0 : mpool_job_fail(job, "%s", mpool_error_detail());
}

MPOOL_FUNCTION(write_to_pipe)
{
    int fd, count;

    (void)result;
    if (mpool_unpack(args, "[i,i]", &fd, &count) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    wait_at_gate();
    for (int i = 0; i < count; i++)
        if (write(fd, &i, sizeof i) != sizeof i)
            return mpool_job_fail(job, "write");
    return 0;
}

static void futex_wait(atomic_uint *word, unsigned seen)
{
    while (atomic_load(word) == seen)
        (void)syscall(SYS_futex, word, FUTEX_WAIT, seen, NULL, NULL, 0);
}

static void futex_set(atomic_uint *word, unsigned value)
{
    atomic_store(word, value);
    (void)syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

MPOOL_FUNCTION(echo_futex)
{
    int count;

    (void)result;
    if (mpool_unpack(args, "i", &count) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    wait_at_gate();
    for (unsigned i = 0; i < (unsigned)count; i++) {
        futex_wait(&shared->there, i);
        futex_set(&shared->back, i + 1);
    }
    return 0;
}

/* ---- the host's side --------------------------------------------------------------------------------------------- */

static mpool_queue *queue, *other;

static mpool_process *start_at_queue(enum work work, int count)
{
    const mpool_process_options options = {.function = "work_at_queue"};
    mpool_process *process;

    BENCH_MUST(mpool_process_start(&options, &process, "[h,h,i,i]", mpool_queue_handle(queue),
                                   mpool_queue_handle(other), (int)work, count));
    return process;
}

static void await_all(unsigned count)
{
    while (atomic_load(&shared->come) < count)
        bench_sleep(100e-6);
    atomic_store(&shared->come, 0);
}

static void end_all(mpool_process **processes, int count)
{
    int code;

    for (int i = 0; i < count; i++) {
        BENCH_MUST(mpool_process_join(processes[i], MPOOL_FOREVER));
        BENCH_MUST(mpool_process_exitcode(processes[i], &code));
        if (code != 0) {
            fprintf(stderr, "queue: a process failed\n");
            exit(1);
        }
        mpool_process_free(processes[i]);
    }
    atomic_store(&shared->gate, 0);
}

/* Items a second through one queue. */
static double run_queue(enum work put, enum work get, int producers, int consumers, int count)
{
    mpool_process *processes[2 * SIDES_MOST];
    double begin, end;
    int at = 0;

    for (int i = 0; i < producers; i++)
        processes[at++] = start_at_queue(put, count / producers);
    for (int i = 0; i < consumers; i++)
        processes[at++] = start_at_queue(get, count / consumers);
    await_all((unsigned)at);
    begin = bench_now();
    atomic_store(&shared->gate, 1);
    for (int i = 0; i < at; i++)
        BENCH_MUST(mpool_process_join(processes[i], MPOOL_FOREVER));
    end = bench_now();
    end_all(processes, at);
    return count / (end - begin);
}

static double run_python(struct bench_python *python, int producers, int consumers, int count)
{
    char question[60];

    (void)snprintf(question, sizeof question, "%d %d %d", producers, consumers, count);
    return count / strtod(bench_python_ask(python, question), NULL);
}

static double run_pipe(const int fds[2], int count)
{
    const mpool_process_options options = {.function = "write_to_pipe"};
    mpool_process *process;
    double begin, end;
    int item;

    BENCH_MUST(mpool_process_start(&options, &process, "[i,i]", fds[1], count));
    await_all(1);
    begin = bench_now();
    atomic_store(&shared->gate, 1);
    for (int i = 0; i < count; i++)
        if (read(fds[0], &item, sizeof item) != sizeof item)
            exit(1);
    end = bench_now();
    end_all(&process, 1);
    return count / (end - begin);
}

/* Seconds for a round trip. */
static double run_trips(int count)
{
    mpool_process *process = start_at_queue(ECHO, count);
    double begin, end;
    int item;

    await_all(1);
    atomic_store(&shared->gate, 1);
    begin = bench_now();
    for (int i = 0; i < count; i++) {
        BENCH_MUST(mpool_queue_put(queue, MPOOL_FOREVER, "i", i));
        BENCH_MUST(mpool_queue_get(other, MPOOL_FOREVER, "i", &item));
    }
    end = bench_now();
    end_all(&process, 1);
    return (end - begin) / count;
}

static double run_futex(int count)
{
    const mpool_process_options options = {.function = "echo_futex"};
    mpool_process *process;
    double begin, end;

    atomic_store(&shared->there, 0);
    atomic_store(&shared->back, 0);
    BENCH_MUST(mpool_process_start(&options, &process, "i", count));
    await_all(1);
    atomic_store(&shared->gate, 1);
    begin = bench_now();
    for (unsigned i = 0; i < (unsigned)count; i++) {
        futex_set(&shared->there, i + 1);
        futex_wait(&shared->back, i);
    }
    end = bench_now();
    end_all(&process, 1);
    return (end - begin) / count;
}

/* Seconds for a MiB, copied into shared memory and out of it. */
static double run_copies(int count)
{
    static char from[LARGE], to[LARGE];
    double begin = bench_now();

    for (int i = 0; i < count; i++) {
        memcpy(shared->large[i % 2], from, LARGE);
        memcpy(to, shared->large[i % 2], LARGE);
        from[i % LARGE] = to[(size_t)(i + 1) % LARGE];
        __asm__ volatile("" : : "r"(to), "r"(from) : "memory");
    }
    return (bench_now() - begin) / count;
}

/* ---- the figures ------------------------------------------------------------------------------------------------- */

static void compare_items(struct bench_python *python, const int fds[2])
{
    double one[BENCH_RUNS], many[BENCH_RUNS], four[BENCH_RUNS], four_many[BENCH_RUNS];
    double python_one[BENCH_RUNS], python_four[BENCH_RUNS], pipe_one[BENCH_RUNS];

    for (int run = 0; run < BENCH_RUNS; run++) {
        one[run] = run_queue(PUT, GET, 1, 1, 1000000);
        many[run] = run_queue(PUT_MANY, GET_MANY, 1, 1, 10000000);
        four[run] = run_queue(PUT, GET, 4, 4, 1000000);
        four_many[run] = run_queue(PUT_MANY, GET_MANY, 4, 4, 10000000);
        pipe_one[run] = run_pipe(fds, 200000);
        if (python != NULL) {
            python_one[run] = run_python(python, 1, 1, 40000);
            python_four[run] = run_python(python, 4, 4, 40000);
        }
    }
    printf("small integers, millions a second, medians of %d runs\n", BENCH_RUNS);
    printf("  1 producer,  1 consumer   %8.3f   by hundreds %8.3f   a pipe %8.3f\n", bench_median(one) / 1e6,
           bench_median(many) / 1e6, bench_median(pipe_one) / 1e6);
    printf("  4 producers, 4 consumers  %8.3f   by hundreds %8.3f\n", bench_median(four) / 1e6,
           bench_median(four_many) / 1e6);
    bench_at_least("1 to 1, to a pipe's", bench_median(one) / bench_median(pipe_one), 3);
    if (python == NULL)
        return;
    printf("  Python: 1 to 1 %.3f, 4 to 4 %.3f\n", bench_median(python_one) / 1e6, bench_median(python_four) / 1e6);
    bench_at_least("1 to 1, to Python's", bench_median(one) / bench_median(python_one), 30);
    bench_at_least("1 to 1 by hundreds, to Python's", bench_median(many) / bench_median(python_one), 150);
    bench_at_least("4 to 4, to Python's", bench_median(four) / bench_median(python_four), 15);
}

static void compare_trips(void)
{
    double trips[BENCH_RUNS], futexes[BENCH_RUNS];

    for (int run = 0; run < BENCH_RUNS; run++) {
        trips[run] = run_trips(20000);
        futexes[run] = run_futex(20000);
    }
    printf("there and back over two queues %.2f us, over two futexes %.2f us\n", bench_median(trips) * 1e6,
           bench_median(futexes) * 1e6);
    bench_at_most("a round trip, to a futex's", bench_median(trips) / bench_median(futexes), 3);
}

static void compare_large(void)
{
    double items[BENCH_RUNS], copies[BENCH_RUNS];

    for (int run = 0; run < BENCH_RUNS; run++) {
        items[run] = 1 / run_queue(PUT_LARGE, GET_LARGE, 1, 1, 1000);
        copies[run] = run_copies(1000);
    }
    printf("items of a MiB %.0f us, memcpy() twice %.0f us\n", bench_median(items) * 1e6, bench_median(copies) * 1e6);
    bench_at_most("a MiB, to memcpy() twice", bench_median(items) / bench_median(copies), 2);
}

int main(void)
{
    const mpool_queue_options large = {.bytes = 4 * LARGE};
    struct bench_python python;
    int fds[2];
    bool has_python;

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (shared == MAP_FAILED || pipe(fds) != 0)
        return 1;
    BENCH_MUST(mpool_init(&(mpool_init_options){.keep_fds = fds, .keep_fd_count = 2}));
    has_python = bench_python_start(&python, script);
    BENCH_MUST(mpool_queue_new(NULL, &queue));
    BENCH_MUST(mpool_queue_new(NULL, &other));
    compare_items(has_python ? &python : NULL, fds);
    compare_trips();
    mpool_queue_free(queue);
    BENCH_MUST(mpool_queue_new(&large, &queue));
    compare_large();
    mpool_fini();
    if (has_python)
        bench_python_end(&python);
    return 0;
}
