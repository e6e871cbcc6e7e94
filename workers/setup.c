/*
 * workers/setup.c - what a pool's workers do first, and last
 *
 * Runs in: a worker, on its main thread, before the first job and after the last.
 */
#include "workers/setup.h"

#include "workers/job.h"
#include "workers/registry.h"

bool mp_setup_run(const struct mp_setup *setup, struct mpool_job *job, bool first)
{
    const char *name = setup == NULL ? "" : first ? setup->initializer : setup->finalizer;
    struct mp_jobs frame = {.count = 1, .attempt = 1, .function = name};
    int number;

    if (name[0] == '\0')
        return true;
    number = mp_registry_find(name);
    mp_job_run(job, &frame, 0, number >= 0 ? mp_registry_function(number) : NULL, setup->args, setup->args_size);
    return !job->failed;
}
