/*
 * examples/limited_access.c - twenty processes, and room for five of them: a semaphore
 */
#include <mpool/mpool.h>
#include <stdio.h>

enum { PROCESSES = 20, ROOM = 5 };

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

MPOOL_FUNCTION(visit)
{
    mpool_handle handles[4];
    mpool_semaphore *room;
    mpool_atomic_i64 *inside, *most;
    mpool_event *full;
    if (mpool_unpack(args, "[h,h,h,h]", &handles[0], &handles[1], &handles[2], &handles[3]) != MPOOL_OK ||
        mpool_semaphore_open(handles[0], &room) != MPOOL_OK || mpool_atomic_i64_open(handles[1], &inside) != MPOOL_OK ||
        mpool_atomic_i64_open(handles[2], &most) != MPOOL_OK || mpool_event_open(handles[3], &full) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    MPOOL_WITH_PERMIT (room) {
        int64_t here = mpool_atomic_i64_increment_and_get(inside);
        (void)mpool_atomic_i64_accumulate_and_get(most, here, larger);
        if (here == ROOM)
            (void)mpool_event_set(full);
        if (mpool_event_wait(full, 10000) !=
            MPOOL_OK) /* the first ones stay until it is full, to show that it gets so */
            return mpool_job_fail(job, "%s", mpool_error_detail());
        (void)mpool_atomic_i64_decrement_and_get(inside);
    }
    return 0;
}

int main(void)
{
    mpool_process *processes[PROCESSES];
    mpool_semaphore *room;
    mpool_atomic_i64 *inside, *most;
    mpool_event *full;
    if (mpool_init(NULL) != MPOOL_OK ||
        mpool_semaphore_new(&(mpool_semaphore_options){.permits = ROOM}, &room) != MPOOL_OK ||
        mpool_atomic_i64_new(0, &inside) != MPOOL_OK || mpool_atomic_i64_new(0, &most) != MPOOL_OK ||
        mpool_event_new(&full) != MPOOL_OK)
        return fprintf(stderr, "limited_access: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < PROCESSES; i++)
        if (mpool_process_start(&(mpool_process_options){.function = "visit"}, &processes[i], "[h,h,h,h]",
                                mpool_semaphore_handle(room), mpool_atomic_i64_handle(inside),
                                mpool_atomic_i64_handle(most), mpool_event_handle(full)) != MPOOL_OK)
            return fprintf(stderr, "limited_access: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < PROCESSES; i++) {
        (void)mpool_process_join(processes[i], MPOOL_FOREVER);
        mpool_process_free(processes[i]);
    }
    printf("%d processes, at most %lld inside at a time, %lld now\n", PROCESSES, (long long)mpool_atomic_i64_get(most),
           (long long)mpool_atomic_i64_get(inside));
    mpool_fini();
}
