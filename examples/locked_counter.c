/*
 * examples/locked_counter.c - ten processes count and print under one lock, so that the lines come in order
 */
#include <mpool/mpool.h>
#include <stdio.h>

enum { PROCESSES = 10 };

MPOOL_FUNCTION(count)
{
    mpool_handle handles[2];
    mpool_lock *lock;
    mpool_value *counter;
    if (mpool_unpack(args, "[h,h]", &handles[0], &handles[1]) != MPOOL_OK ||
        mpool_lock_open(handles[0], &lock) != MPOOL_OK || mpool_value_open(handles[1], &counter) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    MPOOL_WITH_LOCK (lock) {
        int64_t *number = mpool_value_data(counter);
        *number += 1;
        printf("hello world %lld\n", (long long)*number);
        fflush(stdout); /* while the lock is held */
    }
    return 0;
}

int main(void)
{
    const mpool_value_options raw_int64 = {.type = MPOOL_I64, .raw = true}; /* its lock is the one that we make */
    const mpool_process_options options = {.function = "count"};
    mpool_process *processes[PROCESSES];
    mpool_value *counter;
    mpool_lock *lock;
    if (mpool_init(NULL) != MPOOL_OK || mpool_lock_new(&lock) != MPOOL_OK ||
        mpool_value_new(&raw_int64, NULL, &counter) != MPOOL_OK)
        return fprintf(stderr, "locked_counter: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < PROCESSES; i++)
        if (mpool_process_start(&options, &processes[i], "[h,h]", mpool_lock_handle(lock),
                                mpool_value_handle(counter)) != MPOOL_OK)
            return fprintf(stderr, "locked_counter: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < PROCESSES; i++) {
        (void)mpool_process_join(processes[i], MPOOL_FOREVER);
        mpool_process_free(processes[i]);
    }
    mpool_fini();
}
