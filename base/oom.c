/*
 * base/oom.c - does the kernel kill processes around us for want of memory?
 *
 * Runs in: the fork server. Owns: nothing.
 *
 * A process that was killed for want of memory has died of SIGKILL, as one has that somebody killed. The difference is
 * a counter, oom_kill, which the kernel raises before it sends the signal: cgroups have one, and the machine has.
 */
#include "base/oom.h"

#include "base/cgroup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool mp_oom_read(const struct mp_oom *oom, uint64_t *kills)
{
    FILE *file = oom->source != MP_OOM_NOBODY ? fopen(oom->path, "re") : NULL;
    size_t room = 0;
    char *line = NULL;
    bool found = false;

    if (file == NULL)
        return false;
    while (!found && getline(&line, &room, file) > 0)
        found = sscanf(line, "oom_kill %" SCNu64, kills) == 1; /* NOLINT(cert-err34-c) because it counts what it read */
    free(line);
    (void)fclose(file);
    return found;
}

static bool try(struct mp_oom *oom, enum mp_oom_source source, const char *directory, const char *name)
{
    uint64_t kills;
    int size = snprintf(oom->path, sizeof oom->path, "%s/%s", directory, name);

    oom->source = source;
    if (size > 0 && (size_t)size < sizeof oom->path && mp_oom_read(oom, &kills))
        return true;
    oom->source = MP_OOM_NOBODY;
    return false;
}

static bool try_group(const char *directory, bool unified, void *user)
{
    return unified ? !try(user, MP_OOM_EVENTS, directory, "memory.events")
                   : !try(user, MP_OOM_CONTROL, directory, "memory.oom_control");
}

void mp_oom_find(const char *root, struct mp_oom *oom)
{
    oom->source = MP_OOM_NOBODY;
    mp_cgroup_each(root, "memory", try_group, oom);
    if (oom->source == MP_OOM_NOBODY)
        (void)try(oom, MP_OOM_MACHINE, root, "proc/vmstat");
}
