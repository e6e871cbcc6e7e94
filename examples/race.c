/*
 * examples/race.c - eight racers wait at the line, and one event starts all of them
 */
#include <mpool/mpool.h>
#include <stdio.h>

enum { RACERS = 8 };

MPOOL_FUNCTION(race)
{
    mpool_handle at_line, start, finish;
    mpool_semaphore *ready;
    mpool_event *go;
    mpool_queue *finished;
    if (mpool_unpack(args, "[h,h,h]", &at_line, &start, &finish) != MPOOL_OK ||
        mpool_semaphore_open(at_line, &ready) != MPOOL_OK || mpool_event_open(start, &go) != MPOOL_OK ||
        mpool_queue_open(finish, &finished) != MPOOL_OK || mpool_semaphore_release(ready) != MPOOL_OK ||
        mpool_event_wait(go, MPOOL_FOREVER) != MPOOL_OK ||
        mpool_queue_put(finished, MPOOL_FOREVER, "s", mpool_process_current()->name) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return 0;
}

int main(void)
{
    const mpool_semaphore_options signals = {.transferable = true}; /* released by one, acquired by another */
    mpool_semaphore *ready;
    mpool_event *go;
    mpool_queue *finished;
    const char *name;
    if (mpool_init(NULL) != MPOOL_OK || mpool_semaphore_new(&signals, &ready) != MPOOL_OK ||
        mpool_event_new(&go) != MPOOL_OK || mpool_queue_new(NULL, &finished) != MPOOL_OK)
        return fprintf(stderr, "race: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < RACERS; i++)
        if (mpool_process_start(&(mpool_process_options){.function = "race"}, NULL, "[h,h,h]",
                                mpool_semaphore_handle(ready), mpool_event_handle(go),
                                mpool_queue_handle(finished)) != MPOOL_OK)
            return fprintf(stderr, "race: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < RACERS; i++)
        (void)mpool_semaphore_acquire(ready, MPOOL_FOREVER);
    printf("all are ready, %zu have finished\n", mpool_queue_qsize(finished));
    (void)mpool_event_set(go);
    for (int place = 1; place <= RACERS; place++)
        if (mpool_queue_get(finished, 10000, "s", &name) == MPOOL_OK)
            printf("%d. %s\n", place, name);
    mpool_fini();
}
