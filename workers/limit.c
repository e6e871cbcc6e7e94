/*
 * workers/limit.c - what an attempt may use: memory and CPU time
 *
 * Runs in: a worker, on its main thread; and in the handler of SIGXCPU, on any. Owns: the process's soft RLIMIT_DATA
 * while a job with a limit runs, and a timer.
 *
 * Memory is the kernel's to count: RLIMIT_DATA is about what the process has mapped privately and can write to. The
 * limit stands from the call of a job's function to its return, so what mpool needs to answer is never refused. It
 * stands for nng's threads too. So such a job travels alone (pool/plan.c), and for the few words that can come in while
 * it runs nng's threads have room of their own, see make_arenas().
 *
 * CPU time is that of the process, by a timer that raises SIGXCPU. The signal may come late: when the function has
 * returned, or in the next job, which has another limit. So it is not believed. What counts is the deadline on the same
 * clock: the handler goes for it only if it has been reached, and takes it by compare-and-swap, as does the main thread
 * when the function has returned. Who is first has it: either the job has returned in time and the signal is nothing,
 * or the process dies of it and the job is not answered.
 */
#include "workers/limit.h"

#include "base/error.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Deadlines that are none. Real ones lie behind them: no process has used less than a nanosecond. */
enum { NO_DEADLINE = 0, DEADLINE_TAKEN = -1 };

/* Of a thread that calls nothing but malloc(). */
#define STACK_BYTES 65536

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

static struct {
    size_t data_bytes;           /* private data at ready; 0: it could not be read */
    bool has_arenas;             /* make_arenas() was here */
    bool stands;                 /* RLIMIT_DATA is ours */
    rlim_t soft;                 /* and was this */
    bool has_timer;              /* made when it was first needed */
    timer_t timer;               /* on the process's CPU time */
    _Atomic int64_t deadline_ns; /* on that clock */
} limit;

/* ---- what the process has ---------------------------------------------------------------------------------------- */

/* A number of /proc/self/status; 0: it cannot be read. */
static size_t read_status(const char *name)
{
    FILE *file = fopen("/proc/self/status", "re");
    size_t number = 0;
    char line[256];

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            number = (size_t)strtoull(line + strlen(name), NULL, 10);
    if (file != NULL)
        (void)fclose(file);
    return number;
}

/* The kernel's own figure, which it compares with RLIMIT_DATA. */
static size_t data_bytes(void)
{
    return read_status("VmData:") * 1024;
}

void mp_limit_ready(void)
{
    limit.data_bytes = data_bytes();
}

/* ---- room for others --------------------------------------------------------------------------------------------- */

/* Threads that stay until all of them have an arena. */
struct makers {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t have;
    bool leave;
};

static void *make_arena(void *data)
{
    struct makers *makers = data;
    void *volatile some = malloc(1);

    free(some);
    (void)pthread_mutex_lock(&makers->lock);
    makers->have++;
    (void)pthread_cond_broadcast(&makers->changed);
    while (!makers->leave)
        (void)pthread_cond_wait(&makers->changed, &makers->lock);
    (void)pthread_mutex_unlock(&makers->lock);
    return NULL;
}

/* Starts up to `count` of them, with all signals blocked; returns how many. */
static size_t start_makers(struct makers *makers, pthread_t *threads, size_t count)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    size_t made = 0;

    if (pthread_attr_init(&attributes) != 0)
        return 0;
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (made < count && pthread_create(&threads[made], &attributes, make_arena, makers) == 0)
        made++;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return made;
}

/*
 * malloc() has an arena of 132 KiB for each thread. It is made when the thread first calls it, and left to the next one
 * when the thread ends. A thread of nng's that has none yet would not get one while a job has taken all memory, and
 * what it was about to receive would be lost, with the connection. So as many are made before as there are threads, by
 * threads that end. What that takes is not the job's.
 */
static void make_arenas(void)
{
    struct makers makers = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    size_t count = read_status("Threads:"), before = data_bytes(), made;
    pthread_t *threads = calloc(count, sizeof *threads);

    limit.has_arenas = true;
    if (threads == NULL)
        return;
    made = start_makers(&makers, threads, count);
    (void)pthread_mutex_lock(&makers.lock);
    while (makers.have < made)
        (void)pthread_cond_wait(&makers.changed, &makers.lock);
    makers.leave = true;
    (void)pthread_cond_broadcast(&makers.changed);
    (void)pthread_mutex_unlock(&makers.lock);
    for (size_t i = 0; i < made; i++)
        (void)pthread_join(threads[i], NULL);
    free(threads);
    limit.data_bytes += data_bytes() - before;
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static mpool_err limit_memory(size_t bytes)
{
    struct rlimit rlimit;

    if (limit.data_bytes == 0)
        return mp_error(MPOOL_E_SYSTEM, "its memory cannot be limited: /proc/self/status has no VmData");
    if (getrlimit(RLIMIT_DATA, &rlimit) != 0)
        return mp_error(MPOOL_E_SYSTEM, "its memory cannot be limited: getrlimit: %m");
    limit.soft = rlimit.rlim_cur;
    if (limit.data_bytes + bytes < rlimit.rlim_cur)
        rlimit.rlim_cur = limit.data_bytes + bytes;
    if (setrlimit(RLIMIT_DATA, &rlimit) != 0)
        return mp_error(MPOOL_E_SYSTEM, "its memory cannot be limited: setrlimit: %m");
    limit.stands = true;
    return MPOOL_OK;
}

/* The job may have lowered the hard limit: then it is the soft one, and stays. */
static void lift_memory(void)
{
    struct rlimit rlimit;

    limit.stands = false;
    if (getrlimit(RLIMIT_DATA, &rlimit) != 0)
        return;
    rlimit.rlim_cur = limit.soft < rlimit.rlim_max ? limit.soft : rlimit.rlim_max;
    (void)setrlimit(RLIMIT_DATA, &rlimit);
}

/* ---- CPU time ---------------------------------------------------------------------------------------------------- */

static int64_t used_ns(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* 0: it is not to ring. In the handler too. */
static void set_timer(int64_t deadline_ns)
{
    const struct itimerspec time = {.it_value = {.tv_sec = deadline_ns / NS_PER_S, .tv_nsec = deadline_ns % NS_PER_S}};

    (void)timer_settime(limit.timer, TIMER_ABSTIME, &time, NULL);
}

static mpool_err limit_cpu(int64_t ms)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGXCPU, .sigev_value.sival_ptr = &limit};
    int64_t now_ns = used_ns(), deadline_ns;

    if (!limit.has_timer && timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &limit.timer) != 0)
        return mp_error(MPOOL_E_SYSTEM, "its CPU time cannot be limited: timer_create: %m");
    limit.has_timer = true;
    deadline_ns = ms < (INT64_MAX - now_ns) / NS_PER_MS ? now_ns + ms * NS_PER_MS : INT64_MAX;
    atomic_store(&limit.deadline_ns, deadline_ns);
    set_timer(deadline_ns);
    return MPOOL_OK;
}

/* If the handler was first, on a thread of the job's, the process dies before long. */
static void lift_cpu(void)
{
    if (atomic_exchange(&limit.deadline_ns, NO_DEADLINE) == DEADLINE_TAKEN)
        for (;;)
            (void)pause();
    set_timer(0);
}

/*
 * The signal may be meant for a job before this one; or the timer's clock be a little ahead of the one that can be
 * read. In both cases the timer is set again, to the deadline that stands.
 */
bool mp_limit_spares(const siginfo_t *info)
{
    int64_t deadline_ns = atomic_load(&limit.deadline_ns);

    if (info->si_code != SI_TIMER || info->si_value.sival_ptr != &limit)
        return false;
    if (deadline_ns <= 0)
        return true;
    if (used_ns() < deadline_ns) {
        set_timer(deadline_ns);
        return true;
    }
    return !atomic_compare_exchange_strong(&limit.deadline_ns, &deadline_ns, DEADLINE_TAKEN);
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

mpool_err mp_limit_begin(size_t memory_bytes, int64_t cpu_ms)
{
    mpool_err err = MPOOL_OK;

    if (memory_bytes > 0 && !limit.has_arenas)
        make_arenas();
    if (cpu_ms > 0)
        err = limit_cpu(cpu_ms);
    if (err == MPOOL_OK && memory_bytes > 0)
        err = limit_memory(memory_bytes);
    if (err != MPOOL_OK)
        mp_limit_end();
    return err;
}

void mp_limit_end(void)
{
    if (atomic_load(&limit.deadline_ns) != NO_DEADLINE)
        lift_cpu();
    if (limit.stands)
        lift_memory();
}
