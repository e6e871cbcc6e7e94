/*
 * base/cpus.c - the least of online processors, affinity, cgroup quotas and MPOOL_WORKERS
 *
 * Runs in: any process, any thread. Owns: nothing; every call reads anew, as quotas change while a program runs.
 *
 * A container's quota is not in /proc/cpuinfo or in the affinity: a machine of 64 processors looks like one of 64 from
 * inside a container that may use two, and 64 workers there only take turns at being throttled. The quota of a group
 * holds for all below it, so every ancestor counts. Three files tell where to look:
 *
 *     /proc/self/cgroup        which group we are in, one line a hierarchy:    4:cpu,cpuacct:/docker/ab12
 *     /proc/self/mountinfo     where that hierarchy is mounted, and which part of it: root /docker, on /sys/fs/cgroup
 *     <mount>/ab12/cpu.max     the quota (v1: cpu.cfs_quota_us and cpu.cfs_period_us)
 *
 * A file that is missing or makes no sense sets no limit: this is advice on how many workers to start, never a reason
 * not to start.
 */
#include "base/cpus.h"

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

/* A mounted cgroup hierarchy, as one line of mountinfo tells it; the strings point into that line. */
struct mount {
    char *root;    /* the group that is seen at the mount point */
    char *point;   /* where it is mounted */
    bool unified;  /* cgroup v2 */
    char *options; /* of the file system; in v1 they name the controllers */
};

static unsigned least(unsigned a, unsigned b)
{
    if (a == 0 || b == 0)
        return a != 0 ? a : b;
    return a < b ? a : b;
}

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

/*
 * What of a group's path lies below the root of a mount; "" for the root itself. A group that is not below it (a cgroup
 * namespace, or a mount from outside of one) cannot be seen, and then only the mount point itself can be asked.
 */
static const char *below(const char *mount_root, const char *group)
{
    size_t shown = strcmp(mount_root, "/") == 0 ? 0 : strlen(mount_root);

    if (strncmp(group, mount_root, shown) != 0 || (group[shown] != '/' && group[shown] != '\0'))
        return "";
    return strstr(group + shown, "/..") != NULL ? "" : group + shown;
}

/* The least quota of a group and its ancestors, up to the mount point. `group` is our path in the hierarchy. */
static unsigned mounted_quota(const char *root, const struct mount *mount, const char *group)
{
    size_t top = strlen(root) + strlen(mount->point);
    char directory[PATH_MAX];
    unsigned cpus = 0;

    if (snprintf(directory, sizeof directory, "%s%s%s", root, mount->point, below(mount->root, group)) >=
        (int)sizeof directory)
        return 0;
    for (;;) {
        char *slash;

        cpus = least(cpus, group_quota(directory, mount->unified));
        slash = strrchr(directory + top, '/');
        if (slash == NULL)
            return cpus;
        *slash = '\0';
    }
}

/* Is `word` one of a list with commas between? */
static bool lists(const char *list, const char *word)
{
    size_t size = strlen(word);

    for (; *list != '\0'; list += strcspn(list, ","), list += *list == ',') {
        if (strcspn(list, ",") == size && strncmp(list, word, size) == 0)
            return true;
    }
    return false;
}

/*
 * The path of our group in the hierarchy that counts processor time: in v2 the one with number 0 and no controllers, in
 * v1 the one with the controller `cpu`. false if we are in none.
 */
static bool find_group(const char *root, bool unified, char *group, size_t room)
{
    char path[PATH_MAX];
    char *line = NULL;
    size_t line_room = 0;
    bool found = false;
    FILE *file;

    if (snprintf(path, sizeof path, "%s/proc/self/cgroup", root) >= (int)sizeof path)
        return false;
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    while (!found && getline(&line, &line_room, file) > 0) {
        char *controllers = strchr(line, ':');
        char *name = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

        if (name == NULL)
            continue;
        *controllers++ = '\0';
        *name++ = '\0';
        name[strcspn(name, "\n")] = '\0';
        if (unified ? strcmp(line, "0") == 0 && *controllers == '\0' : lists(controllers, "cpu"))
            found = snprintf(group, room, "%s", name) < (int)room;
    }
    free(line);
    (void)fclose(file);
    return found;
}

/* mountinfo writes space, tab, newline and backslash as \040 and so on. */
static void unescape(char *text)
{
    char *to = text;

    while (*text != '\0') {
        if (*text == '\\' && strspn(text + 1, "01234567") >= 3) {
            *to++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
            text += 4;
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
}

/*
 * One line of mountinfo:  32 31 0:29 /root /mount/point rw,noatime shared:7 - cgroup2 cgroup2 rw,nsdelegate
 * The optional fields end at a lone hyphen. false if it is no cgroup mount.
 */
static bool parse_mount(char *line, struct mount *mount)
{
    char *rest = line;
    char *word;
    char *type;

    for (int field = 0; (word = strsep(&rest, " ")) != NULL && strcmp(word, "-") != 0; field++) {
        if (field == 3)
            mount->root = word;
        else if (field == 4)
            mount->point = word;
    }
    type = strsep(&rest, " ");
    (void)strsep(&rest, " ");
    mount->options = strsep(&rest, "\n");
    if (mount->options == NULL || mount->point == NULL)
        return false;
    unescape(mount->root);
    unescape(mount->point);
    mount->unified = strcmp(type, "cgroup2") == 0;
    return mount->unified || (strcmp(type, "cgroup") == 0 && lists(mount->options, "cpu"));
}

unsigned mp_cpus_limit(const char *root)
{
    char path[PATH_MAX];
    char group[PATH_MAX];
    char *line = NULL;
    size_t room = 0;
    unsigned cpus = 0;
    FILE *file;

    if (snprintf(path, sizeof path, "%s/proc/self/mountinfo", root) >= (int)sizeof path)
        return 0;
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (getline(&line, &room, file) > 0) {
        struct mount mount = {0};

        if (parse_mount(line, &mount) && find_group(root, mount.unified, group, sizeof group))
            cpus = least(cpus, mounted_quota(root, &mount, group));
    }
    free(line);
    (void)fclose(file);
    return cpus;
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
    cpus->quota = mp_cpus_limit("");
    cpus->wanted = mp_cpus_parse_workers(getenv("MPOOL_WORKERS"));
}

unsigned mp_cpus_least(const struct mp_cpus *cpus)
{
    unsigned count = least(least(cpus->online, cpus->affinity), least(cpus->quota, cpus->wanted));

    if (count == 0)
        return 1;
    return count < MPOOL_WORKERS_MAX ? count : MPOOL_WORKERS_MAX;
}

unsigned mpool_cpu_count(void)
{
    struct mp_cpus cpus;

    mp_cpus_read(&cpus);
    return mp_cpus_least(&cpus);
}
