/*
 * ipc/room.c - do the limits of the process leave room for what nng needs?
 *
 * Runs in: the host and workers, before their first use of nng. Owns: nothing.
 */
#include "ipc/room.h"

#include "base/error.h"

#include <mpool/limits.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* What the threads allocate besides their stacks. */
#define HEAP_BYTES ((size_t)32 << 20)

/*
 * File descriptors: of a channel (listeners, connections, poll descriptors) and for what its worker prints; those of
 * nng, the pool and the program.
 */
#define FDS_EACH 7
#define FDS_BESIDES 20

/* Threads besides nng's; and nng's in a worker, where it can be limited (ipc/channel.c). */
#define COURIER 1
#define SUPERVISOR_AND_LOG 2
#define NNG_LIMITED 6

/* The main thread of a worker, and that of the fork server. */
#define MAIN 1

/* Room for the names of all limits. */
#define LIMITS_SIZE ((size_t)100)

static void *wait_for_go(void *go)
{
    (void)pthread_mutex_lock(go);
    (void)pthread_mutex_unlock(go);
    return NULL;
}

/* Starts `count` threads that live at the same time. Returns 0, or the error of the first that could not be started. */
static int try_threads(size_t count)
{
    pthread_mutex_t go = PTHREAD_MUTEX_INITIALIZER;
    pthread_t *threads = calloc(count, sizeof *threads);
    size_t started = 0;
    int error = threads == NULL ? ENOMEM : 0;

    (void)pthread_mutex_lock(&go);
    while (error == 0 && started < count) {
        error = pthread_create(&threads[started], NULL, wait_for_go, &go);
        started += error == 0;
    }
    (void)pthread_mutex_unlock(&go);
    while (started > 0)
        (void)pthread_join(threads[--started], NULL);
    free(threads);
    return error;
}

/* nng's own: for callbacks (two a CPU, at most 16), expiry (one a CPU), name resolution (four); poll, reap, timers. */
static size_t count_nngs(void)
{
    size_t cpus = (size_t)sysconf(_SC_NPROCESSORS_ONLN);

    return (2 * cpus < 16 ? 2 * cpus : 16) + (cpus < 256 ? cpus : 256) + 4 + 3;
}

/* Those that a worker starts. */
static size_t count_workers(void)
{
#if defined(MPOOL_NNG_LIMITS)
    return NNG_LIMITED + COURIER;
#else
    return count_nngs() + COURIER;
#endif
}

static size_t count_fds(unsigned channels)
{
    return (size_t)channels * FDS_EACH + FDS_BESIDES;
}

/* Those that are set, of the limits that can be the reason. */
static void name_limits(char names[LIMITS_SIZE])
{
    static const struct {
        int resource;
        const char *name;
    } limits[] = {{RLIMIT_NPROC, "processes (ulimit -u)"},
                  {RLIMIT_AS, "address space (ulimit -v)"},
                  {RLIMIT_DATA, "data (ulimit -d)"}};
    size_t size = (size_t)snprintf(names, LIMITS_SIZE, "the cgroup");
    struct rlimit limit;

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (getrlimit(limits[i].resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
            size += (size_t)snprintf(names + size, LIMITS_SIZE - size, ", %s", limits[i].name);
    }
}

static mpool_err check_threads(size_t count)
{
    void *heap = mmap(NULL, HEAP_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int error = heap == MAP_FAILED ? errno : try_threads(count);
    char names[LIMITS_SIZE];

    if (heap != MAP_FAILED)
        (void)munmap(heap, HEAP_BYTES);
    if (error == 0)
        return MPOOL_OK;
    name_limits(names);
    return mp_error(MPOOL_E_SYSTEM,
                    "cannot start the %zu threads that nng and mpool need: %s; raise what limits them: %s", count,
                    strerror(error), names);
}

static mpool_err check_fds(unsigned channels)
{
    size_t needed = count_fds(channels);
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || needed <= limit.rlim_cur)
        return MPOOL_OK;
    return mp_error(MPOOL_E_SYSTEM,
                    "%u workers need about %zu file descriptors, and the limit is %zu; raise it (ulimit -n), or use "
                    "fewer workers",
                    channels, needed, (size_t)limit.rlim_cur);
}

mpool_err mp_room_check_worker(void)
{
    return check_threads(count_workers());
}

mpool_err mp_room_check_host(unsigned channels)
{
    mpool_err err = check_fds(channels);

    return err == MPOOL_OK ? check_threads(count_nngs() + SUPERVISOR_AND_LOG) : err;
}

void mpool_needs_count(unsigned workers, mpool_needs *needs)
{
    needs->open_files = (int64_t)count_fds(workers);
    needs->tasks = (int64_t)(count_nngs() + SUPERVISOR_AND_LOG + MAIN + workers * (count_workers() + MAIN));
}
