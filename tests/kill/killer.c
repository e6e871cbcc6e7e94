/*
 * tests/kill/killer.c - the thread that kills workers of a pool: random ones, at random moments
 *
 * It does not look at what a worker is at. Nobody else ends workers while it runs, so a process id that the pool lists
 * and that was not killed yet is a living worker's, and each kill is a death.
 */
#include "tests/kill/killer.h"

#include "tests/kill/books.h"
#include "tests/proc/left.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static bool was_killed(const struct killer *killer, pid_t pid)
{
    for (unsigned i = 0; i < KILLER_MEMORY; i++)
        if (killer->killed[i] == pid)
            return true;
    return false;
}

/* Enough are ready: a pool breaks if all its workers are killed before any of them is, and that would be its right. */
static bool may_kill(const struct killer *killer)
{
    mpool_pool_stats stats;

    must(mpool_pool_stats_read(killer->pool, &stats), "statistics");
    return stats.workers_ready >= 2;
}

/* A living worker; 0: there is none at the moment. */
static pid_t choose(struct killer *killer)
{
    pid_t pids[KILLER_WORKERS], living[KILLER_WORKERS];
    size_t count, found = 0;

    must(mpool_pool_pids(killer->pool, pids, KILLER_WORKERS, &count), "the workers' process ids");
    for (size_t i = 0; i < count; i++)
        if (pids[i] > 0 && !was_killed(killer, pids[i]))
            living[found++] = pids[i];
    return found > 0 ? living[dice(&killer->dice) % found] : 0;
}

/* Whatever the pool says, nobody else's process is killed: it has to be a child of a child of ours. */
static bool kill_worker(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    bool ours = fd >= 0 && left_parent(left_parent(pid)) == getpid();

    if (ours && syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) != 0)
        die("worker %d cannot be killed: %s", (int)pid, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return ours;
}

static void *run(void *data)
{
    struct killer *killer = data;

    while (!atomic_load(&killer->stop)) {
        int64_t us = (int64_t)(dice(&killer->dice) % (2 * (uint64_t)atomic_load(&killer->pause_us) + 1));
        const struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
        pid_t pid;

        (void)nanosleep(&pause, NULL);
        pid = may_kill(killer) ? choose(killer) : 0;
        if (pid > 0 && !kill_worker(pid))
            die("the pool has process %d for a worker, and it is none", (int)pid);
        if (pid > 0)
            killer->killed[atomic_fetch_add(&killer->kills, 1) % KILLER_MEMORY] = pid;
    }
    return NULL;
}

void killer_start(struct killer *killer, mpool_pool *pool, uint64_t seed)
{
    *killer = (struct killer){.pool = pool, .dice = seed};
    atomic_init(&killer->pause_us, 40000);
    if (pthread_create(&killer->thread, NULL, run, killer) != 0)
        die("cannot start a thread");
}

void killer_stop(struct killer *killer)
{
    atomic_store(&killer->stop, true);
    (void)pthread_join(killer->thread, NULL);
}
