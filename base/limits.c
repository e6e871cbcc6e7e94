/*
 * base/limits.c - the limits that cgroups set, besides the CPU quota; and all of them for the program
 *
 * Runs in: any process, any thread. Owns: nothing; every call reads anew.
 *
 * A limit holds for all below its group, so every ancestor counts; and what binds is not the least of the limits but
 * the one of which least is left. A file that is missing or makes no sense sets none.
 */
#include "base/limits.h"

#include "base/cgroup.h"
#include "base/cpus.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

/* cgroup v1 has no word for "none": it says the largest multiple of a page. No machine has so much. */
#define NONE (INT64_C(1) << 62)

/* The names of two files of a group. */
struct files {
    const char *most;
    const char *used;
};

/* What is looked for, in a group of version 1 and one of version 2, and what was found so far. */
struct search {
    struct files old, unified;
    mpool_group_limit *limit;
};

void mp_limits_none(mpool_group_limit *limit)
{
    *limit = (mpool_group_limit){.most = -1, .used = -1};
}

/* A whole number in a file of its own; -1 for "max", and if there is none. */
static int64_t read_number(const char *directory, const char *name)
{
    char path[PATH_MAX];
    int64_t number = -1;
    FILE *file;

    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path)
        return -1;
    file = fopen(path, "re");
    if (file == NULL)
        return -1;
    if (fscanf(file, "%" SCNd64, &number) != 1 || number < 0) /* NOLINT(cert-err34-c) because it counts what it read */
        number = -1;
    (void)fclose(file);
    return number;
}

static int64_t left(int64_t most, int64_t used)
{
    return used > 0 ? most - used : most;
}

static bool take_group(const char *directory, bool unified, void *user)
{
    const struct search *search = user;
    const struct files *files = unified ? &search->unified : &search->old;
    mpool_group_limit *limit = search->limit;
    int64_t most = read_number(directory, files->most);
    int64_t used = read_number(directory, files->used);

    if (most < 0 || most >= NONE || (limit->most >= 0 && left(limit->most, limit->used) <= left(most, used)))
        return true;
    limit->most = most;
    limit->used = used;
    limit->version = unified ? 2 : 1;
    (void)snprintf(limit->group, sizeof limit->group, "%s", directory);
    return true;
}

void mp_limits_memory(const char *root, mpool_group_limit *limit)
{
    struct search search = {.old = {"memory.limit_in_bytes", "memory.usage_in_bytes"},
                            .unified = {"memory.max", "memory.current"},
                            .limit = limit};

    mp_limits_none(limit);
    mp_cgroup_each(root, "memory", take_group, &search);
}

void mp_limits_tasks(const char *root, mpool_group_limit *limit)
{
    const struct files files = {"pids.max", "pids.current"};
    struct search search = {.old = files, .unified = files, .limit = limit};

    mp_limits_none(limit);
    mp_cgroup_each(root, "pids", take_group, &search);
}

static int or_none(unsigned number)
{
    if (number == 0)
        return -1;
    return number < INT_MAX ? (int)number : INT_MAX;
}

void mpool_limits_read(mpool_limits *limits)
{
    struct mp_cpus cpus;

    mp_cpus_read(&cpus);
    limits->cpus = mp_cpus_least(&cpus, &limits->cpus_by);
    limits->cpus_online = or_none(cpus.online);
    limits->cpus_affinity = or_none(cpus.affinity);
    limits->cpus_wanted = or_none(cpus.wanted);
    limits->cpus_quota = cpus.quota_by;
    mp_limits_memory("", &limits->memory);
    mp_limits_tasks("", &limits->tasks);
}
