/*
 * examples/workers_with_delays.c - five processes that take their time, all at once
 */
#include <mpool/mpool.h>
#include <stdio.h>
#include <unistd.h>

MPOOL_FUNCTION(work)
{
    int number, delay_ms;
    if (mpool_unpack(args, "[i,i]", &number, &delay_ms) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    printf("worker %d: begins\n", number);
    usleep((useconds_t)delay_ms * 1000);
    printf("worker %d: %d ms later\n", number, delay_ms);
    return 0;
}

int main(void)
{
    mpool_process *workers[5];
    setlinebuf(stdout); /* the workers inherit it: each line is written when it is whole */
    if (mpool_init(NULL) != MPOOL_OK)
        return fprintf(stderr, "workers_with_delays: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < 5; i++)
        if (mpool_process_start(&(mpool_process_options){.function = "work"}, &workers[i], "[i,i]", i, 50 * (5 - i)) !=
            MPOOL_OK)
            return fprintf(stderr, "workers_with_delays: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < 5; i++) {
        (void)mpool_process_join(workers[i], MPOOL_FOREVER);
        mpool_process_free(workers[i]);
    }
    printf("all have ended\n");
    mpool_fini();
}
