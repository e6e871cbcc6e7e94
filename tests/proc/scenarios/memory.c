/*
 * tests/proc/scenarios/memory.c - scenarios: how much memory an attempt may use
 *
 * A process under AddressSanitizer does not survive a malloc() that is refused, so there memory is asked for by mmap().
 */
#include "tests/proc/helper.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define MIB ((size_t)1 << 20)

/* ---- the jobs ---------------------------------------------------------------------------------------------------- */

#if defined(__SANITIZE_ADDRESS__)

static void *get(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return memory != MAP_FAILED ? memory : NULL;
}

static void give_back(void *memory, size_t size)
{
    (void)munmap(memory, size);
}

#else

static void *get(size_t size)
{
    return malloc(size);
}

static void give_back(void *memory, size_t size)
{
    (void)size;
    free(memory);
}

#endif

__attribute__((no_sanitize("address", "undefined"))) static void write_to_nowhere(void)
{
    volatile uintptr_t address = 8;

    *(volatile int *)address = 1;
}

/* An int: so many MiB are asked for. And a string: what to do if they are refused. */
MPOOL_FUNCTION(ask_for)
{
    const char *otherwise;
    char *memory;
    int count;

    (void)result;
    if (mpool_unpack(args, "[i,s]", &count, &otherwise) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->counter, 1);
    memory = get((size_t)count * MIB);
    if (memory != NULL) {
        memory[0] = memory[(size_t)count * MIB - 1] = 1;
        give_back(memory, (size_t)count * MIB);
        return 0;
    }
    if (strcmp(otherwise, "abort") == 0)
        abort();
    if (strcmp(otherwise, "exit") == 0)
        exit(9);
    if (strcmp(otherwise, "access") == 0)
        write_to_nowhere();
    if (strcmp(otherwise, "carry on") == 0)
        return 0;
    return mpool_job_fail(job, "there are no %d MiB", count);
}

/* The soft limit of private data that the job has, and what its worker has of it; the latter in bytes. */
MPOOL_FUNCTION(show_limit)
{
    FILE *file = fopen("/proc/self/status", "re");
    struct rlimit rlimit;
    unsigned long kib = 0;
    char line[256];

    (void)args;
    if (file == NULL || getrlimit(RLIMIT_DATA, &rlimit) != 0)
        return mpool_job_fail(job, "%m");
    while (fgets(line, sizeof line, file) != NULL && sscanf(line, "VmData: %lu", &kib) != 1)
        continue;
    (void)fclose(file);
    (void)mpool_pack(result, "[U,U]", (uint64_t)rlimit.rlim_cur, (uint64_t)kib * 1024);
    return 0;
}

/* An int: from now on the worker itself may have so many MiB more. */
MPOOL_FUNCTION(lower_limit)
{
    struct rlimit rlimit;
    int count;

    (void)result;
    if (mpool_unpack(args, "i", &count) != MPOOL_OK || getrlimit(RLIMIT_DATA, &rlimit) != 0)
        return mpool_job_fail(job, "it cannot be lowered");
    rlimit.rlim_cur = (rlim_t)count * MIB;
    return setrlimit(RLIMIT_DATA, &rlimit);
}

static mpool_future *ask(mpool_pool *pool, const mpool_task *task, int mib, const char *otherwise)
{
    mpool_future *future;

    CHECK_OK(mpool_pool_submit(pool, task, &future, "[i,s]", mib, otherwise));
    return future;
}

static mpool_task with_memory(size_t mib)
{
    return (mpool_task){.function = "ask_for", .memory_bytes = mib * MIB};
}

/* Workers whose job was refused memory are replaced; they do not die of it. */
static void nobody_died(mpool_pool *pool)
{
    mpool_pool_stats stats = stats_of(pool);

    CHECK_INT(stats.deaths_claimed + stats.deaths_unstarted + stats.deaths_uncommitted + stats.deaths_idle, 0);
}

static void is_given(mpool_pool *pool, size_t limit_mib, int mib)
{
    const mpool_task task = with_memory(limit_mib);

    wait_free(ask(pool, &task, mib, "fail"), MPOOL_DONE);
}

static void is_refused(mpool_pool *pool, size_t limit_mib, int mib)
{
    const mpool_task task = with_memory(limit_mib);
    mpool_future *future = ask(pool, &task, mib, "fail");
    const mpool_result *result = result_of(future);

    CHECK_INT(result->status, MPOOL_FAILED);
    CHECK_SAYS(result->error, "there are no");
    CHECK_INT(result->dossier->out_of_memory, MPOOL_OOM_YES);
    CHECK_SAYS(result->dossier->out_of_memory_evidence, "memory limit");
    mpool_future_free(future);
}

/* ---- refused, and told ------------------------------------------------------------------------------------------- */

SCENARIO(memory, beyond_the_limit_is_refused_and_others_have_theirs)
{
    mpool_pool *pool = open_pool(1);

    for (int i = 0; i < 5; i++) {
        is_given(pool, 16, 8);
        is_refused(pool, 16, 64);
        is_given(pool, 0, 64);
        is_given(pool, 128, 64);
        is_refused(pool, 8, 16);
    }
    nobody_died(pool);
    finish_pool(pool);
}

static void ends_by(mpool_pool *pool, const char *otherwise, int number, int exit_code)
{
    const mpool_task task = with_memory(16);
    mpool_future *future = ask(pool, &task, 64, otherwise);
    const mpool_result *result = result_of(future);

    CHECK_INT(result->status, MPOOL_CRASHED);
    CHECK_INT(result->signal, number);
    CHECK_INT(result->exit_code, exit_code);
    CHECK_INT(result->dossier->out_of_memory, MPOOL_OOM_YES);
    CHECK_SAYS(result->dossier->out_of_memory_evidence, "memory limit of 16777216 bytes");
    mpool_future_free(future);
}

SCENARIO(memory, a_crash_for_want_of_it_is_told_as_such)
{
    mpool_pool *pool = open_pool(1);

    ends_by(pool, "abort", SIGABRT, 0);
    ends_by(pool, "access", SIGSEGV, 0);
    ends_by(pool, "exit", 0, 9);
    still_works(pool);
    finish_pool(pool);
}

static void has_verdict(mpool_pool *pool, const mpool_task *task, int argument, mpool_status status, mpool_oom verdict)
{
    mpool_future *future = submit(pool, task, argument);

    CHECK_INT(result_of(future)->status, status);
    CHECK_INT(result_of(future)->dossier->out_of_memory, verdict);
    mpool_future_free(future);
}

/* Of a job that has no limit the kernel's killer would have to know; and what had one, and failed for another reason,
 * may have been refused memory before. */
SCENARIO(memory, who_goes_wrong_otherwise_is_not_said_to_have_run_out_of_memory)
{
    const size_t limit = 16 * MIB;
    mpool_pool *pool = open_pool(1);

    has_verdict(pool, &(mpool_task){.function = "refuse"}, 1, MPOOL_FAILED, MPOOL_OOM_NO);
    has_verdict(pool, &(mpool_task){.function = "crash"}, CRASH_SEGV, MPOOL_CRASHED, MPOOL_OOM_NO);
    has_verdict(pool, &(mpool_task){.function = "crash"}, CRASH_EXIT, MPOOL_CRASHED, MPOOL_OOM_NO);
    has_verdict(pool, &(mpool_task){.function = "refuse", .memory_bytes = limit}, 1, MPOOL_FAILED, MPOOL_OOM_UNKNOWN);
    has_verdict(pool, &(mpool_task){.function = "crash", .memory_bytes = limit}, CRASH_ABORT, MPOOL_CRASHED,
                MPOOL_OOM_UNKNOWN);
    has_verdict(pool, &(mpool_task){.function = "crash", .memory_bytes = limit}, CRASH_EXIT, MPOOL_CRASHED,
                MPOOL_OOM_UNKNOWN);
    wait_free(ask(pool, &(mpool_task){.function = "ask_for", .memory_bytes = limit}, 64, "carry on"), MPOOL_DONE);
    finish_pool(pool);
}

/* Has the last attempt's dossier this verdict, and is that what decided whether there was a second one? */
static void is_retried_for_memory(mpool_future *future, mpool_oom verdict)
{
    CHECK_INT(result_of(future)->dossier->out_of_memory, verdict);
    CHECK_INT(result_of(future)->attempts, verdict == MPOOL_OOM_YES ? 2 : 1);
    mpool_future_free(future);
}

SCENARIO(memory, that_ran_out_is_an_end_that_can_be_tried_again)
{
    mpool_task ask_for = {.function = "ask_for", .memory_bytes = 16 * MIB, .retries = 1, .retry_on = "oom"};
    mpool_task refuse = {.function = "refuse", .memory_bytes = 16 * MIB, .retries = 1, .retry_on = "oom"};
    mpool_task crash = {.function = "crash", .memory_bytes = 16 * MIB, .retries = 1, .retry_on = "oom"};
    mpool_pool *pool = open_pool(1);

    is_retried_for_memory(ask(pool, &ask_for, 64, "fail"), MPOOL_OOM_YES);
    is_retried_for_memory(ask(pool, &ask_for, 64, "abort"), MPOOL_OOM_YES);
    is_retried_for_memory(ask(pool, &ask_for, 64, "exit"), MPOOL_OOM_YES);
    is_retried_for_memory(submit(pool, &refuse, 1), MPOOL_OOM_UNKNOWN);
    is_retried_for_memory(submit(pool, &crash, CRASH_ABORT), MPOOL_OOM_UNKNOWN);
    refuse.memory_bytes = crash.memory_bytes = 0;
    is_retried_for_memory(submit(pool, &refuse, 1), MPOOL_OOM_NO);
    is_retried_for_memory(submit(pool, &crash, CRASH_SEGV), MPOOL_OOM_NO);
    ask_for.retry_on = "timed_out, exit:9";
    wait_free(ask(pool, &ask_for, 64, "exit"), MPOOL_CRASHED);
    CHECK_INT(atomic_load(&board->counter), 8);
    finish_pool(pool);
}

SCENARIO(memory, that_no_machine_has_is_refused)
{
    mpool_pool *pool = open_pool(1);

    CHECK_ERR(
        mpool_pool_submit(pool, &(mpool_task){.function = "square", .memory_bytes = SIZE_MAX / 4 + 1}, NULL, "i", 1),
        MPOOL_E_INVAL);
    CHECK_SAYS(mpool_error_detail(), "memory_bytes is 4611686018427387904; it takes 0 to 4611686018427387903 bytes");
    run_one(pool, &(mpool_task){.function = "square", .memory_bytes = SIZE_MAX / 4}, 3, MPOOL_DONE);
    finish_pool(pool);
}

/* ---- where a limit ends ------------------------------------------------------------------------------------------ */

static void limit_is(mpool_pool *pool, size_t memory_bytes, uint64_t *soft, uint64_t *data)
{
    mpool_future *future = submit(pool, &(mpool_task){.function = "show_limit", .memory_bytes = memory_bytes}, 0);

    CHECK_OK(mpool_result_unpack(result_of(future), "[U,U]", soft, data));
    mpool_future_free(future);
}

/* The worker's own limit is not raised, and it is there again when the job has ended. */
SCENARIO(memory, a_limit_ends_with_its_job_and_is_no_more_than_the_workers_own)
{
    mpool_pool *pool = open_pool(1);
    uint64_t own, soft, data, lower;

    limit_is(pool, 0, &own, &data);
    for (int i = 0; i < 3; i++) {
        limit_is(pool, 64 * MIB, &soft, &data);
        CHECK(soft < own && soft <= data + 64 * MIB && soft + 4 * MIB > data + 64 * MIB);
        limit_is(pool, 0, &soft, &data);
        CHECK(soft == own);
    }
    lower = data / MIB + 512;
    run_one(pool, &(mpool_task){.function = "lower_limit"}, (int)lower, MPOOL_DONE);
    limit_is(pool, 4096 * MIB, &soft, &data);
    CHECK_INT(soft, lower * MIB);
    limit_is(pool, 64 * MIB, &soft, &data);
    CHECK(soft < lower * MIB);
    limit_is(pool, 0, &soft, &data);
    CHECK_INT(soft, lower * MIB);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

static char *keepsake;

MPOOL_FUNCTION(keep_much)
{
    (void)args;
    (void)result;
    keepsake = get(256 * MIB);
    return keepsake != NULL ? 0 : mpool_job_fail(job, "no memory");
}

SCENARIO(memory, what_an_initializer_has_taken_does_not_count)
{
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(&(mpool_pool_options){.workers = 1, .initializer = "keep_much"});
    is_given(pool, 16, 8);
    is_refused(pool, 16, 64);
    is_given(pool, 16, 8);
    nobody_died(pool);
    finish_pool(pool);
}

/* Takes 256 MiB, and leaves them to whoever runs in this worker next. */
SCENARIO(memory, what_a_job_has_left_in_its_worker_costs_the_next_one_an_attempt_and_no_more)
{
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(&(mpool_pool_options){.workers = 2});
    run_one(pool, &(mpool_task){.function = "keep_much"}, 0, MPOOL_DONE);
    for (int i = 0; i < 20; i++) {
        const mpool_task task = {.function = "ask_for", .memory_bytes = 64 * MIB, .retries = 1};
        mpool_future *future;

        CHECK_OK(mpool_pool_submit(pool, &task, &future, "[i,s]", 32, "fail"));
        if (result_of(future)->status != MPOOL_DONE)
            fail(__FILE__, __LINE__, "job %d: %s", i, result_of(future)->error);
        mpool_future_free(future);
    }
    nobody_died(pool);
    finish_pool(pool);
}

#if !defined(__SANITIZE_ADDRESS__)

/* An int: a result of so many MiB. */
MPOOL_FUNCTION(pack_much)
{
    size_t size;
    char *bytes;
    int count;

    if (mpool_unpack(args, "i", &count) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->counter, 1);
    size = (size_t)count * MIB;
    bytes = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    (void)msgpack_pack_bin(result, size);
    (void)msgpack_pack_bin_body(result, bytes, size);
    (void)munmap(bytes, size);
    return 0;
}

SCENARIO(memory, a_result_beyond_the_limit_fails_its_job_and_not_its_worker)
{
    const mpool_task task = {.function = "pack_much", .memory_bytes = 24 * MIB, .retries = 1};
    mpool_pool *pool = open_pool(1);
    mpool_future *future = submit(pool, &task, 100);
    const mpool_result *result = result_of(future);

    CHECK_INT(result->status, MPOOL_FAILED);
    CHECK_SAYS(result->error, "out of memory; it was refused memory, and memory_bytes is 25165824");
    CHECK_INT(result->attempts, 2);
    CHECK_INT(result->dossier->out_of_memory, MPOOL_OOM_YES);
    CHECK_INT(atomic_load(&board->counter), 2);
    mpool_future_free(future);
    run_one(pool, &task, 7, MPOOL_DONE);
    run_one(pool, &(mpool_task){.function = "pack_much"}, 100, MPOOL_DONE);
    run_one(pool, &task, 7, MPOOL_DONE);
    nobody_died(pool);
    finish_pool(pool);
}

/* Takes all there is, down to the smallest pieces, says so, and waits for the word to stop. */
MPOOL_FUNCTION(take_all_and_listen)
{
    struct piece {
        struct piece *next;
    } *pieces = NULL, *piece;

    (void)args;
    for (size_t size = MIB; size >= sizeof *piece; size /= 2)
        while ((piece = malloc(size)) != NULL) {
            piece->next = pieces;
            pieces = piece;
        }
    atomic_fetch_add(&board->held, 1);
    while (!mpool_job_cancelled(job))
        nap();
    while ((piece = pieces) != NULL) {
        pieces = piece->next;
        free(piece);
    }
    (void)mpool_pack(result, "s", "asked");
    return 0;
}

/* What waits is large: if it came in now, there would be no memory for it, and the connection would be lost. */
SCENARIO(memory, a_job_that_has_taken_all_hears_and_loses_no_connection)
{
    const mpool_task asked = {.function = "take_all_and_listen", .memory_bytes = 32 * MIB, .soft_timeout_ms = 300};
    const mpool_task cancelled = {.function = "take_all_and_listen", .memory_bytes = 32 * MIB};
    mpool_future *first, *second, *behind[8];
    mpool_pool *pool = open_pool(1);
    char *text = calloc(1, 900000);

    CHECK(text != NULL);
    memset(text, 'x', 900000 - 1);
    for (int i = 0; i < 3; i++) {
        first = submit(pool, &asked, 0);
        second = submit(pool, &cancelled, 0);
        for (int k = 0; k < 8; k++)
            CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "echo"}, &behind[k], "s", text));
        AWAIT(atomic_load(&board->held) == 2 * i + 2);
        CHECK_OK(mpool_future_cancel(second, LONG_MS));
        wait_free(first, MPOOL_DONE);
        wait_free(second, MPOOL_DONE);
        for (int k = 0; k < 8; k++)
            wait_free(behind[k], MPOOL_DONE);
    }
    CHECK_INT(stats_of(pool).workers_started, 1);
    free(text);
    finish_pool(pool);
}

#else

SCENARIO(memory, a_result_beyond_the_limit_fails_its_job_and_not_its_worker)
{
    skip("AddressSanitizer's realloc() does not return without memory");
}

SCENARIO(memory, a_job_that_has_taken_all_hears_and_loses_no_connection)
{
    skip("AddressSanitizer's malloc() does not return without memory");
}

#endif
