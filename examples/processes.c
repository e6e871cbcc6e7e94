/*
 * examples/processes.c - functions in processes of their own: names, join, exit codes
 */
#include <mpool/mpool.h>

#include <stdio.h>
#include <stdlib.h>

MPOOL_FUNCTION(hello)
{
    const char *whom;

    (void)result;
    if (mpool_unpack(args, "s", &whom) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (whom[0] == '\0')
        abort();
    return printf("%s: hello %s\n", mpool_process_current()->name, whom) < 0;
}

int main(void)
{
    const char *whom[] = {"world", "moon", ""};
    mpool_err err = mpool_init(NULL);

    for (int i = 0, code; err == MPOOL_OK && i < 3; i++) {
        mpool_process *process;

        err = mpool_process_start(&(mpool_process_options){.function = "hello"}, &process, "s", whom[i]);
        if (err == MPOOL_OK && mpool_process_join(process, MPOOL_FOREVER) == MPOOL_OK) {
            mpool_process_exitcode(process, &code);
            printf("%s ended with %d\n", mpool_process_name(process), code);
            fflush(stdout); /* the processes write to the same file */
            mpool_process_free(process);
        }
    }
    mpool_fini();
    return err != MPOOL_OK;
}
