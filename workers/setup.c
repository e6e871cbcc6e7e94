/*
 * workers/setup.c - what a pool's workers do first, and last
 *
 * Runs in: a worker, on its main thread, before the first job and after the last.
 */
#include "workers/setup.h"

#include "workers/callee.h"
#include "workers/job.h"

bool mp_setup_run(const struct mp_setup *setup, struct mpool_job *job, bool first)
{
    static struct mp_callee callee;
    struct mp_jobs frame = {.count = 1, .attempt = 1, .function = mp_setup_name(setup, first)};

    if (frame.function == NULL)
        return true;
    mp_callee_find(frame.function, &callee);
    mp_job_run(job, &frame, 0, &callee, setup->text + setup->initializer_size + setup->finalizer_size,
               setup->args_size);
    return !job->failed;
}

const char *mp_setup_name(const struct mp_setup *setup, bool first)
{
    if (setup == NULL || (first ? setup->initializer_size : setup->finalizer_size) == 0)
        return NULL;
    return first ? setup->text : setup->text + setup->initializer_size;
}
