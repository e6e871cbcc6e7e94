/*
 * examples/timers.c - two calls that are made later; one of them is called off
 */
#include <mpool/mpool.h>
#include <stdio.h>

MPOOL_FUNCTION(greet)
{
    const char *whom;
    char text[40];
    if (mpool_unpack(args, "s", &whom) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    (void)snprintf(text, sizeof text, "hello, %s", whom);
    return mpool_pack(result, "s", text) != MPOOL_OK;
}

static void show(const mpool_result *result)
{
    const char *text;
    printf("%s\n", mpool_result_unpack(result, "s", &text) == MPOOL_OK ? text : mpool_status_name(result->status));
}

int main(void)
{
    const mpool_task soon = {.function = "greet", .delay_ms = 100}, later = {.function = "greet", .delay_ms = 10000};
    mpool_future *futures[2];
    const mpool_result *result;
    mpool_pool *pool;
    if (mpool_init(NULL) != MPOOL_OK || mpool_pool_open(NULL, &pool) != MPOOL_OK ||
        mpool_pool_submit(pool, &soon, &futures[0], "s", "world") != MPOOL_OK ||
        mpool_pool_submit(pool, &later, &futures[1], "s", "moon") != MPOOL_OK ||
        mpool_future_cancel(futures[1], 0) != MPOOL_OK)
        return fprintf(stderr, "timers: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < 2; i++) {
        if (mpool_future_wait(futures[i], MPOOL_FOREVER, &result) == MPOOL_OK)
            show(result);
        mpool_future_free(futures[i]);
    }
    mpool_pool_free(pool);
    mpool_fini();
}
