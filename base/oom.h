/*
 * base/oom.h - does the kernel kill processes around us for want of memory?
 */
#ifndef MP_BASE_OOM_H
#define MP_BASE_OOM_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* Who counts the processes that the out-of-memory killer has killed. */
enum mp_oom_source {
    MP_OOM_NOBODY,  /* no counter can be read */
    MP_OOM_EVENTS,  /* memory.events of our cgroup (v2) */
    MP_OOM_CONTROL, /* memory.oom_control of our cgroup (v1) */
    MP_OOM_MACHINE, /* /proc/vmstat: those of the whole machine */
};

/* A counter. {0} is one that cannot be read. */
struct mp_oom {
    enum mp_oom_source source;
    char path[PATH_MAX];
};

/*
 * mp_oom_find - the counter that is nearest to this process
 *
 * root      in   as for mp_cgroup_each()
 */
void mp_oom_find(const char *root, struct mp_oom *oom);

/* mp_oom_read - what it says now. False: it cannot be read. */
bool mp_oom_read(const struct mp_oom *oom, uint64_t *kills);

#endif
