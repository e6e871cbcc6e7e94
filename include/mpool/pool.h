/*
 * mpool/pool.h - the pool: jobs in, results out
 *
 * A pool has a number of worker processes and a supervisor thread that keeps them busy, notices every death, and
 * commits each result exactly once. The supervisor thread runs no code of the program's.
 *
 * A process that was forked from the host after mpool_init() gets MPOOL_E_FORKED from every call here.
 */
#ifndef MPOOL_POOL_H
#define MPOOL_POOL_H

#include <mpool/init.h>
#include <mpool/result.h>
#include <mpool/task.h>
#include <mpool/total.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct mpool_future mpool_future;
typedef struct mpool_iter mpool_iter;

/* The most workers of a pool. */
#define MPOOL_WORKERS_MAX 1024

/* So much of what a worker has printed last is kept, in bytes. */
#define MPOOL_OUTPUT_TAIL_BYTES 4096

/* ---- the pool ---------------------------------------------------------------------------------------------------- */

/* Where what job functions and the processes they start print goes: stdout and stderr. Numbers never change. */
typedef enum mpool_output {
    MPOOL_OUTPUT_TAIL = 0, /* into a pipe for each worker: its end is kept for when a job fails. stdout is buffered by
                                 lines, so that what a crash leaves behind is whole. */
    MPOOL_OUTPUT_INHERIT = 1, /* to where they went in the host at mpool_init() */
} mpool_output;

/* How much a line of a pool's log matters. Numbers never change. */
typedef enum mpool_log_level {
    MPOOL_LOG_ERROR = 0,   /* something is broken: the pool, or a worker's memory */
    MPOOL_LOG_WARNING = 1, /* something went wrong: a worker died, or does not start; or a job did whose result nobody
                              gets, since it was submitted without a future and a callback, or by such a job */
    MPOOL_LOG_INFO = 2,    /* what was asked for: a worker is replaced, the pool was resized */
    MPOOL_LOG_DEBUG = 3,   /* all else: workers come and go */
} mpool_log_level;

/*
 * Called with each line that a pool has to say: what it does by itself, and nobody would see otherwise. It runs on a
 * thread of its own, "mpool-log", with all signals blocked, one line at a time in the order in which things happened,
 * from within mpool_pool_open() on until mpool_pool_free(), which waits until it has had all lines. No lock of mpool's
 * is held, and no job waits for it: it may block, and call any function of mpool but mpool_pool_free() for its own
 * pool. While it is busy 1,024 lines are kept; those that are lost beyond that are counted, and "7 lines were lost"
 * stands in their place.
 *
 * user      in   mpool_pool_options.log_user
 * text      in   one line, without its end, "worker 3 (pid 4711): ..."; it is for people, and may change. Valid until
 *                the hook returns.
 */
typedef void mpool_log(void *user, mpool_log_level level, const char *text);

/* All zero means the defaults. */
typedef struct mpool_pool_options {
    unsigned workers;         /* default mpool_cpu_count() */
    unsigned workers_least;   /* with so many the pool begins, and has up to `workers` while jobs wait and all are busy;
                                 default: `workers`, always */
    unsigned workers_most;    /* the most that mpool_pool_resize() can ask for; default `workers` */
    int64_t worker_idle_ms;   /* with workers_least: a worker that idles for so long goes; default 10,000 */
    size_t queue_jobs;        /* jobs that may be queued or running before a submit waits; default 131,072 */
    int64_t start_timeout_ms; /* from fork to ready, for one worker, the initializer included; default 10,000 */
    int64_t room_timeout_ms;  /* how long a job with a result over 1 MiB waits while results that nobody takes fill the
                                 shared memory; then it fails. It begins anew with each that is. Default 60,000 */

    /*
     * Registered functions that each worker calls on its main thread: `initializer` before it is ready, `finalizer`
     * when it is told to go (not when it is killed; it has five seconds). They get setup_args, a msgpack value of
     * setup_size bytes (NULL: nil), and may call mpool_job_fail(); results and totals are dropped. A worker whose
     * initializer fails or crashes did not start: the pool tries again, slower and slower, and breaks after five
     * failures in a row with no worker up.
     */
    const char *initializer;
    const char *finalizer;
    const void *setup_args;
    size_t setup_size;

    mpool_output output; /* default MPOOL_OUTPUT_TAIL */

    /* When a worker is replaced by a fresh one, which starts before the old one goes. Each 0: never. */
    uint64_t worker_max_jobs;   /* it has been sent so many */
    int64_t worker_max_age_ms;  /* it was ready so long ago */
    size_t worker_max_bytes;    /* it has more resident memory; looked at ten times a second at most, after a job */
    unsigned worker_max_jitter; /* per cent of jobs and age, at most, that are taken off at random; 0 to 100 */

    mpool_log *log; /* told what the pool does by itself; NULL: nobody is */
    void *log_user; /* for it */
} mpool_pool_options;

/*
 * mpool_pool_open - start workers and the supervisor thread
 *
 * options   in   NULL for the defaults; not kept
 * pool      out  set on MPOOL_OK only; release with mpool_pool_free()
 *
 * Returns when the first worker is ready; or when five in a row could not start, each within start_timeout_ms, with a
 * second or two of pauses between them.
 * Errors: MPOOL_E_NOINIT, MPOOL_E_FORKED, MPOOL_E_NESTED, MPOOL_E_IDENTITY, MPOOL_E_INVAL, MPOOL_E_NOMEM,
 * MPOOL_E_SYSTEM,
 *         MPOOL_E_NOFUNC (initializer, finalizer), MPOOL_E_FORMAT (setup_args), MPOOL_E_TOOBIG (more than 8 MiB
 *         of it),
 *         MPOOL_E_BROKEN (no worker could start; mpool_error_detail() says how the last one died, or why its
 *         initializer failed).
 * Calls:  any thread of the host.
 */
MPOOL_API mpool_err mpool_pool_open(const mpool_pool_options *options, mpool_pool **pool);

/*
 * mpool_pool_resize - have another number of workers
 *
 * workers   in   1 to the workers_most that the pool was opened with; with workers_least it is the most there will be
 *
 * Workers that are too many go when they have done the jobs they have. Does not wait.
 * Errors: MPOOL_E_INVAL, MPOOL_E_CLOSED, MPOOL_E_BROKEN. Calls: any thread of the host.
 */
MPOOL_API mpool_err mpool_pool_resize(mpool_pool *pool, unsigned workers);

/*
 * mpool_pool_pause - have a pool stand still, mpool_pool_resume - and go on
 *
 * As ^Z does with a program: workers get SIGTSTP, and SIGCONT when it goes on. No job is begun meanwhile, none of the
 * pool's clocks runs - time limits, delays, back-off -, and no result comes. mpool_pool_pause() returns when the pool
 * stands still; its workers stop a moment later. So a host that is stopped itself behind it, and goes on before
 * mpool_pool_resume(), finds everything as it was. A job that ignores SIGTSTP runs on, and so do processes that a job
 * has started, in time that is not counted; a handler of the job's can stop these, before it raises SIGSTOP.
 *
 * Everything else can be called meanwhile, and has its effect afterwards; but a pool that is terminated or freed does
 * not stand still any more. Calls: any thread of the host; again is allowed.
 */
MPOOL_API mpool_err mpool_pool_pause(mpool_pool *pool);
MPOOL_API mpool_err mpool_pool_resume(mpool_pool *pool);

/*
 * mpool_pool_close - take no more jobs; those submitted are run to their end. Does not wait.
 *
 * Calls: any thread of the host; again is allowed.
 */
MPOOL_API mpool_err mpool_pool_close(mpool_pool *pool);

/*
 * mpool_pool_drain - take no more jobs, cancel those that have not begun; the running ones come to their end
 *
 * A job that fails meanwhile is not tried again. Does not wait. Calls: any thread of the host; again is allowed.
 */
MPOOL_API mpool_err mpool_pool_drain(mpool_pool *pool);

/*
 * mpool_pool_join - wait until a closed, drained or terminated pool has ended all its jobs and workers
 *
 * Then runs the callbacks that are left, and waits for those that run on other threads.
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_INVAL (the pool takes jobs still), MPOOL_E_BROKEN (it ended broken).
 * Calls:  any thread of the host.
 */
MPOOL_API mpool_err mpool_pool_join(mpool_pool *pool, int64_t timeout_ms);

/*
 * mpool_pool_terminate - take no more jobs, kill the workers; what is not done ends as cancelled. Does not wait.
 *
 * Calls: any thread of the host; again is allowed.
 */
MPOOL_API mpool_err mpool_pool_terminate(mpool_pool *pool);

/*
 * mpool_pool_free - terminate a pool that has not ended, wait for its end, and release it with its totals
 *
 * Runs the callbacks that are left. Futures and iterators stay valid until they are freed themselves; the pool's file
 * descriptor is closed. NULL is allowed. Calls: any thread of the host, when no other thread uses the pool.
 */
MPOOL_API void mpool_pool_free(mpool_pool *pool);

/* ---- jobs -------------------------------------------------------------------------------------------------------- */

/*
 * mpool_pool_submit - queue one job
 *
 * task      in   function, limits; copied before return
 * future    out  set on MPOOL_OK; NULL if the result is not wanted; release with mpool_future_free()
 * format    in   the arguments, as for mpool_pack(); NULL for nil
 *
 * Waits for room in the queue, and for room in shared memory if they are over 1 MiB, unless task->nowait.
 * Errors: MPOOL_E_NOFUNC, MPOOL_E_FORMAT, MPOOL_E_TOOBIG (more than MPOOL_ARGS_MAX or their share), MPOOL_E_FULL,
 *         MPOOL_E_NOTFOUND (a total in collect), MPOOL_E_INVAL (a part of the task that cannot be), MPOOL_E_CLOSED,
 *         MPOOL_E_BROKEN, MPOOL_E_NOMEM; on error nothing was queued.
 * Calls:  any thread of the host; not a worker, not a signal handler.
 */
MPOOL_API mpool_err mpool_pool_submit(mpool_pool *pool, const mpool_task *task, mpool_future **future,
                                      const char *format, ...);

/*
 * mpool_pool_apply - run one job, and wait for its end
 *
 * future    out  it is done, and holds the result; NULL if nothing was queued; release with mpool_future_free()
 * result    out  set on MPOOL_OK, if not NULL; belongs to the future
 * format    in   as for mpool_pool_submit()
 *
 * MPOOL_OK says that the job has ended; how it ended is in (*result)->status, and mpool_result_unpack() refuses a job
 * that is not done.
 * Errors: as mpool_pool_submit(); on error nothing was queued. MPOOL_E_INVAL (future is NULL). If the job has ended and
 *         there was no memory for its value, MPOOL_E_NOMEM, and `future` is set: mpool_future_wait() takes it.
 * Calls:  any thread of the host.
 */
MPOOL_API mpool_err mpool_pool_apply(mpool_pool *pool, const mpool_task *task, mpool_future **future,
                                     const mpool_result **result, const char *format, ...);

/*
 * mpool_future_wait - wait until the job has ended, and its callback, if it has one, has returned
 *
 * result    out  set on MPOOL_OK, if not NULL; belongs to the future
 *
 * A callback that is due is run here. Inside of a callback, its own job's future is done. A value over 1 MiB is copied
 * out of shared memory by the first call with `result`, or for the callback, and not before: until then, or until the
 * future is freed, it takes room there.
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_INVAL (future is NULL), MPOOL_E_NOMEM (for that copy; try again). How the job ended
 *         is in result->status.
 * Calls:  any thread of the host; several at a time, but one at a time uses the result.
 */
MPOOL_API mpool_err mpool_future_wait(mpool_future *future, int64_t timeout_ms, const mpool_result **result);

/*
 * mpool_future_done - would mpool_future_wait() return at once?
 *
 * A callback that is due is run here. Calls: any thread of the host; false in any other process.
 */
MPOOL_API bool mpool_future_done(mpool_future *future);

/* What mpool_wait() waits for, in the words of Python's concurrent.futures. */
typedef enum mpool_return_when {
    MPOOL_ALL_COMPLETED = 0,
    MPOOL_FIRST_COMPLETED = 1, /* one has ended, whatever its end */
    MPOOL_FIRST_EXCEPTION = 2, /* one has ended as something else than done; or all have ended */
} mpool_return_when;

/*
 * mpool_wait - wait for some of the futures' jobs
 *
 * futures   in   `count`, of any pools; NULL ones are passed over
 * done      out  `count` of them: is this one done (for a NULL one: false)? Set on MPOOL_OK and MPOOL_E_TIMEOUT; NULL
 *                if not wanted. More can be done than what was waited for.
 *
 * A future is done when mpool_future_wait() would return at once; callbacks of the futures are run here. Its cost grows
 * with count: to take the results of thousands of jobs one by one, use callbacks or mpool_pool_imap_unordered().
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_END (MPOOL_FIRST_COMPLETED of no future), MPOOL_E_INVAL (when; futures is NULL),
 *         MPOOL_E_NOMEM.
 * Calls:  any thread of the host.
 */
MPOOL_API mpool_err mpool_wait(mpool_future *const *futures, size_t count, mpool_return_when when, int64_t timeout_ms,
                               bool *done);

/*
 * mpool_future_cancel - the job is not wanted any more
 *
 * grace_ms  in   a job that runs is asked to stop (mpool_job_cancelled() is true); its worker is killed after so many
 *                milliseconds if it does not; 0: at once
 *
 * A job that has not begun ends at once. Whatever its attempt came to, it is not tried again. A result that comes first
 * counts, so that the job can end as done all the same. Does not wait; again is allowed.
 * Errors: MPOOL_E_INVAL (grace_ms), MPOOL_E_NOMEM. Calls: any thread of the host.
 */
MPOOL_API mpool_err mpool_future_cancel(mpool_future *future, int64_t grace_ms);

/* mpool_future_free - release; the job of an unfinished one goes on without it, to its callback. NULL is allowed. */
MPOOL_API void mpool_future_free(mpool_future *future);

/*
 * mpool_pool_dispatch - run the callbacks that are due; if none is, wait for one
 *
 * MPOOL_OK says that callbacks have been run, or other threads were faster. Those that fall due meanwhile are left for
 * the next call.
 * Errors: MPOOL_E_TIMEOUT, MPOOL_E_END (no job with a callback is there: none waits, none runs, and no callback runs on
 *         another thread). So a program with one thread can call it until it says MPOOL_E_END.
 * Calls:  any thread of the host; several at a time; also inside of a callback, which does not wait for itself.
 */
MPOOL_API mpool_err mpool_pool_dispatch(mpool_pool *pool, int64_t timeout_ms);

/*
 * mpool_pool_fd - a file descriptor that is readable while there is something to take, for poll() and its like
 *
 * fd        out  set on MPOOL_OK; the pool's, and the same each time: to be polled, and not to be read or closed
 *
 * It is readable (POLLIN, level-triggered) exactly while a job has ended and nobody was told:
 *
 *     with a callback       the callback has not begun; mpool_pool_dispatch() begins it
 *     without one           no call of mpool_future_wait(), mpool_wait() or mpool_future_done() has found it done, and
 *                           its future is not freed. If a thread waits for it when it ends, that one is told.
 *
 * Jobs without a callback and without a future do not count, nor do those of a map or an iterator. It is the telling
 * that makes it unreadable again. Where other threads take results too, it may be unreadable by the time one looks:
 * so look with a timeout of 0.
 * Errors: MPOOL_E_SYSTEM. Calls: any thread of the host.
 */
MPOOL_API mpool_err mpool_pool_fd(mpool_pool *pool, int *fd);

/*
 * mpool_pool_map - run a function over an array, and wait for all
 *
 * task      in   item_format and result_format are NULL (a C struct: its bytes travel as msgpack bin) or one of
 *                "i" int, "I" int64_t, "U" uint64_t, "d" double, "b" bool, "s" const char * (items only)
 * items     in   `count` items of `item_size` bytes
 * results   out  `count` of `result_size` bytes; NULL if not wanted. A job that is not done leaves its place untouched.
 * statuses  out  `count` statuses; NULL if not wanted
 *
 * Jobs that its jobs submit (mpool/job.h) are waited for, too; what they give has no place.
 * Errors: MPOOL_E_JOB (some job is not done; the others' results stand; mpool_error_detail() tells of the one that was
 *         the first to end so), MPOOL_E_FORMAT (a result has another shape), those of mpool_pool_submit().
 * Calls:  any thread of the host; several at a time.
 */
MPOOL_API mpool_err mpool_pool_map(mpool_pool *pool, const mpool_task *task, const void *items, size_t count,
                                   size_t item_size, void *results, size_t result_size, mpool_status *statuses);

/*
 * Gives the arguments of the next job: packs exactly one value, and returns MPOOL_OK; or packs nothing, and returns
 * MPOOL_E_END after the last, MPOOL_E_TIMEOUT if there is nothing yet (it has waited a little, and will be asked
 * again), MPOOL_E_FULL if there is nothing before another of its results is taken (an error if all of them were), or
 * another error to stop the iteration. Runs on the thread inside mpool_iter_next().
 *
 * tag       out  comes back with the job's result
 */
typedef mpool_err mpool_generator(void *user, msgpack_packer *args, uint64_t *tag);

/*
 * mpool_pool_imap_unordered - run a function over what a generator gives; results come as they complete
 *
 * user      in   for the generator
 * iter      out  set on MPOOL_OK; release with mpool_iter_free()
 *
 * At most 65,536 jobs are ahead of the results taken, and 16 MiB of arguments, or as many jobs as there are workers and
 * one more: so memory stays bounded however many there are.
 * Errors: as mpool_pool_submit(), but that the pool is closed or broken, which mpool_iter_next() says.
 * Calls:  any thread of the host; an iterator is used by one thread at a time.
 */
MPOOL_API mpool_err mpool_pool_imap_unordered(mpool_pool *pool, const mpool_task *task, mpool_generator *generator,
                                              void *user, mpool_iter **iter);

/*
 * mpool_pool_imap - likewise; the results come in the order of the items
 *
 * As many jobs as there may be ahead go on behind a slow one, and their results wait for it.
 */
MPOOL_API mpool_err mpool_pool_imap(mpool_pool *pool, const mpool_task *task, mpool_generator *generator, void *user,
                                    mpool_iter **iter);

/*
 * mpool_iter_next - the next result
 *
 * result    out  set on MPOOL_OK; valid until the next call
 *
 * Errors: MPOOL_E_END (all have been given), MPOOL_E_TIMEOUT, MPOOL_E_GENERATOR (the generator failed; the results of
 * the
 *         jobs it gave before come first), MPOOL_E_FORMAT or MPOOL_E_TOOBIG (what it packed), MPOOL_E_CLOSED,
 *         MPOOL_E_BROKEN (after the results of what was submitted).
 * Calls:  the thread that owns the iterator.
 */
MPOOL_API mpool_err mpool_iter_next(mpool_iter *iter, int64_t timeout_ms, const mpool_result **result);

/* mpool_iter_stop - ask the generator no more: what is submitted comes to its end, then MPOOL_E_END. */
MPOOL_API void mpool_iter_stop(mpool_iter *iter);

/*
 * mpool_iter_cancel - ask the generator no more, and cancel what is submitted, as mpool_future_cancel() does
 *
 * The results come as ever, most of them as cancelled; then MPOOL_E_END.
 * Errors: as mpool_future_cancel(). Calls: the thread that owns the iterator.
 */
MPOOL_API mpool_err mpool_iter_cancel(mpool_iter *iter, int64_t grace_ms);

/* mpool_iter_free - release; jobs that have been submitted go on without it. NULL is allowed. */
MPOOL_API void mpool_iter_free(mpool_iter *iter);

/* ---- looking at a pool ------------------------------------------------------------------------------------------- */

/* What has happened so far. Deaths are sorted by what the worker was doing. */
typedef struct mpool_pool_stats {
    unsigned workers;       /* that are wanted now */
    unsigned workers_ready; /* with a worker that takes jobs */
    uint64_t jobs_submitted;
    uint64_t jobs_ended;       /* of those, in any status */
    uint64_t jobs_running;     /* of those, at work: one a worker */
    uint64_t jobs_in_flight;   /* handed to workers and not answered, the running ones included */
    uint64_t attempts_retried; /* attempts that were charged and followed by another */
    uint64_t workers_started;
    uint64_t deaths_claimed;     /* a job was running: it was charged */
    uint64_t deaths_unstarted;   /* jobs had been sent, none was started */
    uint64_t deaths_uncommitted; /* a job had returned, and its result did not arrive */
    uint64_t deaths_idle;        /* no job was there */
    uint64_t deaths_startup;     /* before the worker was ready */
    uint64_t deaths_ours;        /* killed by the supervisor: a timeout, a broken message, termination */
    uint64_t stale_results;      /* results of a dead generation, dropped */
    uint64_t frames_sent;
    uint64_t frames_received;
    uint64_t recalls; /* jobs asked back from one worker for another */
} mpool_pool_stats;

MPOOL_API mpool_err mpool_pool_stats_read(mpool_pool *pool, mpool_pool_stats *stats);

/*
 * mpool_pool_pids - the process ids of the workers
 *
 * pids      out  room for `room`; one for each slot, 0 where there is no worker
 * count     out  slots, also if room is less
 *
 * Calls: any thread of the host.
 */
MPOOL_API mpool_err mpool_pool_pids(mpool_pool *pool, pid_t *pids, size_t room, size_t *count);

#endif
