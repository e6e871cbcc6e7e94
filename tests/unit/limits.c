/*
 * tests/unit/limits.c - limits of memory and of tasks, on machines that are made up as small trees of files
 */
#include "base/limits.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char machine[] = "/tmp/mpool-limits.XXXXXX";

static void make_machine(void)
{
    cr_assert_not_null(mkdtemp(machine));
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void remove_machine(void)
{
    cr_expect_eq(nftw(machine, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void put(const char *name, const char *text)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", machine, name);
    for (char *slash = strchr(path + strlen(machine) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    file = fopen(path, "we");
    cr_assert_not_null(file, "%s", path);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

/* `group` is the one below the machine; NULL: there is no limit. */
static void is(const mpool_group_limit *limit, int64_t most, int64_t used, int version, const char *group)
{
    cr_expect_eq(limit->most, most, "most is %lld", (long long)limit->most);
    cr_expect_eq(limit->used, used, "used is %lld", (long long)limit->used);
    cr_expect_eq(limit->version, version);
    cr_expect_str_eq(group != NULL ? limit->group + strlen(machine) : limit->group, group != NULL ? group : "");
}

static void is_memory(int64_t most, int64_t used, int version, const char *group)
{
    mpool_group_limit limit;

    mp_limits_memory(machine, &limit);
    is(&limit, most, used, version, group);
}

static void is_tasks(int64_t most, int64_t used, int version, const char *group)
{
    mpool_group_limit limit;

    mp_limits_tasks(machine, &limit);
    is(&limit, most, used, version, group);
}

TestSuite(limits, .init = make_machine, .fini = remove_machine);

Test(limits, a_machine_without_cgroups_has_none)
{
    is_memory(-1, -1, 0, NULL);
    is_tasks(-1, -1, 0, NULL);
}

Test(limits, of_all_ancestors_the_one_that_leaves_least_binds)
{
    put("proc/self/cgroup", "0::/user/run\n");
    put("proc/self/mountinfo", "32 21 0:28 / /sys/fs/cgroup rw - cgroup2 none rw\n");
    put("sys/fs/cgroup/user/run/memory.max", "1000000\n");
    put("sys/fs/cgroup/user/run/memory.current", "100000\n");
    is_memory(1000000, 100000, 2, "/sys/fs/cgroup/user/run");
    put("sys/fs/cgroup/user/memory.max", "2000000\n");
    put("sys/fs/cgroup/user/memory.current", "1900000\n");
    is_memory(2000000, 1900000, 2, "/sys/fs/cgroup/user");
    put("sys/fs/cgroup/user/memory.max", "max\n");
    is_memory(1000000, 100000, 2, "/sys/fs/cgroup/user/run");
    put("sys/fs/cgroup/memory.max", "800000\n");
    is_memory(800000, -1, 2, "/sys/fs/cgroup");
}

Test(limits, cgroup_v1_has_files_of_its_own_and_a_number_that_means_none)
{
    put("proc/self/cgroup", "5:memory:/m\n6:pids:/p\n");
    put("proc/self/mountinfo", "33 31 0:30 / /cg/memory rw - cgroup cgroup rw,memory\n"
                               "34 31 0:31 / /cg/pids rw - cgroup cgroup rw,pids\n");
    put("cg/memory/memory.limit_in_bytes", "9223372036854771712\n");
    is_memory(-1, -1, 0, NULL);
    put("cg/memory/m/memory.limit_in_bytes", "4096\n");
    put("cg/memory/m/memory.usage_in_bytes", "0\n");
    is_memory(4096, 0, 1, "/cg/memory/m");
    is_tasks(-1, -1, 0, NULL);
    put("cg/pids/p/pids.max", "max\n");
    is_tasks(-1, -1, 0, NULL);
    put("cg/pids/pids.max", "64\n");
    put("cg/pids/pids.current", "60\n");
    is_tasks(64, 60, 1, "/cg/pids");
}

Test(limits, files_that_make_no_sense_set_no_limit)
{
    put("proc/self/cgroup", "0::/\n");
    put("proc/self/mountinfo", "32 21 0:28 / /cg rw - cgroup2 none rw\n");
    put("cg/memory.max", "\n");
    put("cg/pids.max", "-5\n");
    is_memory(-1, -1, 0, NULL);
    is_tasks(-1, -1, 0, NULL);
    put("cg/memory.max", "lots\n");
    put("cg/pids.max", "7\n");
    put("cg/pids.current", "many\n");
    is_memory(-1, -1, 0, NULL);
    is_tasks(7, -1, 2, "/cg");
}

Test(limits, a_group_with_a_long_name_is_cut_off)
{
    char long_name[400], path[500];
    mpool_group_limit limit;

    memset(long_name, 'n', 200);
    long_name[200] = '/';
    memset(long_name + 201, 'm', 198);
    long_name[399] = '\0';
    (void)snprintf(path, sizeof path, "0::/%s\n", long_name);
    put("proc/self/cgroup", path);
    put("proc/self/mountinfo", "32 21 0:28 / /cg rw - cgroup2 none rw\n");
    (void)snprintf(path, sizeof path, "cg/%s/pids.max", long_name);
    put(path, "9\n");
    mp_limits_tasks(machine, &limit);
    cr_expect_eq(limit.most, 9);
    cr_expect_eq(strlen(limit.group), MPOOL_GROUP_SIZE - 1);
}
