/*
 * tests/install/consumers/squares.c - a C program that uses an installed mpool: a function of its own over an array
 */
#include <mpool/mpool.h>

#include <inttypes.h>
#include <stdio.h>

MPOOL_FUNCTION(square)
{
    int64_t x;

    if (mpool_unpack(args, "I", &x) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return mpool_pack(result, "I", x * x) != MPOOL_OK;
}

int main(void)
{
    const int64_t in[3] = {1, 2, 3};
    int64_t out[3];
    mpool_task task = {.function = "square", .item_format = "I", .result_format = "I"};
    mpool_pool *pool;

    if (mpool_init(NULL) != MPOOL_OK || mpool_pool_open(NULL, &pool) != MPOOL_OK ||
        mpool_pool_map(pool, &task, in, 3, sizeof in[0], out, sizeof out[0], NULL) != MPOOL_OK) {
        fprintf(stderr, "squares: %s\n", mpool_error_detail());
        return 1;
    }
    printf("%" PRId64 " %" PRId64 " %" PRId64 "\n", out[0], out[1], out[2]);
    mpool_pool_free(pool);
    mpool_fini();
    return 0;
}
