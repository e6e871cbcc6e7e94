/*
 * tests/proc/scenarios/log.c - scenarios: what a pool says of what it does by itself
 */
#include "tests/proc/lines.h"

#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct lines lines;

static mpool_pool *open_with(mpool_pool_options options)
{
    options.log = options.log != NULL ? options.log : keep_line;
    options.log_user = &lines;
    CHECK_OK(mpool_init(NULL));
    return open_another(&options);
}

static pid_t pid_of(mpool_pool *pool)
{
    pid_t pid = 0;
    size_t count;

    CHECK_OK(mpool_pool_pids(pool, &pid, 1, &count));
    CHECK(pid > 0);
    return pid;
}

/* The line of that worker; it is the next one of this kind. */
static void says_of(pid_t pid, mpool_log_level level, const char *what)
{
    char text[320];

    (void)snprintf(text, sizeof text, "worker 0 (pid %d): %s", (int)pid, what);
    (void)await_line(&lines, level, text);
}

static void kill_running_job(mpool_pool *pool, const char *what)
{
    mpool_future *held = hold_worker(pool);
    pid_t pid = pid_of(pool);

    CHECK(kill(pid, SIGKILL) == 0);
    wait_free(held, MPOOL_CRASHED);
    says_of(pid, MPOOL_LOG_WARNING, what);
    AWAIT(stats_of(pool).workers_ready == 1);
}

/* A job that submits one that fails. */
MPOOL_FUNCTION(submit_refuse)
{
    return mpool_job_submit(job, &(mpool_task){.function = "refuse"}, "i", 7) != MPOOL_OK;
}

SCENARIO(log, of_a_job_that_went_wrong_and_has_no_future_says_why)
{
    mpool_pool *pool = open_with((mpool_pool_options){.workers = 1});

    run_one(pool, &(mpool_task){.function = "refuse"}, 6, MPOOL_FAILED);
    CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "refuse"}, NULL, "i", 5));
    (void)await_line(&lines, MPOOL_LOG_WARNING, "job 1 (refuse), whose result nobody gets, failed: no 5 today");
    run_one(pool, &(mpool_task){.function = "submit_refuse"}, 0, MPOOL_DONE);
    (void)await_line(&lines, MPOOL_LOG_WARNING, "job 3 (refuse), whose result nobody gets, failed: no 7 today");
    finish_pool(pool);
    CHECK_INT(count_lines(&lines, MPOOL_LOG_WARNING, ""), 2);
}

SCENARIO(log, of_a_finalizer_that_fails_says_why)
{
    mpool_pool *pool = open_with((mpool_pool_options){.workers = 1, .finalizer = "square"});

    still_works(pool);
    finish_pool(pool); /* its arguments are nil, which have no square */
    (void)await_line(&lines, MPOOL_LOG_WARNING, "its finalizer \"square\" failed: ");
    CHECK_INT(count_lines(&lines, MPOOL_LOG_WARNING, ""), 1);
    CHECK_INT(count_in_output("its finalizer \"square\" failed: "), 0); /* that is the host's, and stays its own */
}

SCENARIO(log, of_a_worker_that_died_says_how_and_which_job_pays)
{
    mpool_pool *pool = open_with((mpool_pool_options){.workers = 1});
    pid_t pid = pid_of(pool);

    says_of(pid, MPOOL_LOG_DEBUG, "started, generation 1");
    CHECK(kill(pid, SIGKILL) == 0);
    says_of(pid, MPOOL_LOG_WARNING, "was killed by SIGKILL (Killed) while it had nothing to do; no job is charged");
    AWAIT(stats_of(pool).workers_ready == 1 && pid_of(pool) != pid);
    says_of(pid_of(pool), MPOOL_LOG_DEBUG, "started, generation 2");
    kill_running_job(pool, "was killed by SIGKILL (Killed) while a job ran; job 0 (hold) is charged");
    pid = pid_of(pool);
    run_one(pool, &(mpool_task){.function = "crash"}, CRASH_EXIT_3, MPOOL_CRASHED);
    says_of(pid, MPOOL_LOG_WARNING, "exited with code 3 while a job ran; job 1 (crash) is charged");
    AWAIT(stats_of(pool).workers_ready == 1);
    pid = pid_of(pool);
    run_one(pool, &(mpool_task){.function = "hold", .timeout_ms = 20}, 0, MPOOL_TIMED_OUT);
    says_of(pid, MPOOL_LOG_WARNING,
            "was killed by SIGKILL (Killed), by the pool, for its job was over its limit; job 2 (hold) is charged");
    AWAIT(stats_of(pool).workers_ready == 1);
    pid = pid_of(pool);
    finish_pool(pool);
    says_of(pid, MPOOL_LOG_DEBUG, "exited with code 0, as it was meant to");
    CHECK_INT(count_lines(&lines, MPOOL_LOG_WARNING, ""), 4);
    CHECK_INT(count_lines(&lines, MPOOL_LOG_ERROR, ""), 0);
}

/* Gives 0 to 29. */
static mpool_err give_thirty(void *user, msgpack_packer *args, uint64_t *tag)
{
    int *next = user;

    *tag = 0;
    return *next < 30 ? mpool_pack(args, "i", (*next)++) : MPOOL_E_END;
}

/* A job that submits one that crashes, if its argument is 7. */
MPOOL_FUNCTION(submit_crash_at_7)
{
    int value;

    (void)result;
    if (mpool_unpack(args, "i", &value) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return value == 7 && mpool_job_submit(job, &(mpool_task){.function = "crash"}, "i", CRASH_EXIT_3) != MPOOL_OK;
}

/* Jobs before it have its pool's first numbers, so that an item's index is not its job's number. */
SCENARIO(log, of_a_death_for_an_item_says_which_it_is)
{
    mpool_pool *pool = open_with((mpool_pool_options){.workers = 1});
    const mpool_result *result;
    int items[30], next = 0;
    mpool_iter *iter;

    still_works(pool);
    CHECK_INT(stats_of(pool).jobs_submitted, 100);
    for (int i = 0; i < 30; i++)
        items[i] = i;
    CHECK_ERR(mpool_pool_map(pool, &(mpool_task){.function = "square_or_die", .item_format = "i"}, items, 30,
                             sizeof items[0], NULL, 0, NULL),
              MPOOL_E_JOB);
    (void)await_line(&lines, MPOOL_LOG_WARNING, "while a job ran; item 17 (job 117, square_or_die) is charged");
    CHECK_OK(
        mpool_pool_imap_unordered(pool, &(mpool_task){.function = "submit_crash_at_7"}, give_thirty, &next, &iter));
    while (mpool_iter_next(iter, LONG_MS, &result) == MPOOL_OK)
        CHECK_INT(result->status, result->child ? MPOOL_CRASHED : MPOOL_DONE);
    mpool_iter_free(iter);
    (void)await_line(&lines, MPOOL_LOG_WARNING, "exited with code 3 while a job ran; child of item 7 (job ");
    finish_pool(pool);
    CHECK_INT(count_lines(&lines, MPOOL_LOG_WARNING, ""), 2);
}

SCENARIO(log, of_an_initializer_that_fails_says_why_and_when_it_is_tried_again)
{
    const mpool_pool_options options = {
        .workers = 1, .initializer = "refuse_to_start", .log = keep_line, .log_user = &lines};
    mpool_pool *pool;

    CHECK_OK(mpool_init(NULL));
    CHECK_ERR(mpool_pool_open(&options, &pool), MPOOL_E_BROKEN);
    CHECK_INT(count_lines(&lines, MPOOL_LOG_WARNING, "did not start: "), 5);
    CHECK_INT(count_lines(&lines, MPOOL_LOG_WARNING, "\"refuse_to_start\" failed: the database is not there"), 5);
    for (int i = 0; i < 4; i++) {
        char wait[64];

        (void)snprintf(wait, sizeof wait, "; the next try is in %d ms", 100 << i);
        CHECK_INT(count_lines(&lines, MPOOL_LOG_WARNING, wait), 1);
    }
    CHECK_INT(count_lines(&lines, MPOOL_LOG_ERROR, "the pool is broken: "), 1);
    CHECK_INT(count_lines(&lines, MPOOL_LOG_ERROR, "the database is not there"), 1);
    CHECK_INT(atomic_load(&lines.count), 6);
    mpool_fini();
}

SCENARIO(log, of_workers_that_are_replaced_says_why)
{
    const mpool_pool_options small = {.workers = 1, .worker_max_bytes = 1, .log = keep_line, .log_user = &lines};
    mpool_pool *pool = open_with((mpool_pool_options){.workers = 1, .worker_max_jobs = 2});
    pid_t pid = pid_of(pool);

    still_works(pool);
    says_of(pid, MPOOL_LOG_DEBUG, "exited with code 0, as it was meant to");
    CHECK(find_line(&lines, 0, MPOOL_LOG_INFO, "is replaced: it has been sent its number of jobs") >= 0);
    mpool_pool_free(pool);
    pool = open_another(
        &(mpool_pool_options){.workers = 1, .worker_max_age_ms = 20, .log = keep_line, .log_user = &lines});
    (void)await_line(&lines, MPOOL_LOG_INFO, "is replaced: it is old");
    mpool_pool_free(pool);
    pool = open_another(&small);
    run_one(pool, &(mpool_task){.function = "square"}, 1, MPOOL_DONE);
    (void)await_line(&lines, MPOOL_LOG_INFO, "is replaced: it has too much memory");
    mpool_pool_free(pool);
    CHECK_INT(count_lines(&lines, MPOOL_LOG_WARNING, ""), 0);
    mpool_fini();
}

SCENARIO(log, of_a_pool_that_changes_its_size_says_so)
{
    const mpool_pool_options adapts = {
        .workers = 2, .workers_least = 1, .worker_idle_ms = 20, .log = keep_line, .log_user = &lines};
    mpool_pool *pool = open_with((mpool_pool_options){.workers = 1, .workers_most = 2});
    mpool_future *held[6];

    CHECK_OK(mpool_pool_resize(pool, 2));
    (void)await_line(&lines, MPOOL_LOG_INFO, "resized to 2 workers");
    AWAIT(stats_of(pool).workers_ready == 2);
    CHECK_OK(mpool_pool_resize(pool, 1));
    (void)await_line(&lines, MPOOL_LOG_DEBUG, "goes: it is one too many");
    mpool_pool_free(pool);
    pool = open_another(&adapts);
    for (int i = 0; i < 6; i++)
        held[i] = submit(pool, &(mpool_task){.function = "hold"}, 0);
    (void)await_line(&lines, MPOOL_LOG_DEBUG, "grown from 1 to 2 workers");
    open_gate();
    for (int i = 0; i < 6; i++)
        wait_free(held[i], MPOOL_DONE);
    (void)await_line(&lines, MPOOL_LOG_DEBUG, "shrunk from 2 to 1 workers");
    (void)await_line(&lines, MPOOL_LOG_DEBUG, "goes: it has idled for long");
    finish_pool(pool);
}

SCENARIO(log, of_a_pool_that_breaks_says_why)
{
    mpool_pool *pool = open_with((mpool_pool_options){.workers = 2});

    CHECK(kill(fork_server(), SIGKILL) == 0);
    (void)await_line(&lines, MPOOL_LOG_ERROR, "the pool is broken: the fork server is gone");
    close_pool(pool);
    CHECK_INT(count_lines(&lines, MPOOL_LOG_ERROR, ""), 1);
}

/* A child of ours stops us, and lets us go on. */
static void stop_for(int64_t ms)
{
    pid_t child = fork();
    int status;

    CHECK(child >= 0);
    if (child == 0) {
        (void)kill(getppid(), SIGSTOP);
        let_pass(ms);
        (void)kill(getppid(), SIGCONT);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

SCENARIO(log, of_a_host_that_was_stopped_says_for_how_long)
{
    mpool_pool *pool = open_with((mpool_pool_options){.workers = 1});
    mpool_future *held = submit(pool, &(mpool_task){.function = "hold", .timeout_ms = 500}, 0);
    unsigned at;
    int64_t ms;

    AWAIT(atomic_load(&board->held) == 1);
    stop_for(3000);
    at = await_line(&lines, MPOOL_LOG_WARNING, "the clock of limits stood still for ");
    CHECK(sscanf(lines.lines[at].text, "the clock of limits stood still for %" SCNd64 " ms", &ms) == 1);
    CHECK(ms > 2000 && ms < LONG_MS);
    wait_free(held, MPOOL_TIMED_OUT);
    finish_pool(pool);
}

/* ---- the hook ---------------------------------------------------------------------------------------------------- */

static atomic_bool blocked, go;

/* Blocks in its first line. */
static void block_and_keep(void *user, mpool_log_level level, const char *text)
{
    while (!atomic_load(&go)) {
        atomic_store(&blocked, true);
        nap();
    }
    keep_line(user, level, text);
}

/* What the supervisor has been asked for before a job it knows of when the job is done. */
static void resize_and_work(mpool_pool *pool, int times)
{
    for (int i = 0; i < times; i++) {
        CHECK_OK(mpool_pool_resize(pool, 1));
        run_one(pool, &(mpool_task){.function = "square"}, i, MPOOL_DONE);
    }
}

SCENARIO(log, a_hook_that_blocks_holds_up_no_job_and_lines_that_are_lost_are_counted)
{
    enum { KEPT = 1024, LOST = 300 };
    mpool_pool *pool = open_with((mpool_pool_options){.workers = 1, .log = block_and_keep});
    int at;

    AWAIT(atomic_load(&blocked));
    resize_and_work(pool, KEPT + LOST);
    CHECK_INT(atomic_load(&lines.count), 0);
    atomic_store(&go, true);
    AWAIT(atomic_load(&lines.count) >= 1 + KEPT);
    resize_and_work(pool, 1);
    finish_pool(pool);
    CHECK_INT(count_lines(&lines, MPOOL_LOG_INFO, "resized to 1 workers"), KEPT + 1);
    CHECK_INT(count_lines(&lines, MPOOL_LOG_WARNING, ""), 1);
    at = find_line(&lines, 0, MPOOL_LOG_WARNING, "300 lines were lost");
    CHECK_INT(at, 1 + KEPT);
    CHECK(find_line(&lines, (unsigned)at, MPOOL_LOG_INFO, "resized to 1 workers") == at + 1);
}

static _Atomic(mpool_pool *) own_pool;
static atomic_int used;

static void use_pool(void *user, mpool_log_level level, const char *text)
{
    mpool_pool *pool = atomic_load(&own_pool);

    keep_line(user, level, text);
    if (level != MPOOL_LOG_WARNING)
        return;
    CHECK(stats_of(pool).workers_started >= 1);
    run_one(pool, &(mpool_task){.function = "square"}, 3, MPOOL_DONE);
    atomic_fetch_add(&used, 1);
}

SCENARIO(log, a_hook_may_use_its_pool)
{
    mpool_pool *pool = open_with((mpool_pool_options){.workers = 1, .log = use_pool});

    atomic_store(&own_pool, pool);
    for (int i = 1; i <= 3; i++) {
        CHECK(kill(pid_of(pool), SIGKILL) == 0);
        AWAIT(atomic_load(&used) == i);
        AWAIT(stats_of(pool).workers_ready == 1);
    }
    finish_pool(pool);
}

/* How many threads of ours have that name. */
static unsigned threads_called(const char *name)
{
    DIR *directory = opendir("/proc/self/task");
    const struct dirent *entry;
    unsigned count = 0;

    CHECK(directory != NULL);
    while ((entry = readdir(directory)) != NULL) {
        char path[300], text[32] = "";
        FILE *file;

        (void)snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        file = fopen(path, "re");
        if (file == NULL)
            continue;
        count += fgets(text, sizeof text, file) != NULL && strncmp(text, name, strlen(name)) == 0;
        (void)fclose(file);
    }
    (void)closedir(directory);
    return count;
}

static void keep_slowly(void *user, mpool_log_level level, const char *text)
{
    sigset_t blocked_here;

    let_pass(5);
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &blocked_here) == 0 && sigismember(&blocked_here, SIGTERM) == 1);
    keep_line(user, level, text);
}

SCENARIO(log, is_told_to_its_end_and_not_beyond)
{
    mpool_pool *pool;
    unsigned threads, told;

    CHECK_OK(mpool_init(NULL));
    mpool_pool_free(open_another(&(mpool_pool_options){.workers = 1}));
    threads = count_threads(); /* nng's stay */
    CHECK_INT(threads_called("mpool-log"), 0);
    pool = open_another(&(mpool_pool_options){.workers = 4, .log = keep_slowly, .log_user = &lines});
    AWAIT(threads_called("mpool-log") == 1);
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    mpool_pool_free(pool);
    told = atomic_load(&lines.count);
    CHECK_INT(count_lines(&lines, MPOOL_LOG_DEBUG, "started, generation 1"), 4);
    CHECK_INT(count_lines(&lines, MPOOL_LOG_DEBUG, "exited with code 0, as it was meant to"), 4);
    AWAIT(count_threads() == threads);
    let_pass(50);
    CHECK_INT(atomic_load(&lines.count), told);
    mpool_fini();
}
