/*
 * workers/group.c - the cgroup that a job has asked for, for the processes that it starts
 *
 * Runs in: a worker, on its main thread. Owns: the worker's group, until the worker is dead: then the fork server
 * removes it.
 *
 * The worker itself stays outside, or a limit would hit what it shares with all others. It keeps its group from job to
 * job: a new one for each leaves the old ones to the kernel, for as long as a page of a file is still counted there.
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
    /* Before there is one: the worker may be killed at any moment. */
    atomic_store(job->has_group, 1);
    err = mp_memgroup_make(directory, bytes);
    if (err != MPOOL_OK)
        return err;
    job->group_kills = mp_memgroup_kills(directory);
    job->group_bytes = bytes;
    *path = directory;
    return MPOOL_OK;
}

bool mp_group_end(const struct mpool_job *job)
{
    uint64_t kills = mp_memgroup_kills(directory);

    (void)mp_memgroup_empty(directory);
    return kills != job->group_kills;
}
