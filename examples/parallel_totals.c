/*
 * examples/parallel_totals.c - add up numbers over many jobs, exactly, whatever crashes
 *
 *     parallel_totals FILE...
 *
 * Every file is a job. The first attempt at every third one dies by SIGKILL half way, after it has added its share:
 * what it added goes with it, and the next attempt adds it again. So the totals are right.
 */
#include <mpool/mpool.h>

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

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
    mpool_task task = {.function = "measure", .retries = 2, .item_format = "s"};
    mpool_total *bytes, *files, *largest;
    mpool_pool *pool;
    mpool_err err;

    if (mpool_init(NULL) != MPOOL_OK || mpool_pool_open(NULL, &pool) != MPOOL_OK ||
        mpool_total_open(pool, "bytes", MPOOL_SUM, &bytes) != MPOOL_OK ||
        mpool_total_open(pool, "files", MPOOL_COUNT, &files) != MPOOL_OK ||
        mpool_total_open(pool, "largest", MPOOL_MAX, &largest) != MPOOL_OK) {
        fprintf(stderr, "parallel_totals: %s\n", mpool_error_detail());
        return 1;
    }
    err = mpool_pool_map(pool, &task, argv + 1, (size_t)argc - 1, sizeof argv[0], NULL, 0, NULL);
    if (err != MPOOL_OK)
        fprintf(stderr, "parallel_totals: %s\n", mpool_error_detail());
    show("bytes", bytes);
    show("files", files);
    show("largest", largest);
    mpool_pool_free(pool);
    mpool_fini();
    return err != MPOOL_OK;
}
