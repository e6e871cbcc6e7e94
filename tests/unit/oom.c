/*
 * tests/unit/oom.c - who counts kills for want of memory, on machines that are made up as small trees of files
 */
#include "base/oom.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char machine[] = "/tmp/mpool-oom.XXXXXX";

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

static void counts(enum mp_oom_source source, uint64_t wanted)
{
    static struct mp_oom oom;
    uint64_t kills = 0;

    mp_oom_find(machine, &oom);
    cr_expect_eq(oom.source, source);
    cr_expect_eq(mp_oom_read(&oom, &kills), source != MP_OOM_NOBODY);
    cr_expect_eq(kills, wanted);
}

TestSuite(oom, .init = make_machine, .fini = remove_machine);

Test(oom, nobody_counts_on_a_machine_without_files)
{
    counts(MP_OOM_NOBODY, 0);
}

Test(oom, the_machine_counts_where_no_cgroup_does)
{
    put("proc/vmstat", "nr_free_pages 17\noom_kill 4\nthp_fault_alloc 0\n");
    counts(MP_OOM_MACHINE, 4);
    put("proc/self/cgroup", "0::/app\n");
    put("proc/self/mountinfo", "32 21 0:28 / /sys/fs/cgroup rw - cgroup2 none rw\n");
    counts(MP_OOM_MACHINE, 4);
}

Test(oom, the_nearest_cgroup_counts)
{
    put("proc/vmstat", "oom_kill 4\n");
    put("proc/self/cgroup", "0::/app/part\n");
    put("proc/self/mountinfo", "32 21 0:28 / /sys/fs/cgroup rw - cgroup2 none rw\n");
    put("sys/fs/cgroup/app/memory.events", "low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 0\n");
    counts(MP_OOM_EVENTS, 2);
    put("sys/fs/cgroup/app/part/memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\noom_group_kill 0\n");
    counts(MP_OOM_EVENTS, 1);
}

Test(oom, cgroup_v1_counts_in_the_memory_hierarchy)
{
    put("proc/self/cgroup", "4:memory:/m\n2:cpu,cpuacct:/build\n0::/\n");
    put("proc/self/mountinfo", "30 21 0:27 / /sys/fs/cgroup/unified rw - cgroup2 none rw\n"
                               "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
    put("sys/fs/cgroup/memory/m/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 9\n");
    counts(MP_OOM_CONTROL, 9);
}

Test(oom, a_counter_that_is_none_is_passed_over)
{
    put("proc/self/cgroup", "0::/app\n");
    put("proc/self/mountinfo", "32 21 0:28 / /sys/fs/cgroup rw - cgroup2 none rw\n");
    put("sys/fs/cgroup/app/memory.events", "oom_kill many\noom_killer 3\n");
    counts(MP_OOM_NOBODY, 0);
}
