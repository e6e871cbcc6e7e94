/*
 * examples/atomic_counters.c - fifty processes add to one number at the same time, and nothing is lost
 */
#include <mpool/mpool.h>
#include <stdio.h>

enum { PROCESSES = 50, TIMES = 1000 };

MPOOL_FUNCTION(count)
{
    mpool_handle handle;
    mpool_atomic_i64 *ops;
    if (mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_atomic_i64_open(handle, &ops) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (int i = 0; i < TIMES; i++)
        (void)mpool_atomic_i64_increment_and_get(ops); /* with *ops += 1, two would now and then read the same number */
    return 0;
}

int main(void)
{
    const mpool_process_options counter = {.function = "count"};
    mpool_process *processes[PROCESSES];
    mpool_atomic_i64 *ops;
    if (mpool_init(NULL) != MPOOL_OK || mpool_atomic_i64_new(0, &ops) != MPOOL_OK)
        return fprintf(stderr, "atomic_counters: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < PROCESSES; i++)
        if (mpool_process_start(&counter, &processes[i], "h", mpool_atomic_i64_handle(ops)) != MPOOL_OK)
            return fprintf(stderr, "atomic_counters: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < PROCESSES; i++) {
        (void)mpool_process_join(processes[i], MPOOL_FOREVER);
        mpool_process_free(processes[i]);
    }
    printf("ops: %lld\n", (long long)mpool_atomic_i64_get(ops));
    mpool_fini();
}
