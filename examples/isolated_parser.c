/*
 * examples/isolated_parser.c - a parser that hangs and crashes on bad input, and a program that does not
 */
#include <mpool/mpool.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t sum_list(char **at) /* of [1,2,[3,4]]; it trusts that each list is closed, and that none is deep */
{
    int64_t sum = 0;
    for (++*at; **at != ']'; *at += **at == ',')
        sum += **at == '[' ? sum_list(at) : strtoll(*at, at, 10);
    return ++*at, sum;
}

MPOOL_FUNCTION(parse)
{
    char *text;
    if (mpool_unpack(args, "s", &text) != MPOOL_OK || text[0] != '[')
        return mpool_job_fail(job, "a list begins with [");
    return mpool_pack(result, "I", sum_list(&text)) != MPOOL_OK;
}

int main(void)
{
    static const char deep[] = {[0 ... 999999] = '[', 0};
    const char *inputs[] = {"[1,2,[3,4]]", "1,2", "[1,2", deep, "[5,[]]"};
    const mpool_task task = {.function = "parse", .timeout_ms = 300, .item_format = "s", .result_format = "I"};
    mpool_status ends[5] = {MPOOL_SKIPPED};
    int64_t sums[5] = {0};
    mpool_pool *pool;
    if (mpool_init(NULL) != MPOOL_OK || mpool_pool_open(NULL, &pool) != MPOOL_OK)
        return fprintf(stderr, "isolated_parser: %s\n", mpool_error_detail()), 1;
    (void)mpool_pool_map(pool, &task, inputs, 5, sizeof inputs[0], sums, sizeof sums[0], ends); /* not all are done */
    for (int i = 0; i < 5; i++)
        printf("%-11.11s %lld, %s\n", inputs[i], (long long)sums[i], mpool_status_name(ends[i]));
    mpool_fini();
}
