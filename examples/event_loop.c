/*
 * examples/event_loop.c - an event loop: every 5 ms it gives out work, workers do it, callbacks take the results
 */
#include <mpool/mpool.h>
#include <poll.h>
#include <stdio.h>

MPOOL_FUNCTION(square)
{
    int x;
    if (mpool_unpack(args, "i", &x) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return mpool_pack(result, "i", x * x) != MPOOL_OK;
}

static void add(void *user, const mpool_result *result) /* runs inside of mpool_pool_dispatch() */
{
    int value;
    if (mpool_result_unpack(result, "i", &value) == MPOOL_OK)
        *(int *)user += value;
}

int main(void)
{
    int sum = 0, given = 0;
    struct pollfd ready = {.events = POLLIN}; /* other descriptors of the program go beside it */
    mpool_pool *pool;
    if (mpool_init(NULL) != MPOOL_OK || mpool_pool_open(NULL, &pool) != MPOOL_OK ||
        mpool_pool_fd(pool, &ready.fd) != MPOOL_OK)
        return fprintf(stderr, "event_loop: %s\n", mpool_error_detail()), 1;
    while (mpool_pool_dispatch(pool, 0) != MPOOL_E_END || given < 10)
        if (poll(&ready, 1, 5) == 0 && given < 10)
            (void)mpool_pool_submit(pool, &(mpool_task){.function = "square", .callback = add, .user = &sum}, NULL, "i",
                                    ++given);
    printf("the squares of 1 to 10 add up to %d\n", sum);
    mpool_pool_free(pool);
    mpool_fini();
}
