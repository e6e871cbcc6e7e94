/*
 * base/cpus.h - how many processors this process may use
 *
 * Four limits apply at once, and the least of them wins. They are gathered apart from being compared, so that a report
 * can say which one it was, and read below a root directory, so that a test can build a machine of its own.
 */
#ifndef MP_BASE_CPUS_H
#define MP_BASE_CPUS_H

#include <mpool/limits.h>
#include <stdbool.h>

/* Each in whole processors; 0 where there is no such limit. */
struct mp_cpus {
    unsigned online;            /* processors the kernel has running */
    unsigned affinity;          /* of those, the ones this process may be scheduled on (taskset, cpusets) */
    unsigned quota;             /* the least CPU quota of the cgroups around this process, rounded up */
    unsigned wanted;            /* the environment variable MPOOL_WORKERS */
    mpool_group_limit quota_by; /* the cgroup that has the quota */
};

/* mp_cpus_read - the limits of this process. Calls: any thread of any process. */
void mp_cpus_read(struct mp_cpus *cpus);

/*
 * mp_cpus_least - the limit that wins: at least 1, also if none is known; at most what a pool can have
 *
 * by        out  which one it is; may be NULL
 */
unsigned mp_cpus_least(const struct mp_cpus *cpus, mpool_cpu_limit *by);

/*
 * mp_cpus_read_quota - the least CPU quota of the cgroups around this process
 *
 * root      in   "" for this machine; otherwise a directory that stands for its /, and holds proc/self/cgroup,
 *                proc/self/mountinfo and the mounted trees that they name
 * cpus      out  quota: processors, rounded up; 0 if there is none, or it cannot be read. quota_by: whose it is
 *
 * Looks at cgroup v2 (cpu.max) and v1 (cpu.cfs_quota_us), in the process's own group and in every ancestor up to the
 * mount.
 */
void mp_cpus_read_quota(const char *root, struct mp_cpus *cpus);

/*
 * mp_cpus_parse_max - one quota, as cgroup v2 writes it: "150000 100000", or "max 100000"
 *
 * cpus      out  processors, rounded up; 0 for "max"
 *
 * Returns false, and leaves `cpus` alone, if the text is neither.
 */
bool mp_cpus_parse_max(const char *text, unsigned *cpus);

/* mp_cpus_parse_workers - the value of MPOOL_WORKERS: a whole number from 1; 0 for anything else, and for NULL. */
unsigned mp_cpus_parse_workers(const char *text);

#endif
