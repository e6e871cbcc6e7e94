/*
 * examples/named_workers.c - processes with names and without: who am I, and is it still alive?
 */
#include <mpool/mpool.h>
#include <stdio.h>

MPOOL_FUNCTION(serve) /* until the host says so */
{
    mpool_handle handle;
    mpool_event *closing;
    if (mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_event_open(handle, &closing) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    printf("%s begins\n", mpool_process_current()->name);
    if (mpool_event_wait(closing, MPOOL_FOREVER) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    printf("%s ends\n", mpool_process_current()->name);
    return 0;
}

int main(void)
{
    const char *names[] = {"my service", "worker 1", NULL}; /* without a name it is Process-N */
    mpool_process *processes[3];
    mpool_event *closing;
    setlinebuf(stdout);
    if (mpool_init(NULL) != MPOOL_OK || mpool_event_new(&closing) != MPOOL_OK)
        return fprintf(stderr, "named_workers: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < 3; i++)
        if (mpool_process_start(&(mpool_process_options){.function = "serve", .name = names[i]}, &processes[i], "h",
                                mpool_event_handle(closing)) != MPOOL_OK)
            return fprintf(stderr, "named_workers: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < 3; i++)
        printf("%s is %s\n", mpool_process_name(processes[i]), mpool_process_is_alive(processes[i]) ? "alive" : "gone");
    (void)mpool_event_set(closing);
    for (int i = 0; i < 3; i++) {
        (void)mpool_process_join(processes[i], MPOOL_FOREVER);
        printf("%s is %s\n", mpool_process_name(processes[i]), mpool_process_is_alive(processes[i]) ? "alive" : "gone");
        mpool_process_free(processes[i]);
    }
    mpool_fini();
}
