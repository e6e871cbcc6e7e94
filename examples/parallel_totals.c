/*
 * examples/parallel_totals.c - add up numbers over many jobs, exactly, whatever crashes
 *
 *     parallel_totals FILE...
 *
 * Every file is a job. The first attempt at every third one dies by SIGKILL half way, after it has added its share:
 * what it added goes with it, and the next attempt adds it again. So the totals are right.
 *
 * Then the factorials of 1 to 20, eight times: by a built-in function, whose results the pool itself collects. Their
 * sum has 65 bits.
 */
#include <mpool/functions.h>
#include <mpool/mpool.h>

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

enum { NUMBERS = 8 * 20 };

MPOOL_FUNCTION(measure)
{
    const char *path;
    struct stat found;

    if (mpool_unpack(args, "s", &path) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (lstat(path, &found) != 0)
        return mpool_job_fail(job, "%s: %m", path);
    if (mpool_job_total_add(job, "bytes", found.st_size) != MPOOL_OK ||
        mpool_job_total_add(job, "files", 1) != MPOOL_OK ||
        mpool_job_total_add(job, "largest", found.st_size) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (mpool_job_number(job) % 3 == 2 && mpool_job_attempt(job) == 1)
        (void)raise(SIGKILL);
    return mpool_pack(result, "I", (int64_t)found.st_size) != MPOOL_OK;
}

static void show(const char *name, const mpool_total *total)
{
    mpool_total_value value;

    if (mpool_total_read(total, &value) == MPOOL_OK)
        printf("%s = %s\n", name, value.text[0] != '\0' ? value.text : "none");
}

int main(int argc, char **argv)
{
    const mpool_task measure_file = {.function = "measure", .retries = 2, .item_format = "s"};
    const mpool_collect whole_result = {.total = "factorials"};
    const mpool_task compute = {
        .function = "factorial", .item_format = "i", .collect = &whole_result, .collect_count = 1};
    mpool_total *bytes, *files, *largest, *factorials;
    int numbers[NUMBERS];
    mpool_pool *pool;
    mpool_err err;

    for (int i = 0; i < NUMBERS; i++)
        numbers[i] = 1 + i % 20;
    if (mpool_functions_register() != MPOOL_OK || mpool_init(NULL) != MPOOL_OK ||
        mpool_pool_open(NULL, &pool) != MPOOL_OK || mpool_total_open(pool, "bytes", MPOOL_SUM, &bytes) != MPOOL_OK ||
        mpool_total_open(pool, "files", MPOOL_COUNT, &files) != MPOOL_OK ||
        mpool_total_open(pool, "largest", MPOOL_MAX, &largest) != MPOOL_OK ||
        mpool_total_open(pool, "factorials", MPOOL_SUM, &factorials) != MPOOL_OK) {
        fprintf(stderr, "parallel_totals: %s\n", mpool_error_detail());
        return 1;
    }
    err = mpool_pool_map(pool, &measure_file, argv + 1, (size_t)argc - 1, sizeof argv[0], NULL, 0, NULL);
    if (err == MPOOL_OK)
        err = mpool_pool_map(pool, &compute, numbers, NUMBERS, sizeof numbers[0], NULL, 0, NULL);
    if (err != MPOOL_OK)
        fprintf(stderr, "parallel_totals: %s\n", mpool_error_detail());
    show("bytes", bytes);
    show("files", files);
    show("largest", largest);
    show("factorials", factorials);
    mpool_pool_free(pool);
    mpool_fini();
    return err != MPOOL_OK;
}
