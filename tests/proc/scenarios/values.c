/*
 * tests/proc/scenarios/values.c - scenarios: values of every size, there and back
 */
#include "tests/proc/arena.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Of a bin over 64 KiB. */
#define HEAD 5

/* A seed and bytes: checks that they are its pattern, and gives as many of the pattern of the next. */
MPOOL_FUNCTION(check_and_give_next)
{
    const void *bytes;
    unsigned char *next;
    size_t size;
    int seed;

    if (mpool_unpack(args, "[i,z]", &seed, &bytes, &size) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (!is_pattern(bytes, size, (unsigned)seed))
        return mpool_job_fail(job, "the %zu bytes are not those of seed %d", size, seed);
    next = malloc(size);
    if (next == NULL)
        return mpool_job_fail(job, "no memory");
    pattern(next, size, (unsigned)seed + 1);
    (void)mpool_pack(result, "z", next, size);
    free(next);
    return 0;
}

static const mpool_task there_and_back = {.function = "check_and_give_next"};
static const mpool_task give_task = {.function = "give_pattern"};

static mpool_future *send_there(mpool_pool *pool, size_t size, unsigned seed)
{
    unsigned char *bytes = new_pattern(size, seed);
    mpool_future *future;

    CHECK_OK(mpool_pool_submit(pool, &there_and_back, &future, "[i,z]", (int)seed, bytes, size));
    free(bytes); /* it has its own copy by now */
    return future;
}

/* Both sides of every boundary: packed under the lock or not, in the message or in the arena, whole pages or not. */
SCENARIO(values, of_all_sizes_go_there_and_back)
{
    static const size_t sizes[] = {0,   1,       65000,   65536,          66000,       MIB - 100, MIB - HEAD,  MIB - 1,
                                   MIB, MIB + 1, 2 * MIB, 2 * MIB + 4096, 9 * MIB + 7, 3 * MIB,   30 * MIB + 1};
    enum { COUNT = sizeof sizes / sizeof sizes[0] };
    mpool_pool *pool = open_pool(2);
    size_t before = arena_memory();
    mpool_future *futures[COUNT], *small[COUNT];

    for (unsigned i = 0; i < COUNT; i++) {
        futures[i] = send_there(pool, sizes[i], i);
        small[i] = submit(pool, &(mpool_task){.function = "square"}, (int)i);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        check_given(futures[i], sizes[i], i + 1);
        wait_free(small[i], MPOOL_DONE);
    }
    await_no_values(before);
    CHECK_INT(stats_of(pool).workers_started, 2);
    finish_pool(pool);
}

SCENARIO(values, of_a_hundred_megabytes_go_there_and_back_several_at_a_time)
{
    mpool_pool *pool = open_pool(2);
    size_t before = arena_memory();
    mpool_future *futures[3];

    for (unsigned i = 0; i < 3; i++)
        futures[i] = send_there(pool, 100 * MIB, i);
    for (unsigned i = 0; i < 3; i++)
        check_given(futures[i], 100 * MIB, i + 1);
    await_no_values(before);
    finish_pool(pool);
}

static long long available_kib(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    long long kib = 0;
    char line[128];

    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL)
        (void)sscanf(line, "MemAvailable: %lld", &kib);
    (void)fclose(file);
    return kib;
}

/* The sum of a byte of each page, and how many bytes there are. */
MPOOL_FUNCTION(weigh)
{
    const unsigned char *bytes;
    const void *at;
    uint64_t sum = 0;
    size_t size;

    if (mpool_unpack(args, "z", &at, &size) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    bytes = at;
    for (size_t i = 0; i < size; i += 4096)
        sum += bytes[i];
    (void)mpool_pack(result, "[U,U]", sum, (uint64_t)size);
    return 0;
}

/* So many bytes more than a result may have, with its head; zeros. */
MPOOL_FUNCTION(give_zeros)
{
    size_t size;
    uint64_t more;

    if (mpool_unpack(args, "U", &more) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    size = MPOOL_VALUE_MAX - HEAD + (size_t)more;
    (void)mpool_pack(result, "z", zeros(size), size);
    return 0;
}

/* The largest there are: both take some GiB of memory, one after the other. */
SCENARIO(values, of_a_gigabyte_less_one_byte_are_the_largest)
{
    const size_t most = MPOOL_ARGS_MAX - HEAD;
    void *bytes = zeros(most + 1);
    mpool_pool *pool = open_pool(1);
    const mpool_result *result;
    mpool_future *future;
    uint64_t sum, size;

    if (available_kib() < 6 << 20)
        skip("less than 6 GiB of memory are available");
    CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "weigh"}, &future, "z", bytes, most));
    CHECK_OK(mpool_result_unpack(result_of(future), "[U,U]", &sum, &size));
    CHECK(sum == 0 && size == most);
    wait_free(future, MPOOL_DONE);
    CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "give_zeros"}, &future, "U", (uint64_t)0));
    result = result_of(future);
    if (result->status != MPOOL_DONE)
        fail(__FILE__, __LINE__, "%s", result->error);
    CHECK_INT(result->value_size, MPOOL_VALUE_MAX);
    mpool_future_free(future);
    finish_pool(pool);
}

/* A copy of a value that is too large would not fit. AddressSanitizer does not, either. */
static void limit_data(size_t bytes)
{
#if !defined(__SANITIZE_ADDRESS__)
    struct rlimit limit;

    CHECK(getrlimit(RLIMIT_DATA, &limit) == 0);
    limit.rlim_cur = bytes;
    CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
#else
    (void)bytes;
#endif
}

/* Without packing them anywhere: the limit is checked before the bytes are copied. */
SCENARIO(values, beyond_the_limit_are_refused_and_nothing_is_sent)
{
    const size_t most = MPOOL_ARGS_MAX - HEAD;
    void *bytes = zeros(most + 1);
    mpool_future *future = NULL;
    mpool_pool *pool;

    limit_data(1000 * MIB);
    pool = open_pool(1);
    CHECK_ERR(mpool_pool_submit(pool, &there_and_back, &future, "z", bytes, most + 1), MPOOL_E_TOOBIG);
    CHECK_SAYS(mpool_error_detail(), "1073741824 bytes; 1073741823 are the most");
    CHECK(future == NULL);
    CHECK_INT(stats_of(pool).jobs_submitted, 0);
    CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "give_zeros", .retries = 5}, &future, "U", (uint64_t)1));
    CHECK_INT(result_of(future)->attempts, 1);
    CHECK_SAYS(result_of(future)->error, "1073741824 bytes, more than the 1073741823");
    wait_free(future, MPOOL_FAILED);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

/* ---- iterators and maps ------------------------------------------------------------------------------------------ */

struct mixed {
    unsigned next, end;
};

/* Every fifth job is large. */
static size_t size_of(unsigned number)
{
    return number % 5 == 4 ? 2 * MIB + number : number % 100;
}

static mpool_err give_mixed(void *user, msgpack_packer *args, uint64_t *tag)
{
    struct mixed *mixed = user;
    unsigned char *bytes;
    mpool_err err;

    if (mixed->next == mixed->end)
        return MPOOL_E_END;
    *tag = mixed->next;
    bytes = new_pattern(size_of(mixed->next) + 1, mixed->next);
    err = mpool_pack(args, "[i,z]", (int)mixed->next, bytes, size_of(mixed->next));
    mixed->next++;
    free(bytes);
    return err;
}

SCENARIO(values, large_and_small_ones_come_out_of_one_generator)
{
    struct mixed mixed = {.end = 200};
    mpool_pool *pool = open_pool(2);
    size_t before = arena_memory();
    bool seen[200] = {false};
    const mpool_result *result;
    const void *bytes;
    mpool_iter *iter;
    mpool_err err;
    size_t size;

    CHECK_OK(mpool_pool_imap_unordered(pool, &there_and_back, give_mixed, &mixed, &iter));
    while ((err = mpool_iter_next(iter, LONG_MS, &result)) == MPOOL_OK) {
        CHECK(result->tag < 200 && !seen[result->tag]);
        CHECK_INT(result->index, result->tag);
        seen[result->tag] = true;
        CHECK_INT(result->status, MPOOL_DONE);
        CHECK_OK(mpool_result_unpack(result, "z", &bytes, &size));
        CHECK_INT(size, size_of((unsigned)result->tag));
        CHECK(is_pattern(bytes, size, (unsigned)result->tag + 1));
    }
    CHECK_ERR(err, MPOOL_E_END);
    for (int i = 0; i < 200; i++)
        CHECK(seen[i]);
    mpool_iter_free(iter);
    await_no_values(before);
    finish_pool(pool);
}

/* What nobody takes out of an iterator is given back with it. */
SCENARIO(values, of_an_iterator_that_is_freed_early_are_given_back)
{
    struct mixed mixed = {.end = 200};
    mpool_pool *pool = open_pool(2);
    size_t before = arena_memory();
    const mpool_result *result;
    mpool_iter *iter;

    CHECK_OK(mpool_pool_imap_unordered(pool, &there_and_back, give_mixed, &mixed, &iter));
    for (int i = 0; i < 10; i++)
        CHECK_OK(mpool_iter_next(iter, LONG_MS, &result));
    mpool_iter_free(iter);
    await_no_values(before);
    finish_pool(pool);
}

#define ITEM (3 * MIB + 100)
#define ITEMS 4

MPOOL_FUNCTION(add_one_to_each)
{
    const unsigned char *from;
    const void *at;
    unsigned char *bytes;
    size_t size;

    if (mpool_unpack(args, "z", &at, &size) != MPOOL_OK || (bytes = malloc(size)) == NULL)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    from = at;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(from[i] + 1);
    (void)mpool_pack(result, "z", bytes, size);
    free(bytes);
    return 0;
}

SCENARIO(values, of_three_megabytes_can_be_mapped)
{
    const mpool_task task = {.function = "add_one_to_each"};
    unsigned char *items = malloc(ITEMS * ITEM), *results = calloc(ITEMS, ITEM);
    mpool_status statuses[ITEMS];
    mpool_pool *pool = open_pool(2);
    size_t before = arena_memory();

    CHECK(items != NULL && results != NULL);
    for (unsigned i = 0; i < ITEMS; i++)
        pattern(items + i * ITEM, ITEM, i);
    CHECK_OK(mpool_pool_map(pool, &task, items, ITEMS, ITEM, results, ITEM, statuses));
    for (unsigned i = 0; i < ITEMS; i++) {
        CHECK_INT(statuses[i], MPOOL_DONE);
        for (size_t k = 0; k < ITEM; k++)
            if (results[i * ITEM + k] != (unsigned char)(items[i * ITEM + k] + 1))
                fail(__FILE__, __LINE__, "byte %zu of item %u", k, i);
    }
    free(items);
    free(results);
    await_no_values(before);
    finish_pool(pool);
}

/* ---- who has them, and how long ---------------------------------------------------------------------------------- */

static long resident_kib(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long pages = 0;

    CHECK(file != NULL && fscanf(file, "%*d %ld", &pages) == 1);
    (void)fclose(file);
    return pages * 4;
}

SCENARIO(values, one_after_the_other_leave_nothing)
{
    mpool_pool *pool = open_pool(2);
    size_t before = arena_memory();
    long resident = 0;

    for (unsigned i = 0; i < 1000; i++) {
        check_given(send_there(pool, 2 * MIB, i), 2 * MIB, i + 1);
        if (i == 50)
            resident = resident_kib();
    }
    await_no_values(before);
    CHECK(resident_kib() < resident + 16 * 1024);
    finish_pool(pool);
}

/* Late: after the pool, and after mpool. The shared memory goes with the last of them. */
SCENARIO(values, of_results_outlive_their_pool)
{
    mpool_pool *pool = open_pool(2);
    mpool_future *futures[4];
    struct mixed mixed = {.next = 4, .end = 5};
    const mpool_result *result;
    mpool_iter *iter;

    for (unsigned i = 0; i < 4; i++)
        futures[i] = give(pool, &give_task, 5 * MIB, i);
    CHECK_OK(mpool_pool_imap_unordered(pool, &there_and_back, give_mixed, &mixed, &iter));
    CHECK_ERR(mpool_iter_next(iter, 0, &result), MPOOL_E_TIMEOUT);
    for (unsigned i = 0; i < 4; i++)
        CHECK_OK(mpool_future_wait(futures[i], LONG_MS, NULL));
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    check_given(futures[0], 5 * MIB, 0);
    mpool_pool_free(pool);
    check_given(futures[1], 5 * MIB, 1);
    mpool_fini();
    check_given(futures[2], 5 * MIB, 2);
    CHECK_OK(mpool_iter_next(iter, LONG_MS, &result));
    CHECK_INT(result->value_size, size_of(4) + HEAD);
    mpool_iter_free(iter);
    CHECK(arena_memory() >= 5 * MIB);
    mpool_future_free(futures[3]);
    CHECK_INT(arena_memory(), 0);
}

struct reader {
    pthread_t thread;
    mpool_future *future;
    const void *value;
};

static void *read_value(void *data)
{
    struct reader *reader = data;
    const mpool_result *result = result_of(reader->future);

    CHECK_INT(result->value_size, 20 * MIB + HEAD);
    CHECK(is_pattern((const char *)result->value + HEAD, 20 * MIB, 3));
    reader->value = result->value;
    return NULL;
}

SCENARIO(values, may_be_read_by_several_threads)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *future = give(pool, &give_task, 20 * MIB, 3);
    struct reader readers[4];

    for (int i = 0; i < 4; i++) {
        readers[i].future = future;
        CHECK(pthread_create(&readers[i].thread, NULL, read_value, &readers[i]) == 0);
    }
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_join(readers[i].thread, NULL) == 0);
        CHECK(readers[i].value == readers[0].value);
    }
    mpool_future_free(future);
    finish_pool(pool);
}

SCENARIO(values, that_are_not_wanted_stay_in_the_worker)
{
    mpool_pool *pool = open_small_arena(4 * MIB, &(mpool_pool_options){.workers = 1}); /* no room for one */
    mpool_future *future = give(pool, &(mpool_task){.function = "give_pattern", .discard_value = true}, 9 * MIB, 0);

    CHECK(result_of(future)->value == NULL);
    wait_free(future, MPOOL_DONE);
    finish_pool(pool);
}

/* Writes to its own arguments, the first time. */
MPOOL_FUNCTION(scribble)
{
    const void *bytes;
    size_t size;

    (void)result;
    if (mpool_unpack(args, "z", &bytes, &size) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (mpool_job_attempt(job) == 1)
        memset((void *)(uintptr_t)bytes, 0, size);
    return is_pattern(bytes, size, 9) ? 0 : mpool_job_fail(job, "the arguments have changed");
}

SCENARIO(values, of_arguments_cannot_be_written_by_a_job)
{
    unsigned char *bytes = new_pattern(2 * MIB, 9);
    mpool_pool *pool = open_pool(1);
    mpool_future *future;

    CHECK_OK(
        mpool_pool_submit(pool, &(mpool_task){.function = "scribble", .retries = 1}, &future, "z", bytes, 2 * MIB));
    CHECK_INT(result_of(future)->attempts, 2);
    wait_free(future, MPOOL_DONE);
    CHECK_INT(stats_of(pool).deaths_claimed, 1);
    free(bytes);
    finish_pool(pool);
}
