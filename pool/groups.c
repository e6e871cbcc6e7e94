/*
 * pool/groups.c - the cgroups that dead workers leave behind
 *
 * Runs in: the fork server. Owns: them.
 *
 * Who is killed in a group is a descendant of its worker, so it comes here when it is dead, and then the group can be
 * removed. That includes those which have left the worker's process group and session: nobody leaves a cgroup.
 */
#include "pool/groups.h"

#include "base/memgroup.h"
#include "base/panic.h"

#include <stddef.h>
#include <stdlib.h>

struct group {
    struct group *next;
    pid_t worker;
};

static struct group *groups;

void mp_groups_add(pid_t worker)
{
    struct group *group = malloc(sizeof *group);

    if (group == NULL)
        mp_panic("out of memory");
    *group = (struct group){.next = groups, .worker = worker};
    groups = group;
}

void mp_groups_remove(void)
{
    struct group **link = &groups;
    char path[PATH_MAX];

    while (*link != NULL) {
        struct group *group = *link;

        if (mp_memgroup_path(group->worker, path) && !mp_memgroup_remove(path)) {
            link = &group->next;
            continue;
        }
        *link = group->next;
        free(group);
    }
}
