/*
 * examples/pool_map.c - run a function over an array of C structs, in worker processes
 *
 * Each job gets one struct and gives one back. A job that fails costs nothing but its own result.
 */
#include <mpool/mpool.h>

#include <stdint.h>
#include <stdio.h>

struct purchase {
    int64_t price_cents;
    int64_t quantity;
};

struct receipt {
    int64_t total_cents;
    int64_t tax_cents;
};

MPOOL_FUNCTION(ring_up)
{
    struct purchase purchase;
    struct receipt receipt;

    if (mpool_unpack_bytes(args, &purchase, sizeof purchase) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (purchase.quantity <= 0)
        return mpool_job_fail(job, "a quantity of %lld", (long long)purchase.quantity);
    receipt.total_cents = purchase.price_cents * purchase.quantity;
    receipt.tax_cents = receipt.total_cents * 19 / 119;
    return mpool_pack(result, "z", &receipt, sizeof receipt) != MPOOL_OK;
}

int main(void)
{
    const struct purchase purchases[] = {{1190, 1}, {250, 4}, {99, 0}, {500000, 3}};
    enum { COUNT = sizeof purchases / sizeof purchases[0] };
    struct receipt receipts[COUNT];
    mpool_status statuses[COUNT];
    mpool_pool *pool;
    mpool_err err;

    if (mpool_init(NULL) != MPOOL_OK || mpool_pool_open(NULL, &pool) != MPOOL_OK) {
        fprintf(stderr, "pool_map: %s\n", mpool_error_detail());
        return 1;
    }
    err = mpool_pool_map(pool, &(mpool_task){.function = "ring_up"}, purchases, COUNT, sizeof purchases[0], receipts,
                         sizeof receipts[0], statuses);
    if (err != MPOOL_OK)
        printf("%s: %s\n", mpool_err_text(err), mpool_error_detail());
    for (int i = 0; i < COUNT; i++) {
        if (statuses[i] == MPOOL_DONE)
            printf("%d: %lld, tax %lld\n", i, (long long)receipts[i].total_cents, (long long)receipts[i].tax_cents);
        else
            printf("%d: %s\n", i, mpool_status_name(statuses[i]));
    }
    mpool_pool_free(pool);
    mpool_fini();
    return 0;
}
