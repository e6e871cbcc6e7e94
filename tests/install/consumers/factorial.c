/*
 * tests/install/consumers/factorial.c - a C program that uses the built-in functions of an installed mpool
 */
#include <mpool/functions.h>
#include <mpool/mpool.h>

#include <stdio.h>

int main(void)
{
    mpool_task task = {.function = "factorial"};
    const mpool_result *result;
    const char *digits;
    mpool_future *future;
    mpool_pool *pool;

    if (mpool_functions_register() != MPOOL_OK || mpool_init(NULL) != MPOOL_OK ||
        mpool_pool_open(NULL, &pool) != MPOOL_OK || mpool_pool_submit(pool, &task, &future, "i", 30) != MPOOL_OK ||
        mpool_future_wait(future, MPOOL_FOREVER, &result) != MPOOL_OK ||
        mpool_result_unpack(result, "s", &digits) != MPOOL_OK) {
        fprintf(stderr, "factorial: %s\n", mpool_error_detail());
        return 1;
    }
    printf("%s\n", digits);
    mpool_future_free(future);
    mpool_pool_free(pool);
    mpool_fini();
    return 0;
}
