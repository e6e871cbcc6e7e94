/*
 * bench/sync.c - locks, semaphores and events: what they cost alone, between two processes, and next to Python's
 *
 * Alone: a thread acquires and releases, over and over. Between two: the same by two processes at a time, which do
 * nothing in between; the figure is the time for each pair of calls of both together. An event is set, waited for and
 * answered by another one in another process, there and back; next to it a futex does the same, without anything around
 * it: the least that two processes which sleep can do. A ratio below 1 means mpool is faster.
 */
#include "bench.h"
#include "python.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define ALONE 200000
#define BETWEEN 50000
#define TRIPS 5000

static const char script[] =
    "import sys, time\n"
    "from multiprocessing import Array, BoundedSemaphore, Event, Lock, Process, RLock, Semaphore\n"
    "def pairs(lock, count):\n"
    "    for _ in range(count):\n"
    "        lock.acquire()\n"
    "        lock.release()\n"
    "def work(what, go, done):\n"
    "    while True:\n"
    "        go.acquire()\n"
    "        which, count = what[:]\n"
    "        if which < len(locks):\n"
    "            pairs(locks[which], count)\n"
    "        else:\n"
    "            for _ in range(count):\n"
    "                ping.wait()\n"
    "                ping.clear()\n"
    "                pong.set()\n"
    "        done.release()\n"
    "if __name__ == '__main__':\n"
    "    locks = [Lock(), RLock(), BoundedSemaphore(1)]\n"
    "    ping, pong, go, done, what = Event(), Event(), Semaphore(0), Semaphore(0), Array('l', 2)\n"
    "    Process(target=work, args=(what, go, done), daemon=True).start()\n"
    "    print('ready', flush=True)\n"
    "    for line in sys.stdin:\n"
    "        which, count, between = (int(word) for word in line.split())\n"
    "        if between:\n"
    "            what[:] = [which, count]\n"
    "            go.release()\n"
    "        begin = time.perf_counter()\n"
    "        if which < len(locks):\n"
    "            pairs(locks[which], count)\n"
    "        else:\n"
    "            for _ in range(count):\n"
    "                ping.set()\n"
    "                pong.wait()\n"
    "                pong.clear()\n"
    "        if between:\n"
    "            done.acquire()\n"
    "        print(time.perf_counter() - begin, flush=True)\n";

/* In this order for Python too; the futex it does not have. */
enum kind { LOCK, RLOCK, SEMAPHORE, EVENT, FUTEX };

static mpool_lock *lock;
static mpool_rlock *rlock;
static mpool_semaphore *semaphore, *go, *done;
static mpool_event *ping, *pong;

/* What the other process is to do; shared, and mapped before mpool_init(). */
static struct orders {
    atomic_int kind;
    atomic_int count;
    _Atomic uint32_t ball; /* odd: it is the other one's turn */
} * orders;

/* ---- what is measured -------------------------------------------------------------------------------------------- */

static void acquire_and_release(enum kind kind, int count)
{
    for (int i = 0; i < count && kind == LOCK; i++) {
        BENCH_MUST(mpool_lock_acquire(lock, MPOOL_FOREVER));
        BENCH_MUST(mpool_lock_release(lock));
    }
    for (int i = 0; i < count && kind == RLOCK; i++) {
        BENCH_MUST(mpool_rlock_acquire(rlock, MPOOL_FOREVER));
        BENCH_MUST(mpool_rlock_release(rlock));
    }
    for (int i = 0; i < count && kind == SEMAPHORE; i++) {
        BENCH_MUST(mpool_semaphore_acquire(semaphore, MPOOL_FOREVER));
        BENCH_MUST(mpool_semaphore_release(semaphore));
    }
}

static void await_ball(uint32_t odd)
{
    for (uint32_t ball = atomic_load(&orders->ball); ball % 2 != odd; ball = atomic_load(&orders->ball))
        (void)syscall(SYS_futex, &orders->ball, FUTEX_WAIT, ball, NULL, NULL, 0);
}

static void pass_ball(void)
{
    (void)atomic_fetch_add(&orders->ball, 1);
    (void)syscall(SYS_futex, &orders->ball, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void call(enum kind kind, int count)
{
    for (int i = 0; i < count && kind == EVENT; i++) {
        BENCH_MUST(mpool_event_set(ping));
        BENCH_MUST(mpool_event_wait(pong, MPOOL_FOREVER));
        BENCH_MUST(mpool_event_clear(pong));
    }
    for (int i = 0; i < count && kind == FUTEX; i++) {
        pass_ball();
        await_ball(0);
    }
}

static void answer(enum kind kind, int count)
{
    for (int i = 0; i < count && kind == EVENT; i++) {
        BENCH_MUST(mpool_event_wait(ping, MPOOL_FOREVER));
        BENCH_MUST(mpool_event_clear(ping));
        BENCH_MUST(mpool_event_set(pong));
    }
    for (int i = 0; i < count && kind == FUTEX; i++) {
        await_ball(1);
        pass_ball();
    }
}

/* ---- the other process ------------------------------------------------------------------------------------------- */

MPOOL_FUNCTION(follow_orders)
{
    mpool_handle h[7];

    (void)result;
    if (mpool_unpack(args, "[h,h,h,h,h,h,h]", &h[0], &h[1], &h[2], &h[3], &h[4], &h[5], &h[6]) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    BENCH_MUST(mpool_lock_open(h[0], &lock));
    BENCH_MUST(mpool_rlock_open(h[1], &rlock));
    BENCH_MUST(mpool_semaphore_open(h[2], &semaphore));
    BENCH_MUST(mpool_semaphore_open(h[3], &go));
    BENCH_MUST(mpool_semaphore_open(h[4], &done));
    BENCH_MUST(mpool_event_open(h[5], &ping));
    BENCH_MUST(mpool_event_open(h[6], &pong));
    while (mpool_semaphore_acquire(go, MPOOL_FOREVER) == MPOOL_OK) {
        enum kind kind = (enum kind)atomic_load(&orders->kind);
        int count = atomic_load(&orders->count);

        acquire_and_release(kind, count);
        answer(kind, count);
        BENCH_MUST(mpool_semaphore_release(done));
    }
    return 1;
}

static void start_other(void)
{
    const mpool_process_options options = {.function = "follow_orders", .daemon = true};

    BENCH_MUST(mpool_lock_new(&lock));
    BENCH_MUST(mpool_rlock_new(&rlock));
    BENCH_MUST(mpool_semaphore_new(&(mpool_semaphore_options){.permits = 1}, &semaphore));
    BENCH_MUST(mpool_semaphore_new(&(mpool_semaphore_options){.transferable = true}, &go));
    BENCH_MUST(mpool_semaphore_new(&(mpool_semaphore_options){.transferable = true}, &done));
    BENCH_MUST(mpool_event_new(&ping));
    BENCH_MUST(mpool_event_new(&pong));
    BENCH_MUST(mpool_process_start(&options, NULL, "[h,h,h,h,h,h,h]", mpool_lock_handle(lock),
                                   mpool_rlock_handle(rlock), mpool_semaphore_handle(semaphore),
                                   mpool_semaphore_handle(go), mpool_semaphore_handle(done), mpool_event_handle(ping),
                                   mpool_event_handle(pong)));
}

/* ---- contestants ------------------------------------------------------------------------------------------------- */

struct contestant {
    const char *name;
    enum kind kind;
    bool between; /* two processes */
    int count;
    double ns[BENCH_RUNS]; /* for each pair of calls, or trip */
    double python_ns[BENCH_RUNS];
};

static double run_mpool(const struct contestant *self)
{
    double begin;

    if (self->between) {
        atomic_store(&orders->kind, self->kind);
        atomic_store(&orders->count, self->count);
        BENCH_MUST(mpool_semaphore_release(go));
    }
    begin = bench_now();
    acquire_and_release(self->kind, self->count);
    call(self->kind, self->count);
    if (self->between)
        BENCH_MUST(mpool_semaphore_acquire(done, MPOOL_FOREVER));
    return bench_now() - begin;
}

static double run_python(const struct contestant *self, struct bench_python *python)
{
    char question[64];

    (void)snprintf(question, sizeof question, "%d %d %d", (int)self->kind, self->count, self->between);
    return strtod(bench_python_ask(python, question), NULL);
}

static void run(struct contestant *self, int number, struct bench_python *python)
{
    bool both_count = self->between && self->kind < EVENT;
    double pairs = (double)self->count * (both_count ? 2 : 1);

    self->ns[number] = run_mpool(self) / pairs * 1e9;
    if (python != NULL && self->kind != FUTEX)
        self->python_ns[number] = run_python(self, python) / pairs * 1e9;
}

enum { LOCK_ALONE, RLOCK_ALONE, SEMAPHORE_ALONE, LOCK_BETWEEN, RLOCK_BETWEEN, SEMAPHORE_BETWEEN, EVENTS, FUTEXES, ALL };

static void report(struct contestant *contestants, bool python)
{
    double ns[ALL], python_ns[ALL];

    for (int i = 0; i < ALL; i++) {
        ns[i] = bench_median(contestants[i].ns);
        python_ns[i] = bench_median(contestants[i].python_ns);
        printf("  %-40s %9.1f ns", contestants[i].name, ns[i]);
        if (python && i != FUTEXES)
            printf("   Python %9.1f ns   ratio %6.3f", python_ns[i], ns[i] / python_ns[i]);
        printf("\n");
    }
    bench_at_most("rlock / lock, alone", ns[RLOCK_ALONE] / ns[LOCK_ALONE], 1.5);
    bench_at_most("semaphore / lock, alone", ns[SEMAPHORE_ALONE] / ns[LOCK_ALONE], 3);
    bench_at_most("event / futex, there and back", ns[EVENTS] / ns[FUTEXES], 1.25);
    for (int i = 0; i < FUTEXES && python; i++) {
        char what[80];

        (void)snprintf(what, sizeof what, "%s / Python's", contestants[i].name);
        bench_at_most(what, ns[i] / python_ns[i], 0.9);
    }
}

int main(void)
{
    struct contestant contestants[ALL] = {
        [LOCK_ALONE] = {.name = "lock, alone", .kind = LOCK, .count = ALONE},
        [RLOCK_ALONE] = {.name = "rlock, alone", .kind = RLOCK, .count = ALONE},
        [SEMAPHORE_ALONE] = {.name = "bounded semaphore, alone", .kind = SEMAPHORE, .count = ALONE},
        [LOCK_BETWEEN] = {.name = "lock, between two", .kind = LOCK, .between = true, .count = BETWEEN},
        [RLOCK_BETWEEN] = {.name = "rlock, between two", .kind = RLOCK, .between = true, .count = BETWEEN},
        [SEMAPHORE_BETWEEN] = {.name = "semaphore, between two", .kind = SEMAPHORE, .between = true, .count = BETWEEN},
        [EVENTS] = {.name = "event, there and back", .kind = EVENT, .between = true, .count = TRIPS},
        [FUTEXES] = {.name = "futex, there and back", .kind = FUTEX, .between = true, .count = TRIPS},
    };
    struct bench_python python;
    bool measured;

    orders = mmap(NULL, sizeof *orders, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (orders == MAP_FAILED)
        return 1;
    BENCH_MUST(mpool_init(NULL));
    measured = bench_python_start(&python, script);
    start_other();
    printf("acquire and release, or there and back: medians of %d runs\n", BENCH_RUNS);
    for (int i = 0; i < ALL; i++)
        run(&contestants[i], 0, measured ? &python : NULL);
    for (int number = 0; number < BENCH_RUNS; number++)
        for (int i = 0; i < ALL; i++)
            run(&contestants[i], number, measured ? &python : NULL);
    report(contestants, measured);
    mpool_fini();
    if (measured)
        bench_python_end(&python);
    return 0;
}
