/*
 * workers/group.h - the cgroup that a job has asked for
 */
#ifndef MP_WORKERS_GROUP_H
#define MP_WORKERS_GROUP_H

#include "workers/job.h"

#include <stdbool.h>

/* mp_group_end - kill what a job has left in its cgroup; true: the kernel has killed there, for the job's limit. */
bool mp_group_end(const struct mpool_job *job);

#endif
