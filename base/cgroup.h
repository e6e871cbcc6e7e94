/*
 * base/cgroup.h - the cgroups around this process, as directories
 */
#ifndef MP_BASE_CGROUP_H
#define MP_BASE_CGROUP_H

#include <stdbool.h>

/* One group. unified: of cgroup v2. False: no more are wanted. */
typedef bool mp_cgroup_visit(const char *directory, bool unified, void *user);

/*
 * mp_cgroup_each - visit the group of this process, and its ancestors up to the mount, in every hierarchy that has a
 *                  controller
 *
 * root        in   "" for this machine; otherwise a directory that stands for its /, and holds proc/self/cgroup,
 *                  proc/self/mountinfo and the mounted trees that they name
 * controller  in   "cpu", "memory" ...; the hierarchy of cgroup v2 counts as having all of them
 *
 * What is missing or makes no sense is passed over. Calls: any process.
 */
void mp_cgroup_each(const char *root, const char *controller, mp_cgroup_visit *visit, void *user);

#endif
