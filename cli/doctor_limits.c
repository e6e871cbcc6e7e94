/*
 * cli/doctor_limits.c - processors, files, tasks and memory: what a run may have, next to what it needs
 *
 * Runs in: the mpool command. Owns: nothing.
 */
#include "cli/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What mpool_init() reserves where no limit is in the way (mpool/init.h). */
#define ARENA_BYTES ((int64_t)64 << 30)

/* ---- processors -------------------------------------------------------------------------------------------------- */

static void say_processors(struct doctor *doctor, const char *what, int count)
{
    if (count >= 0)
        doctor_say(doctor, VERDICT_OK, what, "%d", count);
    else
        doctor_say(doctor, VERDICT_OK, what, "cannot be told");
}

static void say_wanted(struct doctor *doctor)
{
    const char *text = getenv("MPOOL_WORKERS");

    if (text == NULL) {
        doctor_say(doctor, VERDICT_OK, "$MPOOL_WORKERS", "not set");
    } else if (doctor->limits.cpus_wanted > 0) {
        doctor_say(doctor, VERDICT_OK, "$MPOOL_WORKERS", "%d", doctor->limits.cpus_wanted);
    } else {
        doctor_say(doctor, VERDICT_WARN, "$MPOOL_WORKERS", "\"%.60s\" is no whole number from 1, and sets no limit",
                   text);
        doctor_advise(doctor, "set it to a number, or unset it");
    }
}

static void say_workers(struct doctor *doctor)
{
    static const char *const reasons[] = {
        [MPOOL_CPU_ONLINE] = "as many as processors are online",
        [MPOOL_CPU_AFFINITY] = "as many as processors that this process may run on",
        [MPOOL_CPU_QUOTA] = "as many as the CPU quota comes to",
        [MPOOL_CPU_WORKERS] = "as $MPOOL_WORKERS says",
        [MPOOL_CPU_MOST] = "the most that there can be",
    };
    const mpool_limits *limits = &doctor->limits;

    say_processors(doctor, "processors online", limits->cpus_online);
    say_processors(doctor, "processors by affinity", limits->cpus_affinity);
    if (limits->cpus_quota.version == 0)
        doctor_say(doctor, VERDICT_OK, "CPU quota", "none");
    else
        doctor_say(doctor, VERDICT_OK, "CPU quota", "%" PRId64 ", by cgroup v%d %s", limits->cpus_quota.most,
                   limits->cpus_quota.version, limits->cpus_quota.group);
    say_wanted(doctor);
    doctor_say(doctor, VERDICT_OK, "workers: auto", "%u, %s", limits->cpus, reasons[limits->cpus_by]);
}

/* ---- files and tasks --------------------------------------------------------------------------------------------- */

static const char *plural(unsigned count)
{
    return count == 1 ? " needs" : "s need";
}

/* A limit of this process, and what as many workers as `workers: auto` are need of it. */
static void say_limit(struct doctor *doctor, const char *what, int resource, int64_t needed, const char *remedy)
{
    unsigned workers = doctor->limits.cpus;
    struct rlimit limit;

    if (getrlimit(resource, &limit) != 0) {
        doctor_say(doctor, VERDICT_WARN, what, "%s", strerror(errno));
        return;
    }
    if (limit.rlim_cur == RLIM_INFINITY) {
        doctor_say(doctor, VERDICT_OK, what, "unlimited; %u worker%s %" PRId64, workers, plural(workers), needed);
        return;
    }
    bool enough = limit.rlim_cur >= (rlim_t)needed;
    doctor_say(doctor, enough ? VERDICT_OK : VERDICT_FAIL, what, "%" PRIu64 "; %u worker%s %" PRId64,
               (uint64_t)limit.rlim_cur, workers, plural(workers), needed);
    if (!enough)
        doctor_advise(doctor, "raise the limit: %s %" PRId64 "; or use fewer workers", remedy, needed);
}

static void say_files(struct doctor *doctor)
{
    say_limit(doctor, "open files", RLIMIT_NOFILE, doctor->needs.open_files, "ulimit -n");
}

static void say_tasks(struct doctor *doctor)
{
    const mpool_group_limit *group = &doctor->limits.tasks;
    unsigned workers = doctor->limits.cpus;

    /* The kernel does not hold root to it. */
    if (geteuid() == 0)
        doctor_say(doctor, VERDICT_OK, "tasks of the user", "root's are not limited");
    else
        say_limit(doctor, "tasks of the user", RLIMIT_NPROC, doctor->needs.tasks, "ulimit -u");
    if (group->version == 0) {
        doctor_say(doctor, VERDICT_OK, "tasks of the cgroup", "unlimited; %u worker%s %" PRId64, workers,
                   plural(workers), doctor->needs.tasks);
        return;
    }
    int64_t used = group->used > 0 ? group->used : 0;
    bool enough = group->most - used >= doctor->needs.tasks;
    doctor_say(doctor, enough ? VERDICT_OK : VERDICT_FAIL, "tasks of the cgroup",
               "%" PRId64 ", of which %" PRId64 " are there; %u worker%s %" PRId64 " (v%d %s)", group->most, used,
               workers, plural(workers), doctor->needs.tasks, group->version, group->group);
    if (!enough)
        doctor_advise(doctor, "raise pids.max of the cgroup, or use fewer workers");
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* A field of /proc/meminfo, in bytes; -1: it is not there. */
static int64_t read_meminfo(const char *field)
{
    FILE *file = fopen("/proc/meminfo", "re");
    size_t length = strlen(field);
    int64_t bytes = -1;
    char line[256];

    if (file == NULL)
        return -1;
    while (bytes < 0 && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, field, length) == 0 && line[length] == ':')
            bytes = strtoll(line + length + 1, NULL, 10) * 1024;
    }
    (void)fclose(file);
    return bytes;
}

static void say_memory(struct doctor *doctor)
{
    const mpool_group_limit *group = &doctor->limits.memory;
    char size[DOCTOR_SIZE_MAX], more[DOCTOR_SIZE_MAX];
    int64_t total = read_meminfo("MemTotal"), available = read_meminfo("MemAvailable");
    int64_t needed = doctor->trial.worker_bytes * doctor->limits.cpus;

    if (total >= 0 && available >= 0)
        doctor_say(doctor, VERDICT_OK, "memory of the machine", "%s, of which %s are free", doctor_size(size, total),
                   doctor_size(more, available));
    if (group->version == 0) {
        doctor_say(doctor, VERDICT_OK, "memory of the cgroup", "unlimited");
        return;
    }
    /* What is used may be caches, which make room; so only the limit itself is compared. */
    bool enough = group->most >= needed;
    doctor_say(doctor, enough ? VERDICT_OK : VERDICT_FAIL, "memory of the cgroup", "%s, of which %s are used (v%d %s)",
               doctor_size(size, group->most), doctor_size(more, group->used > 0 ? group->used : 0), group->version,
               group->group);
    if (!enough)
        doctor_advise(doctor, "raise it: %u workers that do nothing take %s", doctor->limits.cpus,
                      doctor_size(more, needed));
}

static void say_arena(struct doctor *doctor)
{
    int64_t bytes = doctor->trial.arena_bytes;
    char size[DOCTOR_SIZE_MAX];

    if (bytes < 0)
        return;
    doctor_say(doctor, bytes >= ARENA_BYTES ? VERDICT_OK : VERDICT_WARN, "shared memory",
               "a memfd, not /dev/shm; %s may be used, as far as there is memory", doctor_size(size, bytes));
    if (bytes < ARENA_BYTES)
        doctor_advise(doctor, "lift the limits on it: ulimit -v unlimited; ulimit -f unlimited");
}

/* A whole number alone in a file; -1: it cannot be read. */
static long read_setting(const char *path)
{
    FILE *file = fopen(path, "re");
    char line[32], *end = line;
    long number = -1;

    if (file == NULL)
        return -1;
    if (fgets(line, sizeof line, file) != NULL)
        number = strtol(line, &end, 10);
    (void)fclose(file);
    return end > line ? number : -1;
}

static void say_overcommit(struct doctor *doctor)
{
    static const char *const modes[] = {"the kernel judges what is too much", "everything is promised",
                                        "no more is promised than there is"};
    long mode = read_setting("/proc/sys/vm/overcommit_memory");

    if (mode < 0 || mode > 2)
        return;
    doctor_say(doctor, mode < 2 ? VERDICT_OK : VERDICT_WARN, "overcommit of memory", "%ld, %s", mode, modes[mode]);
    if (mode == 2)
        doctor_advise(doctor, "vm.overcommit_memory=0: each of the %" PRId64 " tasks counts with its whole stack",
                      doctor->needs.tasks);
}

/* ---- ptrace ------------------------------------------------------------------------------------------------------ */

static void say_ptrace(struct doctor *doctor)
{
    static const char *const scopes[] = {"a user's processes may look at each other", "those may that are named",
                                         "only those with CAP_SYS_PTRACE may look at others",
                                         "nobody may look at others"};
    long scope = read_setting("/proc/sys/kernel/yama/ptrace_scope");

    if (scope < 0 || scope > 3) {
        doctor_say(doctor, VERDICT_OK, "ptrace scope", "not restricted by Yama");
        return;
    }
    bool enough = scope < 2 || (scope == 2 && geteuid() == 0);
    doctor_say(doctor, enough ? VERDICT_OK : VERDICT_WARN, "ptrace scope", "%ld, %s", scope, scopes[scope]);
    if (!enough)
        doctor_advise(doctor, "kernel.yama.ptrace_scope=1, for backtraces of jobs that crash");
}

void doctor_limits(struct doctor *doctor)
{
    say_workers(doctor);
    say_files(doctor);
    say_tasks(doctor);
    say_memory(doctor);
    say_arena(doctor);
    say_overcommit(doctor);
    say_ptrace(doctor);
}
