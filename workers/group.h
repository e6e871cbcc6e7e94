/*
 * workers/group.h - the cgroup that a job has asked for
 */
#ifndef MP_WORKERS_GROUP_H
#define MP_WORKERS_GROUP_H

#include "workers/job.h"

#include <stdbool.h>

/* mp_group_end - end the job's group, if it has one, and all in it; true: the kernel has killed there for the limit. */
bool mp_group_end(struct mpool_job *job);

#endif
