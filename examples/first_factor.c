/*
 * examples/first_factor.c - jobs from a stream, results as they complete; when one is enough, the rest is cancelled
 */
#include <mpool/mpool.h>
#include <stdio.h>

MPOOL_FUNCTION(find_factor) /* where to begin; a factor among the next 5000 numbers, or 0 */
{
    uint64_t from, factor = 0;
    if (mpool_unpack(args, "U", &from) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (uint64_t n = from; n < from + 5000 && factor == 0; n++)
        factor = UINT64_C(1000036000099) % n == 0 ? n : 0;
    return mpool_pack(result, "U", factor) != MPOOL_OK;
}

static mpool_err next_range(void *user, msgpack_packer *args, uint64_t *tag)
{
    *tag = *(uint64_t *)user += 5000;
    return mpool_pack(args, "U", *tag);
}

int main(void)
{
    uint64_t from = 2, factor = 0;
    mpool_pool *pool;
    mpool_iter *iter;
    if (mpool_init(NULL) != MPOOL_OK || mpool_pool_open(NULL, &pool) != MPOOL_OK ||
        mpool_pool_imap_unordered(pool, &(mpool_task){.function = "find_factor"}, next_range, &from, &iter) != MPOOL_OK)
        return fprintf(stderr, "first_factor: %s\n", mpool_error_detail()), 1;
    for (const mpool_result *result; factor == 0 && mpool_iter_next(iter, MPOOL_FOREVER, &result) == MPOOL_OK;)
        (void)mpool_result_unpack(result, "U", &factor);
    (void)mpool_iter_cancel(iter, 0); /* the stream has no end, and what was submitted ahead is not wanted any more */
    printf("%llu is a factor of 1000036000099\n", (unsigned long long)factor);
    mpool_iter_free(iter);
    mpool_pool_free(pool);
    mpool_fini();
}
