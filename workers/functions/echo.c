/*
 * workers/functions/echo.c - gives back what it was given
 *
 * Runs in: workers. The cheapest job there is, so it shows what a job costs besides its work.
 */
#include "builtins.h"

#include <mpool/job.h>

int mp_builtin_echo(mpool_job *job, const msgpack_object *args, msgpack_packer *result)
{
    if (msgpack_pack_object(result, *args) != 0)
        return mpool_job_fail(job, "no memory for the result");
    return 0;
}
