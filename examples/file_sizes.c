/*
 * examples/file_sizes.c - a process for each file reads it, and their sizes come together in four ways
 *
 *     file_sizes 'GLOB'
 *
 * In a value, under its lock; in a value without it, where updates get lost; in an array, where each process has a
 * place of its own and needs no lock; through a queue.
 */
#include <mpool/mpool.h>

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <unistd.h>

enum { FILES_MOST = 100, PATIENCE_MS = 10000 };

/* By reading the file. -1: it cannot be read. */
static int64_t read_size(const char *path)
{
    static char block[1 << 16];
    int64_t size = 0;
    ssize_t got = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    while (fd >= 0 && (got = read(fd, block, sizeof block)) > 0)
        size += got;
    if (fd >= 0)
        (void)close(fd);
    if (got < 0)
        printf("Problem with %s\n", path);
    return got < 0 ? -1 : size;
}

MPOOL_FUNCTION(add_with_lock)
{
    const char *path;
    mpool_handle handle;
    mpool_value *total;
    int64_t size;

    if (mpool_unpack(args, "{s:s,s:h}", "path", &path, "into", &handle) != MPOOL_OK ||
        mpool_value_open(handle, &total) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if ((size = read_size(path)) < 0)
        return 0; /* it has been told */
    MPOOL_WITH_RLOCK (mpool_value_get_lock(total)) {
        *(int64_t *)mpool_value_data(total) += size;
    }
    return 0;
}

/* What += does without a lock, at the worst moment: all have read the total before the first one writes it. */
MPOOL_FUNCTION(add_without_lock)
{
    const char *path;
    mpool_handle into, together;
    mpool_value *total;
    mpool_barrier *barrier;
    int64_t size, sum;

    if (mpool_unpack(args, "{s:s,s:h,s:h}", "path", &path, "into", &into, "together", &together) != MPOOL_OK ||
        mpool_value_open(into, &total) != MPOOL_OK || mpool_barrier_open(together, &barrier) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    size = read_size(path);
    sum = *(volatile int64_t *)mpool_value_data(total);
    if (mpool_barrier_wait(barrier, PATIENCE_MS, NULL) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (size >= 0)
        *(volatile int64_t *)mpool_value_data(total) = sum + size;
    return 0;
}

MPOOL_FUNCTION(set_in_array)
{
    const char *path;
    mpool_handle handle;
    mpool_array *sizes;
    int number;

    if (mpool_unpack(args, "{s:s,s:h,s:i}", "path", &path, "into", &handle, "number", &number) != MPOOL_OK ||
        mpool_array_open(handle, &sizes) != MPOOL_OK || number < 0 || (size_t)number >= mpool_array_count(sizes))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    ((int64_t *)mpool_array_data(sizes))[number] = read_size(path);
    return 0;
}

MPOOL_FUNCTION(put_into_queue)
{
    const char *path;
    mpool_handle handle;
    mpool_queue *sizes;
    int64_t size;

    if (mpool_unpack(args, "{s:s,s:h}", "path", &path, "into", &handle) != MPOOL_OK ||
        mpool_queue_open(handle, &sizes) != MPOOL_OK ||
        ((size = read_size(path)) >= 0 && mpool_queue_put(sizes, PATIENCE_MS, "I", size) != MPOOL_OK))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return 0;
}

/* Starts a process for each file, and returns when all have ended. */
static void run(const char *function, const glob_t *files, mpool_handle into, mpool_handle together)
{
    const mpool_process_options options = {.function = function};
    mpool_process *processes[FILES_MOST] = {NULL};

    for (size_t i = 0; i < files->gl_pathc; i++)
        if (mpool_process_start(&options, &processes[i], "{s:s,s:i,s:h,s:h}", "path", files->gl_pathv[i], "number",
                                (int)i, "into", into, "together", together) != MPOOL_OK)
            fprintf(stderr, "file_sizes: %s: %s\n", files->gl_pathv[i], mpool_error_detail());
    for (size_t i = 0; i < files->gl_pathc && processes[i] != NULL; i++) {
        (void)mpool_process_join(processes[i], MPOOL_FOREVER);
        mpool_process_free(processes[i]);
    }
}

int main(int argc, char **argv)
{
    const mpool_value_options int64 = {.type = MPOOL_I64};
    int64_t total = 0, unlocked_total = 0, array_total = 0, queue_total = 0, size;
    mpool_value *locked, *unlocked;
    mpool_barrier *barrier;
    mpool_array *array;
    mpool_queue *queue;
    mpool_handle together;
    glob_t files;

    if (argc != 2 || glob(argv[1], 0, NULL, &files) != 0 || files.gl_pathc > FILES_MOST)
        return fprintf(stderr, "usage: file_sizes 'GLOB', for 1 to %d files\n", FILES_MOST), 2;
    setlinebuf(stdout); /* the processes write to the same one, each line when it is there */
    if (mpool_init(NULL) != MPOOL_OK || mpool_value_new(&int64, NULL, &locked) != MPOOL_OK ||
        mpool_value_new(&int64, NULL, &unlocked) != MPOOL_OK ||
        mpool_array_new(&int64, files.gl_pathc, NULL, &array) != MPOOL_OK ||
        mpool_queue_new(NULL, &queue) != MPOOL_OK || mpool_barrier_new((uint32_t)files.gl_pathc, &barrier) != MPOOL_OK)
        return fprintf(stderr, "file_sizes: %s\n", mpool_error_detail()), 1;
    together = mpool_barrier_handle(barrier);

    run("add_with_lock", &files, mpool_value_handle(locked), together);
    (void)mpool_value_get(locked, &total, sizeof total);
    printf("Total = %lld\n", (long long)total);

    run("add_without_lock", &files, mpool_value_handle(unlocked), together);
    (void)mpool_value_get(unlocked, &unlocked_total, sizeof unlocked_total);
    printf("without the lock: %s\n", unlocked_total < total ? "less, since updates were lost" : "the same");

    run("set_in_array", &files, mpool_array_handle(array), together);
    for (size_t i = 0; i < files.gl_pathc; i++)
        if (mpool_array_get(array, i, &size, sizeof size) == MPOOL_OK && size >= 0)
            array_total += size;
    printf("Total = %lld, by an array\n", (long long)array_total);

    run("put_into_queue", &files, mpool_queue_handle(queue), together);
    while (mpool_queue_get(queue, 0, "I", &size) == MPOOL_OK)
        queue_total += size;
    printf("Total = %lld, by a queue\n", (long long)queue_total);
    globfree(&files);
    mpool_fini();
    return 0;
}
