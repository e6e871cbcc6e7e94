/*
 * mpool/limits.h - what the machine lets this program have, and what a pool needs of it
 *
 * mpool_cpu_count() is how many workers a pool has if nobody says otherwise; here is why. A container's limits are not
 * in what the usual calls say: they are those of its cgroups, and the one of an ancestor holds for all below it.
 */
#ifndef MPOOL_LIMITS_H
#define MPOOL_LIMITS_H

#include <mpool/export.h>
#include <stdint.h>

/* Bytes that are kept of a cgroup's name. */
#define MPOOL_GROUP_SIZE 256

/* What has made mpool_cpu_count() no more than it is; of several the first. Numbers never change. */
typedef enum mpool_cpu_limit {
    MPOOL_CPU_ONLINE = 0,   /* the processors that are online */
    MPOOL_CPU_AFFINITY = 1, /* of those, the ones that the process may run on (taskset, cpusets) */
    MPOOL_CPU_QUOTA = 2,    /* the CPU quota of a cgroup */
    MPOOL_CPU_WORKERS = 3,  /* the environment variable MPOOL_WORKERS */
    MPOOL_CPU_MOST = 4,     /* MPOOL_WORKERS_MAX */
} mpool_cpu_limit;

/* A limit that cgroups set, of version 1 or 2: of this process's own and all its ancestors the one that binds. */
typedef struct mpool_group_limit {
    int64_t most;                 /* -1: there is none */
    int64_t used;                 /* of it by now, by all that are in the cgroup; -1: it does not say */
    int version;                  /* of cgroups: 1 or 2; 0 if there is none */
    char group[MPOOL_GROUP_SIZE]; /* the cgroup's directory, cut off if it is longer; "" if there is none */
} mpool_group_limit;

typedef struct mpool_limits {
    unsigned cpus;           /* mpool_cpu_count() */
    mpool_cpu_limit cpus_by; /* which of the next four it comes from */
    int cpus_online;         /* -1: cannot be told; so the next one, too */
    int cpus_affinity;
    int cpus_wanted;              /* MPOOL_WORKERS; -1: it is not set, or no whole number from 1 */
    mpool_group_limit cpus_quota; /* in whole processors, rounded up: least of all */
    mpool_group_limit memory;     /* in bytes: of all limits the one that leaves least */
    mpool_group_limit tasks;      /* processes and threads (pids.max), likewise */
} mpool_limits;

/*
 * mpool_limits_read - the limits of this process
 *
 * limits    out  as they are now: they can change while a program runs
 *
 * What cannot be read sets no limit. Calls: any thread of any process, before mpool_init() too.
 */
MPOOL_API void mpool_limits_read(mpool_limits *limits);

typedef struct mpool_needs {
    int64_t open_files; /* in the host, about, with some for a small program (RLIMIT_NOFILE) */
    int64_t tasks; /* processes and threads: of the host, the fork server and the workers (RLIMIT_NPROC, pids.max) */
} mpool_needs;

/*
 * mpool_needs_count - what a pool needs
 *
 * workers   in   of the pool
 * needs     out  with `open_files` more than the limit, mpool_pool_open() fails. Jobs may need more.
 *
 * Calls: any thread of any process, before mpool_init() too.
 */
MPOOL_API void mpool_needs_count(unsigned workers, mpool_needs *needs);

#endif
