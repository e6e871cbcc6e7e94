/*
 * tests/proc/arena.c - the shared memory of this host, seen from outside; and values to fill it with
 *
 * Runs in: proc-helper, and its workers.
 */
#include "tests/proc/arena.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096

size_t arena_memory(void)
{
    DIR *directory = opendir("/proc/self/fd");
    const struct dirent *entry;
    size_t bytes = 0;

    CHECK(directory != NULL);
    while ((entry = readdir(directory)) != NULL) {
        char path[300], target[64] = "";
        struct stat status;

        (void)snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
        if (readlink(path, target, sizeof target - 1) > 0 && strncmp(target, "/memfd:mpool", 12) == 0 &&
            stat(path, &status) == 0)
            bytes += (size_t)status.st_blocks * 512;
    }
    (void)closedir(directory);
    return bytes;
}

void await_no_values(size_t before)
{
    AWAIT(arena_memory() <= before);
}

mpool_pool *open_small_arena(size_t bytes, const mpool_pool_options *options)
{
    CHECK_OK(mpool_init(&(mpool_init_options){.arena_bytes = bytes}));
    return open_another(options);
}

void *zeros(size_t size)
{
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    CHECK(bytes != MAP_FAILED);
    return bytes;
}

/* A page of the pattern; every one begins with its number. */
static void make_page(unsigned char page[PAGE], size_t number, unsigned seed)
{
    static _Thread_local unsigned made = UINT32_MAX;
    static _Thread_local unsigned char bytes[PAGE];

    if (made != seed)
        for (size_t i = 0; i < PAGE; i++)
            bytes[i] = (unsigned char)(i * 31 + i / 7 + seed);
    made = seed;
    memcpy(page, bytes, PAGE);
    memcpy(page, &number, sizeof number);
}

void pattern(unsigned char *bytes, size_t size, unsigned seed)
{
    unsigned char page[PAGE];

    for (size_t at = 0; at < size; at += PAGE) {
        make_page(page, at / PAGE, seed);
        memcpy(bytes + at, page, size - at < PAGE ? size - at : PAGE);
    }
}

unsigned char *new_pattern(size_t size, unsigned seed)
{
    unsigned char *bytes = malloc(size);

    CHECK(bytes != NULL);
    pattern(bytes, size, seed);
    return bytes;
}

bool is_pattern(const void *bytes, size_t size, unsigned seed)
{
    unsigned char page[PAGE];

    for (size_t at = 0; at < size; at += PAGE) {
        make_page(page, at / PAGE, seed);
        if (memcmp((const char *)bytes + at, page, size - at < PAGE ? size - at : PAGE) != 0)
            return false;
    }
    return true;
}

/* A size and a seed: so many bytes of the pattern. */
MPOOL_FUNCTION(give_pattern)
{
    unsigned char *bytes;
    uint64_t size;
    int seed;

    if (mpool_unpack(args, "[U,i]", &size, &seed) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    bytes = malloc(size);
    if (bytes == NULL)
        return mpool_job_fail(job, "no memory for %zu bytes", (size_t)size);
    pattern(bytes, size, (unsigned)seed);
    (void)mpool_pack(result, "z", bytes, (size_t)size);
    free(bytes);
    return 0;
}

mpool_future *give(mpool_pool *pool, const mpool_task *task, size_t size, unsigned seed)
{
    mpool_future *future;

    CHECK_TEXT(task->function, "give_pattern");
    CHECK_OK(mpool_pool_submit(pool, task, &future, "[U,i]", (uint64_t)size, (int)seed));
    return future;
}

void check_given(mpool_future *future, size_t size, unsigned seed)
{
    const mpool_result *result = result_of(future);
    const void *bytes;
    size_t got;

    if (result->status != MPOOL_DONE)
        fail(__FILE__, __LINE__, "a job for %zu bytes is %s: %s", size, mpool_status_name(result->status),
             result->error);
    CHECK_OK(mpool_result_unpack(result, "z", &bytes, &got));
    CHECK_INT(got, size);
    CHECK(is_pattern(bytes, size, seed));
    mpool_future_free(future);
}
