/*
 * examples/pool_map.c - a function over an array of structs; a job that fails costs nothing but its own result
 */
#include <mpool/mpool.h>
#include <stdio.h>

struct purchase {
    int64_t price_cents, quantity;
};

struct receipt {
    int64_t total_cents, tax_cents;
};

MPOOL_FUNCTION(ring_up)
{
    struct purchase purchase;
    struct receipt receipt;
    if (mpool_unpack_bytes(args, &purchase, sizeof purchase) != MPOOL_OK || purchase.quantity <= 0)
        return mpool_job_fail(job, "no purchase");
    receipt.total_cents = purchase.price_cents * purchase.quantity;
    receipt.tax_cents = receipt.total_cents * 19 / 119;
    return mpool_pack(result, "z", &receipt, sizeof receipt) != MPOOL_OK;
}

int main(void)
{
    const struct purchase bought[] = {{1190, 1}, {250, 4}, {99, 0}, {500000, 3}};
    const mpool_task task = {.function = "ring_up"};
    struct receipt receipts[4] = {{0, 0}};
    mpool_pool *pool;
    if (mpool_init(NULL) != MPOOL_OK || mpool_pool_open(NULL, &pool) != MPOOL_OK ||
        mpool_pool_map(pool, &task, bought, 4, sizeof bought[0], receipts, sizeof receipts[0], NULL) != MPOOL_OK)
        printf("%s\n", mpool_error_detail());
    for (int i = 0; i < 4; i++)
        printf("%d: %lld, tax %lld\n", i, (long long)receipts[i].total_cents, (long long)receipts[i].tax_cents);
    mpool_fini();
}
