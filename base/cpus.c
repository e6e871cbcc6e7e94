/*
 * base/cpus.c - the least of online processors, affinity, cgroup quotas and MPOOL_WORKERS
 *
 * Runs in: any process, any thread. Owns: nothing; every call reads anew, as quotas change while a program runs.
 *
 * A container's quota is not in /proc/cpuinfo or in the affinity: a machine of 64 processors looks like one of 64 from
 * inside a container that may use two, and 64 workers there only take turns at being throttled. The quota of a group
 * (cpu.max; in cgroup v1 cpu.cfs_quota_us and cpu.cfs_period_us) holds for all below it, so every ancestor counts.
 *
 * A file that is missing or makes no sense sets no limit: this is advice on how many workers to start, never a reason
 * not to start.
 */
#include "base/cpus.h"

#include "base/cgroup.h"
#include "base/limits.h"

#include <mpool/init.h>
#include <mpool/pool.h>

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first line of a file, without its newline; false if there is none. */
static bool read_line(const char *path, char *line, int room)
{
    FILE *file = fopen(path, "re");
    bool read;

    if (file == NULL)
        return false;
    read = fgets(line, room, file) != NULL;
    (void)fclose(file);
    if (read)
        line[strcspn(line, "\n")] = '\0';
    return read;
}

/* A whole decimal number and nothing else before `end`; no sign, no space. */
static bool parse_number(const char *text, const char *end, uint64_t *number)
{
    uint64_t value = 0;

    if (text == end)
        return false;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9' || value > UINT64_MAX / 10 - 1)
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *number = value;
    return true;
}

/* Whole processors for `quota` microseconds of CPU time in every `period`. */
static unsigned round_up(uint64_t quota, uint64_t period)
{
    uint64_t cpus = quota / period + (quota % period != 0 ? 1 : 0);

    if (cpus == 0)
        return 1;
    return cpus > UINT_MAX ? UINT_MAX : (unsigned)cpus;
}

bool mp_cpus_parse_max(const char *text, unsigned *cpus)
{
    const char *space = strchr(text, ' ');
    uint64_t quota;
    uint64_t period;

    if (space == NULL || !parse_number(space + 1, text + strlen(text), &period) || period == 0)
        return false;
    if (strncmp(text, "max ", 4) == 0) {
        *cpus = 0;
        return true;
    }
    if (!parse_number(text, space, &quota))
        return false;
    *cpus = round_up(quota, period);
    return true;
}

unsigned mp_cpus_parse_workers(const char *text)
{
    uint64_t number;

    if (text == NULL || !parse_number(text, text + strlen(text), &number))
        return 0;
    return number > UINT_MAX ? UINT_MAX : (unsigned)number;
}

/* The quota set on one group itself; 0 if there is none. */
static unsigned group_quota(const char *directory, bool unified)
{
    char path[PATH_MAX];
    char quota[64];
    char period[64];
    char text[sizeof quota + sizeof period];
    unsigned cpus = 0;

    if (unified) {
        if (snprintf(path, sizeof path, "%s/cpu.max", directory) >= (int)sizeof path ||
            !read_line(path, text, sizeof text))
            return 0;
    } else {
        /* v1 says -1 where v2 says max; that is no number, and so no quota. */
        if (snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", directory) >= (int)sizeof path ||
            !read_line(path, quota, sizeof quota) ||
            snprintf(path, sizeof path, "%s/cpu.cfs_period_us", directory) >= (int)sizeof path ||
            !read_line(path, period, sizeof period))
            return 0;
        (void)snprintf(text, sizeof text, "%s %s", quota, period);
    }
    return mp_cpus_parse_max(text, &cpus) ? cpus : 0;
}

static bool take_quota(const char *directory, bool unified, void *user)
{
    struct mp_cpus *cpus = user;
    unsigned quota = group_quota(directory, unified);

    if (quota == 0 || (cpus->quota > 0 && cpus->quota <= quota))
        return true;
    cpus->quota = quota;
    cpus->quota_by = (mpool_group_limit){.most = quota, .used = -1, .version = unified ? 2 : 1};
    (void)snprintf(cpus->quota_by.group, sizeof cpus->quota_by.group, "%s", directory);
    return true;
}

void mp_cpus_read_quota(const char *root, struct mp_cpus *cpus)
{
    cpus->quota = 0;
    mp_limits_none(&cpus->quota_by);
    mp_cgroup_each(root, "cpu", take_quota, cpus);
}

/* The kernel refuses a set smaller than its own, which may be larger than cpu_set_t's 1,024. */
static unsigned count_affinity(void)
{
    for (int room = 1024; room <= 1 << 20; room *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)room);
        size_t size = CPU_ALLOC_SIZE((size_t)room);
        int count;

        if (set == NULL)
            return 0;
        count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : -1;
        CPU_FREE(set);
        if (count >= 0)
            return (unsigned)count;
        if (errno != EINVAL)
            return 0;
    }
    return 0;
}

void mp_cpus_read(struct mp_cpus *cpus)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);

    cpus->online = online > 0 ? (unsigned)online : 0;
    cpus->affinity = count_affinity();
    mp_cpus_read_quota("", cpus);
    cpus->wanted = mp_cpus_parse_workers(getenv("MPOOL_WORKERS"));
}

unsigned mp_cpus_least(const struct mp_cpus *cpus, mpool_cpu_limit *by)
{
    const unsigned limits[] = {[MPOOL_CPU_ONLINE] = cpus->online,
                               [MPOOL_CPU_AFFINITY] = cpus->affinity,
                               [MPOOL_CPU_QUOTA] = cpus->quota,
                               [MPOOL_CPU_WORKERS] = cpus->wanted};
    mpool_cpu_limit least = MPOOL_CPU_ONLINE;
    unsigned count = 0;

    for (unsigned i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (limits[i] > 0 && (count == 0 || limits[i] < count)) {
            count = limits[i];
            least = (mpool_cpu_limit)i;
        }
    }
    if (count > MPOOL_WORKERS_MAX) {
        count = MPOOL_WORKERS_MAX;
        least = MPOOL_CPU_MOST;
    }
    if (by != NULL)
        *by = least;
    return count > 0 ? count : 1;
}

unsigned mpool_cpu_count(void)
{
    struct mp_cpus cpus;

    mp_cpus_read(&cpus);
    return mp_cpus_least(&cpus, NULL);
}
