/*
 * bench/apply.c - one small job there and back: mpool_pool_apply() next to a bare nng ping-pong, and next to Python
 *
 * What the ping-pong does is the least that a job over nng can cost: two processes, a pair1 socket each, ipc://,
 * messages as long as those of the job, and both sides wait by poll() on nng's descriptor. So this program uses nng
 * itself, and no other does. Python has one worker, and the cheapest function that there is; both of its pools are
 * measured. A ratio below 1 means mpool is faster.
 */
#include "bench.h"
#include "python.h"

#include <nng/nng.h>
#include <nng/protocol/pair1/pair.h>
#include <poll.h>

#define TRIPS 3000

/* The bytes of a message with one job of `square`, and of the one with its result, as strace shows them. */
#define REQUEST_BYTES 24
#define REPLY_BYTES 18

static const char script[] =
    "import sys, time\n"
    "from multiprocessing import Pool\n"
    "from concurrent.futures import ProcessPoolExecutor\n"
    "if __name__ == '__main__':\n"
    "    with Pool(1) as pool, ProcessPoolExecutor(1) as executor:\n"
    "        calls = {'apply': lambda x: pool.apply(abs, (x,)), 'submit': lambda x: executor.submit(abs, x).result()}\n"
    "        for call in calls.values():\n"
    "            call(1)\n"
    "        print('ready', flush=True)\n"
    "        for line in sys.stdin:\n"
    "            which, count = line.split()\n"
    "            call, times = calls[which], []\n"
    "            for x in range(int(count)):\n"
    "                begin = time.perf_counter()\n"
    "                call(x)\n"
    "                times.append(time.perf_counter() - begin)\n"
    "            times.sort()\n"
    "            print(times[len(times) // 2], times[len(times) * 99 // 100], flush=True)\n";

MPOOL_FUNCTION(square)
{
    int64_t x;

    if (mpool_unpack(args, "I", &x) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return mpool_pack(result, "I", x * x) != MPOOL_OK;
}

/* ---- nng --------------------------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/mpool-bench.XXXXXX", url[sizeof folder + 16];

static void must(int error, const char *what)
{
    if (error == 0)
        return;
    fprintf(stderr, "apply: %s: %s\n", what, nng_strerror(error));
    exit(1);
}

static int open_pair(nng_socket *socket)
{
    int fd;

    must(nng_pair1_open(socket), "pair1");
    must(nng_socket_get_int(*socket, NNG_OPT_RECVFD, &fd), "descriptor");
    return fd;
}

static void send_bytes(nng_socket socket, size_t size)
{
    nng_msg *message;

    must(nng_msg_alloc(&message, size), "message");
    memset(nng_msg_body(message), 'x', size);
    must(nng_sendmsg(socket, message, 0), "send");
}

static void receive(nng_socket socket, int fd)
{
    struct pollfd waited = {.fd = fd, .events = POLLIN};
    nng_msg *message;
    int error;

    do {
        (void)poll(&waited, 1, -1);
        error = nng_recvmsg(socket, &message, NNG_FLAG_NONBLOCK);
    } while (error == NNG_EAGAIN);
    must(error, "receive");
    nng_msg_free(message);
}

/* The other side, forked before anybody has used nng: it would abort in the child. */
static pid_t start_echo(void)
{
    pid_t pid = fork(); /* lint: allow fork because the benchmark starts what it measures against */
    nng_socket socket;
    int fd;

    if (pid != 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    fd = open_pair(&socket);
    must(nng_dial(socket, url, NULL, NNG_FLAG_NONBLOCK), "dial");
    for (;;) {
        receive(socket, fd);
        send_bytes(socket, REPLY_BYTES);
    }
}

/* ---- contestants ------------------------------------------------------------------------------------------------- */

struct contestant {
    const char *name;
    void (*run)(struct contestant *self, int run, int trips);
    mpool_pool *pool;            /* of ours */
    struct bench_python *python; /* of Python's, and which it is */
    const char *which;
    nng_socket socket; /* of nng's */
    int fd;
    double p50[BENCH_RUNS]; /* seconds */
    double p99[BENCH_RUNS];
};

static double times[TRIPS];

static void note(struct contestant *self, int run, int trips)
{
    self->p50[run] = bench_quantile(times, (size_t)trips, 0.5);
    self->p99[run] = bench_quantile(times, (size_t)trips, 0.99);
}

static void run_nng(struct contestant *self, int run, int trips)
{
    for (int i = 0; i < trips; i++) {
        double begin = bench_now();

        send_bytes(self->socket, REQUEST_BYTES);
        receive(self->socket, self->fd);
        times[i] = bench_now() - begin;
    }
    note(self, run, trips);
}

static void run_mpool(struct contestant *self, int run, int trips)
{
    const mpool_task task = {.function = "square"};

    for (int i = 0; i < trips; i++) {
        const mpool_result *result;
        mpool_future *future;
        double begin = bench_now();
        int64_t square;

        BENCH_MUST(mpool_pool_apply(self->pool, &task, &future, &result, "I", (int64_t)(i % 10)));
        BENCH_MUST(mpool_result_unpack(result, "I", &square));
        mpool_future_free(future);
        times[i] = bench_now() - begin;
        if (square != (int64_t)(i % 10) * (i % 10)) {
            fprintf(stderr, "apply: result %d is wrong\n", i);
            exit(1);
        }
    }
    note(self, run, trips);
}

static void run_python(struct contestant *self, int run, int trips)
{
    char question[40], *end;

    (void)snprintf(question, sizeof question, "%s %d", self->which, trips);
    self->p50[run] = strtod(bench_python_ask(self->python, question), &end);
    self->p99[run] = strtod(end, NULL);
}

enum { NNG, ONE, DEFAULT, POOL, EXECUTOR, CONTESTANTS };

static void report(struct contestant *contestants, int count)
{
    double p50[CONTESTANTS], p99[CONTESTANTS];

    for (int i = 0; i < count; i++) {
        p50[i] = bench_median(contestants[i].p50);
        p99[i] = bench_median(contestants[i].p99);
        printf("  %-48s p50 %7.1f us   p99 %7.1f us\n", contestants[i].name, p50[i] * 1e6, p99[i] * 1e6);
    }
    bench_at_most("one worker / nng, p50", p50[ONE] / p50[NNG], 1.25);
    bench_at_most("one worker / nng, p99", p99[ONE] / p99[NNG], 1.25);
    bench_at_most("default workers / nng, p50", p50[DEFAULT] / p50[NNG], 1.25);
    bench_at_most("default workers / nng, p99", p99[DEFAULT] / p99[NNG], 1.25);
    if (count == CONTESTANTS) {
        int faster = p50[POOL] < p50[EXECUTOR] ? POOL : EXECUTOR;

        bench_at_most("one worker / the faster one of Python's, p50", p50[ONE] / p50[faster], 0.9);
        bench_at_most("one worker / the same one, p99", p99[ONE] / p99[faster], 0.9);
    }
}

int main(void)
{
    struct bench_python python;
    struct contestant contestants[CONTESTANTS] = {
        [NNG] = {.name = "nng pair1 ping-pong", .run = run_nng},
        [ONE] = {.name = "mpool_pool_apply(), one worker", .run = run_mpool},
        [DEFAULT] = {.name = "mpool_pool_apply(), default workers", .run = run_mpool},
        [POOL] = {.name = "Python Pool(1).apply()", .run = run_python, .python = &python, .which = "apply"},
        [EXECUTOR] = {.name = "Python ProcessPoolExecutor(1).submit().result()",
                      .run = run_python,
                      .python = &python,
                      .which = "submit"},
    };
    int count = CONTESTANTS;
    pid_t echo;

    if (mkdtemp(folder) == NULL)
        return 1;
    (void)snprintf(url, sizeof url, "ipc://%s/pair", folder);
    echo = start_echo();
    BENCH_MUST(mpool_init(NULL));
    if (!bench_python_start(&python, script))
        count = POOL;
    contestants[NNG].fd = open_pair(&contestants[NNG].socket);
    must(nng_listen(contestants[NNG].socket, url, NULL, 0), "listen");
    contestants[ONE].pool = bench_open(&(mpool_pool_options){.workers = 1});
    contestants[DEFAULT].pool = bench_open(NULL);
    printf("one small job there and back, %d times, medians of %d runs\n", TRIPS, BENCH_RUNS);
    for (int i = 0; i < count; i++)
        contestants[i].run(&contestants[i], 0, TRIPS / 10);
    for (int run = 0; run < BENCH_RUNS; run++)
        for (int i = 0; i < count; i++)
            contestants[i].run(&contestants[i], run, TRIPS);
    report(contestants, count);
    mpool_pool_free(contestants[ONE].pool);
    mpool_pool_free(contestants[DEFAULT].pool);
    mpool_fini();
    (void)kill(echo, SIGKILL);
    (void)waitpid(echo, NULL, 0);
    (void)nng_close(contestants[NNG].socket);
    (void)rmdir(folder);
    if (count == CONTESTANTS)
        bench_python_end(&python);
    return 0;
}
