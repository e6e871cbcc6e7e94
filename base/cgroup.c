/*
 * base/cgroup.c - the cgroups around this process, as directories
 *
 * Runs in: any process, any thread. Owns: nothing; every call reads anew, as processes are moved while they run.
 *
 * What a limit or a counter of a group says holds for all below it, so every ancestor counts. Two files tell where to
 * look:
 *
 *     /proc/self/cgroup        which group we are in, one line a hierarchy:    4:cpu,cpuacct:/docker/ab12
 *     /proc/self/mountinfo     where that hierarchy is mounted, and which part of it: root /docker, on /sys/fs/cgroup
 */
#include "base/cgroup.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A mounted cgroup hierarchy, as one line of mountinfo tells it; the strings point into that line. */
struct mount {
    char *root;    /* the group that is seen at the mount point */
    char *point;   /* where it is mounted */
    bool unified;  /* cgroup v2 */
    char *options; /* of the file system; in v1 they name the controllers */
};

/*
 * What of a group's path lies below the root of a mount; "" for the root itself. A group that is not below it (a cgroup
 * namespace, or a mount from outside of one) cannot be seen, and then only the mount point itself can be asked.
 */
static const char *below(const char *mount_root, const char *group)
{
    size_t shown = strcmp(mount_root, "/") == 0 ? 0 : strlen(mount_root);

    if (strncmp(group, mount_root, shown) != 0 || (group[shown] != '/' && group[shown] != '\0'))
        return "";
    if (strcmp(group + shown, "/") == 0 || strstr(group + shown, "/..") != NULL)
        return "";
    return group + shown;
}

/* Visits a group and its ancestors, up to the mount point. `group` is our path in the hierarchy. */
static bool visit_mount(const char *root, const struct mount *mount, const char *group, mp_cgroup_visit *visit,
                        void *user)
{
    size_t top = strlen(root) + strlen(mount->point);
    char directory[PATH_MAX];

    if (snprintf(directory, sizeof directory, "%s%s%s", root, mount->point, below(mount->root, group)) >=
        (int)sizeof directory)
        return true;
    for (;;) {
        char *slash;

        if (!visit(directory, mount->unified, user))
            return false;
        slash = strrchr(directory + top, '/');
        if (slash == NULL)
            return true;
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
 * The path of our group in a hierarchy: in v2 the one with number 0 and no controllers, in v1 the one with the
 * controller. false if we are in none.
 */
static bool find_group(const char *root, const char *controller, bool unified, char *group, size_t room)
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
        if (unified ? strcmp(line, "0") == 0 && *controllers == '\0' : lists(controllers, controller))
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
 * The optional fields end at a lone hyphen. false if it is no mount of a hierarchy with the controller.
 */
static bool parse_mount(char *line, const char *controller, struct mount *mount)
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
    return mount->unified || (strcmp(type, "cgroup") == 0 && lists(mount->options, controller));
}

void mp_cgroup_each(const char *root, const char *controller, mp_cgroup_visit *visit, void *user)
{
    char path[PATH_MAX];
    char group[PATH_MAX];
    char *line = NULL;
    size_t room = 0;
    bool more = true;
    FILE *file;

    if (snprintf(path, sizeof path, "%s/proc/self/mountinfo", root) >= (int)sizeof path)
        return;
    file = fopen(path, "re");
    if (file == NULL)
        return;
    while (more && getline(&line, &room, file) > 0) {
        struct mount mount = {0};

        if (parse_mount(line, controller, &mount) && find_group(root, controller, mount.unified, group, sizeof group))
            more = visit_mount(root, &mount, group, visit, user);
    }
    free(line);
    (void)fclose(file);
}
