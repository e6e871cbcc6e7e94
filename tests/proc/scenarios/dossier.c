/*
 * tests/proc/scenarios/dossier.c - scenarios: what a job that failed, crashed or timed out leaves to be read
 */
#include "tests/proc/helper.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The dossier of a job that ended so; of everything but how it ended, what must hold for all. */
static const mpool_dossier *dossier_of(mpool_future *future, mpool_status wanted)
{
    const mpool_result *result = result_of(future);
    const mpool_dossier *dossier = result->dossier;

    CHECK_INT(result->status, wanted);
    CHECK(dossier != NULL);
    CHECK_INT(dossier->attempt, result->attempts);
    CHECK(dossier->pid > 0 && dossier->pid != getpid());
    CHECK(dossier->output != NULL && strlen(dossier->output) <= dossier->output_size);
    CHECK(dossier->output_size <= MPOOL_OUTPUT_TAIL_BYTES && dossier->output_size <= dossier->output_bytes);
    CHECK(dossier->out_of_memory_evidence != NULL && dossier->out_of_memory_evidence[0] != '\0');
    if (wanted == MPOOL_FAILED) {
        CHECK(dossier->signal == 0 && dossier->exit_code == -1 && dossier->backtrace == NULL);
        CHECK(dossier->user_us == -1 && dossier->system_us == -1 && dossier->max_rss_kib == -1);
    } else {
        CHECK((dossier->signal != 0) == (dossier->exit_code == -1));
        CHECK((dossier->signal != 0) == (dossier->signal_name != NULL));
        CHECK(dossier->backtrace != NULL && dossier->backtrace[0] != '\0');
        CHECK(dossier->user_us >= 0 && dossier->system_us >= 0 && dossier->max_rss_kib > 100);
    }
    return dossier;
}

/* ---- who has one ------------------------------------------------------------------------------------------------- */

SCENARIO(dossier, is_there_for_jobs_that_went_wrong_and_no_others)
{
    mpool_pool *pool = open_pool(2);
    mpool_future *done = submit(pool, &(mpool_task){.function = "square"}, 3);
    mpool_future *failed = submit(pool, &(mpool_task){.function = "refuse"}, 3);
    mpool_future *exited = submit(pool, &(mpool_task){.function = "crash"}, CRASH_EXIT_3);
    mpool_future *retried = submit(pool, &(mpool_task){.function = "crash", .retries = 1}, CRASH_EXIT);
    mpool_future *held = submit(pool, &(mpool_task){.function = "hold"}, 0), *cancelled;
    const mpool_dossier *dossier;

    CHECK_INT(result_of(done)->status, MPOOL_DONE);
    CHECK(result_of(done)->dossier == NULL);
    CHECK_INT(dossier_of(failed, MPOOL_FAILED)->out_of_memory, MPOOL_OOM_NO);
    dossier = dossier_of(exited, MPOOL_CRASHED);
    CHECK_INT(dossier->exit_code, 3);
    CHECK_INT(dossier->out_of_memory, MPOOL_OOM_NO);
    CHECK_SAYS(dossier->out_of_memory_evidence, "exited by itself");
    CHECK(!dossier->has_fault_address);
    dossier = dossier_of(retried, MPOOL_CRASHED);
    CHECK_INT(dossier->exit_code, 0);
    CHECK_INT(dossier->attempt, 2);
    AWAIT(atomic_load(&board->held) == 1);
    cancelled = submit(pool, &(mpool_task){.function = "hold"}, 0);
    mpool_pool_free(pool);
    CHECK_INT(result_of(held)->status, MPOOL_CANCELLED);
    CHECK(result_of(held)->dossier == NULL && result_of(cancelled)->dossier == NULL);
    /* Results, and what belongs to them, outlive the pool. */
    CHECK_INT(dossier_of(exited, MPOOL_CRASHED)->exit_code, 3);
    mpool_future_free(done);
    mpool_future_free(failed);
    mpool_future_free(exited);
    mpool_future_free(retried);
    mpool_future_free(held);
    mpool_future_free(cancelled);
    mpool_fini();
}

/* In batches, where results share a frame; and by an iterator. */
static mpool_err generate(void *user, msgpack_packer *args, uint64_t *tag)
{
    int *next = user;

    *tag = 0;
    return *next == 2000 ? MPOOL_E_END : mpool_pack(args, "i", (*next)++);
}

MPOOL_FUNCTION(print_and_fail)
{
    int number;

    (void)result;
    if (mpool_unpack(args, "i", &number) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    (void)fprintf(stderr, "[%d]", number);
    return number % 10 == 3 ? mpool_job_fail(job, "%d ends in 3", number) : 0;
}

SCENARIO(dossier, of_a_job_in_a_batch_has_its_output_though_it_may_have_more)
{
    mpool_pool *pool = open_pool(2);
    const mpool_result *result;
    mpool_iter *iter;
    int next = 0, failed = 0;
    char text[16];

    CHECK_OK(mpool_pool_imap_unordered(pool, &(mpool_task){.function = "print_and_fail"}, generate, &next, &iter));
    while (mpool_iter_next(iter, LONG_MS, &result) == MPOOL_OK) {
        CHECK((result->dossier != NULL) == (result->status == MPOOL_FAILED));
        if (result->dossier == NULL)
            continue;
        failed++;
        CHECK_INT(result->dossier->attempt, 1);
        (void)snprintf(text, sizeof text, "[%d]", (int)result->index);
        if (result->dossier->output_bytes == result->dossier->output_size)
            CHECK_SAYS(result->dossier->output, text);
        if (!result->dossier->output_shared)
            CHECK_TEXT(result->dossier->output, text);
    }
    CHECK_INT(failed, 200);
    mpool_iter_free(iter);
    finish_pool(pool);
}

/* ---- output ------------------------------------------------------------------------------------------------------ */

/* A string; how it ends: prints it on stdout, in two parts and without a newline, and the way it ends on stderr. */
MPOOL_FUNCTION(print_and_end)
{
    const char *text, *end;

    (void)result;
    if (mpool_unpack(args, "[s,s]", &text, &end) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    (void)printf("%.3s", text);
    (void)printf("%s\n", text + 3);
    (void)fprintf(stderr, "now %s\n", end);
    if (strcmp(end, "fail") == 0)
        return mpool_job_fail(job, "as told");
    if (strcmp(end, "exit") == 0)
        exit(4);
    if (strcmp(end, "kill") == 0)
        (void)raise(SIGKILL);
    if (strcmp(end, "hang") == 0)
        for (;;)
            nap();
    return 0;
}

static void prints_and_ends(mpool_pool *pool, const char *text, const char *end, mpool_status status)
{
    mpool_future *future;
    const mpool_task task = {.function = "print_and_end", .timeout_ms = status == MPOOL_TIMED_OUT ? 200 : 0};
    const mpool_dossier *dossier;
    char wanted[128];

    CHECK_OK(mpool_pool_submit(pool, &task, &future, "[s,s]", text, end));
    if (status == MPOOL_DONE) {
        CHECK_INT(result_of(future)->status, MPOOL_DONE);
    } else {
        dossier = dossier_of(future, status);
        (void)snprintf(wanted, sizeof wanted, "%s\nnow %s\n", text, end);
        CHECK_TEXT(dossier->output, wanted);
        CHECK_INT(dossier->output_bytes, strlen(wanted));
        CHECK(!dossier->output_shared);
    }
    mpool_future_free(future);
}

SCENARIO(dossier, has_the_output_of_exactly_the_job_that_went_wrong)
{
    mpool_pool *pool = open_pool(1);

    for (int i = 0; i < 3; i++) {
        prints_and_ends(pool, "one that is done", "return", MPOOL_DONE);
        prints_and_ends(pool, "one that fails", "fail", MPOOL_FAILED);
        prints_and_ends(pool, "another that is done", "return", MPOOL_DONE);
        prints_and_ends(pool, "one that exits", "exit", MPOOL_CRASHED);
        prints_and_ends(pool, "one that kills itself", "kill", MPOOL_CRASHED);
        prints_and_ends(pool, "a third that is done", "return", MPOOL_DONE);
        prints_and_ends(pool, "one that hangs", "hang", MPOOL_TIMED_OUT);
    }
    finish_pool(pool);
}

/* An int: prints numbered lines of ten bytes, so many in all, and fails. */
MPOOL_FUNCTION(print_lines_and_fail)
{
    int lines;

    (void)result;
    if (mpool_unpack(args, "i", &lines) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (int i = 0; i < lines; i++)
        (void)printf("%09d\n", i);
    return mpool_job_fail(job, "as told");
}

SCENARIO(dossier, has_the_last_four_kilobytes_of_the_output)
{
    static const int counts[] = {1, 409, 410, 411, 10000, 100000};
    mpool_pool *pool = open_pool(1);

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        mpool_future *future = submit(pool, &(mpool_task){.function = "print_lines_and_fail"}, counts[i]);
        const mpool_dossier *dossier = dossier_of(future, MPOOL_FAILED);
        size_t size = counts[i] * 10 < 4096 ? (size_t)counts[i] * 10 : 4096;
        char line[16];

        CHECK_INT(dossier->output_bytes, (long long)counts[i] * 10);
        CHECK_INT(dossier->output_size, size);
        CHECK_INT(strlen(dossier->output), size);
        for (size_t k = 1; k <= size / 10; k++) {
            (void)snprintf(line, sizeof line, "%09d\n", counts[i] - (int)k);
            CHECK(memcmp(dossier->output + size - k * 10, line, 10) == 0);
        }
        mpool_future_free(future);
    }
    finish_pool(pool);
}

SCENARIO(dossier, has_no_output_where_it_is_inherited)
{
    const mpool_dossier *dossier;
    mpool_future *future;
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(&(mpool_pool_options){.workers = 1, .output = MPOOL_OUTPUT_INHERIT});
    future = submit(pool, &(mpool_task){.function = "print_lines_and_fail"}, 3);
    dossier = dossier_of(future, MPOOL_FAILED);
    CHECK_TEXT(dossier->output, "");
    CHECK_INT(dossier->output_bytes, 0);
    mpool_future_free(future);
    finish_pool(pool);
}

/* ---- killed ------------------------------------------------------------------------------------------------------ */

/* Nothing here kills for want of memory, unless the machine is short of it just now. */
SCENARIO(dossier, of_a_worker_killed_from_outside_says_whether_it_was_the_kernel)
{
    mpool_pool *pool = open_pool(1);
    mpool_future *held = hold_worker(pool);
    const mpool_dossier *dossier;
    int64_t killed_ms = monotonic_ms();

    CHECK(kill(atomic_load(&board->pids[0]), SIGKILL) == 0);
    dossier = dossier_of(held, MPOOL_CRASHED);
    CHECK(monotonic_ms() - killed_ms < 10000);
    CHECK_INT(dossier->pid, atomic_load(&board->pids[0]));
    CHECK_INT(dossier->signal, SIGKILL);
    CHECK_TEXT(dossier->signal_name, "SIGKILL");
    CHECK_SAYS(dossier->out_of_memory_evidence, "somebody else sent SIGKILL");
    CHECK(dossier->out_of_memory != MPOOL_OOM_YES);
    CHECK(!dossier->has_fault_address);
    CHECK_SAYS(dossier->backtrace, "no backtrace: ");
    mpool_future_free(held);
    finish_pool(pool);
}

/* ---- out of memory ----------------------------------------------------------------------------------------------- */

/* Takes memory until there is none. */
MPOOL_FUNCTION(eat)
{
    (void)args;
    (void)result;
    for (int i = 0; i < 1024; i++) {
        char *block = malloc(1 << 20);

        if (block != NULL)
            memset(block, i | 1, 1 << 20);
    }
    return mpool_job_fail(job, "there is no end of memory");
}

static bool write_file(const char *directory, const char *name, const char *text)
{
    char path[512];
    bool written;
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    file = fopen(path, "we");
    if (file == NULL)
        return false;
    written = fputs(text, file) >= 0;
    return fclose(file) == 0 && written;
}

/* The directory of our group in the hierarchy of cgroup v1 that limits memory; false if there is none. */
static bool find_memory_cgroup(char *directory, size_t room)
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    char line[512];
    bool found = false;

    while (!found && file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *path = strstr(line, ":memory:");

        line[strcspn(line, "\n")] = '\0';
        found = path != NULL;
        if (found)
            (void)snprintf(directory, room, "/sys/fs/cgroup/memory%s", path + strlen(":memory:"));
    }
    if (file != NULL)
        (void)fclose(file);
    return found;
}

/* A group of our own in which memory is short. */
static void enter_small_cgroup(char outer[400], char inner[464])
{
    char self[32];

    if (!find_memory_cgroup(outer, 400))
        skip("there is no cgroup v1 for memory");
    (void)snprintf(self, sizeof self, "%d", (int)getpid());
    (void)snprintf(inner, 464, "%s/mpool-test-%s", outer, self);
    (void)mkdir(inner, 0700);
    if (!write_file(inner, "memory.limit_in_bytes", "100663296") || !write_file(inner, "cgroup.procs", self)) {
        (void)rmdir(inner);
        skip("the cgroup cannot be divided");
    }
    (void)write_file(inner, "memory.memsw.limit_in_bytes", "100663296");
}

SCENARIO(dossier, of_a_worker_killed_by_the_kernel_says_that_memory_had_run_out)
{
    char outer[400], inner[464], self[32];
    const mpool_dossier *dossier;
    mpool_future *future;
    mpool_pool *pool;

    enter_small_cgroup(outer, inner);
    pool = open_pool(1);
    future = submit(pool, &(mpool_task){.function = "eat", .retries = 1, .retry_on = "oom"}, 0);
    dossier = dossier_of(future, MPOOL_CRASHED);
    CHECK_INT(result_of(future)->attempts, 2);
    CHECK_INT(dossier->signal, SIGKILL);
    CHECK_INT(dossier->out_of_memory, MPOOL_OOM_YES);
    CHECK_SAYS(dossier->out_of_memory_evidence, "memory.oom_control");
    mpool_future_free(future);
    finish_pool(pool);
    (void)snprintf(self, sizeof self, "%d", (int)getpid());
    CHECK(write_file(outer, "cgroup.procs", self));
    AWAIT(rmdir(inner) == 0);
}
