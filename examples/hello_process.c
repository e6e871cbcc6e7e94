/*
 * examples/hello_process.c - a function in a process of its own: what it is called, and whose it is
 */
#include <mpool/mpool.h>
#include <stdio.h>
#include <unistd.h>

static void introduce(pid_t host)
{
    printf("%s: %s\n", mpool_process_current()->name,
           getpid() == host                 ? "I am the host"
           : mpool_process_parent() == host ? "I have a process id of my own, and belong to the host"
                                            : "I do not know where I am");
}

MPOOL_FUNCTION(hello)
{
    const char *whom;
    int host;
    if (mpool_unpack(args, "[s,i]", &whom, &host) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    introduce(host);
    printf("%s: hello, %s\n", mpool_process_current()->name, whom);
    return 0;
}

int main(void)
{
    mpool_process *process;
    introduce(getpid());
    if (mpool_init(NULL) != MPOOL_OK || mpool_process_start(&(mpool_process_options){.function = "hello"}, &process,
                                                            "[s,i]", "bob", (int)getpid()) != MPOOL_OK)
        return fprintf(stderr, "hello_process: %s\n", mpool_error_detail()), 1;
    (void)mpool_process_join(process, MPOOL_FOREVER);
    printf("%s: %s has ended\n", mpool_process_current()->name, mpool_process_name(process));
    mpool_process_free(process);
    mpool_fini();
}
