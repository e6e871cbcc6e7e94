/*
 * base/memgroup.h - a cgroup with a limit of memory, for the processes that a worker's job starts
 *
 * It is called mpool-PID, after the worker, and lies in the directory that the environment variable MPOOL_CGROUP names,
 * or in the nearest cgroup around this process that counts memory. With cgroup v1 that takes the right to make a
 * directory there; with v2 also that no process is in that group itself, or that it passes "memory" on already: a group
 * that was delegated is what MPOOL_CGROUP is for.
 */
#ifndef MP_BASE_MEMGROUP_H
#define MP_BASE_MEMGROUP_H

#include <limits.h>
#include <mpool/error.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* mp_memgroup_find - where groups are made, for this process and its children. root: as for mp_cgroup_each() */
void mp_memgroup_find(const char *root);

/* mp_memgroup_path - the directory of a worker's group, whether there is one or not; false: groups cannot be made. */
bool mp_memgroup_path(pid_t worker, char path[PATH_MAX]);

/*
 * mp_memgroup_make - make a group, in place of one that is there, and set its limit
 *
 * bytes     in   for all processes in it together, and as much for memory and swap
 *
 * Errors: MPOOL_E_SYSTEM, with a detail; then there is no group, unless there are processes in it that do not end.
 */
mpool_err mp_memgroup_make(const char *path, int64_t bytes);

/* mp_memgroup_kills - how many processes in it the kernel has killed for the limit. */
uint64_t mp_memgroup_kills(const char *path);

/*
 * mp_memgroup_remove - remove it, if it is there and we may; false: there are processes in it, all of which were sent
 *                      SIGKILL. Then it is to be called again.
 */
bool mp_memgroup_remove(const char *path);

/* mp_memgroup_end - remove it, and wait for those in it to be gone, for a second at most; false: they are not. */
bool mp_memgroup_end(const char *path);

#endif
