/*
 * examples/producer_consumer.c - one process makes things, another one uses them up, and at most five lie between them
 */
#include <mpool/mpool.h>
#include <stdio.h>

MPOOL_FUNCTION(produce)
{
    mpool_handle handle;
    mpool_queue *queue;
    if (mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_queue_open(handle, &queue) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (int i = 1; i <= 12; i++)
        if (mpool_queue_put(queue, MPOOL_FOREVER, "i", i) != MPOOL_OK) /* waits while there are five */
            return mpool_job_fail(job, "%s", mpool_error_detail());
    return mpool_queue_close(queue) != MPOOL_OK; /* there will be no more */
}

MPOOL_FUNCTION(consume)
{
    mpool_handle handle;
    mpool_queue *queue;
    mpool_err err;
    int thing, sum = 0;
    if (mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_queue_open(handle, &queue) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    while ((err = mpool_queue_get(queue, MPOOL_FOREVER, "i", &thing)) == MPOOL_OK) {
        printf("consumed %d\n", thing);
        sum += thing;
    }
    printf("%d altogether\n", sum);
    return err != MPOOL_E_END ? mpool_job_fail(job, "%s", mpool_error_detail()) : 0;
}

int main(void)
{
    mpool_queue *queue;
    if (mpool_init(NULL) != MPOOL_OK || mpool_queue_new(&(mpool_queue_options){.maxsize = 5}, &queue) != MPOOL_OK ||
        mpool_process_start(&(mpool_process_options){.function = "produce"}, NULL, "h", mpool_queue_handle(queue)) !=
            MPOOL_OK ||
        mpool_process_start(&(mpool_process_options){.function = "consume"}, NULL, "h", mpool_queue_handle(queue)) !=
            MPOOL_OK)
        return fprintf(stderr, "producer_consumer: %s\n", mpool_error_detail()), 1;
    mpool_fini(); /* waits for both */
}
