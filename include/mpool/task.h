/*
 * mpool/task.h - what a job is to run, and how: limits, retries, order, what becomes of its result
 */
#ifndef MPOOL_TASK_H
#define MPOOL_TASK_H

#include <mpool/error.h>
#include <mpool/export.h>
#include <mpool/result.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The largest arguments and the largest result of one job, in bytes of msgpack. What is over 1 MiB goes through shared
 * memory, of which there must be enough: see arena_bytes in mpool/init.h.
 */
#define MPOOL_ARGS_MAX (((size_t)1 << 30) - 1)
#define MPOOL_VALUE_MAX (((size_t)1 << 30) - 1)

/* Jobs with a higher priority go first. */
#define MPOOL_PRIORITY_MIN (-10)
#define MPOOL_PRIORITY_MAX 10

/* The most that is kept of a job that is captured, in bytes. */
#define MPOOL_CAPTURE_MAX ((size_t)8 << 20)

/* A number of each result that goes into a total when the job is done. */
typedef struct mpool_collect {
    const char *total; /* name of a total of the pool */
    const char *field; /* which number: a key of the result's map, "stat.bytes" for a map in a map; NULL or "" for the
                          result itself. A count takes no field. A missing or non-numeric one fails the job. */
} mpool_collect;

/*
 * Called once when a job has ended, whatever its end, also if its future was freed or never asked for. It runs on the
 * program's own threads, and only inside of
 *
 *     mpool_pool_dispatch()                                  the callbacks of all jobs of the pool
 *     mpool_pool_join(), mpool_pool_free()                   likewise, when the pool has ended
 *     mpool_future_wait(), mpool_future_done(), mpool_wait(),
 *     mpool_pool_apply()                                     those of the jobs they are about, and no other
 *
 * No lock of mpool's is held meanwhile: a callback may call any function of mpool, for any pool and any future, its own
 * included. (Two callbacks that wait for each other's jobs wait for ever.) Several threads run several callbacks at a
 * time; a single thread that dispatches runs them in the order in which the jobs have ended. A callback must return:
 * until it has, who waits for its job is waiting. Results whose callbacks nobody runs are kept in memory.
 *
 * user      in   mpool_task.user
 * result    in   valid until the callback returns, or its future is freed if the program has one, whichever is later
 */
typedef void mpool_callback(void *user, const mpool_result *result);

/*
 * mpool_retry_on_check - could this be a mpool_task.retry_on?
 *
 * Errors: MPOOL_E_INVAL; mpool_error_detail() names the first word that is none, and one that is near.
 * Calls:  any thread of any process, before mpool_init() too.
 */
MPOOL_API mpool_err mpool_retry_on_check(const char *words);

/*
 * What to run, and how. All zero but `function` means the defaults. The calls that take it copy its strings.
 *
 * retry_on is a list of words, separated by spaces or commas, "timed_out, exit:75, signal:SEGV, oom". An attempt is
 * followed by another if one of them says how it has ended:
 *
 *     failed, crashed, timed_out   with this status
 *     exit:N                       its worker exited with code N, 0 to 255, or the process that it has run did
 *     signal:NAME                  its worker was killed by this signal, or that process: SEGV or SIGSEGV, a name as of
 *                                  sigabbrev_np(3); what mpool kills for a limit has timed out, and not crashed
 *     oom                          it failed or crashed, and its dossier says MPOOL_OOM_YES
 *
 * memory_bytes is about memory that the worker has mapped privately and can write to (RLIMIT_DATA): malloc()'s, all of
 * it; the stacks of threads that the job starts, 8 MiB each by default; a result until it is returned. Not about shared
 * memory, arguments over 1 MiB, the stack of the main thread. What jobs before it have left in the worker counts, and
 * so do some 20 MiB of buffers that mpool keeps there after values of megabytes. Processes that the job starts inherit
 * it, each for itself. Such a job is `alone`. AddressSanitizer's malloc() does
 * not return without memory: in a program that is built with it, a job that is refused memory crashes.
 *
 * cpu_ms does not count what processes use that the job starts. The kernel looks at it with its clock's tick, every few
 * milliseconds. A job that blocks SIGXCPU, or handles it, has no limit.
 */
typedef struct mpool_task {
    const char *function;         /* registered name, or "PATH:SYMBOL": a function of a shared object, see init.h */
    int64_t timeout_ms;           /* from the start of an attempt to the kill of its worker; 0: no limit */
    int64_t soft_timeout_ms;      /* to mpool_job_cancelled() being true; 0: none */
    int64_t cpu_ms;               /* CPU time that an attempt may use, on all threads of its worker; then that is
                                     ended, as by timeout_ms; 0: no limit */
    size_t memory_bytes;          /* so much more private memory than it had when it was ready may the worker have
                                     while the job runs; what is beyond is refused, with ENOMEM; 0: no limit */
    unsigned retries;             /* attempts after the first */
    const char *retry_on;         /* which ends of an attempt are followed by another: words, see above; NULL: failed,
                                     crashed and timed out */
    unsigned crash_limit;         /* attempts that crashes may use, whatever `retries` says; default 3 */
    int64_t backoff_ms;           /* wait before the second attempt; twice as long before each further one; 0: none */
    int64_t backoff_most_ms;      /* the longest wait; default one hour */
    unsigned backoff_jitter;      /* per cent of a wait that are taken off it at random, at most; 0 to 100 */
    bool once;                    /* not idempotent: it is never run again once it may have begun, and travels alone */
    bool alone;                   /* its worker gets no other job before this one has ended */
    int priority;                 /* MPOOL_PRIORITY_MIN to MPOOL_PRIORITY_MAX; jobs that wait go highest first, then in
                                     the order of their submission */
    int64_t delay_ms;             /* from the submission to the first attempt, at least */
    unsigned at_most;             /* so many jobs of the same key run at a time, at most; 0: any number. The limit of
                                     the task that was used last counts. */
    const char *at_most_key;      /* default: the function's name */
    uint64_t tag;                 /* mpool_pool_submit(): comes back with the result */
    mpool_callback *callback;     /* mpool_pool_submit(): called when the job has ended; NULL: none */
    void *user;                   /* for the callback */
    const mpool_collect *collect; /* numbers of the result to add to totals */
    size_t collect_count;
    bool discard_value;   /* the results' values are not wanted, and stay in the worker */
    bool measure;         /* fill in mpool_result.run_ns (costs two clock reads a job) */
    bool nowait;          /* mpool_pool_submit(): MPOOL_E_FULL instead of waiting for room */
    bool capture;         /* keep all that a job prints, see mpool_result.output; it runs alone in its worker, with no
                                  other job behind it. Not in a pool with MPOOL_OUTPUT_INHERIT. */
    size_t capture_bytes; /* with capture: the most to keep; default 1 MiB, at most MPOOL_CAPTURE_MAX */
    const char *item_format;   /* mpool_pool_map(): how an item is packed; see there */
    const char *result_format; /* mpool_pool_map(): how a result is unpacked; see there */
} mpool_task;

#endif
