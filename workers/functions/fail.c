/*
 * workers/functions/fail.c - fails with a message, for trying out retries and reports
 *
 * Runs in: workers.
 */
#include "args.h"
#include "builtins.h"

#include <mpool/job.h>

int mp_builtin_fail(mpool_job *job, const msgpack_object *args, msgpack_packer *result)
{
    const msgpack_object *until = mp_args_field(args, "until_attempt");
    const msgpack_object *field = mp_args_field(args, "message");
    struct mp_args_integer last = {0};
    const char *message = "failed, as it was told to";
    size_t size = strlen(message);

    if (until != NULL && (!mp_args_integer(until, &last) || last.negative))
        return mpool_job_fail(job, "fail: until_attempt is not a whole number from 0");
    if (until != NULL && mpool_job_attempt(job) >= last.magnitude)
        return msgpack_pack_unsigned_int(result, mpool_job_attempt(job));
    (void)mp_args_bytes(field != NULL ? field : args, &message, &size);
    return mpool_job_fail(job, "%.*s", size < 4000 ? (int)size : 4000, message);
}
