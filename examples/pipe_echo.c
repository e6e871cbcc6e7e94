/*
 * examples/pipe_echo.c - a process at the other end of a pipe says everything again, but louder
 */
#include <ctype.h>
#include <mpool/mpool.h>
#include <stdio.h>

MPOOL_FUNCTION(echo)
{
    mpool_handle handle;
    mpool_pipe_end *end;
    const char *text;
    char louder[40];
    mpool_err err;
    if (mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_pipe_end_open(handle, &end) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    while ((err = mpool_pipe_recv(end, MPOOL_FOREVER, "s", &text)) == MPOOL_OK) {
        size_t i = 0;
        for (; text[i] != '\0' && i < sizeof louder - 1; i++)
            louder[i] = (char)toupper((unsigned char)text[i]);
        louder[i] = '\0';
        if (mpool_pipe_send(end, MPOOL_FOREVER, "s", louder) != MPOOL_OK)
            return mpool_job_fail(job, "%s", mpool_error_detail());
    }
    return err != MPOOL_E_END ? mpool_job_fail(job, "%s", mpool_error_detail()) : 0;
}

int main(void)
{
    const char *words[] = {"hello", "is anybody there?", "goodbye"}, *answer;
    mpool_pipe_end *ours, *theirs;
    mpool_process *process;
    int code = -1;
    if (mpool_init(NULL) != MPOOL_OK || mpool_pipe_new(true, 0, &ours, &theirs) != MPOOL_OK ||
        mpool_process_start(&(mpool_process_options){.function = "echo"}, &process, "h",
                            mpool_pipe_end_handle(theirs)) != MPOOL_OK)
        return fprintf(stderr, "pipe_echo: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < 3; i++) {
        if (mpool_pipe_send(ours, MPOOL_FOREVER, "s", words[i]) != MPOOL_OK ||
            mpool_pipe_recv(ours, MPOOL_FOREVER, "s", &answer) != MPOOL_OK)
            return fprintf(stderr, "pipe_echo: %s\n", mpool_error_detail()), 1;
        printf("%s %s\n", words[i], answer);
    }
    (void)mpool_pipe_close(ours); /* the other side gets MPOOL_E_END */
    (void)mpool_process_join(process, MPOOL_FOREVER);
    (void)mpool_process_exitcode(process, &code);
    printf("%s ended with %d\n", mpool_process_name(process), code);
    mpool_process_free(process);
    mpool_fini();
}
