/*
 * workers/group.c - the cgroup that a job has asked for, for the processes that it starts
 *
 * Runs in: a worker, on its main thread. Owns: the group, until the job has ended; if the worker dies before, the fork
 * server removes it.
 *
 * The worker itself stays outside, or a limit would hit what it shares with all others. Each job has a new group: what
 * one leaves in files in memory is counted in its own, which the kernel keeps for that, and not in the next one's.
 */
#include "workers/group.h"

#include "base/error.h"
#include "base/memgroup.h"

#include <mpool/job.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

static char directory[PATH_MAX];

static void end(struct mpool_job *job)
{
    if (mp_memgroup_kills(directory) > 0)
        job->group_killed = true;
    if (mp_memgroup_end(directory))
        atomic_store(job->has_group, 0);
}

mpool_err mpool_job_cgroup(mpool_job *job, int64_t bytes, const char **path)
{
    mpool_err err;

    *path = NULL;
    if (job->has_group == NULL)
        return mp_error(MPOOL_E_NESTED, "only a job of a pool can have a cgroup");
    if (!*job->here)
        return mp_error(MPOOL_E_FORKED, "this process was forked by a job, which has its cgroup already");
    if (bytes <= 0)
        return mp_error(MPOOL_E_INVAL, "a limit of memory is at least 1 byte, and not %" PRId64, bytes);
    if (!mp_memgroup_path(getpid(), directory))
        return mp_error(MPOOL_E_SYSTEM, "no cgroup around this process counts memory");
    if (job->group_bytes > 0)
        end(job);
    /* Before there is one: the worker may be killed at any moment. */
    atomic_store(job->has_group, 1);
    err = mp_memgroup_make(directory, bytes);
    if (err != MPOOL_OK)
        return err;
    job->group_bytes = bytes;
    *path = directory;
    return MPOOL_OK;
}

bool mp_group_end(struct mpool_job *job)
{
    if (job->group_bytes > 0)
        end(job);
    return job->group_killed;
}
