/*
 * examples/join_before_get.c - a process that has put a lot into a queue can be joined before anybody takes it out
 *
 * What is put lies in shared memory when the call returns, so that a process need not live on for what it has said; and
 * where there is no room the call says so, or waits no longer than it was told.
 */
#include <mpool/mpool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 1 << 20, ROOM = 2 * LENGTH };

MPOOL_FUNCTION(talk)
{
    mpool_handle handle;
    mpool_queue *queue;
    char *text = calloc(LENGTH + 1, 1);
    if (text == NULL || mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_queue_open(handle, &queue) != MPOOL_OK ||
        mpool_queue_put(queue, MPOOL_FOREVER, "s", memset(text, 'x', LENGTH)) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    free(text);
    if (mpool_queue_put(queue, 100, "s", "one more") == MPOOL_E_TIMEOUT)
        printf("%s: the queue is full\n", mpool_process_current()->name);
    return 0;
}

int main(void)
{
    const mpool_queue_options options = {.maxsize = 1, .bytes = ROOM};
    mpool_process *process;
    mpool_queue *queue;
    const char *text;
    if (mpool_init(NULL) != MPOOL_OK || mpool_queue_new(&options, &queue) != MPOOL_OK ||
        mpool_process_start(&(mpool_process_options){.function = "talk"}, &process, "h", mpool_queue_handle(queue)) !=
            MPOOL_OK ||
        mpool_process_join(process, MPOOL_FOREVER) != MPOOL_OK)
        return fprintf(stderr, "join_before_get: %s\n", mpool_error_detail()), 1;
    printf("%s has ended\n", mpool_process_name(process));
    if (mpool_queue_get(queue, 0, "s", &text) == MPOOL_OK)
        printf("and has left %zu bytes\n", strlen(text));
    mpool_process_free(process);
    mpool_fini();
}
