/*
 * examples/daemon.c - a process that ends with its program: nobody waits for it
 */
#include <mpool/mpool.h>
#include <stdio.h>
#include <unistd.h>

MPOOL_FUNCTION(watch) /* for ever */
{
    mpool_handle handle;
    mpool_event *watching;
    if (mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_event_open(handle, &watching) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    printf("%s: I am a %s\n", mpool_process_current()->name, mpool_process_current()->daemon ? "daemon" : "process");
    for (;; pause())
        (void)mpool_event_set(watching);
}

MPOOL_FUNCTION(work)
{
    printf("%s: I am a %s\n", mpool_process_current()->name, mpool_process_current()->daemon ? "daemon" : "process");
    return 0;
}

int main(void)
{
    mpool_process *daemon;
    mpool_event *watching;
    int code;
    setlinebuf(stdout);
    if (mpool_init(NULL) != MPOOL_OK || mpool_event_new(&watching) != MPOOL_OK ||
        mpool_process_start(&(mpool_process_options){.function = "watch", .name = "watcher", .daemon = true}, &daemon,
                            "h", mpool_event_handle(watching)) != MPOOL_OK ||
        mpool_event_wait(watching, MPOOL_FOREVER) != MPOOL_OK ||
        mpool_process_start(&(mpool_process_options){.function = "work", .name = "worker"}, NULL, NULL) != MPOOL_OK)
        return fprintf(stderr, "daemon: %s\n", mpool_error_detail()), 1;
    mpool_fini(); /* waits for the worker, and ends the daemon */
    if (mpool_process_exitcode(daemon, &code) == MPOOL_OK)
        printf("%s was ended by signal %d\n", mpool_process_name(daemon), -code);
    mpool_process_free(daemon);
}
