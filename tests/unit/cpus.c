/*
 * tests/unit/cpus.c - how many processors a process may use, on machines that are made up as small trees of files
 */
#include "base/cpus.h"

#include <mpool/init.h>
#include <mpool/pool.h>

#include <criterion/criterion.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char machine[] = "/tmp/mpool-cpus.XXXXXX";

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

/* Writes a file of the machine, and makes the directories on the way to it. */
static void put(const char *name, const char *text)
{
    char path[PATH_MAX];
    FILE *file;

    cr_assert_lt(snprintf(path, sizeof path, "%s/%s", machine, name), (int)sizeof path);
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

static unsigned quota(void)
{
    struct mp_cpus cpus = {0};

    mp_cpus_read_quota(machine, &cpus);
    return cpus.quota;
}

TestSuite(cpus, .init = make_machine, .fini = remove_machine);

Test(cpus, a_machine_without_cgroups_has_no_quota)
{
    cr_expect_eq(quota(), 0);
    put("proc/self/cgroup", "0::/\n");
    put("proc/self/mountinfo", "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n");
    cr_expect_eq(quota(), 0);
}

Test(cpus, a_quota_is_rounded_up_to_whole_processors)
{
    put("proc/self/cgroup", "0::/app\n");
    put("proc/self/mountinfo", "32 21 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
    put("sys/fs/cgroup/app/cpu.max", "150000 100000\n");
    cr_expect_eq(quota(), 2);
    put("sys/fs/cgroup/app/cpu.max", "200000 100000\n");
    cr_expect_eq(quota(), 2);
    put("sys/fs/cgroup/app/cpu.max", "1000 100000\n");
    cr_expect_eq(quota(), 1);
    put("sys/fs/cgroup/app/cpu.max", "max 100000\n");
    cr_expect_eq(quota(), 0);
}

Test(cpus, the_least_quota_of_all_ancestors_wins)
{
    put("proc/self/cgroup", "0::/user/1000/run\n");
    put("proc/self/mountinfo", "32 21 0:28 / /sys/fs/cgroup rw - cgroup2 none rw\n");
    put("sys/fs/cgroup/user/1000/run/cpu.max", "800000 100000\n");
    put("sys/fs/cgroup/user/1000/cpu.max", "max 100000\n");
    put("sys/fs/cgroup/user/cpu.max", "300000 100000\n");
    cr_expect_eq(quota(), 3);
    put("sys/fs/cgroup/cpu.max", "100000 100000\n");
    cr_expect_eq(quota(), 1);
}

Test(cpus, the_group_that_has_the_quota_is_named)
{
    struct mp_cpus cpus = {0};

    put("proc/self/cgroup", "0::/user/run\n1:cpu:/old\n");
    put("proc/self/mountinfo", "32 21 0:28 / /sys/fs/cgroup rw - cgroup2 none rw\n"
                               "33 21 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu\n");
    mp_cpus_read_quota(machine, &cpus);
    cr_expect(cpus.quota_by.most == -1 && cpus.quota_by.version == 0 && cpus.quota_by.group[0] == '\0');
    put("sys/fs/cgroup/user/cpu.max", "300000 100000\n");
    mp_cpus_read_quota(machine, &cpus);
    cr_expect(cpus.quota_by.most == 3 && cpus.quota_by.used == -1 && cpus.quota_by.version == 2);
    cr_expect_str_eq(cpus.quota_by.group + strlen(machine), "/sys/fs/cgroup/user");
    put("cg/cpu/old/cpu.cfs_quota_us", "200000\n");
    put("cg/cpu/old/cpu.cfs_period_us", "100000\n");
    mp_cpus_read_quota(machine, &cpus);
    cr_expect(cpus.quota_by.most == 2 && cpus.quota_by.version == 1);
    cr_expect_str_eq(cpus.quota_by.group + strlen(machine), "/cg/cpu/old");
}

Test(cpus, cgroup_v1_counts_only_in_the_hierarchy_of_the_cpu_controller)
{
    put("proc/self/cgroup", "4:memory:/m\n3:cpuset:/s\n2:cpu,cpuacct:/build/7\n1:name=systemd:/init\n");
    put("proc/self/mountinfo", "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
                               "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n");
    put("sys/fs/cgroup/cpuset/s/cpu.cfs_quota_us", "100000\n");
    put("sys/fs/cgroup/cpuset/s/cpu.cfs_period_us", "100000\n");
    put("sys/fs/cgroup/cpu,cpuacct/build/7/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu,cpuacct/build/7/cpu.cfs_period_us", "100000\n");
    cr_expect_eq(quota(), 0);
    put("sys/fs/cgroup/cpu,cpuacct/build/cpu.cfs_quota_us", "225000\n");
    put("sys/fs/cgroup/cpu,cpuacct/build/cpu.cfs_period_us", "50000\n");
    cr_expect_eq(quota(), 5);
}

Test(cpus, on_a_machine_with_both_versions_the_least_wins)
{
    put("proc/self/cgroup", "1:cpu:/old\n0::/new\n");
    put("proc/self/mountinfo", "32 31 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu\n"
                               "41 31 0:38 / /cg/unified rw - cgroup2 cgroup2 rw\n");
    put("cg/cpu/old/cpu.cfs_quota_us", "400000\n");
    put("cg/cpu/old/cpu.cfs_period_us", "100000\n");
    put("cg/unified/new/cpu.max", "600000 100000\n");
    cr_expect_eq(quota(), 4);
    put("cg/unified/new/cpu.max", "200000 100000\n");
    cr_expect_eq(quota(), 2);
}

Test(cpus, a_mount_that_shows_part_of_a_hierarchy_is_searched_below_that_part)
{
    put("proc/self/cgroup", "0::/docker/ab12/job\n");
    put("proc/self/mountinfo", "32 31 0:29 /docker/ab12 /sys/fs/cgroup ro master:3 shared:4 - cgroup2 cgroup rw\n");
    put("sys/fs/cgroup/job/cpu.max", "500000 100000\n");
    cr_expect_eq(quota(), 5);
    put("sys/fs/cgroup/cpu.max", "200000 100000\n");
    cr_expect_eq(quota(), 2);
}

Test(cpus, a_group_outside_of_what_the_mount_shows_falls_back_to_the_mount_point)
{
    put("proc/self/mountinfo", "32 31 0:29 /docker/ab12 /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
    put("sys/fs/cgroup/cpu.max", "200000 100000\n");
    put("proc/self/cgroup", "0::/docker/ab1234\n");
    cr_expect_eq(quota(), 2);
    put("proc/self/cgroup", "0::/../other\n");
    cr_expect_eq(quota(), 2);
    put("proc/self/cgroup", "0::/\n");
    cr_expect_eq(quota(), 2);
}

Test(cpus, a_mount_point_with_a_space_in_its_name_is_found)
{
    put("proc/self/cgroup", "0::/a b\n");
    put("proc/self/mountinfo", "32 31 0:29 / /my\\040groups rw - cgroup2 cgroup rw\n");
    put("my groups/a b/cpu.max", "700000 100000\n");
    cr_expect_eq(quota(), 7);
}

Test(cpus, files_that_make_no_sense_set_no_limit)
{
    put("proc/self/cgroup", "\n:\n0\n0:\n0::/app\n");
    put("proc/self/mountinfo", "\n1 2\n1 2 3 4 5 6 -\n1 2 3 4 5 6 - cgroup2\n1 2 3 / /cg rw - cgroup2 none rw\n");
    put("cg/app/cpu.max", "lots\n");
    cr_expect_eq(quota(), 0);
    put("cg/cpu.max", "100000 0\n");
    cr_expect_eq(quota(), 0);
}

Test(cpus, a_quota_is_a_number_or_max_and_a_period)
{
    static const char *const bad[] = {"",
                                      "max",
                                      "100000",
                                      "max 0",
                                      "1 0",
                                      "-1 100000",
                                      "1 100000 ",
                                      "1  100000",
                                      " 1 100000",
                                      "1e5 100000",
                                      "99999999999999999999999 1"};
    unsigned cpus = 99;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect(!mp_cpus_parse_max(bad[i], &cpus) && cpus == 99, "\"%s\"", bad[i]);
    cr_expect(mp_cpus_parse_max("max 100000", &cpus) && cpus == 0);
    cr_expect(mp_cpus_parse_max("0 100000", &cpus) && cpus == 1);
    cr_expect(mp_cpus_parse_max("1000000000000000000 1", &cpus) && cpus == UINT_MAX);
}

Test(cpus, MPOOL_WORKERS_is_a_whole_number_from_1)
{
    cr_expect_eq(mp_cpus_parse_workers("12"), 12);
    cr_expect_eq(mp_cpus_parse_workers("99999999999"), UINT_MAX);
    cr_expect_eq(mp_cpus_parse_workers(NULL), 0);
    cr_expect_eq(mp_cpus_parse_workers(""), 0);
    cr_expect_eq(mp_cpus_parse_workers("0"), 0);
    cr_expect_eq(mp_cpus_parse_workers("-3"), 0);
    cr_expect_eq(mp_cpus_parse_workers("4 "), 0);
    cr_expect_eq(mp_cpus_parse_workers("auto"), 0);
}

static void wins(const struct mp_cpus *cpus, unsigned count, mpool_cpu_limit limit)
{
    mpool_cpu_limit by = MPOOL_CPU_MOST;

    cr_expect_eq(mp_cpus_least(cpus, NULL), count);
    cr_expect_eq(mp_cpus_least(cpus, &by), count);
    cr_expect_eq(by, limit, "limit %d, and not %d", (int)by, (int)limit);
}

Test(cpus, the_least_limit_wins_and_no_limit_is_none)
{
    wins(&(struct mp_cpus){.online = 8, .affinity = 4, .quota = 3, .wanted = 2}, 2, MPOOL_CPU_WORKERS);
    wins(&(struct mp_cpus){.online = 8, .affinity = 4, .quota = 3, .wanted = 64}, 3, MPOOL_CPU_QUOTA);
    wins(&(struct mp_cpus){.online = 8, .affinity = 4}, 4, MPOOL_CPU_AFFINITY);
    wins(&(struct mp_cpus){.online = 8, .affinity = 8, .quota = 8, .wanted = 8}, 8, MPOOL_CPU_ONLINE);
    wins(&(struct mp_cpus){.wanted = 8}, 8, MPOOL_CPU_WORKERS);
    wins(&(struct mp_cpus){0}, 1, MPOOL_CPU_ONLINE);
    wins(&(struct mp_cpus){.online = 5000}, MPOOL_WORKERS_MAX, MPOOL_CPU_MOST);
}

Test(cpus, affinity_and_MPOOL_WORKERS_limit_this_process)
{
    mpool_limits limits;
    struct mp_cpus cpus;
    cpu_set_t all;
    cpu_set_t one;

    cr_assert_eq(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++) {
        if (CPU_ISSET(cpu, &all))
            CPU_SET(cpu, &one);
    }
    cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
    mp_cpus_read(&cpus);
    cr_expect_eq(cpus.affinity, 1);
    cr_expect_eq(mpool_cpu_count(), 1);
    mpool_limits_read(&limits);
    cr_expect(limits.cpus == 1 && limits.cpus_affinity == 1 && limits.cpus_wanted == -1);

    cr_assert_eq(sched_setaffinity(0, sizeof all, &all), 0);
    cr_assert_eq(setenv("MPOOL_WORKERS", "1", 1), 0);
    cr_expect_eq(mpool_cpu_count(), 1);
    mpool_limits_read(&limits);
    cr_expect(limits.cpus == 1 && limits.cpus_wanted == 1);
    cr_expect_eq(limits.cpus_online, (int)sysconf(_SC_NPROCESSORS_ONLN));
    cr_assert_eq(unsetenv("MPOOL_WORKERS"), 0);
    cr_expect_geq(mpool_cpu_count(), 1);
}
