/*
 * tests/kill/mode.c - one pool, its jobs, and the killing of its workers
 *
 * The jobs come in rounds. A round is as many jobs as fit, and then a time in which the queue is dry, so that idle
 * workers are killed too. The pace of the killing follows that of the jobs, so that a slow machine sees as many kills
 * for its jobs as a fast one.
 */
#include "tests/kill/mode.h"

#include "tests/kill/books.h"
#include "tests/kill/killer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WORKERS 6
#define ROUNDS 20
#define DRY_SHARE 5 /* of the kills, one in so many comes while the queue is dry */
/*
 * A worker is ready after 35 ms, and one of six is killed each time: were they killed much faster, none would ever be
 * ready, and the pool would call itself broken.
 */
#define SHORTEST_PAUSE_US 25000

#define LONG_MS 60000
#define LEAST_PERCENT 5 /* of the kills, in each class */

struct round {
    const mpool_task *task;
    uint32_t next, end; /* the jobs */
};

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void nap(void)
{
    const struct timespec pause = {.tv_nsec = 1000000};

    (void)nanosleep(&pause, NULL);
}

static uint64_t deaths(const mpool_pool_stats *stats)
{
    return stats->deaths_claimed + stats->deaths_unstarted + stats->deaths_uncommitted + stats->deaths_idle +
           stats->deaths_startup + stats->deaths_ours;
}

/* What the pool was at when a wait was in vain. */
static void must_come(mpool_pool *pool, mpool_err err, const char *what)
{
    mpool_pool_stats stats;
    pid_t pids[WORKERS];
    size_t count;

    if (err == MPOOL_OK)
        return;
    must(mpool_pool_stats_read(pool, &stats), "statistics");
    must(mpool_pool_pids(pool, pids, WORKERS, &count), "the workers' process ids");
    (void)printf("%u of %u workers ready; jobs: %" PRIu64 " submitted, %" PRIu64 " ended, %" PRIu64 " running; %" PRIu64
                 " started, %" PRIu64 " dead, %" PRIu64 " of them by the pool\nworkers:",
                 stats.workers_ready, stats.workers, stats.jobs_submitted, stats.jobs_ended, stats.jobs_running,
                 stats.workers_started, deaths(&stats), stats.deaths_ours);
    for (size_t i = 0; i < count; i++)
        (void)printf(" %d", (int)pids[i]);
    (void)printf("\n");
    (void)fflush(stdout);
    must(err, what);
}

/* ---- jobs -------------------------------------------------------------------------------------------------------- */

static mpool_err generate(void *user, msgpack_packer *args, uint64_t *tag)
{
    struct round *round = user;

    if (round->next == round->end)
        return MPOOL_E_END;
    *tag = round->next;
    return mpool_pack(args, "i", (int)round->next++);
}

/* As one iterator: large frames. */
static void iterate(mpool_pool *pool, struct round *round, bool retried)
{
    const mpool_result *result;
    mpool_iter *iter;
    mpool_err err;

    must(mpool_pool_imap_unordered(pool, round->task, generate, round, &iter), "imap_unordered");
    while ((err = mpool_iter_next(iter, LONG_MS, &result)) == MPOOL_OK)
        books_enter(result, retried);
    if (err != MPOOL_E_END)
        must_come(pool, err, "the next result");
    mpool_iter_free(iter);
}

/* One by one, as futures. */
static void submit(mpool_pool *pool, struct round *round, bool retried)
{
    uint32_t count = round->end - round->next;
    mpool_future **futures = calloc(count, sizeof(mpool_future *));
    const mpool_result *result;

    if (futures == NULL)
        die("no memory");
    for (uint32_t i = 0; i < count; i++) {
        mpool_task task = *round->task;

        task.tag = round->next + i;
        must(mpool_pool_submit(pool, &task, &futures[i], "i", (int)(round->next + i)), "submit");
    }
    for (uint32_t i = 0; i < count; i++) {
        must_come(pool, mpool_future_wait(futures[i], LONG_MS, &result), "the wait for a job");
        books_enter(result, retried);
        mpool_future_free(futures[i]);
    }
    free(futures);
}

/* ---- kills ------------------------------------------------------------------------------------------------------- */

static void wait_for_kills(struct killer *killer, uint32_t kills)
{
    int64_t until_ms = now_ms() + LONG_MS;

    while (atomic_load(&killer->kills) < kills)
        if (nap(), now_ms() > until_ms)
            die("nobody can be killed any more");
}

/* Each kill has to be noticed, and to be counted once. */
static mpool_pool_stats count_deaths(mpool_pool *pool, uint32_t kills)
{
    int64_t until_ms = now_ms() + LONG_MS;
    mpool_pool_stats stats;

    must(mpool_pool_stats_read(pool, &stats), "statistics");
    while (deaths(&stats) < kills && now_ms() < until_ms) {
        nap();
        must(mpool_pool_stats_read(pool, &stats), "statistics");
    }
    if (deaths(&stats) != kills || stats.deaths_ours != 0)
        die("%u workers were killed; %" PRIu64 " deaths were counted, %" PRIu64 " by the pool itself", (unsigned)kills,
            deaths(&stats), stats.deaths_ours);
    return stats;
}

static bool report_class(const char *name, uint64_t deaths, uint32_t kills)
{
    (void)printf("%-12s %6" PRIu64 "  %4.1f %%\n", name, deaths, 100.0 * (double)deaths / kills);
    return deaths * 100 >= (uint64_t)kills * LEAST_PERCENT;
}

static void report(const struct mode *mode, const mpool_pool_stats *stats, uint32_t kills, int64_t took_ms)
{
    bool enough = report_class("claimed", stats->deaths_claimed, kills);

    enough = report_class("unstarted", stats->deaths_unstarted, kills) && enough;
    enough = report_class("uncommitted", stats->deaths_uncommitted, kills) && enough;
    enough = report_class("idle", stats->deaths_idle, kills) && enough;
    enough = report_class("startup", stats->deaths_startup, kills) && enough;
    (void)printf("%-12s %6u, %.0f kills/s, %.0f jobs/s, %.1f s, %" PRIu64 " recalls, %" PRIu64 " stale results\n",
                 "kills", (unsigned)kills, 1000.0 * kills / (double)took_ms, 1000.0 * mode->jobs / (double)took_ms,
                 (double)took_ms / 1000, stats->recalls, stats->stale_results);
    (void)fflush(stdout);
    if (!enough)
        die("a class of deaths has less than %d %% of the kills: this run says nothing about it", LEAST_PERCENT);
}

/* ---- the mode ---------------------------------------------------------------------------------------------------- */

static void run_rounds(const struct mode *mode, mpool_pool *pool, struct killer *killer)
{
    const mpool_collect collect = {.total = "collected", .field = "value"};
    const mpool_task task = {.function = "kill_job",
                             .retries = mode->retried ? 1000000 : 0,
                             .crash_limit = 1000000,
                             .collect = &collect,
                             .collect_count = 1};
    uint32_t busy_kills = mode->kills / ROUNDS - mode->kills / ROUNDS / DRY_SHARE;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct round round = {.task = &task,
                              .next = (uint32_t)((uint64_t)mode->jobs * i / ROUNDS),
                              .end = (uint32_t)((uint64_t)mode->jobs * (i + 1) / ROUNDS)};
        uint32_t dry_kills = mode->kills / ROUNDS / DRY_SHARE,
                 quota = (uint32_t)((uint64_t)mode->kills * (i + 1) / ROUNDS);
        int64_t began_ms = now_ms(), pause_us;

        if (i % 2 == 0)
            iterate(pool, &round, mode->retried);
        else
            submit(pool, &round, mode->retried);
        pause_us = (now_ms() - began_ms) * 1000 / (busy_kills > 0 ? busy_kills : 1);
        atomic_store(&killer->pause_us, pause_us > SHORTEST_PAUSE_US ? pause_us : SHORTEST_PAUSE_US);
        dry_kills += atomic_load(&killer->kills);
        wait_for_kills(killer, dry_kills > quota ? dry_kills : quota);
    }
}

void mode_run(const struct mode *mode)
{
    const mpool_pool_options options = {.workers = WORKERS};
    mpool_total *totals[BOOKS_TOTALS];
    mpool_pool_stats stats;
    struct killer killer;
    mpool_pool *pool;
    int64_t began_ms = now_ms();

    (void)printf("== %s: %u jobs, seed %" PRIu64 "\n", mode->name, (unsigned)mode->jobs, mode->seed);
    (void)fflush(stdout);
    books_begin();
    must(mpool_pool_open(&options, &pool), "pool_open");
    books_totals(pool, totals);
    killer_start(&killer, pool, mode->seed);
    run_rounds(mode, pool, &killer);
    killer_stop(&killer);
    stats = count_deaths(pool, atomic_load(&killer.kills));
    report(mode, &stats, atomic_load(&killer.kills), now_ms() - began_ms);
    books_close(&stats, totals, mode->retried);
    must(mpool_pool_close(pool), "close");
    must(mpool_pool_join(pool, LONG_MS), "join");
    mpool_pool_free(pool);
}
