/*
 * mpool/job.h - what a job function can do besides computing its result
 *
 * All effects of an attempt (result, totals, child jobs) are staged in the worker and travel together with the result;
 * they count when the supervisor commits the result, all or nothing. An attempt that fails or is killed leaves nothing.
 *
 * All calls: the thread that runs the job function, until it returns.
 */
#ifndef MPOOL_JOB_H
#define MPOOL_JOB_H

#include <mpool/init.h>
#include <mpool/pool.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * mpool_job_fail - say why the job fails
 *
 * format    in   as printf's; "%m" is the text of errno. Cut at 4,000 bytes.
 *
 * Returns -1, to be returned by the function. The last reason given counts.
 */
MPOOL_API int mpool_job_fail(mpool_job *job, const char *format, ...) MPOOL_PRINTF(2, 3);

/*
 * mpool_job_fail_as - say that the job fails since a process that it has run did
 *
 * status       in   MPOOL_FAILED, MPOOL_CRASHED or MPOOL_TIMED_OUT: how the job ends; or MPOOL_CANCELLED, if it has
 *                   stopped as mpool_job_cancelled() asked for: this counts if it was cancelled, else it has failed
 * wait_status  in   how the process ended, as of waitpid(2): mpool_task.retry_on can ask for it, and it is in the
 *                   result's `signal` and `exit_code`
 * format       in   the reason, as of mpool_job_fail()
 *
 * Returns -1, to be returned by the function. What that has packed goes along, if it is one msgpack value of 1 MiB at
 * most: the value of a result that is not done. The worker lives on; a job that has crashed so counts against its
 * crash_limit all the same.
 */
MPOOL_API int mpool_job_fail_as(mpool_job *job, mpool_status status, int wait_status, const char *format, ...)
    MPOOL_PRINTF(4, 5);

/*
 * mpool_job_cgroup - a cgroup with a limit of memory, for the processes that the job starts
 *
 * bytes     in   what all of them together may have: their own memory, and files in memory that they write
 * path      out  its directory; valid until the function returns. A process enters, for good and with all that it
 *                starts later, by writing "0" to the file cgroup.procs there, best before exec.
 *
 * The kernel ends by SIGKILL who needs more. If the job fails then, its dossier says that memory had run out, and
 * mpool_task.retry_on "oom" has it. The worker is not in the group, so what the function itself uses does not count.
 * Who is still in the group when the function has returned is killed, and the group removed. A second call of a job
 * does the same, and makes a new one.
 *
 * The group is made in the directory that the environment variable MPOOL_CGROUP names when mpool_init() is called, or
 * in the nearest cgroup around the program that counts memory, if that takes it: cgroup v1 with the right to make a
 * directory there, v2 with a delegated one.
 *
 * Errors: MPOOL_E_SYSTEM (groups cannot be made here, or take no such limit; the detail says why), MPOOL_E_INVAL,
 *         MPOOL_E_NESTED (this is an initializer, a finalizer or a process), MPOOL_E_FORKED (a process that the job has
 *         forked).
 */
MPOOL_API mpool_err mpool_job_cgroup(mpool_job *job, int64_t bytes, const char **path);

/*
 * mpool_job_total_add - add a number to a total of the pool, once this job is done
 *
 * total     in   the total's name, as given to mpool_total_open()
 * value     in   what to add to a sum, or to compare with a min or max; a count counts the call
 *
 * Errors: MPOOL_E_NOTFOUND (no such total), MPOOL_E_NOMEM, MPOOL_E_INVAL (value is not finite).
 */
MPOOL_API mpool_err mpool_job_total_add(mpool_job *job, const char *total, int64_t value);
MPOOL_API mpool_err mpool_job_total_add_double(mpool_job *job, const char *total, double value);

/* The most jobs that a job can submit, and the most bytes of their arguments together. */
#define MPOOL_CHILDREN_MAX 65536
#define MPOOL_CHILDREN_BYTES ((size_t)4 << 20)

/*
 * mpool_job_submit - submit another job to the pool, a child, once this job is done
 *
 * task      in   as for mpool_pool_submit(), with its tag, and without a callback; copied
 * format    in   the arguments, as for mpool_pack(), at most 1 MiB of them; NULL for nil
 *
 * The child is queued in the moment in which this job's result counts; if the attempt fails or is killed, there is no
 * child. It is queued however many jobs are queued already, and also if the pool was closed meanwhile: a pool that is
 * joined has ended the children of its jobs, too. Its result goes where this job's goes:
 *
 *     an iterator   it is one more result of the iteration; from imap in no certain place
 *     a callback    is called for the child, too
 *     a map         waits for the child, and says MPOOL_E_JOB if it is not done; there is no place for its value
 *     a future      nobody gets it. Totals have what it adds; the pool's log hook, if there is one, hears of it if it
 *                   is not done.
 *
 * In its result `child` is true, and `index` that of the job which the program itself has submitted. There is no
 * waiting for a child in a job: the worker that waits is one of those that should run it.
 *
 * Errors: MPOOL_E_NOFUNC, MPOOL_E_FORMAT, MPOOL_E_TOOBIG, MPOOL_E_NOTFOUND (a total in collect), MPOOL_E_INVAL,
 *         MPOOL_E_NOMEM, MPOOL_E_NESTED (this is an initializer, a finalizer or a process), MPOOL_E_FORKED (a process
 *         that the job has forked); on error nothing was submitted, and the job may go on.
 */
MPOOL_API mpool_err mpool_job_submit(mpool_job *job, const mpool_task *task, const char *format, ...);

/* mpool_job_attempt - which try this is: 1, then 2 ... */
MPOOL_API unsigned mpool_job_attempt(const mpool_job *job);

/* mpool_job_number - the job's number in its pool: 0, 1, ... in the order of submission; the same in every attempt. */
MPOOL_API uint64_t mpool_job_number(const mpool_job *job);

/* mpool_job_worker - the number of the worker's slot, from 0. */
MPOOL_API unsigned mpool_job_worker(const mpool_job *job);

/*
 * mpool_job_cancelled - has the job been asked to stop?
 *
 * True after the job's soft timeout, and when it was cancelled with a grace. A long loop polls it and returns early;
 * the call costs a memory read.
 */
MPOOL_API bool mpool_job_cancelled(const mpool_job *job);

#endif
