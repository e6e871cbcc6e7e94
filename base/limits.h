/*
 * base/limits.h - the limits that cgroups set, besides the CPU quota
 *
 * root      in   as for mp_cgroup_each()
 * limit     out  of all groups around this process the one that leaves least
 *
 * Calls: any thread of any process.
 */
#ifndef MP_BASE_LIMITS_H
#define MP_BASE_LIMITS_H

#include <mpool/limits.h>

/* mp_limits_none - no group has set one yet */
void mp_limits_none(mpool_group_limit *limit);

/* mp_limits_memory - bytes; mp_limits_tasks - processes and threads */
void mp_limits_memory(const char *root, mpool_group_limit *limit);
void mp_limits_tasks(const char *root, mpool_group_limit *limit);

#endif
